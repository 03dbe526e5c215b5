//! What an operator relies on: exit codes that say why, signals, files' modes, logs, and a server that survives want.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Output,
    time::Duration,
};

use inos_protocols::{
    Hash,
    frame::{ClientFrame, ServerBody, Submission},
    job::Capsule,
};
use inos_tests::{Client, Options, Raw, TestNode, inos, until};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::socket;

/// `inos serve` that is expected to end at once: its exit code and what it said.
fn serve(folder: &Path, args: &[&str], env: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = inos();
    command.current_dir(folder).arg("serve").args(args).envs(env.iter().copied());
    said(&command.output().unwrap())
}

fn said(output: &Output) -> (Option<i32>, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

#[test]
fn a_data_directory_has_one_server_and_the_second_names_it() {
    let node = TestNode::start();
    let data = node.data().to_str().unwrap();
    let (code, told) = serve(node.data(), &["--listen", "127.0.0.1:0", "--data-dir", data], &[]);
    assert_eq!(code, Some(75), "{told}");
    assert!(told.contains(&format!("pid {}", node.pid())), "{told}");
    let mut check = inos();
    let (code, told) = said(&check.args(["check", "--data-dir", data]).output().unwrap());
    assert_eq!(code, Some(75), "{told}");
    assert_eq!(node.admin().run("compute.blake3", "", b"abc").status, 200);
}

#[test]
fn a_setting_that_is_none_ends_the_start_with_what_was_meant() {
    let folder = tempfile::tempdir().unwrap();
    let check = |args: &[&str], env: &[(&str, &str)], wanted: &[&str]| {
        let (code, told) = serve(folder.path(), args, env);
        assert_eq!(code, Some(78), "{told}");
        assert!(wanted.iter().all(|wanted| told.contains(wanted)), "{told}");
    };
    check(&[], &[("INOS_LISEN", "127.0.0.1:0")], &["INOS_LISEN", "did you mean", "INOS_LISTEN"]);
    check(&[], &[("INOS_LISTEN", "here")], &["INOS_LISTEN"]);
    std::fs::write(folder.path().join("inos.toml"), "name = \"n\"\nqueue-mx = 3\n").unwrap();
    check(&[], &[], &["inos.toml:2", "queue-mx", "did you mean", "queue-max"]);
    std::fs::write(folder.path().join("other.toml"), "workers = [").unwrap();
    check(&["--config", "other.toml"], &[], &["other.toml:1"]);
    check(&["--config", "absent.toml"], &[], &["absent.toml"]);
    std::fs::remove_file(folder.path().join("inos.toml")).unwrap();
    check(&["--tls-cert", "cert.pem"], &[], &["tls-cert", "tls-key"]);
    check(&["--database-url", "mysql://secret:canary@h/d"], &[], &["--database-url", "postgres://"]);
    assert!(!serve(folder.path(), &["--database-url", "mysql://u:canary@h/d"], &[]).1.contains("canary"));
    assert_eq!(serve(folder.path(), &["--lisen", "x"], &[]).0, Some(2), "a flag that is none is a usage error");
}

#[test]
fn a_port_that_is_taken_is_named() {
    let node = TestNode::start();
    let folder = tempfile::tempdir().unwrap();
    let (code, told) = serve(folder.path(), &["--listen", &node.address().to_string()], &[]);
    assert!(code.is_some_and(|code| code != 0), "{told}");
    assert!(told.contains(&node.address().to_string()), "{told}");
}

#[test]
fn keys_are_for_their_owner_alone() {
    let node = TestNode::start();
    let mode = |name: &str| std::fs::metadata(node.data().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("admin.key"), mode("node.key")), (0o600, 0o600));
    assert_eq!(mode("inos.db") & 0o077, 0, "the books are nobody else's to read");
}

#[test]
fn a_server_that_is_asked_to_stop_says_so_ends_its_work_and_exits_with_0() {
    let mut node = TestNode::start();
    let admin = node.admin();
    std::thread::scope(|scope| {
        let running = scope.spawn(|| admin.run("test.wait", "?ms=1500", b""));
        until(Duration::from_secs(10), || admin.get("/v1/stats").json()["jobs"]["running"] == 1);
        node.signal(Signal::TERM);
        until(Duration::from_secs(2), || admin.get("/readyz").status == 503);
        let refused = admin.run("test.wait", "?ms=0", b"");
        assert_eq!((refused.status, refused.code()), (503, "overloaded".into()));
        assert_eq!(running.join().unwrap().status, 200);
    });
    assert_eq!(node.ends_within(Duration::from_secs(20)), Some(0));
    node.assert_clean();
}

