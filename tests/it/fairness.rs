//! Accounts share the workers over real sockets: by weight where all of them wait, and nobody behind another's flood.
//!
//! What runs in every build asserts in which order jobs began. `INOS_TEST_LONG` adds times: under a flood of 100,000 jobs
//! the 99th percentile of another account's waits is at most twice its idle value and [`NOISE`], and jobs so small that they
//! run where their bytes arrive do not wait at all. How long a sleeping thread of the test
//! takes to wake beside them is told as well.

use std::{
    sync::{
        atomic::{AtomicBool, Ordering::Relaxed},
        mpsc,
    },
    time::{Duration, Instant},
};

use inos_protocols::time::Time;
use inos_tests::{Client, Options, TestNode, until};
use serde_json::{Value, json};

/// What a machine that does something else as well may add to a wait: a tick of its scheduler. Behind the flood the wait
/// would be of seconds.
const NOISE: Duration = Duration::from_millis(4);

/// One worker, and room for a flood.
fn narrow() -> TestNode {
    let options = Options::default().with("workers", "1").with("queue-max", "300000");
    TestNode::with(options.with("account-queue-max", "200000"))
}

fn submit(client: &Client, method: &str, params: &Value) -> Value {
    let made = client.post_json("/v1/jobs", &json!({ "unit": "test", "method": method, "params": params }));
    assert_eq!(made.status, 202, "{}", made.text());
    made.json()
}

/// Submits many from several connections at once.
fn submit_many(client: &Client, count: usize, method: &str, params: &Value) {
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..count / 8).for_each(|_| drop(submit(client, method, params))));
        }
    });
}

/// Does something while the only worker is busy, so that whatever is submitted waits until it is done.
fn before_anything_begins(node: &TestNode, work: impl FnOnce()) {
    let blocker = submit(&node.admin(), "wait", &json!({ "ms": 60_000 }));
    work();
    let path = format!("/v1/jobs/{}/cancel", blocker["id"].as_str().unwrap());
    assert_eq!(node.admin().send("POST", &path, &[], b"").status, 202);
}

/// A time of a job, in milliseconds.
fn ms(job: &Value, name: &str) -> u64 {
    job[name].as_str().unwrap_or_else(|| panic!("{name} of {job}")).parse::<Time>().unwrap().as_ms()
}

/// All jobs of an account that have ended.
fn ended(client: &Client) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("/v1/jobs?limit=1000&status=succeeded{cursor}")).json();
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

fn weigh(node: &TestNode, client: &Client, weight: u32) {
    let account = client.get("/v1/account").json()["id"].as_str().unwrap().to_owned();
    let body = json!({ "weight": weight }).to_string();
    let path = format!("/v1/admin/accounts/{account}/limits");
    assert_eq!(node.admin().send("PUT", &path, &[("content-type", "application/json")], body.as_bytes()).status, 200);
}

#[test]
fn who_waits_gets_the_share_of_its_weight() {
    const EACH: usize = 240;
    let node = narrow();
    let accounts = [("heavy", 3), ("light", 1)].map(|(name, weight)| {
        let client = node.account(name, 1_000_000_000);
        weigh(&node, &client, weight);
        client
    });
    let params = json!({ "ms": 2 });
    before_anything_begins(&node, || {
        accounts.iter().for_each(|client| submit_many(client, EACH, "wait", &params));
    });
    until(Duration::from_secs(60), || accounts.iter().all(|client| ended(client).len() == EACH));
    let begun =
        accounts.each_ref().map(|client| ended(client).iter().map(|job| ms(job, "started")).collect::<Vec<_>>());
    // While the heavier has jobs left, it has three turns of four.
    let last = *begun[0].iter().max().unwrap();
    let light = begun[1].iter().filter(|at| **at <= last).count();
    println!("the lighter had {light} turns while the heavier had {EACH}");
    assert!(light.abs_diff(EACH / 3) <= 6, "{light} beside {EACH}");
}

#[test]
fn a_flood_leaves_anothers_jobs_before_it() {
    let node = narrow();
    let (flooder, victim) = (node.account("flooder", 9_000_000_000), node.account("victim", 1_000_000_000));
    before_anything_begins(&node, || submit_many(&flooder, 400, "wait", &json!({ "ms": 6 })));
    let mut own = Vec::new();
    let capsule = json!({ "unit": "test", "method": "wait", "params": { "ms": 1 } });
    for _ in 0..20 {
        let done = victim.post_json_with("/v1/jobs", &[("prefer", "wait=30")], &capsule);
        assert_eq!((done.status, &done.json()["state"]), (200, &json!("succeeded")), "{}", done.text());
        own.push(done.json());
    }
    until(Duration::from_secs(60), || ended(&flooder).len() == 400);
    let flood: Vec<u64> = ended(&flooder).iter().map(|job| ms(job, "started")).collect();
    let still_waiting = |job: &Value| flood.iter().any(|at| *at > ms(job, "started"));
    let meant: Vec<&Value> = own.iter().filter(|job| still_waiting(job)).collect();
    assert!(meant.len() >= 5, "the flood was over too soon: {}", meant.len());
    for job in meant {
        // Its time in the queue: what its acceptance took before is the database's.
        let (started, queued_us) = (ms(job, "started"), job["metrics"]["queued_us"].as_u64().unwrap());
        let between = started - queued_us / 1_000 + 1..started;
        let before = flood.iter().filter(|at| between.contains(at)).count();
        // The one that ran, and the one whose turn it was.
        assert!(before <= 3, "{before} of the flood began before {job}");
    }
}

