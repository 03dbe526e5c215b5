//! Very many connections at once: each costs little, each is still served, and those too many are closed.

use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use inos_tests::{Client, Options, Raw, TestNode, files_max, until};
use serde_json::json;

use crate::hostile_socket::{frame, shake_on};

/// What a WebSocket at rest, and a connection between two requests, may take of the server's memory, in bytes.
const SOCKET_BYTES_MAX: u64 = 12 << 10;
const CONNECTION_BYTES_MAX: u64 = 24 << 10;
/// Connections that pay for what all of them share before anything is measured.
const FIRST: usize = 200;
/// How long a server at rest is looked at, less than the shortest time between two signs of life, and how often it may
/// wake meanwhile.
const AT_REST: Duration = Duration::from_secs(6);
const WAKE_UPS_MAX: u64 = 200;
/// Files that a test and its server need beside the connections.
const OTHER_FILES: u64 = 2_000;

/// How many come: many, or as many as the long form wants and the limit of open files allows.
fn crowd() -> usize {
    let wanted = if std::env::var_os("INOS_TEST_LONG").is_some() { 100_000 } else { 2_000 };
    let files = files_max(wanted + OTHER_FILES);
    let many = wanted.min(files - OTHER_FILES);
    println!("{many} connections of the {wanted} that are wanted");
    usize::try_from(many).unwrap()
}

/// One address of the loopback network for each few thousand connections, since each has only so many ports.
fn source(number: usize) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 0, 2 + u8::try_from(number / 10_000).unwrap())
}

fn connect(node: &TestNode, number: usize) -> Raw {
    Raw::connect_from(source(number), node.address())
}

/// Connections made by several threads, in order.
fn connections(numbers: std::ops::Range<usize>, make: impl Fn(usize) -> Raw + Sync) -> Vec<Raw> {
    let (threads, make) = (4, &make);
    let share = numbers.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let parts: Vec<_> = numbers
            .clone()
            .step_by(share)
            .map(|from| scope.spawn(move || (from..(from + share).min(numbers.end)).map(make).collect::<Vec<_>>()))
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    })
}

/// A figure of `/metrics`.
fn figure(page: &str, name: &str) -> usize {
    let line = page.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap();
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// Asks on an open connection and gives the answer's status; it stays open.
fn status(raw: &mut Raw) -> String {
    let answer = raw.send("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").read_until("}");
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[test]
fn many_idle_sockets_take_little_and_each_still_gets_its_answers() {
    let many = crowd();
    // A soft limit far below the crowd: the server has to raise it by itself.
    let options = Options { shell: Some("ulimit -Sn 256".into()), ..Options::default() };
    let node = TestNode::with(options.with("connections-max", &(many + 100).to_string()));
    let (key, admin) = (node.admin_key(), node.admin());
    let open = |number| shake_on(connect(&node, number), &key);
    let mut sockets = connections(0..FIRST, open);
    let before = node.memory();
    let begun = Instant::now();
    sockets.extend(connections(FIRST..many, open));
    let each = node.memory().saturating_sub(before) / (many - FIRST) as u64;
    println!("{many} WebSockets after {:?}: {each} bytes each", begun.elapsed());
    assert!(each <= SOCKET_BYTES_MAX, "{each} bytes each");
    assert_eq!(figure(&admin.get("/metrics").text(), "inos_ws_open"), many);

    let subscribe = [frame(0x81, br#"{"subscribe":"jobs"}"#), frame(0x81, br#"{"ping":7}"#)].concat();
    for socket in &mut sockets {
        socket.send(&subscribe);
    }
    for socket in &mut sockets {
        assert!(socket.read_until("\"pong\":7").contains("\"pong\":7"));
    }
    let each = node.memory().saturating_sub(before) / (many - FIRST) as u64;
    println!("{each} bytes each with a subscription, {:?}", begun.elapsed());
    let capsule = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "abc" }] });
    let job = admin.post_json("/v1/jobs", &capsule).json()["id"].as_str().unwrap().to_owned();
    for socket in &mut sockets {
        let told = socket.read_until("succeeded");
        assert!(told.contains(&job) && told.contains("succeeded"), "{told}");
    }
    println!("all told of a job, {:?}", begun.elapsed());
    each_tenth_gets_a_result(&mut sockets);
    drop(sockets);
    until(Duration::from_secs(60), || figure(&admin.get("/metrics").text(), "inos_ws_open") == 0);
    assert_eq!(admin.run("compute.blake3", "", b"abc").status, 200);
}

