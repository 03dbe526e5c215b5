//! What a unit may ask of whoever runs it.

use std::{io, sync::Arc};

use crate::{Fault, HeldKey, RegionForm, State};

/// Bytes on a disk that are a job's own and gone with it: for what its memory does not hold.
///
/// Empty at first; it grows where it is written. Several threads may use it at once, each at places of its own.
pub trait Scratch: Send + Sync {
    /// Fills `into` with the bytes from `at` on; an error where there are not so many.
    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<()>;

    /// Writes bytes from `at` on.
    fn write_at(&self, at: u64, bytes: &[u8]) -> io::Result<()>;
}

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

    /// How many bytes of its inputs the unit has read, where it does not need all of them: only these are charged for. What
    /// is said last counts, and where nothing is said, all of them do.
    fn needed(&self, _bytes: u64) {}

    /// A number that two jobs share only if whoever asked for one may know all of the other.
    fn owner(&self) -> u64 {
        0
    }

    /// Where the job may put bytes aside; none where the host has no disk for it.
    fn scratch(&self) -> Option<Arc<dyn Scratch>> {
        None
    }

    /// How many threads the unit may use at once, at least 1.
    fn threads(&self) -> usize {
        1
    }

    /// How many bytes of memory the unit may take beside its inputs and outputs.
    fn memory(&self) -> u64 {
        1 << 30
    }

    /// A region of the job's account, made with the bytes `first` where there is none; what one holds that is there stays.
    ///
    /// Only for methods that are sessions ([`crate::Unit::is_session`]). A region is one session's at a time.
    fn region<'h>(&'h self, name: &str, _form: &RegionForm<'_>, _first: &[u8]) -> Result<Box<dyn State + 'h>, Fault> {
        Err(Fault::Broken(format!("the region {name} was wanted by a method that is no session")))
    }

    /// Sleeps until the next beat of `hz` beats a second; the first comes at once, and those that were missed are not made
    /// up for.
    ///
    /// A stop wakes it and is passed on: so is the end of what the job's budget pays for. Only for sessions.
    fn pulse(&self, _hz: f64) -> Result<(), Fault> {
        Err(Fault::Broken("a pulse was wanted by a method that is no session".into()))
    }

    /// Sleeps until somebody follows one of the job's regions; a stop wakes it and is passed on. Only for sessions.
    fn rest(&self) -> Result<(), Fault> {
        Err(Fault::Broken("a rest was wanted by a method that is no session".into()))
    }

    /// How many steps this session had made, as far as that was written down, before its server was started last.
    fn steps_before(&self) -> u64 {
        0
    }

    /// The key that the server holds and that the job names by `key_id`; none where it names none.
    fn key(&self) -> Option<&HeldKey> {
        None
    }

    /// Passes on a stop.
    fn check(&self) -> Result<(), Fault> {
        if self.cancelled() { Err(Fault::Cancelled) } else { Ok(()) }
    }
}
