//! The front of the house: what every request passes on its way in and every answer on its way out.
//! It knows no path.

use std::{panic::AssertUnwindSafe, sync::Arc, sync::atomic::Ordering::Relaxed};

use axum::{Router, body::Body, response::Response};
use futures_util::{FutureExt, future::BoxFuture};
use http::{
    HeaderMap, HeaderName, HeaderValue, Request,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
};
use hyper::body::Incoming;
use inos_protocols::{Refusal, refusal::Kind};
use tower::ServiceExt;
use tracing::Instrument;

use crate::{
    leftover,
    refusal::Refused,
    serve::{Arrival, Site},
    state::App,
    strict,
    trace::{Meta, RequestSpan},
};

const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// Under which name each answer is a line of the log, where it is asked for.
const ANSWERS: &str = "inos_gateway::answers";
const REQUEST_ID: HeaderName = HeaderName::from_static(crate::trace::REQUEST_ID);

/// The rules of the front, and the paths behind it.
pub(crate) struct Front {
    app: App,
    paths: Router,
}

impl Front {
    /// A front before these paths.
    pub(crate) fn new(app: App, paths: Router) -> Self {
        Self { app, paths }
    }
}

impl Site for Front {
    fn answer(&self, arrival: Arrival, request: Request<Incoming>) -> BoxFuture<'static, Response> {
        let (app, paths) = (Arc::clone(&self.app), self.paths.clone());
        Box::pin(async move {
            let (request, leftover) = leftover::watch(request);
            let mut response = answer(app, paths, arrival, request).await;
            if let Some(leftover) = leftover {
                leftover.settle(&mut response).await;
            }
            response
        })
    }
}

/// Answers one request.
pub(crate) async fn answer(app: App, paths: Router, arrival: Arrival, request: Request<Body>) -> Response {
    let recorder = app.broker.recorder();
    let meta = Arc::new(Meta::of(request.headers(), request.uri().path(), recorder));
    let step = RequestSpan::begin(recorder, &meta, request.method());
    // Of the highest level, so that no line of a request is ever without its ids.
    let span = tracing::error_span!(
        "request",
        method = %request.method(),
        path = %meta.path,
        request_id = meta.request_id(),
        trace_id = %meta.trace,
    );
    let response = answered(&app, paths, arrival, request, &meta).instrument(span).await;
    if let Some(step) = step {
        step.answered(response.status());
    }
    response
}

async fn answered(app: &App, paths: Router, arrival: Arrival, request: Request<Body>, meta: &Arc<Meta>) -> Response {
    let origin = request.headers().get(ORIGIN).cloned();
    let admitted = admit(app, paths, arrival, request, meta);
    let mut response = match AssertUnwindSafe(admitted).catch_unwind().await {
        Ok(response) => response,
        // The panic hook has logged it.
        Err(_) => {
            app.metrics.panics.fetch_add(1, Relaxed);
            let detail = "Something broke on our side. Nothing was charged for it; try again.";
            Refused::from(Refusal::new(Kind::Internal, detail)).render(meta)
        }
    };
    dress(app, response.headers_mut(), origin.as_ref(), meta);
    tracing::debug!(
        target: ANSWERS,
        route = meta.route.get(),
        status = response.status().as_u16(),
        duration_us = meta.begun.elapsed().as_micros() as u64,
        "answered"
    );
    response
}

async fn admit(app: &App, paths: Router, arrival: Arrival, mut request: Request<Body>, meta: &Arc<Meta>) -> Response {
    if let Err(refused) = strict::check(&request, arrival.ambiguous) {
        app.metrics.refused_at_the_door.fetch_add(1, Relaxed);
        return refused.render(meta);
    }
    if let Some(response) = app.origins.preflight(&request) {
        return response;
    }
    request.extensions_mut().insert(arrival);
    request.extensions_mut().insert(Arc::clone(meta));
    match paths.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Adds what every answer carries.
fn dress(app: &App, headers: &mut HeaderMap, origin: Option<&HeaderValue>, meta: &Meta) {
    headers.insert(REQUEST_ID, meta.request_id.clone());
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    or_insert(headers, CORP, "same-origin");
    or_insert(headers, CACHE_CONTROL, "no-store");
    or_insert(headers, CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox");
    app.origins.mark(origin, headers);
}

fn or_insert(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}
