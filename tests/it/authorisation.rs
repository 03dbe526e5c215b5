//! Who may do what, for every operation of `/openapi.json`: each scope is let in or kept out as one table says, and
//! nothing of one account is found by another, however many ids it tries.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Instant,
};

use inos_protocols::{Hash, JobId};
use inos_tests::{Answer, Client, Raw, TestNode, until};
use serde_json::{Value, json};

use crate::{
    hostile_socket::{frame, shake_on},
    routes::{Operation, description, operations},
};

/// What an operation needs.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Need {
    /// No key.
    Nothing,
    /// Any key.
    AKey,
    /// A key with this scope, or with `admin`.
    Scope(&'static str),
}
use Need::{AKey, Nothing};

const JOBS: Need = Need::Scope("jobs");
const BLOBS: Need = Need::Scope("blobs");
const REGIONS: Need = Need::Scope("regions");
const ACCOUNT: Need = Need::Scope("account");
const ADMIN: Need = Need::Scope("admin");
const CRYPTO: Need = Need::Scope("crypto");

/// Every operation, what it needs, and the status with which it answers whoever has that.
const TABLE: &[(&str, Need, u16)] = &[
    ("getHome", Nothing, 200),
    ("getConsole", Nothing, 200),
    ("getConsoleRoot", Nothing, 200),
    ("getConsoleFile", Nothing, 200),
    ("getDocs", Nothing, 200),
    ("getOpenapi", Nothing, 200),
    ("getLlms", Nothing, 200),
    ("listProblems", Nothing, 200),
    ("getProblem", Nothing, 200),
    ("getVersion", Nothing, 200),
    ("getHealth", Nothing, 200),
    ("getReadiness", Nothing, 200),
    ("getMetrics", Nothing, 200),
    ("listUnits", Nothing, 200),
    ("getUnit", Nothing, 200),
    ("getMethod", Nothing, 200),
    ("getNode", Nothing, 200),
    ("run", JOBS, 200),
    ("createJob", JOBS, 202),
    ("listJobs", JOBS, 200),
    ("getJob", JOBS, 200),
    ("getOutput", JOBS, 200),
    ("getReceipt", JOBS, 200),
    ("watchJob", JOBS, 200),
    ("cancelJob", JOBS, 202),
    ("createQuote", JOBS, 200),
    // It is of a job that has not failed.
    ("retryJob", JOBS, 409),
    ("watchJobs", JOBS, 200),
    ("createBatch", JOBS, 200),
    ("callTools", JOBS, 200),
    // Its key may come as a ticket as well, so the description cannot name a header for it.
    ("openSocket", JOBS, 101),
    ("createTicket", JOBS, 201),
    ("listWorkers", JOBS, 200),
    ("getStats", JOBS, 200),
    ("listRegions", REGIONS, 200),
    ("getRegion", REGIONS, 200),
    ("putRegion", REGIONS, 200),
    ("patchRegion", REGIONS, 200),
    ("deleteRegion", REGIONS, 204),
    ("storeBlob", BLOBS, 201),
    ("listBlobs", BLOBS, 200),
    ("storeCheckedBlob", BLOBS, 201),
    ("getBlob", BLOBS, 200),
    ("deleteBlob", BLOBS, 204),
    ("getAccount", ACCOUNT, 200),
    ("listEntries", ACCOUNT, 200),
    ("getUsage", ACCOUNT, 200),
    ("getSpending", ACCOUNT, 200),
    ("changeAccount", ACCOUNT, 200),
    ("getBudget", ACCOUNT, 200),
    ("getStatement", ACCOUNT, 200),
    ("listGrants", ACCOUNT, 200),
    ("createTransfer", ACCOUNT, 201),
    ("createKey", ACCOUNT, 201),
    ("listKeys", ACCOUNT, 200),
    ("rotateKey", ACCOUNT, 201),
    ("revokeKey", ACCOUNT, 204),
    ("createHeldKey", CRYPTO, 201),
    ("listHeldKeys", CRYPTO, 200),
    ("getHeldKey", CRYPTO, 200),
    ("rotateHeldKey", CRYPTO, 200),
    ("retireHeldKey", CRYPTO, 200),
    ("deleteHeldKey", CRYPTO, 204),
    ("listAudit", ACCOUNT, 200),
    ("createToken", AKey, 201),
    ("openConsole", AKey, 201),
    // Its ticket is none of ours.
    ("claimConsole", Nothing, 401),
    ("getConsoleSession", AKey, 200),
    ("closeConsole", AKey, 204),
    ("createAccount", ADMIN, 201),
    ("listAccounts", ADMIN, 200),
    ("getAnyAccount", ADMIN, 200),
    ("limitAccount", ADMIN, 200),
    ("createGrant", ADMIN, 201),
    ("setBudget", ADMIN, 200),
    ("getPrices", ADMIN, 200),
    ("setPrices", ADMIN, 200),
    ("getLedgerHealth", ADMIN, 200),
    ("getNodeConfig", ADMIN, 200),
];

