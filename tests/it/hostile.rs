//! Requests that no well-behaved client sends: each gets a clear answer or a closed connection, and nobody else suffers.

use std::{
    io::Read,
    time::{Duration, Instant},
};

use inos_tests::{Options, Raw, TestNode};
use serde_json::json;

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("no status in {answer:?}"))
}

#[test]
fn silent_and_slow_connections_are_closed_and_others_are_served() {
    let node = TestNode::start();
    let mut attackers: Vec<Raw> = Vec::new();
    let many = if std::env::var_os("INOS_TEST_LONG").is_some() { 8_000 } else { 400 };
    for turn in 0..many {
        let mut raw = Raw::connect(node.address());
        match turn % 4 {
            0 => {}
            1 => drop(raw.send("P")),
            2 => drop(raw.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")),
            _ => drop(raw.send("GET / HTTP/1.1\r\nhost: x\r\nx-slow: ")),
        }
        attackers.push(raw);
    }
    // One of them says a little more of its header now and then.
    let mut slow = attackers[3].twin();
    std::thread::spawn(move || {
        for _ in 0..30 {
            std::thread::sleep(Duration::from_millis(500));
            slow.send("x");
        }
    });
    assert_eq!(node.admin().run("compute.blake3", "", b"abc").status, 200);
    let begun = Instant::now();
    for raw in &mut attackers {
        let left = Duration::from_secs(14).saturating_sub(begun.elapsed());
        assert!(raw.closes_within(left), "still open after {:?}", begun.elapsed());
    }
}

#[test]
fn a_body_that_drips_is_cut_off() {
    let node = TestNode::start();
    let key = node.admin_key();
    let mut raw = Raw::connect(node.address());
    raw.send(format!("POST /v1/run/compute/blake3 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-length: 100000\r\n\r\nx"));
    let mut slow = raw.twin();
    std::thread::spawn(move || {
        for _ in 0..40 {
            std::thread::sleep(Duration::from_millis(500));
            slow.send("x");
        }
    });
    let answer = raw.read_to_end();
    assert_eq!(status(&answer), 408, "{answer}");
    assert!(answer.contains("/problems/body-timeout"), "{answer}");
}

#[test]
fn a_body_over_the_limit_is_refused_before_it_is_read() {
    let node = TestNode::with(Options::default().with("body-max", "1MiB"));
    let key = node.admin_key();
    let mut raw = Raw::connect(node.address());
    raw.send(format!(
        "POST /v1/run/compute/blake3 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-length: 10737418240\r\nexpect: 100-continue\r\n\r\n"
    ));
    let answer = raw.read_to_end();
    assert_eq!(status(&answer), 413, "{answer}");
    assert!(!answer.contains("100 Continue"), "{answer}");
    assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
    // A message that is read as a whole has a limit of its own.
    let mut raw = Raw::connect(node.address());
    let answer = raw
        .send(format!(
            "POST /v1/jobs HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: 1073741824\r\n\r\n"
        ))
        .read_to_end();
    assert_eq!(status(&answer), 413, "{answer}");
}

#[test]
fn json_without_end_is_cut_off_at_the_limit_of_a_message() {
    let node = TestNode::start();
    let mut raw = Raw::connect(node.address());
    raw.send(format!(
        "POST /v1/jobs HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
        node.admin_key()
    ));
    let piece = "{\"a\":".repeat(0x20000);
    let chunk = format!("{:x}\r\n{piece}\r\n", piece.len());
    // Some more than 64 MiB; the connection is closed before it has gone out.
    for _ in 0..110 {
        raw.send(&chunk);
    }
    let answer = raw.read_to_end();
    assert_eq!(status(&answer), 413, "{answer}");
    assert_eq!(node.admin().run("compute.blake3", "", b"abc").status, 200);
}

#[test]
fn a_chunked_body_over_the_limit_is_cut_off() {
    let node = TestNode::with(Options::default().with("body-max", "1MiB"));
    let admin = node.admin();
    let before = admin.balance();
    let mut raw = Raw::connect(node.address());
    raw.send(format!(
        "POST /v1/run/compute/blake3 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ntransfer-encoding: chunked\r\n\r\n",
        admin.key
    ));
    for _ in 0..64 {
        raw.send("10000\r\n").send(vec![7; 0x10000]).send("\r\n");
    }
    raw.send("0\r\n\r\n");
    let answer = raw.read_to_end();
    assert_eq!(status(&answer), 413, "{answer}");
    // Whatever was charged is for what was read.
    assert!(before - admin.balance() <= 2_000, "{} of {before}", admin.balance());
}

#[test]
fn a_chunked_body_without_a_length_is_paid_as_it_comes() {
    let node = TestNode::start();
    let admin = node.admin();
    let data = vec![7; 3 << 20];
    let answer = admin.send_from("POST", "/v1/run/compute/blake3", &[], &mut &*data, None);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.text(), inos_protocols::Hash::of(&data).to_string());
    let known = admin.run("compute.blake3", "", &data);
    assert_eq!(answer.header("inos-cost"), known.header("inos-cost"));
    let poor = node.account("poor", 10_000);
    let mut endless = std::io::repeat(7).take(1 << 30);
    let begun = poor.balance();
    // The server stops reading; the client sees the refusal or a closed connection.
    let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        poor.send_from("POST", "/v1/run/compute/blake3", &[], &mut endless, None)
    }));
    if let Ok(answer) = refused {
        assert_eq!((answer.status, answer.code()), (402, "insufficient-credits".into()));
    }
    assert!(poor.balance() <= begun);
}

