//! Units in processes of their own: they do what they would do in a thread, and whatever becomes of one fails one job.

use std::{path::PathBuf, time::Duration};

use inos_tests::{Client, Options, TestNode, until};
use serde_json::{Value, json};

fn run(client: &Client, method: &str, params: &Value, input: &str) -> Value {
    let capsule = json!({
        "unit": "test_cell", "method": method, "params": params, "inputs": [{ "text": input }], "keep": true,
    });
    let done = client.post_json_with("/v1/jobs", &[("prefer", "wait=60")], &capsule);
    assert_eq!(done.status, 200, "{method}: {}", done.text());
    done.json()
}

/// What a method wrote that must have succeeded.
fn told(client: &Client, method: &str, params: &Value) -> String {
    let job = run(client, method, params, "");
    assert_eq!(job["state"], "succeeded", "{job}");
    let answer = client.get(&format!("/v1/jobs/{}/outputs/0", job["id"].as_str().unwrap()));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text()
}

/// The cells of a server that live.
fn cells(node: &TestNode) -> Vec<u32> {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let numbers = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    numbers
        .filter(|pid| {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            status.contains(&format!("PPid:\t{}\n", node.pid()))
        })
        .collect()
}

fn open_files(pid: u32) -> Vec<PathBuf> {
    let all = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
    all.filter_map(|entry| std::fs::read_link(entry.path()).ok()).collect()
}

