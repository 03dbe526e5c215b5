//! Whatever is cut off in the middle: every acknowledged job ends once, is charged at most once, and the books balance.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use inos_tests::{Client, Options, TestNode, until};
use serde_json::json;

crate::on_both! {
    acknowledged_jobs_survive_kills,
    a_client_that_vanishes_leaves_a_finished_job_and_no_hold,
    a_unit_that_panics_fails_one_job_and_is_not_charged,
    a_stopped_server_finishes_what_runs_and_keeps_what_waits,
}

/// How often the server is killed: a few times, or as often as the long form wants.
fn kills() -> u32 {
    if std::env::var_os("INOS_TEST_LONG").is_some() { 50 } else { 5 }
}

/// What clients were told: each acknowledged asynchronous job, and each answered synchronous one with its cost.
#[derive(Default)]
pub(crate) struct Told {
    accepted: Mutex<Vec<String>>,
    answered: Mutex<BTreeMap<String, u64>>,
}

impl Told {
    /// How many jobs clients were told of.
    pub(crate) fn count(&self) -> usize {
        self.accepted.lock().unwrap().len() + self.answered.lock().unwrap().len()
    }

    /// Every job that a client was told of has succeeded, at the price that was told.
    pub(crate) fn holds_at(self, admin: &Client) {
        let (accepted, answered) = (self.accepted.into_inner().unwrap(), self.answered.into_inner().unwrap());
        assert!(!accepted.is_empty() && !answered.is_empty());
        for id in &accepted {
            let state = || admin.get(&format!("/v1/jobs/{id}")).json()["state"].as_str().unwrap().to_owned();
            until(Duration::from_secs(20), || !["queued", "running"].contains(&state().as_str()));
            assert_eq!(state(), "succeeded", "{id}");
        }
        for (id, cost) in &answered {
            let job = admin.get(&format!("/v1/jobs/{id}")).json();
            assert_eq!((&job["state"], &job["cost"]), (&json!("succeeded"), &json!(cost)), "{job}");
        }
    }
}

/// Sends jobs of both kinds until told to stop; a server that is gone is no failure.
pub(crate) fn load(client: &Client, told: &Told, stop: &AtomicBool) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(5)))
        .build()
        .into();
    let url = client.url().to_owned();
    let bearer = format!("Bearer {}", client.key);
    let mut turn = 0u64;
    while !stop.load(Ordering::Relaxed) {
        turn += 1;
        if turn.is_multiple_of(2) {
            let body = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": turn.to_string() }] });
            let sent = agent
                .post(format!("{url}/v1/jobs"))
                .header("authorization", &bearer)
                .header("content-type", "application/json")
                .send(body.to_string());
            let Ok(mut answer) = sent else { return };
            if answer.status() == 202 {
                let Ok(text) = answer.body_mut().read_to_string() else { return };
                let job: serde_json::Value = serde_json::from_str(&text).unwrap();
                told.accepted.lock().unwrap().push(job["id"].as_str().unwrap().into());
            }
        } else {
            let sent =
                agent.post(format!("{url}/v1/run/compute/blake3")).header("authorization", &bearer).send(vec![7; 100]);
            let Ok(answer) = sent else { return };
            if answer.status() == 200 {
                let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
                told.answered.lock().unwrap().insert(header("inos-job-id"), header("inos-cost").parse().unwrap());
            }
        }
    }
}

fn acknowledged_jobs_survive_kills(options: Options) {
    let mut node = TestNode::with(options);
    let key = node.admin_key();
    let told = Told::default();
    for round in 0..kills() {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| load(&Client::new(&node.url(), &key), &told, &stop));
            }
            // Spread over the work without a random number, so that a failure comes again.
            let until = Instant::now() + Duration::from_millis(100 + u64::from(round * 37 % 200));
            while Instant::now() < until {
                std::thread::sleep(Duration::from_millis(1));
            }
            node.signal(rustix::process::Signal::KILL);
            stop.store(true, Ordering::Relaxed);
        });
        node.restart();
    }
    let admin = node.admin();
    told.holds_at(&admin);
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

fn a_unit_that_panics_fails_one_job_and_is_not_charged(options: Options) {
    let node = TestNode::with(options);
    let admin = node.admin();
    let before = admin.balance();
    let failed = admin.run("test.panic", "", b"");
    assert_eq!((failed.status, failed.code()), (500, "internal".into()));
    assert!(!failed.text().contains("panicked at"));
    assert_eq!(admin.balance(), before);
    assert_eq!(admin.run("compute.blake3", "", b"abc").status, 200);
    assert_eq!(admin.get("/readyz").status, 200);
}

#[test]
fn a_unit_that_will_not_stop_is_left_behind_and_readiness_says_so() {
    let node = TestNode::start();
    let admin = node.admin();
    let capsule =
        json!({ "unit": "test", "method": "spin", "params": { "ms": 8000 }, "inputs": [], "timeout_ms": 200 });
    let answer = admin.post_json_with("/v1/jobs", &[("prefer", "wait=10")], &capsule);
    assert_eq!(answer.json()["state"], "expired", "{}", answer.text());
    let ready = admin.get("/readyz");
    assert!(ready.text().contains("degraded"), "{}", ready.text());
    assert_eq!(admin.run("compute.blake3", "", &vec![7; 100_000]).status, 200);
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
