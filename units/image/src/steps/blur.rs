//! Gauss' bell laid over a picture: softer by it, or sharper by what it takes away. First along the rows, then along the columns;
//! beyond its sides a picture goes on as its last pixels are. Pixels are weighed with how opaque they are.

use inos_unit::{Fault, Host};
use pulp::{Arch, NullaryFnOnce};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::bands;
use crate::picture::{Pixels, Raster, Sample, alike, fits};

/// Parameters of `blur`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Blur {
    /// How far it spreads: the bell's standard deviation in pixels.
    #[schemars(range(min = 0.1, max = 100.0), example = 2.0)]
    sigma: f32,
}

/// Parameters of `unsharp`: what a blur would take away is added once more.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unsharp {
    /// How coarse what is sharpened is: the blur's standard deviation in pixels.
    #[serde(default = "usual_sigma")]
    #[schemars(range(min = 0.1, max = 100.0))]
    sigma: f32,
    /// How much is added.
    #[serde(default = "usual_amount")]
    #[schemars(range(min = 0.0, max = 10.0))]
    amount: f32,
    /// How large a difference must be to be added, as a part of full light: noise stays as it is.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    threshold: f32,
}

fn usual_sigma() -> f32 {
    1.0
}

fn usual_amount() -> f32 {
    1.0
}

impl Blur {
    pub(crate) fn apply(&self, pixels: Pixels, host: &dyn Host) -> Result<Pixels, Fault> {
        room(&pixels, host)?;
        Ok(alike!(pixels, raster => bell(raster, self.sigma, host, |soft, _| soft)?))
    }
}

impl Unsharp {
    pub(crate) fn apply(&self, pixels: Pixels, host: &dyn Host) -> Result<Pixels, Fault> {
        let Self { sigma, amount, threshold } = *self;
        room(&pixels, host)?;
        let sharper = |soft: f32, sharp: f32| {
            let lost = sharp - soft;
            if lost.abs() < threshold { sharp } else { sharp + amount * lost }
        };
        Ok(alike!(pixels, raster => bell(raster, sigma, host, sharper)?))
    }
}

/// Between the two ways there are as many 32-bit floats as samples.
fn room(pixels: &Pixels, host: &dyn Host) -> Result<(), Fault> {
    let bytes_per_pixel = pixels.pixel_len() + pixels.channels() * size_of::<f32>();
    fits(pixels.width() as u64, pixels.height() as u64, bytes_per_pixel, 1, host)
}

/// The right half of the bell with its middle; its weights add up to 1 with the left half.
fn weights(sigma: f32) -> Vec<f32> {
    let radius = (3.0 * sigma).ceil() as usize;
    let heights: Vec<f64> = (0..=radius).map(|at| (-0.5 * (at as f64 / f64::from(sigma)).powi(2)).exp()).collect();
    let sum = 2.0 * heights.iter().sum::<f64>() - heights[0];
    heights.iter().map(|height| (height / sum) as f32).collect()
}

/// `made` says what becomes of a light that is now softer and of the one that it was.
fn bell<T: Sample>(
    mut raster: Raster<T>,
    sigma: f32,
    host: &dyn Host,
    made: impl Fn(f32, f32) -> f32 + Sync,
) -> Result<Raster<T>, Fault> {
    let (weights, arch) = (weights(sigma), Arch::new());
    let (row_len, channels, lights, height) = (raster.row_len(), raster.channels, raster.lights(), raster.height);
    let mut soft = vec![0.0_f32; raster.samples.len()];
    let cost = 2 * weights.len();
    bands::each(&mut soft, row_len, cost, host, |first, rows| {
        let mut wide = Vec::new();
        for (at, row) in rows.chunks_exact_mut(row_len).enumerate() {
            spread(raster.row(first + at), channels, lights, weights.len() - 1, &mut wide);
            arch.dispatch(AlongRow { wide: &wide, channels, weights: &weights, row });
        }
    })?;
    bands::each(&mut raster.samples, row_len, cost, host, |first, rows| {
        let mut sum = vec![0.0; row_len];
        for (at, row) in rows.chunks_exact_mut(row_len).enumerate() {
            arch.dispatch(Down { soft: &soft, y: first + at, height, weights: &weights, sum: &mut sum });
            for (pixel, sum) in row.chunks_exact_mut(channels).zip(sum.chunks_exact(channels)) {
                finish(pixel, sum, lights, &made);
            }
        }
    })?;
    Ok(raster)
}

