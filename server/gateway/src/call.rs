//! One request as its handler sees it: which row, who asks, what came. Everything that a handler reads of a request
//! is read through here, so that it is refused in the same words everywhere.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use inos_broker::Cause;
use inos_protocols::{Refusal, refusal::Kind};
use parking_lot::Mutex;
use serde::de::DeserializeOwned;
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    body::{Guarded, Rate, Whole, too_large},
    media,
    query::Query,
    row::{Room, Row},
    serve::Arrival,
    state::App,
    trace::Meta,
};

/// A request that has passed the door.
pub(crate) struct Call {
    /// Everything that handlers share.
    pub(crate) app: App,
    /// The row that it matched.
    pub(crate) row: Arc<Row>,
    /// How it came in.
    pub(crate) arrival: Arrival,
    /// Which request it is.
    pub(crate) meta: Arc<Meta>,
    /// Its head.
    pub(crate) parts: http::request::Parts,
    /// What the path's names stand for.
    pub(crate) names: Vec<(String, String)>,
    /// Behind a lock only so that a call can be looked at from any thread; nobody ever waits for it.
    body: Mutex<Body>,
    stored: Option<OwnedSemaphorePermit>,
}

impl Call {
    /// The request behind a matched row.
    pub(crate) fn new(
        app: App,
        row: Arc<Row>,
        (arrival, meta): (Arrival, Arc<Meta>),
        names: Vec<(String, String)>,
        request: http::Request<Body>,
    ) -> Self {
        let (parts, body) = request.into_parts();
        Self { app, row, arrival, meta, parts, names, body: Mutex::new(body), stored: None }
    }

    /// The request's headers.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// The text of a header; absent, too, where it is not visible ASCII.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers().get(name).map(HeaderValue::to_str).and_then(Result::ok)
    }

    /// A name of the path.
    pub(crate) fn name(&self, name: &str) -> &str {
        let found = self.names.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// A name of the path as an id; what is no id names nothing.
    pub(crate) fn id<T: std::str::FromStr>(&self, name: &str, what: &str) -> Result<T, Refusal> {
        self.name(name).parse().map_err(|_| crate::refusal::not_found(what))
    }

    /// The request as the audit log knows it.
    pub(crate) fn cause(&self) -> Cause {
        Cause { address: self.arrival.address, request_id: self.meta.request_id().to_owned() }
    }

    /// The query, without parameters that the row does not know.
    pub(crate) fn query(&self) -> Result<Query, Refusal> {
        let query = Query::read(self.parts.uri.query().unwrap_or_default());
        query.only(self.row.params)?;
        Ok(query)
    }

    /// The media type of the body, without its parameters.
    pub(crate) fn media_type(&self) -> Option<&str> {
        media::essence(self.headers().get(CONTENT_TYPE)?)
    }

    /// Refuses a declared length over the row's limit, before any of the body is asked for.
    pub(crate) fn check_declared_len(&self) -> Result<(), Refusal> {
        let limit = self.body_bytes_max();
        match http_body::Body::size_hint(&*self.body.lock()).exact() {
            Some(len) if len > limit => Err(too_large(limit)),
            _ => Ok(()),
        }
    }

    /// The body behind the row's limit and the rate.
    pub(crate) fn take_body(&mut self) -> Guarded {
        let options = &self.app.options;
        let rate = Rate { bytes_per_second_min: options.body_bytes_per_second_min, window: options.body_window };
        let limit = self.body_bytes_max();
        Guarded::new(std::mem::take(self.body.get_mut()), limit, rate)
    }

    /// All of the body; its room is given back when the call is dropped.
    pub(crate) async fn bytes(&mut self) -> Result<Bytes, Refusal> {
        let body = self.take_body();
        self.whole(body).await
    }

    /// Makes room for a body that is read as several pieces, which together are at most `limit` long.
    pub(crate) fn make_room(&mut self, body: &Guarded, limit: u64) -> Result<(), Refusal> {
        let len = body.declared_len().unwrap_or(limit).min(limit);
        self.stored = Some(self.app.cellar.store(usize::try_from(len).unwrap_or(usize::MAX))?);
        Ok(())
    }

    /// All of a body that was taken before.
    pub(crate) async fn whole(&mut self, body: Guarded) -> Result<Bytes, Refusal> {
        let Whole { bytes, stored } = body.collect(&self.app.cellar).await?;
        self.stored = stored;
        Ok(bytes)
    }

    /// The body as JSON of a known form.
    pub(crate) async fn json<T: DeserializeOwned>(&mut self) -> Result<T, Refusal> {
        if !self.media_type().is_some_and(media::is_json) {
            return Err(unsupported(self.media_type(), &["application/json"]));
        }
        inos_protocols::json::read(&self.bytes().await?)
    }

    /// The first of these media types that the client accepts.
    pub(crate) fn accepted(&self, offered: &[&'static str]) -> Result<&'static str, Refusal> {
        media::accepted(self.headers(), offered)
            .ok_or_else(|| Refusal::new(Kind::NotAcceptable, format!("This is available as {}.", offered.join(" or "))))
    }

    fn body_bytes_max(&self) -> u64 {
        match self.row.room {
            Room::Small => 1 << 20,
            Room::Message => self.app.options.message_bytes_max,
            Room::Stream => self.app.options.body_bytes_max,
        }
    }
}

/// A body of a kind that is not read here.
pub(crate) fn unsupported(given: Option<&str>, wanted: &[&str]) -> Refusal {
    let given = given.map_or("The request names no Content-Type".to_owned(), |given| {
        let given: String = given.chars().filter(|c| c.is_ascii_graphic()).take(80).collect();
        format!("`{given}` is not read here")
    });
    Refusal::new(Kind::UnsupportedMediaType, format!("{given}; send {}.", wanted.join(" or ")))
}
