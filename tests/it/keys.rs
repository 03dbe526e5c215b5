//! Keys over their life: what a list shows of them, how fast they may ask, how one gives way to another.

use std::time::{Duration, Instant};

use inos_tests::{Answer, Client, Options, Raw, TestNode, inos, until};
use serde_json::{Value, json};

use crate::hostile_socket::{frame, shake_on};

on_both![
    a_list_shows_what_a_key_begins_with_and_when_it_was_used,
    a_key_and_its_account_ask_as_fast_as_they_may,
    a_replaced_key_works_beside_the_new_one_for_a_while,
];

fn make(client: &Client, form: &Value) -> (Client, String) {
    let made = client.post_json("/v1/keys", form);
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (client.with_key(&text(&made["secret"])), text(&made["key"]["id"]))
}

/// A key as a list shows it.
fn listed(client: &Client, id: &str) -> Value {
    let keys = client.get("/v1/keys").json();
    keys["items"].as_array().unwrap().iter().find(|key| key["id"] == id).unwrap().clone()
}

fn a_list_shows_what_a_key_begins_with_and_when_it_was_used(options: Options) {
    let mut node = TestNode::with(options);
    let admin = node.admin();
    let (client, id) = make(&admin, &json!({ "name": "k", "scopes": ["jobs"] }));
    let shown = listed(&admin, &id);
    let prefix = shown["prefix"].as_str().unwrap();
    assert!(client.key.starts_with(&format!("{prefix}_")) && prefix.len() == 37, "{shown}");
    assert!(!shown.to_string().contains(client.key.rsplit('_').next().unwrap()));
    assert!(shown["last_used"].is_null(), "{shown}");
    for _ in 0..20 {
        assert_eq!(client.get("/v1/jobs").status, 200);
    }
    let used = listed(&admin, &id)["last_used"].clone();
    assert!(used.is_string());
    assert_eq!(node.stop(), Some(0));
    let log = node.log();
    node.restart();
    assert_eq!(listed(&node.admin(), &id)["last_used"], used, "a restart forgets no use: {log}");
}

/// How many of these requests, all at once, were let in; the others were told to wait in the words of `whose`.
fn let_in(client: &Client, tries: usize, whose: &str) -> usize {
    let refused = |answer: &Answer| {
        assert_eq!((answer.status, answer.code().as_str()), (429, "rate-limited"), "{}", answer.text());
        let policy = answer.header("ratelimit-policy").unwrap();
        assert!(policy.starts_with(&format!("\"{whose}\";q=")), "{policy}");
        assert!(answer.header("ratelimit").unwrap().starts_with(&format!("\"{whose}\";r=0;t=")));
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert!(answer.json()["retry_after_ms"].as_u64() > Some(0));
    };
    let answers: Vec<Answer> = (0..tries).map(|_| client.get("/v1/jobs")).collect();
    answers.iter().filter(|answer| answer.status != 200).for_each(refused);
    answers.iter().filter(|answer| answer.status == 200).count()
}

fn a_key_and_its_account_ask_as_fast_as_they_may(options: Options) {
    let node = TestNode::with(options);
    let admin = node.admin();
    let owner = node.account("owner", 1_000_000);
    let account = owner.get("/v1/account").json()["id"].as_str().unwrap().to_owned();
    let (slow, _) = make(&owner, &json!({ "name": "slow", "scopes": ["jobs"], "rate_limit": 2 }));
    let (other, _) = make(&owner, &json!({ "name": "other", "scopes": ["jobs"] }));
    let begun = Instant::now();
    let answer = slow.get("/v1/jobs");
    assert_eq!(answer.header("ratelimit-policy"), Some("\"key\";q=2;w=1"));
    assert_eq!(answer.header("ratelimit"), Some("\"key\";r=1;t=1"));
    let most = |begun: Instant, a_second: f64| (a_second * (1.0 + begun.elapsed().as_secs_f64())) as usize;
    let count = 1 + let_in(&slow, 30, "key");
    assert!(count <= most(begun, 2.0), "{count}");
    assert_eq!(other.get("/v1/jobs").status, 200, "another key is not slowed down");
    assert_eq!(other.get("/v1/jobs").header("ratelimit"), None, "nor told of limits that it does not have");
    // However many keys: the account comes first.
    let limits = json!({ "rate_limit": 3 });
    let path = format!("/v1/admin/accounts/{account}/limits");
    let set = admin.send("PUT", &path, &[("content-type", "application/json")], limits.to_string().as_bytes());
    assert_eq!((set.status, &set.json()["rate_limit"]), (200, &json!(3)), "{}", set.text());
    let begun = Instant::now();
    let keys: Vec<Client> = (0..4).map(|_| other.clone()).collect();
    let count: usize = keys.iter().map(|key| let_in(key, 10, "account")).sum();
    assert!((1..=most(begun, 3.0)).contains(&count), "{count}");
    // Once a second has passed, there is room again.
    until(Duration::from_secs(10), || slow.get("/v1/jobs").status == 200);
}