const SCOPES: [&str; 6] = ["jobs", "blobs", "regions", "account", "admin", "crypto"];

/// One operation with its row of the table, and the first body that its description names.
struct Row {
    operation: Operation,
    id: &'static str,
    need: Need,
    wanted: u16,
    example: Value,
}

/// The table beside the description; an operation without a row, or a row without an operation, fails.
fn rows(description: &Value) -> Vec<Row> {
    let mut left: BTreeSet<&str> = TABLE.iter().map(|(id, ..)| *id).collect();
    assert_eq!(left.len(), TABLE.len(), "an operation stands in the table once");
    let rows = operations(description).into_iter().map(|operation| {
        let about = &description["paths"][&operation.path][operation.method.to_lowercase()];
        let id = about["operationId"].as_str().unwrap();
        let row = TABLE.iter().find(|(row, ..)| *row == id);
        let (id, need, wanted) = *row.unwrap_or_else(|| panic!("say in this test's table what `{id}` needs"));
        left.remove(id);
        if id != "openSocket" {
            let told = match need {
                Nothing => json!([]),
                AKey => json!([{ "key": [] }]),
                Need::Scope(scope) => json!([{ "key": [scope] }]),
            };
            assert_eq!(about["security"], told, "{id}: the table and the description differ");
        }
        let example = about["requestBody"]["content"]["application/json"]["example"].clone();
        Row { operation, id, need, wanted, example }
    });
    let rows = rows.collect();
    assert!(left.is_empty(), "no such operations: {left:?}");
    rows
}

/// An account's things, for operations to be about.
struct Things {
    owner: Client,
    job: String,
    account: String,
}

impl Things {
    fn of(owner: &Client) -> Self {
        let capsule = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "mine" }] });
        let made = owner.post_json_with("/v1/jobs", &[("prefer", "wait=10")], &capsule).json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self { owner: owner.clone(), job: text(&made["id"]), account: text(&owner.get("/v1/account").json()["id"]) }
    }

    fn blob(&self, bytes: &str) -> String {
        let stored = self.owner.send("PUT", "/v1/blobs", &[], bytes.as_bytes());
        stored.json()["hash"].as_str().unwrap().to_owned()
    }

    fn region(&self, name: &str) -> String {
        let made = self.owner.send("PUT", &format!("/v1/regions/{name}"), &[], b"0123456789");
        made.json()["name"].as_str().unwrap().to_owned()
    }

    fn key(&self, scope: &str) -> String {
        let made = self.owner.post_json("/v1/keys", &json!({ "name": "a thing", "scopes": [scope] }));
        made.json()["key"]["id"].as_str().unwrap().to_owned()
    }

    fn held_key(&self) -> String {
        let made = self.owner.post_json("/v1/crypto/keys", &json!({ "kind": "hmac", "name": "a thing" }));
        made.json()["id"].as_str().unwrap().to_owned()
    }

    /// The path of an operation about something that is there; what an operation ends is made for it.
    fn path(&self, row: &Row, scope: &str) -> String {
        let Operation { path, .. } = &row.operation;
        let path = path.replace("{unit}", "compute").replace("{method}", "blake3").replace("{slug}", "conflict");
        let path = path.replace("{file}", "jobs");
        let path = path.replace("{n}", "0");
        let id = || match path.as_str() {
            _ if row.id == "cancelJob" => self.waiting(),
            // Not the account that asks: it would be slowed down.
            _ if ["limitAccount", "setBudget"].contains(&row.id) => self.other_account(),
            path if path.contains("/jobs/") => self.job.clone(),
            path if path.contains("/crypto/keys/") => self.held_key(),
            path if path.contains("/keys/") => self.key(scope),
            path if path.contains("/accounts/") => self.account.clone(),
            _ => panic!("{path} takes an id that this test does not know"),
        };
        let hash = || match row.id {
            "storeCheckedBlob" => Hash::of(b"some bytes").to_string(),
            _ => self.blob(&format!("{} {scope}", row.id)),
        };
        let path = if path.contains("{id}") { path.replace("{id}", &id()) } else { path };
        let region = || self.region(&format!("{}-{scope}", row.id));
        let path = if path.contains("{name}") { path.replace("{name}", &region()) } else { path };
        if path.contains("{hash}") { path.replace("{hash}", &hash()) } else { path }
    }

    fn other_account(&self) -> String {
        let made = self.owner.post_json("/v1/admin/accounts", &json!({ "name": "other" }));
        made.json()["account"]["id"].as_str().unwrap().to_owned()
    }

    /// A job that does not end by itself for a while.
    fn waiting(&self) -> String {
        let capsule = json!({ "unit": "test", "method": "wait", "params": { "ms": 20_000 } });
        self.owner.post_json("/v1/jobs", &capsule).json()["id"].as_str().unwrap().to_owned()
    }
}

