//! What each problem page says: cause, meaning for money and data, and what to do next.

use inos_protocols::refusal::Kind;

const NOTHING: &str = "Nothing was run, stored or charged.";
const JOB_ENDED: &str =
    "The job has ended; its receipt says what was charged, and what was held beyond that is free again.";

/// The words of one kind: what leads to it, what it means for money and data, what to do next.
pub(super) type Words = (Kind, &'static str, &'static str, &'static str);

/// The words of every kind, in the order of [`Kind::ALL`].
pub(super) const WORDS: &[Words] = &[
    (
        Kind::Unauthorized,
        "The request shows no key, or one that is unknown, revoked or expired. Which of these is not said, so that keys cannot be guessed.",
        NOTHING,
        "Send `Authorization: Bearer inos_…` with a key of yours. On a fresh server the first key lies in `admin.key` in the data directory.",
    ),
    (
        Kind::Forbidden,
        "The key is right, and lacks the scope that this path asks for; or a page of an origin that is not allowed tried to open a WebSocket.",
        NOTHING,
        "Use a key that has the scope, or make one with `POST /v1/keys`. Origins are allowed by `--cors-origins`.",
    ),
    (
        Kind::NotFound,
        "There is nothing under this name, or it belongs to another account. Both look the same on purpose.",
        NOTHING,
        "Check the id, and that the key belongs to the account that made the thing.",
    ),
    (
        Kind::UnknownUnit,
        "The capsule names a unit that this server does not have.",
        NOTHING,
        "`GET /v1/units` lists the units. The problem's detail names similar ones.",
    ),
    (
        Kind::UnknownMethod,
        "The unit exists and has no method of this name.",
        NOTHING,
        "`GET /v1/units/{unit}` lists its methods.",
    ),
    (
        Kind::InvalidParams,
        "A parameter, an input or a field of the request does not fit its schema. `errors` names each by its JSON Pointer.",
        "Nothing was charged. Where the unit itself found the mistake while it ran, the job ended as failed and cost nothing.",
        "Mend the named fields. `GET /v1/units/{unit}/{method}` shows the schema with limits, defaults and an example.",
    ),
    (
        Kind::MalformedCapsule,
        "The bytes are no Cap'n Proto message of the wanted kind, or one that is too large, too deep, packed or followed by other bytes.",
        NOTHING,
        "Send one unpacked message in the standard framing. The schemas lie in `protocols/schemas`.",
    ),
    (
        Kind::InvalidJson,
        "The body is not JSON, or is nested too deeply.",
        NOTHING,
        "Check the body with any JSON reader; the detail names line and column.",
    ),
    (
        Kind::UnsupportedMediaType,
        "The body's Content-Type, or its Content-Encoding, is not read here.",
        NOTHING,
        "Send one of the media types that the detail names, uncompressed.",
    ),
    (
        Kind::PayloadTooLarge,
        "A body, a message, an input or an output is over its limit. The limit stands in the problem.",
        "Nothing was charged. A body over the limit is refused before it is read where its length was declared.",
        "Send less, stream it to `PUT /v1/blobs` and name it by its hash, or ask the operator for a larger limit.",
    ),
    (
        Kind::InsufficientCredits,
        "The account, or the token's budget, has less than the job may cost. `required` and `available` say how much, in microcredits.",
        "Nothing was run or charged, and nothing is held. A body of unknown length may be cut for this reason while it arrives; then the job ends and costs nothing.",
        "Ask the operator for a grant, name a smaller `budget`, or wait until jobs under way give back what they hold.",
    ),
    (
        Kind::BudgetExceeded,
        "The job would cost more than the budget that it named, or than is left of its key's budget or of the account's budget of this month. `required` and `available` say how much, in microcredits.",
        "At the door: nothing was run or charged. While running: the job was stopped and costs at most its budget.",
        "Raise the job's `budget`, or ask for a larger one of the key or the account. `POST /v1/quotes` says what a job would cost.",
    ),
    (
        Kind::IdempotencyConflict,
        "The idempotency key was used within 24 hours, with another request.",
        "The earlier job stands. Nothing was run or charged for this request.",
        "Use a new key for a new request, and the same key only to repeat the same one.",
    ),
    (
        Kind::JobNotCancellable,
        "The job had ended before the wish to cancel it came.",
        "The job is as it ended: its result and its charge stand.",
        "`GET /v1/jobs/{id}` shows how it ended.",
    ),
    (
        Kind::Conflict,
        "The thing is in a state that does not allow this yet, or no longer; or bytes and the hash that names them differ.",
        "Nothing was changed.",
        "Look at its present state and decide again.",
    ),
    (
        Kind::PreconditionFailed,
        "`If-Match` or `If-None-Match` named another state than the one that it is in: somebody else was faster.",
        "Nothing was changed.",
        "Read it again, look at its `ETag`, and send the change that fits.",
    ),
    (
        Kind::QueueFull,
        "As many jobs of this account wait as it may have waiting. `required` is how many wait, `available` is the cap.",
        "Nothing was charged for this request. The waiting jobs are safe.",
        "Wait as long as `Retry-After` says. Fewer and larger batches do not help: the cap counts jobs.",
    ),
    (
        Kind::RateLimited,
        "Too many requests, or too many wrong keys, came within a short time.",
        NOTHING,
        "Wait as long as `Retry-After` says.",
    ),
    (
        Kind::Overloaded,
        "The server's queue or memory is at its high water for everybody, or the server is about to stop.",
        "Nothing was charged for this request. Jobs that were accepted before are safe.",
        "Try again after `Retry-After`; clients should add some chance to the delay.",
    ),
    (
        Kind::DatabaseUnavailable,
        "The database does not answer, so nothing can be recorded.",
        "What cannot be recorded is neither charged nor given out. Jobs that were acknowledged before are safe and go on.",
        "Try again with the same idempotency key: if the first attempt was recorded after all, its answer comes back.",
    ),
    (
        Kind::KeysUnavailable,
        "The master key under which the server's held keys are sealed is missing, unreadable or not the one they were sealed under, or a held key's record was changed.",
        "Nothing was charged. Held keys are as they were, and accepted jobs that use them wait for the next start.",
        "The operator puts `keys.master` back into the data directory, from a backup or from another server of the same database; `inos check` names what does not open.",
    ),
    (
        Kind::StorageFull,
        "The disk, or the account's share of it, is full.",
        "Nothing new was stored or charged. What is stored is untouched.",
        "Delete blobs that are no longer needed, or ask the operator for room.",
    ),
    (
        Kind::OutputNotKept,
        "The job's output was not kept, or its time is over. A synchronous job gives its output once, in its answer.",
        "The job and its receipt stand; only the bytes are gone.",
        "Ask for `keep`, use an idempotency key, or submit with `POST /v1/jobs` to have outputs kept.",
    ),
    (
        Kind::WorkerLost,
        "The job ran in a process of its own, and that ended before the job did: its input made it crash, or somebody killed it.",
        "Nothing was charged, and no other job was touched.",
        "Try again. Where it ends the same way, the input is what a library behind the method cannot take: try it with less.",
    ),
    (
        Kind::InputFailed,
        "The job takes the output of another job as its input, and that one failed, was cancelled or ran out of time. The detail names it and says why.",
        "Nothing was run or charged.",
        "Look at the job that is named, try it again with `POST /v1/jobs/{id}/retry`, and submit this one with the new job's id.",
    ),
    (
        Kind::MethodNotAllowed,
        "The path exists and does not take this HTTP method.",
        NOTHING,
        "The `Allow` header lists the methods that it takes.",
    ),
    (
        Kind::NotAcceptable,
        "The answer cannot be made in any of the media types that the Accept header names.",
        NOTHING,
        "Accept one of the media types that the detail names.",
    ),
    (
        Kind::BodyTimeout,
        "The body came slower than the server waits for.",
        "The job, if one had begun, was ended and costs nothing. The connection is closed.",
        "Try again over a faster line, or send less at once.",
    ),
    (Kind::UriTooLong, "Path and query together are over 8 KiB.", NOTHING, "Send parameters in the body instead."),
    (
        Kind::RangeNotSatisfiable,
        "The wanted range begins behind the end.",
        "Nothing was changed.",
        "The `Content-Range` header has the length.",
    ),
    (
        Kind::HeadersTooLarge,
        "The request's headers are over 64 KiB, or more than 100.",
        NOTHING,
        "Send fewer and shorter headers.",
    ),
    (
        Kind::DeadlineExceeded,
        "The job waited or ran longer than it, its method or the server allows. `errors` names the clock: `/queue_ttl_ms` is the wait for its beginning, `/timeout_ms` one attempt, `/deadline` the whole.",
        JOB_ENDED,
        "Give that clock more time, send a smaller job, or try when the queue is shorter.",
    ),
    (
        Kind::Cancelled,
        "Somebody with a key of this account cancelled the job.",
        JOB_ENDED,
        "Submit it again if it is still wanted.",
    ),
    (
        Kind::BadRequest,
        "The request is not proper HTTP: no or several Host headers, a path that points elsewhere, a body that breaks off.",
        NOTHING,
        "Use a current HTTP library. The detail says what was wrong.",
    ),
    (
        Kind::Internal,
        "Something broke on our side. The cause is in the server's log under the request's id, and is not shown here.",
        "It is never charged: what was held is free again.",
        "Try again. If it stays, tell the operator the `request_id`.",
    ),
];
