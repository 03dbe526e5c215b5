//! Regions over HTTP: whole epochs, whole changes, waiting without asking, and what survives.

use std::{sync::Barrier, thread, time::Duration};

use inos_failpoints::Point;
use inos_tests::{Client, Options, TestNode};

const PAGE: usize = 4096;

fn put(client: &Client, name: &str, bytes: &[u8]) -> u64 {
    let put = client.send("PUT", &format!("/v1/regions/{name}"), &[], bytes);
    assert!([200, 201].contains(&put.status), "{}", put.text());
    epoch(&put)
}

fn epoch(answer: &inos_tests::Answer) -> u64 {
    let epoch: u64 = answer.header("inos-epoch").expect("an epoch").parse().unwrap();
    assert_eq!(answer.header("etag").unwrap(), format!("\"{epoch}\""));
    epoch
}

#[test]
fn a_region_is_read_as_it_was_published_last() {
    let node = TestNode::start();
    let admin = node.admin();
    let made = admin.send(
        "PUT",
        "/v1/regions/world?stride=8&schema=cells",
        &[("content-type", "application/x-cells")],
        b"one",
    );
    assert_eq!((made.status, made.header("location")), (201, Some("/v1/regions/world")));
    let (first, about) = (epoch(&made), made.json());
    assert_eq!((&about["epoch"], &about["bytes"]), (&first.to_string().into(), &3.into()));
    assert_eq!((&about["stride"], &about["schema"], &about["persistent"]), (&8.into(), &"cells".into(), &false.into()));
    let read = admin.get("/v1/regions/world");
    assert_eq!((read.status, read.text(), epoch(&read)), (200, "one".into(), first));
    assert_eq!(read.header("content-type"), Some("application/x-cells"));
    assert_eq!(put(&admin, "world", b"second"), first + 1);
    let part = admin.send("GET", "/v1/regions/world", &[("range", "bytes=1-3")], b"");
    assert_eq!((part.status, part.text(), part.header("content-range")), (206, "eco".into(), Some("bytes 1-3/6")));
    assert_eq!(admin.send("GET", "/v1/regions/world", &[("range", "bytes=6-")], b"").code(), "range-not-satisfiable");
    let tag = format!("\"{}\"", first + 1);
    let same = admin.send("GET", "/v1/regions/world", &[("if-none-match", &tag)], b"");
    assert_eq!((same.status, epoch(&same)), (304, first + 1));
    assert_eq!(admin.get("/v1/regions").json()["items"][0]["name"], "world");
    assert_eq!(admin.send("DELETE", "/v1/regions/world", &[], b"").status, 204);
    assert_eq!(admin.get("/v1/regions/world").code(), "not-found");
    assert!(put(&admin, "world", b"") > first + 1, "the epochs of one that was removed do not come again");
}

#[test]
fn a_part_replaces_as_many_bytes_and_nothing_else() {
    let node = TestNode::start();
    let admin = node.admin();
    let first = put(&admin, "r", b"0123456789");
    let patch = |range: &str, bytes: &[u8]| admin.send("PATCH", "/v1/regions/r", &[("content-range", range)], bytes);
    assert_eq!(epoch(&patch("bytes 2-4/*", b"abc")), first + 1);
    assert_eq!(epoch(&patch("bytes 9-9/10", b"z")), first + 2);
    for (range, bytes, code) in [
        ("bytes 8-10/*", &b"xyz"[..], "range-not-satisfiable"),
        ("bytes 0-0/11", b"x", "range-not-satisfiable"),
        ("bytes 18446744073709551615-18446744073709551615/*", b"x", "range-not-satisfiable"),
        ("bytes 0-3/*", b"x", "bad-request"),
        ("bytes 3-0/*", b"x", "bad-request"),
        ("lines 0-0/*", b"x", "bad-request"),
    ] {
        assert_eq!(patch(range, bytes).code(), code, "{range}");
    }
    let read = admin.get("/v1/regions/r");
    assert_eq!((read.text(), epoch(&read)), ("01abc5678z".into(), first + 2));
    assert_eq!(admin.send("PATCH", "/v1/regions/none", &[("content-range", "bytes 0-0/*")], b"x").code(), "not-found");
}

