//! Answers that handlers give, by what they are.

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_TYPE, LOCATION},
};
use schemars::JsonSchema;
use serde::Serialize;

/// One page of a list, newest first.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub(crate) struct Page<T> {
    /// The things.
    pub(crate) items: Vec<T>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
}

/// JSON.
pub(crate) fn json<T: Serialize>(value: &T) -> Response {
    let text = serde_json::to_vec(value).expect("wire structs have text keys only");
    of(crate::media::JSON, text)
}

/// JSON of something new, and where it lies.
pub(crate) fn created<T: Serialize>(value: &T, location: &str) -> Response {
    let mut response = json(value);
    *response.status_mut() = StatusCode::CREATED;
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// Bytes of a media type that we name ourselves.
pub(crate) fn of(media: &'static str, bytes: impl Into<Bytes>) -> Response {
    let mut response = Response::new(Body::from(bytes.into()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    response
}

/// Nothing, and all is well.
pub(crate) fn nothing() -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// JSON of something new that has no place of its own.
pub(crate) fn made<T: Serialize>(value: &T) -> Response {
    let mut response = json(value);
    *response.status_mut() = StatusCode::CREATED;
    response
}
