//! The committed vectors: the same value as JSON and as a Cap'n Proto message, for whoever reads either.

use std::{fmt::Debug, path::Path};

use bytes::Bytes;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::receipts::{commit, receipt};
use crate::{Hash, Refusal, json, receipt::SignedReceipt, wire};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    json: Value,
    capnp: String,
}

/// Holds the vectors in `file` to both forms, after making them anew from `cases` where that is asked for.
fn check<T: Debug + PartialEq + Serialize + DeserializeOwned>(
    file: &str,
    read: fn(&Bytes) -> Result<T, Refusal>,
    write: fn(&T) -> Vec<u8>,
    cases: Vec<(&str, Value)>,
) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(file).with_extension("json");
    let value_of = |json: &Value| json::read::<T>(json.to_string().as_bytes()).unwrap();
    if std::env::var_os("INOS_WRITE").is_some() {
        let vector = |(name, json): &(&str, Value)| Vector {
            name: (*name).into(),
            json: json.clone(),
            capnp: HEXLOWER.encode(&write(&value_of(json))),
        };
        let vectors: Vec<Vector> = cases.iter().map(vector).collect();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, serde_json::to_string_pretty(&vectors).unwrap() + "\n").unwrap();
    }
    let vectors: Vec<Vector> = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(vectors.len(), cases.len(), "a case lacks its vector: run with INOS_WRITE=1");
    for Vector { name, json, capnp } in vectors {
        let value = value_of(&json);
        let message = Bytes::from(HEXLOWER.decode(capnp.as_bytes()).unwrap());
        assert_eq!(HEXLOWER.encode(&write(&value)), capnp, "{file}: {name}");
        assert_eq!(read(&message).unwrap(), value, "{file}: {name}");
        assert_eq!(serde_json::to_value(&value).unwrap(), json, "{file}: {name}");
    }
}

const JOB: &str = "job_019a0000000070008000000000000001";
const SESSION: &str = "ses_019a0000000070008000000000000002";

fn capsules() -> Vec<(&'static str, Value)> {
    vec![
        ("only what is needed", json!({"unit": "compute", "method": "blake3"})),
        ("a text", json!({"unit": "compute", "method": "blake3", "inputs": [{"text": "abc"}]})),
        ("no bytes at all", json!({"unit": "compute", "method": "sha256", "inputs": [{"text": ""}]})),
        (
            "bytes, a blob and a text that is not ASCII",
            json!({"unit": "compute", "method": "brotli_compress", "params": {"quality": 5, "mode": "text"},
                "inputs": [{"base64": "AAH//g=="}, {"blob": Hash::of(b"blob")}, {"text": "grüße 🦀"}]}),
        ),
        (
            "every field",
            json!({"unit": "compute", "method": "blake3", "params": {"key": null, "list": [1, -2, 0.1, true, "x"]},
                "inputs": [{"text": "abc"}], "output": {"store": "blob"}, "budget": 9_007_199_254_740_991_u64,
                "priority": 255, "timeout_ms": 30_000, "keep": true, "labels": {"color": "blue", "run": "7"},
                "idempotency_key": "order-17"}),
        ),
        (
            "every term that few ask for",
            json!({"unit": "compute", "method": "blake3", "inputs": [{"job": JOB, "output": 3}], "queue_ttl_ms": 500,
                "deadline": AT, "retry": {"max_attempts": 3, "backoff_ms": 10, "backoff_max_ms": 100}, "cache": "use",
                "keep_ms": 60_000}),
        ),
        (
            "a region in and a region out",
            json!({"unit": "compute", "method": "blake3", "inputs": [{"region": "world-1"}, {"text": "abc"}],
                "output": {"store": "inline", "region": "digest"}}),
        ),
        ("the freshest answer", json!({"unit": "compute", "method": "blake3", "cache": "refresh"})),
        ("zeros that were said", json!({"unit": "u", "method": "m", "budget": 0, "priority": 0, "timeout_ms": 0})),
    ]
}

