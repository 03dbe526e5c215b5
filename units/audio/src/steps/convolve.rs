//! A sound with the answer of a room or a device: convolution in the frequency domain, the answer parted into blocks of one
//! length (uniformly partitioned overlap-save, after Frank Wefers, "Partitioned convolution algorithms for real-time
//! auralization", 2015).

use std::sync::Arc;

use inos_unit::Fault;
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use schemars::JsonSchema;
use serde::Deserialize;

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

type Spectrum = Vec<Complex<f64>>;

/// What convolves one channel.
struct Line {
    /// The spectra of the answer's parts.
    answer: Arc<Vec<Spectrum>>,
    /// The spectra of the last blocks, the newest at `at`.
    heard: Vec<Spectrum>,
    at: usize,
    /// The last two blocks as they came.
    window: Vec<f64>,
}

/// Convolves every channel.
pub(crate) struct ConvolveEffect {
    lines: Vec<Line>,
    forward: Arc<dyn RealToComplex<f64>>,
    back: Arc<dyn ComplexToReal<f64>>,
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
        let mut planner = RealFftPlanner::new();
        let (forward, back) = (planner.plan_fft_forward(2 * BLOCK), planner.plan_fft_inverse(2 * BLOCK));
        let spectra: Vec<_> =
            answer.iter().map(|row| parts(row, &*forward).map(Arc::new)).collect::<Result<_, Fault>>()?;
        let line = |channel: usize| {
            let answer = Arc::clone(&spectra[channel.min(spectra.len() - 1)]);
            let heard = vec![forward.make_output_vec(); answer.len()];
            Line { answer, heard, at: 0, window: vec![0.0; 2 * BLOCK] }
        };
        let lines = (0..form.channels).map(line).collect();
        let longer = frames(answer).saturating_sub(1) as u64;
        let waiting = vec![Vec::new(); form.channels];
        Ok(Self { lines, forward, back, mix, waiting, given: 0, taken: 0, longer })
    }

    /// Convolves all whole blocks that wait, and appends them to `rows`.
    fn change(&mut self, rows: &mut Rows) -> Result<(), Fault> {
        let blocks = frames(&self.waiting) / BLOCK;
        for (channel, row) in rows.iter_mut().enumerate() {
            for block in 0..blocks {
                let given = &self.waiting[channel][block * BLOCK..(block + 1) * BLOCK];
                let made = self.lines[channel].block(given, (&*self.forward, &*self.back))?;
                let mixed = given.iter().zip(&made[BLOCK..]);
                row.extend(mixed.map(|(given, made)| (1.0 - self.mix) * given + self.mix * made));
            }
            self.waiting[channel].drain(..blocks * BLOCK);
        }
        Ok(())
    }
}

impl Line {
    /// The next block with its answer, in the second half of what is given back.
    fn block(
        &mut self,
        given: &[f64],
        (forward, back): (&dyn RealToComplex<f64>, &dyn ComplexToReal<f64>),
    ) -> Result<Vec<f64>, Fault> {
        self.window.copy_within(BLOCK.., 0);
        self.window[BLOCK..].copy_from_slice(given);
        let parts = self.heard.len();
        self.at = if self.at == 0 { parts - 1 } else { self.at - 1 };
        forward.process(&mut self.window.clone(), &mut self.heard[self.at]).map_err(broken)?;
        let mut sum = forward.make_output_vec();
        for (part, answer) in self.answer.iter().enumerate() {
            let heard = &self.heard[(self.at + part) % parts];
            for ((sum, heard), answer) in sum.iter_mut().zip(heard).zip(answer) {
                *sum += heard * answer;
            }
        }
        let mut made = back.make_output_vec();
        back.process(&mut sum, &mut made).map_err(broken)?;
        Ok(made)
    }
}

/// The spectra of an answer's parts, scaled so that going there and back changes nothing.
fn parts(answer: &[f64], forward: &dyn RealToComplex<f64>) -> Result<Vec<Spectrum>, Fault> {
    let scale = 1.0 / (2 * BLOCK) as f64;
    let spectrum = |part: &[f64]| {
        let mut padded = vec![0.0; 2 * BLOCK];
        padded.iter_mut().zip(part).for_each(|(padded, sample)| *padded = sample * scale);
        let mut spectrum = forward.make_output_vec();
        forward.process(&mut padded, &mut spectrum).map_err(broken)?;
        Ok(spectrum)
    };
    answer.chunks(BLOCK).map(spectrum).collect()
}

fn broken(error: realfft::FftError) -> Fault {
    Fault::Broken(format!("a transform failed: {error}"))
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
