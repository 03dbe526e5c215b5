//! The command line against a real server: JSON for programs, exit codes for scripts, nothing that steers a terminal.

use std::path::{Path, PathBuf};

use inos_tests::{TestNode, inos};
use serde_json::{Value, json};

/// A folder with a file of these bytes.
fn file(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What a command with `--json` prints: one value, which it is.
fn told(node: &TestNode, args: &[&str]) -> Value {
    let (code, out, err) = node.cli(&[args, &["--json"]].concat());
    assert_eq!(code, 0, "{args:?}: {out}{err}");
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{args:?}: {error} in {out:?}"))
}

#[test]
fn commands_about_jobs_speak_json() {
    let node = TestNode::start();
    let (_folder, input) = file(b"abc");
    let units = told(&node, &["units"]);
    assert!(units["items"].as_array().unwrap().iter().any(|unit| unit["name"] == "compute"), "{units}");
    assert_eq!(told(&node, &["units", "compute"])["name"], "compute");
    assert_eq!(told(&node, &["units", "compute.blake3"])["name"], "blake3");
    let ran = told(&node, &["run", "compute.blake3", text(&input), "--keep", "--param", "encoding=hex"]);
    let digest = inos_protocols::Hash::of(b"abc").to_string();
    assert_eq!(ran["output"]["text"], digest, "{ran}");
    let job = ran["job"].as_str().unwrap();
    assert_eq!(told(&node, &["jobs", "list", "--unit", "compute"])[0]["id"], job);
    assert_eq!(told(&node, &["jobs", "show", job])["cost"], ran["cost"]);
    assert_eq!(told(&node, &["jobs", "watch", job])["state"], "succeeded");
    assert_eq!(told(&node, &["jobs", "receipt", job])["receipt"]["job"], job);
    assert_eq!(node.cli(&["jobs", "output", job]).1, digest);
    let wait = json!({ "unit": "test", "method": "wait", "params": { "ms": 600_000 } });
    let long = node.admin().post_json("/v1/jobs", &wait).json()["id"].as_str().unwrap().to_owned();
    assert_eq!(told(&node, &["jobs", "cancel", &long])["id"], *long);
}

#[test]
fn a_session_is_begun_and_said_where_to_watch() {
    let node = TestNode::start();
    let begun = told(&node, &["run", "compute.life", "-p", "width=32", "-p", "hz=50", "-p", "alone=run"]);
    assert_eq!(begun["region"], "life", "{begun}");
    let job = begun["job"].as_str().unwrap();
    let (code, out, err) = node.cli(&["regions", "watch", "life", "--count", "3"]);
    assert_eq!((code, out.lines().count()), (0, 3), "{out}{err}");
    let (code, out, err) = node.cli(&["run", "compute.counter", "-p", "region=mine", "--budget", "0.01"]);
    assert!(code == 0 && out.starts_with("job_") && err.contains("inos regions watch mine"), "{out}{err}");
    for job in [job, out.trim()] {
        assert_eq!(told(&node, &["jobs", "cancel", job])["id"], *job);
        let (code, out, _) = node.cli(&["jobs", "watch", job, "--json"]);
        assert!(code == 1 && out.contains("\"state\":\"cancelled\""), "{out}");
    }
    let (code, _, err) = node.cli(&["run", "compute.life", "-o", "file"]);
    assert_eq!(code, 2, "{err}");
}

#[test]
fn commands_about_blobs_speak_json() {
    let node = TestNode::start();
    let data: Vec<u8> = (0..200_000u32).flat_map(u32::to_le_bytes).collect();
    let (folder, input) = file(&data);
    let stored = told(&node, &["blobs", "put", text(&input), "--type", "application/x-test"]);
    let hash = stored["hash"].as_str().unwrap();
    assert_eq!(hash, inos_protocols::Hash::of(&data).to_string());
    assert_eq!(told(&node, &["blobs", "stat", hash])["bytes"], 800_000);
    assert_eq!(told(&node, &["blobs", "list"])[0]["media_type"], "application/x-test");
    let output = folder.path().join("output");
    let (code, _, err) = node.cli(&["blobs", "get", hash, "-o", text(&output)]);
    assert_eq!(code, 0, "{err}");
    assert!(std::fs::read(&output).unwrap() == data);
    assert_eq!(told(&node, &["blobs", "delete", hash])["hash"], hash);
    assert_eq!(node.cli(&["blobs", "get", hash]).0, 1);
}

#[test]
fn commands_about_accounts_and_the_server_speak_json() {
    let mut node = TestNode::start();
    let own = told(&node, &["accounts", "show"]);
    let made = told(&node, &["accounts", "create", "alice", "--credits", "1.5"]);
    let alice = made["account"]["id"].as_str().unwrap();
    assert_eq!(told(&node, &["accounts", "list"]).as_array().unwrap().len(), 2);
    told(&node, &["accounts", "grant", alice, "0.25", "--note", "welcome"]);
    assert_eq!(told(&node, &["accounts", "show", alice])["balance"], 1_750_000);
    let key = told(&node, &["keys", "create", "second", "--scope", "jobs", "--expires-in", "1h"]);
    let id = key["key"]["id"].as_str().unwrap();
    assert_eq!(told(&node, &["keys", "list"])["items"].as_array().unwrap().len(), 2);
    assert_eq!(told(&node, &["keys", "revoke", id])["id"], id);
    told(&node, &["run", "compute.blake3", "/dev/null"]);
    assert_eq!(told(&node, &["ledger", "show"])["id"], own["id"]);
    assert_eq!(told(&node, &["ledger", "usage"])["items"][0]["method"], "blake3");
    assert!(!told(&node, &["ledger", "entries"]).as_array().unwrap().is_empty());
    assert_eq!(told(&node, &["node"])["id"], node.admin().get("/v1/node").json()["id"]);
    assert_eq!(told(&node, &["health"])["status"], "ready");
    for door in [&["http"][..], &["ws", "--batch", "8"], &["batches", "--batch", "8"], &["jobs"]] {
        let bench = told(&node, &[&["bench"], door, &["--span", "200ms", "--warm-up", "0s", "--size", "16"]].concat());
        assert_eq!((&bench["door"], &bench["errors"]), (&json!(door[0]), &json!(0)), "{bench}");
        assert!(bench["jobs"].as_u64().unwrap() > 0, "{bench}");
    }
    assert_eq!(node.stop(), Some(0));
    let data = text(node.data()).to_owned();
    assert!(told(&node, &["migrate", "--data-dir", &data])["schema"].as_u64().unwrap() > 0);
    assert_eq!(told(&node, &["check", "--data-dir", &data])["ok"], true);
}

#[test]
fn exit_codes_say_what_kind_of_failure_it_was() {
    let node = TestNode::start();
    let weak = node.admin().post_json("/v1/keys", &json!({ "name": "weak", "scopes": ["blobs"] })).json();
    let weak = weak["secret"].as_str().unwrap().to_owned();
    let wait = json!({ "unit": "test", "method": "broken" });
    let broken = node.admin().post_json_with("/v1/jobs", &[("prefer", "wait=10")], &wait).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let table: &[(&[&str], i32)] = &[
        (&["run", "compute.blake3", "/dev/null"], 0),
        (&["health"], 0),
        (&["run", "test.broken"], 1),
        (&["run", "compute.blake4", "/dev/null"], 1),
        (&["run", "compute.blake3", "/nowhere/at/all"], 1),
        (&["jobs", "watch", &broken], 1),
        (&["jobs", "show", "job_01890000000070008000000000000000"], 1),
        (&["run", "blake3"], 2),
        (&["jobs"], 2),
        (&["rum"], 2),
        (&["run", "compute.blake3", "--param", "x"], 2),
        (&["units", "--url", "not a url"], 2),
        (&["units", "--url", "http://127.0.0.1:1"], 3),
        (&["jobs", "list", "--key", "inos_0123_4567"], 4),
        (&["jobs", "list", "--key", &weak], 4),
        (&["jobs", "list", "--key", "", "--data-dir", "/nowhere"], 4),
    ];
    for (args, wanted) in table {
        let (code, out, err) = node.cli(args);
        assert_eq!(code, *wanted, "{args:?}: {out}{err}");
        assert!(*wanted != 0 || err.is_empty(), "{args:?}: {err}");
        if *wanted > 2 {
            let (_, out, err) = node.cli(&[args, &["--json"][..]].concat());
            let failure: Value =
                serde_json::from_str(&err).unwrap_or_else(|error| panic!("{args:?}: {error} in {err:?}"));
            assert!(failure["title"].is_string() && out.is_empty(), "{args:?}: {failure}");
        }
    }
}

#[test]
fn a_receipt_proves_the_files_and_nothing_else() {
    let node = TestNode::start();
    let data = vec![7; 300_000];
    let (folder, input) = file(&data);
    let path = |name: &str| folder.path().join(name);
    let (output, forged) = (path("output"), path("forged.json"));
    for receipt in [path("receipt"), path("receipt.json")] {
        let (code, _, err) = node.cli(&[
            "run",
            "compute.brotli_compress",
            text(&input),
            "-o",
            text(&output),
            "--receipt",
            text(&receipt),
        ]);
        assert_eq!(code, 0, "{err}");
        let verify = |args: &[&str]| {
            let done = inos().arg("verify").arg(&receipt).args(args).arg("--json").output().unwrap();
            let said: Value = serde_json::from_slice(&done.stdout).unwrap();
            assert_eq!(said["ok"], done.status.code() == Some(0), "{said}");
            done.status.code()
        };
        let id = node.admin().get("/v1/node").json()["id"].as_str().unwrap().to_owned();
        let (input, output) = (text(&input), text(&output));
        assert_eq!(verify(&["--input", input, "--output", output, "--node", &id]), Some(0));
        assert_eq!(verify(&["--input", output, "--output", input]), Some(1), "files that are not those of the job");
        assert_eq!(verify(&["--input", input, "--input", input]), Some(1), "more files than it states");
        let other = TestNode::start().admin().get("/v1/node").json()["id"].as_str().unwrap().to_owned();
        assert_eq!(verify(&["--node", &other]), Some(1), "another node");
    }
    let honest: Value = serde_json::from_slice(&std::fs::read(path("receipt.json")).unwrap()).unwrap();
    for (pointer, change) in FORGERIES {
        let mut receipt = honest.clone();
        change(receipt.pointer_mut(pointer).unwrap());
        assert_ne!(receipt, honest, "{pointer}");
        std::fs::write(&forged, receipt.to_string()).unwrap();
        assert_refused(&forged, pointer);
    }
    let bytes = std::fs::read(path("receipt")).unwrap();
    for len in (0..bytes.len()).step_by(7) {
        std::fs::write(&forged, &bytes[..len]).unwrap();
        assert_refused(&forged, &format!("the first {len} of {} bytes", bytes.len()));
    }
}

/// Changes a part of a receipt.
type Change = fn(&mut Value);

/// Makes another hash, id, key or signature of one in hex.
fn other_digit(hex: &mut Value) {
    let text = hex.as_str().unwrap();
    let (rest, last) = text.split_at(text.len() - 1);
    *hex = format!("{rest}{}", if last == "0" { "1" } else { "0" }).into();
}

/// Adds one to a number.
fn one_more(number: &mut Value) {
    *number = (number.as_u64().unwrap() + 1).into();
}

const FORGERIES: &[(&str, Change)] = &[
    ("/receipt/cost", one_more),
    ("/receipt/account", other_digit),
    ("/receipt/outputs/0", other_digit),
    ("/leaf", |leaf| *leaf = leaf.as_str().unwrap().chars().rev().collect::<String>().into()),
    ("/leaf", |leaf| *leaf = "".into()),
    ("/index", one_more),
    ("/path", |path| path.as_array_mut().unwrap().push("00".repeat(32).into())),
    ("/root/node", other_digit),
    ("/root/sequence", one_more),
    ("/root/count", one_more),
    ("/root/signed", |time| *time = "2020-01-01T00:00:00.000Z".into()),
    ("/root/root", other_digit),
    ("/root/signature", other_digit),
    ("/root/signature", |signature| *signature = "00".repeat(64).into()),
];

/// `inos verify` ends with 1 and says why.
fn assert_refused(receipt: &Path, what: &str) {
    let done = inos().arg("verify").arg(receipt).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{what}: {said}");
    assert!(said.contains("BAD") || said.contains("this is no signed receipt"), "{what}: {said}");
    assert!(!said.contains("panicked"), "{what}: {said}");
}

#[test]
fn every_shell_has_completions() {
    for shell in ["bash", "zsh", "fish"] {
        let done = inos().args(["completions", shell]).output().unwrap();
        let script = String::from_utf8(done.stdout).unwrap();
        assert!(done.status.success() && script.contains("brotli") | script.contains("blobs"), "{shell}: {script}");
    }
}

#[test]
fn nothing_that_others_wrote_steers_a_terminal() {
    let node = TestNode::start();
    let admin = node.admin();
    let evil = "a\u{1b}[31mb\u{9b}c\u{202e}d\r\n\u{7}";
    let capsule =
        json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "x" }], "labels": { "k": evil } });
    let made = admin.post_json_with("/v1/jobs", &[("prefer", "wait=10")], &capsule);
    let key = admin.post_json("/v1/keys", &json!({ "name": evil, "scopes": ["jobs"] }));
    let unknown = format!("compute.{evil}");
    let mut commands = vec![vec!["keys", "list"], vec!["run", &unknown, "/dev/null"], vec!["units", &unknown]];
    let id = made.json()["id"].as_str().unwrap_or_default().to_owned();
    if made.status == 200 {
        commands.extend([vec!["jobs", "show", &id], vec!["jobs", "list"], vec!["jobs", "watch", &id]]);
    }
    // A server that refuses such names shows them back in its refusals.
    assert!([200, 400, 422].contains(&made.status) && [201, 400, 422].contains(&key.status), "{}", key.text());
    for args in commands {
        let (_, out, err) = node.cli(&args);
        for text in [out, err] {
            let steers = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
            assert!(!text.contains(steers), "{args:?}: {text:?}");
        }
    }
    assert!(!node.log().contains('\u{1b}'));
}