fn problem() -> Value {
    json!({"type": "/problems/invalid-params", "title": "The parameters do not fit the method", "status": 422,
        "detail": "/params/quality: 12 is greater than the maximum of 11", "instance": "/v1/jobs",
        "code": "invalid-params", "request_id": "r-1", "retryable": false,
        "errors": [{"pointer": "/params/quality", "message": "12 is greater than the maximum of 11"}],
        "retry_after_ms": 0, "required": 12, "available": 0})
}

fn outcomes() -> Vec<(&'static str, Value)> {
    let digest = Hash::of(b"abc").to_string();
    let metrics = json!({"bytes_in": 3, "bytes_out": 64, "queued_us": 11, "run_us": 2});
    let none = json!({"bytes_in": 0, "bytes_out": 0, "queued_us": 0, "run_us": 0});
    vec![
        (
            "a text with its receipt",
            json!({"job": JOB, "state": "succeeded", "cost": 12, "metrics": metrics,
                "outputs": [{"media_type": "text/plain", "bytes": 64, "hash": Hash::of(digest.as_bytes()),
                    "text": digest}],
                "receipt": commit(&[receipt(1), receipt(2), receipt(3)])[1]}),
        ),
        (
            "bytes that are no text",
            json!({"job": JOB, "state": "succeeded", "cost": 0, "metrics": metrics, "outputs": [
                {"media_type": "application/octet-stream", "bytes": 3, "hash": Hash::of(b"abc"), "base64": "YWJj"},
                {"media_type": "application/json", "bytes": 2, "hash": Hash::of(b"{}"), "text": "{}"},
                {"media_type": "text/plain", "bytes": 1, "hash": Hash::of(b"\xff"), "base64": "/w=="}]}),
        ),
        (
            "a fault",
            json!({"job": JOB, "state": "failed", "cost": 0, "outputs": [], "error": problem(), "metrics": none}),
        ),
    ]
}

fn client_frames() -> Vec<(&'static str, Value)> {
    let submission =
        |(correlation, (_, capsule)): (usize, (&str, Value))| json!({"correlation": correlation, "capsule": capsule});
    let submissions: Vec<Value> = capsules().into_iter().enumerate().map(submission).collect();
    vec![
        ("submit", json!({"submit": submissions})),
        ("submit nothing", json!({"submit": []})),
        ("cancel", json!({"cancel": 7})),
        ("subscribe to a job", json!({"subscribe": {"job": JOB}})),
        ("subscribe to all jobs", json!({"subscribe": "jobs"})),
        ("subscribe to all jobs after an event", json!({"subscribe": {"after": {"event": 7}}})),
        ("subscribe to a job after an event", json!({"subscribe": {"after": {"event": 7, "job": JOB}}})),
        ("unsubscribe from a job", json!({"unsubscribe": {"job": JOB}})),
        ("unsubscribe from all jobs", json!({"unsubscribe": "jobs"})),
        (
            "subscribe to a region",
            json!({"subscribe": {"region": {"name": "world", "max_rate_hz": 10, "after": "1793000000000000"}}}),
        ),
        (
            "subscribe to a region, deflated and confirmed",
            json!({"subscribe": {"region": {"name": "world", "max_rate_hz": 0, "after": "0", "deflate": true,
                "confirms": true}}}),
        ),
        ("have an epoch of a region", json!({"have": {"name": "world", "epoch": "1793000000000001"}})),
        ("publish a region", json!({"publish": {"correlation": 7, "name": "world", "base64": "AP8="}})),
        (
            "publish a part of a region",
            json!({"publish": {"correlation": 7, "name": "world", "offset": 4096, "base64": "AP8="}}),
        ),
        ("ack", json!({"ack": 12})),
        ("ping", json!({"ping": 9_007_199_254_740_991_u64})),
        ("resume", json!({"resume": {"session": SESSION, "last_seq": 12}})),
    ]
}

