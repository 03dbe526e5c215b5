//! A Postgres that crashes or stays away under a running server: jobs wait or are refused, none is lost or paid twice.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use inos_tests::{
    Answer, Client, Options, TestNode, meddle, number,
    postgres::{Cluster, Cut, Proxy, database, database_on},
    until,
};
use serde_json::{Value, json};

use crate::wishes::{Told, load};

/// A server on a durable cluster that the test may crash.
fn node_of_its_own() -> (Cluster, TestNode) {
    let cluster = Cluster::start(true).unwrap();
    let node = TestNode::with(Options::default().with("database-url", &database_on(&cluster)));
    (cluster, node)
}

/// How often the database is restarted: a few times, or as often as the long form wants.
fn restarts() -> u32 {
    if std::env::var_os("INOS_TEST_LONG").is_some() { 20 } else { 3 }
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
        for _ in 0..restarts() {
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
    told.holds_at(&admin, before);
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

/// A job of some kind: what it came to, once it is done.
fn done(client: &Client, kind: &str, key: &str) -> u64 {
    let answer = match kind {
        "synchronous" => client.run("compute.blake3", "", b"abc"),
        "with a key" => client.send("POST", "/v1/run/compute/blake3", &[("idempotency-key", key)], b"abc"),
        _ => {
            let capsule = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "abc" }] });
            client.post_json_with("/v1/jobs", &[("idempotency-key", key), ("prefer", "wait=30")], &capsule)
        }
    };
    assert_eq!(answer.status, 200, "{kind}: {}", answer.text());
    match answer.header("inos-cost") {
        Some(cost) => cost.parse().unwrap(),
        None => answer.json()["cost"].as_u64().unwrap(),
    }
}

