//! The laws of payload storage, kept on a real folder.

mod files;
mod packs;

use tempfile::TempDir;

use crate::Blobs;

fn fresh() -> (TempDir, Blobs) {
    let dir = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(dir.path()).unwrap();
    (dir, blobs)
}

/// Bytes that differ from place to place and from seed to seed.
fn bytes(seed: u8, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    blake3::Hasher::new().update(&[seed]).finalize_xof().fill(&mut bytes);
    bytes
}
