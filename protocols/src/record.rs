//! What the ledger keeps of a job in one piece each: what was asked, and how it ended. What is looked for or summed up
//! by itself — whose it is, its state, its cost — stands beside them and not in them.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use crate::{
    Hash, JobId, Microcredits, Problem,
    job::{Metrics, OutputInfo},
    time::Time,
};

/// What was asked of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobRequest<'a> {
    /// The unit's version.
    pub version: Cow<'a, str>,
    /// Its priority.
    pub priority: u8,
    /// Its budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Microcredits>,
    /// The digest of what was asked.
    pub capsule: Hash,
    /// When it was accepted.
    pub submitted: Time,
    /// When it expires.
    pub deadline: Time,
    /// Its parameters as JSON, where they are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub params: Option<Cow<'a, str>>,
    /// The caller's own words.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub labels: Cow<'a, BTreeMap<String, String>>,
    /// Whether what it leaves may answer who asks the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub remembered: bool,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobEnding<'a> {
    /// When a worker began it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Time>,
    /// When it ended.
    pub finished: Time,
    /// How often it was begun.
    pub attempts: u32,
    /// What it took.
    pub metrics: Metrics,
    /// The BLAKE3 of each input.
    pub inputs: Cow<'a, [Hash]>,
    /// What is known of each output.
    pub outputs: Cow<'a, [OutputInfo]>,
    /// Why it did not succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Cow<'a, Problem>>,
    /// The earlier job whose outputs it was answered with; such a job succeeded, so it has no error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_from: Option<JobId>,
}

fn is_empty(labels: &BTreeMap<String, String>) -> bool {
    labels.is_empty()
}
