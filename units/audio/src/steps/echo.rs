//! Echoes: a sound repeated, softer each time.

use inos_unit::Fault;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::sound::{Effect, Form, Rows, frames, silence};

/// The loudness below which nobody waits for an echo any more: -80 dB.
const AUDIBLE: f64 = 1e-4;
/// The longest that echoes go on after the sound, in seconds.
const TAIL_S_MAX: f64 = 60.0;
/// How many frames of a tail are made at a time.
const TAIL_FRAMES: usize = 4096;

/// Repeats a sound after a time, again and again, softer each time. It becomes longer by its echoes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Delay {
    /// How long until it is heard again, in seconds, to the nearest frame.
    #[schemars(range(min = 0.0001, max = 10.0), example = 0.25)]
    pub(crate) time_s: f64,
    /// How much of each repetition is in the next, as a factor.
    #[serde(default = "feedback")]
    #[schemars(range(min = 0.0, max = 0.98), example = 0.4)]
    pub(crate) feedback: f64,
    /// How loud the first repetition is beside the sound, as a factor.
    #[serde(default = "half")]
    #[schemars(range(min = 0.0, max = 1.0), example = 0.5)]
    pub(crate) mix: f64,
}

fn feedback() -> f64 {
    0.4
}

fn half() -> f64 {
    0.5
}

/// A ring of what was heard, for each channel.
pub(crate) struct DelayEffect {
    rings: Rows,
    at: usize,
    feedback: f64,
    mix: f64,
    /// How many frames still come after the sound.
    left: u64,
}

impl DelayEffect {
    pub(crate) fn new(delay: &Delay, form: Form) -> Self {
        // At most ten seconds at the highest rate.
        let len = form.frames_at(delay.time_s).max(1) as usize;
        let repetitions = match delay.feedback {
            feedback if feedback > 0.0 => 1.0 + (AUDIBLE.ln() / feedback.ln()).ceil().max(0.0),
            _ => 1.0,
        };
        let tail_s = (repetitions * delay.time_s).min(TAIL_S_MAX);
        let left = if delay.mix > 0.0 { form.frames_at(tail_s) } else { 0 };
        Self { rings: vec![vec![0.0; len]; form.channels], at: 0, feedback: delay.feedback, mix: delay.mix, left }
    }
}

impl Effect for DelayEffect {
    fn apply(&mut self, rows: &mut Rows) -> Result<(), Fault> {
        let (count, len) = (frames(rows), self.rings[0].len());
        for (row, ring) in rows.iter_mut().zip(&mut self.rings) {
            let mut at = self.at;
            for sample in row {
                let before = ring[at];
                ring[at] = *sample + self.feedback * before;
                *sample += self.mix * before;
                at = if at + 1 == len { 0 } else { at + 1 };
            }
        }
        self.at = (self.at + count) % len;
        Ok(())
    }

    fn tail(&mut self, rows: &mut Rows) -> Result<bool, Fault> {
        // At most the length of a block.
        let count = self.left.min(TAIL_FRAMES as u64) as usize;
        self.left -= count as u64;
        silence(rows, self.rings.len(), count);
        self.apply(rows)?;
        Ok(count > 0)
    }
}
