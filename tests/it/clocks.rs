//! A clock on the wall that is set forward and back by hours under load: time that passes is measured by another clock,
//! ids stay in order, and nothing that was told turns untrue.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::{Duration, Instant},
};

use inos_protocols::time::Time;
use inos_tests::{Client, Options, TestNode, until};
use serde_json::json;

use crate::wishes::{Told, load};

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
        stop.store(true, Relaxed);
    });
    // What each of those jobs cost is known to their account alone.
    told.holds_at(&admin, before);
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}