#[test]
fn a_server_that_is_asked_twice_stops_at_once_and_takes_its_work_up_again() {
    let mut node = TestNode::with(Options::default().with("drain", "10m"));
    let admin = node.admin();
    let capsule = json!({ "unit": "test", "method": "wait", "params": { "ms": 600_000 } });
    let path = admin.post_json("/v1/jobs", &capsule).header("location").unwrap().to_owned();
    let state = |client: &Client| client.get(&path).json()["state"].clone();
    until(Duration::from_secs(10), || state(&admin) == "running");
    node.signal(Signal::TERM);
    until(Duration::from_secs(10), || node.log().contains("stopping"));
    node.signal(Signal::TERM);
    assert!(node.ends_within(Duration::from_secs(10)).is_some());
    node.restart();
    let admin = node.admin();
    until(Duration::from_secs(10), || state(&admin) == "running");
    assert_eq!(admin.send("POST", &format!("{path}/cancel"), &[], b"").status, 202);
    until(Duration::from_secs(10), || state(&admin) == "cancelled");
}

#[test]
fn a_flood_of_connections_over_the_limit_of_open_files_is_survived() {
    // More connections than there are files for: by itself a server takes no more than it has.
    let few = Options { shell: Some("ulimit -n 64".into()), ..Options::default() };
    let node = TestNode::with(few.with("connections-max", "60"));
    let admin = node.admin();
    assert_eq!(admin.run("compute.blake3", "", b"abc").status, 200);
    let flood: Vec<Raw> = (0..200).map(|_| Raw::connect(node.address())).collect();
    until(Duration::from_secs(10), || node.log().contains("cannot accept connections just now"));
    drop(flood);
    let alive = || {
        std::panic::catch_unwind(|| {
            Raw::connect(node.address()).send("GET /healthz HTTP/1.0\r\nhost: x\r\n\r\n").read_to_end()
        })
    };
    until(Duration::from_secs(20), || alive().is_ok_and(|answer| answer.contains("200 OK")));
    assert_eq!(node.admin().run("compute.blake3", "", b"abc").status, 200);
    let stored = node.admin().send("PUT", "/v1/blobs", &[], b"files can be made again");
    assert_eq!(stored.status, 201, "{}", stored.text());
}

#[test]
fn a_log_line_is_json_and_names_the_trace_of_its_request() {
    let mut node = TestNode::with(Options::default().with("log-format", "json"));
    let admin = node.admin();
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let headers = [("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"))];
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for method in ["broken", "panic"] {
        let failed = admin.send("POST", &format!("/v1/run/test/{method}"), &headers, b"");
        assert_eq!(failed.status, 500, "{}", failed.text());
    }
    let (lines, log) = (lines(&mut node), node.log());
    for line in &lines {
        assert!(["level", "timestamp", "target", "message"].iter().all(|field| line[field].is_string()), "{line}");
    }
    let of_trace: Vec<_> = lines.iter().filter(|line| line.to_string().contains(trace)).collect();
    for wanted in ["a unit is broken", "a unit panicked"] {
        assert!(of_trace.iter().any(|line| line["message"] == wanted), "{wanted}: {log}");
    }
}

