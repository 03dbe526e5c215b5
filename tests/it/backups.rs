//! A backup is one moment of a server that goes on working, and what is restored from it is a server like any other.

use std::{os::unix::fs::PermissionsExt, path::Path, sync::atomic::AtomicBool, time::Duration};

use inos_tests::{Client, Options, TestNode, inos, until};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::wishes::{Stop, Told, load, load_by_socket};

crate::on_both! {
    a_backup_under_load_is_one_moment_and_serves_elsewhere,
}

/// `inos` with these arguments: its exit code, and what it printed as JSON or said.
fn ran(args: &[&str]) -> (i32, Value) {
    let output = inos().args(args).arg("--json").output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let said = told.lines().find_map(|line| serde_json::from_str(line).ok());
    (output.status.code().unwrap_or(-1), said.unwrap_or(Value::String(told)))
}

fn backup(node: &TestNode, to: &Path) -> (i32, Value) {
    let url = node.database_url();
    ran(&["backup", "--data-dir", node.data().to_str().unwrap(), "--database-url", &url, "--to", to.to_str().unwrap()])
}

/// Restores into the database with this URL, or as SQLite in the data directory.
fn restore(from: &Path, data: &Path, url: Option<&str>) -> (i32, Value) {
    let mut args = vec!["restore", "--from", from.to_str().unwrap(), "--data-dir", data.to_str().unwrap()];
    args.extend(url.into_iter().flat_map(|url| ["--database-url", url]));
    ran(&args)
}

/// A stopped server with something of each kind in its folder, and the file of a kept output.
fn stopped() -> TestNode {
    let mut node = TestNode::start();
    let (admin, told) = (node.admin(), Told::default());
    (0..10).for_each(|_| told.wish(&admin).unwrap());
    let capsule = json!({ "unit": "test", "method": "echo", "inputs": [{ "text": "x".repeat(2 << 20) }] });
    let job = admin.post_json_with("/v1/jobs", &[("prefer", "wait=20")], &capsule).json();
    assert_eq!(job["state"], "succeeded", "{job}");
    assert_eq!(node.stop(), Some(0));
    node
}

fn a_backup_under_load_is_one_moment_and_serves_elsewhere(options: Options) {
    let is_postgres = !options.args.is_empty();
    let mut node = TestNode::with(options);
    let (before, told) = (node.admin().balance(), Told::default());
    let noise = node.account("noise", 100_000_000);
    (0..40).for_each(|_| told.wish(&node.admin()).unwrap());
    let large = node.admin().send("PUT", "/v1/blobs", &[], &vec![7; 3 << 20]).json();
    let region = node.admin().send("PUT", "/v1/regions/kept?persistent=true", &[], b"as it was");
    assert_eq!(region.status, 201, "{}", region.text());
    let (stop, others) = (AtomicBool::new(false), Told::default());
    let restored = std::thread::scope(|scope| {
        let _stop = Stop(&stop);
        for _ in 0..3 {
            scope.spawn(|| load(&Client::new(&node.url(), &noise.key), &others, &stop));
        }
        scope.spawn(|| load_by_socket(&node, &noise.key, &others, &stop));
        let restored: Vec<(TempDir, Options)> = (0..3)
            .map(|round| {
                until(Duration::from_secs(60), || others.count() > 30 * (round + 1));
                let (kept, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
                let (code, said) = backup(&node, kept.path());
                assert_eq!((code, &said["schema"]), (0, &json!(schema(&node))), "{said}");
                let options = if is_postgres { Options::on_postgres() } else { Options::default() };
                let (code, again) = restore(kept.path(), folder.path(), options.args.get(1).map(String::as_str));
                assert_eq!((code, &again["files"], &again["bytes"]), (0, &said["files"], &said["bytes"]), "{again}");
                (folder, options)
            })
            .collect();
        restored
    });
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
    for (folder, options) in restored {
        let mode = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!([mode("node.key"), mode("admin.key"), mode("")], [0o600, 0o600, 0o700]);
        assert!(is_postgres || mode("inos.db") == 0o600);
        let mut check = vec!["check", "--deep", "--data-dir", folder.path().to_str().unwrap()];
        check.extend(options.args.iter().map(String::as_str));
        let (code, said) = ran(&check);
        assert_eq!(code, 0, "{said}");
        let mut twin = TestNode::of(folder, options);
        told.holds_at(&twin.admin(), before);
        let hash = large["hash"].as_str().unwrap();
        assert_eq!(twin.admin().get(&format!("/v1/blobs/{hash}")).body, vec![7; 3 << 20]);
        let kept = twin.admin().get("/v1/regions/kept");
        assert_eq!((kept.body.as_slice(), kept.header("inos-epoch")), (&b"as it was"[..], region.header("inos-epoch")));
        assert_eq!(twin.admin().get("/v1/node").json()["id"], node_id(&node), "receipts stay this node's");
        assert_eq!(twin.stop(), Some(0));
        twin.assert_clean();
    }
}

/// The schema that a server's database has.
fn schema(node: &TestNode) -> i64 {
    inos_tests::number(&node.database_url(), "SELECT max(version) FROM schema_versions")
}

/// The id of a stopped server.
fn node_id(node: &TestNode) -> Value {
    let kept = tempfile::tempdir().unwrap();
    backup(node, kept.path()).1["node"].clone()
}

#[test]
fn a_damaged_or_half_backup_is_named_and_leaves_nothing() {
    let node = stopped();
    let kept = tempfile::tempdir().unwrap();
    assert_eq!(backup(&node, kept.path()).0, 0);
    let manifest = std::fs::read_to_string(kept.path().join("manifest.jsonl")).unwrap();
    let paths: Vec<String> = manifest
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).unwrap()["path"].as_str().map(str::to_owned))
        .collect();
    assert!(["packs", "files", "inos.db", "node.key"].iter().all(|part| paths.iter().any(|path| path.contains(part))));
    let target = tempfile::tempdir().unwrap();
    let data = target.path().join("data");
    let refused = |wanted: &str| {
        let (code, said) = restore(kept.path(), &data, None);
        assert_eq!(code, 1, "{said}");
        assert!(said["title"].as_str().unwrap().contains(wanted), "{wanted}: {said}");
        assert_eq!(std::fs::read_dir(target.path()).unwrap().count(), 0, "nothing is put back by halves");
    };
    for path in paths.iter().map(String::as_str).chain(["manifest.jsonl"]) {
        let file = kept.path().join(path);
        let whole = std::fs::read(&file).unwrap();
        let mut damaged = whole.clone();
        damaged[whole.len() / 2] ^= 1;
        std::fs::write(&file, damaged).unwrap();
        refused(if path == "manifest.jsonl" { "manifest" } else { path });
        std::fs::remove_file(&file).unwrap();
        refused(path);
        std::fs::write(&file, whole).unwrap();
    }
    // The directory stays the one that it was: it may be a mount point.
    std::fs::create_dir(&data).unwrap();
    let directory = || std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(&data).unwrap());
    let before = directory();
    assert_eq!(restore(kept.path(), &data, None).0, 0);
    assert_eq!(directory(), before);
    let (code, said) = restore(kept.path(), &data, None);
    assert!(code == 1 && said["title"].as_str().unwrap().contains("is not empty"), "{said}");
    // What a restore leaves that was killed is nothing that a server takes for its own.
    std::fs::create_dir(data.join(".restoring")).unwrap();
    let (code, said) = ran(&["serve", "--listen", "127.0.0.1:0", "--data-dir", data.to_str().unwrap()]);
    assert!(code == 78 && said.to_string().contains("was not finished"), "{code}: {said}");
}

