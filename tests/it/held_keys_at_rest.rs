//! Held keys where they lie: sealed in rows that nobody changes unseen, under a master key that every server of a database needs
//! and that backups carry; whatever is cut off in the middle.

use std::{path::Path, time::Duration};

use data_encoding::{BASE64, HEXLOWER};
use inos_protocols::{AccountId, held::KeyKind};
use inos_tests::{Client, Options, TestNode, everything, inos, meddle, text};
use inos_vault::{Place, Vault};
use serde_json::{Value, json};

use crate::{
    held_keys::{accept, delete, done, ended, id, make, of_kind, refused, rotate, word},
    secrets::files_with,
};

on_both![
    no_file_no_row_and_no_answer_has_the_secret,
    whoever_changes_a_row_is_found_out,
    a_rotation_that_is_cut_off_did_not_happen,
    a_backup_brings_held_keys_along,
];

/// The secret of a key of alice's, as only who has the master key and the database can come by it.
fn secret_of(node: &TestNode, account: &str, key: &Value, version: u32) -> Vec<u8> {
    let url = node.database_url();
    let hex = if url.starts_with("sqlite") { "lower(hex(sealed))" } else { "encode(sealed, 'hex')" };
    let named = bytes(&url, key["id"].as_str().unwrap().strip_prefix("hky_").unwrap());
    let sealed =
        text(&url, &format!("SELECT {hex} FROM held_key_versions WHERE key = {named} AND version = {version}"));
    let methods: Vec<String> = serde_json::from_value(key["methods"].clone()).unwrap();
    let public = key["versions"][0]["public_key"].as_str().map(|digits| HEXLOWER.decode(digits.as_bytes()).unwrap());
    let place = Place {
        account: account.parse::<AccountId>().unwrap(),
        key: key["id"].as_str().unwrap().parse().unwrap(),
        version,
        kind: KeyKind::from_word(key["kind"].as_str().unwrap()).unwrap(),
        methods: &methods,
        public: public.as_deref(),
    };
    let master = Vault::of(node.data()).master().unwrap().unwrap();
    master.open(&place, &HEXLOWER.decode(sealed.as_bytes()).unwrap()).unwrap().to_vec()
}

/// Bytes as this database writes them.
fn bytes(url: &str, hex: &str) -> String {
    if url.starts_with("sqlite") { format!("X'{hex}'") } else { format!("'\\x{hex}'") }
}

