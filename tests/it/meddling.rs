//! Whoever changes the books or the payloads behind the server's back is found out: `inos check` names what is wrong.

use std::path::{Path, PathBuf};

use inos_tests::{Client, Options, TestNode, meddle, until};
use serde_json::{Value, json};

crate::on_both! {
    whatever_is_changed_in_the_books_is_named,
    whatever_is_changed_in_the_payloads_is_named,
}

/// A server that was killed with something of everything in its books, and the jobs in them.
struct Scene {
    node: TestNode,
    url: String,
    /// A synchronous job that kept nothing.
    paid: String,
    /// Jobs whose outputs lie in their row, in a pack segment and in a file.
    row: String,
    pack: String,
    file: String,
    /// A job that had not ended, with an input in a pack segment.
    waits: String,
}

impl Scene {
    fn new(options: Options) -> Self {
        let mut node = TestNode::with(options);
        let (alice, url) = (node.account("alice", 1_000_000), node.database_url());
        let id = |answer: inos_tests::Answer| {
            assert_eq!(answer.status, 200, "{}", answer.text());
            answer.header("inos-job-id").unwrap().to_owned()
        };
        let kept = |key: &str, len: usize| {
            id(alice.send("POST", "/v1/run/test/echo", &[("idempotency-key", key)], &vec![b'x'; len]))
        };
        let paid = id(alice.run("compute.blake3", "", b"abc"));
        let (row, pack, file) = (kept("row", 100), kept("pack", 6 << 10), kept("file", 2 << 20));
        let waits = waiting(&alice);
        node.kill();
        node.assert_clean();
        Self { node, url, paid, row, pack, file, waits }
    }

    /// Bytes as this database writes them.
    fn bytes(&self, hex: &str) -> String {
        if self.url.starts_with("sqlite") { format!("X'{hex}'") } else { format!("'\\x{hex}'") }
    }

    /// The row of a job.
    fn row_of(&self, job: &str) -> String {
        format!("id = {}", self.bytes(job.strip_prefix("job_").unwrap()))
    }

    /// What a check names, `deep` or not; nothing when all is well.
    fn named(&self, deep: bool) -> Vec<String> {
        let (code, said) = self.node.check(deep);
        let named: Vec<String> =
            said["troubles"].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect();
        assert_eq!((code, &said["ok"]), (Some(i32::from(!named.is_empty())), &json!(named.is_empty())), "{said}");
        named
    }

    /// The check says so, and says nothing any more once it is undone.
    fn finds(&self, what: &str, wanted: &str, deep: bool) {
        let named = self.named(deep);
        assert!(named.iter().any(|one| one.contains(wanted)), "{what}: {wanted:?} is not in {named:#?}");
    }

