//! Frames: an object with one field that says what it is, beside the number of a server's frame.

use serde::{Deserialize, Deserializer, Serialize, de::Error};

use super::limits;
use crate::{
    JobId,
    frame::{
        Accepted, Answer, ClientFrame, Emitted, Gap, Goodbye, JobLog, JobState, Progress, Resume, ServerBody,
        ServerFrame, Submission, Topic, Trouble, Welcome,
    },
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientFrameJson {
    #[serde(default, deserialize_with = "limits::batch")]
    submit: Option<Vec<Submission>>,
    cancel: Option<u64>,
    subscribe: Option<Topic>,
    unsubscribe: Option<Topic>,
    ack: Option<u64>,
    ping: Option<u64>,
    resume: Option<Resume>,
}

impl<'de> Deserialize<'de> for ClientFrame {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let ClientFrameJson { submit, cancel, subscribe, unsubscribe, ack, ping, resume } =
            ClientFrameJson::deserialize(from)?;
        only([
            submit.map(Self::Submit),
            cancel.map(Self::Cancel),
            subscribe.map(Self::Subscribe),
            unsubscribe.map(Self::Unsubscribe),
            ack.map(Self::Ack),
            ping.map(Self::Ping),
            resume.map(Self::Resume),
        ])
        .ok_or_else(|| D::Error::custom("a client's frame has exactly one field"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerFrameJson {
    seq: u64,
    welcome: Option<Welcome>,
    #[serde(default, deserialize_with = "limits::batch")]
    accepted: Option<Vec<Accepted>>,
    #[serde(default, deserialize_with = "limits::batch")]
    result: Option<Vec<Answer>>,
    progress: Option<Progress>,
    state: Option<JobState>,
    problem: Option<Trouble>,
    pong: Option<u64>,
    goodbye: Option<Goodbye>,
    log: Option<JobLog>,
    output: Option<Emitted>,
    gap: Option<Gap>,
}

impl<'de> Deserialize<'de> for ServerFrame {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let ServerFrameJson {
            seq,
            welcome,
            accepted,
            result,
            progress,
            state,
            problem,
            pong,
            goodbye,
            log,
            output,
            gap,
        } = ServerFrameJson::deserialize(from)?;
        let body = only([
            welcome.map(ServerBody::Welcome),
            accepted.map(ServerBody::Accepted),
            result.map(ServerBody::Result),
            progress.map(ServerBody::Progress),
            state.map(ServerBody::State),
            problem.map(ServerBody::Problem),
            pong.map(ServerBody::Pong),
            goodbye.map(ServerBody::Goodbye),
            log.map(ServerBody::Log),
            output.map(ServerBody::Output),
            gap.map(ServerBody::Gap),
        ])
        .ok_or_else(|| D::Error::custom("a server's frame has exactly one field beside `seq`"))?;
        Ok(Self { seq, body })
    }
}

/// The only one that is there.
fn only<T, const N: usize>(choices: [Option<T>; N]) -> Option<T> {
    let mut there = choices.into_iter().flatten();
    let first = there.next();
    if there.next().is_some() { None } else { first }
}

/// What a client may ask to be told about: `"jobs"`, `{"job": "job_…"}`, or either since an event:
/// `{"after": {"event": 7}}`, `{"after": {"event": 7, "job": "job_…"}}`.
#[derive(Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Topic")]
pub(crate) enum TopicJson {
    /// All jobs of the account.
    Jobs,
    /// One of them.
    Job(JobId),
    /// What happened after an event, and what happens from now on.
    After(After),
}

/// Since when, and about what.
#[derive(Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct After {
    /// The event's number.
    event: u64,
    /// One job; all of the account's where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    job: Option<JobId>,
}

impl From<TopicJson> for Topic {
    fn from(topic: TopicJson) -> Self {
        match topic {
            TopicJson::Jobs => Self { job: None, after: None },
            TopicJson::Job(job) => Self { job: Some(job), after: None },
            TopicJson::After(After { event, job }) => Self { job, after: Some(event) },
        }
    }
}

impl From<Topic> for TopicJson {
    fn from(topic: Topic) -> Self {
        match topic {
            Topic { job: None, after: None } => Self::Jobs,
            Topic { job: Some(job), after: None } => Self::Job(job),
            Topic { job, after: Some(event) } => Self::After(After { event, job }),
        }
    }
}
