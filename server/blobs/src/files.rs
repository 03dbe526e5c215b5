//! Payloads as files of their own, named by their BLAKE3: `files/ab/cdef…`.
//! Never follows a link, never opens anything but a regular file, never gives out bytes that do not hash to their name.

use std::{
    collections::HashMap,
    fs::File,
    io,
    os::unix::fs::MetadataExt as _,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use inos_protocols::Hash;
use parking_lot::Mutex;

use crate::{
    error::{During as _, Error},
    folder::Folder,
};

/// How many files are remembered as checked; beyond that all are forgotten and checked again.
const CHECKED_MAX: usize = 1 << 16;

/// All payload files of a folder, and the uploads on their way there.
pub(crate) struct Files {
    folder: Folder,
    uploads: Folder,
    next_upload: AtomicU64,
    checked: Mutex<HashMap<Hash, Identity>>,
    /// Held while a name appears or disappears, so that a file just stored again is not taken for an old one.
    names: Mutex<()>,
}

/// What tells one state of a file from every other.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
    len: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Files {
    /// The files in `folder`; what a crash left in `uploads` is removed.
    pub(crate) fn open(folder: Folder, uploads: Folder) -> Result<Self, Error> {
        for name in uploads.names()? {
            uploads.remove(&name)?;
        }
        Ok(Self { folder, uploads, next_upload: AtomicU64::new(0), checked: Mutex::default(), names: Mutex::default() })
    }

    /// A new file for an upload, and its name.
    pub(crate) fn begin(&self) -> Result<(String, File), Error> {
        let name = format!("{:020}", self.next_upload.fetch_add(1, Ordering::Relaxed));
        let file = self.uploads.create(&name).during(|| "begin an upload".into())?;
        Ok((name, file))
    }

    /// Gives up the upload `name`.
    pub(crate) fn abandon(&self, name: &str) -> Result<(), Error> {
        self.uploads.remove(name).map(|_| ())
    }

    /// Gives the finished upload `name` its place; durable on return.
    pub(crate) fn keep(&self, name: &str, file: &File, hash: &Hash) -> Result<(), Error> {
        let attempted = || format!("store the payload {hash}");
        file.sync_all().during(attempted)?;
        let (shard, rest) = place(hash);
        let shard = self.folder.sub(&shard)?;
        {
            let _names = self.names.lock();
            file.set_modified(SystemTime::now()).during(attempted)?;
            self.uploads.rename(name, &shard, &rest).during(attempted)?;
        }
        shard.sync()?;
        self.remember(hash, identity(file).during(attempted)?);
        Ok(())
    }

    /// The bytes that hash to `hash`, mapped, if they are stored.
    pub(crate) fn read(&self, hash: &Hash) -> Result<Option<Bytes>, Error> {
        let (shard, rest) = place(hash);
        let Some(shard) = self.folder.find(&shard)? else { return Ok(None) };
        let Some(file) = shard.open(&rest)? else { return Ok(None) };
        let identity = identity(&file).during(|| format!("examine the payload {hash}"))?;
        let bytes = inos_arena::map_giveable(file, identity.len)
            .map_err(|source| Error::Map { name: hash.to_string(), source })?;
        if self.checked.lock().get(hash) != Some(&identity) {
            let found = Hash::from(blake3::Hasher::new().update_rayon(&bytes).finalize());
            if found != *hash {
                return Err(Error::Damaged { what: format!("the payload {hash}") });
            }
            self.remember(hash, identity);
        }
        Ok(Some(bytes))
    }

    /// Length and time of storing of the payload, if it is stored.
    pub(crate) fn stat(&self, hash: &Hash) -> Result<Option<(u64, SystemTime)>, Error> {
        let (shard, rest) = place(hash);
        let Some(shard) = self.folder.find(&shard)? else { return Ok(None) };
        let stat = shard.stat(&rest).during(|| format!("examine the payload {hash}"))?;
        Ok(stat.map(|stat| (stat.st_size as u64, time(stat.st_mtime, stat.st_mtime_nsec))))
    }

    /// Removes the payload if `wanted` says so of the time it was stored; `false` when nothing was removed.
    pub(crate) fn remove(&self, hash: &Hash, wanted: impl FnOnce(SystemTime) -> bool) -> Result<bool, Error> {
        let _names = self.names.lock();
        let Some((_, stored)) = self.stat(hash)? else { return Ok(false) };
        let (shard, rest) = place(hash);
        match self.folder.find(&shard)? {
            Some(shard) if wanted(stored) => shard.remove(&rest),
            _ => Ok(false),
        }
    }

    /// Every stored payload with the time it was stored; a folder that cannot be read is logged and left out.
    pub(crate) fn list(&self) -> impl Iterator<Item = (Hash, SystemTime)> + '_ {
        (0..=u8::MAX).flat_map(|shard| {
            let shard = format!("{shard:02x}");
            self.list_shard(&shard).unwrap_or_else(|error| {
                tracing::warn!(shard, error = &error as &dyn std::error::Error, "could not list payloads");
                Vec::new()
            })
        })
    }

    fn list_shard(&self, shard: &str) -> Result<Vec<(Hash, SystemTime)>, Error> {
        let Some(folder) = self.folder.find(shard)? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for name in folder.names()? {
            let Ok(hash) = format!("{shard}{name}").parse() else { continue };
            let stat = folder.stat(&name).during(|| format!("examine the payload {hash}"))?;
            found.extend(stat.map(|stat| (hash, time(stat.st_mtime, stat.st_mtime_nsec))));
        }
        Ok(found)
    }

    fn remember(&self, hash: &Hash, identity: Identity) {
        let mut checked = self.checked.lock();
        if checked.len() >= CHECKED_MAX {
            checked.clear();
        }
        checked.insert(*hash, identity);
    }
}

/// The folder and the file name of a payload.
pub(crate) fn place(hash: &Hash) -> (String, String) {
    let mut name = hash.to_string();
    let rest = name.split_off(2);
    (name, rest)
}

fn identity(file: &File) -> io::Result<Identity> {
    let metadata = file.metadata()?;
    Ok(Identity {
        device: metadata.dev(),
        inode: metadata.ino(),
        len: metadata.len(),
        modified: (metadata.mtime(), metadata.mtime_nsec()),
        changed: (metadata.ctime(), metadata.ctime_nsec()),
    })
}

fn time(seconds: i64, nanoseconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or(0)) + Duration::from_nanos(nanoseconds)
}
