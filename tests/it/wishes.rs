//! What clients wish for while the server may end at any moment, and what they were told: nothing told may turn out
//! untrue, and no key may stand for two jobs.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use inos_protocols::{
    frame::{ClientFrame, ServerBody, Submission},
    wire,
};
use inos_tests::{Answer, Client, TestNode, until};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::socket;

/// Longer than what travels in a job's row, so that it lies in a pack segment.
const PACKED_LEN: usize = 6 << 10;
/// How many jobs go in one frame of a socket.
const FRAME_JOBS: u64 = 16;

/// From here on wishes come slowly: what was told is looked at again at the end.
const TOLD_MANY: usize = 1_000;

/// What clients were told.
#[derive(Default)]
pub(crate) struct Told {
    next: AtomicU64,
    /// So much is told at full speed at least.
    many: usize,
    all: Mutex<All>,
}

#[derive(Default)]
struct All {
    /// Acknowledged asynchronous jobs.
    accepted: BTreeSet<String>,
    /// Answered synchronous jobs and what they cost.
    answered: BTreeMap<String, u64>,
    /// Wishes with a key, and the job each has, where that was told.
    keyed: BTreeMap<u64, Option<String>>,
    /// Stored blobs and their bytes.
    blobs: BTreeMap<String, String>,
}

/// The server did not answer.
#[derive(Debug)]
pub(crate) struct Gone;

impl Told {
    /// Nothing yet, and so much is to come.
    pub(crate) fn of_many(many: usize) -> Self {
        Self { many, ..Self::default() }
    }

    /// How many things clients were told.
    pub(crate) fn count(&self) -> usize {
        let all = self.all.lock().unwrap();
        all.accepted.len() + all.answered.len() + all.blobs.len() + all.keyed.values().flatten().count()
    }

    /// Whether so much is told that more comes slowly.
    fn is_much(&self) -> bool {
        self.count() > self.many.max(TOLD_MANY)
    }

    /// Sends the next wish; they take turns by kind. A server that refuses just now is no failure.
    pub(crate) fn wish(&self, client: &Client) -> Result<(), Gone> {
        let number = self.next.fetch_add(1, Relaxed);
        match number % 5 {
            0 | 1 => {
                self.all.lock().unwrap().keyed.insert(number, None);
                let answer = keyed(client, number)?;
                if let Some(job) = taken(&answer) {
                    self.all.lock().unwrap().keyed.insert(number, Some(job));
                }
            }
            2 => {
                let capsule = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": packed(number) }] });
                let answer = post(client, "/v1/jobs", &[], &capsule)?;
                self.all.lock().unwrap().accepted.extend(taken(&answer));
            }
            3 => {
                let answer = client.try_send("POST", "/v1/run/compute/blake3", &[], b"abc").map_err(|_| Gone)?;
                if let Some(job) = taken(&answer) {
                    let cost = answer.header("inos-cost").unwrap().parse().unwrap();
                    self.all.lock().unwrap().answered.insert(job, cost);
                }
            }
            _ => {
                let answer = client.try_send("PUT", "/v1/blobs", &[], packed(number).as_bytes()).map_err(|_| Gone)?;
                if answer.status == 201 {
                    let hash = answer.json()["hash"].as_str().unwrap().to_owned();
                    self.all.lock().unwrap().blobs.insert(hash, packed(number));
                }
            }
        }
        Ok(())
    }

    /// Everything that was told is so: each wish with a key is one job, every job of which a client was told has
    /// succeeded at the price that was told, every blob is there, and `before` less all costs is what is left.
    pub(crate) fn holds_at(&self, client: &Client, before: u64) {
        let mut all = self.all.lock().unwrap();
        assert!(!all.accepted.is_empty() && !all.answered.is_empty() && !all.keyed.is_empty(), "something was told");
        for (number, known) in &mut all.keyed {
            let again = keyed(client, *number).unwrap();
            let job = taken(&again).unwrap_or_else(|| panic!("{}", again.text()));
            assert!(known.as_ref().is_none_or(|known| *known == job), "key {number}: {known:?}, then {job}");
            *known = Some(job);
        }
        let mut known = BTreeMap::new();
        until(Duration::from_secs(60), || {
            known = states(client);
            known.values().all(|(state, _)| !["queued", "running"].contains(&state.as_str()))
        });
        for job in all.accepted.iter().chain(all.keyed.values().flatten()) {
            assert_eq!(known[job].0, "succeeded", "{job}");
        }
        for (job, cost) in &all.answered {
            assert_eq!(known[job], ("succeeded".into(), *cost), "{job}");
        }
        for (hash, text) in &all.blobs {
            assert_eq!(client.get(&format!("/v1/blobs/{hash}")).text(), *text);
        }
        // Nobody but a wish with a key asks for these two, each in its turn.
        for (turn, method) in [(0, "echo"), (1, "sha256")] {
            let keys: BTreeSet<_> =
                all.keyed.iter().filter(|(number, _)| *number % 5 == turn).map(|(_, job)| job).collect();
            let jobs = jobs(client, &format!("&method={method}")).len();
            assert_eq!((keys.len(), jobs), (all.keyed.keys().filter(|number| *number % 5 == turn).count(), keys.len()));
        }
        until(Duration::from_secs(30), || client.get("/v1/account").json()["held"] == 0);
        let cost: u64 = known.values().map(|(_, cost)| cost).sum();
        assert_eq!(before - client.balance(), cost, "what jobs cost is what was paid");
    }
}

