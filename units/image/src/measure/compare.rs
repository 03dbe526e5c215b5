//! How much two pictures of one size differ: pixel by pixel, in decibels, and as it looks.

use inos_unit::{Fault, Output};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::ssim::{Pair, ssim};
use super::{Pictures, Said, say, show};
use crate::picture::{Holding, Pixels, Raster, Sample, either, fits, has_alpha, luma};

/// What pixels that differ are drawn in.
const RED: [u8; 3] = [230, 30, 30];
/// How much of a pixel that is the same is drawn, before white.
const FAINT: f32 = 0.15;

/// Parameters of `compare`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompareParams {
    /// How far two pixels may be apart and still count as the same, as a part of full light.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0), example = 0.02)]
    tolerance: f32,
    /// Whether the difference is written, or drawn: what differs in red.
    #[serde(default, rename = "as")]
    said: Said,
}

/// What two pictures differ by.
#[derive(Default)]
struct Difference {
    /// How many pixels are further apart than is allowed.
    pixels: u64,
    squares: f64,
    largest: f32,
    /// One of the three channels of a drawn picture after the other.
    drawn: Vec<u8>,
}

pub(crate) fn compare(params: CompareParams, pictures: &Pictures<'_>, output: &mut dyn Output) -> Result<(), Fault> {
    let one = (pictures.decode)(0, pictures.host)?;
    let other = (pictures.decode)(1, &Holding::new(pictures.host, &one))?;
    let size = |pixels: &Pixels| (pixels.width(), pixels.height());
    let (width, height) = size(&one);
    if size(&other) != (width, height) {
        let (other_width, other_height) = size(&other);
        let message = format!(
            "is {other_width} x {other_height} pixels, and the first is {width} x {height}; a step resize makes them alike"
        );
        return Err(Fault::invalid("/inputs/1", message));
    }
    // Two floats a pixel beside both pictures as they are, and what is drawn.
    fits(
        width as u64,
        height as u64,
        one.pixel_len() + other.pixel_len() + 2 * size_of::<f32>() + 8,
        1,
        pictures.host,
    )?;
    let found = difference(&one, &other, &params, pictures)?;
    if params.said == Said::Png {
        return show(Raster { width, height, channels: 3, samples: found.drawn }, output);
    }
    let (one_lights, other_lights) = (lights(&one), lights(&other));
    let pair = Pair { width, height, one: &one_lights, other: &other_lights };
    let channels = if one.has_colour() || other.has_colour() { 3 } else { 1 };
    let channels = if one.has_alpha() || other.has_alpha() { channels + 1 } else { channels };
    let mse = found.squares / (width * height * channels) as f64;
    let said = json!({
        "width": width,
        "height": height,
        "same": found.largest == 0.0,
        "different_pixels": found.pixels,
        "different_share": found.pixels as f64 / (width * height) as f64,
        "largest_difference": found.largest,
        "mse": mse,
        "psnr_db": (mse > 0.0).then(|| -10.0 * mse.log10()),
        "ssim": ssim(&pair, pictures.host)?,
    });
    say(&said, output)
}

/// How light each pixel looks on white.
fn lights(pixels: &Pixels) -> Vec<f32> {
    fn of<T: Sample>(raster: &Raster<T>) -> Vec<f32> {
        let light = |pixel: &[T]| {
            let light = if raster.channels > 2 { luma(pixel) } else { pixel[0].part() };
            if has_alpha(raster.channels) {
                let alpha = pixel[raster.channels - 1].part();
                light * alpha + 1.0 - alpha
            } else {
                light
            }
        };
        raster.samples.chunks_exact(raster.channels).map(light).collect()
    }
    either!(pixels, raster => of(raster))
}

/// A row as red, green, blue, each weighed with how opaque it is, and that: what is not seen does not differ.
fn weighed(pixels: &Pixels, y: usize, row: &mut Vec<[f32; 4]>) {
    fn of<T: Sample>(raster: &Raster<T>, y: usize, row: &mut Vec<[f32; 4]>) {
        let channels = raster.channels;
        row.extend(raster.row(y).chunks_exact(channels).map(|pixel| {
            let alpha = if has_alpha(channels) { pixel[channels - 1].part() } else { 1.0 };
            let light = |at: usize| pixel[if channels > 2 { at } else { 0 }].part() * alpha;
            [light(0), light(1), light(2), alpha]
        }));
    }
    row.clear();
    either!(pixels, raster => of(raster, y, row));
}

fn difference(
    one: &Pixels,
    other: &Pixels,
    params: &CompareParams,
    pictures: &Pictures<'_>,
) -> Result<Difference, Fault> {
    let has_colour = one.has_colour() || other.has_colour();
    let mut found = Difference::default();
    let (mut one_row, mut other_row) = (Vec::new(), Vec::new());
    for y in 0..one.height() {
        if y % 64 == 0 {
            pictures.host.check()?;
        }
        weighed(one, y, &mut one_row);
        weighed(other, y, &mut other_row);
        for (one, other) in one_row.iter().zip(&other_row) {
            let apart: [f32; 4] = std::array::from_fn(|at| (one[at] - other[at]).abs());
            let largest = apart.iter().copied().fold(0.0, f32::max);
            // Of grays one light counts, and not three times the same.
            let counted = if has_colour { &apart[..] } else { &apart[2..] };
            found.squares += counted.iter().map(|part| f64::from(*part).powi(2)).sum::<f64>();
            found.largest = found.largest.max(largest);
            let is_apart = largest > params.tolerance;
            found.pixels += u64::from(is_apart);
            if params.said == Said::Png {
                let faint = luma(&one.map(u8::of_part)) + 1.0 - one[3];
                let gray = u8::of_part(1.0 - FAINT * (1.0 - faint));
                found.drawn.extend(if is_apart { RED } else { [gray; 3] });
            }
        }
    }
    Ok(found)
}