/// Every line of a stopped server's log.
fn lines(node: &mut TestNode) -> Vec<Value> {
    assert_eq!(node.stop(), Some(0));
    until(Duration::from_secs(5), || node.log().ends_with('\n') || node.log().is_empty());
    let log = node.log();
    log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

#[test]
fn a_line_of_an_error_names_its_request_whatever_else_is_logged_and_by_whichever_door_it_came() {
    let mut node = TestNode::with(Options::default().with("log-format", "json").with("log-level", "error"));
    let parent = ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    let headers = [parent, ("x-request-id", "by-http")];
    assert_eq!(node.admin().send("POST", "/v1/run/test/panic", &headers, b"").status, 500);
    socket::runtime().block_on(async {
        let headers = [parent, ("x-request-id", "by-socket")];
        let mut open = socket::try_connect(&node, &node.admin_key(), "inos.capsule.v1", &headers).await.unwrap();
        let capsule = Capsule { unit: "test".into(), method: "panic".into(), inputs: vec![], ..socket::capsule("") };
        socket::send(&mut open, &ClientFrame::Submit(vec![Submission { correlation: 1, capsule }])).await;
        while !matches!(socket::receive(&mut open).await.body, ServerBody::Result(_)) {}
    });
    let lines = lines(&mut node);
    let panicked: Vec<_> = lines.iter().filter(|line| line["message"] == "a unit panicked").collect();
    let spans: Vec<_> = panicked.iter().map(|line| &line["span"]).collect();
    let ids: Vec<_> = spans.iter().map(|span| span["request_id"].as_str().unwrap_or_default()).collect();
    assert_eq!(ids, ["by-http", "by-socket"], "{lines:?}");
    assert!(spans.iter().all(|span| span["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"), "{lines:?}");
}

#[test]
fn each_answer_is_a_line_where_that_is_asked_for_and_libraries_keep_quiet() {
    let check = |level: &str| {
        let mut node = TestNode::with(Options::default().with("log-format", "json").with("log-level", level));
        let admin = node.admin();
        assert_eq!(admin.send("POST", "/v1/run/compute/blake3", &[("x-request-id", "r1")], b"abc").status, 200);
        assert_eq!(admin.send("GET", "/v1/nothing?canary", &[("x-request-id", "r2")], b"").status, 404);
        let lines = lines(&mut node);
        assert!(lines.iter().all(|line| line["target"].as_str().unwrap().starts_with("inos")), "{lines:?}");
        assert!(!node.log().contains("canary"));
        let of = |id: &str| {
            let is_of = |line: &&Value| line["message"] == "answered" && line["span"]["request_id"] == id;
            lines.iter().find(is_of).cloned()
        };
        (of("r1"), of("r2"))
    };
    assert_eq!(check("info"), (None, None));
    for level in ["debug", "info,inos_gateway::answers=debug"] {
        let (Some(ran), Some(lost)) = check(level) else { panic!("{level}") };
        assert_eq!((&ran["route"], &ran["status"]), (&json!("/v1/run/{unit}/{method}"), &json!(200)));
        assert!(ran["duration_us"].is_u64() && ran["span"]["trace_id"].is_string(), "{ran}");
        assert_eq!((&lost["route"], &lost["status"]), (&Value::Null, &json!(404)));
    }
}

#[test]
fn a_server_for_everybody_starts_closed_to_those_without_a_key() {
    let node = TestNode::with(Options::default().with("listen", "0.0.0.0:0"));
    assert_eq!(Client::new(&node.url(), "").get("/v1/jobs").status, 401);
    assert_eq!(node.admin().run("compute.blake3", "", b"abc").status, 200);
    until(Duration::from_secs(5), || node.log().contains("plain HTTP beyond this machine"));
}

#[test]
fn figures_with_a_door_of_their_own_are_not_at_the_front_door() {
    let node = TestNode::with(Options::default().with("metrics-listen", "127.0.0.1:0"));
    let answer = node.admin().get("/metrics");
    assert_eq!((answer.status, answer.code()), (404, "not-found".into()));
}

/// The file of the data directory that holds exactly these bytes.
fn file_of(folder: &Path, bytes: &[u8]) -> Option<PathBuf> {
    std::fs::read_dir(folder).unwrap().flatten().find_map(|entry| match entry.file_type().unwrap().is_dir() {
        true => file_of(&entry.path(), bytes),
        false => (std::fs::read(entry.path()).ok()? == bytes).then(|| entry.path()),
    })
}

#[test]
fn a_check_finds_a_flipped_byte_and_a_lost_file() {
    let mut node = TestNode::start();
    let data = vec![42; 100_000];
    let stored = node.admin().send("PUT", "/v1/blobs", &[], &data);
    assert_eq!(stored.json()["hash"], Hash::of(&data).to_string());
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
    let check = |args: &[&str]| {
        let (code, told) =
            said(&inos().args(["check", "--json", "--data-dir"]).arg(node.data()).args(args).output().unwrap());
        let told: Value = serde_json::from_str(told.lines().next().unwrap()).unwrap();
        assert_eq!(told["ok"], code == Some(0), "{told}");
        (code, told["troubles"].to_string())
    };
    assert_eq!(check(&["--deep"]).0, Some(0));
    let path = file_of(node.data(), &data).expect("a blob is a file");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let mut flipped = data.clone();
    flipped[50_000] ^= 1;
    std::fs::write(&path, &flipped).unwrap();
    let (code, troubles) = check(&["--deep"]);
    assert!(code == Some(1) && troubles.contains(&Hash::of(&data).to_string()), "{troubles}");
    std::fs::remove_file(&path).unwrap();
    let (code, troubles) = check(&[]);
    assert!(code == Some(1) && troubles.contains(&Hash::of(&data).to_string()), "{troubles}");
}
