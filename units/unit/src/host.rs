//! What a unit may ask of whoever runs it.

use crate::Fault;

/// The unit's view of the world around its job.
pub trait Host {
    /// Whether the job should stop: cancelled, out of time or shutting down. Cheap enough for every loop, and a sign of
    /// life where the method promises some.
    fn cancelled(&self) -> bool;

    /// How far the job is; `total` is 0 where nobody knows. Callers may see only some of these.
    fn progress(&self, done: u64, total: u64);

    /// A line for whoever watches the job; long lines are cut, control characters replaced.
    fn log(&self, line: &str);

    /// Bytes for whoever watches the job, before its outputs are there. They are no part of these and cost nothing;
    /// what is over the host's limits is not shown.
    fn emit(&self, bytes: &[u8]);

    /// How many threads the unit may use at once, at least 1.
    fn threads(&self) -> usize {
        1
    }

    /// Passes on a stop.
    fn check(&self) -> Result<(), Fault> {
        if self.cancelled() { Err(Fault::Cancelled) } else { Ok(()) }
    }
}
