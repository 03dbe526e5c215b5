//! Who may do what: keys, scopes, and accounts that see nothing of each other.

use std::time::Duration;

use inos_tests::{Client, TestNode, until};
use serde_json::{Value, json};

#[test]
fn without_a_right_key_nothing_is_done() {
    let node = TestNode::start();
    let key = node.admin_key();
    let mut wrong = key.clone();
    wrong.pop();
    wrong.push(if key.ends_with('a') { 'b' } else { 'a' });
    let check = |bad: &str, path: &str| {
        let answer = Client::new(&node.url(), bad).get(path);
        assert_eq!((answer.status, answer.code().as_str()), (401, "unauthorized"), "{path} with {bad:.20}");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"));
    };
    for path in ["/v1/jobs", "/v1/account", "/v1/keys", "/v1/blobs", "/v1/admin/accounts", "/v1/workers", "/v1/stats"] {
        check("", path);
    }
    for bad in ["inos_", "nonsense", "inos_0123_4567", &wrong, &"x".repeat(5_000)] {
        check(bad, "/v1/account");
    }
}

#[test]
fn what_is_public_needs_no_key() {
    let node = TestNode::start();
    let nobody = Client::new(&node.url(), "");
    for path in [
        "/healthz",
        "/readyz",
        "/version",
        "/openapi.json",
        "/docs",
        "/problems/not-found",
        "/v1/units",
        "/v1/units/compute",
        "/v1/units/compute/blake3",
        "/v1/node",
        "/llms.txt",
        "/",
        "/metrics",
    ] {
        assert_eq!(nobody.get(path).status, 200, "{path}");
    }
}

#[test]
fn a_key_does_only_what_its_scopes_say() {
    let node = TestNode::start();
    let admin = node.admin();
    let make = |scopes: Value| {
        let made = admin.post_json("/v1/keys", &json!({ "name": "k", "scopes": scopes }));
        assert_eq!(made.status, 201, "{}", made.text());
        admin.with_key(made.json()["secret"].as_str().unwrap())
    };
    let (jobs, blobs, account) = (make(json!(["jobs"])), make(json!(["blobs"])), make(json!(["account"])));
    let table: &[(&str, [u16; 3])] = &[
        ("/v1/jobs", [200, 403, 403]),
        ("/v1/blobs", [403, 200, 403]),
        ("/v1/account", [403, 403, 200]),
        ("/v1/keys", [403, 403, 200]),
        ("/v1/admin/accounts", [403, 403, 403]),
    ];
    for (path, wanted) in table {
        for (client, wanted) in [&jobs, &blobs, &account].into_iter().zip(wanted) {
            let answer = client.get(path);
            assert_eq!(answer.status, *wanted, "{path}");
            if *wanted == 403 {
                assert_eq!(answer.code(), "forbidden");
            }
        }
    }
    let more = account.post_json("/v1/keys", &json!({ "name": "more", "scopes": ["admin"] }));
    assert_eq!((more.status, more.code().as_str()), (403, "forbidden"), "a key cannot make a stronger one");
}

#[test]
fn a_revoked_key_stops_working() {
    let node = TestNode::start();
    let admin = node.admin();
    let made = admin.post_json("/v1/keys", &json!({ "name": "k", "scopes": ["jobs"] })).json();
    let client = admin.with_key(made["secret"].as_str().unwrap());
    assert_eq!(client.get("/v1/jobs").status, 200);
    let revoked = admin.send("DELETE", &format!("/v1/keys/{}", made["key"]["id"].as_str().unwrap()), &[], b"");
    assert_eq!(revoked.status, 204, "{}", revoked.text());
    until(Duration::from_secs(6), || client.get("/v1/jobs").status == 401);
}

#[test]
fn another_accounts_things_are_as_absent_as_things_that_never_were() {
    let node = TestNode::start();
    let (alice, bob) = (node.account("alice", 1_000_000), node.account("bob", 1_000_000));
    let job = alice.post_json_with(
        "/v1/jobs",
        &[("prefer", "wait=10")],
        &json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "secret" }] }),
    );
    let id = job.json()["id"].as_str().unwrap().to_owned();
    let blob = alice.send("PUT", "/v1/blobs", &[], b"alice's bytes").json()["hash"].as_str().unwrap().to_owned();
    let never = inos_protocols::JobId::new();
    let nothing = inos_protocols::Hash::of(b"never stored");
    for (real, absent) in [
        (format!("/v1/jobs/{id}"), format!("/v1/jobs/{never}")),
        (format!("/v1/jobs/{id}/outputs/0"), format!("/v1/jobs/{never}/outputs/0")),
        (format!("/v1/jobs/{id}/receipt"), format!("/v1/jobs/{never}/receipt")),
        (format!("/v1/jobs/{id}/events"), format!("/v1/jobs/{never}/events")),
        (format!("/v1/blobs/{blob}"), format!("/v1/blobs/{nothing}")),
    ] {
        let (real, absent) = (bob.get(&real), bob.get(&absent));
        assert_eq!((real.status, real.code()), (404, "not-found".into()));
        assert_eq!((absent.status, absent.code()), (404, "not-found".into()));
    }
    assert_eq!(bob.send("POST", &format!("/v1/jobs/{id}/cancel"), &[], b"").status, 404);
    assert_eq!(bob.send("DELETE", &format!("/v1/blobs/{blob}"), &[], b"").status, 404);
    let stolen =
        bob.post_json("/v1/jobs", &json!({ "unit": "compute", "method": "blake3", "inputs": [{ "blob": blob }] }));
    assert_eq!((stolen.status, stolen.code().as_str()), (404, "not-found"));
    assert_eq!(bob.get("/v1/jobs").json()["items"], json!([]));
    assert_eq!(alice.get(&format!("/v1/blobs/{blob}")).body, b"alice's bytes");
}

#[test]
fn a_foreign_origin_gets_no_permission() {
    let node = TestNode::start();
    let admin = node.admin();
    for origin in ["https://evil.example", "null"] {
        let answer =
            admin.send("OPTIONS", "/v1/jobs", &[("origin", origin), ("access-control-request-method", "POST")], b"");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}");
    }
    let answer = admin.send(
        "OPTIONS",
        "/v1/jobs",
        &[("origin", "http://localhost:5173"), ("access-control-request-method", "POST")],
        b"",
    );
    assert_eq!(answer.header("access-control-allow-origin"), Some("http://localhost:5173"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
}