#[test]
fn a_commit_whose_answer_is_lost_is_charged_once_wherever_the_line_is_cut() {
    let cluster = Cluster::start(false).unwrap();
    let (proxy, port) = Proxy::start(cluster.port()).unwrap();
    let url = database_on(&cluster).replace(&cluster.port().to_string(), &port.to_string());
    let mut node = TestNode::with(Options::default().with("database-url", &url));
    let admin = node.admin();
    proxy.at_once.store(true, Ordering::Relaxed);
    let (mut cuts, mut jobs) = (0, 0);
    for kind in ["synchronous", "with a key", "asynchronous"] {
        for cut in [Cut::Before, Cut::After] {
            // Each thing that the committer says for such a job is the one at which the line is cut, in turn.
            for passed in 0.. {
                let before = admin.balance();
                proxy.cut(cut, passed);
                let cost = done(&admin, kind, &format!("{kind} {cut:?} {passed}"));
                jobs += 1;
                assert_eq!(before - admin.balance(), cost, "{kind}, {cut:?} {passed}");
                if !proxy.was_cut() {
                    break;
                }
                cuts += 1;
                assert!(passed < 100, "{kind}: a commit is said in few words");
            }
        }
    }
    assert!(cuts >= 6, "each kind was cut both ways: {cuts}");
    assert_eq!(admin.get("/v1/jobs?limit=1000").json()["items"].as_array().unwrap().len(), jobs);
    assert_eq!(admin.get("/v1/account").json()["held"], 0);
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

#[test]
fn a_commit_that_stays_in_doubt_is_refused_and_the_same_key_is_the_same_job_afterwards() {
    let cluster = Cluster::start(false).unwrap();
    let (proxy, port) = Proxy::start(cluster.port()).unwrap();
    let url = database_on(&cluster).replace(&cluster.port().to_string(), &port.to_string());
    let mut node = TestNode::with(Options::default().with("database-url", &url));
    let admin = node.admin();
    let price = done(&admin, "with a key", "first");
    proxy.stays_down.store(true, Ordering::Relaxed);
    let ask = |key: &str| admin.send("POST", "/v1/run/compute/blake3", &[("idempotency-key", key)], b"abc");
    for (cut, happened) in [(Cut::After, true), (Cut::Before, false)] {
        let (before, key) = (admin.balance(), format!("{cut:?}"));
        proxy.cut(cut, 0);
        let refused = ask(&key);
        assert_eq!((refused.status, refused.code()), (503, "database-unavailable".into()), "{}", refused.text());
        assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
        assert!(proxy.was_cut());
        proxy.down.store(false, Ordering::Relaxed);
        until(Duration::from_secs(30), || ask(&key).status == 200);
        assert_eq!(ask(&key).header("idempotency-replayed"), Some("true"));
        assert_eq!(before - admin.balance(), price, "{cut:?}: charged once");
        let jobs = admin.get("/v1/jobs?limit=1000").json()["items"].as_array().unwrap().len();
        assert_eq!(jobs, if happened { 2 } else { 3 });
    }
    assert_eq!(admin.get("/v1/account").json()["held"], 0);
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

#[test]
fn a_job_whose_acceptance_came_to_light_late_runs() {
    let cluster = Cluster::start(false).unwrap();
    let (proxy, port) = Proxy::start(cluster.port()).unwrap();
    let url = database_on(&cluster).replace(&cluster.port().to_string(), &port.to_string());
    let mut node = TestNode::with(Options::default().with("database-url", &url));
    let admin = node.admin();
    let capsule = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "abc" }] });
    let ask = || admin.post_json_with("/v1/jobs", &[("idempotency-key", "late")], &capsule);
    // The credits are leased by now: the commit that is cut is that of the job.
    done(&admin, "with a key", "first");
    let before = admin.balance();
    proxy.stays_down.store(true, Ordering::Relaxed);
    proxy.cut(Cut::After, 0);
    let refused = ask();
    assert_eq!((refused.status, refused.code()), (503, "database-unavailable".into()), "{}", refused.text());
    assert!(proxy.was_cut());
    proxy.down.store(false, Ordering::Relaxed);
    let jobs = || admin.get("/v1/jobs").json()["items"].as_array().cloned().unwrap_or_default();
    until(Duration::from_secs(30), || jobs().len() == 2);
    let path = format!("/v1/jobs/{}", jobs()[0]["id"].as_str().unwrap());
    until(Duration::from_secs(30), || admin.get(&path).json()["state"] == "succeeded");
    let again = ask();
    assert_eq!((again.header("idempotency-replayed"), again.header("location")), (Some("true"), Some(&*path)));
    let cost = admin.get(&path).json()["cost"].as_u64().unwrap();
    assert_eq!((before - admin.balance(), admin.get("/v1/account").json()["held"].as_u64()), (cost, Some(0)));
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

#[test]
fn what_ended_lately_can_be_read_while_postgres_is_away() {
    let (cluster, node) = node_of_its_own();
    let (admin, other) = (node.admin(), node.account("other", 1_000_000));
    assert_eq!(other.get("/v1/jobs").status, 200);
    let capsule = json!({ "unit": "compute", "method": "blake3", "params": { "length": 64 }, "inputs": [{ "text": "abc" }],
        "labels": { "run": "7" }, "budget": 1000 });
    let path =
        admin.post_json_with("/v1/jobs", &[("prefer", "wait=30")], &capsule).header("location").unwrap().to_owned();
    let parts = ["", "/receipt", "/outputs/0"].map(|part| format!("{path}{part}"));
    let before = parts.clone().map(|part| admin.get(&part).text());
    cluster.crash().unwrap();
    let begun = Instant::now();
    // Longer than a key is believed while the database is there.
    until(Duration::from_secs(60), || {
        for (part, before) in parts.iter().zip(&before) {
            let answer = admin.get(part);
            assert_eq!((answer.status, &answer.text()), (200, before), "{part}");
        }
        begun.elapsed() > Duration::from_secs(8)
    });
    assert_eq!(other.get(&path).code(), "database-unavailable", "nobody else reads it");
    let wrong = Client::new(&node.url(), &admin.key.replace(char::is_numeric, "0"));
    assert_ne!(wrong.get(&path).status, 200);
    assert_eq!(admin.get("/healthz").status, 200);
    cluster.start_again().unwrap();
    until(Duration::from_secs(60), || admin.get("/readyz").status == 200);
    until(Duration::from_secs(60), || other.get(&path).status == 404);
}