#[test]
fn a_database_that_several_servers_have_is_not_backed_up_by_one() {
    let options = Options::on_postgres();
    let (one, _two) = (TestNode::with(options.clone()), TestNode::with(options));
    let kept = tempfile::tempdir().unwrap();
    let (code, said) = backup(&one, kept.path());
    assert_eq!(code, 1, "{said}");
    assert!(said["hint"].as_str().unwrap().contains("pg_dump"), "{said}");
    assert!(!kept.path().join("manifest.jsonl").exists());
}

#[test]
fn a_backup_goes_back_only_into_the_kind_of_database_that_it_is_of() {
    let node = TestNode::with(Options::on_postgres());
    let (kept, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let data = target.path().join("data");
    assert_eq!(backup(&node, kept.path()).0, 0);
    let refused = |url: Option<&str>, wanted: &str| {
        let (code, said) = restore(kept.path(), &data, url);
        assert_eq!(code, 1, "{said}");
        assert!(said["title"].as_str().unwrap().contains(wanted), "{wanted}: {said}");
        assert_eq!(std::fs::read_dir(target.path()).unwrap().count(), 0, "nothing is put back by halves");
    };
    refused(None, "on Postgres");
    refused(Some(&node.database_url()), "is not empty");
}

#[test]
fn what_cannot_be_backed_up_whole_is_not_backed_up() {
    let node = stopped();
    let kept = tempfile::tempdir().unwrap();
    let refused = |data: &Path, wanted: &str| {
        let to = kept.path().join("to");
        let (code, said) = ran(&["backup", "--data-dir", data.to_str().unwrap(), "--to", to.to_str().unwrap()]);
        assert_eq!(code, 1, "{said}");
        assert!(said["title"].as_str().unwrap().contains(wanted), "{wanted}: {said}");
        assert!(!to.join("manifest.jsonl").exists());
        let _ = std::fs::remove_dir_all(to);
    };
    refused(kept.path(), "node.key");
    std::fs::write(kept.path().join("other"), "").unwrap();
    let (code, said) = backup(&node, kept.path());
    assert!(code == 1 && said["title"].as_str().unwrap().contains("is not empty"), "{said}");
    // A payload that a row names is changed, and then gone.
    let files = node.data().join("payloads/files");
    let shard = std::fs::read_dir(files).unwrap().next().unwrap().unwrap().path();
    let file = std::fs::read_dir(shard).unwrap().next().unwrap().unwrap().path();
    let name = file.file_name().unwrap().to_str().unwrap().to_owned();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[0] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    refused(node.data(), &name);
    std::fs::remove_file(&file).unwrap();
    refused(node.data(), &name);
}
