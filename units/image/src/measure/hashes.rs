//! Pictures in a few bytes, to be shown until the whole one is there: BlurHash (Dag Ågren) and ThumbHash (Evan Wallace).

use data_encoding::BASE64;
use inos_unit::{Fault, Output};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::waves::Waves;
use super::{Pictures, Said, say, show};
use crate::picture::Raster;
use crate::steps::shrunk;

/// The longest side of the picture that is looked at: finer things than the hashes say are lost anyway.
const SIDE_MAX: u64 = 100;
/// The longest side of a drawn hash, in pixels.
const DRAWN: u64 = 128;

/// Parameters of `blurhash`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlurhashParams {
    /// How many waves lie along it.
    #[serde(default = "four")]
    #[schemars(range(min = 1, max = 9))]
    x: u32,
    /// How many waves lie down it.
    #[serde(default = "three")]
    #[schemars(range(min = 1, max = 9))]
    y: u32,
    /// Whether it is written or drawn.
    #[serde(default, rename = "as")]
    said: Said,
}

/// Parameters of `thumbhash`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ThumbhashParams {
    /// Whether it is written or drawn.
    #[serde(default, rename = "as")]
    said: Said,
}

fn four() -> u32 {
    4
}

fn three() -> u32 {
    3
}

/// The first picture, small, and its whole size.
fn small(pictures: &Pictures<'_>) -> Result<(Raster<u8>, (usize, usize)), Fault> {
    let pixels = (pictures.decode)(0, pictures.host)?;
    let size = (pixels.width(), pixels.height());
    let small = shrunk(pixels, SIDE_MAX, pictures.host)?.eight().with_channels(4);
    Ok((small, size))
}

pub(crate) fn blurhash(params: BlurhashParams, pictures: &Pictures<'_>, output: &mut dyn Output) -> Result<(), Fault> {
    let (small, (width, height)) = small(pictures)?;
    let waves = Waves::of(&small, (params.x.clamp(1, 9) as usize, params.y.clamp(1, 9) as usize));
    if params.said == Said::Json {
        return say(&json!({ "blurhash": waves.text(), "width": width, "height": height }), output);
    }
    let (width, height) = (small.width as u64, small.height as u64);
    let longest = width.max(height);
    let side = |side: u64| (side * DRAWN / longest).max(1) as usize;
    show(waves.drawn(side(width), side(height)), output)
}

pub(crate) fn thumbhash(
    params: ThumbhashParams,
    pictures: &Pictures<'_>,
    output: &mut dyn Output,
) -> Result<(), Fault> {
    let (small, (width, height)) = small(pictures)?;
    let hash = thumbhash::rgba_to_thumb_hash(small.width, small.height, &small.samples);
    if params.said == Said::Json {
        return say(&json!({ "thumbhash": BASE64.encode(&hash), "width": width, "height": height }), output);
    }
    let drawn = thumbhash::thumb_hash_to_rgba(&hash);
    let (width, height, samples) = drawn.map_err(|()| Fault::Broken("a hash of ours is none".into()))?;
    show(Raster { width, height, channels: 4, samples }, output)
}