fn each_tenth_gets_a_result(sockets: &mut [Raw]) {
    let submit =
        br#"{"submit":[{"correlation":4,"capsule":{"unit":"compute","method":"sha256","inputs":[{"text":"abc"}]}}]}"#;
    let submit = frame(0x81, submit);
    let mut times: Vec<Duration> = Vec::new();
    for socket in sockets.iter_mut().step_by(10) {
        let begun = Instant::now();
        let told = socket.send(&submit).read_until("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(told.contains("ba7816bf"), "{told}");
        times.push(begun.elapsed());
    }
    times.sort();
    println!(
        "results of {} jobs: median {:?}, p99 {:?}",
        times.len(),
        times[times.len() / 2],
        times[times.len() * 99 / 100]
    );
}

#[test]
fn sockets_and_streams_at_rest_wake_nobody() {
    for options in [Options::default(), Options::on_postgres()] {
        let node = TestNode::with(options);
        let (key, admin) = (node.admin_key(), node.admin());
        let _sockets = connections(0..500, |number| shake_on(connect(&node, number), &key));
        let watching = format!("GET /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\r\n");
        let _streams = connections(0..100, |number| {
            let mut raw = connect(&node, number);
            assert!(raw.send(&watching).read_until("\r\n\r\n").starts_with("HTTP/1.1 200 "));
            raw
        });
        assert_eq!(figure(&admin.get("/metrics").text(), "inos_ws_open"), 500);
        let (time, sleeps) = node.exertion();
        std::thread::sleep(AT_REST);
        let (time, sleeps) = (node.exertion().0 - time, node.exertion().1 - sleeps);
        println!("{time:?} of processor time and {sleeps} wake-ups in {AT_REST:?}");
        // One look in any four seconds at each of them would be far more.
        assert!(sleeps <= WAKE_UPS_MAX, "{sleeps} wake-ups");
        assert!(time <= AT_REST / 30, "{time:?} of processor time");
    }
}

#[test]
fn connections_over_the_most_are_closed_and_those_before_are_unharmed() {
    let many = crowd();
    // One more for whoever looks at the figures.
    let node = TestNode::with(Options::default().with("connections-max", &(many + 1).to_string()));
    let open = |number| {
        let mut raw = connect(&node, number);
        // A connection that never asked anything would be closed as silent.
        assert_eq!(status(&mut raw), "200");
        raw
    };
    let mut resting = connections(0..FIRST, open);
    let before = node.memory();
    let begun = Instant::now();
    resting.extend(connections(FIRST..many, open));
    let each = node.memory().saturating_sub(before) / (many - FIRST) as u64;
    println!("{many} connections after {:?}: {each} bytes each", begun.elapsed());
    assert!(each <= CONNECTION_BYTES_MAX, "{each} bytes each");
    let mut last = Raw::connect(node.address());
    until(Duration::from_secs(5), || status(&mut last) == "200");
    for _ in 0..200 {
        assert!(Raw::connect(node.address()).closes_within(Duration::from_secs(5)), "one too many is open");
    }
    for raw in resting.iter_mut().step_by(many / 200) {
        assert_eq!(status(raw), "200", "one that was there before suffers");
    }
    assert_eq!(status(&mut last), "200");
    let freed = resting.split_off(many - 50);
    drop(freed);
    let page =
        || last.twin().send("GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").read_until("inos_ws_slow_readers_total 0");
    until(Duration::from_secs(10), || figure(&page(), "inos_connections_open") <= many - 49);
    assert_eq!(node.admin().run("compute.blake3", "", b"abc").status, 200, "whoever comes after is served again");
}

#[test]
fn a_full_house_still_has_files_for_its_own_work() {
    let node = TestNode::with(Options { shell: Some("ulimit -n 256".into()), ..Options::default() });
    let admin: Client = node.admin();
    assert_eq!(admin.get("/healthz").status, 200);
    let mut resting: Vec<Raw> = (0..400).map(|_| Raw::connect(node.address())).collect();
    // Whoever is over the number that the limit of open files leaves is closed at once.
    let patience = Duration::from_millis(1);
    until(Duration::from_secs(8), || {
        resting.iter_mut().map(|raw| raw.closes_within(patience)).filter(|it| *it).count() > 200
    });
    let stored = admin.send("PUT", "/v1/blobs", &[], &vec![7; 100_000]);
    assert_eq!(stored.status, 201, "{}", stored.text());
    assert!(!node.log().contains("cannot accept connections just now"), "{}", node.log());
}