/// A row as floats, weighed with how opaque its pixels are, with its first and last pixels repeated on both sides.
fn spread<T: Sample>(row: &[T], channels: usize, lights: usize, radius: usize, wide: &mut Vec<f32>) {
    wide.clear();
    wide.resize(row.len() + 2 * radius * channels, 0.0);
    let (left, rest) = wide.split_at_mut(radius * channels);
    let (middle, right) = rest.split_at_mut(row.len());
    if lights == channels {
        middle.iter_mut().zip(row).for_each(|(part, sample)| *part = sample.part());
    } else {
        for (parts, pixel) in middle.chunks_exact_mut(channels).zip(row.chunks_exact(channels)) {
            let alpha = pixel[lights].part();
            parts.iter_mut().zip(&pixel[..lights]).for_each(|(part, sample)| *part = sample.part() * alpha);
            parts[lights] = alpha;
        }
    }
    left.chunks_exact_mut(channels).for_each(|pixel| pixel.copy_from_slice(&middle[..channels]));
    right.chunks_exact_mut(channels).for_each(|pixel| pixel.copy_from_slice(&middle[row.len() - channels..]));
}

/// One pixel of the result; a pixel that nothing is seen of is dark.
fn finish<T: Sample>(pixel: &mut [T], sum: &[f32], lights: usize, made: &impl Fn(f32, f32) -> f32) {
    let alpha = sum.get(lights).copied().unwrap_or(1.0);
    let scale = if alpha > 0.0 { 1.0 / alpha } else { 0.0 };
    for (sample, sum) in pixel.iter_mut().zip(sum).take(lights) {
        *sample = T::of_part(made(sum * scale, sample.part()));
    }
    if let Some(sample) = pixel.get_mut(lights) {
        *sample = T::of_part(made(alpha, sample.part()));
    }
}

// What is hot is no closure: one would be compiled by itself, and not for the processor that is there.
struct AlongRow<'r> {
    wide: &'r [f32],
    channels: usize,
    weights: &'r [f32],
    row: &'r mut [f32],
}

impl NullaryFnOnce for AlongRow<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { wide, channels, weights, row } = self;
        let (radius, len) = (weights.len() - 1, row.len());
        let from = |at: usize| &wide[at * channels..at * channels + len];
        for (sum, part) in row.iter_mut().zip(from(radius)) {
            *sum = weights[0] * part;
        }
        for (at, weight) in weights.iter().enumerate().skip(1) {
            let (left, right) = (from(radius - at), from(radius + at));
            for ((sum, left), right) in row.iter_mut().zip(left).zip(right) {
                *sum += weight * (left + right);
            }
        }
    }
}

struct Down<'r> {
    soft: &'r [f32],
    y: usize,
    height: usize,
    weights: &'r [f32],
    sum: &'r mut [f32],
}

impl NullaryFnOnce for Down<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { soft, y, height, weights, sum } = self;
        let len = sum.len();
        for (sum, part) in sum.iter_mut().zip(&soft[y * len..(y + 1) * len]) {
            *sum = weights[0] * part;
        }
        for (at, weight) in weights.iter().enumerate().skip(1) {
            let (above, below) = (y.saturating_sub(at), (y + at).min(height - 1));
            let (above, below) = (&soft[above * len..(above + 1) * len], &soft[below * len..(below + 1) * len]);
            for ((sum, above), below) in sum.iter_mut().zip(above).zip(below) {
                *sum += weight * (above + below);
            }
        }
    }
}
