//! A part of a sound.

use inos_unit::Fault;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::sound::{Effect, Form, Rows, frames};

/// Keeps a part of a sound.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trim {
    /// Where it begins, in seconds, to the nearest frame.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1e6), example = 1.5)]
    pub(crate) start_s: f64,
    /// Where it ends, in seconds; at the end of the sound where nothing is given.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1e6), example = 4.0)]
    pub(crate) end_s: Option<f64>,
}

/// Lets the frames from one to another pass.
pub(crate) struct TrimEffect {
    start: u64,
    end: u64,
    at: u64,
}

impl TrimEffect {
    pub(crate) fn new(trim: &Trim, form: Form, pointer: &str) -> Result<Self, Fault> {
        let (start, end) = (form.frames_at(trim.start_s), trim.end_s.map_or(u64::MAX, |end| form.frames_at(end)));
        if end < start {
            return Err(Fault::invalid(format!("{pointer}/end_s"), "is before `start_s`"));
        }
        Ok(Self { start, end, at: 0 })
    }
}

impl Effect for TrimEffect {
    fn apply(&mut self, rows: &mut Rows) -> Result<(), Fault> {
        let count = frames(rows) as u64;
        // Both lie within the block, so that they are no more than its length.
        let from = self.start.saturating_sub(self.at).min(count) as usize;
        let to = self.end.saturating_sub(self.at).min(count) as usize;
        for row in rows.iter_mut() {
            row.truncate(to.max(from));
            row.drain(..from);
        }
        self.at += count;
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.at >= self.end
    }
}
