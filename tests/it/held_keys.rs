//! Keys that the server holds: they make, open and verify by their id, for whom and for what they may, over rotations and
//! restarts; and nothing ever has their secrets in the clear.

use std::time::Duration;

use inos_protocols::HeldKeyId;
use inos_tests::{Answer, Client, Options, TestNode, until};
use serde_json::{Value, json};

on_both![
    a_held_key_does_all_that_its_kind_can,
    what_was_made_before_a_rotation_opens_until_it_is_retired,
    a_held_key_is_used_by_whom_and_for_what_it_may,
    an_accepted_job_takes_its_key_when_it_begins,
    nothing_is_remembered_past_a_rotation_or_a_deletion,
];

/// Makes a held key, and gives what the server says of it.
pub(crate) fn make(client: &Client, form: &Value) -> Value {
    let made = client.post_json("/v1/crypto/keys", form);
    assert_eq!(made.status, 201, "{}", made.text());
    let key = made.json();
    assert_eq!(made.header("location"), Some(format!("/v1/crypto/keys/{}", id(&key)).as_str()));
    assert_eq!(client.get(&format!("/v1/crypto/keys/{}", id(&key))).json(), key);
    key
}

pub(crate) fn id(key: &Value) -> String {
    key["id"].as_str().unwrap().to_owned()
}

pub(crate) fn of_kind(client: &Client, kind: &str) -> String {
    id(&make(client, &json!({ "kind": kind, "name": kind })))
}

pub(crate) fn done(answer: Answer) -> Vec<u8> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.body
}

pub(crate) fn word(answer: Answer) -> String {
    String::from_utf8(done(answer)).unwrap()
}

pub(crate) fn rotate(client: &Client, key: &str) -> Value {
    serde_json::from_slice(&done(client.post_json(&format!("/v1/crypto/keys/{key}/rotate"), &json!({})))).unwrap()
}

pub(crate) fn delete(client: &Client, key: &str) {
    assert_eq!(client.send("DELETE", &format!("/v1/crypto/keys/{key}"), &[], b"").status, 204);
}

pub(crate) fn refused(answer: &Answer, status: u16, code: &str, word: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}", answer.text());
    assert!(answer.text().contains(word), "{word}: {}", answer.text());
}

