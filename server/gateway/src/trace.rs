//! Which request this is: its id, its place in a W3C trace, and the step that is recorded of it, if one is.
//! Nothing a client sends here can make a request fail.

use std::{
    borrow::Cow,
    sync::{Arc, OnceLock},
    time::{Instant, SystemTime},
};

use http::{HeaderMap, HeaderValue, Method, StatusCode};
use inos_broker::{Origin, Recorder, Span, Value};
use inos_protocols::trace::{TraceContext, TraceId};
use uuid::Uuid;

/// The header that names a request.
pub(crate) const REQUEST_ID: &str = "x-request-id";
/// Paths that are asked every few seconds by whoever watches the server: no step is recorded for their sake alone.
const WATCHED: [&str; 3] = ["/healthz", "/readyz", "/metrics"];
/// The longest request id that is taken over from a client.
const REQUEST_ID_LEN_MAX: usize = 64;

/// Which request this is.
#[derive(Debug)]
pub(crate) struct Meta {
    /// Its id: the client's own where it is sane, else a new one.
    pub(crate) request_id: HeaderValue,
    /// The trace that it belongs to.
    pub(crate) trace: TraceId,
    /// The path that was asked.
    pub(crate) path: String,
    /// When it came in.
    pub(crate) begun: Instant,
    /// The template of the path, once it has matched one.
    pub(crate) route: OnceLock<&'static str>,
    /// The client's own step, where it names one.
    parent: Option<TraceContext>,
    /// The step that is recorded of this request.
    span: Option<TraceContext>,
}

impl Meta {
    /// Reads what a request says of itself.
    pub(crate) fn of(headers: &HeaderMap, path: &str, recorder: Option<&Recorder>) -> Self {
        let given = headers.get(REQUEST_ID).filter(|id| is_sane(id.as_bytes()));
        let request_id = given.cloned().unwrap_or_else(|| {
            HeaderValue::from_str(&Uuid::now_v7().to_string()).expect("a UUID's text is visible ASCII")
        });
        let parent = headers.get("traceparent").and_then(|parent| parent.to_str().ok()?.parse::<TraceContext>().ok());
        let trace = parent.map_or_else(TraceId::new, |parent| parent.trace);
        let span = recorder.and_then(|recorder| recorder.begin(parent.as_ref(), trace));
        let (path, begun, route) = (path.to_owned(), Instant::now(), OnceLock::new());
        Self { request_id, trace, path, begun, route, parent, span }
    }

    /// The request's id as text.
    pub(crate) fn request_id(&self) -> &str {
        self.request_id.to_str().unwrap_or_default()
    }

    /// Where a job of this request belongs among traces.
    pub(crate) fn origin(&self) -> Origin {
        self.span.map_or(Origin::Unrecorded, Origin::Part)
    }

    /// Where the jobs of a connection belong that this request opens: to its client's trace where there is one.
    /// Otherwise each may begin a trace, since one for all would grow for as long as the connection is open.
    pub(crate) fn origin_of_many(&self) -> Origin {
        match self.parent {
            Some(_) => self.origin(),
            None => Origin::Own(self.span),
        }
    }
}

/// The step of one request. It is recorded when this is dropped, also where the client went away before the answer.
pub(crate) struct RequestSpan {
    recorder: Recorder,
    meta: Arc<Meta>,
    context: TraceContext,
    method: &'static str,
    begun: SystemTime,
    status: Option<StatusCode>,
}

impl RequestSpan {
    /// The step of this request, if it is recorded.
    pub(crate) fn begin(recorder: Option<&Recorder>, meta: &Arc<Meta>, method: &Method) -> Option<Self> {
        let (recorder, context) = (recorder?.clone(), meta.span?);
        let (meta, method, begun) = (Arc::clone(meta), name_of(method), SystemTime::now());
        Some(Self { recorder, meta, context, method, begun, status: None })
    }

