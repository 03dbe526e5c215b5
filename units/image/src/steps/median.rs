//! The middle one of the samples around each: T. S. Huang, G. J. Yang and G. Y. Tang, "A fast two-dimensional median filtering
//! algorithm" (IEEE ASSP 27, 1979). A count of each level goes along a row; only its columns at both ends change.

use inos_unit::{Fault, Host};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::bands;
use crate::picture::{Pixels, Raster, Sample, alike};

/// Parameters of `median`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Median {
    /// How many pixels to each side are looked at.
    #[schemars(range(min = 1, max = 32), example = 1)]
    radius: u32,
}

impl Median {
    pub(crate) fn apply(&self, pixels: Pixels, host: &dyn Host) -> Result<Pixels, Fault> {
        let radius = (self.radius as usize).max(1);
        Ok(alike!(pixels, raster => middle(&raster, radius, host)?))
    }
}

/// How often each level is there: by groups of levels first, so that the middle one is found in few steps.
struct Counts {
    groups: Vec<u32>,
    levels: Vec<u32>,
    /// How many bits of a level say which of a group it is.
    shift: u32,
}

impl Counts {
    fn new(levels: usize) -> Self {
        let shift = levels.ilog2() / 2;
        Self { groups: vec![0; levels >> shift], levels: vec![0; levels], shift }
    }

    fn add(&mut self, level: usize) {
        self.groups[level >> self.shift] += 1;
        self.levels[level] += 1;
    }

    fn remove(&mut self, level: usize) {
        self.groups[level >> self.shift] -= 1;
        self.levels[level] -= 1;
    }

    /// The level below which `rank` samples lie, and no more.
    fn find(&self, rank: u32) -> usize {
        let mut below = 0;
        let (mut group, mut level) = (0, 0);
        while below + self.groups[group] <= rank {
            below += self.groups[group];
            group += 1;
        }
        level += group << self.shift;
        while below + self.levels[level] <= rank {
            below += self.levels[level];
            level += 1;
        }
        level
    }

    fn clear(&mut self) {
        self.groups.fill(0);
        self.levels.fill(0);
    }
}

fn middle<T: Sample>(raster: &Raster<T>, radius: usize, host: &dyn Host) -> Result<Raster<T>, Fault> {
    let mut made = Raster::new(raster.width, raster.height, raster.channels);
    let (row_len, channels) = (raster.row_len(), raster.channels);
    let cost = 4 * (2 * radius + 1) + 40;
    bands::each(&mut made.samples, row_len, cost, host, |first, rows| {
        let mut counts = Counts::new(T::LEVELS);
        for (at, row) in rows.chunks_exact_mut(row_len).enumerate() {
            for channel in 0..channels {
                along(raster, (first + at, channel), radius, &mut counts, row);
            }
        }
    })?;
    Ok(made)
}

/// One channel of one row.
fn along<T: Sample>(
    raster: &Raster<T>,
    (y, channel): (usize, usize),
    radius: usize,
    counts: &mut Counts,
    row: &mut [T],
) {
    let Raster { width, height, channels, .. } = *raster;
    // Beyond its sides a picture goes on as its last pixels are.
    let rows = move || (0..=2 * radius).map(move |at| (y + at).saturating_sub(radius).min(height - 1));
    let column = |x: isize| x.clamp(0, width as isize - 1) as usize;
    let level = |x: isize, y: usize| raster.samples[(y * width + column(x)) * channels + channel].level();
    let (reach, rank) = (radius as isize, ((2 * radius + 1).pow(2) / 2) as u32);
    counts.clear();
    for y in rows() {
        (-reach..=reach).for_each(|x| counts.add(level(x, y)));
    }
    row[channel] = T::of_level(counts.find(rank));
    for x in 1..width as isize {
        for y in rows() {
            counts.remove(level(x - reach - 1, y));
            counts.add(level(x + reach, y));
        }
        row[x as usize * channels + channel] = T::of_level(counts.find(rank));
    }
}
