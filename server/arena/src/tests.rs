//! The laws of the arena, on real memory.
#![cfg(not(loom))]

mod concurrency;
mod ends;
mod epochs;
mod files;
mod headers;
mod leases;
mod memory;
mod models;
mod pressure;
mod pulses;
mod regions;
mod rings;
mod writers;

use std::ops::Deref;

use tempfile::TempDir;

use crate::{Arena, Options, Owner};

const MIB: usize = 1 << 20;
const ONE: Owner = Owner(1);
const TWO: Owner = Owner(2);

/// An arena with a spool folder of its own.
struct Small {
    arena: Arena,
    spool_dir: TempDir,
}

impl Small {
    fn new(bytes: usize) -> Small {
        Small::with_cap(bytes, usize::MAX)
    }

    fn with_cap(bytes: usize, account_bytes_max: usize) -> Small {
        let spool_dir = TempDir::new().unwrap();
        let options = Options { bytes, account_bytes_max, spool_dir: spool_dir.path().to_owned() };
        Small { arena: Arena::create(options).unwrap(), spool_dir }
    }
}

impl Deref for Small {
    type Target = Arena;

    fn deref(&self) -> &Arena {
        &self.arena
    }
}

/// Bytes that differ from their neighbours and from those of another seed.
fn pattern(seed: u64, len: usize) -> Vec<u8> {
    let word = |index: u64| ((index << 8) + seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).to_le_bytes();
    let mut bytes: Vec<u8> = (0..len.div_ceil(8) as u64).flat_map(word).collect();
    bytes.truncate(len);
    bytes
}

/// Whether all bytes are the same; by comparison of blocks, since tests are not optimised.
fn is_all(bytes: &[u8], byte: u8) -> bool {
    let same = [byte; 4096];
    bytes.chunks(same.len()).all(|chunk| chunk == &same[..chunk.len()])
}

#[track_caller]
fn is_empty_again(arena: &Arena) {
    let stats = arena.stats();
    assert_eq!((stats.leased, stats.leases, stats.spooled), (0, 0, 0));
    arena.trim();
    let stats = arena.stats();
    assert_eq!((stats.taken, stats.resident), (0, 0));
}
