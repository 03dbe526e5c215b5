//! A job: what is asked (`Capsule`), how it stands (`State`, `Job`) and what came of it (`Outcome`).

mod terms;
mod waiting;

use std::{borrow::Cow, collections::BTreeMap};

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    AccountId, Hash, JobId, Microcredits, Problem,
    json::{limits, strict},
    receipt::SignedReceipt,
    region,
    time::Time,
};

pub use self::{
    terms::{ATTEMPTS_MAX, Cache, Retry},
    waiting::{WaitReason, Waiting},
};

/// Parameters of a method: a JSON object that fits the method's schema.
pub type Params = Map<String, Value>;

/// The name of a unit or a method, or a version: mostly one of the catalogue's, which is nobody's to free.
pub type Name = Cow<'static, str>;

/// The priority of a job that names none.
pub const PRIORITY_DEFAULT: u8 = 100;
/// The most inputs that a capsule carries.
pub const INPUTS_MAX: usize = 64;
/// The most labels that a capsule carries.
pub const LABELS_MAX: usize = 32;
/// The longest label key or value, and the longest idempotency key, in bytes.
pub const LABEL_LEN_MAX: usize = 256;
/// The most capsules in one batch or one frame.
pub const BATCH_MAX: usize = 1_000;

/// A job as it is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Capsule {
    /// The unit, such as `compute`.
    #[serde(deserialize_with = "limits::name")]
    #[schemars(length(max = LABEL_LEN_MAX))]
    pub unit: String,
    /// Its method, such as `blake3`.
    #[serde(deserialize_with = "limits::name")]
    #[schemars(length(max = LABEL_LEN_MAX))]
    pub method: String,
    /// The method's parameters.
    #[serde(default, deserialize_with = "strict::params", skip_serializing_if = "Params::is_empty")]
    pub params: Params,
    /// What the method works on, in order.
    #[serde(default, deserialize_with = "limits::inputs", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = INPUTS_MAX))]
    pub inputs: Vec<Input>,
    /// Where the outputs go.
    #[serde(default, skip_serializing_if = "is_default")]
    pub output: Output,
    /// The most that the job may cost, in microcredits; none means whatever the account has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Microcredits>,
    /// Higher runs earlier within the account.
    #[serde(default = "priority_default", skip_serializing_if = "is_priority_default")]
    pub priority: u8,
    /// How long one attempt may run, in milliseconds; none means the method's own limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u32>,
    /// Whether a synchronous job's outputs are kept as an asynchronous one's are.
    #[serde(default, skip_serializing_if = "is_default")]
    pub keep: bool,
    /// The caller's own words about the job.
    #[serde(default, deserialize_with = "limits::labels", skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = LABELS_MAX))]
    pub labels: BTreeMap<String, String>,
    /// The same key with the same capsule is the same job for 24 hours.
    #[serde(default, deserialize_with = "limits::idempotency_key", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = LABEL_LEN_MAX))]
    pub idempotency_key: Option<String>,
    /// How long the job may wait before it is first begun, in milliseconds; none means as long as its deadline lets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_ttl_ms: Option<u32>,
    /// When the job must have ended, whatever it waits for; none means the server's own limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Time>,
    /// How it is tried again where it breaks on our side; none means one attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// Whether an earlier job's outputs may be the answer.
    #[serde(default, skip_serializing_if = "is_default")]
    pub cache: Cache,
    /// How long the outputs are kept after the job's end, in milliseconds; none means as long as the server keeps them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_ms: Option<u64>,
}

impl Capsule {
    /// Whether it asks for something that few do: a clock of its own, retries, memoisation, retention.
    pub fn has_rare_terms(&self) -> bool {
        let Self { queue_ttl_ms, deadline, retry, cache, keep_ms, .. } = self;
        queue_ttl_ms.is_some()
            || deadline.is_some()
            || retry.is_some()
            || !matches!(cache, Cache::Off)
            || keep_ms.is_some()
    }

    /// A capsule that asks for nothing but this method over these inputs.
    pub fn new(unit: impl Into<String>, method: impl Into<String>, inputs: Vec<Input>) -> Self {
        Self {
            unit: unit.into(),
            method: method.into(),
            params: Params::new(),
            inputs,
            output: Output::default(),
            budget: None,
            priority: PRIORITY_DEFAULT,
            timeout_ms: None,
            keep: false,
            labels: BTreeMap::new(),
            idempotency_key: None,
            queue_ttl_ms: None,
            deadline: None,
            retry: None,
            cache: Cache::Off,
            keep_ms: None,
        }
    }
}

fn priority_default() -> u8 {
    PRIORITY_DEFAULT
}

fn is_priority_default(priority: &u8) -> bool {
    *priority == PRIORITY_DEFAULT
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// One input of a capsule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The bytes themselves.
    Bytes(Bytes),
    /// A stored blob of the same account.
    Blob(Hash),
    /// What another job of the same account gives.
    Job(JobOutput),
    /// A region of the same account, by its name: one epoch of it, the newest when the job begins.
    Region(String),
}