#[test]
fn malformed_http_gets_one_answer_and_a_closed_connection() {
    let node = TestNode::start();
    let table: &[(&str, &[u16])] = &[
        ("GET /healthz HTTP/1.1\r\n\r\n", &[400]),
        ("POST /v1/jobs HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabc", &[400]),
        ("POST /v1/jobs HTTP/1.1\r\nhost: x\r\ncontent-length: +3\r\n\r\nabc", &[400]),
        (
            "POST /v1/jobs HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            &[400],
        ),
        ("POST /v1/jobs HTTP/1.1\r\nhost: x\r\ntransfer-encoding: xchunked\r\n\r\n", &[400, 501]),
        ("GET /healthz HTTP/1.1\r\nhost : x\r\n\r\n", &[400]),
        ("GET /healthz HTTP/1.1\r\nhost: x\r\nx: a\r\n b\r\n\r\n", &[400]),
        ("GET /%00 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", &[400, 404]),
        ("GET /%2e%2e%2f%2e%2e%2fetc/passwd HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", &[400, 404]),
        ("TRACE / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", &[405]),
        ("CONNECT x:1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", &[400, 404, 405]),
        ("\x16\x03\x01\x02\x00\x01\x00\x01\x7c\x03\x03", &[400]),
    ];
    for (request, wanted) in table {
        let mut raw = Raw::connect(node.address());
        raw.send(request);
        let answer = raw.read_to_end();
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{request:?}: {answer}");
        assert!(wanted.contains(&status(&answer)), "{request:?}: {answer}");
    }
}