    /// The head of the answer is ready.
    pub(crate) fn answered(mut self, status: StatusCode) {
        self.status = Some(status);
    }
}

impl Drop for RequestSpan {
    fn drop(&mut self) {
        let route = self.meta.route.get().copied();
        if self.meta.parent.is_none() && route.is_some_and(|route| WATCHED.contains(&route)) {
            return;
        }
        let text = |text| Value::Text(Cow::Borrowed(text));
        let mut attributes = vec![
            ("http.request.method", text(self.method)),
            ("inos.request.id", Value::Text(self.meta.request_id().to_owned().into())),
        ];
        attributes.extend(route.map(|route| ("http.route", text(route))));
        match self.status {
            Some(status) => {
                attributes.push(("http.response.status_code", Value::Number(status.as_u16().into())));
                if status.is_server_error() {
                    attributes.push(("error.type", Value::Text(status.as_str().to_owned().into())));
                }
            }
            None => attributes.push(("error.type", text("client-gone"))),
        }
        self.recorder.record(Span {
            context: self.context,
            parent: self.meta.parent.map(|parent| parent.span),
            link: None,
            name: route.map_or(Cow::Borrowed(self.method), |route| format!("{} {route}", self.method).into()),
            is_server: true,
            begun: self.begun,
            ended: SystemTime::now(),
            attributes,
            failed: self.status.is_some_and(|status| status.is_server_error()),
        });
    }
}

/// A method that HTTP knows; any other is its client's own text, which is not told.
fn name_of(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("_OTHER")
}

fn is_sane(id: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    (1..=REQUEST_ID_LEN_MAX).contains(&id.len()) && id.iter().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn meta(parent: &'static str, ratio: f64) -> Meta {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", HeaderValue::from_static(parent));
        Meta::of(&headers, "/", Some(&inos_broker::spans(ratio).0))
    }

    #[test]
    fn a_valid_parent_gives_its_trace_and_takes_the_jobs() {
        let of = meta(PARENT, 0.0);
        assert_eq!(of.trace.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        let Origin::Part(span) = of.origin() else { panic!("{:?}", of.origin()) };
        assert_eq!(span.trace, of.trace);
        assert_ne!(span.span, PARENT.parse::<TraceContext>().unwrap().span);
        assert_eq!(of.origin_of_many(), of.origin());
    }

    #[test]
    fn a_client_that_does_not_record_is_not_recorded() {
        let of = meta("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", 1.0);
        assert_eq!((of.origin(), of.origin_of_many()), (Origin::Unrecorded, Origin::Unrecorded));
        let of = Meta::of(&HeaderMap::new(), "/", None);
        assert_eq!(of.origin(), Origin::Unrecorded);
    }

    #[test]
    fn a_bad_parent_begins_a_new_trace() {
        for (ratio, is_recorded) in [(1.0, true), (0.0, false)] {
            let of = meta("nonsense", ratio);
            assert_eq!(of.trace.to_string().len(), 32);
            assert_eq!(of.origin() != Origin::Unrecorded, is_recorded);
            assert!(matches!(of.origin_of_many(), Origin::Own(span) if span.is_some() == is_recorded));
        }
    }

    #[test]
    fn a_request_keeps_its_own_id_only_if_it_is_sane() {
        let id = |given: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_static(given));
            Meta::of(&headers, "/", None).request_id().to_owned()
        };
        assert_eq!(id("order-17.b_2"), "order-17.b_2");
        for bad in ["", "a b", "<script>", "0123456789012345678901234567890123456789012345678901234567890123456789"] {
            assert_eq!(id(bad).len(), 36, "{bad}");
        }
    }

    #[test]
    fn a_method_of_the_clients_own_is_not_told() {
        assert_eq!(name_of(&Method::POST), "POST");
        assert_eq!(name_of(&Method::from_bytes(b"CANARY").unwrap()), "_OTHER");
    }
}