fn server_frames() -> Vec<(&'static str, Value)> {
    let answer =
        |(correlation, (_, outcome)): (usize, (&str, Value))| json!({"correlation": correlation, "outcome": outcome});
    let answers: Vec<Value> = outcomes().into_iter().enumerate().map(answer).collect();
    vec![
        (
            "welcome",
            json!({"seq": 0, "welcome": {"protocol": "inos.capsule.v1", "node": receipt(1).node, "session": SESSION,
                "resume_ms": 60_000, "window": 4096, "frame_bytes_max": 1_048_576, "resumed": false}}),
        ),
        ("accepted", json!({"seq": 1, "accepted": [{"correlation": 7, "job": JOB}]})),
        ("result", json!({"seq": 2, "result": answers})),
        ("progress", json!({"seq": 3, "progress": {"job": JOB, "done": 1, "total": 0, "event": 8}})),
        ("state", json!({"seq": 4, "state": {"job": JOB, "state": "running", "cost": 0, "event": 9}})),
        ("a problem with a submission", json!({"seq": 5, "problem": {"correlation": 7, "problem": problem()}})),
        ("a problem with an epoch", json!({"seq": 5, "problem": {"publish": 7, "problem": problem()}})),
        ("a problem with a region", json!({"seq": 5, "problem": {"region": "world", "problem": problem()}})),
        (
            "a problem with a frame",
            json!({"seq": 6, "problem": {"problem": {"type": "/problems/malformed-capsule", "title": "t",
                "detail": "d", "code": "malformed-capsule", "retryable": false}}}),
        ),
        ("pong", json!({"seq": 6, "pong": 9})),
        ("log", json!({"seq": 7, "log": {"job": JOB, "line": "half of it", "event": 10}})),
        ("output", json!({"seq": 8, "output": {"job": JOB, "offset": 3, "base64": "AP8=", "event": 11}})),
        (
            "a region",
            json!({"seq": 0, "region": {"name": "world", "epoch": "18446744073709551615", "base": "0", "len": 2,
                "base64": "AP8="}}),
        ),
        (
            "a change of a region",
            json!({"seq": 0, "region": {"name": "world", "epoch": "9", "base": "7", "len": 8194, "pages": [2],
                "base64": "AP8="}}),
        ),
        (
            "a deflated change of a region",
            json!({"seq": 0, "region": {"name": "world", "epoch": "9", "base": "7", "len": 8194, "pages": [2],
                "base64": "YwAA", "deflated": true}}),
        ),
        ("an epoch that was published", json!({"seq": 10, "published": {"correlation": 7, "epoch": "9"}})),
        ("gap", json!({"seq": 9, "gap": {"first": 12, "last": 40}})),
        ("low_balance", json!({"seq": 10, "low_balance": {"available": 3, "threshold": 5, "event": 41}})),
        ("storage_owed", json!({"seq": 11, "storage_owed": {"paid": 3, "owed": 2, "event": 42}})),
        ("goodbye", json!({"seq": 7, "goodbye": {"reason": "draining", "retry_after_ms": 1000}})),
    ]
}

#[test]
fn capsules_are_as_committed() {
    check("capsule", wire::read_capsule, wire::write_capsule, capsules());
}

#[test]
fn results_are_as_committed() {
    check("result", wire::read_outcome, wire::write_outcome, outcomes());
}

#[test]
fn client_frames_are_as_committed() {
    check("client_frame", wire::read_client_frame, wire::write_client_frame, client_frames());
}

#[test]
fn server_frames_are_as_committed() {
    check("server_frame", wire::read_server_frame, wire::write_server_frame, server_frames());
}

#[test]
fn receipts_are_as_committed() {
    let alone = serde_json::to_value(&commit(&[receipt(1)])[0]).unwrap();
    let among = serde_json::to_value(&commit(&[1, 2, 3, 4, 5].map(receipt))[4]).unwrap();
    let cases = vec![("alone in its commit", alone), ("the last of five", among)];
    check("receipt", |message| Ok(SignedReceipt::decode(message)?), SignedReceipt::encode, cases);
}