#[test]
fn a_refusal_before_its_body_came_either_keeps_the_connection_or_says_that_it_ends() {
    let node = TestNode::start();
    let head = |len: usize| {
        format!("POST /v1/jobs HTTP/1.1\r\nhost: x\r\ncontent-type: text/csv\r\ncontent-length: {len}\r\n\r\n")
    };
    for (len, sent) in [(12, 12), (60_000, 60_000), (12, 3), (1 << 20, 1_000)] {
        let mut raw = Raw::connect(node.address());
        raw.send(head(len));
        // The body is on its way when the answer is made.
        std::thread::yield_now();
        raw.send(vec![b'x'; sent]);
        let answer = raw.read_until("}").to_lowercase();
        assert_eq!(status(&answer), 401, "{answer}");
        if answer.contains("connection: close") {
            assert!(raw.closes_within(Duration::from_secs(10)), "{len}");
        } else {
            raw.send("GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
            assert!(raw.read_to_end().contains("200 OK"), "{len}");
        }
    }
}

#[test]
fn long_uris_and_headers_are_refused() {
    let node = TestNode::start();
    let mut raw = Raw::connect(node.address());
    raw.send(format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(20_000)));
    assert_eq!(status(&raw.read_until("\r\n\r\n")), 414);
    let mut raw = Raw::connect(node.address());
    raw.send("GET /healthz HTTP/1.1\r\nhost: x\r\n").send(format!("x: {}\r\n\r\n", "a".repeat(1 << 20)));
    let answer = raw.read_until("\r\n\r\n");
    assert_eq!(status(&answer), 431, "{answer}");
    let mut raw = Raw::connect(node.address());
    raw.send("GET /healthz HTTP/1.1\r\nhost: x\r\n").send("x: a\r\n".repeat(1_000)).send("\r\n");
    let answer = raw.read_until("\r\n\r\n");
    assert_eq!(status(&answer), 431, "{answer}");
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let node = TestNode::start();
    let mut raw = Raw::connect(node.address());
    let (mut writing, count) = (raw.twin(), 10_000);
    let mut answer = String::new();
    let growth = node.growth(|| {
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for number in 0..count {
                    let close = if number == count - 1 { "connection: close\r\n" } else { "" };
                    writing.send(format!("GET /healthz HTTP/1.1\r\nhost: x\r\nx-request-id: {number}\r\n{close}\r\n"));
                }
            });
            answer = raw.read_to_end();
        });
    });
    let numbers = answer.lines().filter_map(|line| line.strip_prefix("x-request-id: "));
    assert!(numbers.eq((0..count).map(|number| number.to_string())), "not in order, or not all");
    assert_eq!(answer.matches("HTTP/1.1 200 ").count(), count);
    assert!(growth < 16 << 20, "{growth} bytes");
    // Whoever reads no answers is not read any further either.
    let mut deaf = Raw::connect_narrowly(node.address());
    let growth = node.growth(|| {
        let mut writing = deaf.twin();
        std::thread::spawn(move || {
            writing.send("GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(10_000)).read_to_end()
        });
        for _ in 0..20 {
            assert_eq!(node.admin().get("/healthz").status, 200);
        }
    });
    assert!(growth < 16 << 20, "{growth} bytes");
    assert!(deaf.read_until("200 OK").contains("200 OK"));
}

