//! A payload folder as somebody sees it who only copies from it, also while a server has it open.
//! Never changes a payload; keeps them from being removed meanwhile.

use std::{fs::File, path::Path};

use inos_protocols::Hash;
use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};

use crate::{
    error::{During as _, Error},
    files,
    folder::Folder,
    segment,
};

/// The file whose lock says who may count on payloads and who may remove them.
const LOCK: &str = "collect.lock";

/// A payload folder in which nothing is removed until this is dropped.
pub struct Visit {
    root: Folder,
    _stay: File,
}

/// The right to remove payloads, until it is dropped.
#[derive(Debug)]
pub struct Collecting {
    _lock: File,
}

impl Visit {
    /// Begins a visit; waits until whoever removes payloads at this moment has done so.
    pub fn begin(dir: &Path) -> Result<Self, Error> {
        let root = Folder::there(dir)?;
        let stay = root.lock_file(LOCK).during(|| "open the payloads' lock".into())?;
        flock(&stay, FlockOperation::LockShared).during(|| "keep payloads from being removed".into())?;
        Ok(Self { root, _stay: stay })
    }

    /// A pack segment, if it is there. Whole records come first; a server may still append to it.
    pub fn segment(&self, number: u64) -> Result<Option<File>, Error> {
        match self.root.find("packs")? {
            Some(packs) => packs.open(&segment::name(number)),
            None => Ok(None),
        }
    }

    /// The names of the states that are kept at this moment.
    pub fn states(&self) -> Result<Vec<Hash>, Error> {
        let names = self.root.find("states")?.map_or(Ok(Vec::new()), |states| states.names())?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }

    /// The file of a state, if it is still there. It stays as it is, whatever replaces it meanwhile.
    pub fn state(&self, name: &Hash) -> Result<Option<File>, Error> {
        match self.root.find("states")? {
            Some(states) => states.open(&name.to_string()),
            None => Ok(None),
        }
    }

    /// A payload's file, if it is there.
    pub fn file(&self, hash: &Hash) -> Result<Option<File>, Error> {
        let (shard, rest) = files::place(hash);
        match self.root.find("files")?.map(|files| files.find(&shard)).transpose()?.flatten() {
            Some(shard) => shard.open(&rest),
            None => Ok(None),
        }
    }
}

/// Where a pack segment lies in a payload folder.
pub fn segment_path(number: u64) -> String {
    format!("packs/{}", segment::name(number))
}

/// Where the file of a state lies in a payload folder.
pub fn state_path(name: &Hash) -> String {
    format!("states/{name}")
}

/// Where the file of a payload lies in a payload folder.
pub fn file_path(hash: &Hash) -> String {
    let (shard, rest) = files::place(hash);
    format!("files/{shard}/{rest}")
}

pub(crate) fn collecting(root: &Folder) -> Result<Option<Collecting>, Error> {
    let attempted = || "begin to remove payloads".to_owned();
    let lock = root.lock_file(LOCK).during(attempted)?;
    match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(Collecting { _lock: lock })),
        Err(Errno::WOULDBLOCK) => Ok(None),
        Err(errno) => Err(Error::new(attempted(), errno.into())),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::Blobs;

    #[test]
    fn nothing_is_removed_while_somebody_copies() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(dir.path()).unwrap();
        let (one, two) = (Visit::begin(dir.path()).unwrap(), Visit::begin(dir.path()).unwrap());
        assert!(blobs.collecting().unwrap().is_none());
        drop(one);
        assert!(blobs.collecting().unwrap().is_none());
        drop(two);
        let removing = blobs.collecting().unwrap();
        assert!(removing.is_some());
        assert!(blobs.collecting().unwrap().is_none(), "and one at a time removes");
    }

    #[test]
    fn a_visitor_finds_what_is_stored_and_where_it_lies() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(dir.path()).unwrap();
        let at = blobs.pack(b"small").unwrap();
        let mut upload = blobs.upload().unwrap();
        upload.write(b"large").unwrap();
        let hash = upload.finish().unwrap().hash;
        let visit = Visit::begin(dir.path()).unwrap();
        let mut bytes = Vec::new();
        visit.file(&hash).unwrap().unwrap().read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, b"large");
        assert!(visit.segment(at.segment).unwrap().is_some());
        assert!(dir.path().join(segment_path(at.segment)).is_file());
        assert!(dir.path().join(file_path(&hash)).is_file());
        assert!(visit.segment(at.segment + 1).unwrap().is_none());
        assert!(visit.file(&Hash::of(b"other")).unwrap().is_none());
    }
}