impl Row {
    /// Asks rightly in every way but, perhaps, for the key.
    fn ask(&self, path: &str, client: &Client, node: &TestNode, things: &Things, scope: &str) -> Answered {
        let method = self.operation.method.as_str();
        if path.ends_with("/events") || self.id == "openSocket" {
            return opened(node, path, &client.key);
        }
        let body = match self.id {
            "createKey" => json!({ "name": "k", "scopes": [scope] }),
            "createToken" => json!({ "scopes": [scope] }),
            "createTransfer" => json!({ "to": things.other_account(), "amount": 1 }),
            _ => self.example.clone(),
        };
        if !body.is_null() {
            return client
                .send(method, path, &[("content-type", "application/json")], body.to_string().as_bytes())
                .into();
        }
        if self.id == "patchRegion" {
            return client.send(method, path, &[("content-range", "bytes 0-9/*")], b"some bytes").into();
        }
        let takes_none = ["cancelJob", "retryJob", "createTicket", "openConsole", "claimConsole", "rotateHeldKey"]
            .contains(&self.id);
        let bytes: &[u8] = if ["PUT", "POST"].contains(&method) && !takes_none { b"some bytes" } else { b"" };
        client.send(method, path, &[], bytes).into()
    }
}

/// What there is to say of an answer whose body may have no end.
struct Answered {
    status: u16,
    text: String,
}

impl From<Answer> for Answered {
    fn from(answer: Answer) -> Self {
        Self { status: answer.status, text: answer.text() }
    }
}

/// Opens what stays open, and gives how it began.
fn opened(node: &TestNode, path: &str, key: &str) -> Answered {
    let upgrade = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: inos.json.v1\r\n";
    let upgrade = if path.ends_with("/ws") { upgrade } else { "" };
    let key = if key.is_empty() { String::new() } else { format!("authorization: Bearer {key}\r\n") };
    let mut raw = Raw::connect(node.address());
    let mut text = raw.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\n{key}{upgrade}\r\n")).read_until("\r\n\r\n");
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    while status >= 400 && !text.ends_with('}') {
        text += &raw.read_until("}");
    }
    Answered { status, text }
}

#[test]
fn each_operation_lets_in_who_has_its_scope_and_nobody_else() {
    let node = TestNode::start();
    let admin = node.admin();
    let things = Things::of(&admin);
    let with = |scope: &&'static str| {
        let made = admin.post_json("/v1/keys", &json!({ "name": scope, "scopes": [scope] }));
        (*scope, admin.with_key(made.json()["secret"].as_str().unwrap()))
    };
    let clients: Vec<(&str, Client)> = SCOPES.iter().map(with).collect();
    let (mut let_in, mut kept_out) = (0, 0);
    for row in rows(&description(&node)) {
        let (id, need, wanted) = (row.id, row.need, row.wanted);
        for (scope, client) in &clients {
            let path = things.path(&row, scope);
            let answer = row.ask(&path, client, &node, &things, scope);
            let is_allowed = match need {
                Nothing | AKey => true,
                Need::Scope(needed) => *scope == "admin" || *scope == needed,
            };
            if is_allowed {
                let_in += 1;
                assert_eq!(answer.status, wanted, "{id} {path} with {scope}: {}", answer.text);
                continue;
            }
            kept_out += 1;
            let Need::Scope(needed) = need else { unreachable!() };
            assert_eq!(answer.status, 403, "{id} {path} with {scope}: {}", answer.text);
            assert!(answer.text.contains(&format!("`{needed}`")), "{id} with {scope}: {}", answer.text);
        }
        let path = things.path(&row, "jobs");
        let answer = row.ask(&path, &admin.with_key(""), &node, &things, "jobs");
        let without = if need == Nothing { wanted } else { 401 };
        assert_eq!(answer.status, without, "{id} {path} without a key: {}", answer.text);
    }
    println!("{let_in} let in, {kept_out} kept out");
    assert!(let_in > 100 && kept_out > 60, "{let_in} let in, {kept_out} kept out");
}

/// How many ids are tried.
const TRIES: usize = 10_000;

