//! Regions: named state, read as one whole epoch, changed as a whole or in part, awaited without asking again.

use std::time::Duration;

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{
        ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH,
        IF_RANGE, RANGE,
    },
};
use inos_arena::{Pinned, Place};
use inos_broker::{REGION_BLOCKING_BYTES_MIN, RegionHandle, RegionPart, RegionState, RegionWish};
use inos_protocols::{Refusal, refusal::Kind};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};

use crate::{
    auth::{Vigil, Visitor},
    call::Call,
    http::{
        blobs,
        content::{Part, matches, part},
    },
    media::{BYTES, JSON},
    query::{Param, ParamKind, wrong},
    refusal::{Answer, Refused},
    reply::{self, Page},
};

const EPOCH: HeaderName = HeaderName::from_static("inos-epoch");
/// What clients say of bytes without having been asked: it says nothing of what a region is.
const UNASKED: [&str; 2] = ["application/octet-stream", "application/x-www-form-urlencoded"];
/// The longest wait for an epoch, in seconds.
const WAIT_S_MAX: u64 = 60;

/// The query parameters of `PUT /v1/regions/{name}`.
pub(crate) const MAKING: &[Param] = &[
    Param { name: "persistent", about: "Whether it survives a restart.", kind: ParamKind::OneOf(&["true", "false"]) },
    Param { name: "stride", about: "Bytes of one record.", kind: ParamKind::Number(1, 1 << 20) },
    Param { name: "schema", about: "Your word for what a record is.", kind: ParamKind::Text },
    Param {
        name: "bytes_max",
        about: "The most bytes that it may ever hold.",
        kind: ParamKind::Number(1, inos_broker::REGION_BYTES_MAX as u64),
    },
];

/// The query parameters of `GET /v1/regions/{name}`.
pub(crate) const AWAITING: &[Param] = &[
    Param { name: "after", about: "The epoch that you have: the answer is a newer one.", kind: ParamKind::Text },
    Param {
        name: "wait",
        about: "How many seconds to wait for it; 304 where none came.",
        kind: ParamKind::Number(0, WAIT_S_MAX),
    },
];

/// The headers that changes read.
pub(crate) const CHANGING: &[(&str, &str)] = &[
    ("If-Match", "Only where this is its `ETag`, or where it is there (`*`)."),
    ("If-None-Match", "`*`: only where it is not there yet."),
];

/// The headers that a change of a part reads.
pub(crate) const PATCHING: &[(&str, &str)] = &[
    ("If-Match", "Only where this is its `ETag`."),
    ("Content-Range", "Where the bytes go: `bytes 0-3/*`, or with the length instead of `*`."),
];

/// `GET /v1/regions`.
pub(crate) async fn list(call: Call, visitor: Visitor) -> Answer {
    call.accepted(&[JSON])?;
    let query = call.query()?;
    let limit = query.number("limit", 1, 1_000)?.unwrap_or(50) as usize;
    let (items, next_cursor) = call.app.broker.list_regions(&visitor.caller, limit, query.text("cursor"));
    Ok(reply::json(&Page { items, next_cursor }))
}

/// `PUT /v1/regions/{name}`.
pub(crate) async fn put(mut call: Call, visitor: Visitor) -> Answer {
    call.accepted(&[JSON])?;
    let (wish, state) = (wish(&call)?, state(call.headers())?);
    let name = call.name("name").to_owned();
    let bytes = call.bytes().await?;
    let (handle, is_new) = call.app.broker.put_region(&visitor.caller, &name, wish, state, bytes).await?;
    let mut response = reply::json(&handle.about);
    if is_new {
        response = reply::created(&handle.about, &format!("/v1/regions/{name}"));
    }
    tag(response.headers_mut(), handle.about.epoch);
    Ok(response)
}