#[test]
fn what_was_remembered_is_what_the_books_say() {
    let mut node = TestNode::start();
    let admin = node.admin();
    let capsules = [
        json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "abc" }] }),
        json!({ "unit": "compute", "method": "sha256", "params": { "encoding": "raw" }, "inputs": [{ "text": "abc" }],
            "labels": { "a": "b" }, "budget": 1000, "priority": 7, "output": { "store": "blob" } }),
        json!({ "unit": "compute", "method": "brotli_decompress", "inputs": [{ "text": "no brotli at all" }] }),
        json!({ "unit": "test", "method": "wait", "params": { "ms": 60_000 }, "timeout_ms": 50 }),
        json!({ "unit": "test", "method": "emit", "params": { "bytes": 100_000 } }),
    ];
    let paths: Vec<String> = capsules
        .iter()
        .map(|capsule| {
            admin.post_json_with("/v1/jobs", &[("prefer", "wait=30")], capsule).header("location").unwrap().into()
        })
        .collect();
    let read = |client: &Client| -> Vec<Answer> {
        let parts = |path: &String| ["", "/receipt", "/outputs/0"].map(|part| client.get(&format!("{path}{part}")));
        paths.iter().flat_map(parts).collect()
    };
    let remembered = read(&admin);
    assert_eq!(node.stop(), Some(0));
    node.restart();
    let problem = |answer: &Answer| answer.status >= 400;
    for (remembered, recorded) in remembered.iter().zip(read(&node.admin())) {
        assert_eq!(remembered.status, recorded.status);
        assert!(
            problem(&recorded) || remembered.text() == recorded.text(),
            "{}\n{}",
            remembered.text(),
            recorded.text()
        );
    }
}

#[test]
fn who_collides_with_other_writers_for_too_long_is_told_to_come_back() {
    let url = database();
    let mut node = TestNode::with(Options::default().with("database-url", &url));
    let admin = node.admin();
    let before = admin.balance();
    meddle(
        &url,
        "CREATE FUNCTION collide() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN RAISE EXCEPTION 'collided' USING ERRCODE = '40001'; END $$; \
         CREATE TRIGGER collide BEFORE INSERT ON commits FOR EACH ROW EXECUTE FUNCTION collide()",
    );
    let refused = admin.run("compute.blake3", "", b"abc");
    assert_eq!((refused.status, refused.code()), (503, "database-unavailable".into()), "{}", refused.text());
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    assert_eq!(admin.get("/v1/jobs").json()["items"], json!([]));
    meddle(&url, "DROP TRIGGER collide ON commits");
    assert_eq!(admin.balance(), before);
    assert_eq!(admin.run("compute.blake3", "", b"abc").status, 200);
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

#[test]
fn a_server_at_rest_asks_its_database_at_most_once_in_two_seconds() {
    const AT_REST: Duration = Duration::from_secs(24);
    /// What looking costs: a connection and its questions, and what was not yet counted at the first look.
    const OWN: i64 = 8;
    let node = TestNode::with(Options::on_postgres());
    assert_eq!(node.admin().run("compute.blake3", "", b"abc").status, 200);
    let url = node.database_url();
    let asked =
        || number(&url, "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()");
    // Postgres counts what a connection did a while after it fell silent.
    std::thread::sleep(Duration::from_secs(12));
    let before = asked();
    std::thread::sleep(AT_REST);
    let asked = asked() - before;
    println!("{asked} transactions in {AT_REST:?}");
    assert!(asked <= AT_REST.as_secs() as i64 / 2 + OWN, "{asked} transactions in {AT_REST:?}");
}