#[test]
fn a_job_in_a_cell_is_a_job_like_any_other() {
    let mut node = TestNode::start();
    let client = node.account("user", 1_000_000_000);
    for len in [0, 1, 4_000, 1 << 20, (3 << 20) + 7] {
        let bytes: Vec<u8> = (0..len).map(|at: usize| (at * 7) as u8).collect();
        let answer = client.run("test_cell.echo", "", &bytes);
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(answer.body == bytes, "{len} bytes came back as others");
    }
    let emitted = client.run("test_cell.emit", "?bytes=70000000", b"");
    assert_eq!((emitted.status, emitted.code()), (413, "payload-too-large".into()), "{}", emitted.text());
    let panicked = run(&client, "panic", &json!({}), "");
    assert_eq!((&panicked["state"], &panicked["error"]["code"]), (&json!("failed"), &json!("internal")));
    assert_eq!(panicked["cost"], 0);
    // What it says on the way is heard while it runs.
    let tale = json!({ "steps": 50, "text": "once upon", "ms": 20 });
    let capsule = json!({ "unit": "test_cell", "method": "tell", "params": tale });
    let path = client.post_json("/v1/jobs", &capsule).header("location").unwrap().to_owned();
    let mut text = String::new();
    client.listen(&format!("{path}/events"), |line| {
        text.push_str(line);
        !line.contains("succeeded")
    });
    assert!(text.contains("once upon") && text.contains("\"done\":50"), "{text}");
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

#[test]
fn whatever_becomes_of_a_cell_one_job_fails_and_the_next_runs() {
    let node = TestNode::start();
    let client = node.account("user", 1_000_000_000);
    let before = client.balance();
    for method in ["abort", "overflow"] {
        let lost = run(&client, method, &json!({}), "");
        assert_eq!((&lost["state"], &lost["error"]["code"]), (&json!("failed"), &json!("worker-lost")), "{lost}");
        assert_eq!(lost["cost"], 0, "a crash costs nothing");
        assert_eq!(client.run("test_cell.echo", "", b"abc").text(), "abc");
    }
    let spent = before - client.balance();
    let greedy = run(&client, "take", &json!({ "bytes": 8_u64 << 30 }), "");
    assert_eq!(
        (&greedy["state"], &greedy["error"]["code"]),
        (&json!("failed"), &json!("payload-too-large")),
        "{greedy}"
    );
    assert!(greedy["error"]["detail"].as_str().unwrap().contains("bytes of memory"), "{greedy}");
    assert!(before - client.balance() > spent, "taking too much is the caller's doing");
    // Killed from outside, while it works: it is there already, or the job would wait for one that is only being begun.
    assert_eq!(client.run("test_cell.echo", "", b"abc").text(), "abc");
    let capsule = json!({ "unit": "test_cell", "method": "spin", "params": { "ms": 60_000 } });
    let path = client.post_json("/v1/jobs", &capsule).header("location").unwrap().to_owned();
    until(Duration::from_secs(10), || client.get(&path).json()["state"] == "running");
    for pid in cells(&node) {
        let pid = rustix::process::Pid::from_raw(pid as i32).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    }
    until(Duration::from_secs(10), || client.get(&path).json()["state"] == "failed");
    assert_eq!(client.get(&path).json()["error"]["code"], "worker-lost");
    assert_eq!(client.run("test_cell.echo", "", b"abc").text(), "abc");
}

#[test]
fn a_unit_that_does_not_stop_is_killed_at_its_time() {
    let node = TestNode::with(Options::default().with("workers", "1"));
    let client = node.account("user", 1_000_000_000);
    let capsule = json!({ "unit": "test_cell", "method": "spin", "params": { "ms": 600_000 }, "timeout_ms": 300 });
    let late = client.post_json_with("/v1/jobs", &[("prefer", "wait=30")], &capsule).json();
    assert_eq!((&late["state"], &late["error"]["code"]), (&json!("expired"), &json!("deadline-exceeded")), "{late}");
    let capsule = json!({ "unit": "test_cell", "method": "spin", "params": { "ms": 600_000 } });
    let path = client.post_json("/v1/jobs", &capsule).header("location").unwrap().to_owned();
    until(Duration::from_secs(10), || client.get(&path).json()["state"] == "running");
    assert_eq!(client.send("POST", &format!("{path}/cancel"), &[], b"").status, 202);
    until(Duration::from_secs(10), || client.get(&path).json()["state"] == "cancelled");
    // The only worker is free, and so is the processor.
    assert_eq!(client.run("test_cell.echo", "", b"abc").text(), "abc");
    let ready = client.get("/readyz");
    assert_eq!(ready.status, 200, "{}", ready.text());
}

#[test]
fn a_cell_reaches_no_file_no_network_and_no_program() {
    let node = TestNode::start();
    let client = node.account("user", 1_000_000_000);
    let secret = node.data().join("admin.key");
    for path in ["/etc/passwd", "/proc/self/status", "/proc/1/environ", ".", secret.to_str().unwrap()] {
        let said = told(&client, "read", &json!({ "at": path }));
        assert!(said.starts_with("refused: "), "{path}: {said}");
    }
    for at in [node.address().to_string(), "127.0.0.1:1".into(), "[::1]:80".into()] {
        let said = told(&client, "dial", &json!({ "at": at }));
        assert!(said.contains("not permitted"), "{at}: {said}");
    }
    let said = told(&client, "begin", &json!({ "at": "/bin/true" }));
    assert!(said.starts_with("refused: "), "{said}");
}

#[test]
fn a_cell_has_nothing_of_anybody_else() {
    const CANARY: &str = "canary-of-another-account";
    let node = TestNode::start();
    let (one, other) = (node.account("one", 1_000_000_000), node.account("other", 1_000_000_000));
    let process = |client: &Client| -> u32 { told(client, "process", &json!({})).parse().unwrap() };
    let of_one = process(&one);
    // In the server's memory, and in the cell that works with it now.
    assert_eq!(one.run("test.echo", "", CANARY.as_bytes()).text(), CANARY);
    let params = json!({ "ms": 60_000 });
    let capsule = json!({ "unit": "test_cell", "method": "wait", "params": params, "inputs": [{ "text": CANARY }] });
    let path = one.post_json("/v1/jobs", &capsule).header("location").unwrap().to_owned();
    until(Duration::from_secs(10), || one.get(&path).json()["state"] == "running");
    let of_other = process(&other);
    assert_ne!(of_one, of_other, "a cell works for one account alone");
    assert!(memory_of(of_one).contains(CANARY), "the look finds what is there");
    assert!(!memory_of(of_other).contains(CANARY));
    assert!(!memory_of(of_other).contains(&one.key) && !memory_of(of_other).contains(&node.admin_key()));
    assert_eq!(one.send("POST", &format!("{path}/cancel"), &[], b"").status, 202);
    until(Duration::from_secs(10), || one.get(&path).json()["state"] == "cancelled");
    assert_eq!(process(&one), of_one, "one that was told to stop goes on with the next job");
    let environment = std::fs::read(format!("/proc/{of_other}/environ")).unwrap();
    let environment = String::from_utf8_lossy(&environment);
    // What its allocator is told; the C library parts it in place.
    let mut told = environment.trim_start_matches("GLIBC_TUNABLES=").split_terminator('\0');
    assert!(told.all(|part| part.starts_with("glibc.malloc.")), "{environment}");
    let status = std::fs::read_to_string(format!("/proc/{of_other}/status")).unwrap();
    for sets in ["CapInh", "CapPrm", "CapEff"] {
        assert!(status.contains(&format!("{sets}:\t0000000000000000\n")), "{sets}: {status}");
    }
    assert!(status.contains("NoNewPrivs:\t1\n") && status.contains("Seccomp:\t2\n"), "{status}");
    for file in open_files(of_other) {
        let name = file.to_string_lossy().into_owned();
        // A file without a name is where the job puts bytes aside.
        let is_nameless = name.ends_with(" (deleted)") && name.contains("/spool/");
        let is_own = name.starts_with("socket:") || name.contains("inos-parcel") || name == "/dev/null" || is_nameless;
        assert!(is_own, "{name}");
    }
}

/// All that a process can read of its memory, as text.
fn memory_of(pid: u32) -> String {
    use std::os::unix::fs::FileExt;
    let memory = std::fs::File::open(format!("/proc/{pid}/mem")).unwrap();
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let mut all = Vec::new();
    for line in maps.lines().filter(|line| line.contains(" rw") || line.contains("inos-parcel")) {
        let (start, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let [start, end] = [start, end].map(|at| u64::from_str_radix(at, 16).unwrap());
        let mut part = vec![0; (end - start) as usize];
        if memory.read_exact_at(&mut part, start).is_ok() {
            all.extend(part);
        }
    }
    String::from_utf8_lossy(&all).into_owned()
}

#[test]
fn kills_in_a_row_leave_nothing_behind() {
    let mut node = TestNode::with(Options::default().with("workers", "2"));
    let client = node.account("user", 1_000_000_000);
    let rounds = if std::env::var_os("INOS_TEST_LONG").is_some() { 10_000 } else { 60 };
    let figures = |node: &TestNode| {
        let count = |what: &str| std::fs::read_dir(format!("/proc/{}/{what}", node.pid())).unwrap().count();
        (count("fd"), count("task"))
    };
    let round = || assert_eq!(client.run("test_cell.abort", "", b"").code(), "worker-lost");
    (0..20).for_each(|_| round());
    let (files, threads) = figures(&node);
    (0..rounds).for_each(|_| round());
    let (files_after, threads_after) = figures(&node);
    assert!(
        files_after <= files + 8 && threads_after <= threads + 2,
        "{files} {threads}: {files_after} {threads_after}"
    );
    for pid in cells(&node) {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        assert!(!status.contains("zombie"), "{status}");
    }
    assert!(cells(&node).len() <= 3);
    let alive = cells(&node);
    node.kill();
    // What a server leaves that was killed ends with it.
    until(Duration::from_secs(10), || alive.iter().all(|pid| !PathBuf::from(format!("/proc/{pid}")).exists()));
}

#[test]
fn a_request_to_end_is_for_the_server_and_not_for_its_cells() {
    use rustix::process::{Pid, Signal, kill_process};
    let mut node = TestNode::with(Options::default().with("workers", "1"));
    let client = node.account("user", 1_000_000_000);
    let worker: u32 = told(&client, "process", &json!({})).parse().unwrap();
    let capsule = json!({ "unit": "test_cell", "method": "wait", "params": { "ms": 1_500 }, "keep": true });
    let path = client.post_json("/v1/jobs", &capsule).header("location").unwrap().to_owned();
    until(Duration::from_secs(10), || client.get(&path).json()["state"] != "queued");
    // The one that works: another may be only beginning, and has nothing to lose.
    let signalled = Pid::from_raw(worker as i32).unwrap();
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        kill_process(signalled, signal).unwrap();
    }
    until(Duration::from_secs(30), || client.get(&path).json()["state"] != "running");
    assert_eq!(client.get(&path).json()["state"], "succeeded");
    assert_eq!(told(&client, "process", &json!({})), worker.to_string(), "it goes on with the next job");
    // What a service manager does: the server and its cells are all told at once, and a job that runs ends well.
    let path = client.post_json("/v1/jobs", &capsule).header("location").unwrap().to_owned();
    until(Duration::from_secs(10), || client.get(&path).json()["state"] != "queued");
    let alive = cells(&node);
    kill_process(signalled, Signal::TERM).unwrap();
    assert_eq!(node.stop(), Some(0));
    until(Duration::from_secs(30), || alive.iter().all(|pid| !PathBuf::from(format!("/proc/{pid}")).exists()));
    node.restart();
    let client = Client::new(&node.url(), &client.key);
    assert_eq!(client.get(&path).json()["state"], "succeeded");
}

#[test]
fn a_cell_has_threads_within_a_bound() {
    let node = TestNode::with(Options::default().with("workers", "1").with("cell-memory", "1GiB"));
    let client = node.account("user", 1_000_000_000);
    let before: u32 = told(&client, "process", &json!({})).parse().unwrap();
    assert_eq!(told(&client, "begin_threads", &json!({ "count": 200, "ms": 200 })), "200");
    assert_eq!(told(&client, "process", &json!({})), before.to_string(), "so many are no offence");
    let greedy = run(&client, "begin_threads", &json!({ "count": 2_000, "ms": 600_000 }), "");
    let error = &greedy["error"];
    assert_eq!((&greedy["state"], &error["code"]), (&json!("failed"), &json!("payload-too-large")), "{greedy}");
    assert!(error["detail"].as_str().unwrap().contains("threads (limit 1024)"), "{greedy}");
    // Also one that is done before anybody looks leaves none behind.
    let between: u32 = told(&client, "process", &json!({})).parse().unwrap();
    assert_ne!(before, between);
    let quick = run(&client, "begin_threads", &json!({ "count": 2_000, "ms": 0 }), "");
    assert!(quick["state"] == "succeeded" || quick["error"]["code"] == "payload-too-large", "{quick}");
    assert_ne!(told(&client, "process", &json!({})), between.to_string());
    until(Duration::from_secs(10), || !PathBuf::from(format!("/proc/{between}")).exists());
}

#[test]
fn a_cell_without_work_gives_back_memory_that_it_kept() {
    const TAKEN: u64 = 256 << 20;
    let node = TestNode::with(Options::default().with("workers", "1").with("cell-memory", "1GiB"));
    let client = node.account("user", 1_000_000_000);
    let cell: u32 = told(&client, "process", &json!({})).parse().unwrap();
    let figure = |name: &str| {
        let status = std::fs::read_to_string(format!("/proc/{cell}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
    };
    told(&client, "strew", &json!({ "bytes": TAKEN }));
    assert!(figure("VmHWM:") > TAKEN, "it had that much");
    until(Duration::from_secs(60), || figure("VmRSS:") < TAKEN * 3 / 4);
    assert_eq!(told(&client, "process", &json!({})), cell.to_string(), "and it is still the same");
}

#[test]
fn a_server_killed_while_a_cell_has_a_stored_file_loses_nothing() {
    let mut node = TestNode::start();
    let client = node.account("user", 1_000_000_000);
    let data: Vec<u8> = (0..3_000_000u32).map(|number| (number % 251) as u8).collect();
    let hash = client.send("PUT", "/v1/blobs", &[], &data).json()["hash"].as_str().unwrap().to_owned();
    let capsule = json!({
        "unit": "test_cell", "method": "wait", "params": { "ms": 600_000 }, "inputs": [{ "blob": hash }],
    });
    let path = client.post_json("/v1/jobs", &capsule).header("location").unwrap().to_owned();
    // Its file is mapped by the cell.
    let maps = |pid: &u32| std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
    let stored = node.data().join("payloads").to_str().unwrap().to_owned();
    until(Duration::from_secs(30), || cells(&node).iter().any(|pid| maps(pid).contains(&stored)));
    let alive = cells(&node);
    node.kill();
    until(Duration::from_secs(30), || alive.iter().all(|pid| !PathBuf::from(format!("/proc/{pid}")).exists()));
    node.assert_clean();
    node.restart();
    let client = Client::new(&node.url(), &client.key);
    assert!(client.get(&format!("/v1/blobs/{hash}")).body == data);
    // Its job is told of as well, whether it ended with the server or goes on.
    let state = || client.get(&path).json()["state"].as_str().unwrap().to_owned();
    assert!(["failed", "queued", "running"].contains(&state().as_str()), "{}", state());
    client.send("POST", &format!("{path}/cancel"), &[], b"");
    until(Duration::from_secs(30), || ["failed", "cancelled"].contains(&state().as_str()));
    let sum = json!({ "unit": "test_cell", "method": "echo", "inputs": [{ "blob": hash }] });
    let done = client.post_json_with("/v1/jobs", &[("prefer", "wait=60")], &sum).json();
    assert_eq!(done["state"], "succeeded", "{done}");
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}
