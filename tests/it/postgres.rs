//! A Postgres that crashes or stays away under a running server: jobs wait or are refused, none is lost or paid twice.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use inos_tests::{
    Client, Options, TestNode,
    postgres::{Cluster, database_on},
    until,
};
use serde_json::{Value, json};

use crate::faults::{Told, load};

/// A server on a durable cluster that the test may crash.
fn node_of_its_own() -> (Cluster, TestNode) {
    let cluster = Cluster::start(true).unwrap();
    let node = TestNode::with(Options::default().with("database-url", &database_on(&cluster)));
    (cluster, node)
}

/// What all jobs of an account cost together.
fn cost_of_all(client: &Client) -> u64 {
    let (mut cost, mut cursor) = (0, String::new());
    loop {
        let page = client.get(&format!("/v1/jobs?limit=1000{cursor}")).json();
        cost += page["items"].as_array().unwrap().iter().map(|job| job["cost"].as_u64().unwrap()).sum::<u64>();
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return cost,
        }
    }
}

#[test]
fn a_postgres_that_restarts_under_load_loses_nothing_and_charges_nothing_twice() {
    let (cluster, mut node) = node_of_its_own();
    let (key, before) = (node.admin_key(), node.admin().balance());
    let (told, stop) = (Told::default(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    load(&Client::new(&node.url(), &key), &told, &stop);
                }
            });
        }
        for _ in 0..3 {
            let count = told.count();
            // More is told only once the connections to the database have healed.
            until(Duration::from_secs(60), || told.count() > count + 40);
            cluster.crash_and_restart().unwrap();
        }
        let count = told.count();
        until(Duration::from_secs(60), || told.count() > count + 40);
        stop.store(true, Ordering::Relaxed);
    });
    let admin = node.admin();
    until(Duration::from_secs(30), || admin.get("/readyz").status == 200);
    told.holds_at(&admin);
    until(Duration::from_secs(30), || admin.get("/v1/account").json()["held"] == 0);
    assert_eq!(before - admin.balance(), cost_of_all(&admin));
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

#[test]
fn while_postgres_is_away_jobs_are_refused_and_afterwards_taken_again() {
    let (cluster, mut node) = node_of_its_own();
    let admin = node.admin();
    let capsule = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "abc" }] });
    assert_eq!(admin.run("compute.blake3", "", b"abc").status, 200);
    let accepted = admin.post_json("/v1/jobs", &json!({ "unit": "test", "method": "wait", "params": { "ms": 300 } }));
    let before = admin.balance();
    cluster.crash().unwrap();
    for answer in [admin.run("compute.blake3", "", b"abc"), admin.post_json("/v1/jobs", &capsule)] {
        assert_eq!((answer.status, answer.code()), (503, "database-unavailable".into()), "{}", answer.text());
        assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
        assert_eq!(answer.json()["retryable"], true);
    }
    assert_eq!(admin.get("/healthz").status, 200);
    let ready = admin.get("/readyz");
    assert_eq!((ready.status, &ready.json()["status"]), (503, &Value::from("unready")), "{}", ready.text());
    cluster.start_again().unwrap();
    until(Duration::from_secs(30), || admin.get("/readyz").status == 200);
    until(Duration::from_secs(30), || admin.post_json("/v1/jobs", &capsule).status == 202);
    let path = accepted.header("location").unwrap();
    until(Duration::from_secs(30), || admin.get(path).json()["state"] == "succeeded");
    until(Duration::from_secs(30), || admin.get("/v1/account").json()["held"] == 0);
    assert!(admin.balance() < before, "what was accepted is paid");
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}
