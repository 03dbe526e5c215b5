//! Whoever guesses: wrong keys are slowed down address by address, in constant words, and nothing said can hide an address.

use std::{net::Ipv4Addr, time::Duration};

use inos_protocols::time::Time;
use inos_tests::{Client, Options, Raw, TestNode, until};
use serde_json::{Value, json};

use crate::{
    hostile_socket::shake_on,
    routes::{description, operations},
};

/// How many wrong keys an address may show within a minute.
const WRONG_KEYS_MAX: usize = 20;

/// One request on a connection of its own from this address: status, header and body.
fn ask(node: &TestNode, source: Ipv4Addr, request: &str, headers: &str) -> (u16, String, Value) {
    let mut raw = Raw::connect_from(source, node.address());
    let whole = format!("{request} HTTP/1.1\r\nhost: x\r\n{headers}content-length: 0\r\nconnection: close\r\n\r\n");
    let answer = raw.send(whole).read_to_end();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_lowercase(), serde_json::from_str(body).unwrap_or_default())
}

/// A key of the right form with this many at its end.
fn wrong(number: usize) -> String {
    format!("authorization: Bearer inos_{}_{number:064x}\r\n", "0".repeat(32))
}

/// What a refusal says beside its request's own number.
fn words(mut problem: Value) -> Value {
    problem.as_object_mut().unwrap().remove("request_id");
    problem
}

#[test]
fn an_address_may_show_twenty_wrong_keys_a_minute() {
    let node = TestNode::start();
    let here = Ipv4Addr::new(127, 0, 0, 2);
    let known = node.admin_key();
    let mut refused = Vec::new();
    for number in 0..WRONG_KEYS_MAX - 1 {
        // Unknown, known with a wrong secret, no key at all: nothing tells them apart.
        let key = match number % 3 {
            0 => wrong(number),
            1 => format!("authorization: Bearer {}{number:064x}\r\n", &known[..38]),
            _ => "authorization: Bearer nonsense\r\n".into(),
        };
        let (status, head, body) = ask(&node, here, "GET /v1/account", &key);
        assert_eq!(status, 401, "after {number}: {body}");
        assert!(head.contains("www-authenticate: bearer"), "{head}");
        refused.push(words(body));
    }
    assert!(refused.iter().all(|body| *body == refused[0]), "{refused:?}");
    for number in 0..5 {
        let (status, head, body) = ask(&node, here, "GET /v1/account", &wrong(number));
        assert_eq!((status, &body["code"]), (429, &json!("rate-limited")), "{body}");
        let wait: u64 = head.split("retry-after: ").nth(1).unwrap().split("\r\n").next().unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait) && head.contains("ratelimit-policy: \"wrong-keys\";q=20;w=60"), "{head}");
    }
    let right = format!("authorization: Bearer {known}\r\n");
    assert_eq!(ask(&node, here, "GET /v1/account", &right).0, 200, "a right key is not slowed down by wrong ones");
    let elsewhere = Ipv4Addr::new(127, 0, 0, 3);
    assert_eq!(ask(&node, elsewhere, "GET /v1/account", &wrong(1)).0, 401, "another address has its own count");
}

#[test]
fn an_address_is_not_changed_by_what_a_request_says_of_it() {
    let node = TestNode::start();
    let here = Ipv4Addr::new(127, 0, 0, 4);
    let mut last = 0;
    for number in 0..WRONG_KEYS_MAX + 1 {
        let claims = format!(
            "x-forwarded-for: 192.0.2.{number}\r\nx-real-ip: 192.0.2.{number}\r\nforwarded: for=192.0.2.{number}\r\n{}",
            wrong(number)
        );
        last = ask(&node, here, "GET /v1/account", &claims).0;
    }
    assert_eq!(last, 429);
    let admin = node.admin();
    let claims =
        [("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "gopher"), ("forwarded", "host=evil.example")];
    let capsule = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "abc" }] });
    let answer = admin.post_json_with("/v1/jobs", &claims, &capsule);
    assert_eq!(answer.status, 202);
    assert!(answer.header("location").unwrap().starts_with("/v1/jobs/job_"));
    let page = admin.send("GET", "/docs", &claims, b"");
    assert!(page.status == 200 && !page.text().contains("evil.example"));
    assert!(!node.log().contains("192.0.2."), "{}", node.log());
}

#[test]
fn tickets_are_not_for_guessing_either() {
    let node = TestNode::start();
    let here = Ipv4Addr::new(127, 0, 0, 5);
    let upgrade = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for number in 0..WRONG_KEYS_MAX + 5 {
        let (status, _, body) = ask(&node, here, &format!("GET /v1/ws?ticket=inos_tkt_{number:064x}"), upgrade);
        let wanted = if number < WRONG_KEYS_MAX - 1 { 401 } else { 429 };
        assert_eq!(status, wanted, "after {number}: {body}");
    }
}

