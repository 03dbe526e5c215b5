//! An account says how long what its jobs leave is kept; a job may say otherwise, and the server has the last word.

use std::time::Duration;

use inos_tests::{Answer, Client, Options, TestNode, until};
use serde_json::{Value, json};

crate::on_both! {
    outputs_are_kept_as_long_as_their_account_says,
}

fn change(client: &Client, wishes: &Value) -> Answer {
    client.send("PATCH", "/v1/account", &[("content-type", "application/json")], wishes.to_string().as_bytes())
}

fn job(client: &Client, more: &Value) -> String {
    let mut capsule = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "abc" }] });
    capsule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let job = client.post_json_with("/v1/jobs", &[("prefer", "wait=20")], &capsule).json();
    assert_eq!(job["state"], "succeeded", "{job}");
    job["id"].as_str().unwrap().to_owned()
}

fn output(client: &Client, id: &str) -> u16 {
    client.get(&format!("/v1/jobs/{id}/outputs/0")).status
}

fn outputs_are_kept_as_long_as_their_account_says(options: Options) {
    let mut node = TestNode::with(options.with("workers", "1"));
    let (one, other) = (node.account("one", 1_000_000), node.account("other", 1_000_000));
    let set = change(&one, &json!({ "keep_ms": 300 }));
    assert_eq!((set.status, &set.json()["keep_ms"]), (200, &json!(300)), "{}", set.text());
    let (short, long, theirs) =
        (job(&one, &json!({})), job(&one, &json!({ "keep_ms": 600_000 })), job(&other, &json!({})));
    until(Duration::from_secs(10), || output(&one, &short) == 410);
    assert_eq!((output(&one, &long), output(&other, &theirs)), (200, 200));
    // An accepted job keeps what stood when it was accepted, over a restart and a change.
    let busy = json!({ "unit": "test", "method": "wait", "params": { "ms": 1500 }, "inputs": [] });
    assert_eq!(other.post_json("/v1/jobs", &busy).status, 202);
    let echo = json!({ "unit": "test", "method": "echo", "inputs": [{ "text": "abc" }] });
    let accepted = one.post_json("/v1/jobs", &echo).json()["id"].as_str().unwrap().to_owned();
    let back = change(&one, &json!({ "keep_ms": null, "low_balance": 5 }));
    assert_eq!((&back.json()["keep_ms"], &back.json()["low_balance"]), (&Value::Null, &json!(5)), "{}", back.text());
    node.kill();
    node.restart();
    let one = Client::new(&node.url(), &one.key);
    until(Duration::from_secs(20), || one.get(&format!("/v1/jobs/{accepted}")).json()["state"] == "succeeded");
    until(Duration::from_secs(10), || output(&one, &accepted) == 410);
    let kept = job(&one, &json!({}));
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(output(&one, &kept), 200);
    let refused = change(&one, &json!({ "keep_ms": 1_u64 << 50 }));
    assert_eq!(
        (refused.status, &refused.json()["errors"][0]["pointer"]),
        (422, &json!("/keep_ms")),
        "{}",
        refused.text()
    );
    assert_eq!(change(&one, &json!({})).status, 422, "nothing is to change");
    let entries = one.get("/v1/audit").json();
    let told: Vec<&Value> =
        entries["items"].as_array().unwrap().iter().filter(|entry| entry["act"] == "account.keep").collect();
    assert_eq!([&told[0]["detail"], &told[1]["detail"]], [&json!({ "keep_ms": null }), &json!({ "keep_ms": 300 })]);
    let (code, told, said) = node.cli(&["accounts", "keep", "2h", "--json"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(serde_json::from_str::<Value>(&told).unwrap()["keep_ms"], 7_200_000);
}
