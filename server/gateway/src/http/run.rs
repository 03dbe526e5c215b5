//! `POST /v1/run/{unit}/{method}`: bytes in, bytes out. A small body is one slice that may be worked on right here;
//! a large one streams to the unit while it still arrives.

use std::{pin::pin, str::FromStr};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use http::{HeaderName, HeaderValue, header::CONTENT_TYPE};
use inos_broker::{Ask, Caller, Meter, Ran};
use inos_engine::stream;
use inos_protocols::{
    JobId, Microcredits, Refusal,
    job::{Cache, Capsule, Input, Outcome, PRIORITY_DEFAULT, Retry, State},
    refusal::Kind,
};

use crate::{
    auth::Visitor,
    body::{Guarded, refusal},
    call::Call,
    http::{multipart, units::entry},
    media::BYTES,
    query::{Query, wrong},
    refusal::{Answer, Refused, of_problem},
};

/// The largest body that is read as a whole before the job begins, unless an idempotency key or the cache wants all
/// of it.
const WHOLE_BYTES_MAX: u64 = 64 << 10;

const JOB_ID: HeaderName = HeaderName::from_static("inos-job-id");
const COST: HeaderName = HeaderName::from_static("inos-cost");
const RECEIPT: HeaderName = HeaderName::from_static("inos-receipt");
const EPOCH: HeaderName = HeaderName::from_static("inos-epoch");
const CACHED_FROM: HeaderName = HeaderName::from_static("inos-cached-from");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The headers that `/v1/run` reads.
pub(crate) const HEADERS: &[(&str, &str)] = &[
    ("Idempotency-Key", "The same key with the same request is the same job for 24 hours."),
    ("Inos-Budget", "The most that the job may cost, in microcredits."),
    ("Inos-Priority", "0 to 255; higher runs earlier within the account."),
    ("Inos-Timeout-Ms", "How long one attempt may run, in milliseconds."),
    ("Inos-Queue-Ttl-Ms", "How long the job may wait before it is begun, in milliseconds."),
    ("Inos-Deadline", "When the job must have ended: a time such as 2026-01-31T12:00:00.000Z."),
    ("Inos-Attempts", "1 to 10: how often the job is begun at most where it breaks on the server's side."),
    ("Inos-Cache", "`use` answers from an earlier job that was asked the same, `refresh` runs it for later ones."),
    ("Inos-Keep", "`true` keeps the output, so that it can be fetched again."),
];

/// `POST /v1/run/{unit}/{method}`.
pub(crate) async fn run(mut call: Call, visitor: Visitor) -> Answer {
    let mut capsule = capsule_of(&call)?;
    let ran = match call.media_type() {
        Some("multipart/form-data") => {
            multipart::read(&mut call, &mut capsule).await?;
            whole(&call, &visitor.caller, capsule).await
        }
        _ => posted(&mut call, &visitor.caller, capsule).await,
    };
    answer(ran?)
}

/// What the path, the query and the headers ask for, without its inputs.
fn capsule_of(call: &Call) -> Result<Capsule, Refusal> {
    let entry = entry(&call.app, call.name("unit"), call.name("method"))?;
    if !entry.method.output_media.is_empty() {
        call.accepted(entry.method.output_media)?;
    }
    let pairs = Query::read(call.parts.uri.query().unwrap_or_default()).into_pairs();
    let params = entry.from_query(&pairs).map_err(|errors| {
        let detail = errors.first().map_or_else(String::new, |first| format!("{}: {}", first.pointer, first.message));
        Refusal { errors, ..Refusal::new(Kind::InvalidParams, detail) }
    })?;
    let budget = number::<u64>(call, "inos-budget")?;
    let budget =
        budget.map(|budget| Microcredits::new(budget).ok_or_else(|| wrong_header("inos-budget"))).transpose()?;
    Ok(Capsule {
        params,
        budget,
        priority: number(call, "inos-priority")?.unwrap_or(PRIORITY_DEFAULT),
        timeout_ms: number(call, "inos-timeout-ms")?,
        keep: number::<bool>(call, "inos-keep")?.unwrap_or(false),
        idempotency_key: super::jobs::idempotency_key(call)?,
        queue_ttl_ms: number(call, "inos-queue-ttl-ms")?,
        deadline: number(call, "inos-deadline")?,
        retry: number(call, "inos-attempts")?.map(Retry::of),
        cache: cache(call)?,
        ..Capsule::new(entry.unit, entry.method.name, Vec::new())
    })
}

fn number<T: FromStr>(call: &Call, name: &str) -> Result<Option<T>, Refusal> {
    let Some(value) = call.headers().get(name) else { return Ok(None) };
    // A limit that cannot be read is a mistake to be told, and not a limit that nobody set.
    let number = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    number.map(Some).ok_or_else(|| wrong_header(name))
}

fn cache(call: &Call) -> Result<Cache, Refusal> {
    match call.header("inos-cache").map(str::trim) {
        None | Some("off") => Ok(Cache::Off),
        Some("use") => Ok(Cache::Use),
        Some("refresh") => Ok(Cache::Refresh),
        Some(_) => Err(wrong_header("inos-cache")),
    }
}

