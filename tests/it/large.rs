//! Bodies larger than what they may take of memory: posted, spooled, and read slowly.

use std::{io::Read, time::Duration};

use inos_protocols::{
    Hash,
    job::{Capsule, Input},
};
use inos_tests::{Options, Raw, TestNode, number, until};

/// How much more memory a server may take while a body of any size passes, in bytes.
const GROWTH_MAX: u64 = 96 << 20;

/// How long the large bodies are.
fn len() -> u64 {
    if std::env::var_os("INOS_TEST_LONG").is_some() { 4 << 30 } else { 256 << 20 }
}

fn bytes(len: u64) -> impl Read {
    std::io::repeat(7).take(len)
}

/// The BLAKE3 of that many bytes, as another server says it.
fn digest(len: u64) -> String {
    let mut data = Vec::new();
    bytes(len).read_to_end(&mut data).unwrap();
    Hash::of(&data).to_string()
}

#[test]
fn a_large_body_streams_through_in_flat_memory() {
    let node = TestNode::start();
    let admin = node.admin();
    admin.run("compute.blake3", "", &vec![7; 1 << 20]);
    let mut out = Vec::new();
    let growth = node.growth(|| {
        assert_eq!(admin.post_through("/v1/run/compute/blake3", &mut bytes(len()), Some(len()), &mut out), 200);
    });
    assert!(growth < GROWTH_MAX, "{} MiB", growth >> 20);
    if len() <= 256 << 20 {
        assert_eq!(String::from_utf8(out).unwrap(), digest(len()));
    }
}

#[test]
fn a_large_body_that_is_wanted_whole_is_spooled() {
    // The method takes no more than 4 GiB.
    let (node, len) = (TestNode::start(), len());
    let admin = node.admin();
    let mut out = Sevens(0);
    let growth = node.growth(|| {
        assert_eq!(admin.post_through("/v1/run/test/echo", &mut bytes(len), Some(len), &mut out), 200);
    });
    assert_eq!(out.0, len);
    assert!(growth < GROWTH_MAX, "{} MiB", growth >> 20);
    until(Duration::from_secs(10), || admin.get("/v1/stats").json()["arena"]["spooled_bytes"] == 0);
}

/// Counts sevens, and takes nothing else.
struct Sevens(u64);

impl std::io::Write for Sevens {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        assert!(bytes.iter().all(|byte| *byte == 7));
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn readers_that_dawdle_over_large_outputs_cost_no_memory() {
    // Outputs over a quarter of the arena are files; it is they that wait for their readers.
    let node = TestNode::with(Options::default().with("arena-size", "64MiB"));
    let admin = node.admin();
    let mut readers = Vec::new();
    let growth = node.growth(|| {
        for _ in 0..8 {
            let mut raw = Raw::connect(node.address());
            raw.send(format!(
                "POST /v1/run/test/emit?bytes={} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-length: 0\r\n\r\n",
                40 << 20,
                admin.key
            ));
            assert!(raw.read_until("\r\n\r\n").starts_with("HTTP/1.1 200"));
            readers.push(raw);
        }
        assert_eq!(admin.run("compute.blake3", "", b"abc").status, 200);
    });
    assert!(growth < GROWTH_MAX, "{} MiB for 8 outputs of 40 MiB", growth >> 20);
    drop(readers);
    until(Duration::from_secs(10), || admin.get("/v1/stats").json()["arena"]["spooled_bytes"] == 0);
}

/// How many bytes the database takes on the disk; a stopped server has written everything back.
fn database_bytes(node: &mut TestNode, is_postgres: bool) -> u64 {
    assert_eq!(node.stop(), Some(0));
    let bytes = match is_postgres {
        true => number(&node.database_url(), "SELECT pg_database_size(current_database())") as u64,
        false => std::fs::metadata(node.data().join("inos.db")).unwrap().len(),
    };
    node.restart();
    bytes
}

#[test]
fn payloads_do_not_swell_the_database() {
    const PAYLOAD: usize = 10 << 20;
    let jobs = if std::env::var_os("INOS_TEST_LONG").is_some() { 1_000 } else { 8 };
    for (options, is_postgres) in [(Options::default(), false), (Options::on_postgres(), true)] {
        let mut node = TestNode::with(options);
        let before = database_bytes(&mut node, is_postgres);
        for number in 0..jobs {
            let mut payload = vec![7; PAYLOAD];
            // Few enough different ones for any disk.
            payload[0] = (number % 16) as u8;
            let capsule = Capsule::new("test", "echo", vec![Input::Bytes(payload.into())]);
            let body = inos_protocols::wire::write_capsule(&capsule);
            let headers = [("content-type", "application/capnp"), ("prefer", "wait=60")];
            let done = node.admin().send("POST", "/v1/jobs", &headers, &body);
            assert_eq!(done.status, 200, "{}", done.text());
            assert_eq!(done.json()["state"], "succeeded", "{}", done.text());
        }
        let growth = database_bytes(&mut node, is_postgres).saturating_sub(before);
        println!("{growth} bytes for {jobs} jobs");
        assert!(growth < 4 << 20, "{growth} bytes");
    }
}
