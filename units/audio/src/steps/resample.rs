//! Another rate, by rubato's resampler in the frequency domain.

use inos_unit::Fault;
use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;
use rubato::{Fft, FixedSync, Resampler, WindowFunction};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::sound::{Effect, Form, Rows, frames};

/// About how many frames are changed at a time: the longer, the steeper the filter at half of the lower rate.
const CHUNK_FRAMES: usize = 2048;

/// Changes the rate of a sound, not its pitch nor its length.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resample {
    /// The new rate, in frames a second (Hz).
    #[schemars(range(min = 1000, max = 768_000), example = 48_000)]
    pub(crate) rate_hz: u32,
}

/// How many frames are changed at a time: an even number on both sides, so that the middle of the filter is a frame's place.
fn chunk_frames(from: usize, to: usize) -> usize {
    let least = from / gcd(from, to);
    least * CHUNK_FRAMES.div_ceil(least).next_multiple_of(2)
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Changes the rate. What comes out has as many frames as the time that went in, to the next, and begins with it.
pub(crate) struct ResampleEffect {
    rate: u32,
    from: u32,
    fft: Fft<f64>,
    /// What is not enough for a chunk yet.
    waiting: Rows,
    made: Rows,
    /// How many frames of the filter's delay are still to be left out.
    early: usize,
    /// How many frames went in and came out.
    given: u64,
    taken: u64,
}

impl ResampleEffect {
    pub(crate) fn new(rate: u32, form: Form) -> Result<Self, Fault> {
        let broken = |error| Fault::Broken(format!("a resampler could not be made: {error}"));
        let (from, to) = (form.rate as usize, rate as usize);
        let window = WindowFunction::BlackmanHarris2;
        let fft = Fft::new_custom(from, to, chunk_frames(from, to), 1, form.channels, window, FixedSync::Both)
            .map_err(broken)?;
        let made = vec![vec![0.0; fft.output_frames_max()]; form.channels];
        let early = fft.output_delay();
        Ok(Self {
            rate,
            from: form.rate,
            fft,
            waiting: vec![Vec::new(); form.channels],
            made,
            early,
            given: 0,
            taken: 0,
        })
    }

    /// Changes all whole chunks that wait, and appends them to `rows`.
    fn change(&mut self, rows: &mut Rows) -> Result<(), Fault> {
        let wanted = self.fft.input_frames_next();
        let mut at = 0;
        while frames(&self.waiting) - at >= wanted {
            let chunk: Rows = self.waiting.iter().map(|row| row[at..at + wanted].to_vec()).collect();
            self.change_chunk(&chunk, rows)?;
            at += wanted;
        }
        self.waiting.iter_mut().for_each(|row| drop(row.drain(..at)));
        Ok(())
    }

    fn change_chunk(&mut self, chunk: &Rows, rows: &mut Rows) -> Result<(), Fault> {
        let (channels, room) = (chunk.len(), frames(&self.made));
        let unfit = |error| Fault::Broken(format!("a block does not fit a resampler: {error}"));
        let given = SequentialSliceOfVecs::new(chunk, channels, frames(chunk)).map_err(unfit)?;
        let mut made = SequentialSliceOfVecs::new_mut(&mut self.made, channels, room).map_err(unfit)?;
        let done = self.fft.process_into_buffer(&given, &mut made, None);
        let (_, count) = done.map_err(|error| Fault::Broken(format!("a resampler failed: {error}")))?;
        let skip = self.early.min(count);
        self.early -= skip;
        rows.iter_mut().zip(&self.made).for_each(|(row, made)| row.extend_from_slice(&made[skip..count]));
        Ok(())
    }

    /// How many frames come out in all for those that went in.
    fn whole(&self) -> u64 {
        let whole = (u128::from(self.given) * u128::from(self.rate)).div_ceil(u128::from(self.from));
        u64::try_from(whole).unwrap_or(u64::MAX)
    }
}

impl Effect for ResampleEffect {
    fn form(&self, before: Form) -> Form {
        Form { rate: self.rate, ..before }
    }

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
        let left = self.whole() - self.taken;
        while left > 0 && frames(rows) == 0 {
            // Silence pushes out what the filter still holds.
            let wanted = self.fft.input_frames_next();
            self.waiting.iter_mut().for_each(|row| row.resize(row.len().max(wanted), 0.0));
            self.change(rows)?;
        }
        // What is left is no more than a few chunks.
        let count = left.min(frames(rows) as u64) as usize;
        rows.iter_mut().for_each(|row| row.truncate(count));
        self.taken += count as u64;
        Ok(count > 0)
    }
}
