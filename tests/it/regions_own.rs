//! What the server itself says in shared memory: which units there are, and what happens to the jobs of an account.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use inos_protocols::layout;
use inos_tests::{Client, Options, TestNode, inos, until};
use serde_json::{Value, json};

const UNITS: &str = "/v1/regions/inos.units";

fn registry(client: &Client) -> Vec<Value> {
    client.get(UNITS).json().as_array().expect("a list of units").clone()
}

#[test]
fn every_account_reads_which_units_there_are_and_nobody_changes_that() {
    let node = TestNode::start();
    let (admin, other) = (node.admin(), node.account("other", 1_000_000));
    let rows = registry(&other);
    assert_eq!(rows, registry(&admin));
    let units = admin.get("/v1/units").json()["items"].as_array().unwrap().clone();
    let names = |all: &[Value], name: &str| all.iter().map(|one| one[name].clone()).collect::<Vec<_>>();
    assert_eq!(names(&rows, "unit"), names(&units, "name"));
    assert_eq!(names(&rows, "version"), names(&units, "version"));
    for (row, unit) in rows.iter().zip(&units) {
        assert_eq!((&row["state"], row["hash"].as_str().unwrap().len()), (&json!("ready"), 64), "{row}");
        for (method, known) in row["methods"].as_array().unwrap().iter().zip(unit["methods"].as_array().unwrap()) {
            assert_eq!((method, &known["backends"]), (&known["name"], &json!([row["lane"]])), "{row}");
        }
    }
    let answer = admin.get(UNITS);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let epoch = answer.header("inos-epoch").unwrap().to_owned();
    // Nobody writes, hides or removes it, not even by the output of a job.
    for client in [&admin, &other] {
        let put = client.send("PUT", UNITS, &[], b"[]");
        assert_eq!((put.status, put.code()), (422, "invalid-params".into()), "{}", put.text());
        assert_eq!(client.send("PUT", "/v1/regions/inos.mine", &[], b"[]").status, 422);
        assert_eq!(client.send("PATCH", UNITS, &[("content-range", "bytes 0-1/*")], b"[]").status, 404);
        assert_eq!(client.send("DELETE", UNITS, &[], b"").status, 404);
        let capsule = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "a" }], "output": { "region": "inos.units" } });
        let job = client.post_json_with("/v1/jobs", &[("prefer", "wait=20")], &capsule);
        assert!(job.status >= 400 || job.json()["state"] == "failed", "{}", job.text());
        assert_eq!(client.get("/v1/regions").json()["items"], json!([]), "a list is of one's own");
    }
    assert_eq!(admin.get(UNITS).header("inos-epoch"), Some(&*epoch));
    assert_eq!(registry(&other), rows);
    // A job reads it as it does any region.
    let capsule = json!({ "unit": "compute", "method": "sha256", "inputs": [{ "region": "inos.units" }] });
    let job = other.post_json_with("/v1/jobs", &[("prefer", "wait=20")], &capsule).json();
    assert_eq!(job["state"], "succeeded", "{job}");
    // So does another process, with the scope for it.
    let data = node.data().display().to_string();
    let (code, out, err) =
        node.cli(&["regions", "watch", "inos.units", "--attach", "--count", "1", "--data-dir", &data]);
    assert_eq!((code, out.split_whitespace().next()), (0, Some(&*epoch)), "{err}");
    let made = admin.post_json("/v1/keys", &json!({ "name": "narrow", "scopes": ["jobs"] })).json();
    let narrow = Client::new(&node.url(), made["secret"].as_str().unwrap());
    assert_eq!(narrow.get(UNITS).status, 403);
}

#[test]
fn a_server_says_the_same_of_its_units_after_a_restart_at_a_later_epoch() {
    let mut node = TestNode::start();
    let before = (registry(&node.admin()), node.admin().get(UNITS).header("inos-epoch").unwrap().to_owned());
    node.restart();
    let after = (registry(&node.admin()), node.admin().get(UNITS).header("inos-epoch").unwrap().to_owned());
    assert_eq!(before.0, after.0);
    assert!(before.1.parse::<u64>().unwrap() < after.1.parse().unwrap());
}

