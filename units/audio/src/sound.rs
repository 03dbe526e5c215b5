//! A sound as it flows: blocks of frames, one row of samples per channel, each between -1 and 1. Whole sounds are never held.

use inos_unit::Fault;

/// One row of samples per channel, all of one length.
pub(crate) type Rows = Vec<Vec<f64>>;

/// The most channels of a sound.
pub(crate) const CHANNELS_MAX: usize = 16;
/// The highest rate, in frames a second.
pub(crate) const RATE_MAX: u32 = 768_000;

/// What all frames of a sound have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Form {
    /// Frames a second.
    pub(crate) rate: u32,
    /// Samples of a frame.
    pub(crate) channels: usize,
}

impl Form {
    /// How many frames come before a time, to the nearest.
    pub(crate) fn frames_at(self, seconds: f64) -> u64 {
        (seconds * f64::from(self.rate)).round().max(0.0) as u64
    }
}

/// A sound, read once from its beginning to its end.
pub(crate) trait Sound {
    /// What all of its frames have in common.
    fn form(&self) -> Form;

    /// Puts the next frames into `rows`, at least one; `false` after the last, and then `rows` has none.
    fn next(&mut self, rows: &mut Rows) -> Result<bool, Fault>;
}

impl<S: Sound + ?Sized> Sound for Box<S> {
    fn form(&self) -> Form {
        (**self).form()
    }

    fn next(&mut self, rows: &mut Rows) -> Result<bool, Fault> {
        (**self).next(rows)
    }
}

/// What changes a sound block by block.
pub(crate) trait Effect {
    /// The form of what comes out.
    fn form(&self, before: Form) -> Form {
        before
    }

    /// Changes a block where it lies; fewer or more frames may come out than go in, also none.
    fn apply(&mut self, rows: &mut Rows) -> Result<(), Fault>;

    /// Puts what still comes after the last block into `rows`; `false` once there is no more.
    fn tail(&mut self, rows: &mut Rows) -> Result<bool, Fault> {
        rows.iter_mut().for_each(Vec::clear);
        Ok(false)
    }

    /// Whether nothing comes out any more, whatever goes in.
    fn is_over(&self) -> bool {
        false
    }
}

/// A sound with an effect.
pub(crate) struct Through<S, E> {
    sound: S,
    effect: E,
    is_ended: bool,
}

impl<S: Sound, E: Effect> Through<S, E> {
    pub(crate) fn new(sound: S, effect: E) -> Self {
        Self { sound, effect, is_ended: false }
    }
}

impl<S: Sound, E: Effect> Sound for Through<S, E> {
    fn form(&self) -> Form {
        self.effect.form(self.sound.form())
    }

    fn next(&mut self, rows: &mut Rows) -> Result<bool, Fault> {
        while !self.is_ended && !self.effect.is_over() {
            if !self.sound.next(rows)? {
                self.is_ended = true;
                break;
            }
            self.effect.apply(rows)?;
            if frames(rows) > 0 {
                return Ok(true);
            }
        }
        let is_more = !self.effect.is_over() && self.effect.tail(rows)?;
        if !is_more {
            rows.iter_mut().for_each(Vec::clear);
        }
        Ok(is_more)
    }
}

/// How many frames a block has.
pub(crate) fn frames(rows: &[Vec<f64>]) -> usize {
    rows.first().map_or(0, Vec::len)
}

/// Makes a block of so many channels and frames of silence.
pub(crate) fn silence(rows: &mut Rows, channels: usize, frames: usize) {
    rows.resize_with(channels, Vec::new);
    for row in rows {
        row.clear();
        row.resize(frames, 0.0);
    }
}

/// A gain in decibels as a factor.
pub(crate) fn factor(db: f64) -> f64 {
    10_f64.powf(db / 20.0)
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// A sound that lies in memory and comes in blocks of `block` frames.
    pub(crate) struct Lying {
        pub(crate) form: Form,
        pub(crate) rows: Rows,
        pub(crate) block: usize,
        at: usize,
    }

    impl Lying {
        pub(crate) fn new(rate: u32, rows: Rows, block: usize) -> Self {
            Self { form: Form { rate, channels: rows.len() }, rows, block, at: 0 }
        }
    }

    impl Sound for Lying {
        fn form(&self) -> Form {
            self.form
        }

        fn next(&mut self, rows: &mut Rows) -> Result<bool, Fault> {
            let end = (self.at + self.block).min(frames(&self.rows));
            *rows = self.rows.iter().map(|row| row[self.at..end].to_vec()).collect();
            let is_more = end > self.at;
            self.at = end;
            Ok(is_more)
        }
    }

    /// All of a sound.
    pub(crate) fn all(mut sound: impl Sound) -> Rows {
        let (mut whole, mut rows) = (vec![Vec::new(); sound.form().channels], Rows::new());
        while sound.next(&mut rows).unwrap() {
            assert!(frames(&rows) > 0 && rows.len() == whole.len());
            whole.iter_mut().zip(&rows).for_each(|(whole, row): (&mut Vec<f64>, _)| whole.extend(row));
        }
        assert!(!sound.next(&mut rows).unwrap(), "an end that is none");
        whole
    }
}