/// A name of the same form that nothing has: another one altogether, or the real one with one bit changed.
fn guess(real: &str, number: usize) -> String {
    let (prefix, digits) = real.split_once('_').map_or(("", real), |(prefix, digits)| (prefix, digits));
    let mut digits = digits.as_bytes().to_vec();
    if number.is_multiple_of(2) {
        let place = number / 2 % digits.len();
        let digit = char::from(digits[place]).to_digit(16).unwrap() ^ (1 << (number / 2 / digits.len() % 4));
        digits[place] = char::from_digit(digit, 16).unwrap() as u8;
    } else {
        let random = Hash::of(JobId::new().as_bytes()).to_string();
        let len = digits.len();
        digits.copy_from_slice(&random.as_bytes()[..len]);
    }
    let digits = String::from_utf8(digits).unwrap();
    if prefix.is_empty() { digits } else { format!("{prefix}_{digits}") }
}

#[test]
fn ten_thousand_guesses_find_nothing_of_another_account() {
    let node = TestNode::start();
    let (alice, bob) = (node.account("alice", 1_000_000_000), node.account("bob", 1_000_000));
    let things: Vec<Things> = (0..5).map(|_| Things::of(&alice)).collect();
    let without_uses = |mut keys: Value| {
        keys["items"].as_array_mut().unwrap().iter_mut().for_each(|key| drop(key["last_used"].take()));
        keys
    };
    let keys_before = without_uses(alice.get("/v1/keys").json());
    let (blob, key) = (things[0].blob("alice's bytes"), keys_before["items"][0]["id"].as_str().unwrap().to_owned());
    let (held_key, held_before) = (things[0].held_key(), alice.get("/v1/crypto/keys").json());
    // What admins ask is kept from others by its scope, whatever it names.
    let asked: Vec<Operation> = operations(&description(&node))
        .into_iter()
        .filter(|operation| {
            let Operation { path, method, is_admins, .. } = operation;
            !is_admins && (path.contains("{id}") || path.contains("{hash}") && method != "PUT")
        })
        .collect();
    assert!(asked.len() >= 8, "{}", asked.len());
    let (next, begun) = (AtomicUsize::new(0), Instant::now());
    let try_ids = || {
        loop {
            let number = next.fetch_add(1, Relaxed);
            if number >= TRIES {
                break;
            }
            let Operation { path, method, .. } = &asked[number % asked.len()];
            let real = match path {
                path if path.contains("/jobs/") => &things[number % things.len()].job,
                path if path.contains("/crypto/keys/") => &held_key,
                path if path.contains("/keys/") => &key,
                path if path.contains("{hash}") => &blob,
                path => panic!("{path} takes an id that this test does not know"),
            };
            // One in ten is the real one.
            let id = if (number / asked.len()).is_multiple_of(10) { real.clone() } else { guess(real, number) };
            let path = path.replace("{id}", &id).replace("{hash}", &id).replace("{n}", "0");
            let answer = bob.send(method, &path, &[("content-type", "application/json")], b"{}");
            assert_eq!((answer.status, answer.code().as_str()), (404, "not-found"), "{method} {path}");
        }
    };
    std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(try_ids))));
    println!("{TRIES} guesses in {:?}", begun.elapsed());
    assert_eq!(without_uses(alice.get("/v1/keys").json()), keys_before, "her keys are as they were");
    assert_eq!(alice.get("/v1/crypto/keys").json(), held_before, "and so are those that the server holds");
    assert_eq!(alice.get(&format!("/v1/blobs/{blob}")).body, b"alice's bytes");
    for thing in &things {
        assert_eq!(alice.get(&format!("/v1/jobs/{}", thing.job)).json()["state"], "succeeded");
    }
}

#[test]
fn a_socket_tells_nothing_of_another_accounts_jobs() {
    let node = TestNode::start();
    let (alice, bob) = (node.account("alice", 1_000_000_000), node.account("bob", 1_000_000));
    let things = Things::of(&alice);
    let running = things.waiting();
    let mut socket = shake_on(Raw::connect(node.address()), &bob.key);
    for id in [&things.job, &running, &JobId::new().to_string()] {
        socket.send(frame(0x81, json!({ "subscribe": { "job": id } }).to_string().as_bytes()));
        let told = socket.read_until("not-found");
        assert!(told.contains("not-found") && !told.contains("succeeded") && !told.contains("running"), "{told}");
    }
    socket.send(frame(0x81, br#"{"subscribe":"jobs"}"#));
    socket.send(frame(0x81, br#"{"ping":7}"#));
    assert!(socket.read_until("\"pong\":7").contains("\"pong\":7"));
    assert_eq!(alice.send("POST", &format!("/v1/jobs/{running}/cancel"), &[], b"").status, 202);
    until(std::time::Duration::from_secs(10), || {
        alice.get(&format!("/v1/jobs/{running}")).json()["state"] == "cancelled"
    });
    socket.send(frame(0x81, br#"{"ping":8}"#));
    let told = socket.read_until("\"pong\":8");
    assert!(!told.contains(&running), "what happens to her jobs is not told to him: {told}");
}
