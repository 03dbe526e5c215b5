//! A sound with the answer of a room or a device.

use std::sync::Arc;

use inos_unit::Fault;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::parted::{Heard, Parted, Spectrum};
use crate::sound::{Effect, Form, Rows, frames};

/// How many frames are convolved at a time.
const BLOCK: usize = 4096;
/// The longest answer, in frames: at 48 kHz some 43 seconds.
pub(crate) const ANSWER_FRAMES_MAX: usize = 1 << 21;

/// Lets a sound sound as another input answers: each channel by the answer's channel of the same number, or by its only one.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Convolve {
    /// The number of the input that is the answer (an impulse response), brought to the sound's rate.
    #[serde(default = "second")]
    #[schemars(range(min = 0, max = 63), example = 1)]
    pub(crate) input: u32,
    /// How much of the answer is heard, from 0 to 1; the rest is the sound itself.
    #[serde(default = "one")]
    #[schemars(range(min = 0.0, max = 1.0), example = 1.0)]
    pub(crate) mix: f64,
}

pub(crate) fn second() -> u32 {
    1
}

fn one() -> f64 {
    1.0
}

/// What convolves one channel.
struct Line {
    /// The spectra of the answer's parts.
    answer: Arc<Vec<Spectrum>>,
    heard: Heard,
}

/// Convolves every channel.
pub(crate) struct ConvolveEffect {
    lines: Vec<Line>,
    parted: Parted,
    mix: f64,
    waiting: Rows,
    given: u64,
    taken: u64,
    /// How much longer the sound becomes.
    longer: u64,
}

impl ConvolveEffect {
    /// Convolves a sound with an answer that has its rate.
    pub(crate) fn new(answer: &Rows, mix: f64, form: Form) -> Result<Self, Fault> {
        let parted = Parted::new(BLOCK);
        let spectra: Vec<_> =
            answer.iter().map(|row| parted.answer(row).map(Arc::new)).collect::<Result<_, Fault>>()?;
        let line = |channel: usize| {
            let answer = Arc::clone(&spectra[channel.min(spectra.len() - 1)]);
            let heard = parted.silence(answer.len());
            Line { answer, heard }
        };
        let lines = (0..form.channels).map(line).collect();
        let longer = frames(answer).saturating_sub(1) as u64;
        let waiting = vec![Vec::new(); form.channels];
        Ok(Self { lines, parted, mix, waiting, given: 0, taken: 0, longer })
    }

    /// Convolves all whole blocks that wait, and appends them to `rows`.
    fn change(&mut self, rows: &mut Rows) -> Result<(), Fault> {
        let blocks = frames(&self.waiting) / BLOCK;
        for (channel, row) in rows.iter_mut().enumerate() {
            for block in 0..blocks {
                let given = &self.waiting[channel][block * BLOCK..(block + 1) * BLOCK];
                let Line { answer, heard } = &mut self.lines[channel];
                self.parted.hear(heard, given)?;
                let made = self.parted.answered(heard, answer)?;
                let mixed = given.iter().zip(&made[BLOCK..]);
                row.extend(mixed.map(|(given, made)| (1.0 - self.mix) * given + self.mix * made));
            }
            self.waiting[channel].drain(..blocks * BLOCK);
        }
        Ok(())
    }
}

impl Effect for ConvolveEffect {
    fn apply(&mut self, rows: &mut Rows) -> Result<(), Fault> {
        self.given += frames(rows) as u64;
        self.waiting.iter_mut().zip(rows.iter()).for_each(|(waiting, row)| waiting.extend_from_slice(row));
        rows.iter_mut().for_each(Vec::clear);
        self.change(rows)?;
        self.taken += frames(rows) as u64;
        Ok(())
    }

    fn tail(&mut self, rows: &mut Rows) -> Result<bool, Fault> {
        rows.resize_with(self.waiting.len(), Vec::new);
        rows.iter_mut().for_each(Vec::clear);
        let left = self.given + self.longer - self.taken;
        if left > 0 {
            self.waiting.iter_mut().for_each(|row| row.resize(BLOCK, 0.0));
            self.change(rows)?;
        }
        // At most the length of a block.
        let count = left.min(frames(rows) as u64) as usize;
        rows.iter_mut().for_each(|row| row.truncate(count));
        self.taken += count as u64;
        Ok(count > 0)
    }
}