#[test]
fn no_operation_takes_a_key_that_is_none() {
    let node = TestNode::start();
    let closed: Vec<_> = operations(&description(&node)).into_iter().filter(|operation| !operation.is_open).collect();
    assert!(closed.len() > 20);
    let known = node.admin_key();
    // Each from an address of its own, so that none is refused for the guesses before it.
    for (index, operation) in closed.iter().enumerate() {
        let source = Ipv4Addr::new(127, 0, 1, u8::try_from(index).unwrap());
        for key in [
            "Bearer inos_",
            "Bearer nonsense",
            &format!("Bearer {}{}", &known[..38], "0".repeat(64)),
            &format!("Bearer {known}0"),
            &format!("Basic {known}"),
            &format!("Bearer {known}\r\nauthorization: Bearer {known}"),
        ] {
            let request = format!("{} {}", operation.method, operation.any());
            let (status, _, body) = ask(&node, source, &request, &format!("authorization: {key}\r\n"));
            assert_eq!((status, &body["code"]), (401, &json!("unauthorized")), "{request} with {key:.20}: {body}");
        }
    }
}

#[test]
fn what_hangs_on_a_key_ends_with_it() {
    let node = TestNode::start();
    let admin = node.admin();
    let made = admin.post_json("/v1/keys", &json!({ "name": "k", "scopes": ["jobs"] })).json();
    let client = admin.with_key(made["secret"].as_str().unwrap());
    let token = client.post_json("/v1/tokens", &json!({ "scopes": ["jobs"], "expires_in_s": 600 })).json();
    let page = Client::new(&node.url(), token["token"].as_str().unwrap());
    assert_eq!(page.get("/v1/jobs").status, 200);
    let mut events = Raw::connect(node.address());
    let watching = format!("GET /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n", client.key);
    assert!(events.send(watching).read_until("\r\n\r\n").starts_with("HTTP/1.1 200 "));
    let waiting = json!({ "unit": "test", "method": "wait", "params": { "ms": 500 } });
    let job = client.post_json("/v1/jobs", &waiting).header("location").unwrap().to_owned();
    let id = made["key"]["id"].as_str().unwrap();
    assert_eq!(admin.send("DELETE", &format!("/v1/keys/{id}"), &[], b"").status, 204);
    until(Duration::from_secs(6), || client.get("/v1/jobs").status == 401);
    assert_eq!(page.get("/v1/jobs").code(), "unauthorized", "a page's token");
    let ended = events.read_until("\r\n0\r\n\r\n");
    assert!(
        ended.ends_with("0\r\n\r\n") || events.closes_within(Duration::from_secs(8)),
        "a stream of events: {ended}"
    );
    // What was taken in before is the account's, and goes on.
    until(Duration::from_secs(10), || admin.get(&job).json()["state"] == "succeeded");
}

#[test]
fn a_key_that_another_server_revokes_ends_what_hangs_on_it_here() {
    let options = Options::on_postgres();
    let (there, here) = (TestNode::with(options.clone()), TestNode::with(options));
    let admin = there.admin();
    let made = admin.post_json("/v1/keys", &json!({ "name": "k", "scopes": ["jobs"] })).json();
    let secret = made["secret"].as_str().unwrap();
    let mut socket = shake_on(Raw::connect(here.address()), secret);
    let mut events = Raw::connect(here.address());
    let watching = format!("GET /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {secret}\r\n\r\n");
    assert!(events.send(watching).read_until("\r\n\r\n").starts_with("HTTP/1.1 200 "));
    let path = format!("/v1/keys/{}", made["key"]["id"].as_str().unwrap());
    assert_eq!(admin.send("DELETE", &path, &[], b"").status, 204);
    assert!(socket.read_until("revoked").contains("revoked"), "the socket is told");
    assert!(events.read_until("0\r\n\r\n").ends_with("0\r\n\r\n"), "the stream ends");
    assert_eq!(Client::new(&here.url(), secret).get("/v1/jobs").status, 401);
}

#[test]
fn a_token_and_a_key_that_expire_close_their_sockets() {
    let node = TestNode::start();
    let admin = node.admin();
    let token = admin.post_json("/v1/tokens", &json!({ "scopes": ["jobs"], "expires_in_s": 3 })).json();
    let expires = Time::now().plus_ms(3000);
    let key = admin.post_json("/v1/keys", &json!({ "name": "k", "scopes": ["jobs"], "expires": expires })).json();
    let open = |secret: &Value| shake_on(Raw::connect(node.address()), secret.as_str().unwrap());
    for mut socket in [open(&token["token"]), open(&key["secret"])] {
        assert!(socket.read_until("revoked").contains("revoked"));
    }
    assert!(Time::now() >= expires);
}
