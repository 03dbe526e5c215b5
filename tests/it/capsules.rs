//! Cap'n Proto at the HTTP door: the same job as in JSON, and a refusal for everything that is no capsule.

use std::time::Instant;

use bytes::Bytes;
use inos_protocols::{
    job::{Capsule, Input, Output, State},
    wire,
};
use inos_tests::{Answer, Client, TestNode};

const CAPNP: &str = "application/capnp";

fn capsule(bytes: &'static [u8]) -> Capsule {
    Capsule {
        unit: "compute".into(),
        method: "blake3".into(),
        params: Default::default(),
        inputs: vec![Input::Bytes(Bytes::from_static(bytes))],
        output: Output::default(),
        budget: None,
        priority: 100,
        timeout_ms: None,
        keep: false,
        labels: Default::default(),
        idempotency_key: None,
    }
}

fn post(client: &Client, message: &[u8]) -> Answer {
    client.send("POST", "/v1/jobs", &[("content-type", CAPNP)], message)
}

#[test]
fn a_capsule_comes_back_as_a_result_message() {
    let node = TestNode::start();
    let admin = node.admin();
    let message = wire::write_capsule(&capsule(b"abc"));
    let answer =
        admin.send("POST", "/v1/jobs", &[("content-type", CAPNP), ("accept", CAPNP), ("prefer", "wait=10")], &message);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some(CAPNP)), "{}", answer.text());
    let outcome = wire::read_outcome(&Bytes::from(answer.body)).unwrap();
    assert_eq!(outcome.state, State::Succeeded);
    assert_eq!(outcome.outputs[0].bytes, inos_protocols::Hash::of(b"abc").to_string().as_bytes());
    assert_eq!(outcome.receipt.unwrap().verify().unwrap().job, outcome.job);
}

#[test]
fn every_prefix_of_a_capsule_is_refused() {
    let node = TestNode::start();
    let admin = node.admin();
    let message = wire::write_capsule(&capsule(b"abc"));
    for len in 0..message.len() {
        let answer = post(&admin, &message[..len]);
        assert_eq!((answer.status, answer.code().as_str()), (400, "malformed-capsule"), "{len} of {}", message.len());
    }
    assert_eq!(post(&admin, &message).status, 202);
}

#[test]
fn what_follows_a_capsule_is_refused() {
    let node = TestNode::start();
    let mut message = wire::write_capsule(&capsule(b"abc"));
    message.extend_from_slice(&[0; 8]);
    assert_eq!(post(&node.admin(), &message).code(), "malformed-capsule");
}

#[test]
fn lying_segment_tables_cost_nothing() {
    let node = TestNode::start();
    let admin = node.admin();
    let mut many = 511u32.to_le_bytes().to_vec();
    many.resize(8 * 257, 0);
    let mut long = vec![0, 0, 0, 0];
    long.extend_from_slice(&(1u32 << 29).to_le_bytes());
    long.extend_from_slice(&[0; 64]);
    for message in [b"\0\0\0\x3d".to_vec(), vec![0xff; 4], vec![0xff; 64], many, long, vec![0; 4], vec![0; 8]] {
        let begun = Instant::now();
        let answer = post(&admin, &message);
        assert_eq!((answer.status, answer.code().as_str()), (400, "malformed-capsule"), "{message:?}");
        // Far above what it takes and far below what allocating what it claims would.
        assert!(begun.elapsed().as_secs() < 2);
    }
}

/// A message of one segment with these words.
fn message(words: &[u64]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 0];
    bytes.extend_from_slice(&(words.len() as u32).to_le_bytes());
    bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    bytes
}

#[test]
fn bombs_are_refused() {
    let node = TestNode::start();
    let admin = node.admin();
    // A struct that points at itself.
    let circle = message(&[(1 << 48) | 0xffff_ffff_ffff_fffc_u64 & 0xffff_ffff]);
    // A list of 2^29 − 1 structs of no size where the inputs are.
    let pointers = 6u64 << 48;
    let mut void = vec![pointers];
    void.extend([0u64; 6]);
    let void_list = 1 | ((1u64 << 29) - 1) << 35;
    for slot in 1..=6 {
        let mut words = void.clone();
        words[slot] = void_list;
        assert_eq!(post(&admin, &message(&words)).code(), "malformed-capsule", "slot {slot}");
    }
    assert_eq!(post(&admin, &circle).code(), "malformed-capsule");
    // A far pointer to itself.
    assert_eq!(post(&admin, &message(&[2])).code(), "malformed-capsule");
}

#[test]
fn a_capsule_is_read_wherever_its_bytes_happen_to_lie() {
    let node = TestNode::start();
    let admin = node.admin();
    let message = wire::write_capsule(&capsule(b"abc"));
    // Headers of eight lengths put the body at eight offsets within the server's buffer.
    for pad in 0..8 {
        let padding = "p".repeat(pad + 1);
        let answer = admin.send("POST", "/v1/jobs", &[("content-type", CAPNP), ("x-pad", &padding)], &message);
        assert_eq!(answer.status, 202, "{}", answer.text());
    }
}

#[test]
fn a_batch_answers_each_capsule_alone() {
    let node = TestNode::start();
    let admin = node.admin();
    let good = serde_json::json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "abc" }] });
    let bad = serde_json::json!({ "unit": "compute", "method": "blake9" });
    let answer = admin.post_json("/v1/batches", &serde_json::json!([good, bad, good]));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let items = answer.json()["items"].as_array().unwrap().clone();
    assert_eq!(items.len(), 3);
    for good in [0, 2] {
        assert_eq!(items[good]["outcome"]["state"], "succeeded", "{items:?}");
    }
    assert_eq!(items[1]["problem"]["code"], "unknown-method");
    let many = serde_json::Value::Array(vec![good; 1_001]);
    let refused = admin.post_json("/v1/batches", &many);
    assert_eq!((refused.status, refused.code().as_str()), (413, "payload-too-large"));
}
