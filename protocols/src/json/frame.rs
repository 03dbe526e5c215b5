//! Frames: an object with one field that says what it is, beside the number of a server's frame.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::limits;
use crate::{
    JobId,
    frame::{
        Accepted, Answer, ClientFrame, Goodbye, JobState, Progress, Resume, ServerBody, ServerFrame, Submission,
        Trouble, Welcome,
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
            subscribe.map(|topic| Self::Subscribe(topic.into())),
            unsubscribe.map(|topic| Self::Unsubscribe(topic.into())),
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
}

impl<'de> Deserialize<'de> for ServerFrame {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let ServerFrameJson { seq, welcome, accepted, result, progress, state, problem, pong, goodbye } =
            ServerFrameJson::deserialize(from)?;
        let body = only([
            welcome.map(ServerBody::Welcome),
            accepted.map(ServerBody::Accepted),
            result.map(ServerBody::Result),
            progress.map(ServerBody::Progress),
            state.map(ServerBody::State),
            problem.map(ServerBody::Problem),
            pong.map(ServerBody::Pong),
            goodbye.map(ServerBody::Goodbye),
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

/// What a client may ask to be told about: `"jobs"`, or `{"job": "job_…"}`.
#[derive(Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Topic {
    /// All jobs of the account.
    Jobs,
    /// One of them.
    Job(JobId),
}

impl From<Topic> for Option<JobId> {
    fn from(topic: Topic) -> Self {
        match topic {
            Topic::Jobs => None,
            Topic::Job(job) => Some(job),
        }
    }
}

/// Writes what a client wants to be told about.
pub(crate) fn write_topic<S: Serializer>(job: &Option<JobId>, to: S) -> Result<S::Ok, S::Error> {
    job.map_or(Topic::Jobs, Topic::Job).serialize(to)
}
