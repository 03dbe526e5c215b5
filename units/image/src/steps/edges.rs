//! Where a picture changes: Sobel's operator over how light it looks, scaled so that the sharpest edge along a side is full light.

use inos_unit::{Fault, Host};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::bands;
use crate::colour::Colour;
use crate::picture::{Pixels, Raster, Sample, alike};
use crate::steps::{Grayscale, flatten};

/// Parameters of `edges`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edges {
    /// By how much edges are made lighter.
    #[serde(default = "as_they_are")]
    #[schemars(range(min = 0.1, max = 100.0))]
    gain: f32,
}

fn as_they_are() -> f32 {
    1.0
}

impl Edges {
    pub(crate) fn apply(&self, pixels: Pixels, host: &dyn Host) -> Result<Pixels, Fault> {
        // What is not seen has no edges.
        let gray = Grayscale::apply(flatten(pixels, Colour::WHITE));
        Ok(alike!(gray, raster => sobel(&raster, self.gain, host)?))
    }
}

fn sobel<T: Sample>(raster: &Raster<T>, gain: f32, host: &dyn Host) -> Result<Raster<T>, Fault> {
    let Raster { width, height, .. } = *raster;
    let mut made = Raster::new(width, height, 1);
    bands::fill(&mut made, 16, host, |y, row| {
        let rows = [y.saturating_sub(1), y, (y + 1).min(height - 1)].map(|y| raster.row(y));
        for (x, sample) in row.iter_mut().enumerate() {
            let columns = [x.saturating_sub(1), x, (x + 1).min(width - 1)];
            let around = rows.map(|row| columns.map(|x| row[x].part()));
            *sample = T::of_part(gain * steepness(&around));
        }
    })?;
    Ok(made)
}

/// How steep light rises, of full light within a pixel and the next.
fn steepness(around: &[[f32; 3]; 3]) -> f32 {
    let [above, beside, below] = around;
    let right = above[2] + 2.0 * beside[2] + below[2] - above[0] - 2.0 * beside[0] - below[0];
    let down = below[0] + 2.0 * below[1] + below[2] - above[0] - 2.0 * above[1] - above[2];
    (right * right + down * down).sqrt() / 4.0
}