#[test]
fn frames_of_a_socket_count_like_requests() {
    let node = TestNode::start();
    let admin = node.admin();
    let (client, _) = make(&admin, &json!({ "name": "slow", "scopes": ["jobs"], "rate_limit": 2 }));
    let mut socket = shake_on(Raw::connect(node.address()), &client.key);
    let submit = |number: u64| {
        let capsule = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "abc" }] });
        frame(0x81, json!({ "submit": [{ "correlation": number, "capsule": capsule }] }).to_string().as_bytes())
    };
    for number in 1..=20 {
        socket.send(submit(number));
    }
    socket.send(frame(0x81, br#"{"ping":7}"#));
    let told = socket.read_until("\"pong\":7");
    let refused = told.matches("rate-limited").count();
    assert!(refused >= 10, "each is refused under its own number: {told}");
    // What was refused has cost nothing and can be sent again.
    std::thread::sleep(Duration::from_millis(1_100));
    assert!(socket.send(submit(99)).read_until("succeeded").contains("succeeded"));
}

fn a_replaced_key_works_beside_the_new_one_for_a_while(options: Options) {
    let node = TestNode::with(options);
    let admin = node.admin();
    let (old, id) = make(&admin, &json!({ "name": "ci", "scopes": ["jobs", "account"], "rate_limit": 500 }));
    let mut socket = shake_on(Raw::connect(node.address()), &old.key);
    let rotated = old.post_json(&format!("/v1/keys/{id}/rotate"), &json!({ "overlap_ms": 1_500 }));
    assert_eq!(rotated.status, 201, "{}", rotated.text());
    let key = &rotated.json()["key"];
    assert_eq!((&key["name"], &key["scopes"]), (&json!("ci"), &json!(["jobs", "account"])));
    assert_eq!((&key["rate_limit"], &key["expires"]), (&json!(500), &Value::Null));
    assert_eq!(rotated.header("location"), Some(format!("/v1/keys/{}", key["id"].as_str().unwrap()).as_str()));
    let new = old.with_key(rotated.json()["secret"].as_str().unwrap());
    assert_eq!(new.get("/v1/jobs").status, 200);
    assert_eq!(old.get("/v1/jobs").status, 200, "both work");
    let begun = Instant::now();
    assert!(socket.read_until("revoked").contains("revoked"), "what hangs on the old one ends with it");
    assert!(begun.elapsed() < Duration::from_secs(10));
    until(Duration::from_secs(6), || old.get("/v1/jobs").status == 401);
    assert_eq!(new.get("/v1/jobs").status, 200);
    // A key replaces none that may do more.
    let (weak, _) = make(&admin, &json!({ "name": "weak", "scopes": ["account"] }));
    let (_, strong) = make(&admin, &json!({ "name": "strong", "scopes": ["admin"] }));
    let refused = weak.post_json(&format!("/v1/keys/{strong}/rotate"), &json!({}));
    assert_eq!((refused.status, refused.code().as_str()), (403, "forbidden"));
    let long = admin.post_json(&format!("/v1/keys/{strong}/rotate"), &json!({ "overlap_ms": 31_u64 * 86_400_000 }));
    assert_eq!((long.status, long.code().as_str()), (422, "invalid-params"));
    let gone = admin.post_json(&format!("/v1/keys/{id}/rotate"), &json!({}));
    assert_eq!(gone.status, 404, "an ended key has no heir");
}

#[test]
fn a_revoked_key_closes_its_sockets_within_five_seconds() {
    let node = TestNode::start();
    let admin = node.admin();
    let (client, id) = make(&admin, &json!({ "name": "k", "scopes": ["jobs"] }));
    let mut sockets: Vec<Raw> = (0..20).map(|_| shake_on(Raw::connect(node.address()), &client.key)).collect();
    let begun = Instant::now();
    assert_eq!(admin.send("DELETE", &format!("/v1/keys/{id}"), &[], b"").status, 204);
    for socket in &mut sockets {
        assert!(socket.read_until("revoked").contains("revoked"));
        assert!(begun.elapsed() <= Duration::from_secs(5), "{:?}", begun.elapsed());
    }
}

#[test]
fn the_program_replaces_keys_and_sets_limits() {
    let node = TestNode::start();
    let run = |args: &[&str]| {
        let output =
            inos().args(args).args(["--json", "--url", &node.url(), "--key", &node.admin_key()]).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let made = run(&["keys", "create", "ci", "--scope", "jobs", "--rate-limit", "9"]);
    assert_eq!(made["key"]["rate_limit"], 9);
    let rotated = run(&["keys", "rotate", made["key"]["id"].as_str().unwrap(), "--overlap", "1h"]);
    assert_eq!((&rotated["key"]["name"], &rotated["key"]["rate_limit"]), (&json!("ci"), &json!(9)));
    let old = listed(&node.admin(), made["key"]["id"].as_str().unwrap());
    assert!(old["expires"].is_string(), "{old}");
    let account = run(&["accounts", "create", "guest"])["account"]["id"].as_str().unwrap().to_owned();
    let limited = run(&["accounts", "limit", &account, "--weight", "4", "--rate-limit", "50"]);
    assert_eq!((&limited["weight"], &limited["rate_limit"]), (&json!(4), &json!(50)));
}