/// With as many workers as a server has that nobody told how many.
#[test]
fn a_flood_leaves_anothers_waits_as_they_were_when_told_to_take_long() {
    if std::env::var_os("INOS_TEST_LONG").is_none() {
        return;
    }
    let options = Options::default().with("queue-max", "300000");
    let node = TestNode::with(options.with("account-queue-max", "200000"));
    let (flooder, victim) = (node.account("flooder", 9_000_000_000), node.account("victim", 1_000_000_000));
    let (idle, flooded) = waits_beside_a_flood(&flooder, &victim, "wait", 100_000);
    assert!(flooded <= 2 * idle + NOISE, "{flooded:?} where {idle:?} is idle");
    let (idle, flooded) = waits_beside_a_flood(&flooder, &victim, "noop", 100_000);
    assert_eq!((idle, flooded), (Duration::ZERO, Duration::ZERO));
}

/// A job of that method that takes next to no time.
fn tiny(method: &str) -> Value {
    let params = if method == "wait" { json!({ "ms": 0 }) } else { json!({}) };
    json!({ "unit": "test", "method": method, "params": params })
}

/// The 99th percentile of how long such jobs waited before they ran.
fn p99(client: &Client, method: &str, mut goes_on: impl FnMut(usize) -> bool) -> Duration {
    let (capsule, mut wake) = (tiny(method), bare_wakes());
    let (mut waits, mut answers, mut bare): (Vec<u64>, Vec<u64>, Vec<u64>) = Default::default();
    while goes_on(waits.len()) {
        let asked = Instant::now();
        let done = client.post_json_with("/v1/jobs", &[("prefer", "wait=30")], &capsule).json();
        answers.push(asked.elapsed().as_micros() as u64);
        waits.push(done["metrics"]["queued_us"].as_u64().unwrap_or_else(|| panic!("{done}")));
        bare.push(wake().as_micros() as u64);
    }
    for (what, times) in [("waits", &mut waits), ("answers", &mut answers), ("bare wakes", &mut bare)] {
        times.sort_unstable();
        let [p50, p90, p95, p99] = [50, 90, 95, 99].map(|percent| times[times.len() * percent / 100]);
        println!("{} {what} in µs: median {p50}, p90 {p90}, p95 {p95}, p99 {p99}", times.len());
    }
    Duration::from_micros(waits[waits.len() * 99 / 100])
}

/// What wakes a thread that sleeps, and tells how long that took.
fn bare_wakes() -> impl FnMut() -> Duration {
    let (call, calls) = mpsc::channel::<Instant>();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || calls.iter().try_for_each(|called| tell.send(called.elapsed())));
    move || {
        call.send(Instant::now()).unwrap();
        told.recv().unwrap()
    }
}

/// The 99th percentile of an account's waits before and during a flood of another's.
fn waits_beside_a_flood(flooder: &Client, victim: &Client, method: &str, jobs: usize) -> (Duration, Duration) {
    // What nobody has measured yet waits for a worker.
    p99(victim, method, |count| count < 50);
    let idle = p99(victim, method, |count| count < 500);
    let capsule = tiny(method);
    // Written once: whoever floods needs no time for it.
    let batch = json!(vec![capsule; 1_000]).to_string();
    let json = [("content-type", "application/json")];
    let over = AtomicBool::new(false);
    let begun = Instant::now();
    // As many connections as there are threads of them on a small machine, so that the victim's has the flooder on it.
    let flooded = std::thread::scope(|scope| {
        let flood: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..jobs / 2_000 {
                        let answer = flooder.send("POST", "/v1/batches", &json, batch.as_bytes());
                        assert_eq!(answer.status, 200, "{}", answer.text());
                    }
                })
            })
            .collect();
        let flooded = p99(victim, method, |count| {
            over.store(flood.iter().all(|thread| thread.is_finished()), Relaxed);
            count < 300 || !over.load(Relaxed)
        });
        flood.into_iter().for_each(|thread| thread.join().unwrap());
        flooded
    });
    println!("{jobs} jobs of {method} in {:?}: p99 {idle:?} idle, {flooded:?} under the flood", begun.elapsed());
    (idle, flooded)
}

#[test]
fn a_full_queue_names_the_key_the_depth_and_the_cap() {
    let node = TestNode::with(Options::default().with("workers", "1").with("account-queue-max", "5"));
    let busy = node.account("busy", 1_000_000_000);
    let key = busy.get("/v1/keys").json()["items"][0]["id"].as_str().unwrap().to_owned();
    let capsule = json!({ "unit": "test", "method": "wait", "params": { "ms": 20_000 } });
    let answers: Vec<_> = (0..20).map(|_| busy.post_json("/v1/jobs", &capsule)).collect();
    let refused = answers.iter().find(|answer| answer.status != 202).expect("twenty are too many");
    assert_eq!((refused.status, refused.code().as_str()), (429, "queue-full"));
    let problem = refused.json();
    assert_eq!((&problem["required"], &problem["available"]), (&json!(5), &json!(5)), "depth and cap: {problem}");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(&key) && detail.contains("5 jobs") && detail.contains("cap is 5;"), "{detail}");
    assert_eq!(refused.header("ratelimit-policy"), Some("\"queue\";q=5"));
    let other = node.account("other", 1_000_000);
    assert_eq!(other.post_json("/v1/jobs", &capsule).status, 202, "another account has room");
}
