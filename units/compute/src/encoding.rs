//! How a digest is written: hexadecimal, base64 or as it is.

use data_encoding::{BASE64, HEXLOWER};
use inos_unit::{Fault, Output};
use schemars::JsonSchema;
use serde::Deserialize;

/// The media types that [`Encoding`] leads to, the usual one first.
pub(crate) const MEDIA: &[&str] = &["text/plain", crate::BYTES];

/// How a digest is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Encoding {
    #[default]
    Hex,
    Raw,
    Base64,
}

impl Encoding {
    /// How many bytes a digest of so many takes.
    pub(crate) fn len(self, digest: usize) -> u64 {
        let len = match self {
            Self::Hex => HEXLOWER.encode_len(digest),
            Self::Base64 => BASE64.encode_len(digest),
            Self::Raw => digest,
        };
        len as u64
    }

    /// Writes a digest as the whole output, without a line end.
    pub(crate) fn write(self, digest: &[u8], output: &mut dyn Output) -> Result<(), Fault> {
        match self {
            Self::Hex => HEXLOWER.encode_mut(digest, output.room(HEXLOWER.encode_len(digest.len()))?),
            Self::Base64 => BASE64.encode_mut(digest, output.room(BASE64.encode_len(digest.len()))?),
            Self::Raw => {
                output.begin(crate::BYTES)?;
                output.write(digest)?;
            }
        }
        Ok(())
    }
}
