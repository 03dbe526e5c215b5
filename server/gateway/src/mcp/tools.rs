//! Every method of the catalogue as a tool, made of the same schemas, limits and prices. Runs none of them.

use std::{borrow::Cow, sync::Arc};

use inos_engine::Entry;
use inos_protocols::{
    Refusal, catalogue,
    job::{Capsule, Input},
    json,
    refusal::Kind,
};
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::{http::units, state::App};

/// Between the name of a unit and that of its method; neither has it at the end or the beginning.
const BETWEEN: &str = "_";
/// The fields of a capsule that a tool's arguments are.
const FIELDS: [&str; 4] = ["inputs", "params", "budget", "timeout_ms"];

/// How much of a strange argument's name is said again, in characters.
const NAME_CHARS_MAX: usize = 64;

/// All tools, in the order of the catalogue.
pub(super) fn all(app: &App) -> Vec<Tool> {
    let priced = app.broker.engine().catalogue().priced();
    let inputs = input_schema();
    let units = priced.specs.iter().map(|spec| spec.public());
    units
        .flat_map(|unit| unit.methods.iter().map(|method| tool(&unit.name, method, &inputs)).collect::<Vec<_>>())
        .collect()
}

/// The method that a tool's name stands for.
pub(super) fn find(app: &App, name: &str) -> Option<Arc<Entry>> {
    let priced = app.broker.engine().catalogue().priced();
    let mut methods = priced.specs.iter().flat_map(|spec| spec.methods.iter().map(|method| (spec.name, method.name)));
    let (unit, method) = methods.find(|(unit, method)| name_of(unit, method) == name)?;
    units::entry(app, unit, method).ok()
}

/// The capsule that a tool's arguments ask for.
pub(super) fn capsule(entry: &Entry, arguments: JsonObject) -> Result<Capsule, Refusal> {
    if let Some(strange) = arguments.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        let known = FIELDS.join("`, `");
        let message = format!("is no argument of a tool; those are `{known}`");
        let strange: String = strange.chars().take(NAME_CHARS_MAX).collect();
        return Err(Refusal::field(Kind::InvalidParams, format!("/{strange}"), &message));
    }
    let mut fields = arguments;
    fields.insert("unit".into(), entry.unit.into());
    fields.insert("method".into(), entry.method.name.into());
    let text = serde_json::to_vec(&fields).expect("what came as JSON can be written as JSON");
    json::read(&text)
}

fn name_of(unit: &str, method: &str) -> String {
    format!("{unit}{BETWEEN}{method}")
}

fn tool(unit: &str, method: &catalogue::Method, inputs: &Value) -> Tool {
    let schema: Arc<JsonObject> = Arc::new(schema(method, inputs));
    Tool::new(Cow::Owned(name_of(unit, &method.name)), Cow::Owned(description(method)), schema)
        .with_title(format!("{unit}.{}", method.name))
        .with_annotations(
            ToolAnnotations::new().read_only(false).destructive(false).idempotent(false).open_world(false),
        )
}

/// What it does, what it takes and gives, and what it costs: all that a model can know before it asks.
fn description(method: &catalogue::Method) -> String {
    let catalogue::Method { summary, inputs, outputs, price, timeout_ms, determinism, .. } = method;
    let takes = match (inputs.min, inputs.max) {
        (_, 0) => "no input".to_owned(),
        (min, max) if min == max => format!("{max} input(s)"),
        (min, max) => format!("{min} to {max} inputs"),
    };
    let size = if inputs.max == 0 {
        String::new()
    } else {
        format!(" of at most {} bytes each ({})", inputs.bytes_max, inputs.media_types.join(", "))
    };
    format!(
        "{summary} Takes {takes}{size}. Gives at most {} bytes ({}). Costs {} for each call, {} for each KiB of input, \
         {} for each KiB of output and {} for each millisecond that it runs, in microcredits (1,000,000 are a credit); \
         `budget` caps that. Runs for at most {timeout_ms} ms. The same input gives the same bytes: {determinism}.",
        outputs.bytes_max,
        outputs.media_types.join(", "),
        price.base,
        price.per_kib_in,
        price.per_kib_out,
        price.per_cpu_ms,
    )
}

fn schema(method: &catalogue::Method, input: &Value) -> JsonObject {
    let mut properties = Map::new();
    let mut required = Vec::new();
    if method.inputs.max > 0 {
        let inputs = json!({
            "type": "array",
            "description": "What it works on: text, base64, a stored blob, or an output of an earlier job.",
            "minItems": method.inputs.min,
            "maxItems": method.inputs.max,
            "items": input,
        });
        properties.insert("inputs".into(), inputs);
    }
    if method.inputs.min > 0 {
        required.push("inputs");
    }
    let mut params = method.params.clone();
    if let Some(params) = params.as_object_mut() {
        params.remove("$schema");
    }
    if params.get("required").and_then(Value::as_array).is_some_and(|names| !names.is_empty()) {
        required.push("params");
    }
    properties.insert("params".into(), params);
    let budget =
        json!({ "type": "integer", "minimum": 0, "description": "The most that it may cost, in microcredits." });
    properties.insert("budget".into(), budget);
    let timeout = json!({
        "type": "integer", "minimum": 1, "maximum": method.timeout_ms,
        "description": "How long it may run, in milliseconds.",
    });
    properties.insert("timeout_ms".into(), timeout);
    let mut schema = Map::new();
    schema.insert("type".into(), "object".into());
    schema.insert("properties".into(), properties.into());
    schema.insert("required".into(), required.into());
    schema.insert("additionalProperties".into(), false.into());
    schema
}

/// The schema of one input, without references: a tool's schema stands alone.
fn input_schema() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    settings.into_generator().into_root_schema_for::<Input>().to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_of_an_input_stands_alone() {
        let text = input_schema().to_string();
        assert!(text.contains("base64") && !text.contains("$ref"), "{text}");
    }
}
