//! Simulation sessions: what a subscriber sees, what ends them, what they cost, and what survives.

use std::{
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use inos_protocols::{
    Hash,
    frame::{ClientFrame, RegionState, RegionTopic, ServerBody, Topic},
};
use inos_tests::{Client, Options, TestNode, until};
use serde_json::{Value, json};

use crate::{
    deadlines::time,
    socket::{connect_to, receive, send},
};

crate::on_both! {
    a_session_that_goes_on_counts_the_steps_that_it_had_made,
    a_session_makes_its_steps_and_says_what_came_of_them,
    a_subscriber_sees_each_step_and_without_one_a_session_rests,
    a_session_ends_once_the_last_who_followed_it_has_left,
    a_budget_ends_a_session_and_is_all_that_it_costs,
    clocks_and_cancelling_end_a_session,
    a_flock_that_is_kept_flies_on_from_where_it_was,
    a_kill_leaves_money_and_regions_as_they_were_told,
    a_stopped_server_takes_its_sessions_up_again,
}

fn session(method: &str, params: Value) -> Value {
    let (unit, method) = method.split_once('.').unwrap();
    json!({ "unit": unit, "method": method, "params": params })
}

fn post(client: &Client, capsule: &Value) -> String {
    let accepted = client.post_json("/v1/jobs", capsule);
    assert_eq!(accepted.status, 202, "{}", accepted.text());
    accepted.header("location").unwrap().to_owned()
}

fn begun(client: &Client, capsule: &Value) -> String {
    let path = post(client, capsule);
    until(Duration::from_secs(20), || client.get(&path).json()["state"] != "queued");
    path
}

fn ended(client: &Client, path: &str) -> Value {
    let job = || client.get(path).json();
    until(Duration::from_secs(60), || !["queued", "running"].contains(&job()["state"].as_str().unwrap()));
    job()
}

fn cancel(client: &Client, path: &str) {
    assert_eq!(client.send("POST", &format!("{path}/cancel"), &[], b"").status, 202);
}

fn cost(job: &Value) -> u64 {
    job["cost"].as_u64().unwrap()
}

/// A region's epoch and bytes.
fn read(client: &Client, name: &str) -> (u64, Vec<u8>) {
    let read = client.get(&format!("/v1/regions/{name}"));
    assert_eq!(read.status, 200, "{}", read.text());
    (read.header("inos-epoch").unwrap().parse().unwrap(), read.body.to_vec())
}

fn count(client: &Client, name: &str) -> u64 {
    u64::from_le_bytes(read(client, name).1.try_into().unwrap())
}

fn is_there(client: &Client, name: &str) -> bool {
    client.get(&format!("/v1/regions/{name}")).status == 200
}

fn held(client: &Client) -> Value {
    client.get("/v1/account").json()["held"].clone()
}

/// A subscriber on a thread of its own, until it is dropped.
struct Subscriber {
    frames: mpsc::Receiver<RegionState>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Subscriber {
    fn of(node: &TestNode, name: &str) -> Self {
        let (told, frames) = mpsc::channel();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let (address, key, name) = (node.address(), node.admin_key(), name.to_owned());
        let listen = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut socket = connect_to(address, &key, "inos.capsule.v1").await;
                let topic = RegionTopic { name, max_rate_hz: 0, after: 0, confirms: false, deflate: false };
                send(&mut socket, &ClientFrame::Subscribe(Topic::Region(topic))).await;
                let listen = async {
                    loop {
                        if let ServerBody::Region(state) = receive(&mut socket).await.body
                            && told.send(state).is_err()
                        {
                            return;
                        }
                    }
                };
                tokio::select! {
                    () = listen => {}
                    _ = stopped => {}
                }
            });
        };
        Self { frames, stop: Some(stop), thread: Some(thread::spawn(listen)) }
    }

    fn next(&self) -> RegionState {
        self.frames.recv_timeout(Duration::from_secs(30)).expect("a frame comes")
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.thread.take().unwrap().join().unwrap();
    }
}