fn a_held_key_does_all_that_its_kind_can(options: Options) {
    let node = TestNode::with(options);
    let client = node.account("alice", 1_000_000_000);
    let (aead, hmac, pair) = (of_kind(&client, "aead"), of_kind(&client, "hmac"), of_kind(&client, "ed25519"));
    let long = vec![7; 200_000];
    let by = |method: &str, key: &str, rest: &str, input: &[u8]| {
        done(client.run(&format!("crypto.{method}"), &format!("?key_id={key}{rest}"), input))
    };
    let sealed = by("encrypt", &aead, "&aad=ab", &long);
    assert_eq!(sealed[..6], [2, 0, 0, 0, 0, 1], "what it makes says by which version");
    assert_eq!(by("decrypt", &aead, "&aad=ab", &sealed), long);
    refused(&client.run("crypto.decrypt", &format!("?key_id={aead}"), &sealed), 422, "invalid-params", "segment 0");
    refused(
        &client.run("crypto.decrypt", &format!("?key={}", "0".repeat(64)), &sealed),
        422,
        "invalid-params",
        "key_id",
    );
    let nonce = format!("&nonce={}", "01".repeat(12));
    assert_eq!(by("open", &aead, &nonce, &by("seal", &aead, &nonce, b"abc")), b"abc");
    let code = String::from_utf8(by("hmac", &hmac, "", b"abc")).unwrap();
    let valid: Value = serde_json::from_slice(&by("hmac_verify", &hmac, &format!("&tag={code}"), b"abc")).unwrap();
    assert_eq!(valid, json!({ "valid": true, "key_version": 1 }));
    let wrong: Value = serde_json::from_slice(&by("hmac_verify", &hmac, &format!("&tag={code}"), b"abd")).unwrap();
    assert_eq!(wrong, json!({ "valid": false }));
    let signature = String::from_utf8(by("ed25519_sign", &pair, "", b"abc")).unwrap();
    let shown = client.get(&format!("/v1/crypto/keys/{pair}")).json();
    let public = shown["versions"][0]["public_key"].as_str().unwrap();
    let plain = format!("?public_key={public}&signature={signature}");
    assert_eq!(client.run("crypto.ed25519_verify", &plain, b"abc").json(), json!({ "valid": true }));
    let held: Value =
        serde_json::from_slice(&by("ed25519_verify", &pair, &format!("&signature={signature}"), b"abc")).unwrap();
    assert_eq!(held, json!({ "valid": true, "key_version": 1 }));
    // Two who share a secret, one of whom holds his own key.
    let exchange = of_kind(&client, "x25519");
    let ours = client.get(&format!("/v1/crypto/keys/{exchange}")).json()["versions"][0]["public_key"].clone();
    let theirs = client.run("crypto.x25519_keygen", "", b"").json();
    let (secret, ours) = (theirs["secret_key"].as_str().unwrap(), ours.as_str().unwrap());
    let there = word(client.run("crypto.x25519", &format!("?secret_key={secret}&public_key={ours}"), b""));
    let here = by("x25519", &exchange, &format!("&public_key={}", theirs["public_key"].as_str().unwrap()), b"");
    assert_eq!(here, there.as_bytes());
    let derived = of_kind(&client, "hkdf");
    assert_eq!(by("hkdf", &derived, "&info=01", b""), by("hkdf", &derived, "&info=01", b""));
    assert_ne!(by("hkdf", &derived, "&info=01", b""), by("hkdf", &derived, "&info=02", b""));
    // In a batch as well.
    let capsule =
        json!({ "unit": "crypto", "method": "hmac", "params": { "key_id": hmac }, "inputs": [{ "text": "abc" }] });
    let batch = client.post_json("/v1/batches", &json!([capsule])).json();
    assert_eq!(batch["items"][0]["outcome"]["outputs"][0]["text"], json!(code), "{batch}");
}