#[test]
fn a_change_that_names_a_state_is_made_at_that_state_only() {
    let node = TestNode::start();
    let admin = node.admin();
    let change = |header: &str, value: &str| admin.send("PUT", "/v1/regions/r", &[(header, value)], b"x");
    assert_eq!(change("if-match", "*").code(), "not-found");
    let first = epoch(&change("if-none-match", "*"));
    assert_eq!(change("if-none-match", "*").status, 412);
    assert_eq!(change("if-match", &format!("\"{}\"", first + 1)).code(), "precondition-failed");
    assert_eq!(change("if-match", "nonsense").code(), "bad-request");
    assert_eq!(epoch(&change("if-match", &format!("\"{first}\""))), first + 1);
    // Of many who saw the same state, one is let through.
    let tag = format!("\"{}\"", first + 1);
    let start = Barrier::new(8);
    let through = thread::scope(|scope| {
        let change = || {
            start.wait();
            admin.send("PUT", "/v1/regions/r", &[("if-match", &tag)], b"y").status
        };
        let all: Vec<_> = (0..8).map(|_| scope.spawn(change)).collect();
        all.into_iter().map(|one| one.join().unwrap()).filter(|status| *status == 200).count()
    });
    assert_eq!(through, 1);
}

#[test]
fn each_writer_is_told_the_epoch_that_it_made_and_no_others() {
    let node = TestNode::start();
    let admin = node.admin();
    let first = put(&admin, "shared", b"first");
    let start = Barrier::new(4);
    let mut told: Vec<u64> = thread::scope(|scope| {
        let (node, start) = (&node, &start);
        let write = move |patches: bool| {
            let client = node.admin();
            start.wait();
            let one = |_| match patches {
                true => epoch(&client.send("PATCH", "/v1/regions/shared", &[("content-range", "bytes 0-0/*")], b"p")),
                false => put(&client, "shared", b"whole"),
            };
            (0..100).map(one).collect::<Vec<_>>()
        };
        let writers: Vec<_> = (0..4).map(|number| scope.spawn(move || write(number % 2 == 0))).collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    told.sort_unstable();
    assert_eq!(told, (first + 1..=first + 400).collect::<Vec<_>>());
}

#[test]
fn whoever_waits_for_an_epoch_gets_it_when_it_is_there() {
    let node = TestNode::start();
    let admin = node.admin();
    let first = put(&admin, "r", b"one");
    let wait = |after: u64, seconds: u64| admin.get(&format!("/v1/regions/r?after={after}&wait={seconds}"));
    assert_eq!(wait(first, 0).status, 304);
    assert_eq!(wait(first - 1, 60).text(), "one");
    thread::scope(|scope| {
        let waiting: Vec<_> = (0..10).map(|_| scope.spawn(|| wait(first, 60))).collect();
        let waiters = || admin.get("/v1/regions").json()["items"][0]["waiters"].as_u64().unwrap();
        inos_tests::until(Duration::from_secs(20), || waiters() == 10);
        put(&admin, "r", b"two");
        for answer in waiting {
            let answer = answer.join().unwrap();
            assert_eq!((answer.status, answer.text(), epoch(&answer)), (200, "two".into(), first + 1));
        }
        let waiting = scope.spawn(|| wait(first + 1, 60));
        inos_tests::until(Duration::from_secs(20), || waiters() == 1);
        admin.send("DELETE", "/v1/regions/r", &[], b"");
        assert_eq!(waiting.join().unwrap().code(), "not-found");
    });
    put(&admin, "r", b"");
    for bad in ["after=x", "after=1&wait=61", "wait=1", "after=-1", "after=1&after=2"] {
        assert_eq!(admin.get(&format!("/v1/regions/r?{bad}")).code(), "invalid-params", "{bad}");
    }
}

#[test]
fn a_region_belongs_to_its_account() {
    let node = TestNode::start();
    let (admin, other) = (node.admin(), node.account("other", 0));
    put(&admin, "mine", b"secret");
    for (method, headers, body) in
        [("GET", None, &b""[..]), ("DELETE", None, b""), ("PATCH", Some(("content-range", "bytes 0-0/*")), b"x")]
    {
        let headers: Vec<_> = headers.into_iter().collect();
        let (theirs, nobodys) = (
            other.send(method, "/v1/regions/mine", &headers, body),
            other.send(method, "/v1/regions/none", &headers, body),
        );
        assert_eq!((theirs.status, theirs.code()), (404, "not-found".into()), "{method}");
        assert_eq!(
            theirs.json()["detail"].as_str().unwrap().replace("mine", "none"),
            nobodys.json()["detail"],
            "{method}"
        );
    }
    assert_eq!(other.get("/v1/regions").json()["items"], serde_json::json!([]));
    put(&other, "mine", b"another");
    assert_eq!(admin.get("/v1/regions/mine").text(), "secret");
}

#[test]
fn names_sizes_and_quotas_have_limits() {
    let node = TestNode::with(Options::default().with("region-quota", "64KiB"));
    let admin = node.admin();
    for bad in ["a%20b", ".hidden", &"x".repeat(65), "%C3%A4"] {
        assert_eq!(admin.send("PUT", &format!("/v1/regions/{bad}"), &[], b"x").code(), "invalid-params", "{bad}");
    }
    assert_eq!(admin.send("PUT", "/v1/regions/r?bytes_max=10", &[], b"12345678901").code(), "payload-too-large");
    assert_eq!(admin.send("PUT", "/v1/regions/r?bytes_max=10", &[], b"1234567890").status, 201);
    assert_eq!(admin.send("PUT", "/v1/regions/r", &[], b"12345678901").code(), "payload-too-large");
    assert_eq!(admin.send("PUT", "/v1/regions/r?bytes_max=11", &[], b"1").code(), "conflict");
    for bad in ["stride=0", "stride=x", "persistent=yes", "bytes_max=0", "schema=%00", "what=1"] {
        assert_eq!(admin.send("PUT", &format!("/v1/regions/s?{bad}"), &[], b"").code(), "invalid-params", "{bad}");
    }
    // Each takes a page of words and three buffers of a page.
    for number in 0..3 {
        put(&admin, &format!("q{number}"), b"x");
    }
    let full = admin.send("PUT", "/v1/regions/q3", &[], b"x");
    assert_eq!((full.status, full.code()), (507, "storage-full".into()));
    assert_eq!(admin.send("PUT", "/v1/regions/q0", &[], &[1; 2 * PAGE]).code(), "storage-full");
    assert_eq!(admin.get("/v1/regions/q0").text(), "x");
    admin.send("DELETE", "/v1/regions/q1", &[], b"");
    put(&admin, "q3", b"x");
}

#[test]
fn a_persistent_region_survives_and_an_ephemeral_one_does_not() {
    let mut node = TestNode::start();
    let admin = node.admin();
    let bytes: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    let made = admin.send(
        "PUT",
        "/v1/regions/kept?persistent=true&stride=4",
        &[("content-type", "application/x-numbers")],
        &bytes,
    );
    assert_eq!(made.status, 201, "{}", made.text());
    put(&admin, "passing", b"x");
    let patched = admin.send("PATCH", "/v1/regions/kept", &[("content-range", "bytes 4-7/*")], b"abcd");
    let last = epoch(&patched);
    for _ in 0..2 {
        node.kill();
        node.restart();
        let admin = node.admin();
        let read = admin.get("/v1/regions/kept");
        assert_eq!((epoch(&read), read.header("content-type")), (last, Some("application/x-numbers")));
        assert!(read.body[..4] == bytes[..4] && read.body[4..8] == *b"abcd" && read.body[8..] == bytes[8..]);
        assert_eq!(admin.get("/v1/regions/passing").code(), "not-found");
        assert_eq!(admin.get("/v1/regions").json()["items"][0]["stride"], 4);
    }
    node.admin().send("DELETE", "/v1/regions/kept", &[], b"");
    node.kill();
    node.restart();
    assert_eq!(node.admin().get("/v1/regions/kept").code(), "not-found");
}

#[test]
fn a_server_that_ends_while_it_keeps_a_region_has_the_old_epoch_or_the_new() {
    let mut node = TestNode::start();
    let first = {
        let made = node.admin().send("PUT", "/v1/regions/r?persistent=true", &[], &[1; 3 * PAGE]);
        epoch(&made)
    };
    for passing in 1..=3_u64 {
        node.restart_with(&[("FAILPOINT", &format!("{}@{passing}", Point::RegionKept.name()))]);
        let admin = node.admin();
        let before = epoch(&admin.get("/v1/regions/r"));
        for _ in 1..passing {
            let fill = (epoch(&admin.get("/v1/regions/r")) + 1 - first) as u8;
            put(&admin, "r", &[fill + 1; 3 * PAGE]);
        }
        let fill = (before + passing - first) as u8;
        assert!(admin.try_send("PUT", "/v1/regions/r", &[], &[fill + 1; 3 * PAGE]).is_err());
        node.restart_with(&[]);
        let read = node.admin().get("/v1/regions/r");
        assert_eq!(epoch(&read), before + passing, "what was durable is there, though nobody had seen it");
        assert_eq!(read.body, [fill + 1; 3 * PAGE]);
    }
}
