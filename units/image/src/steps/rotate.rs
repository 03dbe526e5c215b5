//! Pictures turned by any angle: by quarters no pixel changes, between them it is read along straight lines.

use inos_unit::{Fault, Host};
use schemars::JsonSchema;
use serde::Deserialize;

use super::geometry::turned;
use crate::bands;
use crate::colour::Colour;
use crate::picture::{Pixels, Raster, Sample, alike, fits, has_alpha};
use crate::read::COPIES;

/// Parameters of `rotate`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rotate {
    /// How far it is turned clockwise, in degrees.
    #[schemars(range(min = -360.0, max = 360.0), example = 90.0)]
    degrees: f64,
    /// What lies in the corners of a picture that is not turned by quarters; nothing, where nothing is said.
    #[serde(default)]
    background: Option<Colour>,
}

impl Rotate {
    pub(crate) fn apply(&self, pixels: Pixels, host: &dyn Host) -> Result<Pixels, Fault> {
        let degrees = self.degrees.rem_euclid(360.0);
        if degrees % 90.0 == 0.0 {
            return Ok(alike!(pixels, raster => turned(raster, (degrees / 90.0) as u32)));
        }
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (width, height) = (pixels.width() as f64, pixels.height() as f64);
        // What is a pixel but for the error of arithmetic is none.
        let side = |side: f64| (side - 1e-6).ceil().max(1.0) as u64;
        let across = side(width * cos.abs() + height * sin.abs());
        let down = side(width * sin.abs() + height * cos.abs());
        let background = self.background.unwrap_or(Colour::CLEAR);
        let channels = room_for(pixels.channels(), background);
        fits(across, down, pixels.pixel_len() / pixels.channels() * channels, COPIES, host)?;
        pixels.may_have(channels, host)?;
        let pixels = pixels.with_channels(channels);
        let size = (across as usize, down as usize);
        Ok(alike!(pixels, raster => between(&raster, size, (sin, cos), background, host)?))
    }
}

/// How many channels a picture needs so that a colour can lie beside it.
pub(super) fn room_for(channels: usize, colour: Colour) -> usize {
    let colours = if channels > 2 || !colour.is_gray() { 3 } else { 1 };
    if has_alpha(channels) || !colour.is_opaque() { colours + 1 } else { colours }
}

fn between<T: Sample>(
    raster: &Raster<T>,
    (width, height): (usize, usize),
    (sin, cos): (f64, f64),
    background: Colour,
    host: &dyn Host,
) -> Result<Raster<T>, Fault> {
    let channels = raster.channels;
    let outside: Vec<T> = background.pixel(channels);
    let middle = |side: usize| side as f64 / 2.0;
    let mut made = Raster::new(width, height, channels);
    bands::fill(&mut made, 30, host, |y, row| {
        let down = y as f64 + 0.5 - middle(height);
        for (x, pixel) in row.chunks_exact_mut(channels).enumerate() {
            let right = x as f64 + 0.5 - middle(width);
            // Turned back, a place in the new picture is one in the old.
            let at_x = right * cos + down * sin + middle(raster.width) - 0.5;
            let at_y = down * cos - right * sin + middle(raster.height) - 0.5;
            look(raster, (at_x, at_y), &outside, pixel);
        }
    })?;
    Ok(made)
}

/// What a picture has between four pixels, each weighed with how opaque it is.
fn look<T: Sample>(raster: &Raster<T>, (x, y): (f64, f64), outside: &[T], made: &mut [T]) {
    let (left, top) = (x.floor(), y.floor());
    let (along, down) = ((x - left) as f32, (y - top) as f32);
    let corner = |across: f64, below: f64| -> &[T] {
        let (x, y) = (left + across, top + below);
        if x < 0.0 || y < 0.0 || x >= raster.width as f64 || y >= raster.height as f64 {
            return outside;
        }
        let at = (y as usize * raster.width + x as usize) * raster.channels;
        &raster.samples[at..at + raster.channels]
    };
    let corners = [
        (corner(0.0, 0.0), (1.0 - along) * (1.0 - down)),
        (corner(1.0, 0.0), along * (1.0 - down)),
        (corner(0.0, 1.0), (1.0 - along) * down),
        (corner(1.0, 1.0), along * down),
    ];
    let lights = raster.lights();
    let opaque = |pixel: &[T]| pixel.get(lights).map_or(1.0, |alpha| alpha.part());
    let alpha: f32 = corners.iter().map(|(pixel, weight)| opaque(pixel) * weight).sum();
    for (at, sample) in made.iter_mut().enumerate().take(lights) {
        let light: f32 = corners.iter().map(|(pixel, weight)| pixel[at].part() * opaque(pixel) * weight).sum();
        *sample = T::of_part(if alpha > 0.0 { light / alpha } else { 0.0 });
    }
    if let Some(sample) = made.get_mut(lights) {
        *sample = T::of_part(alpha);
    }
}