fn what_was_made_before_a_rotation_opens_until_it_is_retired(options: Options) {
    let mut node = TestNode::with(options);
    let client = node.account("alice", 1_000_000_000);
    let keys = ["aead", "hmac", "ed25519", "x25519"].map(|kind| of_kind(&client, kind));
    let [aead, hmac, pair, exchange] = &keys;
    let nonce = "01".repeat(12);
    let tag = word(client.run("crypto.hmac", &format!("?key_id={hmac}"), b"abc"));
    let signature = word(client.run("crypto.ed25519_sign", &format!("?key_id={pair}"), b"abc"));
    let stream = done(client.run("crypto.encrypt", &format!("?key_id={aead}"), b"abc"));
    let sealed = done(client.run("crypto.seal", &format!("?key_id={aead}&nonce={nonce}"), b"abc"));
    let other = client.run("crypto.x25519_keygen", "", b"").json()["public_key"].as_str().unwrap().to_owned();
    let shared = |version: &str| {
        word(client.run("crypto.x25519", &format!("?key_id={exchange}&public_key={other}{version}"), b""))
    };
    let before = shared("");
    for key in &keys {
        let rotated = rotate(&client, key);
        assert_eq!((&rotated["version"], rotated["versions"].as_array().unwrap().len()), (&json!(2), 2), "{rotated}");
        assert!(rotated["rotated"].is_string());
        assert_eq!(client.get(&format!("/v1/crypto/keys/{key}")).json(), rotated);
    }
    node.restart();
    let client = Client::new(&node.url(), &client.key);
    let new = done(client.run("crypto.encrypt", &format!("?key_id={aead}"), b"abc"));
    assert_eq!(new[..6], [2, 0, 0, 0, 0, 2]);
    assert_ne!(word(client.run("crypto.hmac", &format!("?key_id={hmac}"), b"abc")), tag);
    let opens = |message: &[u8]| client.run("crypto.decrypt", &format!("?key_id={aead}"), message);
    let verify =
        |method: &str, key: &str, what: &str| client.run(method, &format!("?key_id={key}&{what}"), b"abc").json();
    assert_eq!((done(opens(&stream)), done(opens(&new))), (b"abc".to_vec(), b"abc".to_vec()));
    let opened = client.run("crypto.open", &format!("?key_id={aead}&nonce={nonce}"), &sealed);
    assert_eq!(done(opened), b"abc", "the message does not say its version, so each is tried");
    let newer = client.run("crypto.open", &format!("?key_id={aead}&nonce={nonce}&key_version=2"), &sealed);
    refused(&newer, 422, "invalid-params", "/inputs/0");
    let first = json!({ "valid": true, "key_version": 1 });
    assert_eq!(verify("crypto.hmac_verify", hmac, &format!("tag={tag}")), first);
    assert_eq!(verify("crypto.ed25519_verify", pair, &format!("signature={signature}")), first);
    let shared = |version: &str| {
        word(client.run("crypto.x25519", &format!("?key_id={exchange}&public_key={other}{version}"), b""))
    };
    assert_eq!((shared("&key_version=1") == before, shared("") == before), (true, false));
    for key in &keys {
        let retired = client.post_json(&format!("/v1/crypto/keys/{key}/retire"), &json!({}));
        assert_eq!(retired.json()["versions"].as_array().unwrap().len(), 1, "{}", retired.text());
    }
    refused(&opens(&stream), 422, "invalid-params", "version 1");
    assert_eq!(done(opens(&new)), b"abc");
    let none = json!({ "valid": false });
    assert_eq!(verify("crypto.hmac_verify", hmac, &format!("tag={tag}")), none);
    assert_eq!(verify("crypto.ed25519_verify", pair, &format!("signature={signature}")), none);
    let old = client.run("crypto.x25519", &format!("?key_id={exchange}&public_key={other}&key_version=1"), b"");
    refused(&old, 422, "invalid-params", "/params/key_version");
    // Never more versions than there may be, and a number is never used again.
    (2..=16).for_each(|_| drop(rotate(&client, aead)));
    refused(&client.post_json(&format!("/v1/crypto/keys/{aead}/rotate"), &json!({})), 409, "conflict", "retire");
    let some = client.post_json(&format!("/v1/crypto/keys/{aead}/retire"), &json!({ "below": 10 })).json();
    assert_eq!((&some["version"], some["versions"].as_array().unwrap().len()), (&json!(17), 8), "{some}");
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

fn a_held_key_is_used_by_whom_and_for_what_it_may(options: Options) {
    let node = TestNode::with(options);
    let (alice, bob) = (node.account("alice", 1_000_000_000), node.account("bob", 1_000_000));
    let only = json!({ "kind": "aead", "name": "only in", "methods": ["crypto.encrypt"] });
    let (hmac, encrypts) = (of_kind(&alice, "hmac"), id(&make(&alice, &only)));
    let before = alice.balance();
    // To others it is as absent as what never was: the same words, by every door.
    let never = HeldKeyId::new().to_string();
    let told = |client: &Client, key: &str| {
        let run = client.run("crypto.hmac", &format!("?key_id={key}"), b"abc");
        let show = client.get(&format!("/v1/crypto/keys/{key}"));
        let retire = client.post_json(&format!("/v1/crypto/keys/{key}/retire"), &json!({}));
        let turn = client.post_json(&format!("/v1/crypto/keys/{key}/rotate"), &json!({}));
        let capsule =
            json!({ "unit": "crypto", "method": "hmac", "params": { "key_id": key }, "inputs": [{ "text": "a" }] });
        let accepted = client.post_json("/v1/jobs", &capsule);
        let answers =
            [run, show, retire, turn, accepted, client.send("DELETE", &format!("/v1/crypto/keys/{key}"), &[], b"")];
        answers.map(|answer| {
            refused(&answer, 404, "not-found", key);
            answer.json()["detail"].as_str().unwrap().replace(key, "KEY")
        })
    };
    assert_eq!(told(&bob, &hmac), told(&bob, &never));
    assert_eq!(bob.get("/v1/crypto/keys").json()["items"], json!([]));
    // A key without the scope neither makes nor uses any, even of its own account.
    let made =
        alice.post_json("/v1/keys", &json!({ "name": "plain", "scopes": ["jobs", "blobs", "regions", "account"] }));
    let plain = alice.with_key(made.json()["secret"].as_str().unwrap());
    for answer in [
        plain.run("crypto.hmac", &format!("?key_id={hmac}"), b"abc"),
        plain.run("crypto.hmac", &format!("?key_id={never}"), b"abc"),
        plain.get("/v1/crypto/keys"),
        plain.post_json("/v1/crypto/keys", &json!({ "kind": "hmac", "name": "x" })),
        plain.send("DELETE", &format!("/v1/crypto/keys/{hmac}"), &[], b""),
    ] {
        refused(&answer, 403, "forbidden", "`crypto`");
    }
    let wider = plain.post_json("/v1/keys", &json!({ "name": "wider", "scopes": ["crypto"] }));
    refused(&wider, 403, "forbidden", "scopes");
    // For its kind, for the methods that its owner named, and not beside another key.
    let run = |method: &str, query: &str| alice.run(method, query, b"abc");
    refused(&run("crypto.encrypt", &format!("?key_id={hmac}")), 422, "invalid-params", "is a key for hmac");
    refused(&run("crypto.decrypt", &format!("?key_id={encrypts}")), 403, "forbidden", "crypto.encrypt alone");
    assert_eq!(run("crypto.encrypt", &format!("?key_id={encrypts}")).status, 200);
    refused(
        &run("crypto.hmac", &format!("?key_id={hmac}&key=abcd")),
        422,
        "invalid-params",
        "exactly one of `key` and `key_id`",
    );
    refused(&run("crypto.hmac", ""), 422, "invalid-params", "exactly one of `key` and `key_id`");
    refused(&run("crypto.hmac", "?key_id=hky_0"), 422, "invalid-params", "/params/key_id");
    refused(
        &run("crypto.open", &format!("?key=abcd&key_version=1&nonce={}", "0".repeat(24))),
        422,
        "invalid-params",
        "key_id",
    );
    for (form, word) in [
        (json!({ "kind": "hmac", "name": "" }), "/name"),
        (json!({ "kind": "hmac", "name": "x", "methods": ["crypto.encrypt"] }), "/methods/0"),
        (json!({ "kind": "hmac", "name": "x", "methods": ["compute.blake3"] }), "/methods/0"),
    ] {
        refused(&alice.post_json("/v1/crypto/keys", &form), 422, "invalid-params", word);
    }
    assert_eq!(alice.post_json("/v1/crypto/keys", &json!({ "kind": "rsa", "name": "x" })).status, 400);
    // One job ran, and nothing else cost anything.
    let ran = alice.get("/v1/jobs").json()["items"].as_array().unwrap().len();
    assert_eq!(
        (ran, before - alice.balance()),
        (1, alice.get("/v1/jobs").json()["items"][0]["cost"].as_u64().unwrap())
    );
    (0..98).for_each(|_| drop(of_kind(&alice, "hmac")));
    refused(
        &alice.post_json("/v1/crypto/keys", &json!({ "kind": "hmac", "name": "x" })),
        409,
        "conflict",
        "at most 100",
    );
    assert_eq!(bob.post_json("/v1/crypto/keys", &json!({ "kind": "hmac", "name": "x" })).status, 201);
    let acts = |client: &Client, word: &str| {
        let log = client.get("/v1/audit?limit=1000").json();
        log["items"].as_array().unwrap().iter().filter(|one| one["act"] == word).cloned().collect::<Vec<_>>()
    };
    rotate(&alice, &hmac);
    alice.post_json(&format!("/v1/crypto/keys/{hmac}/retire"), &json!({}));
    delete(&alice, &hmac);
    assert_eq!(acts(&alice, "held_key.create").len(), 100);
    for word in ["held_key.rotate", "held_key.retire", "held_key.delete"] {
        let found = acts(&alice, word);
        assert_eq!((found.len(), &found[0]["subject"]), (1, &json!(hmac)), "{word}");
    }
    assert_eq!(acts(&bob, "held_key.create").len(), 1);
    assert_eq!(told(&alice, &hmac), told(&alice, &never), "what was deleted never was");
}

/// A job that keeps the only worker until somebody cancels it, and one that waits for it, behind which the account's next
/// ones wait however short they are.
fn hold_up(client: &Client) -> String {
    let wait = |ms: u64| {
        let wait = json!({ "unit": "test", "method": "wait", "params": { "ms": ms } });
        client.post_json("/v1/jobs", &wait).json()["id"].as_str().unwrap().to_owned()
    };
    let job = wait(600_000);
    until(Duration::from_secs(10), || client.get(&format!("/v1/jobs/{job}")).json()["state"] == "running");
    wait(5);
    job
}

pub(crate) fn accept(client: &Client, key: &str) -> String {
    let capsule =
        json!({ "unit": "crypto", "method": "hmac", "params": { "key_id": key }, "inputs": [{ "text": "abc" }] });
    let accepted = client.post_json("/v1/jobs", &capsule);
    assert_eq!(accepted.status, 202, "{}", accepted.text());
    assert_eq!(accepted.json()["params"], json!({ "key_id": key }), "its id is what is recorded");
    accepted.json()["id"].as_str().unwrap().to_owned()
}

/// A job once it has ended.
pub(crate) fn ended(client: &Client, job: &str) -> Value {
    let path = format!("/v1/jobs/{job}");
    until(Duration::from_secs(20), || {
        !["queued", "running"].contains(&client.get(&path).json()["state"].as_str().unwrap())
    });
    client.get(&path).json()
}

fn an_accepted_job_takes_its_key_when_it_begins(options: Options) {
    let mut node = TestNode::with(options.with("workers", "1"));
    let client = node.account("alice", 1_000_000_000);
    let (kept, deleted, later) = (of_kind(&client, "hmac"), of_kind(&client, "hmac"), of_kind(&client, "hmac"));
    let code = word(client.run("crypto.hmac", &format!("?key_id={kept}"), b"abc"));
    let holder = hold_up(&client);
    let runs = accept(&client, &kept);
    let (fails, chained) = (accept(&client, &deleted), {
        let capsule = json!({ "unit": "crypto", "method": "hmac", "params": { "key_id": deleted },
            "inputs": [{ "job": runs, "output": 0 }] });
        client.post_json("/v1/jobs", &capsule).json()["id"].as_str().unwrap().to_owned()
    });
    delete(&client, &deleted);
    assert_eq!(client.send("POST", &format!("/v1/jobs/{holder}/cancel"), &[], b"").status, 202);
    assert_eq!(ended(&client, &runs)["state"], "succeeded");
    assert_eq!(client.get(&format!("/v1/jobs/{runs}/outputs/0")).text(), code);
    for job in [&fails, &chained] {
        let job = ended(&client, job);
        let error = &job["error"];
        assert_eq!(
            (&job["state"], &error["code"], &job["cost"]),
            (&json!("failed"), &json!("not-found"), &json!(0)),
            "{job}"
        );
        assert!(error.to_string().contains(&deleted) && job["attempts"] == 0, "{job}");
    }
    // The same over a restart: one key is there when the job is taken up again, one is not.
    let holder = hold_up(&client);
    let (runs, fails) = (accept(&client, &kept), accept(&client, &later));
    delete(&client, &later);
    node.kill();
    node.restart();
    let client = Client::new(&node.url(), &client.key);
    let failed = ended(&client, &fails);
    assert_eq!(
        (&failed["state"], &failed["error"]["code"], &failed["cost"]),
        (&json!("failed"), &json!("not-found"), &json!(0))
    );
    assert_eq!(client.send("POST", &format!("/v1/jobs/{holder}/cancel"), &[], b"").status, 202);
    assert_eq!(ended(&client, &runs)["state"], "succeeded");
    assert_eq!(client.get(&format!("/v1/jobs/{runs}/outputs/0")).text(), code);
    ended(&client, &holder);
    assert_eq!(client.get("/v1/account").json()["held"], 0);
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

fn nothing_is_remembered_past_a_rotation_or_a_deletion(options: Options) {
    let mut node = TestNode::with(options);
    let client = node.account("alice", 1_000_000_000);
    let key = of_kind(&client, "hmac");
    let asked = |client: &Client| {
        client.send("POST", &format!("/v1/run/crypto/hmac?key_id={key}"), &[("inos-cache", "use")], b"abc")
    };
    let first = asked(&client);
    assert_eq!((first.status, first.header("inos-cached-from")), (200, None), "{}", first.text());
    let hit = asked(&client);
    assert_eq!((hit.header("inos-cached-from"), hit.text()), (first.header("inos-job-id"), first.text()));
    rotate(&client, &key);
    let fresh = asked(&client);
    assert_eq!(fresh.header("inos-cached-from"), None);
    assert_ne!(fresh.text(), first.text());
    assert_eq!(asked(&client).header("inos-cached-from"), fresh.header("inos-job-id"));
    client.post_json(&format!("/v1/crypto/keys/{key}/retire"), &json!({}));
    assert_eq!(asked(&client).header("inos-cached-from"), None, "what a retired version opened is asked anew");
    node.restart();
    let client = Client::new(&node.url(), &client.key);
    assert_eq!((asked(&client).header("inos-cached-from"), asked(&client).text()), (None, fresh.text()));
    delete(&client, &key);
    refused(&asked(&client), 404, "not-found", &key);
}

#[test]
fn the_program_looks_after_held_keys() {
    let node = TestNode::start();
    let run = |args: &[&str]| {
        let (code, out, err) = node.cli(&[&["crypto-keys"], args, &["--json"]].concat());
        assert_eq!(code, 0, "{args:?}: {out}{err}");
        serde_json::from_str::<Value>(&out).unwrap()
    };
    let made = run(&["create", "aead", "backups", "--method", "crypto.encrypt,crypto.decrypt"]);
    assert_eq!((&made["methods"], &made["version"]), (&json!(["crypto.encrypt", "crypto.decrypt"]), &json!(1)));
    let key = id(&made);
    assert_eq!(run(&["list"])["items"], json!([made]));
    let rotated = run(&["rotate", &key]);
    assert_eq!(run(&["show", &key]), rotated);
    assert_eq!(run(&["retire", &key, "--below", "2"])["versions"].as_array().unwrap().len(), 1);
    let message = node.data().join("message");
    std::fs::write(&message, "abc").unwrap();
    let params = format!("key_id={key}");
    let (code, out, err) = node.cli(&[
        "run",
        "crypto.encrypt",
        message.to_str().unwrap(),
        "-p",
        &params,
        "-o",
        node.data().join("sealed").to_str().unwrap(),
    ]);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(run(&["delete", &key]), json!({ "id": key, "deleted": true }));
    assert_eq!(node.cli(&["crypto-keys", "show", &key]).0, 1);
}