/// The lines of a program that says events as JSON.
struct Events {
    child: std::process::Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Events {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn ours(node: &TestNode, args: &[&str]) -> Self {
        let at = ["--url", &node.url(), "--data-dir", node.data().to_str().unwrap()].map(str::to_owned);
        Self::start(inos().arg("events").args(args).arg("--json").args(at).env("INOS_KEY", node.admin_key()))
    }

    fn next(&mut self) -> Value {
        serde_json::from_str(&self.lines.next().expect("a line").unwrap()).unwrap()
    }

    /// How the next job went, and the numbers of what was said of it.
    fn story(&mut self) -> (Value, Vec<String>, Vec<u64>) {
        let (mut states, mut numbers) = (Vec::new(), Vec::new());
        loop {
            let event = self.next();
            let data = if event["data"].is_null() { &event } else { &event["data"] };
            let name = event["event"].as_str().unwrap().to_owned();
            numbers.push(event["id"].as_str().map_or_else(|| event["seq"].as_u64().unwrap(), |id| id.parse().unwrap()));
            states.push(data["state"].as_str().unwrap_or(&name).to_owned());
            if ["succeeded", "failed"].contains(&states.last().unwrap().as_str()) {
                return (data["job"].clone(), states, numbers);
            }
        }
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run_one(client: &Client) -> Value {
    let capsule = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "abc" }] });
    client.post_json_with("/v1/jobs", &[("prefer", "wait=20")], &capsule).json()["id"].clone()
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("examples/regions").join(name)
}

fn python(node: &TestNode, key: &str, count: u64) -> Events {
    let socket = node.data().join("regions.sock");
    Events::start(Command::new("python3").arg(example("events.py")).arg(socket).args([key, &count.to_string()]))
}

fn c(node: &TestNode, key: &str, count: u64) -> Events {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("events");
    let built = Command::new("cc")
        .args(["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-o"])
        .arg(&program)
        .arg(example("events.c"))
        .status()
        .expect("this test needs a C compiler");
    assert!(built.success());
    Events::start(Command::new(program).arg(node.data().join("regions.sock")).args([key, &count.to_string()]))
}

#[test]
fn attached_processes_hear_what_the_stream_says() {
    let mut node = TestNode::start();
    let (admin, other) = (node.admin(), node.account("other", 1_000_000));
    let before = run_one(&admin);
    // What attaches hears what is remembered; the stream goes on after a number, here the first.
    let mut all = [
        Events::ours(&node, &["--attach"]),
        Events::ours(&node, &["--after", "1"]),
        python(&node, &admin.key, 99),
        c(&node, &admin.key, 99),
    ];
    all[1].next();
    let first = all.each_mut().map(Events::story);
    assert!(first.iter().all(|story| *story == first[0]), "{first:?}");
    assert_eq!(first[0].0, before);
    run_one(&other);
    let job = run_one(&admin);
    let second = all.each_mut().map(Events::story);
    assert!(second.iter().all(|story| *story == second[0]), "{second:?}");
    assert_eq!((&second[0].0, second[0].1.first().map(String::as_str)), (&job, Some("queued")));
    assert_eq!(second[0].2[0], first[0].2.last().unwrap() + 1, "of this account alone, without a gap");
    let data = node.data().display().to_string();
    let (code, out, _) = node.cli(&["events", "--attach", "--count", "1", "--data-dir", &data]);
    assert_eq!((code, out.lines().count()), (0, 1));
    node.kill();
    assert_eq!(all[0].child.wait().unwrap().code(), Some(3), "the server was killed");
    for program in &mut all[2..] {
        assert_eq!(program.child.wait().unwrap().code(), Some(4), "the server was killed");
    }
}

#[test]
fn who_may_not_hear_of_jobs_gets_no_ring_and_a_revoked_key_ends_one() {
    let node = TestNode::start();
    let admin = node.admin();
    let key = |scope: &str| admin.post_json("/v1/keys", &json!({ "name": "narrow", "scopes": [scope] })).json();
    let narrow = key("regions");
    let refused = Command::new("python3")
        .arg(example("events.py"))
        .arg(node.data().join("regions.sock"))
        .args([narrow["secret"].as_str().unwrap(), "1"])
        .output()
        .unwrap();
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("forbidden"), "{refused:?}");
    let made = key("jobs");
    let mut events = python(&node, made["secret"].as_str().unwrap(), 99);
    run_one(&admin);
    events.story();
    let gone = admin.send("DELETE", &format!("/v1/keys/{}", made["key"]["id"].as_str().unwrap()), &[], b"");
    assert_eq!(gone.status, 204, "{}", gone.text());
    let mut ended = None;
    until(Duration::from_secs(20), || {
        ended = events.child.try_wait().unwrap();
        ended.is_some()
    });
    assert_eq!(ended.unwrap().code(), Some(4), "the key has ended");
}

