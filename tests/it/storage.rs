//! What is stored costs what prices say, once, whoever is killed when; nobody goes below zero for it.

use std::time::Duration;

use inos_tests::{Client, Options, TestNode, until};
use serde_json::{Value, json};

crate::on_both! {
    what_is_stored_is_charged_once_over_kills_and_reconciles,
    who_cannot_pay_goes_to_zero_and_is_told,
    storing_costs_nothing_unless_prices_say_so,
}

/// A KiB costs so much a second.
const A_SECOND: u64 = 1_000;

/// A server on which storing costs something, that looks every second.
fn node(options: Options) -> TestNode {
    let node = TestNode::with(options.with("storage-charged-every", "1s"));
    let prices = json!({ "version": 2, "stored_mib_day": A_SECOND * 1024 * 86_400, "prices": {} });
    let set = node.admin().send(
        "PUT",
        "/v1/admin/prices",
        &[("content-type", "application/json")],
        prices.to_string().as_bytes(),
    );
    assert_eq!(set.status, 200, "{}", set.text());
    node
}

/// The entries of an account that are for storage, the oldest first.
fn charges(client: &Client) -> Vec<Value> {
    let entries = client.get("/v1/account/ledger?limit=1000").json()["items"].as_array().unwrap().clone();
    entries.into_iter().rev().filter(|entry| entry["reason"] == "storage").collect()
}

/// What an entry's words say: KiB seconds, from, to.
fn words(entry: &Value) -> (u64, String, String) {
    let note = entry["note"].as_str().unwrap();
    let (amount, rest) = note.split_once(" KiB seconds at ").unwrap();
    let (_, span) = rest.split_once(", ").unwrap();
    let span = span.split(", ").next().unwrap();
    let (from, to) = span.split_once(" to ").unwrap();
    (amount.parse().unwrap(), from.into(), to.into())
}

/// An amount that an entry's words name, or none.
fn said(entry: &Value, what: &str) -> u64 {
    let parts = entry["note"].as_str().unwrap().split(", ");
    parts.filter_map(|part| part.strip_suffix(what)).map(|amount| amount.parse::<u64>().unwrap()).sum()
}

fn what_is_stored_is_charged_once_over_kills_and_reconciles(options: Options) {
    let mut node = node(options);
    let one = node.account("one", 1_000_000_000);
    assert_eq!(one.send("PUT", "/v1/blobs", &[], &[7; 9 << 10]).status, 201);
    let kept = json!({ "unit": "test", "method": "echo", "inputs": [{ "text": "x".repeat(6 << 10) }] });
    assert_eq!(one.post_json_with("/v1/jobs", &[("prefer", "wait=20")], &kept).json()["state"], "succeeded");
    for round in 0..4 {
        let one = Client::new(&node.url(), &one.key);
        let seen = charges(&one).len();
        until(Duration::from_secs(30), || charges(&one).len() > seen);
        if round % 2 == 0 {
            node.kill();
        } else {
            assert_eq!(node.stop(), Some(0));
            node.assert_clean();
        }
        node.restart();
    }
    let one = Client::new(&node.url(), &one.key);
    let all = charges(&one);
    for pair in all.windows(2) {
        let ((_, _, to), (_, from, _)) = (words(&pair[0]), words(&pair[1]));
        assert_eq!(to, from, "no time is charged twice and none is left out: {pair:?}");
    }
    for entry in &all {
        // While a server that was killed has the credits leased, they are owed.
        let due = words(entry).0 * A_SECOND + said(entry, " owed before") - said(entry, " still owed");
        assert_eq!(entry["amount"], -(due as i64), "{entry}");
    }
    assert!(all.iter().any(|entry| words(entry).0 >= 15), "nine KiB of a blob and six of an output: {all:?}");
    // The statement has the same lines, and its sums are right.
    let statement = one.get("/v1/account/statement").json();
    let lines = statement["lines"].as_array().unwrap();
    let amounts = |lines: &[Value]| {
        lines
            .iter()
            .filter(|line| line["reason"] == "storage")
            .map(|line| line["amount"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    let (told, listed) = (amounts(lines), amounts(&all));
    assert_eq!(told[..listed.len()], listed[..]);
    let sum: i64 = lines.iter().map(|line| line["amount"].as_i64().unwrap()).sum();
    assert_eq!(statement["opening"].as_i64().unwrap() + sum, statement["closing"].as_i64().unwrap());
}

fn who_cannot_pay_goes_to_zero_and_is_told(options: Options) {
    let mut node = node(options);
    let one = node.account("poor", 20_000);
    let blob = one.send("PUT", "/v1/blobs", &[], &[7; 10 << 10]).json();
    let mut told = None;
    one.listen("/v1/events", |line| {
        let data = line.strip_prefix("data: ").map(|data| serde_json::from_str::<Value>(data).unwrap());
        told = data.filter(|data| data["owed"].as_u64().is_some_and(|owed| owed > 0));
        told.is_none()
    });
    assert!(told.unwrap()["job"].is_null());
    assert_eq!(one.balance(), 0);
    assert_eq!(one.get(&format!("/v1/blobs/{}", blob["hash"].as_str().unwrap())).status, 200, "nothing is taken away");
    assert_eq!(one.send("DELETE", &format!("/v1/blobs/{}", blob["hash"].as_str().unwrap()), &[], b"").status, 204);
    let account = one.get("/v1/account").json()["id"].as_str().unwrap().to_owned();
    let granted =
        node.admin().post_json(&format!("/v1/admin/accounts/{account}/grants"), &json!({ "amount": 100_000_000 }));
    assert_eq!(granted.status, 201);
    until(Duration::from_secs(30), || {
        charges(&one).last().is_some_and(|entry| entry["note"].as_str().unwrap().contains("owed before"))
    });
    // What was owed is paid, and nothing else is due any more.
    std::thread::sleep(Duration::from_millis(2_500));
    let left = one.balance();
    assert!(left > 0 && left < 100_000_000);
    std::thread::sleep(Duration::from_millis(2_500));
    assert_eq!(one.balance(), left);
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

fn storing_costs_nothing_unless_prices_say_so(options: Options) {
    let node = TestNode::with(options.with("storage-charged-every", "1s"));
    let one = node.account("one", 1_000);
    assert_eq!(one.send("PUT", "/v1/blobs", &[], &[7; 1 << 20]).status, 201);
    std::thread::sleep(Duration::from_millis(2_500));
    assert_eq!((one.balance(), charges(&one).len()), (1_000, 0));
    assert_eq!(one.get("/v1/units").json()["stored_mib_day"], 0);
    let capsule = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "a" }] });
    assert_eq!(one.post_json("/v1/quotes", &capsule).json()["stored_mib_day"], 0);
}