/// Tells those who wish to stop once it is dropped, also by a test that fails: nobody would end them otherwise.
pub(crate) struct Stop<'a>(pub(crate) &'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// Wishes until told to stop, or until the server is gone.
pub(crate) fn load(client: &Client, told: &Told, stop: &AtomicBool) {
    while !stop.load(Relaxed) && told.wish(client).is_ok() {
        if told.is_much() {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// The same over a WebSocket, many jobs in a frame.
pub(crate) fn load_by_socket(node: &TestNode, key: &str, told: &Told, stop: &AtomicBool) {
    let talk = async {
        let mut socket = socket::try_connect(node, key, "inos.capsule.v1", &[]).await.map_err(|_| Gone)?;
        while !stop.load(Relaxed) {
            if told.is_much() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            let submission = |correlation| Submission { correlation, capsule: socket::capsule("abc") };
            let frame = ClientFrame::Submit((0..FRAME_JOBS).map(submission).collect());
            socket.send(Message::Binary(wire::write_client_frame(&frame).into())).await.map_err(|_| Gone)?;
            let mut open = FRAME_JOBS;
            while open > 0 {
                let Some(Ok(message)) = socket.next().await else { return Err(Gone) };
                let Message::Binary(bytes) = message else { continue };
                let frame = wire::read_server_frame(&bytes).unwrap();
                let ack = wire::write_client_frame(&ClientFrame::Ack(frame.seq));
                socket.send(Message::Binary(ack.into())).await.map_err(|_| Gone)?;
                match frame.body {
                    ServerBody::Result(answers) => {
                        open -= answers.len() as u64;
                        let told_of = answers.iter().map(|one| (one.outcome.job.to_string(), one.outcome.cost.get()));
                        told.all.lock().unwrap().answered.extend(told_of);
                    }
                    // A job that was not taken is told of once, too.
                    ServerBody::Problem(_) => open -= 1,
                    _ => {}
                }
            }
        }
        Ok(())
    };
    // A server that is gone ends the talk, and that is all.
    let _: Result<(), Gone> = socket::runtime().block_on(talk);
}

/// How each job of an account stands, and what it cost.
fn states(client: &Client) -> BTreeMap<String, (String, u64)> {
    let state = |job: Value| {
        let word = |name: &str| job[name].as_str().unwrap().to_owned();
        (word("id"), (word("state"), job["cost"].as_u64().unwrap()))
    };
    jobs(client, "").into_iter().map(state).collect()
}

/// Every job of an account that a filter lets through.
fn jobs(client: &Client, filter: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("/v1/jobs?limit=1000{filter}{cursor}")).json();
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

fn packed(number: u64) -> String {
    format!("{number:0PACKED_LEN$}")
}

/// Sends the wish of that number under its key: a synchronous one whose output is kept, or an asynchronous one.
fn keyed(client: &Client, number: u64) -> Result<Answer, Gone> {
    let key = format!("wish {number}");
    let headers = [("idempotency-key", key.as_str())];
    if number.is_multiple_of(5) {
        return client.try_send("POST", "/v1/run/test/echo", &headers, packed(number).as_bytes()).map_err(|_| Gone);
    }
    let capsule = json!({ "unit": "compute", "method": "sha256", "inputs": [{ "text": packed(number) }] });
    post(client, "/v1/jobs", &headers, &capsule)
}

fn post(client: &Client, path: &str, headers: &[(&str, &str)], body: &Value) -> Result<Answer, Gone> {
    let mut all = vec![("content-type", "application/json")];
    all.extend_from_slice(headers);
    client.try_send("POST", path, &all, body.to_string().as_bytes()).map_err(|_| Gone)
}

/// The job of an answer that says that one was taken; a refusal that may be tried again is none.
fn taken(answer: &Answer) -> Option<String> {
    match answer.status {
        200 if answer.header("inos-job-id").is_some() => answer.header("inos-job-id").map(str::to_owned),
        200 | 202 => answer.json()["id"].as_str().map(str::to_owned),
        _ => {
            assert_eq!((answer.status, &answer.json()["retryable"]), (503, &json!(true)), "{}", answer.text());
            None
        }
    }
}