fn no_file_no_row_and_no_answer_has_the_secret(options: Options) {
    let mut node = TestNode::with(options.with("log-level", "trace"));
    let client = node.account("alice", 1_000_000_000);
    let account = client.get("/v1/account").json()["id"].as_str().unwrap().to_owned();
    let keys =
        ["aead", "hmac", "ed25519", "x25519", "hkdf"].map(|kind| make(&client, &json!({ "kind": kind, "name": kind })));
    let told: String = keys.iter().map(Value::to_string).collect();
    let secrets = keys.each_ref().map(|key| secret_of(&node, &account, key, 1));
    // It is the secret indeed: with it in hand, anybody makes what the server makes.
    let by_hand = client.run("crypto.hmac", &format!("?key={}", HEXLOWER.encode(&secrets[1])), b"abc").text();
    assert_eq!(word(client.run("crypto.hmac", &format!("?key_id={}", id(&keys[1])), b"abc")), by_hand);
    let by_hand =
        client.run("crypto.ed25519_sign", &format!("?secret_key={}", HEXLOWER.encode(&secrets[2])), b"abc").text();
    assert_eq!(word(client.run("crypto.ed25519_sign", &format!("?key_id={}", id(&keys[2])), b"abc")), by_hand);
    done(client.run("crypto.encrypt", &format!("?key_id={}", id(&keys[0])), b"abc"));
    ended(&client, &accept(&client, &id(&keys[1])));
    rotate(&client, &id(&keys[0]));
    let paths = ["/v1/crypto/keys", "/v1/jobs", "/v1/audit", "/v1/units/crypto"];
    let told =
        told + &paths.map(|path| client.get(path).text()).concat() + &node.admin().get("/metrics").text() + &node.log();
    assert!(told.contains(&id(&keys[1])), "what says nothing shows nothing");
    assert_eq!(node.stop(), Some(0));
    let rows = if node.database_url().starts_with("postgres") {
        everything(&node.database_url()).to_lowercase()
    } else {
        String::new()
    };
    for secret in &secrets {
        let forms = [HEXLOWER.encode(secret), BASE64.encode(secret)];
        for form in &forms {
            assert!(!told.contains(form) && !rows.contains(&form.to_lowercase()));
            // A key that its owner brought in a query is nowhere either.
            assert_eq!(files_with(node.data(), form), Vec::<String>::new());
        }
        assert_eq!(files_holding(node.data(), secret), Vec::<String>::new());
    }
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(node.data().join("keys.master")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    node.assert_clean();
}

/// The names of the files under a folder that hold these bytes.
fn files_holding(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    let found = entries.flat_map(|entry| match entry.file_type().unwrap().is_dir() {
        true => files_holding(&entry.path(), bytes),
        false => {
            let all = std::fs::read(entry.path()).unwrap_or_default();
            let has = all.windows(bytes.len()).any(|window| window == bytes);
            has.then(|| entry.file_name().to_string_lossy().into_owned()).into_iter().collect()
        }
    });
    found.collect()
}

fn whoever_changes_a_row_is_found_out(options: Options) {
    let mut node = TestNode::with(options);
    let client = node.account("alice", 1_000_000_000);
    let (one, two) = (
        make(&client, &json!({ "kind": "hmac", "name": "one" })),
        make(&client, &json!({ "kind": "hmac", "name": "two" })),
    );
    rotate(&client, &id(&one));
    let url = node.database_url();
    let named = |key: &Value| bytes(&url, key["id"].as_str().unwrap().strip_prefix("hky_").unwrap());
    let (of_one, of_two) = (named(&one), named(&two));
    let asked = |node: &TestNode| {
        let client = Client::new(&node.url(), &client.key);
        client.run("crypto.hmac", &format!("?key_id={}", id(&one)), b"abc")
    };
    done(asked(&node));
    for (table, sql) in [
        (
            "held_key_versions",
            format!(
                "UPDATE held_key_versions SET sealed = (SELECT v.sealed FROM held_key_versions v WHERE v.key = {of_two}) WHERE key = {of_one} AND version = 1"
            ),
        ),
        ("held_key_versions", format!("UPDATE held_key_versions SET version = 3 WHERE key = {of_one} AND version = 1")),
        (
            "held_key_versions",
            format!("UPDATE held_key_versions SET sealed = {} WHERE key = {of_one} AND version = 2", bytes(&url, "00")),
        ),
        ("held_key_versions", format!("DELETE FROM held_key_versions WHERE key = {of_one} AND version = 2")),
        (
            "held_keys",
            format!("UPDATE held_keys SET methods = '[\"crypto.hmac\",\"crypto.encrypt\"]' WHERE id = {of_one}"),
        ),
        (
            "held_keys",
            format!(
                "UPDATE held_keys SET account = (SELECT no FROM accounts WHERE name = 'admin') WHERE id = {of_one}"
            ),
        ),
    ] {
        meddle(&url, &format!("CREATE TABLE saved AS SELECT * FROM {table}; {sql}"));
        let before = Client::new(&node.url(), &client.key).balance();
        let (status, code) = if sql.contains("account =") { (404, "not-found") } else { (503, "keys-unavailable") };
        refused(&asked(&node), status, code, "key");
        assert_eq!(Client::new(&node.url(), &client.key).balance(), before, "nothing was charged");
        assert_eq!(node.stop(), Some(0));
        let (code, said) = node.check(false);
        let named = said["troubles"].to_string();
        assert!(code == Some(1) && named.contains(&id(&one)) && named.contains("does not open"), "{sql}: {said}");
        meddle(&url, &format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM saved; DROP TABLE saved"));
        node.assert_clean();
        node.restart();
        done(asked(&node));
    }
}

fn a_rotation_that_is_cut_off_did_not_happen(options: Options) {
    let mut node = TestNode::with(options);
    let key = of_kind(&node.admin(), "aead");
    let sealed = done(node.admin().run("crypto.encrypt", &format!("?key_id={key}"), b"abc"));
    for version in 1..=3 {
        node.restart_with(&[("FAILPOINT", "held_key.rotated@1")]);
        let cut = node.admin().try_send("POST", &format!("/v1/crypto/keys/{key}/rotate"), &[], b"");
        assert!(cut.is_err(), "it is cut off in the middle");
        assert_eq!(node.ends_within(Duration::from_secs(20)), None);
        node.restart();
        let shown = node.admin().get(&format!("/v1/crypto/keys/{key}")).json();
        assert_eq!((&shown["version"], shown["versions"].as_array().unwrap().len()), (&json!(version), version));
        assert_eq!(done(node.admin().run("crypto.decrypt", &format!("?key_id={key}"), &sealed)), b"abc");
        rotate(&node.admin(), &key);
        node.kill();
    }
    node.restart();
    assert_eq!(node.admin().get(&format!("/v1/crypto/keys/{key}")).json()["version"], 4, "what was answered happened");
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

fn ran(args: &[&str]) -> (i32, String) {
    let output = inos().args(args).arg("--json").output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap_or(-1), told)
}

fn a_backup_brings_held_keys_along(options: Options) {
    let is_postgres = !options.args.is_empty();
    let node = TestNode::with(options);
    let key = of_kind(&node.admin(), "aead");
    let sealed = done(node.admin().run("crypto.encrypt", &format!("?key_id={key}"), b"abc"));
    let (kept, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (url, data, to) = (node.database_url(), node.data().to_str().unwrap(), kept.path().to_str().unwrap());
    let (code, said) = ran(&["backup", "--data-dir", data, "--database-url", &url, "--to", to]);
    assert_eq!(code, 0, "{said}");
    let options = if is_postgres { Options::on_postgres() } else { Options::default() };
    let mut args = vec!["restore", "--from", to, "--data-dir", folder.path().to_str().unwrap()];
    args.extend(options.args.iter().map(String::as_str));
    let (code, said) = ran(&args);
    assert_eq!(code, 0, "{said}");
    let mut twin = TestNode::of(folder, options);
    assert_eq!(done(twin.admin().run("crypto.decrypt", &format!("?key_id={key}"), &sealed)), b"abc");
    assert_eq!(twin.stop(), Some(0));
    twin.assert_clean();
}

#[test]
fn servers_of_one_database_need_one_master_key() {
    let options = Options::on_postgres();
    let url = options.args[1].clone();
    let (one, mut two) = (TestNode::with(options.clone()), TestNode::with(options));
    let key = of_kind(&one.admin(), "aead");
    let sealed = done(one.admin().run("crypto.encrypt", &format!("?key_id={key}"), b"abc"));
    // The other server has none, makes none of its own, and says so.
    let there = Client::new(&two.url(), &one.admin_key());
    refused(&there.run("crypto.decrypt", &format!("?key_id={key}"), &sealed), 503, "keys-unavailable", "master key");
    refused(
        &there.post_json("/v1/crypto/keys", &json!({ "kind": "hmac", "name": "x" })),
        503,
        "keys-unavailable",
        "master key",
    );
    assert!(!two.data().join("keys.master").exists());
    assert_eq!(two.stop(), Some(0));
    let data = two.data().to_str().unwrap().to_owned();
    let starts = || ran(&["serve", "--listen", "127.0.0.1:0", "--data-dir", &data, "--database-url", &url]);
    let (code, said) = starts();
    assert!(code == 78 && said.contains("keys.master"), "{code}: {said}");
    std::fs::write(two.data().join("keys.master"), format!("{}\n", "7".repeat(64))).unwrap();
    let (code, said) = starts();
    assert!(code == 78 && said.contains("keys.master"), "{code}: {said}");
    let (code, said) = two.check(false);
    assert!(code == Some(1) && said.to_string().contains("is not the master key"), "{said}");
    std::fs::copy(one.data().join("keys.master"), two.data().join("keys.master")).unwrap();
    two.restart();
    let there = Client::new(&two.url(), &one.admin_key());
    assert_eq!(done(there.run("crypto.decrypt", &format!("?key_id={key}"), &sealed)), b"abc");
    // A rotation there is known here at once, and so is an end.
    rotate(&there, &key);
    let new = done(one.admin().run("crypto.encrypt", &format!("?key_id={key}"), b"abc"));
    assert_eq!(new[..6], [2, 0, 0, 0, 0, 2]);
    delete(&there, &key);
    refused(&one.admin().run("crypto.decrypt", &format!("?key_id={key}"), &new), 404, "not-found", &key);
}
