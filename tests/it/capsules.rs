//! Cap'n Proto at the HTTP door: the same job as in JSON, and a refusal for everything that is no capsule.

use std::time::Instant;

use bytes::Bytes;
use inos_protocols::{
    job::{Capsule, Input, State},
    wire,
};
use inos_tests::{Answer, Client, TestNode};

const CAPNP: &str = "application/capnp";

fn capsule(bytes: &'static [u8]) -> Capsule {
    Capsule::new("compute", "blake3", vec![Input::Bytes(Bytes::from_static(bytes))])
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
    // One segment more than the sixteen that are read, each of them there.
    let mut seventeen = 16u32.to_le_bytes().to_vec();
    seventeen.extend([1u32; 17].iter().flat_map(|len| len.to_le_bytes()));
    seventeen.resize(seventeen.len() + 8 * 17, 0);
    let mut long = vec![0, 0, 0, 0];
    long.extend_from_slice(&(1u32 << 29).to_le_bytes());
    long.extend_from_slice(&[0; 64]);
    let liars = [b"\0\0\0\x3d".to_vec(), vec![0xff; 4], vec![0xff; 64], many, seventeen, long, vec![0; 4], vec![0; 8]];
    let growth = node.growth(|| {
        for message in &liars {
            for _ in 0..20 {
                let begun = Instant::now();
                let answer = post(&admin, message);
                assert_eq!((answer.status, answer.code().as_str()), (400, "malformed-capsule"), "{message:?}");
                // Far above what it takes and far below what allocating what it claims would.
                assert!(begun.elapsed().as_secs() < 2);
            }
        }
    });
    // What they claim is from 16 KiB to 16 GiB each.
    assert!(growth < 16 << 20, "{growth} bytes");
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
    // Far pointers: to itself, through a landing pad that is itself far, to a segment that is not there, past the end.
    for far in [2, 2 | 1 << 2, 2 | 1 << 32, 2 | 1000 << 3, 2 | 1 << 2 | 1 << 3 | 9 << 32] {
        assert_eq!(post(&admin, &message(&[far])).code(), "malformed-capsule", "{far:#x}");
    }
}

/// A pointer to a structure of these words and pointers.
fn structure(offset: i64, data: u16, pointers: u16) -> u64 {
    (((offset << 2) as u32) as u64) | u64::from(data) << 32 | u64::from(pointers) << 48
}

/// A pointer to a list.
fn list(offset: i64, kind: u64, count: u64) -> u64 {
    (((offset << 2) as u32) as u64) | 1 | kind << 32 | count << 35
}

/// Words of text with the zero byte that ends it, and how long it is.
fn text(text: &str) -> (Vec<u64>, u64) {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize((bytes.len() + 1).next_multiple_of(8), 0);
    (bytes.chunks(8).map(|word| u64::from_le_bytes(word.try_into().unwrap())).collect(), text.len() as u64 + 1)
}

/// A capsule `test.noop` whose structure has this many words and pointers.
fn of_size(data: u16, pointers: u16) -> Vec<u8> {
    let ((unit, unit_len), (method, method_len)) = (text("test"), text("noop"));
    let mut words = vec![structure(0, data, pointers)];
    words.resize(1 + usize::from(data), 0);
    words.push(list(i64::from(pointers) - 1, 2, unit_len));
    words.push(list(i64::from(pointers) - 2 + unit.len() as i64, 2, method_len));
    words.resize(1 + usize::from(data + pointers), 0);
    words.extend(unit.iter().chain(&method));
    message(&words)
}

#[test]
fn a_capsule_of_an_older_or_a_newer_schema_is_a_capsule() {
    let node = TestNode::start();
    let admin = node.admin();
    // The first schema could have had nothing but these two; a later one may have twice what there is today.
    for (data, pointers) in [(0, 2), (4, 6), (8, 12)] {
        let answer = post(&admin, &of_size(data, pointers));
        assert_eq!(answer.status, 202, "{data} words, {pointers} pointers: {}", answer.text());
    }
}

#[test]
fn a_blob_that_many_point_at_is_not_read_for_each() {
    let node = TestNode::start();
    let admin = node.admin();
    // Sixty-four inputs of one mebibyte each, all of them the same bytes.
    let (inputs, blob_words) = (64, 1 << 17);
    let mut words = vec![structure(0, 0, 4), 0, 0, 0, list(0, 7, 2 * inputs), structure(inputs as i64, 1, 1)];
    for index in 0..inputs as i64 {
        words.push(0);
        words.push(list(2 * (inputs as i64 - 1 - index), 2, blob_words * 8));
    }
    words.resize(words.len() + blob_words as usize, 0);
    let bomb = message(&words);
    let growth = node.growth(|| {
        let answer = post(&admin, &bomb);
        assert_eq!((answer.status, answer.code().as_str()), (400, "malformed-capsule"), "{}", answer.text());
        assert!(answer.text().contains("too often"), "{}", answer.text());
    });
    assert!(growth < 24 << 20, "{growth} bytes for a message of 1 MiB");
}

#[test]
fn a_text_that_is_none_and_a_tag_that_nobody_knows_are_refused() {
    let node = TestNode::start();
    let admin = node.admin();
    let good = wire::write_capsule(&capsule(b"abcdefgh"));
    let changed = |from: &[u8], to: &[u8]| {
        let mut message = good.clone();
        let place = message.windows(from.len()).position(|part| part == from).unwrap();
        message[place..place + to.len()].copy_from_slice(to);
        message
    };
    for (what, message) in [
        ("not UTF-8", changed(b"compute\0", b"comput\xff\0")),
        ("over-long UTF-8", changed(b"blake3\0", b"bla\xc0\xafe\0")),
        ("no zero byte at its end", changed(b"compute\0", b"compute!")),
    ] {
        let answer = post(&admin, &message);
        assert_eq!((answer.status, answer.code().as_str()), (400, "malformed-capsule"), "{what}");
    }
    // An input of a kind that a later schema may have.
    let words = [structure(0, 0, 4), 0, 0, 0, list(0, 7, 2), structure(1, 1, 1), u64::from(u16::MAX), list(0, 2, 1), 0];
    assert_eq!(post(&admin, &message(&words)).code(), "malformed-capsule");
    let unknown = admin.post_json("/v1/jobs", &serde_json::json!({ "unit": "compute", "method": "blake33" }));
    assert_eq!((unknown.status, unknown.code().as_str()), (404, "unknown-method"));
    assert!(unknown.json()["detail"].as_str().unwrap().contains("blake3"), "what was meant: {}", unknown.text());
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
    let lines = r#"{"unit":"compute","method":"blake3","inputs":[{"text":"a capsule of about a hundred bytes"}]}"#;
    let flood = format!("{lines}\n").repeat(100_000);
    let refused = admin.send("POST", "/v1/batches", &[("content-type", "application/x-ndjson")], flood.as_bytes());
    assert_eq!((refused.status, refused.code().as_str()), (413, "payload-too-large"));
}