/// `PATCH /v1/regions/{name}`.
pub(crate) async fn patch(mut call: Call, visitor: Visitor) -> Answer {
    call.accepted(&[JSON])?;
    let state = state(call.headers())?;
    let range = call.header("content-range").and_then(Range::read).ok_or_else(|| {
        Refusal::new(Kind::BadRequest, "A part says where it goes: `Content-Range: bytes FIRST-LAST/*`.")
    })?;
    let name = call.name("name").to_owned();
    let bytes = call.bytes().await?;
    if bytes.len() as u64 != range.len {
        let detail =
            format!("The Content-Range has {} bytes and the body {}. Nothing was published.", range.len, bytes.len());
        return Err(Refusal::new(Kind::BadRequest, detail).into());
    }
    let part = RegionPart { offset: range.start, total: range.total };
    let handle =
        call.app.broker.patch_region(&visitor.caller, &name, state, part, bytes).await.map_err(
            |refusal| match refusal.available.filter(|_| refusal.kind == Kind::RangeNotSatisfiable) {
                Some(len) => Refused::from(refusal).with(CONTENT_RANGE, ascii(&format!("bytes */{len}"))),
                None => refusal.into(),
            },
        )?;
    let mut response = reply::json(&handle.about);
    tag(response.headers_mut(), handle.about.epoch);
    Ok(response)
}

/// `DELETE /v1/regions/{name}`.
pub(crate) async fn delete(call: Call, visitor: Visitor) -> Answer {
    call.app.broker.delete_region(&visitor.caller, call.name("name")).await?;
    Ok(reply::nothing())
}

/// `GET /v1/regions/{name}`.
pub(crate) async fn get(call: Call, visitor: Visitor) -> Answer {
    let query = call.query()?;
    let after = query.read_as::<u64>("after", "an epoch, in decimal digits")?;
    let wait = query.number("wait", 0, WAIT_S_MAX)?;
    if wait.is_some() && after.is_none() {
        return Err(wrong("wait", "what is waited for is an epoch `after` another").into());
    }
    let handle = call.app.broker.region(&visitor.caller, call.name("name"))?;
    if let Some(after) = after {
        await_change(&call, &visitor, &handle, after, Duration::from_secs(wait.unwrap_or(0))).await?;
        if handle.region.epoch() == after {
            return Ok(unchanged(after));
        }
    }
    serve(&call, &handle).await
}

/// Waits until the region differs from an epoch; ends early where the server stops, the key ends or the region goes.
async fn await_change(
    call: &Call,
    visitor: &Visitor,
    handle: &RegionHandle,
    after: u64,
    wait: Duration,
) -> Result<(), Refusal> {
    let mut vigil = Vigil::over(&call.app, visitor);
    let _follower = handle.region.follow();
    tokio::select! {
        _ = timeout(wait, handle.changed(after)?) => {}
        () = vigil.ended() => return Err(Refusal::new(Kind::Unauthorized, "The key ended while it waited.")),
        () = call.arrival.stop.cancelled() => {}
    }
    if handle.region.is_gone() {
        return Err(crate::refusal::not_found("region"));
    }
    Ok(())
}

fn unchanged(epoch: u64) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    describe(response.headers_mut(), epoch);
    response
}

/// Answers with the newest epoch or a part of it.
async fn serve(call: &Call, handle: &RegionHandle) -> Answer {
    let pin = handle.region.pin();
    let (epoch, len, request) = (pin.epoch(), pin.len(), call.headers());
    let known = format!("\"{epoch}\"");
    if request.get_all(IF_NONE_MATCH).iter().any(|one| matches(one, &known)) {
        return Ok(unchanged(epoch));
    }
    let same = request.get(IF_RANGE).is_none_or(|one| one.as_bytes() == known.as_bytes());
    let wanted = request.get(RANGE).filter(|_| same).and_then(|range| range.to_str().ok());
    let (status, bytes, range) = match wanted.map_or(Part::Whole, |range| part(range, len)) {
        Part::Whole => (StatusCode::OK, copy(call, pin, 0..len).await?, None),
        Part::From(start, end) => {
            let range = format!("bytes {start}-{}/{len}", end - 1);
            (StatusCode::PARTIAL_CONTENT, copy(call, pin, start..end).await?, Some(range))
        }
        Part::Outside => {
            let detail = format!("The region has {len} bytes; the range lies behind them.");
            let refusal = Refusal::new(Kind::RangeNotSatisfiable, detail);
            return Err(Refused::from(refusal).with(CONTENT_RANGE, ascii(&format!("bytes */{len}"))));
        }
    };
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    describe(headers, epoch);
    let media = &handle.about.media_type;
    headers.insert(CONTENT_TYPE, HeaderValue::from_str(media).unwrap_or(HeaderValue::from_static(BYTES)));
    // What a user stored is shown as a file, never as a page of this origin.
    headers.insert(CONTENT_DISPOSITION, ascii(&format!("attachment; filename=\"{}\"", handle.about.name)));
    if let Some(range) = range {
        headers.insert(CONTENT_RANGE, ascii(&range));
    }
    Ok(response)
}

