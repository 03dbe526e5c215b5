//! Pixels put elsewhere, none of them changed.

use inos_unit::{Fault, Host};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::picture::{Pixels, Raster, Sample, alike, fits};
use crate::read::COPIES;

/// Parameters of `crop`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Crop {
    /// How many pixels are left out on the left.
    #[serde(default)]
    #[schemars(range(max = 100_000))]
    x: u32,
    /// How many pixels are left out at the top.
    #[serde(default)]
    #[schemars(range(max = 100_000))]
    y: u32,
    /// The part's width in pixels.
    #[schemars(range(min = 1, max = 100_000), example = 100)]
    width: u32,
    /// The part's height in pixels.
    #[schemars(range(min = 1, max = 100_000), example = 100)]
    height: u32,
}

/// Parameters of `flip`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Flip {
    /// What changes places.
    #[serde(default)]
    axis: Axis,
}

/// What changes places.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Axis {
    /// Left and right.
    #[default]
    Horizontal,
    /// Top and bottom.
    Vertical,
}

/// Parameters of `tile`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tile {
    /// How often it stands side by side.
    #[schemars(range(min = 1, max = 1000), example = 2)]
    columns: u32,
    /// How often it stands one below the other.
    #[schemars(range(min = 1, max = 1000), example = 2)]
    rows: u32,
}

impl Crop {
    pub(crate) fn apply(&self, pixels: Pixels, pointer: &str) -> Result<Pixels, Fault> {
        let [x, y, width, height] = [self.x, self.y, self.width, self.height].map(|side| side as usize);
        for (name, at, len, side) in [("width", x, width, pixels.width()), ("height", y, height, pixels.height())] {
            if len == 0 || at + len > side {
                let message = format!("the part must lie inside: {len} pixels from {at} on, of {side}");
                return Err(Fault::invalid(format!("{pointer}/{name}"), message));
            }
        }
        Ok(alike!(pixels, raster => cut(&raster, (x, y), (width, height))))
    }
}

/// A part that lies inside.
fn cut<T: Sample>(raster: &Raster<T>, (x, y): (usize, usize), (width, height): (usize, usize)) -> Raster<T> {
    let channels = raster.channels;
    let mut samples = Vec::with_capacity(width * height * channels);
    for row in y..y + height {
        samples.extend_from_slice(&raster.row(row)[x * channels..(x + width) * channels]);
    }
    Raster { width, height, channels, samples }
}

impl Flip {
    pub(crate) fn apply(&self, pixels: Pixels) -> Pixels {
        match self.axis {
            Axis::Horizontal => alike!(pixels, raster => beside(raster)),
            Axis::Vertical => alike!(pixels, raster => upside_down(raster)),
        }
    }
}

fn beside<T: Sample>(mut raster: Raster<T>) -> Raster<T> {
    let (row_len, channels) = (raster.row_len(), raster.channels);
    for row in raster.samples.chunks_exact_mut(row_len) {
        row.reverse();
        // Turned around as a whole, each pixel is as well.
        row.chunks_exact_mut(channels).for_each(<[T]>::reverse);
    }
    raster
}

fn upside_down<T: Sample>(mut raster: Raster<T>) -> Raster<T> {
    let (row_len, height) = (raster.row_len(), raster.height);
    for y in 0..height / 2 {
        let (above, below) = raster.samples.split_at_mut((height - 1 - y) * row_len);
        above[y * row_len..(y + 1) * row_len].swap_with_slice(&mut below[..row_len]);
    }
    raster
}

/// Turned clockwise by a quarter, `quarters` times.
pub(super) fn turned<T: Sample>(raster: Raster<T>, quarters: u32) -> Raster<T> {
    match quarters % 4 {
        0 => raster,
        2 => beside(upside_down(raster)),
        quarters => {
            let aside = across(&raster);
            if quarters == 1 { beside(aside) } else { upside_down(aside) }
        }
    }
}

/// Rows become columns.
fn across<T: Sample>(raster: &Raster<T>) -> Raster<T> {
    /// How many pixels a side of what is turned at once has: rows and columns of it stay in the nearest cache.
    const BLOCK: usize = 32;
    let Raster { width, height, channels, .. } = *raster;
    let mut made = Raster::new(height, width, channels);
    for top in (0..height).step_by(BLOCK) {
        for left in (0..width).step_by(BLOCK) {
            for y in top..height.min(top + BLOCK) {
                for x in left..width.min(left + BLOCK) {
                    let (from, to) = ((y * width + x) * channels, (x * height + y) * channels);
                    made.samples[to..to + channels].copy_from_slice(&raster.samples[from..from + channels]);
                }
            }
        }
    }
    made
}

impl Tile {
    pub(crate) fn apply(&self, pixels: Pixels, host: &dyn Host) -> Result<Pixels, Fault> {
        let (columns, rows) = (self.columns.max(1), self.rows.max(1));
        let (width, height) = (pixels.width() as u64 * u64::from(columns), pixels.height() as u64 * u64::from(rows));
        fits(width, height, pixels.pixel_len(), COPIES, host)?;
        Ok(alike!(pixels, raster => tiled(&raster, columns as usize, rows as usize)))
    }
}

fn tiled<T: Sample>(raster: &Raster<T>, columns: usize, rows: usize) -> Raster<T> {
    let Raster { width, height, channels, .. } = *raster;
    let mut samples = Vec::with_capacity(raster.samples.len() * columns * rows);
    for y in 0..height {
        for _ in 0..columns {
            samples.extend_from_slice(raster.row(y));
        }
    }
    let one_len = samples.len();
    for _ in 1..rows {
        samples.extend_from_within(..one_len);
    }
    Raster { width: width * columns, height: height * rows, channels, samples }
}
