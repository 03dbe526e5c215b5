//! Another attempt: for what broke on our side, as often as was asked, over restarts, and paid once.

use std::time::Duration;

use inos_tests::{Client, Options, TestNode, until};
use serde_json::{Value, json};

use crate::deadlines::time;

crate::on_both! {
    a_job_that_breaks_is_tried_again_and_paid_once,
    a_job_that_goes_on_breaking_fails_with_its_last_fault,
    attempts_are_counted_over_a_restart,
    a_job_is_cancelled_between_its_attempts,
    a_job_that_did_not_succeed_can_be_submitted_anew,
    a_sync_job_is_tried_again_within_its_deadline,
}

fn flaky(name: &str, times: u32, retry: Value) -> Value {
    json!({ "unit": "test", "method": "flaky", "params": { "name": name, "times": times }, "retry": retry })
}

fn quick(max_attempts: u8) -> Value {
    json!({ "max_attempts": max_attempts, "backoff_ms": 20, "backoff_max_ms": 50 })
}

/// A pause that is not over before a test is, however chance has it: weeks, of which some part is waited.
fn slow() -> Value {
    json!({ "max_attempts": 3, "backoff_ms": 4_000_000_000_u32, "backoff_max_ms": 4_000_000_000_u32 })
}

/// A server that lets jobs wait so long.
fn patient(options: Options) -> TestNode {
    TestNode::with(options.with("deadline-max", "90d"))
}

fn submit(client: &Client, capsule: &Value) -> String {
    let accepted = client.post_json("/v1/jobs", capsule);
    assert_eq!(accepted.status, 202, "{}", accepted.text());
    accepted.header("location").unwrap().to_owned()
}

fn ended(client: &Client, path: &str) -> Value {
    let job = || client.get(path).json();
    until(Duration::from_secs(20), || !["queued", "running"].contains(&job()["state"].as_str().unwrap()));
    job()
}

/// Waits until the job waits for its next attempt; gives the job.
fn backs_off(client: &Client, path: &str) -> Value {
    let job = || client.get(path).json();
    until(Duration::from_secs(10), || job()["waiting"]["reason"] == "backoff");
    job()
}

