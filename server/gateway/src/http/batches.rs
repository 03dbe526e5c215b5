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
    tokens::SetAside,
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
    let items = run(&call, &visitor, read).await;
    Ok(written(items, media))
}

/// Runs what can be run and gathers what came of each.
async fn run(call: &Call, visitor: &Visitor, read: Vec<Result<Capsule, Refusal>>) -> Vec<Item> {
    let mut items: Vec<Item> =
        (0..read.len() as u64).map(|index| Item { index, outcome: None, problem: None }).collect();
    let mut aside: Vec<Option<SetAside>> = Vec::new();
    let mut submissions = Vec::with_capacity(read.len());
    for (item, capsule) in items.iter_mut().zip(read) {
        let admitted = capsule.and_then(|mut capsule| {
            let set = visitor.allowance.as_ref().map(|allowance| allowance.set_aside(&mut capsule)).transpose()?;
            Ok((capsule, set))
        });
        match admitted {
            Ok((capsule, set)) => {
                submissions.push(Submission { correlation: item.index, capsule });
                aside.push(set);
            }
            Err(refusal) => {
                item.problem = Some(problem(refusal));
                aside.push(None);
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
        open -= gather(reply, &mut items, &mut aside);
    }
    items
}

/// Puts replies in their places and says how many they were.
fn gather(reply: Reply, items: &mut [Item], aside: &mut [Option<SetAside>]) -> usize {
    let mut spent = |correlation: u64, cost| {
        if let Some(set) = aside.get_mut(correlation as usize).and_then(Option::take) {
            set.spent(cost);
        }
    };
    match reply {
        Reply::Accepted(_) => 0,
        Reply::Results(answers) => {
            let count = answers.len();
            for Answered { correlation, outcome } in answers {
                spent(correlation, outcome.cost);
                if let Some(item) = items.get_mut(correlation as usize) {
                    item.outcome = Some(outcome);
                }
            }
            count
        }
        Reply::Refused(troubles) => {
            let count = troubles.len();
            for Trouble { correlation, mut problem } in troubles {
                let Some(correlation) = correlation else { continue };
                spent(correlation, Default::default());
                problem.status = Kind::from_slug(&problem.code).map(|kind| status(kind).as_u16());
                if let Some(item) = items.get_mut(correlation as usize) {
                    item.problem = Some(problem);
                }
            }
            count
        }
    }
}

fn problem(refusal: Refusal) -> Problem {
    Problem { status: Some(status(refusal.kind).as_u16()), ..refusal.problem() }
}

fn written(items: Vec<Item>, media: &'static str) -> Response {
    match media {
        NDJSON => {
            let line = |item: &Item| serde_json::to_string(item).expect("wire structs have text keys only") + "\n";
            reply::of(NDJSON, items.iter().map(line).collect::<String>())
        }
        CAPNP => reply::of(CAPNP, messages(items)),
        _ => reply::json(&Batch { items }),
    }
}

/// The answers as `ServerFrame` messages, one after the other: the results, then each problem.
fn messages(items: Vec<Item>) -> Vec<u8> {
    let (mut results, mut bodies) = (Vec::new(), Vec::new());
    for Item { index, outcome, problem } in items {
        results.extend(outcome.map(|outcome| Answered { correlation: index, outcome }));
        let trouble = problem.map(|problem| Trouble { correlation: Some(index), problem });
        bodies.extend(trouble.map(ServerBody::Problem));
    }
    bodies.insert(0, ServerBody::Result(results));
    let frames = bodies.into_iter().zip(1..).map(|(body, seq)| wire::write_server_frame(&ServerFrame { seq, body }));
    frames.flatten().collect()
}
