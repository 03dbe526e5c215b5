//! Blobs: bytes under their BLAKE3, stored as they stream in.

use http::{
    HeaderMap, HeaderValue,
    header::{CONTENT_TYPE, ETAG},
};
use inos_broker::{BlobUpload, Caller};
use inos_protocols::{Hash, Refusal, refusal::Kind, time::Time};
use tokio::sync::mpsc;

use crate::{
    auth::Visitor,
    body::{Guarded, refusal},
    call::Call,
    http::content::{self, Content},
    media::{BYTES, JSON},
    query::{Param, ParamKind},
    refusal::{Answer, not_found},
    reply::{self, Page},
};

/// The longest media type that is kept with a blob.
const MEDIA_TYPE_LEN_MAX: usize = 127;
/// How many pieces of a body wait for the disk.
const PIECES_MAX: usize = 4;

/// The query parameters of `PUT /v1/blobs`.
pub(crate) const STORING: &[Param] =
    &[Param { name: "expires", about: "When the blob may go; without it, it stays.", kind: ParamKind::Time }];

/// The query parameters of `GET /v1/blobs`.
pub(crate) const PAGING: &[Param] = &[
    Param { name: "limit", about: "How many at most.", kind: ParamKind::Number(1, 1_000) },
    Param { name: "cursor", about: "Where to go on: `next_cursor` of the page before.", kind: ParamKind::Text },
];

/// `PUT /v1/blobs`.
pub(crate) async fn put(call: Call, visitor: Visitor) -> Answer {
    store(call, visitor, None).await
}

/// `PUT /v1/blobs/{hash}`.
pub(crate) async fn put_checked(call: Call, visitor: Visitor) -> Answer {
    let expected = call.name("hash").parse::<Hash>().map_err(|_| {
        Refusal::field(Kind::InvalidParams, "/path/hash", "expected 64 lower-case hex digits of BLAKE3")
    })?;
    store(call, visitor, Some(expected)).await
}

async fn store(mut call: Call, visitor: Visitor, expected: Option<Hash>) -> Answer {
    call.accepted(&[JSON])?;
    let expires = call.query()?.read_as::<Time>("expires", "a time such as 2026-01-31T12:00:00.000Z")?;
    if expires.is_some_and(|expires| expires <= Time::now()) {
        return Err(crate::query::wrong("expires", "this time has passed").into());
    }
    let media_type = media_type(call.headers())?;
    let body = call.take_body();
    let caller = &visitor.caller;
    let upload = call.app.broker.begin_blob(caller, body.declared_len()).await?;
    let upload = receive(body, upload).await?;
    let blob = call.app.broker.finish_blob(caller, upload, &media_type, expires, expected).await?;
    let mut response = reply::created(&blob, &format!("/v1/blobs/{}", blob.hash));
    let tag = format!("\"blake3:{}\"", blob.hash);
    response.headers_mut().insert(ETAG, HeaderValue::from_str(&tag).expect("a hash is visible ASCII"));
    Ok(response)
}

/// Passes a body to the disk: one thread writes and hashes while the next pieces arrive.
async fn receive(mut body: Guarded, mut upload: BlobUpload) -> Result<BlobUpload, Refusal> {
    let (pieces, mut arriving) = mpsc::channel::<bytes::Bytes>(PIECES_MAX);
    let writing = tokio::task::spawn_blocking(move || {
        while let Some(piece) = arriving.blocking_recv() {
            upload.write(&piece)?;
        }
        Ok::<_, Refusal>(upload)
    });
    let mut cut = None;
    while let Some(piece) = body.next().await {
        match piece {
            Ok(piece) => {
                if pieces.send(piece).await.is_err() {
                    // Nobody receives any more: the writer has its own words for why.
                    break;
                }
            }
            Err(error) => {
                cut = Some(refusal(error));
                break;
            }
        }
    }
    drop(pieces);
    let written = writing.await.map_err(|error| crate::refusal::internal(&error))?;
    match cut {
        Some(refusal) => Err(refusal),
        None => written,
    }
}

/// `GET /v1/blobs/{hash}`.
pub(crate) async fn get(call: Call, visitor: Visitor) -> Answer {
    let hash = hash(&call)?;
    let found = call.app.broker.read_blob(&visitor.caller, hash).await?;
    let name = hash.to_string();
    content::serve(
        call.headers(),
        Content { bytes: found.bytes, media_type: &found.blob.media_type, hash, name: &name },
    )
}

/// `GET /v1/blobs`.
pub(crate) async fn list(call: Call, visitor: Visitor) -> Answer {
    call.accepted(&[JSON])?;
    let query = call.query()?;
    let limit = query.number("limit", 1, 1_000)?.unwrap_or(50) as u32;
    let (items, next_cursor) = call.app.broker.list_blobs(&visitor.caller, limit, query.text("cursor")).await?;
    Ok(reply::json(&Page { items, next_cursor }))
}

/// `DELETE /v1/blobs/{hash}`.
pub(crate) async fn delete(call: Call, visitor: Visitor) -> Answer {
    delete_of(&call, &visitor.caller).await?;
    Ok(reply::nothing())
}

async fn delete_of(call: &Call, caller: &Caller) -> Result<(), Refusal> {
    call.app.broker.delete_blob(caller, hash(call)?).await
}

fn hash(call: &Call) -> Result<Hash, Refusal> {
    call.name("hash").parse().map_err(|_| not_found("blob"))
}

pub(super) fn media_type(headers: &HeaderMap) -> Result<String, Refusal> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(BYTES.into()) };
    match value.to_str().ok().filter(|text| text.len() <= MEDIA_TYPE_LEN_MAX && text.contains('/')) {
        Some(text) => Ok(text.to_owned()),
        None => Err(Refusal::new(
            Kind::UnsupportedMediaType,
            format!("The Content-Type of a blob is a media type of at most {MEDIA_TYPE_LEN_MAX} characters."),
        )),
    }
}
