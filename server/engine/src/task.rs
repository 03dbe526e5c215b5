//! One job on its way through the engine: what goes in (`Task`, `Feed`) and what comes out (`Outcome`, `End`).

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Acquire},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use inos_protocols::{
    Hash, JobId,
    job::{OutputBytes, Params},
    time::Time,
};
use inos_unit::{Fault, HeldKey};

use crate::{
    Control, Entry, Session,
    queue::{Ticket, Waiting},
    stream,
};

/// What is called once, with how the job ended. It runs on an engine's thread and must not block.
pub type Done = Box<dyn FnOnce(Outcome) + Send>;

/// A job to run.
pub struct Task {
    /// Its id.
    pub id: JobId,
    /// Whose share of the machine it uses.
    pub account: u64,
    /// How large that share is beside others; 0 counts as 1.
    pub weight: u32,
    /// Higher runs earlier within the account.
    pub priority: u8,
    /// What to run.
    pub entry: Arc<Entry>,
    /// Parameters that passed [`Entry::check`].
    pub params: Params,
    /// The key that the server holds and that it names, if any.
    pub key: Option<Arc<Lent>>,
    /// What to work on, as many as the method takes.
    pub inputs: Vec<Feed>,
    /// When it must have ended, waiting included.
    pub deadline: Instant,
    /// When it must have begun, where that is sooner than its deadline wants.
    pub begin_by: Option<Instant>,
    /// How long one run may take.
    pub timeout: Duration,
    /// What it costs its account's share; 0 counts as 1.
    pub cost: u64,
    /// What it has beside, where its method is a session.
    pub session: Option<Session>,
    /// The caller's handle on it.
    pub control: Arc<Control>,
    /// Called exactly once.
    pub done: Done,
}

/// A key that the server holds, lent to a task for as long as its owner keeps it.
#[derive(Debug)]
pub struct Lent {
    /// The key.
    pub key: HeldKey,
    /// Set when its owner deletes it: what has not begun then does not begin.
    pub is_gone: Arc<AtomicBool>,
}

/// One input of a task.
pub enum Feed {
    /// Bytes that are all there.
    Bytes {
        /// The bytes.
        bytes: Bytes,
        /// Their BLAKE3, where it is known already.
        hash: Option<Hash>,
    },
    /// Bytes that still arrive.
    Stream(stream::Reader),
    /// Bytes that are read when the run begins.
    Later(Later),
}

/// Bytes that nobody reads before a run begins, such as what a region holds by then.
#[derive(Clone)]
pub struct Later {
    /// What stands for their BLAKE3 until then.
    pub name: Hash,
    /// The most bytes that they may be.
    pub bytes_max: u64,
    /// Reads them, once for each attempt; a fault ends the run before its unit begins.
    pub read: Arc<dyn Fn() -> Result<Bytes, Fault> + Send + Sync>,
}

/// How a job ended and what came of it.
#[derive(Debug)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// Its outputs; empty unless it is done.
    pub outputs: Vec<OutputBytes>,
    /// The BLAKE3 of each input, one for each when the job is done.
    ///
    /// Otherwise one for each where all were known without waiting, or none at all.
    pub inputs: Vec<Hash>,
    /// Bytes of all inputs, as far as they were read.
    pub bytes_in: u64,
    /// Microseconds between the offer and the start, or the end where it never started.
    pub queued_us: u64,
    /// Microseconds that it ran.
    pub run_us: u64,
    /// When it started, if it did.
    pub started: Option<Time>,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// As it should.
    Done,
    /// Before it began: the key that it names was deleted.
    KeyGone,
    /// By a fault of its caller, a limit or the unit.
    Fault(Fault),
    /// Somebody asked, or the engine stopped: then the task's control was not cancelled.
    Cancelled,
    /// Its time ran out, waiting or running, by this clock.
    Expired(Clock),
    /// The unit panicked.
    Panicked,
    /// The unit gave no sign of life for as long as its method allows.
    Silent,
    /// A session's steps took as long as its budget pays for.
    Spent,
}