fn a_session_makes_its_steps_and_says_what_came_of_them(options: Options) {
    let node = TestNode::with(options.with("workers", "1"));
    let admin = node.admin();
    let before = admin.balance();
    let params = json!({ "steps": 40, "hz": 200, "alone": "run", "pattern": "bob$2bo$3o!", "width": 20, "height": 20 });
    let path = post(&admin, &session("compute.life", params));
    let job = ended(&admin, &path);
    assert_eq!(job["state"], "succeeded", "{job}");
    let (epoch, board) = read(&admin, "life");
    // A glider is ten cells further after forty steps, on a board of which that is the half.
    let alive: Vec<usize> = (0..400).filter(|cell| board[*cell] == 1).collect();
    let first: Vec<usize> =
        [(9, 8), (10, 9), (8, 10), (9, 10), (10, 10)].map(|(x, y)| (y + 10) % 20 * 20 + (x + 10) % 20).to_vec();
    let mut first = first;
    first.sort_unstable();
    assert_eq!(alive, first);
    let told: Value = serde_json::from_slice(&admin.get(&format!("{path}/outputs/0")).body).unwrap();
    let hash = Hash::of(&board).to_string();
    let wanted = json!({ "region": "life", "epoch": epoch.to_string(), "steps": 40, "ended": "steps", "blake3": hash });
    assert_eq!(told, wanted);
    let about = &admin.get("/v1/regions").json()["items"][0];
    assert_eq!((&about["stride"], &about["schema"]), (&json!(20), &json!("inos.life.v1 20x20 B3/S23 wrap")));
    assert_eq!(job["metrics"]["run_us"].as_u64().unwrap().div_ceil(1000) * 10 + 100, cost(&job), "its steps are paid");
    assert_eq!((before - admin.balance(), held(&admin)), (cost(&job), json!(0)));
    let events = admin.get(&format!("{path}/events")).text();
    let progress = events.matches("event: progress").count();
    assert!((1..30).contains(&progress), "not each step is an event: {progress}");
    // The other way round: a session of the same name begins anew, and both have a receipt.
    let again =
        ended(&admin, &post(&admin, &session("compute.life", json!({ "steps": 1, "width": 20, "height": 20 }))));
    assert_eq!((&again["state"], read(&admin, "life").0), (&json!("succeeded"), epoch + 2));
    assert_eq!(admin.get(&format!("{path}/receipt")).status, 200);
    let flock = json!({ "count": 500, "steps": 20, "hz": 100, "alone": "run" });
    let job = ended(&admin, &post(&admin, &session("boids.session", flock)));
    assert_eq!((&job["state"], read(&admin, "flock").1.len()), (&json!("succeeded"), 500 * 32), "{job}");
    assert_eq!(admin.get("/v1/units/boids/session").json()["session"], true);
}