/// Bytes on their way to a client, and the room that they take meanwhile.
struct Copied {
    bytes: Vec<u8>,
    _stored: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Copied {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// A copy, so that a client that reads slowly holds up no buffer of the region; a long one is made aside.
async fn copy(call: &Call, pin: Pinned, range: std::ops::Range<usize>) -> Result<Bytes, Refusal> {
    let len = range.len();
    let stored = call.app.cellar.store(len)?;
    call.app.broker.arena().count_copy(Place::RegionOut, len);
    let bytes = if len < REGION_BLOCKING_BYTES_MIN {
        pin[range].to_vec()
    } else {
        let copied = tokio::task::spawn_blocking(move || pin[range].to_vec()).await;
        copied.map_err(|_| Refusal::new(Kind::Internal, "The region could not be copied."))?
    };
    Ok(Bytes::from_owner(Copied { bytes, _stored: stored }))
}

fn describe(headers: &mut HeaderMap, epoch: u64) {
    tag(headers, epoch);
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
}

fn tag(headers: &mut HeaderMap, epoch: u64) {
    headers.insert(EPOCH, HeaderValue::from(epoch));
    headers.insert(ETAG, ascii(&format!("\"{epoch}\"")));
}

fn ascii(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("names of regions and numbers are visible ASCII")
}

/// What a region is to be, as the request says it.
fn wish(call: &Call) -> Result<RegionWish, Refusal> {
    let query = call.query()?;
    let persistent = match query.text("persistent") {
        None => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) => return Err(wrong("persistent", "expected true or false")),
    };
    let has_type = call.headers().contains_key(CONTENT_TYPE);
    let media_type = has_type.then(|| blobs::media_type(call.headers())).transpose()?;
    Ok(RegionWish {
        media_type: media_type.filter(|media_type| !UNASKED.contains(&media_type.as_str())),
        stride: query.number("stride", 1, 1 << 20)?.map(|stride| stride as u32),
        schema: query.text("schema").map(str::to_owned),
        persistent,
        bytes_max: query.number("bytes_max", 1, inos_broker::REGION_BYTES_MAX as u64)?,
    })
}

/// At which state the request wants to change a region.
fn state(headers: &HeaderMap) -> Result<RegionState, Refusal> {
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or_default().trim());
    match (text(IF_MATCH), text(IF_NONE_MATCH)) {
        (None, None) => Ok(RegionState::Any),
        (Some("*"), None) => Ok(RegionState::Present),
        (None, Some("*")) => Ok(RegionState::Absent),
        (Some(tag), None) => {
            let epoch = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).and_then(|tag| tag.parse().ok());
            let wrong = || Refusal::new(Kind::BadRequest, "If-Match is `*` or the `ETag` of a region.");
            epoch.map(RegionState::At).ok_or_else(wrong)
        }
        _ => Err(Refusal::new(Kind::BadRequest, "A change knows `If-Match`, or `If-None-Match: *`, and not both.")),
    }
}

/// Where the bytes of a part go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    start: u64,
    len: u64,
    total: Option<u64>,
}

impl Range {
    /// Reads `bytes FIRST-LAST/TOTAL`, where the total may be `*`.
    fn read(text: &str) -> Option<Self> {
        let (range, total) = text.trim().strip_prefix("bytes ")?.trim().split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let (start, last): (u64, u64) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        let len = last.checked_sub(start)?.checked_add(1)?;
        let total = match total.trim() {
            "*" => None,
            total => Some(total.parse().ok()?),
        };
        Some(Self { start, len, total })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_range_is_read_or_none() {
        let range = |start, len, total| Some(Range { start, len, total });
        assert_eq!(Range::read("bytes 0-3/*"), range(0, 4, None));
        assert_eq!(Range::read(" bytes 10-10/20"), range(10, 1, Some(20)));
        for bad in
            ["bytes 3-0/*", "bytes */10", "bytes 0-3", "rows 0-3/*", "bytes -3/*", "bytes 0-18446744073709551615/*", ""]
        {
            assert_eq!(Range::read(bad), None, "{bad}");
        }
    }
}
