//! Jobs: asked for, looked at, waited for, cancelled, proven.

use std::time::Duration;

use axum::response::Response;
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{CONTENT_TYPE, LOCATION},
};
use inos_broker::Submitted;
use inos_ledger::JobFilter;
use inos_protocols::{
    JobId, Refusal,
    job::{Capsule, Job, LABEL_LEN_MAX, Outcome, OutputBytes, State},
    json,
    refusal::Kind,
    time::Time,
    wire,
};

use crate::{
    auth::Visitor,
    call::{Call, unsupported},
    http::content::{self, Content},
    media::{CAPNP, JSON},
    query::{Param, ParamKind, wrong},
    refusal::{Answer, not_found},
    reply::{self, Page},
};

/// The longest that a request may wait for a job.
const WAIT_S_MAX: u64 = 300;
/// The most jobs of one page, and how many come unasked.
const LIMIT_MAX: u64 = 1_000;
const LIMIT_DEFAULT: u64 = 50;

const APPLIED: HeaderName = HeaderName::from_static("preference-applied");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The query parameters of `GET /v1/jobs`.
pub(crate) const FILTERS: &[Param] = &[
    Param {
        name: "status",
        about: "Only jobs in this state.",
        kind: ParamKind::OneOf(&["queued", "running", "succeeded", "failed", "cancelled", "expired"]),
    },
    Param { name: "unit", about: "Only jobs of this unit.", kind: ParamKind::Text },
    Param { name: "method", about: "Only jobs of this method.", kind: ParamKind::Text },
    Param { name: "since", about: "Only jobs that were accepted at this time or later.", kind: ParamKind::Time },
    Param { name: "limit", about: "How many at most.", kind: ParamKind::Number(1, LIMIT_MAX) },
    Param { name: "cursor", about: "Where to go on: `next_cursor` of the page before.", kind: ParamKind::Text },
];

/// The headers that `POST /v1/jobs` reads.
pub(crate) const HEADERS: &[(&str, &str)] = &[
    ("Idempotency-Key", "The same key with the same capsule is the same job for 24 hours."),
    ("Prefer", "`wait=N` waits up to N seconds for the job's end (RFC 7240)."),
];

/// `POST /v1/jobs`.
pub(crate) async fn create(mut call: Call, visitor: Visitor) -> Answer {
    let media = call.accepted(&[JSON, CAPNP])?;
    let wait = wait(&call)?;
    let mut capsule = match call.media_type() {
        Some(JSON) => json::read::<Capsule>(&call.bytes().await?)?,
        Some(CAPNP) => wire::read_capsule(&call.bytes().await?)?,
        other => return Err(unsupported(other, &[JSON, CAPNP]).into()),
    };
    take_key(&call, &mut capsule)?;
    submit(&call, &visitor, capsule, media, wait).await
}

/// `POST /v1/jobs/{id}/retry`.
pub(crate) async fn retry(call: Call, visitor: Visitor) -> Answer {
    let media = call.accepted(&[JSON, CAPNP])?;
    let wait = wait(&call)?;
    let mut capsule = call.app.broker.asked_before(&visitor.caller, call.id("id", "job")?).await?;
    take_key(&call, &mut capsule)?;
    submit(&call, &visitor, capsule, media, wait).await
}