fn wrong_header(name: &str) -> Refusal {
    Refusal { detail: format!("The header {name} has no value that can be read."), ..wrong(name, "cannot be read") }
}

/// Runs a job whose inputs are all there.
async fn whole(call: &Call, caller: &Caller, capsule: Capsule) -> Result<Ran, Refusal> {
    call.app.broker.run(caller, Ask { capsule, body: None, origin: call.meta.origin() }).await
}

/// Runs a job whose only input is the body.
async fn posted(call: &mut Call, caller: &Caller, mut capsule: Capsule) -> Result<Ran, Refusal> {
    let entry = entry(&call.app, &capsule.unit, &capsule.method)?;
    let body = call.take_body();
    let len = body.declared_len();
    // An empty body is no input where a method can do without: its operands are all in the query.
    if entry.method.inputs.0 == 0 && len == Some(0) {
        return whole(call, caller, capsule).await;
    }
    let fits = len.is_some_and(|len| len <= WHOLE_BYTES_MAX);
    if fits || capsule.idempotency_key.is_some() || capsule.cache != Cache::Off {
        let limit = call.app.options.message_bytes_max;
        if len.is_some_and(|len| len > limit) {
            return Err(crate::body::too_large(limit));
        }
        capsule.inputs.push(Input::Bytes(call.whole(body.limited(limit)).await?));
        return whole(call, caller, capsule).await;
    }
    streamed(call, caller, capsule, body, len).await
}

/// Runs a job while its input still arrives.
async fn streamed(
    call: &Call,
    caller: &Caller,
    capsule: Capsule,
    incoming: Guarded,
    len: Option<u64>,
) -> Result<Ran, Refusal> {
    let broker = &call.app.broker;
    let (writer, body, meter) = broker.body(caller, len);
    let ask = Ask { capsule, body: Some(body), origin: call.meta.origin() };
    let mut running = pin!(broker.run(caller, ask));
    let fed = tokio::select! {
        // A job that ends before its body wants no more of it.
        ran = running.as_mut() => return ran,
        fed = feed(incoming, writer, &meter, len.is_none()) => fed,
    };
    let ran = running.await;
    match fed {
        Ok(()) => ran,
        // The job has ended for want of its input; its client learns why that was.
        Err(refusal) => Err(refusal),
    }
}

/// Passes a body on as it arrives. `Ok` also where the job wants no more of it.
async fn feed(mut incoming: Guarded, mut writer: stream::Writer, meter: &Meter, metered: bool) -> Result<(), Refusal> {
    let mut total: u64 = 0;
    loop {
        let chunk: Bytes = match incoming.next().await {
            None => break,
            Some(Ok(chunk)) => chunk,
            Some(Err(error)) => {
                let refusal = refusal(error);
                writer.fail(refusal.detail.clone());
                return Err(refusal);
            }
        };
        total += chunk.len() as u64;
        if metered && let Err(refusal) = meter.admit(total).await {
            writer.fail(refusal.detail.clone());
            return Err(refusal);
        }
        if writer.write(&chunk).await.is_err() {
            return Ok(());
        }
    }
    writer.finish();
    Ok(())
}

/// The answer that a job's end makes.
fn answer(ran: Ran) -> Answer {
    let Ran { outcome, replayed, cached_from } = ran;
    let headers = headers(&outcome, replayed, cached_from);
    let Outcome { state, outputs, error, .. } = outcome;
    if state != State::Succeeded {
        let refusal = match error {
            Some(problem) => of_problem(problem),
            None => Refusal::new(Kind::Internal, format!("The job ended as {}.", state.word())),
        };
        return Err(headers
            .into_iter()
            .fold(Refused::from(refusal), |refused, (name, value)| refused.with(name, value)));
    }
    let output = outputs.into_iter().next();
    let media = output.as_ref().and_then(|output| HeaderValue::from_str(&output.media_type).ok());
    let mut response = Response::new(output.map_or_else(Body::empty, |output| Body::from(output.bytes)));
    response.headers_mut().extend(headers);
    response.headers_mut().insert(CONTENT_TYPE, media.unwrap_or(HeaderValue::from_static(BYTES)));
    Ok(response)
}

fn headers(outcome: &Outcome, replayed: bool, cached_from: Option<JobId>) -> Vec<(HeaderName, HeaderValue)> {
    let text = |text: String| HeaderValue::from_str(&text).expect("ids, numbers and base64url are visible ASCII");
    let mut headers = vec![(JOB_ID, text(outcome.job.to_string())), (COST, HeaderValue::from(outcome.cost.get()))];
    if let Some(receipt) = &outcome.receipt {
        headers.push((RECEIPT, text(BASE64URL_NOPAD.encode(&receipt.encode()))));
        headers.push((EPOCH, HeaderValue::from(receipt.root.sequence)));
    }
    if replayed {
        headers.push((REPLAYED, HeaderValue::from_static("true")));
    }
    headers.extend(cached_from.map(|from| (CACHED_FROM, text(from.to_string()))));
    headers
}
