//! What happens to jobs, as server-sent events. The client's reading pulls them: nothing piles up for one that is slow.

use std::time::Duration;

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::stream;
use http::{
    HeaderValue,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use inos_broker::{Happening, Subscription, Told};
use inos_protocols::{JobId, Refusal, event::Data, job::Job, refusal::Kind, time::Time};
use serde::Serialize;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    auth::{Vigil, Visitor},
    call::Call,
    media::EVENTS,
    refusal::Answer,
};

/// How often a silent stream says that it is still there.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// The headers that event streams read.
pub(crate) const HEADERS: &[(&str, &str)] = &[("Last-Event-ID", "Goes on after this event, without a gap.")];

/// `GET /v1/jobs/{id}/events`.
pub(crate) async fn of_job(call: Call, visitor: Visitor) -> Answer {
    call.accepted(&[EVENTS])?;
    let id: JobId = call.id("id", "job")?;
    let after = after(&call)?;
    let events = call.app.broker.events(&visitor.caller, Some(id), after).await?;
    // The subscription began first, so whatever happens after this look is told.
    let job = call.app.broker.job(&visitor.caller, id).await?;
    // How it stands need not be said to whoever is told all that led there, in order; and its end is told after the books
    // know of it, so that it may be still to come.
    let is_whole = events.is_whole();
    let first = (after.is_none() && !is_whole).then(|| snapshot(&job));
    Ok(streaming(&call, &visitor, events, first, job.state.is_final() && !is_whole))
}

/// `GET /v1/events`.
pub(crate) async fn of_all(call: Call, visitor: Visitor) -> Answer {
    call.accepted(&[EVENTS])?;
    let events = call.app.broker.events(&visitor.caller, None, after(&call)?).await?;
    Ok(streaming(&call, &visitor, events, None, false))
}

fn after(call: &Call) -> Result<Option<u64>, Refusal> {
    let last = call.header("last-event-id").map(|id| id.trim().parse());
    last.transpose().map_err(|_| Refusal::new(Kind::BadRequest, "Last-Event-ID is the number of an event."))
}

/// A stream of events under way.
struct Feed {
    vigil: Vigil,
    events: Subscription,
    stop: CancellationToken,
    first: Option<Bytes>,
    /// Whether the stream is of one job, and that has ended: what is known is told, and no more comes.
    over: bool,
    one_job: bool,
    heartbeat: Instant,
}

fn streaming(call: &Call, visitor: &Visitor, events: Subscription, first: Option<Bytes>, over: bool) -> Response {
    let feed = Feed {
        vigil: Vigil::over(&call.app, visitor),
        events,
        stop: call.arrival.stop.clone(),
        one_job: !call.name("id").is_empty(),
        first,
        over,
        heartbeat: Instant::now() + HEARTBEAT,
    };
    let body =
        stream::unfold(
            feed,
            |mut feed| async move { Some((Ok::<_, std::convert::Infallible>(feed.next().await?), feed)) },
        );
    let mut response = Response::new(Body::from_stream(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(EVENTS));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

impl Feed {
    /// The next piece of the stream; `None` ends it.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        if self.over {
            // The history is told without waiting, and then the stream ends.
            let told = timeout(Duration::ZERO, self.events.next()).await.ok()??;
            return Some(written(&told));
        }
        let stop = self.stop.clone();
        tokio::select! {
            told = self.events.next() => {
                let told = told?;
                self.heartbeat = Instant::now() + HEARTBEAT;
                self.over = self.one_job && is_end(&told);
                Some(written(&told))
            }
            () = sleep_until(self.heartbeat) => {
                self.heartbeat = Instant::now() + HEARTBEAT;
                Some(Bytes::from_static(b": still here\n\n"))
            }
            () = self.vigil.ended() => None,
            () = stop.cancelled() => None,
        }
    }
}

/// What the data of a gap says.
#[derive(Serialize)]
struct GapData {
    /// The first event that is not remembered.
    first: u64,
    /// And the last.
    last: u64,
    detail: &'static str,
}

const GAP: &str =
    "Events up to this number are not remembered any more. Look at the jobs themselves for what they missed.";

/// How a job stands when a stream begins; it has no number, since nothing happened.
fn snapshot(job: &Job) -> Bytes {
    let data = Data { state: Some(job.state), cost: Some(job.cost), ..Data::of(Some(job.id), Time::now()) };
    frame(None, "state", &data)
}

/// Whether a job has ended with this.
fn is_end(told: &Told) -> bool {
    let Told::Event(event) = told else { return false };
    matches!(event.what, Happening::State { state, .. } if state.is_final())
}

fn written(told: &Told) -> Bytes {
    match told {
        Told::Event(event) => {
            let (name, data) = event.said();
            frame(Some(event.seq), name, &data)
        }
        Told::Gap { first, last } => frame(Some(*last), "gap", &GapData { first: *first, last: *last, detail: GAP }),
    }
}

fn frame(seq: Option<u64>, name: &str, data: &impl Serialize) -> Bytes {
    let data = serde_json::to_string(data).expect("an event has text keys only");
    let id = seq.map_or_else(String::new, |seq| format!("id: {seq}\n"));
    format!("{id}event: {name}\ndata: {data}\n\n").into()
}
