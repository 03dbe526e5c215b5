//! The last state of things that go on changing: one file each, replaced as a whole. Never knows what they are.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    sync::atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use inos_protocols::Hash;

use crate::{
    error::{During as _, Error},
    folder::Folder,
};

/// How a file of this kind begins.
const MAGIC: [u8; 8] = *b"INOSTATE";
/// What a file has before its words: the magic, their length and that of the bytes.
const HEAD_LEN: usize = 8 + 4 + 8;
const HASH_LEN: usize = 32;
/// The name of a file that is not whole yet begins with this.
const UNFINISHED: &str = "new-";

/// A state as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptState {
    /// Its name.
    pub name: Hash,
    /// The words about it.
    pub about: Vec<u8>,
    /// The state.
    pub bytes: Bytes,
}

/// All states of a folder.
pub(crate) struct States {
    folder: Folder,
    next: AtomicU64,
}

impl States {
    /// The states in `folder`; what a crash left unfinished is removed.
    pub(crate) fn open(folder: Folder) -> Result<Self, Error> {
        for name in folder.names()?.iter().filter(|name| name.starts_with(UNFINISHED)) {
            folder.remove(name)?;
        }
        Ok(Self { folder, next: AtomicU64::new(0) })
    }

    pub(crate) fn keep(&self, name: &Hash, about: &[u8], bytes: &[u8]) -> Result<(), Error> {
        let unfinished = format!("{UNFINISHED}{}", self.next.fetch_add(1, Ordering::Relaxed));
        let attempted = || format!("keep the state {name}");
        let kept = self.folder.create(&unfinished).during(attempted).and_then(|mut file| {
            write(&mut file, about, bytes).during(attempted)?;
            self.folder.rename(&unfinished, &self.folder, &name.to_string()).during(attempted)?;
            self.folder.sync()
        });
        if kept.is_err() {
            // The older state still stands; what is left of this one goes at the next start if it cannot go now.
            let _ = self.folder.remove(&unfinished);
        }
        kept
    }

    pub(crate) fn remove(&self, name: &Hash) -> Result<bool, Error> {
        let was_there = self.folder.remove(&name.to_string())?;
        self.folder.sync()?;
        Ok(was_there)
    }

    pub(crate) fn names(&self) -> Result<Vec<Hash>, Error> {
        Ok(self.folder.names()?.iter().filter_map(|text| text.parse().ok()).collect())
    }

    /// One whose file is longer than `len_max` is damaged, and is not read.
    pub(crate) fn read(&self, name: Hash, len_max: u64) -> Result<Option<KeptState>, Error> {
        let attempted = || format!("read the state {name}");
        let damaged = || Error::Damaged { what: format!("the state {name}") };
        let Some(file) = self.folder.open(&name.to_string())? else { return Ok(None) };
        let len = file.metadata().during(attempted)?.len();
        let len = usize::try_from(len).ok().filter(|_| len <= len_max).ok_or_else(damaged)?;
        let mut all = Vec::with_capacity(len);
        file.take(len as u64).read_to_end(&mut all).during(attempted)?;
        let (about, bytes) = parse(&all).ok_or_else(damaged)?;
        let (about, start, len) = (about.to_vec(), HEAD_LEN + about.len(), bytes.len());
        Ok(Some(KeptState { name, about, bytes: Bytes::from(all).slice(start..start + len) }))
    }
}

fn write(file: &mut File, about: &[u8], bytes: &[u8]) -> std::io::Result<()> {
    let about_len = u32::try_from(about.len()).map_err(std::io::Error::other)?.to_le_bytes();
    let head = [&MAGIC[..], &about_len, &(bytes.len() as u64).to_le_bytes(), about].concat();
    let hash = blake3::Hasher::new().update(&head).update(bytes).finalize();
    file.write_all(&head)?;
    file.write_all(bytes)?;
    file.write_all(hash.as_bytes())?;
    file.sync_all()
}

/// The words and the bytes of a file that is whole.
fn parse(all: &[u8]) -> Option<(&[u8], &[u8])> {
    let (head, hash) = all.split_at_checked(all.len().checked_sub(HASH_LEN)?)?;
    let rest = head.strip_prefix(&MAGIC)?;
    let (about_len, rest) = rest.split_first_chunk::<4>()?;
    let (bytes_len, rest) = rest.split_first_chunk::<8>()?;
    let (about, bytes) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*about_len)).ok()?)?;
    let is_whole = bytes.len() as u64 == u64::from_le_bytes(*bytes_len)
        && blake3::Hasher::new().update(head).finalize().as_bytes()[..] == *hash;
    is_whole.then_some((about, bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn states() -> (States, tempfile::TempDir) {
        let dir = tempfile::tempdir().unwrap();
        (States::open(Folder::root(dir.path()).unwrap()).unwrap(), dir)
    }

    #[test]
    fn the_last_state_is_kept_and_no_other() {
        let (states, dir) = states();
        let name = Hash::of(b"name");
        states.keep(&name, b"first", b"1").unwrap();
        states.keep(&name, b"second", b"22").unwrap();
        std::fs::write(dir.path().join("new-7"), b"half").unwrap();
        let again = States::open(Folder::root(dir.path()).unwrap()).unwrap();
        assert_eq!(again.names().unwrap(), [name]);
        let kept = KeptState { name, about: b"second".to_vec(), bytes: Bytes::from_static(b"22") };
        assert_eq!(again.read(name, 1000).unwrap(), Some(kept));
        assert!(again.read(name, 50).is_err(), "what is longer than it may be is not read");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(again.remove(&name).unwrap() && !again.remove(&name).unwrap());
    }

    #[test]
    fn a_damaged_state_is_none() {
        let (states, dir) = states();
        let name = Hash::of(b"name");
        states.keep(&name, b"about", b"bytes").unwrap();
        let path = dir.path().join(name.to_string());
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            std::fs::write(&path, &damaged).unwrap();
            assert!(states.read(name, 1000).is_err(), "{at}");
            std::fs::write(&path, &whole[..at]).unwrap();
            assert!(states.read(name, 1000).is_err(), "{at}");
        }
    }

    proptest! {
        #[test]
        fn anything_read_as_a_state_ends_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
            let _ = parse(&[&MAGIC[..], &bytes].concat());
        }
    }
}
