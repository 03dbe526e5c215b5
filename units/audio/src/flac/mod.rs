//! FLAC as it is written (RFC 9639). Frames know nothing of each other, so that they are made side by side: the bytes are the
//! same for any number of threads. Of files it reads no more than whether they have a frame.

mod bits;
mod empty;
mod frame;
mod predict;
mod rice;
mod subframe;
#[cfg(test)]
mod tests;

use md5::{Digest, Md5};

pub(crate) use empty::opened;
use frame::Frame;

use crate::wav;

/// The most channels of a file.
pub(crate) const CHANNELS_MAX: usize = 8;
/// The highest rate of a file, in Hz.
pub(crate) const RATE_MAX: u32 = 655_350;
/// Where in a file its figures lie, in bytes.
pub(crate) const STREAMINFO_AT: u64 = 8;

/// The length of the figures, in bytes.
const STREAMINFO_LEN: usize = 34;
/// How many frames are gathered before they are made: about four seconds of sound.
const GATHERED: usize = 48;
/// Who wrote a file, as its comment says.
const VENDOR: &[u8] = b"INOS";

/// What is wanted.
pub(crate) struct Settings {
    /// Frames of samples a second.
    pub(crate) rate: u32,
    /// From 1 to 8.
    pub(crate) channels: usize,
    /// Bits of a sample: 16 or 24.
    pub(crate) bits: u32,
    /// From 0 (fast) to 8 (small).
    pub(crate) level: u8,
    /// How many threads may be used.
    pub(crate) threads: usize,
}

/// How hard a level tries.
pub(crate) struct Effort {
    /// Samples of a frame.
    block: usize,
    /// The highest order of a linear prediction.
    order: usize,
    /// How often a block is halved at most.
    parts: u32,
    /// How the ways to write two channels are told apart.
    stereo: Stereo,
}

/// How the ways to write two channels are told apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stereo {
    /// Not at all: left and right.
    Apart,
    /// By what simple differences leave.
    Guessed,
    /// By trying all.
    Tried,
}

impl Effort {
    fn of(level: u8) -> Self {
        let (block, order, parts, stereo) = match level {
            0 => (1152, 0, 3, Stereo::Apart),
            1 => (1152, 0, 3, Stereo::Guessed),
            2 => (1152, 0, 4, Stereo::Tried),
            3 => (4096, 6, 4, Stereo::Apart),
            4 => (4096, 8, 4, Stereo::Guessed),
            5 => (4096, 8, 5, Stereo::Guessed),
            6 => (4096, 8, 6, Stereo::Tried),
            7 => (4096, 12, 6, Stereo::Tried),
            _ => (4096, 12, 8, Stereo::Tried),
        };
        Self { block, order, parts, stereo }
    }
}

/// A file being written.
pub(crate) struct Encoder {
    settings: Settings,
    effort: Effort,
    window: Vec<f64>,
    /// Samples that make no gathering yet.
    waiting: Vec<Vec<i32>>,
    /// How many frames were made.
    made: u64,
    total: u64,
    shortest: usize,
    longest: usize,
    sum: Md5,
}

impl Encoder {
    pub(crate) fn new(settings: Settings) -> Self {
        let effort = Effort::of(settings.level);
        let window = predict::tukey(effort.block);
        let waiting = vec![Vec::new(); settings.channels];
        let (shortest, longest) = (usize::MAX, 0);
        Self { settings, effort, window, waiting, made: 0, total: 0, shortest, longest, sum: Md5::new() }
    }

    /// The file's head, its figures yet unknown.
    pub(crate) fn head(&self) -> Vec<u8> {
        let mut head = b"fLaC".to_vec();
        head.extend([0, 0, 0, STREAMINFO_LEN as u8]);
        head.extend(self.figures(&[0; 16]));
        // A comment, the last of the head's blocks: who wrote it, and no more.
        head.extend([0x84, 0, 0, VENDOR.len() as u8 + 8]);
        head.extend((VENDOR.len() as u32).to_le_bytes());
        head.extend(VENDOR);
        head.extend(0_u32.to_le_bytes());
        head
    }

