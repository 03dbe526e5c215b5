//! One picture over another, by the formulas of the W3C's Compositing and Blending Level 1, over values as they are stored.

use inos_unit::{Fault, Host};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rotate::room_for;
use crate::bands;
use crate::colour::Colour;
use crate::picture::{Holding, Pixels, Raster, Sample, alike, has_alpha};

/// Parameters of `overlay`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Overlay {
    /// Which input lies above.
    #[serde(default = "second")]
    #[schemars(range(max = 63))]
    pub(crate) input: u32,
    /// Where its left side lies, in pixels from the left; it may lie outside.
    #[serde(default)]
    #[schemars(range(min = -100_000, max = 100_000))]
    x: i32,
    /// Where its upper side lies, in pixels from the top; it may lie outside.
    #[serde(default)]
    #[schemars(range(min = -100_000, max = 100_000))]
    y: i32,
    /// How much of it is seen.
    #[serde(default = "all")]
    #[schemars(range(min = 0.0, max = 1.0))]
    opacity: f32,
    /// How its colours and those below become one.
    #[serde(default)]
    blend: Blend,
}

fn second() -> u32 {
    1
}

fn all() -> f32 {
    1.0
}

/// How two colours become one.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Blend {
    /// The upper one.
    #[default]
    Normal,
    /// As two slides in one projector.
    Multiply,
    /// As two projectors at one wall.
    Screen,
    /// Multiplied where it is dark below, screened where it is light.
    Overlay,
    /// The darker one.
    Darken,
    /// The lighter one.
    Lighten,
    /// Below becomes lighter by what is above.
    ColorDodge,
    /// Below becomes darker by what is above.
    ColorBurn,
    /// Multiplied where it is dark above, screened where it is light.
    HardLight,
    /// The same, more softly.
    SoftLight,
    /// How far they are apart.
    Difference,
    /// The same with less contrast.
    Exclusion,
    /// Their sum.
    Add,
}

impl Blend {
    /// What becomes of a light above and one below.
    fn mix(self, above: f32, below: f32) -> f32 {
        let screen = |one: f32, other: f32| one + other - one * other;
        let hard = |above: f32, below: f32| {
            if above <= 0.5 { 2.0 * above * below } else { screen(2.0 * above - 1.0, below) }
        };
        match self {
            Self::Normal => above,
            Self::Multiply => above * below,
            Self::Screen => screen(above, below),
            Self::Overlay => hard(below, above),
            Self::Darken => above.min(below),
            Self::Lighten => above.max(below),
            Self::ColorDodge if below == 0.0 => 0.0,
            Self::ColorDodge if above >= 1.0 => 1.0,
            Self::ColorDodge => (below / (1.0 - above)).min(1.0),
            Self::ColorBurn if below >= 1.0 => 1.0,
            Self::ColorBurn if above <= 0.0 => 0.0,
            Self::ColorBurn => 1.0 - ((1.0 - below) / above).min(1.0),
            Self::HardLight => hard(above, below),
            Self::SoftLight => soft(above, below),
            Self::Difference => (above - below).abs(),
            Self::Exclusion => above + below - 2.0 * above * below,
            Self::Add => (above + below).min(1.0),
        }
    }
}

fn soft(above: f32, below: f32) -> f32 {
    if above <= 0.5 {
        return below - (1.0 - 2.0 * above) * below * (1.0 - below);
    }
    let lit = if below <= 0.25 { ((16.0 * below - 12.0) * below + 4.0) * below } else { below.sqrt() };
    below + (2.0 * above - 1.0) * (lit - below)
}

impl Overlay {
    pub(crate) fn apply(&self, below: Pixels, above: Pixels, host: &dyn Host) -> Result<Pixels, Fault> {
        let colours = if below.has_colour() || above.has_colour() { 3 } else { 1 };
        let below_channels = if below.has_alpha() { colours + 1 } else { colours };
        below.may_have(below_channels, &Holding::new(host, &above))?;
        let below = below.with_channels(below_channels);
        above.may_have(colours + 1, &Holding::new(host, &below))?;
        let above = above.with_channels(colours + 1);
        Ok(match (below, above) {
            (Pixels::Eight(below), Pixels::Eight(above)) => Pixels::Eight(self.lay(below, &above, host)?),
            (below, above) => Pixels::Sixteen(self.lay(below.sixteen(), &above.sixteen(), host)?),
        })
    }

    /// `above` says how opaque it is, `below` may.
    fn lay<T: Sample>(&self, mut below: Raster<T>, above: &Raster<T>, host: &dyn Host) -> Result<Raster<T>, Fault> {
        let (row_len, channels, width) = (below.row_len(), below.channels, below.width as i64);
        let (x, y) = (i64::from(self.x), i64::from(self.y));
        let (first, last) = (x.clamp(0, width), (x + above.width as i64).clamp(0, width));
        bands::each(&mut below.samples, row_len, 30, host, |first_row, rows| {
            for (at, row) in rows.chunks_exact_mut(row_len).enumerate() {
                let from = (first_row + at) as i64 - y;
                if first >= last || !(0..above.height as i64).contains(&from) {
                    continue;
                }
                let over = &above.row(from as usize)[(first - x) as usize * above.channels..];
                let under = &mut row[first as usize * channels..last as usize * channels];
                for (under, over) in under.chunks_exact_mut(channels).zip(over.chunks_exact(above.channels)) {
                    self.one(under, over);
                }
            }
        })?;
        Ok(below)
    }

    /// One pixel: its colours mix as far as there is something below, and then lie above it.
    fn one<T: Sample>(&self, under: &mut [T], over: &[T]) {
        let lights = over.len() - 1;
        let above_alpha = over[lights].part() * self.opacity;
        let below_alpha = under.get(lights).map_or(1.0, |alpha| alpha.part());
        let alpha = above_alpha + below_alpha * (1.0 - above_alpha);
        for (sample, light) in under.iter_mut().zip(&over[..lights]) {
            let (above, below) = (light.part(), sample.part());
            let mixed = (1.0 - below_alpha) * above + below_alpha * self.blend.mix(above, below);
            let laid = above_alpha * mixed + (1.0 - above_alpha) * below_alpha * below;
            *sample = T::of_part(if alpha > 0.0 { laid / alpha } else { 0.0 });
        }
        if let Some(sample) = under.get_mut(lights) {
            *sample = T::of_part(alpha);
        }
    }
}

/// The picture as it looks on a background, with nothing transparent.
pub(crate) fn flatten(pixels: Pixels, background: Colour) -> Pixels {
    if !pixels.has_alpha() {
        return pixels;
    }
    let opaque = Colour([background.0[0], background.0[1], background.0[2], 1.0]);
    // The picture may need colours for what lies behind it.
    let channels = room_for(pixels.channels(), opaque);
    alike!(pixels.with_channels(channels), raster => laid_on(&raster, opaque))
}

fn laid_on<T: Sample>(raster: &Raster<T>, background: Colour) -> Raster<T> {
    debug_assert!(has_alpha(raster.channels));
    let lights = raster.lights();
    let behind: Vec<T> = background.pixel(lights);
    let mut samples = Vec::with_capacity(raster.width * raster.height * lights);
    for pixel in raster.samples.chunks_exact(raster.channels) {
        let alpha = pixel[lights].part();
        let on = pixel[..lights].iter().zip(&behind);
        samples.extend(on.map(|(light, behind)| T::of_part(light.part() * alpha + behind.part() * (1.0 - alpha))));
    }
    Raster { width: raster.width, height: raster.height, channels: lights, samples }
}
