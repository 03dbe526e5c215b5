//! Bytes in JSON: `text` where they are one, `base64` where they are not, `blob`, `job` or `region` where they lie elsewhere.

use bytes::Bytes;
use data_encoding::BASE64;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::{
    Hash, JobId,
    job::{Input, JobOutput},
    region,
};

/// Bytes as standard base64 with padding.
pub(super) struct Base64(pub(super) Bytes);

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        match BASE64.decode(text.as_bytes()) {
            Ok(bytes) => Ok(Self(bytes.into())),
            Err(error) => Err(D::Error::custom(format_args!("not base64 with padding: {error}"))),
        }
    }
}

/// The bytes as standard base64 with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// Writes bytes that are always base64.
pub(crate) fn write<S: Serializer>(bytes: &Bytes, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&base64(bytes))
}

/// Reads bytes that are always base64.
pub(crate) fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
    Base64::deserialize(from).map(|Base64(bytes)| bytes)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InputJson {
    text: Option<String>,
    base64: Option<Base64>,
    blob: Option<Hash>,
    job: Option<JobId>,
    output: Option<u32>,
    region: Option<String>,
}

impl<'de> Deserialize<'de> for Input {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let InputJson { text, base64, blob, job, output, region } = InputJson::deserialize(from)?;
        match (text, base64, blob, job, output, region) {
            (Some(text), None, None, None, None, None) => Ok(Self::Bytes(text.into())),
            (None, Some(Base64(bytes)), None, None, None, None) => Ok(Self::Bytes(bytes)),
            (None, None, Some(hash), None, None, None) => Ok(Self::Blob(hash)),
            (None, None, None, Some(job), output, None) => {
                Ok(Self::Job(JobOutput { job, output: output.unwrap_or_default() }))
            }
            (None, None, None, None, None, Some(name)) => region_name(name).map(Self::Region),
            _ => Err(D::Error::custom(
                "an input is exactly one of `text`, `base64`, `blob`, `job` with its `output`, and `region`",
            )),
        }
    }
}

/// A text that may be a region's name.
pub(crate) fn region_name<E: Error>(name: String) -> Result<String, E> {
    if region::is_name(&name) { Ok(name) } else { Err(E::custom("no name of a region: 1 to 64 of A-Z a-z 0-9 _ . -")) }
}

impl Serialize for Input {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bytes(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => to.serialize_newtype_variant("Input", 0, "text", text),
                Err(_) => to.serialize_newtype_variant("Input", 1, "base64", &base64(bytes)),
            },
            Self::Blob(hash) => to.serialize_newtype_variant("Input", 2, "blob", hash),
            Self::Job(output) => output.serialize(to),
            Self::Region(name) => to.serialize_newtype_variant("Input", 4, "region", name),
        }
    }
}

/// One input of a capsule.
#[derive(JsonSchema)]
#[schemars(rename = "Input", untagged, deny_unknown_fields)]
#[expect(dead_code, reason = "it is only the shape that the schema is made from")]
enum InputShape {
    Text {
        /// The bytes themselves, which are UTF-8.
        text: String,
    },
    Base64 {
        /// The bytes themselves, as standard base64 with padding.
        #[schemars(extend("contentEncoding" = "base64"))]
        base64: String,
    },
    Blob {
        /// The BLAKE3 of a stored blob of the same account.
        blob: Hash,
    },
    Job {
        /// A job of the same account, in any state; where it has not ended, it is waited for.
        job: JobId,
        /// Which of its outputs, from 0.
        #[schemars(default)]
        output: u32,
    },
    Region {
        /// A region of the same account, by its name; it is read when the job begins.
        #[schemars(length(min = 1, max = region::NAME_LEN_MAX))]
        region: String,
    },
}

impl JsonSchema for Input {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        InputShape::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        InputShape::json_schema(generator)
    }
}
