//! What must not be seen by others, and what must not be believed: secrets nowhere but where they belong, names that
//! steer nobody's terminal or log, and no way in on a first start.

use std::{
    io::{BufRead, BufReader, Read},
    process::Stdio,
    time::Duration,
};

use inos_tests::{Client, Options, Raw, TestNode, everything, inos, until};
use serde_json::{Value, json};

crate::on_both! {
    secrets_are_in_no_log_no_answer_no_figure_and_no_command_line,
}

/// The part of a key that is secret.
fn secret(key: &str) -> String {
    key.rsplit('_').next().unwrap().to_owned()
}

/// A word that stands where users put what is nobody else's business.
const CANARY: &str = "canary6f1d";

/// Puts secrets wherever a request can have one, and gives all that came back.
fn use_secrets(node: &TestNode, admin: &Client, keys: &[String]) -> String {
    let mut told = String::new();
    for key in keys {
        let client = admin.with_key(key);
        let asked = [
            admin.get(&format!("/v1/nothing?key={key}&password={CANARY}")),
            admin.get(&format!("/v1/jobs?cursor={key}")),
            admin.get(&format!("/v1/jobs?no_such={CANARY}")),
            admin.get(&format!("/v1/ws?ticket={key}")),
            admin.get(&format!("/v1/jobs/{key}")),
            client.get("/v1/account"),
            client.run("compute.blake3", &format!("?lenght={CANARY}"), b"abc"),
            client.run("compute.blake3", &format!("?encoding={CANARY}"), CANARY.as_bytes()),
            client.run("test.panic", "", CANARY.as_bytes()),
            client.run("test.broken", "", CANARY.as_bytes()),
            client.send("POST", "/v1/jobs", &[("content-type", "application/json")], CANARY.as_bytes()),
            client.send("GET", "/v1/jobs", &[("cookie", key), ("x-api-key", key), ("traceparent", key)], b""),
            client.send("GET", "/v1/jobs", &[("x-request-id", key), ("origin", key), ("prefer", CANARY)], b""),
            client.send("POST", "/v1/run/compute/blake3", &[("idempotency-key", CANARY)], b"abc"),
            client.post_json(
                "/v1/jobs",
                &json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": CANARY }] }),
            ),
            client
                .post_json("/v1/jobs", &json!({ "unit": "compute", "method": "blake3", "params": { "key": CANARY } })),
        ];
        // A path is shown back to whoever asked for it, and a label is for its owner; nobody else sees them.
        told.extend(asked.iter().filter(|answer| answer.status >= 400).map(|answer| {
            let mut problem = answer.json();
            problem.as_object_mut().unwrap().remove("instance");
            problem.as_object_mut().unwrap().remove("request_id");
            problem.to_string()
        }));
    }
    let malformed = format!("GET /{CANARY} HTTP/9.9\r\nauthorization: Bearer {}\r\n\r\n", keys[0]);
    told + &Raw::connect(node.address()).send(malformed).read_to_end()
}

fn secrets_are_in_no_log_no_answer_no_figure_and_no_command_line(options: Options) {
    let mut node = TestNode::with(options.with("log-level", "trace"));
    let admin = node.admin();
    let made = admin.post_json("/v1/keys", &json!({ "name": "canary", "scopes": ["jobs", "account"] })).json();
    let other = made["secret"].as_str().unwrap().to_owned();
    let token =
        admin.with_key(&other).post_json("/v1/tokens", &json!({ "scopes": ["jobs"], "expires_in_s": 60 })).json();
    let ticket = admin.post_json("/v1/ws-tickets", &json!({})).json();
    let token = token["token"].as_str().unwrap().to_owned();
    let ticket = ticket["ticket"].as_str().unwrap().to_owned();
    let keys = [admin.key.clone(), other, token, ticket];
    let told = use_secrets(&node, &admin, &keys);
    let seen = [
        ("answers", told),
        ("figures", admin.get("/metrics").text()),
        ("listings", admin.get("/v1/keys").text() + &admin.get("/v1/admin/accounts").text()),
        ("the command line", proc(&node, "cmdline")),
        ("the environment", proc(&node, "environ")),
    ];
    until(Duration::from_secs(5), || node.log().contains("a unit panicked"));
    let log = node.log();
    assert!(log.contains("request"), "a log that says nothing shows nothing");
    for (place, text) in seen.iter().map(|(place, text)| (*place, text)).chain([("the log", &log)]) {
        for key in &keys {
            assert!(!text.contains(&secret(key)), "{place}: {}", around(text, &secret(key)));
        }
        // What a user put in bodies, queries and parameters is shown to that user alone.
        let is_own = ["answers"].contains(&place);
        assert!(is_own || !text.contains(CANARY), "{place}: {}", around(text, CANARY));
    }
    assert_eq!(node.stop(), Some(0));
    for key in &keys {
        assert_eq!(files_with(node.data(), &secret(key)), if *key == keys[0] { ["admin.key"].as_slice() } else { &[] });
    }
    if node.database_url().starts_with("postgres") {
        let rows = everything(&node.database_url()).to_lowercase();
        assert!(rows.contains("canary"), "what holds nothing shows nothing");
        for key in &keys {
            let secret = secret(key).to_lowercase();
            let bytes: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
            assert!(!rows.contains(&secret) && !rows.contains(&bytes), "{}", around(&rows, &secret));
        }
    }
}

