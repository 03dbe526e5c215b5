//! How an engine stands, as people and machines read it. A picture of one moment; nothing acts on it.

use inos_protocols::JobId;

/// How an engine stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Each worker thread, those in quarantine included.
    pub workers: Vec<Worker>,
    /// Tasks that wait.
    pub queued: usize,
    /// Tasks that run, sessions included.
    pub running: usize,
    /// Tasks that have ended since the start, however they ended.
    pub completed: u64,
    /// Of these, tasks that ran where their bytes arrived.
    pub completed_here: u64,
    /// Runs there that took over 1 ms and so demoted their method.
    pub overruns: u64,
    /// Sessions that run or are about to.
    pub sessions: usize,
    /// Threads whose unit does not stop.
    pub quarantined: usize,
    /// Threads ever quarantined since the start.
    pub quarantined_total: u64,
    /// Whether a thread is in quarantine now.
    pub degraded: bool,
    /// Whether no more work is taken.
    pub draining: bool,
}

/// One worker thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    /// Its number, never used again.
    pub id: usize,
    /// What it does.
    pub state: WorkerState,
    /// The unit that it runs.
    pub unit: Option<&'static str>,
    /// The method.
    pub method: Option<&'static str>,
    /// The job.
    pub job: Option<JobId>,
    /// For how many milliseconds.
    pub since_ms: u64,
}

/// What a worker does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkerState {
    /// It waits for work.
    Idle,
    /// It runs a job.
    Running,
    /// Its job has ended, but the unit does not stop.
    Quarantined,
}

impl WorkerState {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Running => "running",
            Self::Quarantined => "quarantined",
        }
    }
}
