//! What few jobs ask for: to be tried again, and to be answered from what an earlier one left.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most attempts that a job may ask for.
pub const ATTEMPTS_MAX: u8 = 10;

/// How a job is tried again that broke on our side: after a pause that doubles, and of which chance takes a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// How often it is begun at most.
    #[schemars(range(min = 1, max = ATTEMPTS_MAX))]
    pub max_attempts: u8,
    /// The longest pause after the first attempt, in milliseconds.
    #[serde(default = "backoff_default")]
    pub backoff_ms: u32,
    /// The longest pause of all, in milliseconds.
    #[serde(default = "backoff_max_default")]
    pub backoff_max_ms: u32,
}

impl Retry {
    /// So many attempts with the usual pauses.
    pub fn of(max_attempts: u8) -> Self {
        Self { max_attempts, backoff_ms: backoff_default(), backoff_max_ms: backoff_max_default() }
    }
}

/// The pauses of a job that names none, in milliseconds.
fn backoff_default() -> u32 {
    1_000
}

fn backoff_max_default() -> u32 {
    60_000
}

/// Whether the outputs of an earlier job that was asked the same may be the answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Cache {
    /// The job is run.
    #[default]
    Off,
    /// An earlier job's outputs are the answer, where they are still kept; one that waits for other jobs' outputs is run.
    Use,
    /// The job is run, and its outputs are what later jobs are answered with.
    Refresh,
}
