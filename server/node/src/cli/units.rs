//! `inos units`: the catalogue, a unit, or a method with its parameters.

use serde_json::{Value, json};

use crate::{
    client::{At, Client, percent},
    exit::{Exit, Failure},
    show,
    terminal::Terminal,
};

/// List the units, or show a unit or a method with its parameters
#[derive(Debug, clap::Args)]
pub(super) struct Units {
    /// UNIT or UNIT.METHOD
    name: Option<String>,
    #[command(flatten)]
    pub(super) at: At,
}

impl Units {
    pub(super) fn run(&self, terminal: Terminal, client: &Client) -> Result<Exit, Failure> {
        match self.name.as_deref().map(|name| name.split_once('.').ok_or(name)) {
            None => list(terminal, &client.get("/v1/units")?)?,
            Some(Err(unit)) => show_unit(terminal, &client.get(&format!("/v1/units/{}", percent(unit)))?)?,
            Some(Ok((unit, method))) => {
                show_method(terminal, &client.get(&format!("/v1/units/{}/{}", percent(unit), percent(method)))?)?;
            }
        }
        Ok(Exit::Done)
    }
}

/// The items of a list, whether it stands alone or in `items`.
pub(super) fn items(list: &Value) -> &[Value] {
    list.as_array().or_else(|| list["items"].as_array()).map_or(&[], Vec::as_slice)
}

fn list(terminal: Terminal, units: &Value) -> Result<(), Failure> {
    let method = |unit: &Value, method: &Value| {
        let name = |value: &Value| value["name"].as_str().unwrap_or_default().to_owned();
        json!({ "method": format!("{}.{}", name(unit), name(method)), "base": method["price"]["base"],
            "determinism": method["determinism"], "summary": method["summary"] })
    };
    let methods = |unit: &Value| items(&unit["methods"]).iter().map(|each| method(unit, each)).collect::<Vec<_>>();
    let rows: Vec<Value> = items(units).iter().flat_map(methods).collect();
    terminal.table(units, &rows, &["method", "base", "determinism", "summary"], "This server offers no units.")
}

fn show_unit(terminal: Terminal, unit: &Value) -> Result<(), Failure> {
    if terminal.json() {
        return terminal.value(unit);
    }
    let text = |name: &str| show::clean(unit[name].as_str().unwrap_or_default());
    terminal.line(&format!("{} {}\n{}\n", text("name"), text("version"), text("summary")))?;
    terminal.table(
        unit,
        items(&unit["methods"]),
        &["name", "price.base", "timeout_ms", "summary"],
        "It has no methods.",
    )
}

fn show_method(terminal: Terminal, method: &Value) -> Result<(), Failure> {
    if terminal.json() {
        return terminal.value(method);
    }
    terminal.line(&format!("{}\n", show::clean(method["summary"].as_str().unwrap_or_default())))?;
    let mut rest = method.clone();
    if let Some(fields) = rest.as_object_mut() {
        fields.remove("params");
        fields.remove("summary");
    }
    terminal.facts(&rest)?;
    terminal.line("")?;
    let rows = params(&method["params"]);
    terminal.table(method, &rows, &["param", "kind", "default", "limits", "about"], "It takes no parameters.")
}

/// The members of a parameter schema as rows.
fn params(schema: &Value) -> Vec<Value> {
    let required = |name: &str| items(&schema["required"]).iter().any(|each| each == name);
    let row = |(name, about): (&String, &Value)| {
        let default = match &about["default"] {
            Value::Null if required(name) => json!("required"),
            Value::String(text) => json!(text),
            Value::Null => json!("–"),
            other => json!(other.to_string()),
        };
        json!({ "param": name, "kind": kind(about), "default": default, "limits": limits(about), "about": about["description"] })
    };
    schema["properties"].as_object().map(|members| members.iter().map(row).collect()).unwrap_or_default()
}

/// The type of a member, its alternatives joined by `|`.
fn kind(about: &Value) -> String {
    let words = |list: &Value| items(list).iter().filter_map(Value::as_str).collect::<Vec<_>>().join("|");
    match (&about["enum"], &about["type"]) {
        (Value::Array(_), _) => words(&about["enum"]),
        (_, Value::String(word)) => word.clone(),
        (_, Value::Array(_)) => words(&about["type"]),
        _ => {
            let alternatives = items(&about["oneOf"]).iter().chain(items(&about["anyOf"]));
            let words = alternatives.map(|each| each["const"].as_str().map_or_else(|| kind(each), str::to_owned));
            words.collect::<Vec<_>>().join("|")
        }
    }
}

fn limits(about: &Value) -> String {
    let either = |names: [&str; 2]| names.iter().find_map(|name| about.get(name)).map(Value::to_string);
    match (either(["minimum", "minLength"]), either(["maximum", "maxLength"])) {
        (None, None) => "–".into(),
        (min, max) => format!("{} to {}", min.unwrap_or_else(|| "–".into()), max.unwrap_or_else(|| "–".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_a_table() {
        let schema = json!({ "required": ["key"], "properties": {
            "quality": { "type": "integer", "minimum": 0, "maximum": 11, "default": 5, "description": "How hard to try" },
            "mode": { "oneOf": [{ "const": "text" }, { "const": "font" }], "default": "text" },
            "key": { "type": ["string", "null"] } } });
        let rows = params(&schema);
        assert_eq!(
            rows[0],
            json!({ "param": "key", "kind": "string|null", "default": "required", "limits": "–", "about": null })
        );
        assert_eq!(rows[1]["kind"], "text|font");
        assert_eq!((&rows[2]["limits"], &rows[2]["default"]), (&json!("0 to 11"), &json!("5")));
    }
}