/// An output of a job, by the job's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobOutput {
    /// The job, in any state; where it has not ended, it is waited for.
    pub job: JobId,
    /// Which of its outputs, from 0.
    pub output: u32,
}

/// Where a capsule's outputs go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// How the bytes are kept.
    #[serde(default)]
    pub store: Store,
    /// The region whose next epoch the first output becomes, once the job has succeeded; made where there is none.
    #[serde(default, deserialize_with = "limits::region", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = region::NAME_LEN_MAX))]
    pub region: Option<String>,
}

/// How outputs are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Store {
    /// With the job, for as long as the job is kept.
    #[default]
    Inline,
    /// As blobs of the account.
    Blob,
}

/// How a job stands. It ends only in one of the last four, and only once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Accepted, not begun.
    Queued,
    /// A worker has it.
    Running,
    /// Done, charged, receipted.
    Succeeded,
    /// Ended by a fault.
    Failed,
    /// Ended because somebody asked.
    Cancelled,
    /// Its time ran out.
    Expired,
}

impl State {
    /// Whether nothing can change it any more.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }

    /// Whether a job in this state may come into that one next: the only place that says so.
    ///
    /// A running job goes back to the queue where an attempt broke on our side and another one is to come. Only a
    /// running job succeeds; whatever has not ended may fail, be cancelled or run out of time.
    pub const fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (Self::Queued, Self::Running) | (Self::Running, Self::Queued | Self::Succeeded) => true,
            (Self::Queued | Self::Running, Self::Failed | Self::Cancelled | Self::Expired) => true,
            (Self::Queued, Self::Queued | Self::Succeeded) | (Self::Running, Self::Running) => false,
            (Self::Succeeded | Self::Failed | Self::Cancelled | Self::Expired, _) => false,
        }
    }

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// The state of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Queued, Self::Running, Self::Succeeded, Self::Failed, Self::Cancelled, Self::Expired]
            .into_iter()
            .find(|state| state.word() == word)
    }
}

/// What is known of one output without its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutputInfo {
    /// Its media type.
    pub media_type: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its BLAKE3.
    pub hash: Hash,
}

/// What a job took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Bytes of all inputs; where a unit needs a part of a file alone, the bytes that it read.
    pub bytes_in: u64,
    /// Bytes of all outputs.
    pub bytes_out: u64,
    /// Microseconds between acceptance and start.
    pub queued_us: u64,
    /// Microseconds that the unit ran.
    pub run_us: u64,
}

/// A job as its owner sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Whose it is.
    pub account: AccountId,
    /// The unit.
    pub unit: String,
    /// The method.
    pub method: String,
    /// The parameters as they were sent; absent once the server has let them go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub params: Option<Params>,
    /// How it stands.
    pub state: State,
    /// How often it was begun.
    pub attempts: u32,
    /// When it was accepted.
    pub submitted: Time,
    /// When a worker began it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Time>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<Time>,
    /// What was charged, in microcredits.
    pub cost: Microcredits,
    /// What is held for it until it ends, in microcredits.
    pub held: Microcredits,
    /// Its budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Microcredits>,
    /// Its priority.
    pub priority: u8,
    /// What it took, once it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Metrics>,
    /// Its outputs, once it ended.
    pub outputs: Vec<OutputInfo>,
    /// Whether the outputs can still be fetched.
    pub outputs_kept: bool,
    /// Why it did not succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Problem>,
    /// The earlier job whose outputs it was answered with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_from: Option<JobId>,
    /// What it waits for, where it is queued and somebody asked for this job alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Box<Waiting>>,
    /// The caller's own words.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// What came of a job, with its output bytes and its receipt: what a `Result` message carries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The job.
    pub job: JobId,
    /// How it ended.
    pub state: State,
    /// What was charged.
    pub cost: Microcredits,
    /// Its outputs with their bytes.
    pub outputs: Vec<OutputBytes>,
    /// Why it did not succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Problem>,
    /// What it took.
    pub metrics: Metrics,
    /// The proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<SignedReceipt>,
}

/// One output with its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputBytes {
    /// Its media type.
    pub media_type: String,
    /// Its BLAKE3.
    pub hash: Hash,
    /// The bytes.
    pub bytes: Bytes,
}

/// The digest of what is asked: the same unit, method, parameters and input contents give the same digest at every door.
///
/// BLAKE3 over `inos.capsule.v1`, unit, method and the parameters as JSON with sorted keys,
/// each closed by a zero byte, then the 32 bytes of each input's hash.
pub fn capsule_digest(unit: &str, method: &str, params: &Params, inputs: &[Hash]) -> Hash {
    let mut hasher = blake3::Hasher::new();
    for part in ["inos.capsule.v1", unit, method] {
        hasher.update(part.as_bytes()).update(&[0]);
    }
    if params.is_empty() {
        hasher.update(b"{}");
    } else {
        // serde_json keeps a map sorted by key, so equal parameters have equal text.
        hasher.update(Value::Object(params.clone()).to_string().as_bytes());
    }
    hasher.update(&[0]);
    for input in inputs {
        hasher.update(&input.0);
    }
    hasher.finalize().into()
}