    /// Takes samples, a row for each channel, and appends the frames that are whole.
    pub(crate) fn push(&mut self, rows: &[&[i32]], out: &mut Vec<u8>) {
        self.digest(rows);
        self.waiting.iter_mut().zip(rows).for_each(|(waiting, row)| waiting.extend_from_slice(row));
        self.total += rows.first().map_or(0, |row| row.len()) as u64;
        let gathered = GATHERED * self.effort.block;
        while self.waiting[0].len() >= gathered {
            self.make(gathered, out);
        }
    }

    /// Appends what is left, and gives the figures that belong at [`STREAMINFO_AT`].
    pub(crate) fn finish(mut self, out: &mut Vec<u8>) -> [u8; STREAMINFO_LEN] {
        let left = self.waiting[0].len();
        self.make(left, out);
        let sum = std::mem::take(&mut self.sum).finalize();
        self.figures(&sum.into())
    }

    /// Adds samples to the file's sum, as they would lie in it uncompressed.
    fn digest(&mut self, rows: &[&[i32]]) {
        let mut bytes = Vec::new();
        wav::wholes(rows, self.settings.bits as usize / 8, &mut bytes);
        self.sum.update(&bytes);
    }

    /// Makes frames of the first `count` samples that wait, each thread a run of them.
    fn make(&mut self, count: usize, out: &mut Vec<u8>) {
        let (block, first) = (self.effort.block, self.made);
        let frames: Vec<Frame<'_>> = (0..count.div_ceil(block))
            .map(|at| {
                let range = at * block..((at + 1) * block).min(count);
                let rows = self.waiting.iter().map(|row| &row[range.clone()]).collect();
                let (settings, effort) = (&self.settings, &self.effort);
                Frame { rows, number: first + at as u64, settings, effort, window: &self.window }
            })
            .collect();
        let share = frames.len().div_ceil(self.settings.threads.max(1)).max(1);
        let made: Vec<Vec<Vec<u8>>> = std::thread::scope(|scope| {
            let run = |share: &[Frame<'_>]| share.iter().map(Frame::bytes).collect::<Vec<_>>();
            let mut shares = frames.chunks(share);
            let own = shares.next();
            let others: Vec<_> = shares.map(|share| scope.spawn(move || run(share))).collect();
            let own = own.map(run).into_iter();
            own.chain(others.into_iter().map(|other| other.join().unwrap_or_else(|why| std::panic::resume_unwind(why))))
                .collect()
        });
        for frame in made.iter().flatten() {
            self.shortest = self.shortest.min(frame.len());
            self.longest = self.longest.max(frame.len());
            out.extend_from_slice(frame);
        }
        self.made += frames.len() as u64;
        drop(frames);
        self.waiting.iter_mut().for_each(|row| drop(row.drain(..count)));
    }

    /// STREAMINFO (RFC 9639, 8.2).
    fn figures(&self, sum: &[u8; 16]) -> [u8; STREAMINFO_LEN] {
        let mut bits = bits::Bits::default();
        let block = self.effort.block as u32;
        bits.put(block, 16);
        bits.put(block, 16);
        // 0 is unknown, also where there is no frame; no frame is longer than this has room for.
        bits.put(if self.longest == 0 { 0 } else { self.shortest as u32 }, 24);
        bits.put(self.longest as u32, 24);
        bits.put(self.settings.rate, 20);
        bits.put(self.settings.channels as u32 - 1, 3);
        bits.put(self.settings.bits - 1, 5);
        // More than there is room for is unknown.
        bits.put_long(if self.total < 1 << 36 { self.total } else { 0 }, 36);
        sum.iter().for_each(|byte| bits.put(u32::from(*byte), 8));
        let mut figures = [0; STREAMINFO_LEN];
        figures.copy_from_slice(&bits.into_bytes());
        figures
    }
}