#[test]
fn json_that_is_not_a_capsule_says_where() {
    let node = TestNode::start();
    let admin = node.admin();
    let cases: Vec<(String, u16, &str, &str)> = vec![
        ("".into(), 400, "invalid-json", ""),
        ("{".into(), 400, "invalid-json", ""),
        ("[".repeat(100_000), 400, "invalid-json", ""),
        (r#"{"unit":"compute","method":"blake3","mehtod":1}"#.into(), 400, "invalid-json", "/mehtod"),
        (
            r#"{"unit":"compute","method":"blake3","inputs":[{"text":"a"},{"blobb":"a"}]}"#.into(),
            400,
            "invalid-json",
            "/inputs/1/blobb",
        ),
        (r#"{"unit":"compute","method":"blake3","budget":1.5}"#.into(), 400, "invalid-json", "/budget"),
        (r#"{"unit":"compute","method":"blake3","budget":9007199254740993}"#.into(), 400, "invalid-json", "/budget"),
        (r#"{"unit":"compute","method":"blake3","budget":1e400}"#.into(), 400, "invalid-json", ""),
        (r#"{"unit":"compute","method":"blake3","priority":256}"#.into(), 400, "invalid-json", "/priority"),
        (r#"{"unit":"compute","method":"blake3"} x"#.into(), 400, "invalid-json", ""),
        (r#"{"unit":"\ud800","method":"blake3"}"#.into(), 400, "invalid-json", ""),
        (r#"{"unit":"compute","unit":"test","method":"blake3"}"#.into(), 400, "invalid-json", ""),
        (
            r#"{"unit":"compute","method":"blake3","params":{"length":1,"length":2}}"#.into(),
            422,
            "invalid-params",
            "/params/length",
        ),
        (r#"{"unit":"compute","method":"blake3","labels":{"k":"a","k":"b"}}"#.into(), 400, "invalid-json", ""),
        (r#"{"unit":"compute","method":"blake3","budget":NaN}"#.into(), 400, "invalid-json", ""),
        (r#"{"unit":"compute","method":"blake3","budget":-1}"#.into(), 400, "invalid-json", "/budget"),
        (r#"{"unit":"compute","method":"blake3","budget":-0.0}"#.into(), 400, "invalid-json", "/budget"),
        (r#"{"unit":"compute","method":"blake3","budget":"1"}"#.into(), 400, "invalid-json", "/budget"),
        (r#"{"unit":"compoot","method":"blake3"}"#.into(), 404, "unknown-unit", "/unit"),
        (r#"{"unit":"compute","method":"blake4"}"#.into(), 404, "unknown-method", "/method"),
        (r#"{"unit":"compute","method":"blake3","inputs":[]}"#.into(), 422, "invalid-params", "/inputs"),
        (
            r#"{"unit":"compute","method":"blake3","inputs":[{"text":""}],"params":{"length":0}}"#.into(),
            422,
            "invalid-params",
            "/params/length",
        ),
    ];
    for (body, wanted, code, pointer) in cases {
        let answer = admin.send("POST", "/v1/jobs", &[("content-type", "application/json")], body.as_bytes());
        let shown = &body[..body.len().min(80)];
        assert_eq!((answer.status, answer.code().as_str()), (wanted, code), "{shown}: {}", answer.text());
        if !pointer.is_empty() {
            assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{shown}: {}", answer.text());
        }
    }
}

#[test]
fn media_types_and_methods_are_told_apart() {
    let node = TestNode::start();
    let admin = node.admin();
    let capsule = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "a" }] }).to_string();
    for kind in ["text/plain", "application/xml", "application/x-capnp-packed"] {
        let answer = admin.send("POST", "/v1/jobs", &[("content-type", kind)], capsule.as_bytes());
        assert_eq!((answer.status, answer.code().as_str()), (415, "unsupported-media-type"), "{kind}");
    }
    let answer = admin.send(
        "POST",
        "/v1/jobs",
        &[("content-type", "application/json"), ("accept", "image/png")],
        capsule.as_bytes(),
    );
    assert_eq!((answer.status, answer.code().as_str()), (406, "not-acceptable"));
    let answer = admin.send(
        "POST",
        "/v1/jobs",
        &[("content-type", "application/json"), ("content-encoding", "br")],
        capsule.as_bytes(),
    );
    assert_eq!(answer.status, 415);
    let answer = admin.send("DELETE", "/v1/jobs", &[], b"");
    assert_eq!((answer.status, answer.code().as_str()), (405, "method-not-allowed"));
    assert!(answer.header("allow").unwrap().contains("POST"));
    assert_eq!(admin.get("/v1/nothing").code(), "not-found");
}

#[test]
fn a_bad_traceparent_begins_a_new_trace() {
    let node = TestNode::start();
    let admin = node.admin();
    let long = "a=b,".repeat(2_000);
    let other = "4bf92f3577b34da6a3ce929d0e0e4736";
    let reserved = format!("ff-{other}-00f067aa0ba902b7-01");
    for headers in [
        [("traceparent", "garbage"), ("tracestate", "x")],
        [("traceparent", &reserved), ("tracestate", "x")],
        [("traceparent", "00-00000000000000000000000000000000-0000000000000000-00"), ("tracestate", &long)],
    ] {
        let answer = admin.send("POST", "/v1/run/compute/blake3", &headers, b"abc");
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

#[test]
fn a_brotli_bomb_stops_at_its_cap() {
    let node = TestNode::start();
    let admin = node.admin();
    let zeros = admin.send_from(
        "POST",
        "/v1/run/compute/brotli_compress?quality=5",
        &[],
        &mut std::io::repeat(0).take(64 << 20),
        None,
    );
    assert_eq!(zeros.status, 200, "{}", zeros.text());
    let bomb = zeros.body;
    assert!(bomb.len() < 1 << 16);
    let answer = admin.run("compute.brotli_decompress", "?output_bytes_max=1000000", &bomb);
    assert_eq!((answer.status, answer.code().as_str()), (413, "payload-too-large"));
}
