//! A clock on the wall that is set forward and back by hours under load: time that passes is measured by another clock,
//! ids stay in order, and nothing that was told turns untrue.

use std::{
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
    time::{Duration, Instant},
};

use inos_protocols::time::Time;
use inos_tests::{Client, Options, TestNode, until};
use serde_json::json;

use crate::wishes::{Stop, Told, load};

crate::on_both! { a_clock_that_jumps_changes_nothing_but_dates }

/// The library that sets a process's clock, wherever the system has it.
fn faketime() -> PathBuf {
    let below = |folder: &str| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let places = below("/usr/lib").map(|folder| folder.join("faketime/libfaketimeMT.so.1"));
    places.into_iter().find(|place| place.exists()).expect("Debian's package `faketime` is installed")
}

fn set(clock: &Path, offset: &str) {
    // In one step: the server reads it at any moment.
    let next = clock.with_extension("next");
    std::fs::write(&next, offset).unwrap();
    std::fs::rename(next, clock).unwrap();
}

fn a_clock_that_jumps_changes_nothing_but_dates(mut options: Options) {
    let folder = tempfile::tempdir().unwrap();
    let clock = folder.path().join("clock");
    set(&clock, "+0");
    for (name, value) in [
        ("LD_PRELOAD", faketime().to_str().unwrap()),
        ("FAKETIME_TIMESTAMP_FILE", clock.to_str().unwrap()),
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
    ] {
        options.env.push((name.into(), value.into()));
    }
    let mut node = TestNode::with(options);
    let (admin, key) = (node.admin(), node.admin_key());
    let before = admin.balance();
    let (told, stop) = (Told::default(), AtomicBool::new(false));
    let mut last = String::new();
    std::thread::scope(|scope| {
        let _stop = Stop(&stop);
        for _ in 0..2 {
            scope.spawn(|| load(&Client::new(&node.url(), &key), &told, &stop));
        }
        for offset in ["+3600", "+0", "-3600", "+7200", "-7200", "+0"] {
            set(&clock, offset);
            let count = told.count();
            until(Duration::from_secs(60), || told.count() > count + 20);
            // Ids are in the order in which they were given.
            let answer = admin.run("compute.blake3", "", b"abc");
            assert_eq!(answer.status, 200, "{offset}: {}", answer.text());
            let id = answer.header("inos-job-id").unwrap().to_owned();
            assert!(id > last, "{offset}: {id} after {last}");
            last = id;
            // A job's time passes as it should.
            let (begun, wait) = (
                Instant::now(),
                json!({ "unit": "test", "method": "wait", "params": { "ms": 60_000 },
                "timeout_ms": 300 }),
            );
            let job = admin.post_json_with("/v1/jobs", &[("prefer", "wait=20")], &wait).json();
            assert_eq!(job["state"], "expired", "{offset}: {job}");
            assert!((300..10_000).contains(&begun.elapsed().as_millis()), "{offset}: {:?}", begun.elapsed());
            let submitted: Time = serde_json::from_value(job["submitted"].clone()).unwrap();
            let ahead = submitted.as_ms() as i64 - Time::now().as_ms() as i64;
            assert!((ahead - 1000 * offset.parse::<i64>().unwrap()).abs() < 60_000, "{offset}: {ahead} ms ahead");
            assert!(job["metrics"]["run_us"].as_u64().unwrap() < 10_000_000, "{offset}: {job}");
        }
    });
    // What each of those jobs cost is known to their account alone.
    told.holds_at(&admin, before);
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

/// How long a server stands still: longer than the ten seconds that it leases credits for.
fn standstill() -> Duration {
    Duration::from_secs(if std::env::var_os("INOS_TEST_LONG").is_some() { 60 } else { 12 })
}

#[test]
fn a_server_that_stands_still_spends_nothing_that_is_no_longer_its_own() {
    use rustix::process::Signal;
    let shared = Options::on_postgres();
    let mut one = TestNode::with(shared.clone());
    let mut other = TestNode::with(shared);
    let (key, before) = (one.admin_key(), one.admin().balance());
    let (told, stop) = (Told::default(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let _stop = Stop(&stop);
        for _ in 0..2 {
            scope.spawn(|| load(&Client::new(&one.url(), &key), &told, &stop));
        }
        until(Duration::from_secs(60), || told.count() > 20);
        one.signal(Signal::STOP);
        // Meanwhile the same account asks another server, which takes back what the first had leased.
        let (begun, client) = (Instant::now(), Client::new(&other.url(), &key));
        while begun.elapsed() < standstill() {
            let answer = client.run("compute.blake3", "", b"abc");
            assert_eq!(answer.status, 200, "{}", answer.text());
            std::thread::sleep(Duration::from_millis(20));
        }
        one.signal(Signal::CONT);
        // Its lease is lost and its connections may be: at first it says no, and takes nothing.
        until(Duration::from_secs(30), || one.admin().run("compute.blake3", "", b"abc").status == 200);
        for _ in 0..20 {
            let answer = one.admin().run("compute.blake3", "", b"abc");
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
    });
    told.holds_at(&one.admin(), before);
    // What one has kept, the other neither gives out nor misses.
    let capsule = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "abc" }] });
    let job = other.admin().post_json_with("/v1/jobs", &[("prefer", "wait=20")], &capsule).json();
    let output = format!("/v1/jobs/{}/outputs/0", job["id"].as_str().unwrap());
    assert_eq!(other.admin().get(&output).status, 200);
    let elsewhere = one.admin().get(&output);
    assert_eq!((elsewhere.status, elsewhere.code()), (410, "output-not-kept".into()), "{}", elsewhere.text());
    assert_eq!((one.stop(), other.stop()), (Some(0), Some(0)));
    one.assert_clean();
}