    /// Changes a table, looks for what the check says of it, and puts back what was there.
    fn change(&self, table: &str, sql: &str, wanted: &str, deep: bool) {
        meddle(&self.url, &format!("CREATE TABLE saved AS SELECT * FROM {table}; {sql}"));
        self.finds(sql, wanted, deep);
        meddle(&self.url, &format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM saved; DROP TABLE saved"));
        assert_eq!(self.named(deep), Vec::<String>::new(), "{sql}");
    }
}

/// Submits a job that does not end by itself, and waits until it runs.
fn waiting(client: &Client) -> String {
    let capsule = json!({ "unit": "test", "method": "wait", "params": { "ms": 600_000 },
        "inputs": [{ "text": "y".repeat(6 << 10) }] });
    let job: Value = client.post_json("/v1/jobs", &capsule).json();
    let id = job["id"].as_str().unwrap().to_owned();
    let state = || client.get(&format!("/v1/jobs/{id}")).json()["state"].clone();
    until(std::time::Duration::from_secs(10), || state() == "running");
    id
}

fn whatever_is_changed_in_the_books_is_named(options: Options) {
    let scene = Scene::new(options);
    let alice = "account = (SELECT no FROM accounts WHERE name = 'alice')";
    for (column, wanted) in [("balance", "its balance is"), ("held", "its held is"), ("leased", "its leased is")] {
        let sql = format!("UPDATE balances SET {column} = {column} + 1 WHERE {alice}");
        scene.change("balances", &sql, wanted, false);
    }
    scene.change(
        "transfers",
        &format!("DELETE FROM transfers WHERE credit = {}", &alice[10..]),
        "its balance is",
        false,
    );
    scene.change("transfers", "UPDATE transfers SET amount = amount + 1", "its history gives", false);

    let (paid, other) = (scene.row_of(&scene.paid), scene.row_of(&scene.row));
    let something_else = format!("{}: its row says something else than its receipt", scene.paid);
    for change in [
        "cost = cost + 1, hold = hold + 1".into(),
        "state = 3".into(),
        "account = (SELECT min(no) FROM accounts WHERE name = 'admin')".into(),
        "unit = 'other'".into(),
        "method = 'other'".into(),
        format!("request = (SELECT request FROM jobs WHERE {other})"),
        format!("ending = (SELECT ending FROM jobs WHERE {other})"),
    ] {
        scene.change("jobs", &format!("UPDATE jobs SET {change} WHERE {paid}"), &something_else, false);
    }
    for piece in ["request", "ending"] {
        let nonsense = format!("UPDATE jobs SET {piece} = {} WHERE {paid}", scene.bytes("00"));
        scene.change("jobs", &nonsense, &format!("{}: its row states no receipt", scene.paid), false);
    }
    let without = format!("{} has ended without a receipt", scene.paid);
    scene.change("jobs", &format!("UPDATE jobs SET leaf_index = leaf_index + 1 WHERE {paid}"), &without, false);
    scene.change("jobs", &format!("DELETE FROM jobs WHERE {paid}"), "0 jobs for 1 receipts", false);

    let of_paid = format!("seq = (SELECT commit_seq FROM jobs WHERE {paid})");
    scene.change("commits", &format!("DELETE FROM commits WHERE {of_paid}"), &without, false);
    let wrong = scene.bytes(&"00".repeat(64));
    for (change, wanted) in [
        (format!("leaves = {wrong}"), "its leaves do not give its root"),
        (format!("signature = {wrong}"), "its signature is not the node's"),
        ("signed = signed + 1".into(), "its signature is not the node's"),
        ("forgotten = 1".into(), "1 jobs for 0 receipts"),
    ] {
        scene.change("commits", &format!("UPDATE commits SET {change} WHERE {of_paid}"), wanted, false);
    }

    let waits = scene.row_of(&scene.waits);
    scene.change("jobs", &format!("DELETE FROM jobs WHERE {waits}"), "its held is", false);
    scene.change("jobs", &format!("UPDATE jobs SET hold = hold + 1 WHERE {waits}"), "its held is", false);
    let unknown = format!("{} waits, and nothing says how to run it", scene.waits);
    scene.change("jobs", &format!("UPDATE jobs SET asked = NULL WHERE {waits}"), &unknown, false);
    // `["row":"YWJj"]` is three bytes that the job never wrote.
    let meant = format!("UPDATE jobs SET kept = {} WHERE {other}", scene.bytes("5b7b22726f77223a2259574a6a227d5d"));
    scene.change("jobs", &meant, &format!("{}: its output 0 is not what its job wrote", scene.row), true);
    let nonsense = format!("UPDATE jobs SET kept = {} WHERE {other}", scene.bytes("00"));
    scene.change("jobs", &nonsense, &format!("{}: nothing says where its outputs are kept", scene.row), false);
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    entries.flat_map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { vec![entry.path()] }).collect()
}

fn whatever_is_changed_in_the_payloads_is_named(options: Options) {
    let scene = Scene::new(options);
    let payloads = scene.node.data().join("payloads");
    let (packs, named) = (files(&payloads.join("packs")), files(&payloads.join("files")));
    assert_eq!((packs.len(), named.len()), (1, 1), "{packs:?} {named:?}");
    let bytes_of = |path: &Path| std::fs::read(path).unwrap();
    let change = |path: &Path, bytes: Option<&[u8]>, wanted: &[&String], deep: bool| {
        let before = bytes_of(path);
        std::fs::remove_file(path).unwrap();
        if let Some(bytes) = bytes {
            std::fs::write(path, bytes).unwrap();
        }
        wanted.iter().for_each(|wanted| scene.finds("payloads", wanted, deep));
        std::fs::write(path, before).unwrap();
        assert_eq!(scene.named(true), Vec::<String>::new());
    };
    let (output, input) = (format!("{}: its output 0", scene.pack), format!("{}: its input 0", scene.waits));
    change(&packs[0], None, &[&"pack segment 1 is gone".into()], false);
    let mut flipped = bytes_of(&packs[0]);
    for at in [100, flipped.len() - 100] {
        flipped[at] ^= 1;
    }
    change(&packs[0], Some(&flipped), &[&output, &input], true);
    let torn = &bytes_of(&packs[0])[..1000];
    change(&packs[0], Some(torn), &[&output, &input], true);
    let gone = format!("{}: its output 0 is gone", scene.file);
    change(&named[0], None, &[&gone], false);
    let mut flipped = bytes_of(&named[0]);
    flipped[1 << 20] ^= 1;
    change(&named[0], Some(&flipped), &[&format!("{}: its output 0 cannot be read", scene.file)], true);
}
