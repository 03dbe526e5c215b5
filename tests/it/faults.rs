//! Whatever is cut off in the middle: every acknowledged job ends once, is charged at most once, and the books balance.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use inos_failpoints::Point;
use inos_tests::{Client, Options, TestNode, until};
use serde_json::json;

use crate::wishes::{Told, load, load_by_socket};

crate::on_both! {
    acknowledged_jobs_survive_kills,
    the_server_may_end_at_every_point,
    a_client_that_vanishes_leaves_a_finished_job_and_no_hold,
    units_that_panic_fail_their_own_jobs_and_are_not_charged,
    a_server_that_is_stopped_under_load_keeps_all_it_said,
    a_stopped_server_finishes_what_runs_and_keeps_what_waits,
}

/// How often the server is killed: a few times, or as often as the long form wants.
fn kills() -> u32 {
    if std::env::var_os("INOS_TEST_LONG").is_some() { 50 } else { 5 }
}

fn acknowledged_jobs_survive_kills(options: Options) {
    let mut node = TestNode::with(options);
    let (key, before) = (node.admin_key(), node.admin().balance());
    let told = Told::default();
    for round in 0..kills() {
        let (stop, count) = (AtomicBool::new(false), told.count());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| load(&Client::new(&node.url(), &key), &told, &stop));
            }
            scope.spawn(|| load_by_socket(&node, &key, &told, &stop));
            // Spread over the work without a random number, so that a failure comes again.
            until(Duration::from_secs(60), || told.count() > count + 20 + (round * 37 % 100) as usize);
            node.signal(rustix::process::Signal::KILL);
            stop.store(true, Ordering::Relaxed);
        });
        node.restart();
    }
    told.holds_at(&node.admin(), before);
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

/// How often a failpoint is passed before it ends the server.
fn passings(point: Point) -> std::ops::RangeInclusive<u32> {
    match point {
        // One account leases once.
        Point::CreditsLeased => 1..=1,
        _ if std::env::var_os("INOS_TEST_LONG").is_some() => 1..=6,
        _ => 1..=2,
    }
}

fn the_server_may_end_at_every_point(options: Options) {
    let mut node = TestNode::with(options);
    let (told, admin) = (Told::default(), node.admin());
    let before = admin.balance();
    (0..10).for_each(|_| told.wish(&admin).unwrap());
    // Wishes are jobs; what becomes of regions is in `regions.rs` and `regions_attach.rs`, of held keys in `held_keys.rs`.
    let is_elsewhere = |point: &&Point| point.is_of_regions() || **point == Point::HeldKeyRotated;
    for point in Point::ALL.iter().filter(|point| point.is_of_work() && !is_elsewhere(point)) {
        for passing in passings(*point) {
            let armed = format!("{}@{passing}", point.name());
            node.restart_with(&[("FAILPOINT", &armed)]);
            let client = node.admin();
            let mut wishes = 0;
            while told.wish(&client).is_ok() {
                wishes += 1;
                assert!(wishes < 200, "{armed} is not passed");
            }
            assert_eq!(node.ends_within(Duration::from_secs(20)), None, "{armed} ends it as kill -9 would");
            node.restart();
            told.holds_at(&node.admin(), before);
        }
    }
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

fn a_client_that_vanishes_leaves_a_finished_job_and_no_hold(options: Options) {
    use std::io::Write;
    let node = TestNode::with(options);
    let admin = node.admin();
    let head = format!(
        "POST /v1/run/test/wait?ms=300 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-length: 1\r\n\r\nx",
        admin.key
    );
    let before = admin.balance();
    let clients: Vec<_> = (0..20)
        .map(|_| {
            let mut stream = std::net::TcpStream::connect(node.address()).unwrap();
            stream.write_all(head.as_bytes()).unwrap();
            stream
        })
        .collect();
    let under_way = || {
        let jobs = admin.get("/v1/stats").json()["jobs"].clone();
        jobs["running"].as_u64().unwrap() + jobs["queued"].as_u64().unwrap()
    };
    until(Duration::from_secs(10), || under_way() == 20);
    drop(clients);
    until(Duration::from_secs(20), || under_way() == 0);
    let ended = || admin.get("/v1/jobs?unit=test&limit=100").json()["items"].as_array().unwrap().clone();
    until(Duration::from_secs(10), || ended().len() == 20);
    let cost: u64 = ended().iter().map(|job| job["cost"].as_u64().unwrap()).sum();
    assert!(ended().iter().all(|job| job["state"] == "succeeded" || job["state"] == "cancelled"));
    assert_eq!(admin.balance(), before - cost);
    assert_eq!(admin.get("/v1/account").json()["held"], 0);
}

/// How many jobs panic in the flood.
fn panics() -> u64 {
    if std::env::var_os("INOS_TEST_LONG").is_some() { 10_000 } else { 300 }
}

fn units_that_panic_fail_their_own_jobs_and_are_not_charged(options: Options) {
    let mut node = TestNode::with(options);
    let admin = node.admin();
    let before = admin.balance();
    let price = admin.run("compute.blake3", "", b"abc").header("inos-cost").unwrap().parse::<u64>().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..panics() / 4 {
                    let failed = admin.run("test.panic", "", b"some input");
                    assert_eq!((failed.status, failed.code()), (500, "internal".into()));
                    assert!(!failed.text().contains("panicked at"));
                    let good = admin.run("compute.blake3", "", b"abc");
                    assert_eq!(good.status, 200, "{}", good.text());
                }
            });
        }
    });
    let capsule = json!({ "unit": "test", "method": "panic", "inputs": [{ "text": "x" }] });
    let job = admin.post_json_with("/v1/jobs", &[("prefer", "wait=20")], &capsule).json();
    assert_eq!((&job["state"], &job["cost"], &job["held"]), (&json!("failed"), &json!(0), &json!(0)), "{job}");
    assert_eq!(before - admin.balance(), price * (panics() / 4 * 4 + 1), "good jobs alone are paid");
    let arena = || admin.get("/v1/stats").json()["arena"].clone();
    until(Duration::from_secs(10), || arena()["leased_bytes"] == 0);
    assert_eq!(admin.get("/v1/account").json()["held"], 0);
    assert_eq!(admin.get("/readyz").json()["status"], "ready");
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

