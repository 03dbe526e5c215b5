//! Frames: an object with one field that says what it is, beside the number of a server's frame.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error};

use super::limits;
use crate::{
    JobId,
    frame::{
        About, Accepted, Answer, ClientFrame, Emitted, Gap, Goodbye, JobLog, JobState, LowBalance, Progress, Publish,
        Published, RegionHave, RegionState, RegionTopic, Resume, ServerBody, ServerFrame, StorageOwed, Submission,
        Topic, Trouble, Welcome,
    },
    refusal::Problem,
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
    publish: Option<Publish>,
    have: Option<RegionHave>,
}

impl<'de> Deserialize<'de> for ClientFrame {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let ClientFrameJson { submit, cancel, subscribe, unsubscribe, ack, ping, resume, publish, have } =
            ClientFrameJson::deserialize(from)?;
        only([
            submit.map(Self::Submit),
            cancel.map(Self::Cancel),
            subscribe.map(Self::Subscribe),
            unsubscribe.map(Self::Unsubscribe),
            ack.map(Self::Ack),
            ping.map(Self::Ping),
            resume.map(Self::Resume),
            publish.map(Self::Publish),
            have.map(Self::Have),
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
    low_balance: Option<LowBalance>,
    storage_owed: Option<StorageOwed>,
    region: Option<RegionState>,
    published: Option<Published>,
}

/// A refusal with what it is about: at most one of the three.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Trouble")]
pub(crate) struct TroubleJson {
    /// The submission that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    correlation: Option<u64>,
    /// The number under which an epoch was to be published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    publish: Option<u64>,
    /// The region that was to be told about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    /// What is wrong.
    problem: Problem,
}

impl From<Trouble> for TroubleJson {
    fn from(Trouble { about, problem }: Trouble) -> Self {
        let mut json = Self { correlation: None, publish: None, region: None, problem };
        match about {
            About::Frame => {}
            About::Submission(correlation) => json.correlation = Some(correlation),
            About::Publish(correlation) => json.publish = Some(correlation),
            About::Region(name) => json.region = Some(name),
        }
        json
    }
}

impl TryFrom<TroubleJson> for Trouble {
    type Error = &'static str;

    fn try_from(TroubleJson { correlation, publish, region, problem }: TroubleJson) -> Result<Self, Self::Error> {
        let about = match (correlation, publish, region) {
            (None, None, None) => About::Frame,
            (Some(correlation), None, None) => About::Submission(correlation),
            (None, Some(correlation), None) => About::Publish(correlation),
            (None, None, Some(name)) => About::Region(name),
            _ => return Err("a refusal is about one thing"),
        };
        Ok(Self { about, problem })
    }
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
            low_balance,
            storage_owed,
            region,
            published,
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
            low_balance.map(ServerBody::LowBalance),
            storage_owed.map(ServerBody::StorageOwed),
            region.map(ServerBody::Region),
            published.map(ServerBody::Published),
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
/// `{"after": {"event": 7}}`, `{"after": {"event": 7, "job": "job_…"}}`; or about a region: `{"region": {"name": "world", "max_rate_hz": 10}}`.
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
    /// A region of the account.
    Region(RegionTopic),
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
            TopicJson::Jobs => Self::Jobs { job: None, after: None },
            TopicJson::Job(job) => Self::Jobs { job: Some(job), after: None },
            TopicJson::After(After { event, job }) => Self::Jobs { job, after: Some(event) },
            TopicJson::Region(region) => Self::Region(region),
        }
    }
}

impl From<Topic> for TopicJson {
    fn from(topic: Topic) -> Self {
        match topic {
            Topic::Jobs { job: None, after: None } => Self::Jobs,
            Topic::Jobs { job: Some(job), after: None } => Self::Job(job),
            Topic::Jobs { job, after: Some(event) } => Self::After(After { event, job }),
            Topic::Region(region) => Self::Region(region),
        }
    }
}
