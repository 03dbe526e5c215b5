//! Measured heads: what two ears heard of a click from each of many directions. What comes from a direction is convolved with the
//! answers of the nearest one; where that becomes another, the one fades into the other during a block.

use std::f64::consts::FRAC_PI_2;

use inos_unit::{Fault, Host};
use schemars::JsonSchema;
use serde::Deserialize;

use super::track::{Vector, dot};
use crate::parted::{Heard, Parted, Spectrum};
use crate::sound::Rows;

/// How many frames have one direction.
pub(super) const BLOCK: usize = 256;
/// The most blocks of all answers of an ear: their spectra take 64 MiB.
const PARTS_MAX: usize = 8192;

/// A measured head in place of the sphere.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hrir {
    /// The number of the input that has the answers of the left and the right ear to each direction, one after the other, at
    /// the rate of the first input.
    #[schemars(range(min = 0, max = 63), example = 1)]
    pub(crate) input: u32,
    /// How long each answer is, in samples.
    #[schemars(range(min = 1, max = 65_536), example = 256)]
    length: u32,
    /// The directions in the order of the answers: how far to the left of ahead and how far up, in degrees, as in SOFA files.
    #[schemars(length(min = 1, max = 8192), example = serde_json::json!([[0.0, 0.0], [90.0, 0.0], [270.0, 0.0]]))]
    directions: Vec<[f64; 2]>,
}

impl Hrir {
    /// How many frames the input must have; absurd ones are a mistake.
    pub(crate) fn frames(&self) -> Result<usize, Fault> {
        let length = usize::try_from(self.length).unwrap_or(usize::MAX);
        if self.directions.is_empty() || length == 0 {
            return Err(Fault::invalid("/params/hrir", "must have a direction and a length"));
        }
        if self.directions.len().saturating_mul(length.div_ceil(BLOCK)) > PARTS_MAX {
            let message = format!("blocks of {BLOCK} samples of all answers: fewer directions, or shorter answers");
            return Err(Fault::limit(PARTS_MAX as u64, message));
        }
        Ok(self.directions.len() * length)
    }
}

/// The answers of a head.
pub(crate) struct Head {
    directions: Vec<Vector>,
    /// Of the left and the right ear.
    answers: Vec<[Vec<Spectrum>; 2]>,
    parted: Parted,
    /// How long an answer is.
    pub(super) length: usize,
}

/// What one source carries on.
pub(super) struct Walk {
    heard: Heard,
    /// The direction that it came from last.
    before: Option<usize>,
}

impl Head {
    /// A head whose answers are [`Hrir::frames`] frames of two channels.
    pub(crate) fn new(hrir: &Hrir, answers: &Rows, host: &dyn Host) -> Result<Self, Fault> {
        let (parted, length) = (Parted::new(BLOCK), hrir.frames()? / hrir.directions.len());
        let mut head = Self { directions: Vec::new(), answers: Vec::new(), parted, length };
        for (at, direction) in hrir.directions.iter().enumerate() {
            host.check()?;
            head.directions.push(vector(*direction).ok_or_else(|| {
                let message = "must be at most 360 degrees to a side and 90 up or down";
                Fault::invalid(format!("/params/hrir/directions/{at}"), message)
            })?);
            let answer = |ear: usize| head.parted.answer(&answers[ear][at * length..(at + 1) * length]);
            head.answers.push([answer(0)?, answer(1)?]);
        }
        Ok(head)
    }

    pub(super) fn walk(&self) -> Walk {
        Walk { heard: self.parted.silence(self.length.div_ceil(BLOCK)), before: None }
    }

    /// The direction that is nearest to one.
    fn nearest(&self, direction: Vector) -> usize {
        let likeness = |at: &usize| dot(self.directions[*at], direction);
        // There is at least one, and of two that are as near, the first is taken.
        (1..self.directions.len()).fold(0, |best, at| if likeness(&at) > likeness(&best) { at } else { best })
    }

    /// Adds what both ears hear of a block that comes from a direction.
    pub(super) fn hear(
        &self,
        walk: &mut Walk,
        block: &[f64],
        direction: Vector,
        rows: &mut Rows,
        from: usize,
    ) -> Result<(), Fault> {
        self.parted.hear(&mut walk.heard, block)?;
        let now = self.nearest(direction);
        let before = walk.before.replace(now).unwrap_or(now);
        for (ear, row) in rows.iter_mut().enumerate() {
            let row = &mut row[from..from + BLOCK];
            let new = self.parted.answered(&walk.heard, &self.answers[now][ear])?;
            if now == before {
                row.iter_mut().zip(&new[BLOCK..]).for_each(|(row, new)| *row += new);
                continue;
            }
            let old = self.parted.answered(&walk.heard, &self.answers[before][ear])?;
            for (at, ((row, old), new)) in row.iter_mut().zip(&old[BLOCK..]).zip(&new[BLOCK..]).enumerate() {
                let part = (at + 1) as f64 / BLOCK as f64;
                *row += old + part * (new - old);
            }
        }
        Ok(())
    }
}

/// A direction as a vector to the right, upwards and backwards.
fn vector([azimuth, elevation]: [f64; 2]) -> Option<Vector> {
    if azimuth.abs() > 360.0 || elevation.abs() > 90.0 {
        return None;
    }
    let (azimuth, elevation) = (azimuth.to_radians(), elevation.to_radians().clamp(-FRAC_PI_2, FRAC_PI_2));
    Some([-azimuth.sin() * elevation.cos(), elevation.sin(), -azimuth.cos() * elevation.cos()])
}