#[test]
fn a_ring_lies_on_the_quota_of_its_account() {
    let node = TestNode::with(Options::default().with("region-quota", "256KiB"));
    run_one(&node.admin());
    let data = node.data().display().to_string();
    let (code, _, why) = node.cli(&["events", "--attach", "--count", "1", "--data-dir", &data]);
    assert!(code != 0 && why.contains("has no room beside them"), "{code}: {why}");
    // The same over HTTP takes no memory that is counted.
    let (code, out, why) = node.cli(&["events", "--after", "1", "--count", "1", "--data-dir", &data]);
    assert_eq!((code, out.lines().count()), (0, 1), "{why}");
}

#[test]
fn a_reader_that_was_stopped_is_told_what_it_missed() {
    let node = TestNode::start();
    let admin = node.admin();
    run_one(&admin);
    let mut events = Events::ours(&node, &["--attach"]);
    events.story();
    let child = rustix::process::Pid::from_child(&events.child);
    rustix::process::kill_process(child, rustix::process::Signal::STOP).unwrap();
    for _ in 0..layout::RING_SLOT_COUNT / 2 {
        run_one(&admin);
    }
    rustix::process::kill_process(child, rustix::process::Signal::CONT).unwrap();
    let mut missed = 0;
    for _ in 0..layout::RING_SLOT_COUNT {
        let event = events.next();
        if event["event"] == "gap" {
            missed += event["data"]["missed"].as_u64().unwrap();
        }
    }
    assert!(missed > 0, "more was said than a ring holds");
    let (_, facts, _) = node.cli(&["arena", "--json"]);
    let rings = serde_json::from_str::<Value>(&facts).unwrap()["rings"].clone();
    assert_eq!((&rings["count"], &rings["attached"], &rings["dropped"]), (&1.into(), &1.into(), &0.into()), "{rings}");
    assert!(rings["written"].as_u64().unwrap() > layout::RING_SLOT_COUNT as u64, "{rings}");
    let metrics = admin.get("/metrics").text();
    assert!(metrics.contains("\ninos_rings_attached 1\n") && metrics.contains("\ninos_rings_dropped_total 0\n"));
}

#[test]
fn the_examples_have_the_numbers_of_the_layout() {
    let [python, header] = ["events.py", "inos_ring.h"].map(|name| std::fs::read_to_string(example(name)).unwrap());
    let magic = u64::from_le_bytes(layout::RING_MAGIC);
    for line in [
        format!("MAGIC, VERSION = 0x{magic:X}, {}", layout::RING_VERSION),
        format!(
            "VERSION_OFFSET, SLOT_COUNT_OFFSET, TAIL_OFFSET = {}, {}, {}",
            layout::RING_VERSION_OFFSET,
            layout::RING_SLOT_COUNT_OFFSET,
            layout::RING_TAIL_OFFSET
        ),
        format!(
            "SLOTS_OFFSET, SLOT_LEN, RECORD_LEN_MAX = {}, {}, {}",
            layout::RING_SLOTS_OFFSET,
            layout::RING_SLOT_LEN,
            layout::RING_RECORD_LEN_MAX
        ),
        format!("ENDED_OFFSET, CONTROL_LEN = {}, {}", layout::CONTROL_ENDED_OFFSET, layout::CONTROL_LEN),
    ] {
        assert!(python.contains(&format!("{line}\n")), "{line}");
    }
    for (name, value) in [
        ("RING_VERSION", layout::RING_VERSION as usize),
        ("RING_VERSION_OFFSET", layout::RING_VERSION_OFFSET),
        ("RING_SLOT_COUNT_OFFSET", layout::RING_SLOT_COUNT_OFFSET),
        ("RING_HEAD_OFFSET", layout::RING_HEAD_OFFSET),
        ("RING_TAIL_OFFSET", layout::RING_TAIL_OFFSET),
        ("RING_DROPPED_OFFSET", layout::RING_DROPPED_OFFSET),
        ("RING_SLOTS_OFFSET", layout::RING_SLOTS_OFFSET),
        ("RING_SLOT_LEN", layout::RING_SLOT_LEN),
        ("RING_RECORD_LEN_MAX", layout::RING_RECORD_LEN_MAX),
        ("RING_CONTROL_WAITING_OFFSET", layout::CONTROL_WAITING_OFFSET),
        ("RING_CONTROL_ENDED_OFFSET", layout::CONTROL_ENDED_OFFSET),
        ("RING_CONTROL_LEN", layout::CONTROL_LEN),
    ] {
        assert!(header.contains(&format!("#define INOS_{name} {value}\n")), "{name}");
    }
    assert!(header.contains(&format!("#define INOS_RING_MAGIC {magic:#x}ULL\n")));
}