fn a_job_that_breaks_is_tried_again_and_paid_once(options: Options) {
    let mut node = TestNode::with(options);
    let admin = node.admin();
    let before = admin.balance();
    let mut capsule = flaky("twice", 2, quick(5));
    capsule["inputs"] = json!([{ "text": "x".repeat(10_000) }]);
    let path = submit(&admin, &capsule);
    let job = ended(&admin, &path);
    assert_eq!((&job["state"], &job["attempts"]), (&json!("succeeded"), &json!(3)), "{job}");
    assert_eq!(job["metrics"]["bytes_in"], 10_000, "each attempt has the whole input");
    assert_eq!(admin.get(&format!("{path}/outputs/0")).text(), "3");
    assert_eq!(before - admin.balance(), job["cost"].as_u64().unwrap());
    assert!(job["cost"].as_u64().unwrap() > 0);
    let events = admin.get(&format!("{path}/events")).text();
    assert_eq!(events.matches("event: attempt").count(), 2, "{events}");
    assert_eq!(events.matches("\"state\":\"running\"").count(), 3, "{events}");
    assert!(admin.get("/metrics").text().contains("\ninos_jobs_tried_again_total 2\n"));
    assert!(events.contains("\"attempt\":2,\"of\":5,\"reason\":\"internal\""), "{events}");
    assert_eq!(admin.get("/v1/account").json()["held"], 0);
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

fn a_job_that_goes_on_breaking_fails_with_its_last_fault(options: Options) {
    let node = TestNode::with(options);
    let admin = node.admin();
    let before = admin.balance();
    for capsule in [
        flaky("always", 1_000, quick(3)),
        json!({ "unit": "test", "method": "hush", "params": { "ms": 400 }, "retry": quick(2) }),
    ] {
        let job = ended(&admin, &submit(&admin, &capsule));
        assert_eq!((&job["state"], &job["error"]["code"]), (&json!("failed"), &json!("internal")), "{job}");
        assert_eq!((&job["attempts"], &job["cost"]), (&capsule["retry"]["max_attempts"], &json!(0)), "{job}");
    }
    assert_eq!(admin.balance(), before);
    // What the caller did, or wanted, is no reason to try again.
    let wrong = json!({ "unit": "compute", "method": "brotli_decompress", "inputs": [{ "text": "no brotli" }], "retry": quick(3) });
    let late =
        json!({ "unit": "test", "method": "wait", "params": { "ms": 60_000 }, "timeout_ms": 50, "retry": quick(3) });
    for capsule in [wrong, late] {
        assert_eq!(ended(&admin, &submit(&admin, &capsule))["attempts"], 1);
    }
    // A pause that would end after the deadline is not begun.
    let mut hopeless = flaky("hopeless", 1_000, slow());
    hopeless["deadline"] = json!(time(5_000));
    let job = ended(&admin, &submit(&admin, &hopeless));
    assert_eq!((&job["state"], &job["attempts"]), (&json!("failed"), &json!(1)), "{job}");
}

#[test]
fn what_cannot_be_is_refused_with_its_place() {
    let node = TestNode::start();
    let admin = node.admin();
    for (retry, pointer) in [
        (json!({ "max_attempts": 0 }), "/retry/max_attempts"),
        (json!({ "max_attempts": 11 }), "/retry/max_attempts"),
        (json!({ "max_attempts": 2, "backoff_ms": 10, "backoff_max_ms": 9 }), "/retry/backoff_max_ms"),
    ] {
        let refused = admin.post_json("/v1/jobs", &flaky("never", 0, retry));
        assert_eq!((refused.status, &refused.json()["errors"][0]["pointer"]), (422, &json!(pointer)));
    }
}

fn attempts_are_counted_over_a_restart(options: Options) {
    let mut node = patient(options);
    let admin = node.admin();
    let path = submit(&admin, &flaky("restart", 1_000, slow()));
    let job = backs_off(&admin, &path);
    assert_eq!((&job["state"], &job["attempts"]), (&json!("queued"), &json!(1)), "{job}");
    assert!(job["waiting"]["until"].is_string(), "{job}");
    // Written down beside the wait, which a test cannot see from outside.
    std::thread::sleep(Duration::from_millis(300));
    node.kill();
    node.restart();
    let admin = node.admin();
    until(Duration::from_secs(10), || admin.get(&path).json()["attempts"] == 2);
    let job = backs_off(&admin, &path);
    assert_eq!(job["attempts"], 2, "{job}");
    assert_eq!(admin.send("POST", &format!("{path}/cancel"), &[], b"").status, 202);
    let job = ended(&admin, &path);
    assert_eq!((&job["state"], &job["attempts"], &job["cost"]), (&json!("cancelled"), &json!(2), &json!(0)), "{job}");
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

fn a_job_is_cancelled_between_its_attempts(options: Options) {
    let mut node = patient(options);
    let admin = node.admin();
    let before = admin.balance();
    let path = submit(&admin, &flaky("cancelled", 5, slow()));
    backs_off(&admin, &path);
    assert_eq!(admin.send("POST", &format!("{path}/cancel"), &[], b"").status, 202);
    let job = ended(&admin, &path);
    assert_eq!((&job["state"], &job["error"]["code"]), (&json!("cancelled"), &json!("cancelled")), "{job}");
    assert_eq!(admin.send("POST", &format!("{path}/cancel"), &[], b"").status, 409);
    assert_eq!((admin.balance(), &admin.get("/v1/account").json()["held"]), (before, &json!(0)));
    // A server that stops does not wait for a pause.
    let waits = submit(&admin, &flaky("stopped", 5, slow()));
    backs_off(&admin, &waits);
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

fn a_job_that_did_not_succeed_can_be_submitted_anew(options: Options) {
    let mut node = TestNode::with(options);
    let admin = node.admin();
    let retry =
        |client: &Client, path: &str| client.send("POST", &format!("{path}/retry"), &[("prefer", "wait=20")], b"");
    let text = "x".repeat(100_000);
    let mut capsule = flaky("anew", 1, json!({ "max_attempts": 1 }));
    capsule["inputs"] = json!([{ "text": text }]);
    capsule["idempotency_key"] = json!("once");
    capsule["labels"] = json!({ "for": "test" });
    let failed = submit(&admin, &capsule);
    assert_eq!(ended(&admin, &failed)["state"], "failed");
    node.restart();
    let admin = node.admin();
    let again = retry(&admin, &failed);
    assert_eq!(again.status, 200, "{}", again.text());
    let job = again.json();
    assert_ne!(again.header("location"), Some(failed.as_str()));
    assert_eq!((&job["labels"]["for"], &job["metrics"]["bytes_in"]), (&json!("test"), &json!(100_000)), "{job}");
    // The counter of failures went with the restart, so that this attempt is the first once more.
    assert_eq!(job["state"], "failed", "{job}");
    let path = again.header("location").unwrap().to_owned();
    let job = retry(&admin, &path).json();
    assert_eq!(job["state"], "succeeded", "{job}");
    let done = format!("/v1/jobs/{}", job["id"].as_str().unwrap());
    let refused = retry(&admin, &done);
    assert_eq!((refused.status, refused.code()), (409, "conflict".into()), "{}", refused.text());
    let sync = admin.run("test.panic", "", b"");
    let refused = retry(&admin, &format!("/v1/jobs/{}", sync.header("inos-job-id").unwrap()));
    assert_eq!((refused.status, refused.code()), (410, "output-not-kept".into()), "{}", refused.text());
    let other = node.account("other", 1_000_000);
    assert_eq!(retry(&other, &failed).status, 404);
    let running = submit(&admin, &json!({ "unit": "test", "method": "wait", "params": { "ms": 600_000 } }));
    assert_eq!(retry(&admin, &running).code(), "conflict");
    admin.send("POST", &format!("{running}/cancel"), &[], b"");
    ended(&admin, &running);
    let id = failed.rsplit('/').next().unwrap();
    let (code, out, err) = node.cli(&["jobs", "retry", id, "--json"]);
    assert_eq!(code, 0, "{err}");
    assert!(serde_json::from_str::<Value>(&out).unwrap()["id"].as_str().unwrap().starts_with("job_"), "{out}");
    until(Duration::from_secs(10), || admin.get("/v1/stats").json()["jobs"]["running"] == 0);
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

fn a_sync_job_is_tried_again_within_its_deadline(options: Options) {
    let node = TestNode::with(options);
    let admin = node.admin();
    let batch = |name: &str, times| {
        let capsules = json!([flaky(name, times, quick(3))]);
        admin.post_json("/v1/batches", &capsules).json()["items"][0]["outcome"].clone()
    };
    let outcome = batch("sync", 2);
    assert_eq!(
        (&outcome["state"], outcome["outputs"].as_array().unwrap().len()),
        (&json!("succeeded"), 1),
        "{outcome}"
    );
    let job = admin.get(&format!("/v1/jobs/{}", outcome["job"].as_str().unwrap())).json();
    assert_eq!(job["attempts"], 3, "{job}");
    let posted = admin.send("POST", "/v1/run/test/flaky?name=posted&times=1", &[("inos-attempts", "2")], b"");
    assert_eq!((posted.status, posted.text()), (200, "2".into()));
    let outcome = batch("sync-always", 1_000);
    assert_eq!((&outcome["state"], &outcome["cost"]), (&json!("failed"), &json!(0)), "{outcome}");
    assert_eq!(admin.get("/v1/account").json()["held"], 0);
}