/// Submits a job, and answers with it as it stands or once it has ended.
async fn submit(
    call: &Call,
    visitor: &Visitor,
    capsule: Capsule,
    media: &'static str,
    wait: Option<Duration>,
) -> Answer {
    let caller = &visitor.caller;
    let Submitted { mut job, replayed } = call.app.broker.submit(caller, capsule, call.meta.origin()).await?;
    if let Some(patience) = wait.filter(|_| !job.state.is_final()) {
        job = call.app.broker.wait(caller, job.id, patience).await?;
    }
    let status = if job.state.is_final() { StatusCode::OK } else { StatusCode::ACCEPTED };
    let mut response = shown(call, visitor, &job, media).await?;
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let location = format!("/v1/jobs/{}", job.id);
    headers.insert(LOCATION, HeaderValue::from_str(&location).expect("an id is visible ASCII"));
    if let Some(patience) = wait {
        let applied = format!("wait={}", patience.as_secs());
        headers.insert(APPLIED, HeaderValue::from_str(&applied).expect("digits are visible ASCII"));
    }
    if replayed {
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// `GET /v1/jobs`.
pub(crate) async fn list(call: Call, visitor: Visitor) -> Answer {
    call.accepted(&[JSON])?;
    let query = call.query()?;
    let state =
        query.text("status").map(|word| State::from_word(word).ok_or_else(|| wrong("status", "expected a state")));
    let filter = JobFilter {
        state: state.transpose()?,
        unit: query.text("unit").map(str::to_owned),
        method: query.text("method").map(str::to_owned),
        since: query.read_as::<Time>("since", "a time such as 2026-01-31T12:00:00.000Z")?,
        ..JobFilter::default()
    };
    let limit = query.number("limit", 1, LIMIT_MAX)?.unwrap_or(LIMIT_DEFAULT) as u32;
    let (items, next_cursor) = call.app.broker.jobs(&visitor.caller, &filter, limit, query.text("cursor")).await?;
    Ok(reply::json(&Page { items, next_cursor }))
}

/// `GET /v1/jobs/{id}`.
pub(crate) async fn show(call: Call, visitor: Visitor) -> Answer {
    let media = call.accepted(&[JSON, CAPNP])?;
    let job = call.app.broker.job_and_why(&visitor.caller, call.id("id", "job")?).await?;
    Ok(shown(&call, &visitor, &job, media).await?)
}

/// `GET /v1/jobs/{id}/outputs/{n}`.
pub(crate) async fn output(call: Call, visitor: Visitor) -> Answer {
    let index = call.name("n").parse::<u16>().map_err(|_| not_found("output"))?;
    let id: JobId = call.id("id", "job")?;
    let part = call.app.broker.output(&visitor.caller, id, usize::from(index)).await?;
    let name = format!("{id}-{index}");
    content::serve(
        call.headers(),
        Content { bytes: part.bytes, media_type: &part.media_type, hash: part.hash, name: &name },
    )
}

/// `POST /v1/jobs/{id}/cancel`.
pub(crate) async fn cancel(call: Call, visitor: Visitor) -> Answer {
    let job = call.app.broker.cancel(&visitor.caller, call.id("id", "job")?).await?;
    let mut response = reply::json(&job);
    *response.status_mut() = StatusCode::ACCEPTED;
    Ok(response)
}

/// `GET /v1/jobs/{id}/receipt`.
pub(crate) async fn receipt(call: Call, visitor: Visitor) -> Answer {
    let media = call.accepted(&[JSON, CAPNP])?;
    let receipt = call.app.broker.receipt(&visitor.caller, call.id("id", "job")?).await?;
    Ok(if media == CAPNP { reply::of(CAPNP, receipt.encode()) } else { reply::json(&receipt) })
}

/// A job as JSON, or as a `Result` message with whatever outputs it still has.
async fn shown(call: &Call, visitor: &Visitor, job: &Job, media: &'static str) -> Result<Response, Refusal> {
    if media == JSON {
        return Ok(reply::json(job));
    }
    let mut outputs = Vec::new();
    for index in 0..if job.outputs_kept { job.outputs.len() } else { 0 } {
        let part = call.app.broker.output(&visitor.caller, job.id, index).await?;
        outputs.push(OutputBytes { media_type: part.media_type, hash: part.hash, bytes: part.bytes });
    }
    let receipt = match job.state.is_final() {
        true => Some(call.app.broker.receipt(&visitor.caller, job.id).await?),
        false => None,
    };
    let outcome = Outcome {
        job: job.id,
        state: job.state,
        cost: job.cost,
        outputs,
        error: job.error.clone(),
        metrics: job.metrics.unwrap_or_default(),
        receipt,
    };
    let mut response = Response::new(wire::write_outcome(&outcome).into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(CAPNP));
    Ok(response)
}

/// How long `Prefer` asks to wait.
fn wait(call: &Call) -> Result<Option<Duration>, Refusal> {
    let prefer = call.headers().get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    for preference in prefer.flat_map(|value| value.split([',', ';'])) {
        let Some(seconds) = preference.trim().strip_prefix("wait=") else { continue };
        let seconds: u64 = seconds
            .trim()
            .trim_matches('"')
            .parse()
            .map_err(|_| Refusal::new(Kind::BadRequest, "`Prefer: wait=N` takes a whole number of seconds."))?;
        return Ok(Some(Duration::from_secs(seconds.min(WAIT_S_MAX))));
    }
    Ok(None)
}

/// The idempotency key of a request's header.
pub(crate) fn idempotency_key(call: &Call) -> Result<Option<String>, Refusal> {
    let Some(value) = call.headers().get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().map(|key| key.trim().trim_matches('"'));
    match key.filter(|key| (1..=LABEL_LEN_MAX).contains(&key.len())) {
        Some(key) => Ok(Some(key.to_owned())),
        None => Err(Refusal::new(
            Kind::BadRequest,
            format!("An Idempotency-Key is 1 to {LABEL_LEN_MAX} visible ASCII characters."),
        )),
    }
}

/// Takes the header's key into a capsule that has none.
fn take_key(call: &Call, capsule: &mut Capsule) -> Result<(), Refusal> {
    let Some(key) = idempotency_key(call)? else { return Ok(()) };
    match &capsule.idempotency_key {
        Some(own) if *own != key => Err(Refusal::field(
            Kind::InvalidParams,
            "/idempotency_key",
            "the capsule and the header Idempotency-Key name different keys",
        )),
        _ => {
            capsule.idempotency_key = Some(key);
            Ok(())
        }
    }
}
