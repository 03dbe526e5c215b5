//! Pixels changed each by itself: how light they are, and of what colour.

use inos_unit::{Fault, Host};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::bands;
use crate::picture::{Pixels, Raster, Sample, alike};

/// Parameters of `grayscale`: as light as Rec. ITU-R BT.709 says that colours look.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Grayscale {}

/// Parameters of `invert`: what is transparent stays so.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Invert {}

/// Parameters of `levels`. Lights are parts of full light.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Levels {
    /// What becomes dark.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    black: f32,
    /// What becomes full light.
    #[serde(default = "full")]
    #[schemars(range(min = 0.0, max = 1.0))]
    white: f32,
    /// How what is between becomes lighter (above 1) or darker (below 1).
    #[serde(default = "full")]
    #[schemars(range(min = 0.1, max = 10.0), example = 1.2)]
    gamma: f32,
}

/// Parameters of `adjust`: the functions of the W3C's Filter Effects Module Level 1, in the order in which they stand here.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Adjust {
    /// By how much light is multiplied.
    #[serde(default = "full")]
    #[schemars(range(min = 0.0, max = 10.0), example = 1.1)]
    brightness: f32,
    /// By how much the distance to the middle gray is multiplied.
    #[serde(default = "full")]
    #[schemars(range(min = 0.0, max = 10.0), example = 1.1)]
    contrast: f32,
    /// How much of its colours it has: 0 leaves grays, 1 all, 2 twice as much.
    #[serde(default = "full")]
    #[schemars(range(min = 0.0, max = 10.0), example = 1.2)]
    saturation: f32,
    /// How far colours are turned around, in degrees.
    #[serde(default)]
    #[schemars(range(min = -360.0, max = 360.0))]
    hue_deg: f32,
}

fn full() -> f32 {
    1.0
}

impl Grayscale {
    pub(crate) fn apply(pixels: Pixels) -> Pixels {
        match pixels.channels() {
            3 => pixels.with_channels(1),
            4 => pixels.with_channels(2),
            _ => pixels,
        }
    }
}

impl Invert {
    pub(crate) fn apply(pixels: Pixels) -> Pixels {
        alike!(pixels, raster => by_level(raster, |part| 1.0 - part))
    }
}

impl Levels {
    pub(crate) fn apply(&self, pixels: Pixels, pointer: &str) -> Result<Pixels, Fault> {
        let Self { black, white, gamma } = *self;
        if black >= white {
            return Err(Fault::invalid(format!("{pointer}/white"), "must be lighter than black"));
        }
        let curve = |part: f32| ((part - black) / (white - black)).clamp(0.0, 1.0).powf(1.0 / gamma);
        Ok(alike!(pixels, raster => by_level(raster, curve)))
    }
}

/// Each light as a curve says, which is asked once for each level.
fn by_level<T: Sample>(mut raster: Raster<T>, curve: impl Fn(f32) -> f32) -> Raster<T> {
    let table: Vec<T> = (0..T::LEVELS).map(|level| T::of_part(curve(T::of_level(level).part()))).collect();
    let lights = raster.lights();
    for pixel in raster.samples.chunks_exact_mut(raster.channels) {
        for sample in &mut pixel[..lights] {
            *sample = table[sample.level()];
        }
    }
    raster
}

impl Adjust {
    pub(crate) fn apply(&self, pixels: Pixels, host: &dyn Host) -> Result<Pixels, Fault> {
        let Self { brightness, contrast, saturation, hue_deg } = *self;
        let light = |part: f32| {
            let bright = (part * brightness).clamp(0.0, 1.0);
            ((bright - 0.5) * contrast + 0.5).clamp(0.0, 1.0)
        };
        // Grays stay grays, however they are turned and however much of their colour is left.
        if !pixels.has_colour() || (saturation == 1.0 && hue_deg == 0.0) {
            return Ok(alike!(pixels, raster => by_level(raster, light)));
        }
        let matrices = (saturate(saturation), turn(hue_deg));
        Ok(alike!(pixels, raster => coloured(raster, light, matrices, host)?))
    }
}

/// Three rows, each of what red, green and blue give to red, green and blue.
type Matrix = [[f32; 3]; 3];

/// <https://www.w3.org/TR/filter-effects-1/#feColorMatrixElement>, `saturate`.
fn saturate(by: f32) -> Matrix {
    let grays = [0.213, 0.715, 0.072];
    std::array::from_fn(|row| {
        std::array::from_fn(|column| grays[column] * (1.0 - by) + if row == column { by } else { 0.0 })
    })
}

/// The same, `hueRotate`.
fn turn(degrees: f32) -> Matrix {
    const GRAYS: Matrix = [[0.213, 0.715, 0.072]; 3];
    const BY_COS: Matrix = [[0.787, -0.715, -0.072], [-0.213, 0.285, -0.072], [-0.213, -0.715, 0.928]];
    const BY_SIN: Matrix = [[-0.213, -0.715, 0.928], [0.143, 0.140, -0.283], [-0.787, 0.715, 0.072]];
    let (sin, cos) = degrees.to_radians().sin_cos();
    std::array::from_fn(|row| std::array::from_fn(|at| GRAYS[row][at] + cos * BY_COS[row][at] + sin * BY_SIN[row][at]))
}

fn times(matrix: &Matrix, colour: [f32; 3]) -> [f32; 3] {
    let [red, green, blue] = colour;
    matrix.map(|row| (row[0] * red + row[1] * green + row[2] * blue).clamp(0.0, 1.0))
}

fn coloured<T: Sample>(
    mut raster: Raster<T>,
    light: impl Fn(f32) -> f32,
    (first, second): (Matrix, Matrix),
    host: &dyn Host,
) -> Result<Raster<T>, Fault> {
    let table: Vec<f32> = (0..T::LEVELS).map(|level| light(T::of_level(level).part())).collect();
    let (row_len, channels) = (raster.row_len(), raster.channels);
    bands::each(&mut raster.samples, row_len, 16, host, |_, samples| {
        for pixel in samples.chunks_exact_mut(channels) {
            let lit = [0, 1, 2].map(|at| table[pixel[at].level()]);
            let turned = times(&second, times(&first, lit));
            for (sample, part) in pixel.iter_mut().zip(turned) {
                *sample = T::of_part(part);
            }
        }
    })?;
    Ok(raster)
}
