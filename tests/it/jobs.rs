//! One job, by every way of asking over HTTP.

use std::time::Duration;

use inos_protocols::{Hash, receipt::SignedReceipt};
use inos_tests::{Options, TestNode, until};
use serde_json::json;

crate::on_both! {
    a_posted_body_is_hashed_charged_and_receipted,
    an_asynchronous_job_can_be_followed_to_its_output,
    a_caller_may_wait_for_an_asynchronous_job,
    small_accepted_jobs_are_queued_in_their_answer_and_all_end,
    a_synchronous_output_is_kept_only_when_asked,
    the_same_idempotency_key_is_the_same_job,
    what_runs_and_what_waits_can_be_listed,
}

const ABC_BLAKE3: &str = "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85";

fn a_posted_body_is_hashed_charged_and_receipted(options: Options) {
    let node = TestNode::with(options);
    let admin = node.admin();
    let before = admin.balance();
    let answer = admin.run("compute.blake3", "", b"abc");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.text(), ABC_BLAKE3);
    let cost: u64 = answer.header("inos-cost").unwrap().parse().unwrap();
    assert!(cost > 0);
    assert_eq!(admin.balance(), before - cost);

    let bytes = data_encoding::BASE64URL_NOPAD.decode(answer.header("inos-receipt").unwrap().as_bytes()).unwrap();
    let receipt = SignedReceipt::decode(&bytes).unwrap().verify().unwrap();
    assert_eq!(receipt.job.to_string(), answer.header("inos-job-id").unwrap());
    assert_eq!(receipt.cost.get(), cost);
    assert_eq!(receipt.inputs, [Hash::of(b"abc")]);
    assert_eq!(receipt.outputs, [Hash::of(ABC_BLAKE3.as_bytes())]);
    assert_eq!(receipt.node.to_string(), admin.get("/v1/node").json()["id"].as_str().unwrap());
}

#[test]
fn query_parameters_are_read_by_the_methods_schema() {
    let node = TestNode::start();
    let admin = node.admin();
    let answer = admin.run("compute.blake3", "?length=16&encoding=raw", b"abc");
    assert_eq!((answer.status, answer.body.len()), (200, 16), "{}", answer.text());
    for (query, pointer) in
        [("?length=zero", "/params/length"), ("?length=0", "/params/length"), ("?lenght=1", "/params/lenght")]
    {
        let refused = admin.run("compute.blake3", query, b"abc");
        assert_eq!((refused.status, refused.code()), (422, "invalid-params".into()), "{query}");
        assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{query}");
    }
}

fn an_asynchronous_job_can_be_followed_to_its_output(options: Options) {
    let node = TestNode::with(options);
    let admin = node.admin();
    let capsule =
        json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "abc" }], "labels": { "for": "test" } });
    let accepted = admin.post_json("/v1/jobs", &capsule);
    assert_eq!(accepted.status, 202, "{}", accepted.text());
    let path = accepted.header("location").unwrap().to_owned();
    until(Duration::from_secs(10), || admin.get(&path).json()["state"] == "succeeded");
    let job = admin.get(&path).json();
    assert_eq!(job["labels"]["for"], "test");
    assert_eq!(job["held"], 0);
    let output = admin.get(&format!("{path}/outputs/0"));
    assert_eq!(output.text(), ABC_BLAKE3);
    assert_eq!(output.header("etag").unwrap(), format!("\"blake3:{}\"", Hash::of(ABC_BLAKE3.as_bytes())));
    let receipt: SignedReceipt = serde_json::from_slice(&admin.get(&format!("{path}/receipt")).body).unwrap();
    assert_eq!(receipt.verify().unwrap().job.to_string(), job["id"].as_str().unwrap());
    assert_eq!(admin.get("/v1/jobs?limit=1").json()["items"][0]["id"], job["id"]);
}

fn a_caller_may_wait_for_an_asynchronous_job(options: Options) {
    let node = TestNode::with(options);
    let capsule = json!({ "unit": "compute", "method": "sha256", "inputs": [{ "base64": "YWJj" }] });
    let answer = node.admin().post_json_with("/v1/jobs", &[("prefer", "wait=10")], &capsule);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["state"], "succeeded");
}

