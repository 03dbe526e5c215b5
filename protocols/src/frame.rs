//! The frames of `/v1/ws`: `ClientFrame` up, `ServerFrame` down, as Cap'n Proto or as JSON text.

mod region;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    JobId, Microcredits, NodeId, Problem,
    ids::SessionId,
    job::{BATCH_MAX, Capsule, Outcome, State},
    json::{
        frame::{TopicJson, TroubleJson},
        payload,
    },
};

/// What a client sends.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ClientFrame {
    /// Jobs to run, each under a number of the client's own choosing.
    Submit(#[schemars(length(max = BATCH_MAX))] Vec<Submission>),
    /// Cancel the job that was submitted under this correlation number.
    Cancel(u64),
    /// Tell me about a job of mine, or about all of them.
    Subscribe(#[schemars(with = "TopicJson")] Topic),
    /// Stop telling me; since when I was told does not matter.
    Unsubscribe(#[schemars(with = "TopicJson")] Topic),
    /// Every server frame up to this sequence number has arrived.
    Ack(u64),
    /// Answer with the same number.
    Ping(u64),
    /// Go on with a session that was cut.
    Resume(Resume),
    /// Publish an epoch of a region.
    Publish(Publish),
    /// Say what the client has of a region.
    Have(RegionHave),
}

/// What a client is told about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "TopicJson", into = "TopicJson")]
pub enum Topic {
    /// What happens to jobs.
    Jobs {
        /// One job; all of the account's where none is named.
        job: Option<JobId>,
        /// Begin with what happened after this event. Without it, a job is told from its start and all jobs from now on.
        after: Option<u64>,
    },
    /// How a region changes.
    Region(RegionTopic),
}

/// One capsule of a submit frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// The client's own number for it, unique within the session.
    pub correlation: u64,
    /// The job.
    pub capsule: Capsule,
}

/// A session to go on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// The session.
    pub session: SessionId,
    /// The last server frame that arrived.
    pub last_seq: u64,
}

pub use region::{Publish, Published, RegionHave, RegionState, RegionTopic};

/// What the server sends: numbered within the session, from 1, but for regions, whose frames bear 0.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(extend("unevaluatedProperties" = false))]
pub struct ServerFrame {
    /// Its number; `welcome`, `pong` and `goodbye` bear the number of the frame before them.
    pub seq: u64,
    /// What it says.
    #[serde(flatten)]
    pub body: ServerBody,
}

/// What a server frame says.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ServerBody {
    /// The first frame of every connection.
    Welcome(Welcome),
    /// Jobs that wait for a worker.
    Accepted(Vec<Accepted>),
    /// Jobs that ended.
    Result(Vec<Answer>),
    /// A job goes on.
    Progress(Progress),
    /// A job changed its state.
    State(JobState),
    /// Something was refused.
    Problem(Trouble),
    /// The answer to a ping.
    Pong(u64),
    /// The server closes this connection; go elsewhere or come back.
    Goodbye(Goodbye),
    /// A job's unit said something.
    Log(JobLog),
    /// A job's unit gave bytes out before it ended.
    Output(Emitted),
    /// Some events are not remembered any more.
    Gap(Gap),
    /// The account has less left than it wants to hear of.
    #[serde(rename = "low_balance")]
    LowBalance(LowBalance),
    /// The account could not pay all that it stored.
    #[serde(rename = "storage_owed")]
    StorageOwed(StorageOwed),
    /// The newest epoch of a region.
    Region(RegionState),
    /// An epoch was published.
    Published(Published),
}

/// What a client must know to begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Welcome {
    /// The subprotocol.
    pub protocol: String,
    /// The node.
    pub node: NodeId,
    /// The session, to be named in `resume`.
    pub session: SessionId,
    /// How long a cut session is kept, in milliseconds.
    pub resume_ms: u32,
    /// How many jobs may be under way at once.
    pub window: u32,
    /// The largest frame that is read, in bytes.
    pub frame_bytes_max: u32,
    /// Whether this connection goes on with an earlier session.
    pub resumed: bool,
}

/// A job that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// The client's number.
    pub correlation: u64,
    /// Ours.
    pub job: JobId,
}

/// A job that ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The client's number.
    pub correlation: u64,
    /// What came of it.
    pub outcome: Outcome,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// The job.
    pub job: JobId,
    /// Steps done.
    pub done: u64,
    /// Steps in all; 0 where nobody knows.
    pub total: u64,
    /// The event's number within the account; 0 from a server that does not tell it.
    #[serde(default)]
    pub event: u64,
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobState {
    /// The job.
    pub job: JobId,
    /// Its state.
    pub state: State,
    /// What it cost so far.
    pub cost: Microcredits,
    /// The event's number within the account; 0 from a server that does not tell it.
    #[serde(default)]
    pub event: u64,
}

/// A line of a job's unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobLog {
    /// The job.
    pub job: JobId,
    /// The line, cut and without control characters.
    pub line: String,
    /// The event's number within the account.
    pub event: u64,
}

/// Bytes that a unit gave out before its job has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Emitted {
    /// The job.
    pub job: JobId,
    /// How many bytes were given out before these.
    pub offset: u64,
    /// The bytes.
    #[serde(rename = "base64", serialize_with = "payload::write", deserialize_with = "payload::read")]
    #[schemars(with = "String", extend("contentEncoding" = "base64"))]
    pub bytes: Bytes,
    /// The event's number within the account.
    pub event: u64,
}

/// Events that may have happened and that nobody remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// The number of the first of them.
    pub first: u64,
    /// And of the last.
    pub last: u64,
}

/// An account that has less left than it wants to hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LowBalance {
    /// What it can still spend, in microcredits.
    pub available: Microcredits,
    /// Below what it wants to hear of it, in microcredits.
    pub threshold: Microcredits,
    /// The event's number within the account.
    pub event: u64,
}

/// An account that could not pay all that it stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StorageOwed {
    /// What was taken, in microcredits.
    pub paid: Microcredits,
    /// What it could not pay and still owes, in microcredits.
    pub owed: Microcredits,
    /// The event's number within the account.
    pub event: u64,
}

/// A refusal of one submission, of what was wished of a region, or of a whole frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "TroubleJson", into = "TroubleJson")]
#[schemars(with = "TroubleJson")]
pub struct Trouble {
    /// What it is about.
    pub about: About,
    /// What is wrong.
    pub problem: Problem,
}

/// What a refusal is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// The whole frame.
    Frame,
    /// The submission of this number.
    Submission(u64),
    /// The epoch that was to be published under this number.
    Publish(u64),
    /// The wish to be told of this region.
    Region(String),
}

impl Trouble {
    /// A refusal of one submission.
    pub fn of_submission(correlation: u64, problem: Problem) -> Self {
        Self { about: About::Submission(correlation), problem }
    }

    /// The submission that it is the end of; none where it is about anything else.
    pub fn correlation(&self) -> Option<u64> {
        match self.about {
            About::Submission(correlation) => Some(correlation),
            About::Frame | About::Publish(_) | About::Region(_) => None,
        }
    }
}

/// Why a connection ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Goodbye {
    /// `draining`, `revoked` or `slow-reader`.
    pub reason: String,
    /// When to come back, in milliseconds.
    pub retry_after_ms: u32,
}
