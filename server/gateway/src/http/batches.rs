//! `POST /v1/batches`: up to 1,000 capsules in one request, each answered alone.

use std::sync::Arc;

use axum::response::Response;
use inos_broker::Reply;
use inos_protocols::{
    Problem, Refusal,
    frame::{Answer as Answered, ServerBody, ServerFrame, Submission, Trouble},
    job::{BATCH_MAX, Capsule, Outcome},
    json,
    refusal::Kind,
    wire,
};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::mpsc;

use crate::{
    auth::Visitor,
    call::{Call, unsupported},
    media::{CAPNP, JSON, NDJSON},
    refusal::{Answer, status},
    reply,
};

/// What came of one capsule of a batch.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Item {
    /// The capsule's place in the batch, from 0.
    index: u64,
    /// What came of it, where it was run.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    /// Why it was not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem>,
}

/// What came of a batch.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Batch {
    /// One for each capsule, in their order.
    items: Vec<Item>,
}

/// What came of the capsules of a batch, in their order.
#[derive(Default)]
struct Ends {
    answers: Vec<Answered>,
    troubles: Vec<Trouble>,
}

/// `POST /v1/batches`.
pub(crate) async fn create(mut call: Call, visitor: Visitor) -> Answer {
    let media = call.accepted(&[JSON, NDJSON, CAPNP])?;
    let read = match call.media_type() {
        Some(JSON) => json::read_capsules(&call.bytes().await?)?,
        Some(NDJSON) => json::read_capsule_lines(&call.bytes().await?)?,
        Some(CAPNP) => wire::read_capsules(&call.bytes().await?)?,
        other => return Err(unsupported(other, &[JSON, NDJSON, CAPNP]).into()),
    };
    if read.len() > BATCH_MAX {
        return Err(Refusal::new(Kind::PayloadTooLarge, format!("A batch has at most {BATCH_MAX} capsules.")).into());
    }
    let ends = run(&call, &visitor, read).await;
    Ok(written(ends, media))
}

/// Runs what can be run and gathers what came of each.
async fn run(call: &Call, visitor: &Visitor, read: Vec<Result<Capsule, Refusal>>) -> Ends {
    let mut ends = Ends::default();
    let mut submissions = Vec::with_capacity(read.len());
    for (correlation, capsule) in (0..).zip(read) {
        match capsule {
            Ok(capsule) => submissions.push(Submission { correlation, capsule }),
            Err(refusal) => {
                ends.troubles.push(Trouble::of_submission(correlation, problem(refusal)));
            }
        }
    }
    let mut open = submissions.len();
    let (sender, mut replies) = mpsc::unbounded_channel();
    // A request that has gone away hears no more; its jobs go on and are settled.
    let tell: inos_broker::Replies = Arc::new(move |reply| drop(sender.send(reply)));
    call.app.broker.frame(&visitor.caller, submissions, call.meta.origin(), &tell).await;
    while open > 0 {
        let Some(reply) = replies.recv().await else { break };
        open -= ends.gather(reply);
    }
    ends.answers.sort_by_key(|answer| answer.correlation);
    ends.troubles.sort_by_key(Trouble::correlation);
    ends
}

impl Ends {
    /// Takes replies in and says how many they were.
    fn gather(&mut self, reply: Reply) -> usize {
        match reply {
            Reply::Accepted(_) => 0,
            Reply::Results(answers) => {
                let count = answers.len();
                self.answers.extend(answers);
                count
            }
            Reply::Refused(troubles) => {
                let count = troubles.len();
                for mut trouble in troubles {
                    trouble.problem.status = Kind::from_slug(&trouble.problem.code).map(|kind| status(kind).as_u16());
                    self.troubles.push(trouble);
                }
                count
            }
        }
    }

    /// One item for each capsule, in their order.
    fn items(self) -> Vec<Item> {
        let ran = self.answers.into_iter().map(|Answered { correlation, outcome }| Item {
            index: correlation,
            outcome: Some(outcome),
            problem: None,
        });
        let refused = self.troubles.into_iter().filter_map(|trouble| {
            Some(Item { index: trouble.correlation()?, outcome: None, problem: Some(trouble.problem) })
        });
        let mut items: Vec<Item> = ran.chain(refused).collect();
        items.sort_by_key(|item| item.index);
        items
    }

    /// `ServerFrame` messages, one after the other: the results, then each problem.
    fn messages(self) -> Vec<u8> {
        let problems = self.troubles.into_iter().map(ServerBody::Problem);
        let bodies = std::iter::once(ServerBody::Result(self.answers)).chain(problems);
        let frames: Vec<Vec<u8>> =
            bodies.zip(1..).map(|(body, seq)| wire::write_server_frame(&ServerFrame { seq, body })).collect();
        frames.concat()
    }
}

fn problem(refusal: Refusal) -> Problem {
    Problem { status: Some(status(refusal.kind).as_u16()), ..refusal.problem() }
}

fn written(ends: Ends, media: &'static str) -> Response {
    match media {
        NDJSON => {
            let line = |item: &Item| serde_json::to_string(item).expect("wire structs have text keys only") + "\n";
            reply::of(NDJSON, ends.items().iter().map(line).collect::<String>())
        }
        CAPNP => reply::of(CAPNP, ends.messages()),
        _ => reply::json(&Batch { items: ends.items() }),
    }
}