fn a_subscriber_sees_each_step_and_without_one_a_session_rests(options: Options) {
    let mut node = TestNode::with(options.with("workers", "1"));
    let admin = node.admin();
    let before = admin.balance();
    let path = begun(&admin, &session("compute.counter", json!({ "hz": 50, "linger_ms": 0 })));
    until(Duration::from_secs(20), || is_there(&admin, "counter"));
    let watch = |steps: usize| {
        let subscriber = Subscriber::of(&node, "counter");
        let mut seen = Vec::new();
        while seen.len() < steps {
            let state = subscriber.next();
            seen.push((state.epoch, u64::from_le_bytes(state.bytes[..8].try_into().unwrap())));
        }
        assert!(seen.windows(2).all(|pair| pair[1].0 - pair[0].0 == pair[1].1 - pair[0].1 && pair[0].0 < pair[1].0));
    };
    watch(20);
    // Nobody follows: after a step or two that were under way it rests, and takes no time of the processor.
    let rests = || {
        let first = read(&admin, "counter").0;
        thread::sleep(Duration::from_millis(300));
        read(&admin, "counter").0 == first
    };
    until(Duration::from_secs(20), rests);
    let (epoch, used) = (read(&admin, "counter").0, admin.get(&path).json());
    assert_eq!(used["state"], "running");
    // What others do to it meanwhile is not lost, and it goes on from there.
    let set = admin.send("PUT", "/v1/regions/counter", &[], &1_000_000_u64.to_le_bytes());
    assert_eq!((set.status, set.header("inos-epoch")), (200, Some((epoch + 1).to_string().as_str())));
    watch(5);
    assert!(count(&admin, "counter") > 1_000_000);
    // A long poll follows as well.
    until(Duration::from_secs(20), rests);
    let newest = read(&admin, "counter").0;
    let polled = admin.get(&format!("/v1/regions/counter?after={newest}&wait=30"));
    assert_eq!(polled.status, 200, "whoever waits for a step wakes the session that makes it");
    // Short jobs have the only worker all the while.
    assert_eq!(admin.run("compute.blake3", "", b"abc").status, 200);
    cancel(&admin, &path);
    let job = ended(&admin, &path);
    assert_eq!((&job["state"], &job["error"]["code"]), (&json!("cancelled"), &json!("cancelled")), "{job}");
    let blake3: u64 = admin.get("/v1/jobs?method=blake3").json()["items"][0]["cost"].as_u64().unwrap();
    assert_eq!((before - admin.balance(), held(&admin)), (cost(&job) + blake3, json!(0)));
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

fn a_session_ends_once_the_last_who_followed_it_has_left(options: Options) {
    let node = TestNode::with(options);
    let admin = node.admin();
    let path = post(&admin, &session("compute.counter", json!({ "hz": 100, "alone": "stop", "linger_ms": 2_000 })));
    until(Duration::from_secs(20), || is_there(&admin, "counter"));
    let (one, other) = (Subscriber::of(&node, "counter"), Subscriber::of(&node, "counter"));
    for _ in 0..10 {
        one.next();
        other.next();
    }
    drop(one);
    // As long as one is left it goes on, longer than it would linger.
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(2_500) {
        other.next();
    }
    assert_eq!(admin.get(&path).json()["state"], "running");
    drop(other);
    let job = ended(&admin, &path);
    assert_eq!(job["state"], "succeeded", "{job}");
    let told: Value = serde_json::from_slice(&admin.get(&format!("{path}/outputs/0")).body).unwrap();
    assert_eq!((&told["ended"], &told["steps"]), (&json!("alone"), &json!(count(&admin, "counter"))));
    assert_eq!(held(&admin), 0);
}

fn a_budget_ends_a_session_and_is_all_that_it_costs(options: Options) {
    let node = TestNode::with(options);
    let admin = node.admin();
    let before = admin.balance();
    // The base price and 200 ms of steps.
    let board = json!({ "width": 512, "height": 512, "hz": 240, "busy_ms": 1000, "alone": "run" });
    let mut capsule = session("compute.life", board);
    capsule["budget"] = json!(2_100);
    let path = post(&admin, &capsule);
    assert_eq!(held(&admin), 2_100, "no more is held than may be spent");
    let job = ended(&admin, &path);
    assert_eq!((&job["state"], &job["error"]["code"]), (&json!("failed"), &json!("budget-exceeded")), "{job}");
    assert_eq!((cost(&job), job["error"]["available"].as_u64()), (2_100, Some(2_100)), "{job}");
    assert_eq!((before - admin.balance(), held(&admin)), (2_100, json!(0)));
    let (epoch, _) = read(&admin, "life");
    assert_eq!(read(&admin, "life").0, epoch, "the region stays, and nobody steps it");
    // Less than the base price is refused at once; without a budget no more is held than a minute of steps costs.
    capsule["budget"] = json!(99);
    assert_eq!(admin.post_json("/v1/jobs", &capsule).code(), "budget-exceeded");
    let path = post(&admin, &session("compute.counter", json!({})));
    assert_eq!(held(&admin), 100 + 60_000 * 10);
    cancel(&admin, &path);
    assert!(cost(&ended(&admin, &path)) < 100_000);
    // A key's own limit bounds a session as any other job.
    let poor = node.account("poor", 500);
    let refused = poor.post_json("/v1/jobs", &session("compute.counter", json!({})));
    assert_eq!(refused.code(), "insufficient-credits");
}

fn clocks_and_cancelling_end_a_session(options: Options) {
    let mut node = TestNode::with(options);
    let admin = node.admin();
    let endless = session("compute.counter", json!({ "hz": 20, "alone": "run", "region": "a" }));
    let mut capsule = endless.clone();
    capsule["timeout_ms"] = json!(300);
    let job = ended(&admin, &post(&admin, &capsule));
    assert_eq!((&job["state"], &job["error"]["errors"][0]["pointer"]), (&json!("expired"), &json!("/timeout_ms")));
    assert!(cost(&job) >= 100, "what it did is paid");
    let mut capsule = endless.clone();
    capsule["deadline"] = time(1_500).into();
    let job = ended(&admin, &post(&admin, &capsule));
    assert_eq!((&job["state"], &job["error"]["errors"][0]["pointer"]), (&json!("expired"), &json!("/deadline")));
    // One that steps, one that waits long for its next beat, and one that rests for good are all cancelled.
    let rests = json!({ "linger_ms": 0, "region": "c" });
    for params in [json!({ "hz": 240, "alone": "run", "region": "a" }), json!({ "hz": 0.01, "region": "b" }), rests] {
        let path = begun(&admin, &session("compute.counter", params));
        cancel(&admin, &path);
        assert_eq!(ended(&admin, &path)["state"], "cancelled");
    }
    // A region that is removed ends the session that steps it.
    let path = begun(&admin, &session("compute.counter", json!({ "hz": 100, "alone": "run", "region": "d" })));
    until(Duration::from_secs(20), || is_there(&admin, "d"));
    assert_eq!(admin.send("DELETE", "/v1/regions/d", &[], b"").status, 204);
    let job = ended(&admin, &path);
    assert_eq!((&job["state"], &job["error"]["errors"][0]["pointer"]), (&json!("failed"), &json!("/params/region")));
    assert_eq!(held(&admin), 0);
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

fn a_flock_that_is_kept_flies_on_from_where_it_was(options: Options) {
    let mut node = TestNode::with(options);
    let admin = node.admin();
    let flock = json!({ "count": 500, "dt": 0.001, "edge": "steer", "hz": 50, "alone": "run", "persistent": true });
    let path = begun(&admin, &session("boids.session", flock));
    until(Duration::from_secs(20), || is_there(&admin, "flock"));
    let first = read(&admin, "flock").0;
    until(Duration::from_secs(20), || read(&admin, "flock").0 > first + 5);
    assert_eq!(node.stop(), Some(0));
    node.restart();
    let admin = node.admin();
    let (epoch, held) = read(&admin, "flock");
    until(Duration::from_secs(20), || read(&admin, "flock").0 > epoch + 2);
    let (later, flown) = read(&admin, "flock");
    // The fastest fly two lengths in a second, of which a step is a thousandth; a world of 500 birds is ten long.
    let most = 0.002 * (later - epoch) as f32 + 0.001;
    let places = |state: &[u8]| -> Vec<f32> {
        let numbers = state.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
        numbers.enumerate().filter(|(index, _)| index % 8 < 3).map(|(_, number)| number).collect()
    };
    let off = places(&held).iter().zip(places(&flown)).map(|(was, is)| (was - is).abs()).fold(0.0, f32::max);
    assert!(off > 0.0 && off < most, "off by {off} after {} epochs", later - epoch);
    cancel(&admin, &path);
    assert_eq!(ended(&admin, &path)["state"], "cancelled");
}

fn a_kill_leaves_money_and_regions_as_they_were_told(options: Options) {
    let mut node = TestNode::with(options);
    let admin = node.admin();
    let before = admin.balance();
    let counts = json!({ "hz": 100, "alone": "run", "persistent": true, "region": "kept" });
    let kept = begun(&admin, &session("compute.counter", counts));
    // A board that is busy all the time, so that what it used is written down before the kill.
    let busy = json!({ "width": 1024, "height": 1024, "hz": 240, "busy_ms": 1000, "alone": "run", "region": "lost" });
    let lost = begun(&admin, &session("compute.life", busy));
    until(Duration::from_secs(20), || is_there(&admin, "kept") && count(&admin, "kept") > 5);
    until(Duration::from_secs(20), || is_there(&admin, "lost"));
    // From its second step on, whenever a busy machine lets it make that.
    let first = read(&admin, "lost").0;
    until(Duration::from_secs(20), || read(&admin, "lost").0 > first);
    let used = Instant::now();
    while used.elapsed() < Duration::from_millis(4_500) {
        thread::sleep(Duration::from_millis(50));
    }
    let seen = count(&admin, "kept");
    node.kill();
    node.restart();
    let admin = node.admin();
    // The persistent region is there at once, never before what was seen, and goes on from there.
    let first = count(&admin, "kept");
    assert!(first >= seen, "{first} after {seen}");
    until(Duration::from_secs(20), || count(&admin, "kept") > seen + 5);
    until(Duration::from_secs(20), || is_there(&admin, "lost"));
    for path in [&kept, &lost] {
        assert_eq!(admin.get(path).json()["state"], "running");
        cancel(&admin, path);
    }
    let (kept, lost) = (ended(&admin, &kept), ended(&admin, &lost));
    assert_eq!((&kept["state"], &lost["state"]), (&json!("cancelled"), &json!("cancelled")));
    assert!(lost["metrics"]["run_us"].as_u64().unwrap() >= 1_000_000, "what it used before the kill counts: {lost}");
    assert_eq!(lost["metrics"]["run_us"].as_u64().unwrap().div_ceil(1000) * 10 + 100, cost(&lost));
    assert_eq!((before - admin.balance(), held(&admin)), (cost(&kept) + cost(&lost), json!(0)));
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

fn a_session_that_goes_on_counts_the_steps_that_it_had_made(options: Options) {
    let mut node = TestNode::with(options);
    let admin = node.admin();
    let counts = |region: &str, persistent: bool| {
        session(
            "compute.counter",
            json!({ "hz": 100, "steps": 120, "alone": "run", "region": region, "persistent": persistent }),
        )
    };
    let (kept, lost) = (begun(&admin, &counts("kept", true)), begun(&admin, &counts("lost", false)));
    until(Duration::from_secs(20), || {
        ["kept", "lost"].into_iter().all(|region| is_there(&admin, region) && count(&admin, region) > 20)
    });
    assert_eq!(node.stop(), Some(0));
    node.restart();
    let admin = node.admin();
    for (path, region) in [(&kept, "kept"), (&lost, "lost")] {
        let job = ended(&admin, path);
        assert_eq!(job["state"], "succeeded", "{job}");
        let told = admin.get(&format!("{path}/outputs/0")).json();
        // The one whose region is gone began anew, and has made as many there.
        assert_eq!((&told["steps"], count(&admin, region)), (&json!(120), 120), "{region}: {told}");
    }
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

fn a_stopped_server_takes_its_sessions_up_again(options: Options) {
    let mut node = TestNode::with(options.with("deadline-max", "10s"));
    let admin = node.admin();
    let before = admin.balance();
    let counts = json!({ "hz": 100, "alone": "run", "persistent": true });
    let path = begun(&admin, &session("compute.counter", counts));
    let mut busy =
        session("compute.life", json!({ "hz": 240, "busy_ms": 1000, "alone": "run", "width": 512, "height": 512 }));
    busy["deadline"] = time(4_000).into();
    let overdue = begun(&admin, &busy);
    until(Duration::from_secs(20), || is_there(&admin, "counter") && count(&admin, "counter") > 50);
    assert_eq!(node.stop(), Some(0), "sessions hold up no stop");
    // While nobody is there, the time of one runs out: it pays for what it did.
    thread::sleep(Duration::from_millis(4_500));
    node.restart();
    let admin = node.admin();
    until(Duration::from_secs(20), || count(&admin, "counter") > 60);
    let late = ended(&admin, &overdue);
    assert_eq!((&late["state"], &late["error"]["code"]), (&json!("expired"), &json!("deadline-exceeded")), "{late}");
    assert!(cost(&late) > 100, "{late}");
    // The other one's time is the deadline that it was accepted with.
    let job = ended(&admin, &path);
    assert_eq!(job["state"], "expired", "{job}");
    assert_eq!((before - admin.balance(), held(&admin)), (cost(&job) + cost(&late), json!(0)));
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

#[test]
fn there_are_only_so_many_sessions_and_the_cap_is_named() {
    let options = Options::default().with("workers", "1").with("account-sessions-max", "2").with("sessions-max", "3");
    let node = TestNode::with(options);
    let (admin, other) = (node.admin(), node.account("other", 10_000_000));
    let counter = |name: &str| session("compute.counter", json!({ "region": name, "alone": "run" }));
    let own = [begun(&admin, &counter("a")), begun(&admin, &counter("b"))];
    let refused = admin.post_json("/v1/jobs", &counter("c"));
    assert_eq!((refused.status, refused.code()), (429, "queue-full".into()), "{}", refused.text());
    assert_eq!((&refused.json()["required"], &refused.json()["available"]), (&json!(2), &json!(2)));
    // Another account may have the same name: regions are each account's own.
    let theirs = begun(&other, &counter("a"));
    let refused = other.post_json("/v1/jobs", &counter("b"));
    assert_eq!((refused.status, refused.code()), (503, "overloaded".into()), "{}", refused.text());
    assert!(refused.json()["detail"].as_str().unwrap().contains("cap is 3"));
    assert_eq!(admin.run("compute.blake3", "", b"abc").status, 200, "short jobs have their worker");
    cancel(&admin, &own[0]);
    ended(&admin, &own[0]);
    // Its seat is free before its end is told. A region that another session steps is not to be had.
    let path = post(&admin, &counter("b"));
    let job = ended(&admin, &path);
    assert_eq!((&job["state"], &job["error"]["errors"][0]["pointer"]), (&json!("failed"), &json!("/params/region")));
    for (client, path) in [(&admin, &own[1]), (&other, &theirs)] {
        cancel(client, path);
        ended(client, path);
    }
    assert_eq!((held(&admin), held(&other)), (json!(0), json!(0)));
}

#[test]
fn a_session_is_submitted_by_who_may_and_nowhere_waited_for() {
    let node = TestNode::start();
    let admin = node.admin();
    let counter = session("compute.counter", json!({ "steps": 1 }));
    let refused = admin.run("compute.counter", "?steps=1", b"");
    assert_eq!(
        (refused.status, &refused.json()["errors"][0]["pointer"]),
        (422, &json!("/method")),
        "{}",
        refused.text()
    );
    let items = admin.post_json("/v1/batches", &json!([counter])).json();
    assert_eq!(items["items"][0]["problem"]["errors"][0]["pointer"], "/method", "{items}");
    let made = admin.post_json("/v1/keys", &json!({ "name": "jobs only", "scopes": ["jobs"] })).json();
    let jobs_only = admin.with_key(made["secret"].as_str().unwrap());
    assert_eq!(jobs_only.post_json("/v1/jobs", &counter).code(), "forbidden");
    for (params, pointer) in [
        (json!({ "hz": 0 }), "/params/hz"),
        (json!({ "hz": 241 }), "/params/hz"),
        (json!({ "busy_ms": 0 }), "/params/busy_ms"),
        (json!({ "alone": "sleep" }), "/params/alone"),
        (json!({ "colour": "red" }), "/params/colour"),
        (json!({ "steps": -1 }), "/params/steps"),
    ] {
        let refused = admin.post_json("/v1/jobs", &session("compute.counter", params));
        assert_eq!(
            (refused.status, &refused.json()["errors"][0]["pointer"]),
            (422, &json!(pointer)),
            "{}",
            refused.text()
        );
    }
    let mut tried = counter.clone();
    tried["retry"] = json!({ "max_attempts": 3 });
    assert_eq!(admin.post_json("/v1/jobs", &tried).json()["errors"][0]["pointer"], "/retry/max_attempts");
    let mut remembered = counter.clone();
    remembered["cache"] = json!("use");
    assert_eq!(admin.post_json("/v1/jobs", &remembered).json()["errors"][0]["pointer"], "/cache");
    // What is no name of a region, and what does not fit the quota, end the job with what was wrong.
    for (method, params, pointer, code) in [
        ("compute.counter", json!({ "region": "a/b" }), "/params/region", "invalid-params"),
        ("compute.life", json!({ "rule": "B3/S29" }), "/params/rule", "invalid-params"),
        ("compute.life", json!({ "pattern": "hello" }), "/params/pattern", "invalid-params"),
        ("boids.session", json!({ "count": 1_000_000, "side": 30 }), "/params/count", "invalid-params"),
    ] {
        let refused = admin.post_json("/v1/jobs", &session(method, params));
        let job = if refused.status == 202 {
            ended(&admin, refused.header("location").unwrap())["error"].clone()
        } else {
            refused.json()
        };
        assert_eq!((&job["code"], &job["errors"][0]["pointer"]), (&json!(code), &json!(pointer)), "{job}");
    }
    assert_eq!(held(&admin), 0);
}

#[test]
fn whoever_writes_into_a_board_draws_while_it_lives() {
    let node = TestNode::start();
    let admin = node.admin();
    let empty = json!({ "width": 64, "height": 64, "density": 0, "hz": 240, "alone": "run", "busy_ms": 1000 });
    let path = begun(&admin, &session("compute.life", empty));
    until(Duration::from_secs(20), || is_there(&admin, "life"));
    assert!(read(&admin, "life").1.iter().all(|cell| *cell == 0));
    // Two blocks, each drawn by one request: two rows and what lies between.
    let mut block = vec![0; 66];
    [0, 1, 64, 65].into_iter().for_each(|cell| block[cell] = 1);
    for corner in [10 * 64 + 10, 40 * 64 + 40] {
        let range = format!("bytes {corner}-{}/*", corner + 65);
        assert_eq!(admin.send("PATCH", "/v1/regions/life", &[("content-range", &range)], &block).status, 200);
    }
    let alive = || read(&admin, "life").1.iter().filter(|cell| **cell != 0).count();
    let first = read(&admin, "life").0;
    until(Duration::from_secs(20), || read(&admin, "life").0 > first + 20);
    assert_eq!(alive(), 8, "what was drawn lives on");
    cancel(&admin, &path);
    assert_eq!(ended(&admin, &path)["state"], "cancelled");
}

#[test]
fn sessions_at_rest_take_no_turn_of_the_processor() {
    let node = TestNode::start();
    let admin = node.admin();
    let rests = |name: &str| session("compute.counter", json!({ "region": name, "linger_ms": 0, "hz": 240 }));
    let paths: Vec<_> = ["a", "b", "c", "d"].map(|name| begun(&admin, &rests(name))).into();
    let steps = || ["a", "b", "c", "d"].map(|name| is_there(&admin, name).then(|| read(&admin, name).0));
    until(Duration::from_secs(20), || {
        let before = steps();
        thread::sleep(Duration::from_millis(100));
        before == steps() && before.iter().all(Option::is_some)
    });
    let (_, sleeps) = node.exertion();
    thread::sleep(Duration::from_secs(2));
    let sleeps = node.exertion().1 - sleeps;
    println!("{sleeps} wake-ups in two seconds of four sessions at rest");
    // One look in any second at each of them would be more, and so would one beat.
    assert!(sleeps < 8, "{sleeps} wake-ups");
    for path in paths {
        cancel(&admin, &path);
        assert_eq!(ended(&admin, &path)["state"], "cancelled");
    }
}