/// A file of `/proc` about the server.
fn proc(node: &TestNode, name: &str) -> String {
    String::from_utf8_lossy(&std::fs::read(format!("/proc/{}/{name}", node.pid())).unwrap()).into_owned()
}

/// What stands around a word, for a message.
fn around<'a>(text: &'a str, word: &str) -> &'a str {
    let at = text.find(word).unwrap_or_default();
    let from = (0..=at.saturating_sub(200)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let to = (at + 200..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    &text[from..to.max(from)]
}

/// The names of the files under a folder that hold this word.
pub(crate) fn files_with(folder: &std::path::Path, word: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    let found = entries.flat_map(|entry| match entry.file_type().unwrap().is_dir() {
        true => files_with(&entry.path(), word),
        false => {
            let bytes = std::fs::read(entry.path()).unwrap_or_default();
            let has = bytes.windows(word.len()).any(|window| window == word.as_bytes());
            has.then(|| entry.file_name().to_string_lossy().into_owned()).into_iter().collect()
        }
    });
    found.collect()
}

#[test]
fn a_databases_password_is_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("postgres://inos:{CANARY}@127.0.0.1:1/inos");
    let mut command = inos();
    // In the environment, since every user of a machine can read the command lines on it.
    command.args(["serve", "--log-level", "debug", "--data-dir"]).arg(folder.path()).env("INOS_DATABASE_URL", &url);
    let done = command.output().unwrap();
    let told = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(!done.status.success() && !told.is_empty(), "{told}");
    assert!(!told.contains(CANARY), "{told}");
}

#[test]
fn nothing_that_users_wrote_forges_or_steers_a_log() {
    for format in ["text", "json"] {
        let mut node = TestNode::with(Options::default().with("log-level", "trace").with("log-format", format));
        let admin = node.admin();
        let evil = "a\u{1b}[31mb\u{9b}c\u{202e}d\r\n2026-01-01T00:00:00Z ERROR forged\u{7}\u{2066}";
        let labels =
            json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": evil }], "labels": { "k": evil } });
        admin.post_json("/v1/jobs", &labels);
        admin.post_json("/v1/jobs", &json!({ "unit": evil, "method": evil }));
        admin.post_json("/v1/keys", &json!({ "name": evil, "scopes": ["jobs"] }));
        admin.post_json("/v1/admin/accounts", &json!({ "name": evil }));
        let escaped: String = evil.bytes().map(|byte| format!("%{byte:02x}")).collect();
        admin.get(&format!("/v1/units/{escaped}"));
        admin.get(&format!("/v1/units?x={escaped}"));
        admin.run("compute.blake3", &format!("?encoding={escaped}"), b"");
        // Bytes that no well-behaved client would send in a header.
        let raw = b"GET /healthz HTTP/1.1\r\nhost: x\r\nuser-agent: \x1b[31m\xe2\x80\xae\x9b forged\r\nx-request-id: \x1b[2J\r\nconnection: close\r\n\r\n";
        Raw::connect(node.address()).send(raw).read_to_end();
        assert_eq!(admin.run("test.panic", "", b"").status, 500);
        assert_eq!(node.stop(), Some(0));
        until(Duration::from_secs(5), || node.log().contains("stopped"));
        let log = node.log();
        for line in log.lines() {
            let steers = |c: char| {
                c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c)
            };
            assert!(!line.contains(steers), "{line:?}");
            assert!(!line.starts_with("2026-01-01T00:00:00Z"), "{line:?}");
            assert!(format == "text" || serde_json::from_str::<Value>(line).is_ok(), "{line:?}");
        }
    }
}

#[test]
fn a_first_start_makes_a_key_that_only_its_file_tells() {
    let nodes = [TestNode::start(), TestNode::with(Options::default().with("listen", "0.0.0.0:0"))];
    assert_ne!(nodes[0].admin_key(), nodes[1].admin_key(), "no password is a default");
    for node in &nodes {
        let nobody = Client::new(&node.url(), "");
        for path in ["/v1/jobs", "/v1/keys", "/v1/admin/accounts", "/v1/stats"] {
            assert_eq!(nobody.get(path).status, 401, "{path}");
        }
        assert_eq!(nobody.post_json("/v1/keys", &json!({ "name": "mine", "scopes": ["admin"] })).status, 401);
        assert!(!node.log().contains(&secret(&node.admin_key())), "{}", node.log());
    }
    // For people, who see more than the JSON that tests start with.
    let folder = tempfile::tempdir().unwrap();
    let mut command = inos();
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(folder.path());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    while !told.contains("try ") {
        assert!(stdout.read_line(&mut told).unwrap() > 0, "{told}");
    }
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::TERM).unwrap();
    stdout.read_to_string(&mut told).unwrap();
    told += &String::from_utf8_lossy(&child.wait_with_output().unwrap().stderr);
    assert!(told.contains("admin.key"), "{told}");
    let key = std::fs::read_to_string(folder.path().join("admin.key")).unwrap();
    assert!(!told.contains(&secret(key.trim())), "{told}");
}

#[test]
fn what_is_for_operators_is_not_for_everybody() {
    let node = TestNode::with(Options::default().with("metrics-listen", "127.0.0.1:0"));
    let admin = node.admin();
    for path in [
        "/metrics",
        "/debug",
        "/debug/pprof",
        "/debug/pprof/heap",
        "/debug/vars",
        "/actuator",
        "/admin",
        "/server-status",
    ] {
        let answer = admin.get(path);
        assert_eq!((answer.status, answer.code()), (404, "not-found".into()), "{path}");
    }
}
