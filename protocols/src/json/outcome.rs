//! Outputs with their bytes.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::payload::{Base64, base64};
use crate::{Hash, job::OutputBytes};

/// The longest output that is searched for being text.
const TEXT_LEN_MAX: usize = 64 << 10;

/// One output with its bytes.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OutputBytes", deny_unknown_fields)]
struct OutputShape<'a> {
    /// Its media type.
    media_type: &'a str,
    /// Its length in bytes.
    bytes: u64,
    /// Its BLAKE3.
    hash: Hash,
    /// The bytes, where they are a short text.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    /// The bytes as standard base64 with padding, where they are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutputJson {
    media_type: String,
    bytes: u64,
    hash: Hash,
    text: Option<String>,
    base64: Option<Base64>,
}

/// Whether bytes of this type are meant to be read.
fn is_text(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.starts_with("text/") || essence.ends_with("json")
}

impl Serialize for OutputBytes {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Self { media_type, hash, bytes } = self;
        let may_be_text = is_text(media_type) && bytes.len() <= TEXT_LEN_MAX;
        let text = if may_be_text { std::str::from_utf8(bytes).ok() } else { None };
        let base64 = if text.is_none() { Some(base64(bytes)) } else { None };
        OutputShape { media_type, bytes: bytes.len() as u64, hash: *hash, text, base64 }.serialize(to)
    }
}

impl<'de> Deserialize<'de> for OutputBytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let OutputJson { media_type, bytes: len, hash, text, base64 } = OutputJson::deserialize(from)?;
        let bytes = match (text, base64) {
            (Some(text), None) => text.into(),
            (None, Some(Base64(bytes))) => bytes,
            _ => return Err(D::Error::custom("an output is exactly one of `text` and `base64`")),
        };
        if bytes.len() as u64 == len {
            Ok(Self { media_type, hash, bytes })
        } else {
            Err(D::Error::custom("`bytes` is not the length of the output"))
        }
    }
}

impl JsonSchema for OutputBytes {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        OutputShape::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        OutputShape::json_schema(generator)
    }
}