const ACCOUNT: &str = "acc_019a0000000070008000000000000003";
const OTHER: &str = "acc_019a0000000070008000000000000004";
const TRANSFER: &str = "trf_019a0000000070008000000000000005";
const AT: &str = "2026-11-22T23:59:59.999Z";

#[test]
fn transfers_are_as_committed() {
    let grant = json!({"id": TRANSFER, "debit": ACCOUNT, "credit": OTHER, "amount": 5_000_000, "reason": "grant",
        "note": "welcome", "at": AT});
    let paid =
        json!({"id": TRANSFER, "debit": ACCOUNT, "credit": OTHER, "amount": 0, "reason": "job", "job": JOB, "at": AT});
    let cases = vec![("a grant with a note", grant), ("a job that was paid", paid)];
    check("transfer", wire::read_transfer, wire::write_transfer, cases);
}

#[test]
fn holds_are_as_committed() {
    let hold = json!({"job": JOB, "account": ACCOUNT, "amount": 12, "at": AT, "expires": AT});
    check("hold", wire::read_hold, wire::write_hold, vec![("of a job", hold)]);
}

#[test]
fn ledger_entries_are_as_committed() {
    let spent = json!({"job": JOB, "reason": "job", "amount": -12, "at": AT});
    let gained = json!({"transfer": TRANSFER, "reason": "transfer", "amount": 12, "at": AT, "note": "for you"});
    check("ledger_entry", wire::read_entry, wire::write_entry, vec![("spent", spent), ("gained", gained)]);
}

#[test]
fn pieces_of_jobs_are_as_committed() {
    let hash = Hash::of(b"abc");
    let bare = json!({"version": "1.0.0", "priority": 100, "capsule": hash, "submitted": AT, "deadline": AT});
    let full = json!({"version": "1.0.0", "priority": 0, "budget": 0, "capsule": hash, "submitted": AT, "deadline": AT,
        "params": r#"{"quality":5}"#, "labels": {"run": "7", "größe": "🦀"}});
    let cases = vec![("only what is needed", bare), ("every field", full)];
    let read = |message: &Bytes| Ok(wire::read_job_request(message)?);
    check("job_request", read, wire::write_job_request, cases);
    let metrics = json!({"bytes_in": 3, "bytes_out": 64, "queued_us": 11, "run_us": 2});
    let info = json!({"media_type": "text/plain", "bytes": 64, "hash": hash});
    let done = json!({"started": AT, "finished": AT, "attempts": 1, "metrics": metrics, "inputs": [hash, hash],
        "outputs": [info, info]});
    let never = json!({"finished": AT, "attempts": 0, "metrics": metrics, "inputs": [], "outputs": [],
        "error": problem()});
    let read = |message: &Bytes| Ok(wire::read_job_ending(message)?);
    let answered = json!({"finished": AT, "attempts": 0, "metrics": metrics, "inputs": [hash], "outputs": [info],
        "cached_from": JOB});
    let cases = vec![("done", done), ("never begun", never), ("answered from another", answered)];
    check("job_ending", read, wire::write_job_ending, cases);
}

#[test]
fn identities_are_as_committed() {
    let node = json!({"id": receipt(1).node, "name": "north", "version": "0.1.0", "started": AT});
    check("node_identity", wire::read_node, wire::write_node, vec![("a node", node)]);
    let key = "key_019a0000000070008000000000000006";
    let prefix = "inos_019a0000000070008000000000000006";
    let plain = json!({"id": key, "prefix": prefix, "name": "ci", "scopes": ["jobs", "blobs"], "created": AT});
    let ended = json!({"id": key, "prefix": prefix, "name": "", "scopes": ["jobs", "blobs", "regions", "account", "admin"],
        "created": AT, "expires": AT, "revoked": AT, "last_used": AT, "rate_limit": 50, "budget": 5_000_000});
    check("key", wire::read_key, wire::write_key, vec![("for ever", plain), ("revoked", ended)]);
}