/// A clock that ends jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// It had to begin by then.
    Queue,
    /// One run may take so long.
    Attempt,
    /// It had to end by then.
    Deadline,
}

/// Why a task was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The account's own share of the queue is full.
    #[error("{depth} tasks of this account wait already (at most {cap})")]
    AccountFull {
        /// How many of the account wait.
        depth: usize,
        /// How many may.
        cap: usize,
    },
    /// The whole queue is full.
    #[error("{depth} tasks wait already (at most {cap})")]
    Full {
        /// How many wait.
        depth: usize,
        /// How many may.
        cap: usize,
    },
    /// The account has as many sessions as it may.
    #[error("{depth} sessions of this account run already (at most {cap})")]
    AccountSessions {
        /// How many of the account run.
        depth: usize,
        /// How many may.
        cap: usize,
    },
    /// There are as many sessions as there may be.
    #[error("{depth} sessions run already (at most {cap})")]
    Sessions {
        /// How many run.
        depth: usize,
        /// How many may.
        cap: usize,
    },
    /// The engine takes no more work.
    #[error("the engine is stopping")]
    Draining,
}

/// A task with the moment of its offer.
pub(crate) struct Queued {
    pub(crate) task: Task,
    pub(crate) since: Instant,
}

impl Waiting for Queued {
    fn ticket(&self) -> Ticket {
        let Task { id, account, weight, priority, cost, .. } = &self.task;
        Ticket {
            id: *id,
            account: *account,
            weight: *weight,
            priority: *priority,
            cost: *cost,
            deadline: self.task.waits_until(),
            since: self.since,
        }
    }
}

impl Task {
    /// How long it may wait.
    pub fn waits_until(&self) -> Instant {
        self.begin_by.map_or(self.deadline, |begin_by| begin_by.min(self.deadline))
    }

    /// How it ends without having begun, where it may not begin at `now`.
    pub(crate) fn unfit(&self, now: Instant) -> Option<End> {
        if self.control.is_cancelled() {
            return Some(End::Cancelled);
        }
        let is_gone = self.key.as_ref().is_some_and(|lent| lent.is_gone.load(Acquire));
        self.overdue(now).map(End::Expired).or(is_gone.then_some(End::KeyGone))
    }

    /// The clock that ends it where it has waited until `now`.
    pub fn overdue(&self, now: Instant) -> Option<Clock> {
        if self.deadline <= now {
            Some(Clock::Deadline)
        } else {
            self.begin_by.filter(|begin_by| *begin_by <= now).map(|_| Clock::Queue)
        }
    }

    /// When a run that begins now must have stopped, and by which clock.
    pub(crate) fn stops_at(&self, now: Instant) -> (Instant, Clock) {
        let timeout = after(now, self.timeout);
        if timeout < self.deadline { (timeout, Clock::Attempt) } else { (self.deadline, Clock::Deadline) }
    }
}

impl Outcome {
    /// The outcome of a task that never ran.
    pub(crate) fn unrun(end: End, since: Instant, now: Instant) -> Self {
        Self {
            end,
            outputs: Vec::new(),
            inputs: Vec::new(),
            bytes_in: 0,
            queued_us: micros(now.saturating_duration_since(since)),
            run_us: 0,
            started: None,
        }
    }
}

impl Queued {
    /// Ends a task that never ran.
    pub(crate) fn end(self, end: End, now: Instant) {
        let outcome = Outcome::unrun(end, self.since, now);
        tell(self.task.id, self.task.done, outcome);
    }
}

/// Calls `done`; a panic in it is logged and stops here, since a worker must survive its callers.
pub(crate) fn tell(id: JobId, done: Done, outcome: Outcome) {
    let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| done(outcome)));
    if told.is_err() {
        tracing::error!(job = %id, "the receiver of a job's outcome panicked");
    }
}

/// Whole microseconds of a duration.
pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// So much later, at most a year: a moment that no clock overflows at.
pub(crate) fn after(moment: Instant, duration: Duration) -> Instant {
    moment + duration.min(Duration::from_secs(365 * 24 * 3_600))
}
