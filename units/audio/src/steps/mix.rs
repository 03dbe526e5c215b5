//! Two sounds made one: both at a time, or one after the other.

use inos_unit::Fault;
use schemars::JsonSchema;
use serde::Deserialize;

use super::convolve::second;
use super::level::Curve;
use crate::sound::{Form, Rows, Sound, frames, silence};

/// Adds another input to a sound. It is brought to the sound's rate and channels; the longer of the two says how long it is.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mix {
    /// The number of the input that is added.
    #[serde(default = "second")]
    #[schemars(range(min = 0, max = 63), example = 1)]
    pub(crate) input: u32,
    /// How much louder or softer it is made, in decibels.
    #[serde(default)]
    #[schemars(range(min = -120.0, max = 60.0), example = -6.0)]
    pub(crate) gain_db: f64,
    /// When it begins, in seconds.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 100_000.0), example = 0.0)]
    pub(crate) at_s: f64,
}

/// Lets another input follow, the end of one fading into the beginning of the other. It is brought to the sound's rate and
/// channels.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Crossfade {
    /// The number of the input that follows.
    #[serde(default = "second")]
    #[schemars(range(min = 0, max = 63), example = 1)]
    pub(crate) input: u32,
    /// How long both are heard, in seconds: none is a plain join, and neither sound may be shorter.
    #[schemars(range(min = 0.0, max = 60.0), example = 2.0)]
    pub(crate) duration_s: f64,
    /// How they rise and fall.
    #[serde(default = "equal_power")]
    pub(crate) curve: Curve,
}

fn equal_power() -> Curve {
    Curve::EqualPower
}

/// A sound, read in blocks of the length that is asked for.
pub(crate) struct Pieces<S> {
    sound: S,
    rows: Rows,
    at: usize,
}

impl<S: Sound> Pieces<S> {
    pub(crate) fn new(sound: S) -> Self {
        Self { sound, rows: Rows::new(), at: 0 }
    }

    /// How many frames lie ready: none only after the last.
    fn ready(&mut self) -> Result<usize, Fault> {
        if self.at == frames(&self.rows) {
            self.at = 0;
            self.sound.next(&mut self.rows)?;
        }
        Ok(frames(&self.rows) - self.at)
    }

    /// Fills a row with the first channel, and says how many samples there were.
    pub(crate) fn fill(&mut self, row: &mut [f64]) -> Result<usize, Fault> {
        let mut filled = 0;
        while filled < row.len() {
            let count = self.ready()?.min(row.len() - filled);
            if count == 0 {
                break;
            }
            row[filled..filled + count].copy_from_slice(&self.rows[0][self.at..self.at + count]);
            self.at += count;
            filled += count;
        }
        Ok(filled)
    }

    /// Adds the next `count` frames, which lie ready, times a factor for each.
    fn add(&mut self, into: &mut Rows, (from, count): (usize, usize), factor: impl Fn(usize) -> f64) {
        for (into, row) in into.iter_mut().zip(&self.rows) {
            let pairs = into[from..from + count].iter_mut().zip(&row[self.at..self.at + count]);
            pairs.enumerate().for_each(|(index, (into, sample))| *into += factor(index) * sample);
        }
        self.at += count;
    }
}

/// Two sounds of one form at a time.
pub(crate) struct Mixed<A, B> {
    one: Pieces<A>,
    other: Pieces<B>,
    form: Form,
    factor: f64,
    /// How many frames come before the other begins.
    before: u64,
}

impl<A: Sound, B: Sound> Mixed<A, B> {
    /// The other begins after `before` frames of the one.
    pub(crate) fn new(one: A, other: B, factor: f64, before: u64) -> Self {
        let form = one.form();
        Self { one: Pieces::new(one), other: Pieces::new(other), form, factor, before }
    }
}

/// How many frames of silence are made at a time.
const SILENT_FRAMES: usize = 4096;

impl<A: Sound, B: Sound> Sound for Mixed<A, B> {
    fn form(&self) -> Form {
        self.form
    }

    fn next(&mut self, rows: &mut Rows) -> Result<bool, Fault> {
        let one = self.one.ready()?;
        let wait = usize::try_from(self.before).unwrap_or(usize::MAX);
        let other = if wait > 0 { 0 } else { self.other.ready()? };
        let count = match (one, other) {
            (0, 0) if wait == 0 || self.other.ready()? == 0 => 0,
            (0, 0) => wait.min(SILENT_FRAMES),
            (0, count) => count,
            (count, 0) if wait > 0 => count.min(wait),
            (count, 0) => count,
            (one, other) => one.min(other),
        };
        silence(rows, self.form.channels, count);
        if one > 0 {
            self.one.add(rows, (0, count), |_| 1.0);
        }
        if other > 0 {
            let factor = self.factor;
            self.other.add(rows, (0, count), |_| factor);
        }
        self.before -= if wait > 0 { count as u64 } else { 0 };
        Ok(count > 0)
    }
}

/// Two sounds of one form, one after the other.
pub(crate) struct Crossfaded<A, B> {
    one: Pieces<A>,
    other: Pieces<B>,
    form: Form,
    curve: Curve,
    /// How many frames the first has before both are heard, and how many both are.
    alone: u64,
    both: u64,
    at: u64,
}

impl<A: Sound, B: Sound> Crossfaded<A, B> {
    /// Sounds of which the first has `whole` frames, both heard for the last `both` of these.
    pub(crate) fn new(one: A, other: B, curve: Curve, (whole, both): (u64, u64)) -> Self {
        let form = one.form();
        let (one, other) = (Pieces::new(one), Pieces::new(other));
        Self { one, other, form, curve, alone: whole.saturating_sub(both), both, at: 0 }
    }
}

impl<A: Sound, B: Sound> Sound for Crossfaded<A, B> {
    fn form(&self) -> Form {
        self.form
    }

    fn next(&mut self, rows: &mut Rows) -> Result<bool, Fault> {
        let one = self.one.ready()?;
        if self.at < self.alone && one > 0 {
            let left = usize::try_from(self.alone - self.at).unwrap_or(usize::MAX);
            let count = one.min(left);
            silence(rows, self.form.channels, count);
            self.one.add(rows, (0, count), |_| 1.0);
            self.at += count as u64;
            return Ok(true);
        }
        let other = self.other.ready()?;
        let count = if one == 0 { other } else { one.min(other) };
        silence(rows, self.form.channels, count);
        let (curve, both, passed) = (self.curve, self.both as f64, self.at.saturating_sub(self.alone));
        // The middle of a frame, so that what falls is the mirror of what rises.
        let part = |index: usize| if both == 0.0 { 1.0 } else { (passed as f64 + index as f64 + 0.5) / both };
        if one > 0 {
            self.one.add(rows, (0, count), |index| curve.factor(1.0 - part(index)));
        }
        self.other.add(rows, (0, count), |index| curve.factor(part(index)));
        self.at += count as u64;
        Ok(count > 0)
    }
}
