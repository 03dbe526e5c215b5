//! The clocks of a job: how long it may wait, how long one attempt may run, when all must be over, and how long a unit
//! may be silent. Whoever loses by one is told which.

use std::time::Duration;

use inos_protocols::time::Time;
use inos_tests::{Client, Options, TestNode, until};
use serde_json::{Value, json};

crate::on_both! {
    each_clock_is_named_by_the_problem_that_it_makes,
    a_wait_that_was_asked_for_counts_from_the_acceptance_also_over_a_restart,
    a_unit_that_gives_no_sign_of_life_is_our_fault_and_free,
}

/// The time so many milliseconds from now.
pub(crate) fn time(after_ms: i64) -> String {
    Time::from_ms(Time::now().as_ms().saturating_add_signed(after_ms)).to_string()
}

fn one_worker(options: Options) -> TestNode {
    TestNode::with(options.with("workers", "1"))
}

fn wait(ms: u64, terms: Value) -> Value {
    let mut capsule = json!({ "unit": "test", "method": "wait", "params": { "ms": ms } });
    capsule.as_object_mut().unwrap().extend(terms.as_object().unwrap().clone());
    capsule
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

/// The job expired by the clock of this field.
fn expired_by(job: &Value, pointer: &str) {
    let error = &job["error"];
    assert_eq!((&job["state"], &error["code"]), (&json!("expired"), &json!("deadline-exceeded")), "{job}");
    assert_eq!(error["errors"][0]["pointer"], pointer, "{job}");
}

fn each_clock_is_named_by_the_problem_that_it_makes(options: Options) {
    let node = one_worker(options);
    let admin = node.admin();
    let first = submit(&admin, &wait(600_000, json!({})));
    until(Duration::from_secs(10), || admin.get(&first).json()["state"] == "running");
    let before = admin.balance();
    let queued = [
        (json!({ "queue_ttl_ms": 100 }), "/queue_ttl_ms"),
        (json!({ "deadline": time(300), "queue_ttl_ms": 60_000 }), "/deadline"),
    ];
    let queued = queued.map(|(terms, pointer)| (submit(&admin, &wait(0, terms)), pointer));
    for (path, pointer) in &queued {
        let job = ended(&admin, path);
        expired_by(&job, pointer);
        assert_eq!((&job["attempts"], &job["cost"]), (&json!(0), &json!(0)), "{job}");
    }
    assert_eq!(admin.balance(), before);
    assert_eq!(admin.send("POST", &format!("{first}/cancel"), &[], b"").status, 202);
    let attempt = submit(&admin, &wait(600_000, json!({ "timeout_ms": 100, "queue_ttl_ms": 60_000 })));
    expired_by(&ended(&admin, &attempt), "/timeout_ms");
    let deadline = submit(&admin, &wait(600_000, json!({ "deadline": time(300) })));
    expired_by(&ended(&admin, &deadline), "/deadline");
    let refused = admin.send("POST", "/v1/run/test/wait?ms=60000", &[("inos-deadline", &time(200))], b"");
    assert_eq!((refused.status, refused.code()), (504, "deadline-exceeded".into()), "{}", refused.text());
    assert_eq!(refused.json()["errors"][0]["pointer"], "/deadline");
}

#[test]
fn a_deadline_that_cannot_be_is_refused() {
    let node = TestNode::with(Options::default().with("deadline-max", "1h"));
    let admin = node.admin();
    for deadline in [time(-1_000), time(2 * 3_600_000)] {
        let refused = admin.post_json("/v1/jobs", &wait(0, json!({ "deadline": deadline })));
        assert_eq!((refused.status, refused.code()), (422, "invalid-params".into()), "{}", refused.text());
        assert_eq!(refused.json()["errors"][0]["pointer"], "/deadline");
    }
    let keep = admin.post_json("/v1/jobs", &wait(0, json!({ "keep_ms": 1_u64 << 50 })));
    assert_eq!((keep.status, &keep.json()["errors"][0]["pointer"]), (422, &json!("/keep_ms")), "{}", keep.text());
    assert!(keep.json()["available"].as_u64().unwrap() > 0);
}

fn a_wait_that_was_asked_for_counts_from_the_acceptance_also_over_a_restart(options: Options) {
    let mut node = one_worker(options);
    let admin = node.admin();
    let first = submit(&admin, &wait(3_000, json!({})));
    until(Duration::from_secs(10), || admin.get(&first).json()["state"] == "running");
    let late = submit(&admin, &wait(0, json!({ "queue_ttl_ms": 500 })));
    node.kill();
    std::thread::sleep(Duration::from_millis(500));
    node.restart();
    let admin = node.admin();
    expired_by(&ended(&admin, &late), "/queue_ttl_ms");
    assert_eq!(ended(&admin, &first)["state"], "succeeded");
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

fn a_unit_that_gives_no_sign_of_life_is_our_fault_and_free(options: Options) {
    let node = one_worker(options);
    let admin = node.admin();
    let before = admin.balance();
    let refused = admin.run("test.hush", "?ms=500", b"");
    assert_eq!((refused.status, refused.code()), (500, "internal".into()), "{}", refused.text());
    assert!(refused.json()["detail"].as_str().unwrap().contains("no sign of life for 100 ms"), "{}", refused.text());
    assert_eq!(refused.json()["retryable"], true);
    assert_eq!(admin.balance(), before);
    assert_eq!(admin.run("test.hush", "?ms=10", b"").status, 200);
    assert_eq!(admin.get("/v1/units/test/hush").json()["heartbeat_ms"], 100);
}

#[test]
fn outputs_are_kept_no_longer_than_the_job_asks() {
    let node = TestNode::start();
    let admin = node.admin();
    let capsule = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "abc" }], "keep_ms": 300 });
    let path = submit(&admin, &capsule);
    assert_eq!(ended(&admin, &path)["outputs_kept"], true);
    let gone = || admin.get(&format!("{path}/outputs/0")).status == 410;
    until(Duration::from_secs(10), gone);
    let job = admin.get(&path).json();
    assert_eq!((&job["state"], &job["outputs_kept"]), (&json!("succeeded"), &json!(false)), "{job}");
    assert_eq!(admin.get(&format!("{path}/receipt")).status, 200, "the job and its receipt stand");
}
