//! Bodies larger than what they may take of memory: posted, spooled, and read slowly.

use std::{io::Read, time::Duration};

use inos_protocols::Hash;
use inos_tests::{Options, Raw, TestNode, until};

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
