//! A capsule of which a quote is wanted: an input may be told by its length alone, as `{"bytes": 1048576}`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::{read, strict};
use crate::{
    job::{Capsule, Params},
    quote::Measured,
    refusal::{Kind, Refusal},
};

/// An object in which no key stands twice.
struct Fields(Params);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        strict::params(from).map(Self)
    }
}

/// The capsule that these bytes are, and the lengths of those inputs of which nothing else is told.
pub fn read_measured(bytes: &[u8]) -> Result<Measured, Refusal> {
    let refused = match read::<Capsule>(bytes) {
        Ok(capsule) => return Ok(Measured { capsule, sizes: Vec::new() }),
        Err(refusal) => refusal,
    };
    let Ok(Fields(mut fields)) = read(bytes) else { return Err(refused) };
    let Some(Value::Array(inputs)) = fields.get_mut("inputs") else { return Err(refused) };
    let sizes = inputs.iter_mut().map(take_size).collect();
    let text = serde_json::to_vec(&fields).map_err(|error| Refusal::new(Kind::InvalidJson, error.to_string()))?;
    Ok(Measured { capsule: read(&text)?, sizes })
}

/// The length that an input is told by; an empty input stands in its place.
fn take_size(input: &mut Value) -> Option<u64> {
    let size = match input.as_object() {
        Some(fields) if fields.len() == 1 => fields.get("bytes")?.as_u64()?,
        _ => return None,
    };
    *input = Value::Object(Map::from_iter([("text".to_owned(), Value::from(""))]));
    Some(size)
}

impl JsonSchema for Measured {
    fn schema_name() -> Cow<'static, str> {
        "MeasuredCapsule".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Capsule::json_schema(generator);
        let length = json_schema!({
            "type": "object",
            "description": "An input of so many bytes, whatever they are.",
            "properties": { "bytes": { "type": "integer", "minimum": 0 } },
            "required": ["bytes"],
            "additionalProperties": false,
        });
        if let Some(items) = schema.pointer_mut("/properties/inputs/items") {
            *items = serde_json::json!({ "anyOf": [items.take(), length] });
        }
        schema
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Input;

    #[test]
    fn an_input_may_be_told_by_its_length_alone() {
        let read = |text: &str| read_measured(text.as_bytes());
        let both = read(r#"{"unit":"a","method":"b","inputs":[{"bytes":1048576},{"text":"x"}]}"#).unwrap();
        assert_eq!(both.sizes, [Some(1 << 20), None]);
        assert_eq!(both.capsule.inputs, [Input::Bytes("".into()), Input::Bytes("x".into())]);
        assert_eq!(read(r#"{"unit":"a","method":"b"}"#).unwrap().sizes, []);
    }

    #[test]
    fn a_length_is_a_whole_number_and_stands_alone() {
        let inputs = [
            r#"{"bytes":-1}"#,
            r#"{"bytes":1.5}"#,
            r#"{"bytes":1,"text":"x"}"#,
            r#"{"bytes":"1"}"#,
            r#"{"bytes":1,"bytes":2}"#,
        ];
        for input in inputs {
            let refused = read_measured(format!(r#"{{"unit":"a","method":"b","inputs":[{input}]}}"#).as_bytes());
            assert_eq!(refused.unwrap_err().kind, Kind::InvalidJson, "{input}");
        }
        let refused = read_measured(br#"{"unit":"a","inputs":[{"bytes":1}],"unit":"b","method":"c"}"#);
        assert_eq!(refused.unwrap_err().kind, Kind::InvalidJson);
        let refused = read_measured(br#"{"unit":"a","method":"c","inputs":[{"bytes":1}],"wish":1}"#).unwrap_err();
        assert_eq!(refused.errors[0].pointer, "/wish");
    }
}
