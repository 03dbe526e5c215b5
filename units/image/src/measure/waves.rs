//! BlurHash (<https://github.com/woltapp/blurhash/blob/master/Algorithm.md>): a picture as a few cosine waves of linear light, each
//! written in digits of 83. The library that there is rounds twice, and so tells other hashes than the reference does.

use std::f32::consts::PI;

use crate::picture::Raster;

const DIGITS: &[u8; 83] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";
/// How many steps the strength of a wave has to each side.
const STEPS: f32 = 9.0;

/// How strong each wave is in red, green and blue: row by row, the first one a mean.
pub(super) struct Waves {
    across: usize,
    strengths: Vec<[f32; 3]>,
}

impl Waves {
    /// The waves of a picture of four channels.
    pub(super) fn of(raster: &Raster<u8>, (across, down): (usize, usize)) -> Self {
        let linear: Vec<f32> = (0..=255_u8).map(to_linear).collect();
        let (along, below) = (cosines(across, raster.width), cosines(down, raster.height));
        let mut strengths = vec![[0.0; 3]; across * down];
        for (y, pixels) in raster.samples.chunks_exact(raster.row_len()).enumerate() {
            let mut row = vec![[0.0_f32; 3]; across];
            for (x, pixel) in pixels.chunks_exact(4).enumerate() {
                for (wave, sum) in row.iter_mut().enumerate() {
                    (0..3).for_each(|at| sum[at] += along[wave][x] * linear[usize::from(pixel[at])]);
                }
            }
            for (wave, sum) in strengths.iter_mut().enumerate() {
                (0..3).for_each(|at| sum[at] += below[wave / across][y] * row[wave % across][at]);
            }
        }
        let pixels = (raster.width * raster.height) as f32;
        for (wave, sum) in strengths.iter_mut().enumerate() {
            let scale = if wave == 0 { 1.0 } else { 2.0 } / pixels;
            *sum = sum.map(|part| part * scale);
        }
        Self { across, strengths }
    }

    /// The largest strength of a wave, as a number of 83.
    fn largest(&self) -> u32 {
        let largest = self.strengths[1..].iter().flatten().map(|part| part.abs()).fold(0.0, f32::max);
        (largest * 166.0 - 0.5).floor().clamp(0.0, 82.0) as u32
    }

    pub(super) fn text(&self) -> String {
        let (across, down) = (self.across, self.strengths.len() / self.across);
        let mut text = String::new();
        put(&mut text, (across - 1 + (down - 1) * 9) as u32, 1);
        put(&mut text, if self.strengths.len() > 1 { self.largest() } else { 0 }, 1);
        let mean = self.strengths[0].map(|part| u32::from(to_stored(part)));
        put(&mut text, mean[0] << 16 | mean[1] << 8 | mean[2], 4);
        for wave in &self.strengths[1..] {
            let steps = wave.map(|part| self.steps(part) as u32);
            put(&mut text, (steps[0] * 19 + steps[1]) * 19 + steps[2], 2);
        }
        text
    }

    /// A strength as one of 19 steps: fine for weak waves, coarse for strong ones.
    fn steps(&self, part: f32) -> f32 {
        let share = part / ((self.largest() + 1) as f32 / 166.0);
        (share.abs().sqrt().copysign(share) * STEPS + STEPS + 0.5).floor().clamp(0.0, 2.0 * STEPS)
    }

    /// The picture that the text says.
    pub(super) fn drawn(&self, width: usize, height: usize) -> Raster<u8> {
        let largest = (self.largest() + 1) as f32 / 166.0;
        let told = |part: f32| {
            let share = (self.steps(part) - STEPS) / STEPS;
            (share * share).copysign(share) * largest
        };
        let mean = self.strengths[0].map(|part| to_linear(to_stored(part)));
        let waves: Vec<[f32; 3]> =
            std::iter::once(mean).chain(self.strengths[1..].iter().map(|wave| wave.map(told))).collect();
        let along = cosines(self.across, width);
        let below = cosines(waves.len() / self.across, height);
        let mut made = Raster::new(width, height, 4);
        for (at, pixel) in made.samples.chunks_exact_mut(4).enumerate() {
            let mut light = [0.0; 3];
            for (wave, strength) in waves.iter().enumerate() {
                let factor = along[wave % self.across][at % width] * below[wave / self.across][at / width];
                (0..3).for_each(|at| light[at] += factor * strength[at]);
            }
            pixel[..3].copy_from_slice(&light.map(to_stored));
            pixel[3] = 255;
        }
        made
    }
}

/// Each wave at each place.
fn cosines(waves: usize, side: usize) -> Vec<Vec<f32>> {
    let cosine = |wave: usize, at: usize| (PI * wave as f32 * at as f32 / side as f32).cos();
    (0..waves).map(|wave| (0..side).map(|at| cosine(wave, at)).collect()).collect()
}

fn put(text: &mut String, value: u32, digits: u32) {
    let digit = |place: u32| char::from(DIGITS[(value / 83_u32.pow(place) % 83) as usize]);
    text.extend((0..digits).rev().map(digit));
}

fn to_linear(stored: u8) -> f32 {
    let part = f32::from(stored) / 255.0;
    if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
}

fn to_stored(linear: f32) -> u8 {
    let linear = linear.clamp(0.0, 1.0);
    let part = if linear <= 0.003_130_8 { linear * 12.92 } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 };
    (part * 255.0 + 0.5) as u8
}
