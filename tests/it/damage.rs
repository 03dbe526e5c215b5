//! A database whose bytes changed on the disk: it is said, nothing more is written, and nothing wrong is given out.

use std::os::unix::fs::FileExt;

use inos_tests::{TestNode, number};
use serde_json::{Value, json};

/// How many bits are flipped, one at a time.
fn flips() -> u64 {
    if std::env::var_os("INOS_TEST_LONG").is_some() { 1_000 } else { 10 }
}

/// A stopped server with some jobs of every kind in its books.
fn used() -> TestNode {
    let mut node = TestNode::start();
    let admin = node.admin();
    for index in 0..40 {
        assert_eq!(admin.run("compute.blake3", "", format!("{index}").as_bytes()).status, 200);
    }
    for index in 0..40 {
        let capsule = json!({ "unit": "compute", "method": "sha256", "inputs": [{ "text": format!("{index:0900}") }],
            "labels": { "index": index.to_string() } });
        assert_eq!(admin.post_json_with("/v1/jobs", &[("prefer", "wait=20")], &capsule).status, 200);
    }
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
    node
}

#[test]
fn a_damaged_database_is_found_and_written_no_more() {
    let mut node = used();
    let balance = {
        node.restart();
        let balance = node.admin().balance();
        assert_eq!(node.stop(), Some(0));
        balance
    };
    let url = node.database_url();
    let page_bytes = number(&url, "SELECT page_size FROM pragma_page_size") as u64;
    let root = number(&url, "SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_jobs_1'") as u64;
    let file = std::fs::File::options().write(true).open(node.data().join("inos.db")).unwrap();
    file.write_all_at(&vec![0xa5; page_bytes as usize], (root - 1) * page_bytes).unwrap();

    let (code, said) = node.check(false);
    assert_eq!((code, &said["ok"]), (Some(1), &Value::Bool(false)), "{said}");
    assert!(said.to_string().contains("the database's file is damaged"), "{said}");

    node.restart();
    let admin = node.admin();
    for _ in 0..3 {
        let answer = admin.run("compute.blake3", "", b"abc");
        assert_eq!((answer.status, answer.code()), (503, "database-unavailable".into()), "{}", answer.text());
    }
    // Nor is anything else that would be right by itself.
    let key = admin.post_json("/v1/keys", &json!({ "name": "one more", "scopes": ["jobs"] }));
    assert_eq!((key.status, key.code()), (503, "database-unavailable".into()), "{}", key.text());
    let ready = admin.get("/readyz");
    assert_eq!((ready.status, &ready.json()["checks"]["database"]), (503, &json!("cannot be written")));
    assert!(node.log().contains("damaged"), "{}", node.log());
    assert_eq!((admin.get("/healthz").status, admin.balance()), (200, balance));
}

#[test]
fn a_flipped_bit_is_found_or_changes_nothing_that_is_read() {
    let mut node = used();
    let path = node.data().join("inos.db");
    let whole = std::fs::read(&path).unwrap();
    node.restart();
    let jobs = |node: &TestNode| node.admin().get("/v1/jobs?limit=1000").json()["items"].clone();
    let receipts = |node: &TestNode, jobs: &Value| -> Vec<Value> {
        let admin = node.admin();
        let ids = jobs.as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap().to_owned());
        ids.step_by(7).map(|id| admin.get(&format!("/v1/jobs/{id}/receipt")).json()).collect()
    };
    let right = jobs(&node);
    let signed = receipts(&node, &right);
    assert_eq!(node.stop(), Some(0));

    // Most of a young file is empty room, where a bit says nothing.
    let used: Vec<usize> = (0..whole.len()).filter(|byte| whole[*byte] != 0).collect();
    let mut rng = fastrand::Rng::with_seed(7);
    let (mut found, mut harmless) = (0, 0);
    for flip in 0..flips() {
        let (byte, bit) = (used[rng.usize(0..used.len())], rng.u32(0..8));
        let mut bytes = whole.clone();
        bytes[byte] ^= 1 << bit;
        std::fs::write(&path, &bytes).unwrap();
        // Nothing of an earlier flip may help.
        for name in ["inos.db-wal", "inos.db-shm"] {
            let _ = std::fs::remove_file(node.data().join(name));
        }
        let (code, said) = node.check(false);
        // A file that is no database any more does not even open.
        if code.is_some_and(|code| code > 0) && !said.to_string().contains("panicked") {
            found += 1;
            continue;
        }
        assert_eq!(code, Some(0), "flip {flip} at {byte}.{bit}: {said}");
        harmless += 1;
        node.restart();
        let now = jobs(&node);
        assert_eq!(receipts(&node, &now), signed, "flip {flip} at {byte}.{bit}");
        node.kill();
    }
    println!("{found} of {} flipped bits are found, {harmless} change nothing that was signed", flips());
    assert!(found > 0);
}
