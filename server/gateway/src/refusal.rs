//! The one place that knows status codes: a refusal becomes a problem (RFC 9457) here and nowhere else.

use axum::{body::Body, response::Response};
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use inos_protocols::{Problem, Refusal, refusal::Kind};

use crate::trace::Meta;

/// The media type of a problem.
pub(crate) const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");

/// What a handler gives: an answer or the reason why there is none.
pub(crate) type Answer = Result<Response, Refused>;

/// The status code of each kind.
pub(crate) fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::MalformedCapsule | Kind::InvalidJson | Kind::BadRequest => StatusCode::BAD_REQUEST,
        Kind::Unauthorized => StatusCode::UNAUTHORIZED,
        Kind::InsufficientCredits | Kind::BudgetExceeded => StatusCode::PAYMENT_REQUIRED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound | Kind::UnknownUnit | Kind::UnknownMethod => StatusCode::NOT_FOUND,
        Kind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Kind::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
        Kind::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
        Kind::IdempotencyConflict | Kind::JobNotCancellable | Kind::Conflict | Kind::Cancelled => StatusCode::CONFLICT,
        Kind::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        Kind::OutputNotKept => StatusCode::GONE,
        Kind::InputFailed => StatusCode::FAILED_DEPENDENCY,
        Kind::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::UriTooLong => StatusCode::URI_TOO_LONG,
        Kind::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Kind::RangeNotSatisfiable => StatusCode::RANGE_NOT_SATISFIABLE,
        Kind::InvalidParams => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::QueueFull | Kind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Kind::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        Kind::Internal | Kind::WorkerLost => StatusCode::INTERNAL_SERVER_ERROR,
        Kind::Overloaded | Kind::DatabaseUnavailable | Kind::KeysUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Kind::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
    }
}

/// A refusal on its way to a client, with the headers that go with it.
#[derive(Debug, Clone)]
pub(crate) struct Refused(Box<Inside>);

#[derive(Debug, Clone)]
struct Inside {
    refusal: Refusal,
    headers: Vec<(HeaderName, HeaderValue)>,
    closing: bool,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(Box::new(Inside { refusal, headers: Vec::new(), closing: false }))
    }
}

impl Refused {
    /// The same with one more header.
    #[must_use]
    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// The same, and the connection ends with it.
    #[must_use]
    pub(crate) fn closing(mut self) -> Self {
        self.0.closing = true;
        self
    }

    /// The refusal itself, for those who answer otherwise than by HTTP.
    pub(crate) fn into_refusal(self) -> Refusal {
        self.0.refusal
    }

    /// What went wrong.
    #[cfg(test)]
    pub(crate) fn kind(&self) -> Kind {
        self.0.refusal.kind
    }

    /// The answer that a client gets.
    pub(crate) fn render(self, meta: &Meta) -> Response {
        let Inside { refusal, headers, closing } = *self.0;
        let status = status(refusal.kind);
        let problem = Problem {
            status: Some(status.as_u16()),
            instance: Some(meta.path.clone()),
            request_id: Some(meta.request_id().to_owned()),
            ..refusal.problem()
        };
        let body = serde_json::to_vec(&problem).expect("a problem has only text, numbers and lists");
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let to = response.headers_mut();
        to.insert(CONTENT_TYPE, PROBLEM);
        to.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        to.extend(headers);
        if let Some(ms) = refusal.retry_after_ms {
            to.insert(RETRY_AFTER, HeaderValue::from(ms.div_ceil(1000).max(1)));
        }
        if let (Kind::QueueFull, Some(cap)) = (refusal.kind, refusal.available) {
            let text = |text: &str| HeaderValue::from_str(text).expect("digits and quotes are visible ASCII");
            to.insert("ratelimit-policy", text(&format!("\"queue\";q={cap}")));
            to.insert("ratelimit", text("\"queue\";r=0"));
        }
        if refusal.kind == Kind::Unauthorized {
            to.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"inos\""));
        }
        if closing || matches!(refusal.kind, Kind::PayloadTooLarge | Kind::BodyTimeout) {
            to.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// The refusal behind a job's problem, so that a failed job can be told with a status of its own.
pub(crate) fn of_problem(problem: Problem) -> Refusal {
    let Problem { code, detail, errors, retry_after_ms, required, available, .. } = problem;
    let kind = Kind::from_slug(&code).unwrap_or(Kind::Internal);
    Refusal { kind, detail, errors, retry_after_ms, required, available }
}

/// Something broke on our side: the cause goes to the log, the caller learns only that it happened.
pub(crate) fn internal(cause: &(dyn std::error::Error + 'static)) -> Refusal {
    tracing::error!(error = cause, "a request could not be answered");
    Refusal::new(Kind::Internal, "Something broke on our side. Nothing was charged for it; try again.")
}

/// There is nothing under this name, or it is somebody else's.
pub(crate) fn not_found(what: &str) -> Refusal {
    Refusal::new(Kind::NotFound, format!("There is no such {what}, or it belongs to another account."))
}
