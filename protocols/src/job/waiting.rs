//! Why a queued job has not begun, as its owner is told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::Time;

/// Why a queued job has not begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    /// What it waits for.
    pub reason: WaitReason,
    /// How many jobs of its account go before it.
    pub ahead: u64,
    /// How many jobs of all accounts wait.
    pub queued: u64,
    /// When it goes on, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
    /// The same in words.
    pub detail: String,
}

/// What a queued job waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WaitReason {
    /// Other jobs of its account, or of accounts that had less than their share, go first.
    Behind,
    /// Every worker is at work, and it is the account's next.
    LaneBusy,
    /// As many jobs of its account as may be are in the queue.
    AccountCap,
    /// As many jobs of all accounts as may be are in the queue.
    ServerCap,
    /// An attempt broke on our side; the next one comes after a pause.
    Backoff,
    /// Jobs whose outputs it takes have not ended.
    Input,
}
