//! What a picture looks like, in 64 bits: whether each of its 8 x 8 slowest waves is stronger than the middle one (Christoph
//! Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010). Made as Python's `imagehash.phash` makes
//! it, so that hashes can be held against those that there are.

use std::f64::consts::PI;

use inos_unit::{Fault, Output};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Pictures, say};
use crate::colour::Colour;
use crate::picture::{Pixels, Raster};
use crate::steps::{flatten, stretched};

/// The side of the picture that is looked at.
const SIDE: usize = 32;
/// How many waves of each direction count.
const WAVES: usize = 8;

/// Parameters of `phash`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PhashParams {}

pub(crate) fn phash(_: PhashParams, pictures: &Pictures<'_>, output: &mut dyn Output) -> Result<(), Fault> {
    let mut hashes = Vec::new();
    for index in 0..pictures.count {
        pictures.host.check()?;
        let gray = Pixels::Eight(gray(flatten((pictures.decode)(index, pictures.host)?, Colour::WHITE).eight()));
        let small = stretched(gray, (SIDE as u64, SIDE as u64), pictures.host)?;
        hashes.push(bits(&waves(&small.eight())));
    }
    let distances: Vec<u32> = hashes.iter().map(|hash| (hash ^ hashes[0]).count_ones()).collect();
    let hashes: Vec<String> = hashes.iter().map(|hash| format!("{hash:016x}")).collect();
    say(&json!({ "hashes": hashes, "distances": distances }), output)
}

/// As light as Rec. ITU-R BT.601 says, in Pillow's whole numbers.
fn gray(raster: Raster<u8>) -> Raster<u8> {
    if raster.channels == 1 {
        return raster;
    }
    let weighed = |pixel: &[u8]| {
        let [red, green, blue] = [0, 1, 2].map(|at| u32::from(pixel[at]));
        ((red * 19_595 + green * 38_470 + blue * 7_471 + 0x8000) >> 16) as u8
    };
    let samples = raster.samples.chunks_exact(3).map(weighed).collect();
    Raster { width: raster.width, height: raster.height, channels: 1, samples }
}

/// How strong the slowest waves are: the second kind of discrete cosine transform, unscaled.
fn waves(raster: &Raster<u8>) -> Vec<f64> {
    let wave = |number: usize, at: usize| (PI * number as f64 * (2 * at + 1) as f64 / (2 * SIDE) as f64).cos();
    let strength = |(down, along): (usize, usize)| {
        let row = |y: usize| -> f64 {
            raster.row(y).iter().enumerate().map(|(x, light)| f64::from(*light) * wave(along, x)).sum()
        };
        (0..SIDE).map(|y| row(y) * wave(down, y)).sum::<f64>()
    };
    (0..WAVES * WAVES).map(|at| strength((at / WAVES, at % WAVES))).collect()
}

fn bits(waves: &[f64]) -> u64 {
    let mut sorted = waves.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = f64::midpoint(sorted[sorted.len() / 2 - 1], sorted[sorted.len() / 2]);
    waves.iter().fold(0, |hash, wave| hash << 1 | u64::from(*wave > middle))
}
