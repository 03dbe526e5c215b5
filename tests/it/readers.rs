//! Clients that do not read, or are suddenly gone: nothing of theirs stays behind, and nobody else waits for them.

use std::time::Duration;

use inos_tests::{Client, Options, Raw, TestNode, TlsNode, until};
use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::{
    http2::{get, hello, only_live},
    socket::runtime,
};

/// How much more memory the server may take for clients that do not read, in bytes.
const GROWTH_MAX: u64 = 48 << 20;

/// The head of a request with a key.
fn head(method: &str, path: &str, key: &str, more: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n{more}\r\n")
}

/// Many accepted jobs, and so three events for each.
fn thousand_jobs(client: &Client) {
    let capsule = json!({ "unit": "test", "method": "noop" });
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..125).for_each(|_| assert_eq!(client.post_json("/v1/jobs", &capsule).status, 202)));
        }
    });
}

#[test]
fn events_that_nobody_reads_take_no_memory_and_reach_everybody_else() {
    let node = TestNode::start();
    let admin = node.admin();
    let rich = node.account("rich", 900_000_000);
    thousand_jobs(&rich);
    let watch = |mut raw: Raw| {
        let answer = raw.send(head("GET", "/v1/events", &rich.key, "")).read_until("\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        raw
    };
    let idle: Vec<Raw> = (0..150).map(|_| watch(Raw::connect_narrowly(node.address()))).collect();
    // For each who does not read there would be most of a mebibyte.
    let growth = node.growth(|| (0..2).for_each(|_| thousand_jobs(&rich)));
    assert!(growth < GROWTH_MAX, "{} MiB", growth >> 20);
    let mut quick = watch(Raw::connect(node.address()));
    let capsule = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "abc" }] });
    let job = rich.post_json("/v1/jobs", &capsule).json()["id"].as_str().unwrap().to_owned();
    // Others that were asked for before may still be ending.
    let mut told = String::new();
    until(Duration::from_secs(20), || {
        told += &quick.read_until("\n");
        told.lines().any(|line| line.contains(&job) && line.contains("succeeded"))
    });
    assert_eq!(admin.get("/healthz").status, 200);
    drop((idle, quick));
    // Well-behaved clients may keep a few of theirs.
    until(Duration::from_secs(20), || connections(&admin) <= 20);
}

/// How many connections the server has, this client's own among them.
fn connections(client: &Client) -> u64 {
    figure(client, "inos_connections_open")
}

fn figure(client: &Client, name: &str) -> u64 {
    let page = client.get("/metrics").text();
    let line = page.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap();
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// What the clients ask that are going to vanish: to wait for a job, for events, half a body, a WebSocket.
fn questions(key: &str) -> [String; 4] {
    let body = r#"{"unit":"test","method":"wait","params":{"ms":200}}"#;
    let waiting = format!("prefer: wait=30\r\ncontent-type: application/json\r\ncontent-length: {}\r\n", body.len());
    let upgrade = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    [
        head("POST", "/v1/jobs", key, &waiting) + body,
        head("GET", "/v1/events", key, ""),
        head("POST", "/v1/run/compute/brotli_compress", key, "content-length: 1000000\r\n") + "xxxx",
        head("GET", "/v1/ws", key, upgrade),
    ]
}

#[test]
fn clients_that_vanish_leave_nothing_behind_and_their_jobs_go_on() {
    let node = TestNode::with(Options::default().with("workers", "16"));
    let (admin, questions) = (node.admin(), questions(&node.admin_key()));
    let jobs = || admin.get("/v1/jobs?unit=test&limit=500").json()["items"].as_array().unwrap().clone();
    let at_rest = || {
        let under_way = admin.get("/v1/stats").json()["jobs"].clone();
        let open = figure(&admin, "inos_ws_open") + figure(&admin, "inos_arena_leases");
        under_way["running"] == 0 && under_way["queued"] == 0 && open == 0 && connections(&admin) == 1
    };
    let vanish = |round: usize| {
        let before = jobs().len();
        let mut clients: Vec<(usize, Raw)> = (0..200).map(|turn| (turn, Raw::connect(node.address()))).collect();
        for (turn, raw) in &mut clients {
            raw.send(&questions[*turn % 4]);
        }
        // The first half may be gone before it was heard; of the other, the jobs are taken in.
        let rest = clients.split_off(100);
        let go = |(turn, raw): (usize, Raw)| if (turn / 4 + round).is_multiple_of(2) { raw.reset() } else { drop(raw) };
        clients.into_iter().for_each(go);
        until(Duration::from_secs(20), || jobs().len() >= before + 25);
        rest.into_iter().for_each(go);
        until(Duration::from_secs(30), at_rest);
    };
    vanish(0);
    let (threads, files) = (node.threads(), node.files());
    let growth = node.growth(|| (1..4).for_each(vanish));
    assert!(growth < GROWTH_MAX, "{} MiB", growth >> 20);
    until(Duration::from_secs(20), || node.threads() == threads && node.files() <= files + 4);
    // What no worker runs any more may still be on its way into the books.
    until(Duration::from_secs(20), || jobs().iter().all(|job| job["state"] == "succeeded"));
    assert!(jobs().len() >= 100, "{:?}", jobs());
    assert_eq!(admin.get("/v1/account").json()["held"], 0);
    assert!(!node.log().contains("panicked"), "{}", node.log());
}

#[test]
fn whoever_takes_nothing_of_an_answer_is_suffered_for_a_minute_and_no_longer() {
    // Waiting for the end of a minute is for the long form; the gateway's own tests show it with shorter times.
    let is_long = std::env::var_os("INOS_TEST_LONG").is_some();
    let patience = Duration::from_secs(if is_long { 75 } else { 3 });
    let (server, node) = (TlsNode::start(), TestNode::start());
    let mut narrow = Raw::connect_narrowly(node.address());
    narrow.send(head("POST", "/v1/run/test/emit?bytes=67108864", &node.admin_key(), "content-length: 0\r\n"));
    runtime().block_on(async {
        let mut stream = server.connect("h2").await;
        stream.write_all(&hello(0)).await.unwrap();
        stream.write_all(&get("/healthz")).await.unwrap();
        let closed = tokio::time::timeout(patience, only_live(&mut stream)).await.is_ok();
        assert_eq!(closed, is_long, "over HTTP/2");
        assert!(server.get("/healthz").await.starts_with("HTTP/1.1 200 "));
    });
    if is_long {
        until(Duration::from_secs(15), || connections(&node.admin()) == 1);
        assert!(narrow.read_bytes().len() < 64 << 20, "over HTTP/1.1");
    } else {
        assert_eq!(connections(&node.admin()), 2, "over HTTP/1.1");
    }
}
