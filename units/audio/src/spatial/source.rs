//! One source on its way to two ears.

use super::head::Shadow;
use super::line::{Between, Line};
use crate::sound::Rows;

/// How many echoes an outer ear adds.
pub(super) const ECHOES: usize = 5;

/// The way to one ear at one moment.
#[derive(Clone, Copy)]
pub(super) struct Path {
    /// How long it takes, in samples.
    pub(super) delay: f64,
    pub(super) gain: f64,
    pub(super) shadow: Shadow,
    /// How much of the last sample stays: the dullness of the air.
    pub(super) air: f64,
    /// How much later each echo of the outer ear comes, in samples, and how loud it is.
    pub(super) echoes: [(f64, f64); ECHOES],
}

/// What a source carries on.
pub(super) struct Source {
    line: Line,
    before: Option<[Path; 2]>,
    ears: [Ear; 2],
}

/// What the filters of an ear carry on.
#[derive(Default, Clone, Copy)]
struct Ear {
    given: f64,
    made: f64,
    air: f64,
}

impl Source {
    pub(super) fn new(longest: usize) -> Self {
        Self { line: Line::new(longest), before: None, ears: [Ear::default(); 2] }
    }

    /// Adds what both ears hear during a step at whose end the ways are `paths`.
    pub(super) fn step(&mut self, samples: &[f64], paths: [Path; 2], between: &Between, rows: &mut Rows, from: usize) {
        let before = self.before.replace(paths).unwrap_or(paths);
        for (at, sample) in samples.iter().enumerate() {
            self.line.push(*sample);
            let part = (at + 1) as f64 / samples.len() as f64;
            for ((row, ear), (old, new)) in rows.iter_mut().zip(&mut self.ears).zip(before.iter().zip(&paths)) {
                let blend = |old: f64, new: f64| old + part * (new - old);
                let delay = blend(old.delay, new.delay);
                let mut heard = self.line.read(delay, between);
                for ((old_late, _), (late, loud)) in
                    old.echoes.iter().zip(&new.echoes).filter(|(_, (_, loud))| *loud != 0.0)
                {
                    heard += loud * self.line.read(delay + blend(*old_late, *late), between);
                }
                row[from + at] += ear.hear(heard * blend(old.gain, new.gain), new);
            }
        }
    }
}

impl Ear {
    fn hear(&mut self, sample: f64, path: &Path) -> f64 {
        let Shadow { b0, b1, a1 } = path.shadow;
        let made = b0 * sample + b1 * self.given - a1 * self.made;
        (self.given, self.made) = (sample, made);
        self.air = (1.0 - path.air) * made + path.air * self.air;
        self.air
    }
}
