//! Credits move once, never below zero, and only with a reason.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use inos_tests::{Answer, Client, Options, TestNode, until};
use serde_json::json;

crate::on_both! {
    of_400_at_once_a_balance_of_100_jobs_buys_exactly_100,
    a_grant_shows_in_the_ledger_and_can_be_spent,
    a_job_that_fails_by_its_callers_fault_pays_at_most_for_its_input,
    a_thousand_racers_for_one_key_make_one_job_and_one_charge,
}

/// What one `compute.blake3` of a few bytes costs, in microcredits, as the catalogue says.
fn price(node: &TestNode) -> u64 {
    let price = &node.admin().get("/v1/units/compute/blake3").json()["price"];
    price["base"].as_u64().unwrap() + price["per_kib_in"].as_u64().unwrap()
}

/// How many of 400 clients that ask at the same moment are accepted; the rest must be told what is missing.
fn race(client: &Client, required: u64, ask: impl Fn(&Client) -> Answer + Sync) -> u32 {
    let (accepted, refused) = (AtomicU32::new(0), AtomicU32::new(0));
    let barrier = std::sync::Barrier::new(400);
    std::thread::scope(|scope| {
        for _ in 0..400 {
            scope.spawn(|| {
                barrier.wait();
                let answer = ask(client);
                match answer.status {
                    200 | 202 => accepted.fetch_add(1, Ordering::Relaxed),
                    402 => {
                        assert_eq!(answer.code(), "insufficient-credits");
                        assert_eq!(answer.json()["required"], required);
                        refused.fetch_add(1, Ordering::Relaxed)
                    }
                    other => panic!("{other}: {}", answer.text()),
                };
            });
        }
    });
    let (accepted, refused) = (accepted.into_inner(), refused.into_inner());
    assert_eq!(accepted + refused, 400);
    accepted
}

fn of_400_at_once_a_balance_of_100_jobs_buys_exactly_100(options: Options) {
    let mut node = TestNode::with(options);
    let price = price(&node);
    // Not even what is left over of the 101st may be spent.
    let (poor, patient) = (node.account("poor", 100 * price + price - 1), node.account("patient", 100 * price));
    assert_eq!(race(&poor, price, |client| client.run("compute.blake3", "", b"abc")), 100);
    assert_eq!(poor.balance(), price - 1);
    let capsule = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "abc" }] });
    assert_eq!(race(&patient, price, |client| client.post_json("/v1/jobs", &capsule)), 100);
    until(Duration::from_secs(30), || patient.get("/v1/account").json()["held"] == 0);
    assert_eq!(patient.balance(), 0);
    assert_eq!(patient.get("/v1/jobs?limit=1000&status=succeeded").json()["items"].as_array().unwrap().len(), 100);
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

#[test]
fn a_budget_below_the_least_price_is_refused_before_anything_runs() {
    let node = TestNode::start();
    let admin = node.admin();
    let before = admin.balance();
    let capsule =
        json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "abc" }], "budget": price(&node) - 1 });
    let refused = admin.post_json("/v1/jobs", &capsule);
    assert_eq!((refused.status, refused.code()), (402, "budget-exceeded".into()));
    assert_eq!(admin.balance(), before);
}

fn a_grant_shows_in_the_ledger_and_can_be_spent(options: Options) {
    let node = TestNode::with(options);
    let (admin, poor) = (node.admin(), node.account("poor", 0));
    assert_eq!(poor.run("compute.blake3", "", b"abc").status, 402);
    let id = poor.get("/v1/account").json()["id"].as_str().unwrap().to_owned();
    let granted =
        admin.post_json(&format!("/v1/admin/accounts/{id}/grants"), &json!({ "amount": 5_000, "note": "welcome" }));
    assert_eq!(granted.status, 201, "{}", granted.text());
    let answer = poor.run("compute.blake3", "", b"abc");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let cost: i64 = answer.header("inos-cost").unwrap().parse().unwrap();
    let entries = poor.get("/v1/account/ledger").json()["items"].as_array().unwrap().clone();
    assert_eq!(entries.len(), 2, "{entries:?}");
    let sum: i64 = entries.iter().map(|entry| entry["amount"].as_i64().unwrap()).sum();
    assert_eq!(sum, 5_000 - cost);
    assert_eq!(poor.balance() as i64, sum);
    assert!(entries.iter().any(|entry| entry["note"] == "welcome" && entry["reason"] == "grant"));
    let usage = poor.get("/v1/account/usage").json();
    assert_eq!(usage["items"][0]["jobs"], 1, "{usage}");
    assert_eq!(usage["items"][0]["cost"], cost, "{usage}");
}

