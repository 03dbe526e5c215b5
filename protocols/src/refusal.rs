//! Why something was not done, said once for every door: each kind is one problem page (RFC 9457).
//! Status codes are the gateway's; here is only what went wrong and whether trying again can help.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Microcredits;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $slug:literal, $title:literal, $retryable:literal;)*) => {
        /// Every kind of refusal; its slug is the last part of the problem's `type`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind { $($(#[$doc])* $name,)* }

        impl Kind {
            /// Every kind, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable name, such as `insufficient-credits`.
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug,)* }
            }

            /// A short sentence for people.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// Whether the same request may succeed later without a change.
            pub const fn retryable(self) -> bool {
                match self { $(Self::$name => $retryable,)* }
            }

            /// The kind with this slug.
            pub fn from_slug(slug: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.slug() == slug)
            }
        }
    };
}

kinds! {
    /// No key, or none that we know.
    Unauthorized = "unauthorized", "The key is missing or not valid", false;
    /// The key lacks a scope.
    Forbidden = "forbidden", "The key may not do this", false;
    /// No such thing, or not this account's.
    NotFound = "not-found", "There is nothing here", false;
    /// No unit of that name.
    UnknownUnit = "unknown-unit", "There is no such unit", false;
    /// The unit has no method of that name.
    UnknownMethod = "unknown-method", "The unit has no such method", false;
    /// Parameters or inputs that the method's schema refuses.
    InvalidParams = "invalid-params", "The parameters do not fit the method", false;
    /// Bytes that are no capsule.
    MalformedCapsule = "malformed-capsule", "The capsule cannot be read", false;
    /// Bytes that are not the wanted JSON.
    InvalidJson = "invalid-json", "The JSON cannot be read", false;
    /// A body of a kind that this path does not take.
    UnsupportedMediaType = "unsupported-media-type", "This media type is not accepted here", false;
    /// A body, input or output over its limit.
    PayloadTooLarge = "payload-too-large", "The payload is over the limit", false;
    /// The account has too little.
    InsufficientCredits = "insufficient-credits", "The account has too few credits", false;
    /// The job would cost more than its own budget.
    BudgetExceeded = "budget-exceeded", "The job's budget is too small", false;
    /// The idempotency key was used with another request.
    IdempotencyConflict = "idempotency-conflict", "This idempotency key belongs to another request", false;
    /// The job has ended.
    JobNotCancellable = "job-not-cancellable", "The job has already ended", false;
    /// The state of the thing forbids it.
    Conflict = "conflict", "The present state does not allow this", false;
    /// What was to be changed is in another state than the request wanted.
    PreconditionFailed = "precondition-failed", "It is not in the state that the request named", false;
    /// The account's own queue is at its cap.
    QueueFull = "queue-full", "This account has too many jobs waiting", true;
    /// Too many requests.
    RateLimited = "rate-limited", "Too many requests", true;
    /// The server is at its high water for everybody.
    Overloaded = "overloaded", "The server is at its limit", true;
    /// The ledger's database does not answer.
    DatabaseUnavailable = "database-unavailable", "The database does not answer", true;
    /// The server cannot open the keys that it holds.
    KeysUnavailable = "keys-unavailable", "The keys that the server holds cannot be opened", true;
    /// No room on the disk.
    StorageFull = "storage-full", "The server's storage is full", true;
    /// The output was not kept.
    OutputNotKept = "output-not-kept", "The output was not kept", false;
    /// A job whose output was to be an input did not succeed.
    InputFailed = "input-failed", "A job that this one builds on did not succeed", false;
    /// The path knows no such method.
    MethodNotAllowed = "method-not-allowed", "This path does not take this method", false;
    /// None of the accepted media types can be made.
    NotAcceptable = "not-acceptable", "None of the accepted media types is available", false;
    /// The body came too slowly.
    BodyTimeout = "body-timeout", "The body came too slowly", true;
    /// The request line is too long.
    UriTooLong = "uri-too-long", "The URI is too long", false;
    /// The range lies outside the content.
    RangeNotSatisfiable = "range-not-satisfiable", "The range lies outside the content", false;
    /// The header section is too large.
    HeadersTooLarge = "headers-too-large", "The headers are too large", false;
    /// The job's time ran out.
    DeadlineExceeded = "deadline-exceeded", "The job's time ran out", true;
    /// The job was cancelled before it ended.
    Cancelled = "cancelled", "The job was cancelled", false;
    /// The request cannot be understood as HTTP.
    BadRequest = "bad-request", "The request cannot be understood", false;
    /// What ran the job is gone.
    WorkerLost = "worker-lost", "The process that ran the job ended", true;
    /// Our fault; never charged.
    Internal = "internal", "Something broke on our side", true;
}

/// One thing wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldError {
    /// JSON Pointer (RFC 6901) to the field, such as `/params/quality`.
    pub pointer: String,
    /// What is wrong with it.
    pub message: String,
}

/// A request that was not carried out, and what its sender may know about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", kind.slug())]
pub struct Refusal {
    /// What went wrong.
    pub kind: Kind,
    /// What happened, what it means and what to do next; safe to show to the caller.
    pub detail: String,
    /// The fields at fault.
    pub errors: Vec<FieldError>,
    /// When trying again makes sense.
    pub retry_after_ms: Option<u64>,
    /// What it would have taken (credits, or the limit that was hit).
    pub required: Option<u64>,
    /// What there was.
    pub available: Option<u64>,
}

impl Refusal {
    /// A refusal with nothing but its words.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new(), retry_after_ms: None, required: None, available: None }
    }

    /// A refusal for one field.
    pub fn field(kind: Kind, pointer: impl Into<String>, message: impl Into<String>) -> Self {
        let error = FieldError { pointer: pointer.into(), message: message.into() };
        Self { errors: vec![error.clone()], ..Self::new(kind, format!("{}: {}", error.pointer, error.message)) }
    }

    /// The same with a time to wait.
    #[must_use]
    pub fn retry_after_ms(mut self, ms: u64) -> Self {
        self.retry_after_ms = Some(ms);
        self
    }

    /// The same with what was needed and what there was.
    #[must_use]
    pub fn amounts(mut self, required: Microcredits, available: Microcredits) -> Self {
        self.required = Some(required.get());
        self.available = Some(available.get());
        self
    }

    /// The problem as it crosses the wire; the door adds `status`, `instance` and `request_id`.
    pub fn problem(&self) -> Problem {
        let Self { kind, detail, errors, retry_after_ms, required, available } = self.clone();
        Problem {
            r#type: format!("/problems/{}", kind.slug()),
            title: kind.title().into(),
            status: None,
            detail,
            instance: None,
            code: kind.slug().into(),
            request_id: None,
            retryable: kind.retryable(),
            errors,
            retry_after_ms,
            required,
            available,
        }
    }
}

/// A problem body (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// `/problems/<slug>`, a page that explains it.
    pub r#type: String,
    /// A short sentence, the same for every problem of this type.
    pub title: String,
    /// The HTTP status, where it came over HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What happened this time.
    pub detail: String,
    /// The path that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The slug alone.
    pub code: String,
    /// The id of the request, to be named when asking for help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Whether the same request may succeed later without a change.
    pub retryable: bool,
    /// The fields at fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// When trying again makes sense, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// What it would have taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<u64>,
    /// What there was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available: Option<u64>,
}
