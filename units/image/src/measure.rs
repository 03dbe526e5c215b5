//! What is found out of a picture, and how it is said: as JSON, or as a picture where that says more.

use image::{DynamicImage, ImageFormat};
use inos_unit::{Fault, Host, Output};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::picture::{Pixels, Raster};

mod colors;
mod compare;
mod hashes;
mod phash;
mod ssim;
mod waves;

pub(crate) use colors::{ColorsParams, colors};
pub(crate) use compare::{CompareParams, compare};
pub(crate) use hashes::{BlurhashParams, ThumbhashParams, blurhash, thumbhash};
pub(crate) use phash::{PhashParams, phash};

/// The inputs of a job, each decoded when it is looked at.
pub(crate) struct Pictures<'p> {
    pub(crate) count: usize,
    pub(crate) decode: &'p Decode<'p>,
    pub(crate) host: &'p dyn Host,
}

/// Decodes an input, after the steps, in the memory of a host.
pub(crate) type Decode<'p> = dyn Fn(usize, &dyn Host) -> Result<Pixels, Fault> + 'p;

/// How something is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Said {
    /// In numbers and words.
    #[default]
    Json,
    /// As a picture.
    Png,
}

/// Writes a value as the only output.
pub(crate) fn say(value: &Value, output: &mut dyn Output) -> Result<(), Fault> {
    output.begin("application/json")?;
    output.write(value.to_string().as_bytes())
}

/// Writes a picture as the only output.
fn show(raster: Raster<u8>, output: &mut dyn Output) -> Result<(), Fault> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let image = DynamicImage::from(Pixels::Eight(raster));
    image.write_to(&mut bytes, ImageFormat::Png).map_err(|error| Fault::Broken(error.to_string()))?;
    output.adopt("image/png", bytes.into_inner().into())
}