#[test]
fn an_amount_is_a_whole_number_above_zero() {
    let node = TestNode::start();
    let admin = node.admin();
    let id = node.account("one", 0).get("/v1/account").json()["id"].as_str().unwrap().to_owned();
    let before = admin.get("/v1/account").json();
    for bad in ["-1", "0", "9223372036854775808", "1e308", "1.5", "\"1.5\"", "\"٣\"", "null", "9007199254740993"] {
        let body = format!("{{\"amount\":{bad}}}");
        let path = format!("/v1/admin/accounts/{id}/grants");
        let refused = admin.send("POST", &path, &[("content-type", "application/json")], body.as_bytes());
        assert!([400, 422].contains(&refused.status), "{bad}: {} {}", refused.status, refused.text());
        refused.code();
    }
    for bad in ["-1", "9223372036854775808", "1e308", "1.5", "\"1\"", "\"٣\"", "9007199254740992"] {
        let body = format!(
            "{{\"unit\":\"compute\",\"method\":\"blake3\",\"inputs\":[{{\"text\":\"abc\"}}],\"budget\":{bad}}}"
        );
        let refused = admin.send("POST", "/v1/jobs", &[("content-type", "application/json")], body.as_bytes());
        assert!([400, 422].contains(&refused.status), "{bad}: {} {}", refused.status, refused.text());
        let refused = admin.send("POST", "/v1/run/compute/blake3", &[("inos-budget", bad)], b"abc");
        assert!((400..500).contains(&refused.status), "{bad}: {} {}", refused.status, refused.text());
    }
    assert_eq!(admin.get("/v1/account").json(), before);
}

fn a_job_that_fails_by_its_callers_fault_pays_at_most_for_its_input(options: Options) {
    let node = TestNode::with(options);
    let admin = node.admin();
    let before = admin.balance();
    let failed = admin.run("compute.brotli_decompress", "", b"this is no brotli stream, whatever it says");
    assert_eq!((failed.status, failed.code()), (422, "invalid-params".into()));
    let price = &admin.get("/v1/units/compute/brotli_decompress").json()["price"];
    let most = price["base"].as_u64().unwrap() + price["per_kib_in"].as_u64().unwrap();
    assert!(before - admin.balance() <= most);
    let jobs = admin.get("/v1/jobs?status=failed").json();
    assert_eq!(jobs["items"][0]["error"]["code"], "invalid-params", "{jobs}");
    assert_eq!(jobs["items"][0]["cost"].as_u64().unwrap(), before - admin.balance());
}

fn a_thousand_racers_for_one_key_make_one_job_and_one_charge(options: Options) {
    let node = TestNode::with(options);
    let admin = node.admin();
    let before = admin.balance();
    let price = price(&node);
    let ids = std::sync::Mutex::new(std::collections::HashSet::new());
    std::thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let answer = admin.send("POST", "/v1/run/compute/blake3", &[("idempotency-key", "race")], b"abc");
                    assert_eq!(answer.status, 200, "{}", answer.text());
                    ids.lock().unwrap().insert(answer.header("inos-job-id").unwrap().to_owned());
                }
            });
        }
    });
    assert_eq!(ids.lock().unwrap().len(), 1);
    until(Duration::from_secs(5), || admin.balance() == before - price);
}
