//! Payload bytes on disk: pack segments for the small, files named by their BLAKE3 for the large.
//! Never knows whose bytes they are or how long they are wanted, and never touches credits.
//!
//! ```text
//! packs/00000000000000000001.pack   records of length, check and payload, appended only
//! files/ab/cdef…                    one payload each, named by its hash
//! states/…                         the last state of something that goes on changing, in a file that is replaced
//! uploads/                          payloads that are not whole yet; emptied at every start
//! collect.lock                      held by whoever removes payloads, and by visitors who must find them
//! ```
//! One process at a time may have a payload folder open; whoever owns the data folder sees to that. Others may visit it.

mod error;
mod files;
mod folder;
mod locator;
mod packs;
mod segment;
mod states;
#[cfg(test)]
mod tests;
mod upload;
mod visit;

use std::{io, path::Path, sync::Arc, time::SystemTime};

use bytes::Bytes;
use inos_protocols::Hash;

pub use error::Error;
pub use locator::{Check, Locator, NotALocator};
pub use segment::{Inspection, RECORD_BYTES_MAX};
pub use upload::{Stored, Upload};
pub use visit::{Collecting, Visit, file_path, segment_path, state_path};

use crate::{files::Files, folder::Folder, packs::Packs, segment::SEGMENT_BYTES_MAX, states::States};

pub use states::KeptState;

/// The payloads of one data folder; clones share it.
///
/// Every call blocks its thread for as long as the disk takes.
#[derive(Clone)]
pub struct Blobs {
    packs: Arc<Packs>,
    files: Arc<Files>,
    root: Arc<Folder>,
    states: Arc<States>,
}

impl Blobs {
    /// Opens the payload folder `dir`, making it when it is missing and removing uploads that never ended.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        Self::with_segments(dir, SEGMENT_BYTES_MAX)
    }

    fn with_segments(dir: &Path, segment_bytes_max: u64) -> Result<Self, Error> {
        let root = Folder::root(dir)?;
        let packs = Packs::open(root.sub("packs")?, segment_bytes_max)?;
        let files = Files::open(root.sub("files")?, root.sub("uploads")?)?;
        let states = States::open(root.sub("states")?)?;
        Ok(Self { packs: Arc::new(packs), files: Arc::new(files), states: Arc::new(states), root: Arc::new(root) })
    }

    /// Appends a payload to the open segment; it is durable after the next `flush`.
    ///
    /// When the storage is full nothing is kept, and the next payload may succeed.
    pub fn pack(&self, bytes: &[u8]) -> Result<Locator, Error> {
        self.packs.append(bytes, &Hash::of(bytes))
    }

    /// The same as `pack`, for a caller who knows the payload's hash; with a wrong one it can never be read.
    pub fn pack_hashed(&self, bytes: &[u8], hash: &Hash) -> Result<Locator, Error> {
        self.packs.append(bytes, hash)
    }

    /// Makes every payload durable whose `pack` returned before this call; free when there is none.
    ///
    /// After it has failed once it always fails: what the failed flush covered may be lost, and only a restart shows what.
    pub fn flush(&self) -> io::Result<()> {
        self.packs.flush()
    }

    /// The payload at `at`, copied; `Damaged` if it is not exactly what was packed.
    pub fn read_pack(&self, at: &Locator) -> Result<Bytes, Error> {
        self.packs.read(at)
    }

    /// The numbers of all segments, rising; a number is never used twice. None when the folder cannot be read.
    pub fn segments(&self) -> Vec<u64> {
        self.packs.numbers().unwrap_or_else(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, "could not list pack segments");
            Vec::new()
        })
    }

    /// When a segment was last appended to.
    ///
    /// A collector leaves young segments alone: rows that refer to them may not be committed yet.
    pub fn segment_modified(&self, segment: u64) -> Result<SystemTime, Error> {
        self.packs.modified(segment)
    }

    /// Reads a whole segment and checks every record.
    pub fn inspect(&self, segment: u64) -> Result<Inspection, Error> {
        self.packs.inspect(segment)
    }

    /// The right to remove payloads that nobody refers to, until it is dropped; none while somebody copies them.
    pub fn collecting(&self) -> Result<Option<Collecting>, Error> {
        visit::collecting(&self.root)
    }

    /// Removes a segment and all payloads in it; `SegmentOpen` for the one being written to.
    pub fn drop_segment(&self, segment: u64) -> Result<(), Error> {
        self.packs.remove(segment)
    }

    /// Begins to store a payload as a file of its own.
    pub fn upload(&self) -> Result<Upload, Error> {
        Upload::begin(Arc::clone(&self.files))
    }

    /// The stored payload, mapped for reading; `None` when there is none.
    ///
    /// A file that this process has not seen in this state before is read and hashed first;
    /// one that does not hash to its name is `Damaged`, and anything but a regular file is `NotRegular`.
    pub fn open_file(&self, hash: &Hash) -> Result<Option<Bytes>, Error> {
        self.files.read(hash)
    }

    /// Whether a payload is stored as a file, by its name alone.
    pub fn has(&self, hash: &Hash) -> bool {
        matches!(self.files.stat(hash), Ok(Some(_)))
    }

    /// How many bytes a payload stored as a file has; `None` when there is none.
    pub fn file_len(&self, hash: &Hash) -> Result<Option<u64>, Error> {
        Ok(self.files.stat(hash)?.map(|(len, _)| len))
    }

    /// Removes a stored payload; `false` when there was none. Bytes already mapped stay readable.
    pub fn remove(&self, hash: &Hash) -> Result<bool, Error> {
        self.files.remove(hash, |_| true)
    }

    /// Removes a payload unless it was stored, or stored again, after `time`; `false` when nothing was removed.
    pub fn remove_older(&self, hash: &Hash, time: SystemTime) -> Result<bool, Error> {
        self.files.remove(hash, |stored| stored <= time)
    }

    /// Every payload stored as a file, with the time it was last stored, for the collection of garbage.
    pub fn files(&self) -> impl Iterator<Item = (Hash, SystemTime)> + '_ {
        self.files.list()
    }

    /// Replaces what is kept under `name` by these bytes, with words about them; durable on return.
    ///
    /// Whatever interrupts it, either the one or the other is kept, and whole.
    pub fn keep_state(&self, name: &Hash, about: &[u8], bytes: &[u8]) -> Result<(), Error> {
        self.states.keep(name, about, bytes)
    }

    /// Forgets what is kept under `name`; `false` when there was nothing.
    pub fn drop_state(&self, name: &Hash) -> Result<bool, Error> {
        self.states.remove(name)
    }

    /// The names of what is kept by `keep_state` at this moment.
    pub fn states(&self) -> Result<Vec<Hash>, Error> {
        self.states.names()
    }

    /// What is kept under `name`; `Damaged` where its file is not whole, or longer than `len_max` bytes.
    pub fn state(&self, name: &Hash, len_max: u64) -> Result<Option<KeptState>, Error> {
        self.states.read(*name, len_max)
    }
}