#[test]
fn a_unit_that_will_not_stop_is_left_behind_and_replaced_and_readiness_says_so() {
    let node = TestNode::with(Options::default().with("workers", "1"));
    let admin = node.admin();
    let before = admin.balance();
    let spin = |ms: u64| {
        let capsule =
            json!({ "unit": "test", "method": "spin", "params": { "ms": ms }, "inputs": [], "timeout_ms": 200 });
        let answer = admin.post_json_with("/v1/jobs", &[("prefer", "wait=20")], &capsule);
        assert_eq!(answer.json()["state"], "expired", "{}", answer.text());
        answer.json()["cost"].as_u64().unwrap()
    };
    let mut cost = spin(600_000);
    let ready = admin.get("/readyz");
    assert_eq!((ready.status, &ready.json()["status"]), (200, &json!("degraded")), "{}", ready.text());
    assert!(node.log().contains("a unit does not stop"), "{}", node.log());
    // The only worker still spins: another has its place.
    assert_eq!(admin.run("test.wait", "?ms=0", b"").status, 200);
    // There are as many places as two for each worker; then nobody works any more, and readiness says that, too.
    cost += spin(600_000) + spin(600_000);
    until(Duration::from_secs(10), || admin.get("/readyz").status == 503);
    assert_eq!(admin.get("/readyz").json()["checks"]["workers"], "none is working");
    assert_eq!(admin.get("/healthz").status, 200);
    assert!(before - admin.balance() >= cost);
    assert_eq!(admin.get("/v1/account").json()["held"], 0);
}

fn a_server_that_is_stopped_under_load_keeps_all_it_said(options: Options) {
    let mut node = TestNode::with(options);
    let (key, before) = (node.admin_key(), node.admin().balance());
    let told = Told::default();
    for _ in 0..3 {
        let (stop, count) = (AtomicBool::new(false), told.count());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| load(&Client::new(&node.url(), &key), &told, &stop));
            }
            scope.spawn(|| load_by_socket(&node, &key, &told, &stop));
            until(Duration::from_secs(60), || told.count() > count + 40);
            node.signal(rustix::process::Signal::TERM);
            until(Duration::from_secs(60), || std::net::TcpStream::connect(node.address()).is_err());
            stop.store(true, Ordering::Relaxed);
        });
        assert_eq!(node.ends_within(Duration::from_secs(60)), Some(0));
        node.assert_clean();
        node.restart();
    }
    told.holds_at(&node.admin(), before);
}

fn a_stopped_server_finishes_what_runs_and_keeps_what_waits(options: Options) {
    let mut node = TestNode::with(options.with("workers", "1"));
    let admin = node.admin();
    let capsule = json!({ "unit": "test", "method": "wait", "params": { "ms": 400 }, "inputs": [] });
    let ids: Vec<String> =
        (0..5).map(|_| admin.post_json("/v1/jobs", &capsule).json()["id"].as_str().unwrap().to_owned()).collect();
    until(Duration::from_secs(5), || admin.get(&format!("/v1/jobs/{}", ids[0])).json()["state"] == "running");
    assert_eq!(node.stop(), Some(0));
    node.restart();
    let admin = node.admin();
    for id in &ids {
        until(Duration::from_secs(10), || admin.get(&format!("/v1/jobs/{id}")).json()["state"] == "succeeded");
    }
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}