/// Two clients at once, as often as it takes for the method to be known as quick and to run where it is accepted.
fn small_accepted_jobs_are_queued_in_their_answer_and_all_end(options: Options) {
    const EACH: usize = 150;
    let node = TestNode::with(options);
    let clients = [node.account("one", 1_000_000), node.account("other", 1_000_000)];
    let capsule = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "abc" }] });
    std::thread::scope(|scope| {
        for client in &clients {
            scope.spawn(|| {
                for _ in 0..EACH {
                    let accepted = client.post_json("/v1/jobs", &capsule);
                    assert_eq!((accepted.status, &accepted.json()["state"]), (202, &json!("queued")));
                }
            });
        }
    });
    for client in &clients {
        let all = || client.get("/v1/jobs?limit=1000&status=succeeded").json()["items"].as_array().unwrap().clone();
        until(Duration::from_secs(60), || all().len() == EACH);
        let cost: u64 = all().iter().map(|job| job["cost"].as_u64().unwrap()).sum();
        assert_eq!(client.balance(), 1_000_000 - cost);
        assert_eq!(client.get("/v1/account").json()["held"], 0);
    }
}

fn a_synchronous_output_is_kept_only_when_asked(options: Options) {
    let node = TestNode::with(options);
    let admin = node.admin();
    let plain = admin.run("compute.blake3", "", b"abc");
    let gone = admin.get(&format!("/v1/jobs/{}/outputs/0", plain.header("inos-job-id").unwrap()));
    assert_eq!((gone.status, gone.code()), (410, "output-not-kept".into()));
    let kept = admin.send("POST", "/v1/run/compute/blake3", &[("idempotency-key", "one")], b"abc");
    assert_eq!(kept.status, 200, "{}", kept.text());
    let output = admin.get(&format!("/v1/jobs/{}/outputs/0", kept.header("inos-job-id").unwrap()));
    assert_eq!(output.text(), ABC_BLAKE3);
}

fn the_same_idempotency_key_is_the_same_job(options: Options) {
    let node = TestNode::with(options);
    let admin = node.admin();
    let ask = |body: &[u8]| admin.send("POST", "/v1/run/compute/blake3", &[("idempotency-key", "k")], body);
    let (first, balance) = (ask(b"abc"), admin.balance());
    let second = ask(b"abc");
    assert_eq!((second.status, second.text()), (200, ABC_BLAKE3.into()));
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(second.header("inos-job-id"), first.header("inos-job-id"));
    assert_eq!(admin.balance(), balance);
    let other = ask(b"abcd");
    assert_eq!((other.status, other.code()), (409, "idempotency-conflict".into()));
}

fn what_runs_and_what_waits_can_be_listed(options: Options) {
    let node = TestNode::with(options.with("workers", "1"));
    let admin = node.admin();
    let submit = |unit: &str, ms: u64| {
        let capsule = json!({ "unit": unit, "method": "wait", "params": { "ms": ms } });
        admin.post_json("/v1/jobs", &capsule).json()["id"].as_str().unwrap().to_owned()
    };
    let first = submit("test", 60_000);
    let all: Vec<_> = (0..5).map(|_| submit("test", 60_001)).collect();
    let listed = |query: &str| {
        let page = admin.get(&format!("/v1/jobs?{query}")).json();
        let ids = page["items"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap().to_owned());
        (ids.collect::<Vec<_>>(), page["next_cursor"].as_str().map(str::to_owned))
    };
    until(Duration::from_secs(20), || listed("status=running").0 == [first.clone()]);
    let newest_first: Vec<_> = all.iter().rev().cloned().collect();
    assert_eq!(listed("status=queued"), (newest_first.clone(), None));
    let (page, cursor) = listed("status=queued&limit=2");
    assert_eq!(page, newest_first[..2]);
    let (rest, cursor) = listed(&format!("status=queued&limit=3&cursor={}", cursor.unwrap()));
    assert_eq!((rest.as_slice(), cursor), (&newest_first[2..], None));
    assert_eq!(listed("status=running&unit=compute").0, Vec::<String>::new());
    let cancelled = admin.post_json(&format!("/v1/jobs/{first}/cancel"), &json!({}));
    assert!([200, 202].contains(&cancelled.status), "{}", cancelled.text());
    until(Duration::from_secs(20), || listed("status=cancelled").0 == [first.clone()]);
    until(Duration::from_secs(20), || listed("status=running").0 == [all[0].clone()]);
}
