//! A data directory copied as it is at one moment, under a manifest with the hash of every file, and put back from it.
//! Never changes what it copies, and never puts back half.

mod manifest;
mod restore;
mod take;

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use inos_protocols::{Hash, NodeId, time::Time};

pub use manifest::{Entry, Head, Manifest};
pub use restore::restore;
pub use take::take;

use crate::{exit::Exit, identity};

/// The file that says what a backup holds; written last, so that a backup without it is not whole.
pub const MANIFEST: &str = "manifest.jsonl";
/// The database of a backup, and of a data directory that it is restored to.
const DATABASE: &str = "inos.db";
/// What `pg_dump` wrote of a database on Postgres, in a backup alone.
const DUMP: &str = "inos.pgdump";
/// The folder of payloads.
const PAYLOADS: &str = "payloads";
/// How many bytes are copied at once.
const BUFFER_BYTES: usize = 1 << 20;
/// The most missing payloads that are named.
const NAMED_MAX: usize = 10;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Whose data it is.
    pub node: NodeId,
    /// When it was begun; what was answered before is in it.
    pub taken: Time,
    /// The schema of its database.
    pub schema: i64,
    /// How many files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Hears of bytes done and in all of one of the parts.
pub type Progress<'a> = dyn FnMut(Part, u64, u64) + 'a;

/// A part of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The database.
    Database,
    /// Everything else, or when restoring, everything.
    Files,
}

/// Why a backup was not made or not restored. Nothing that was there before has changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no server's data.
    #[error("{} holds no server's data: there is no {} in it", dir.display(), identity::NODE_KEY)]
    NoData {
        /// The data directory.
        dir: PathBuf,
    },
    /// The server's first start is not over.
    #[error("the first start of {} is not over: start its server once more", dir.display())]
    FirstStart {
        /// The data directory.
        dir: PathBuf,
    },
    /// There is something where a directory is to be filled.
    #[error("{} is not empty", dir.display())]
    NotEmpty {
        /// The directory.
        dir: PathBuf,
    },
    /// Something that the database names is not there.
    #[error("not everything is there that the database names: {}", missing.join(", "))]
    Missing {
        /// Some of it.
        missing: Vec<String>,
    },
    /// A file is not what it should be.
    #[error("{path} is damaged: {what}")]
    Damaged {
        /// The file, as the manifest or the payload folder calls it.
        path: String,
        /// What is wrong.
        what: String,
    },
    /// The directory holds no backup, or one that was not finished.
    #[error("{} is no whole backup: {what}", dir.display())]
    NoBackup {
        /// The directory.
        dir: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Another kind of database is named than was backed up.
    #[error("this backup is of {was}, and another database is named")]
    Elsewhere {
        /// What was backed up.
        was: &'static str,
    },
    /// A file could not be read or written.
    #[error("could not {deed} {}", path.display())]
    Io {
        /// What was done.
        deed: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The node's key cannot be read.
    #[error(transparent)]
    Identity(#[from] identity::Error),
    /// The database could not be copied.
    #[error(transparent)]
    Ledger(#[from] inos_ledger::Error),
    /// A payload could not be read.
    #[error(transparent)]
    Blobs(#[from] inos_blobs::Error),
}

impl Error {
    /// The exit code that says it.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Ledger(inos_ledger::Error::NewerSchema { .. }) => Exit::Config,
            _ => Exit::Failed,
        }
    }

    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Ledger(inos_ledger::Error::Shared { .. }) => {
                Some("stop the servers, run pg_dump, copy the data directory of each, start them")
            }
            Self::Ledger(inos_ledger::Error::Program { .. }) => {
                Some("pg_dump and pg_restore must be found, and be no older than the database's server")
            }
            Self::Ledger(inos_ledger::Error::NotEmpty { .. }) => Some("name a new database with --database-url"),
            Self::Ledger(inos_ledger::Error::NewerSchema { .. }) => Some("use the newer program that wrote it"),
            Self::NotEmpty { .. } => Some("name a directory that is empty or not there"),
            Self::Missing { .. } => Some("`inos check --deep` on the stopped server's data directory names all of it"),
            Self::Elsewhere { .. } => {
                Some("with SQLite leave --database-url out, with Postgres name a new database by it")
            }
            _ => None,
        }
    }
}

/// Names what was done with which file.
fn io<'a>(deed: &'static str, path: &'a Path) -> impl Fn(io::Error) -> Error + 'a {
    move |source| Error::Io { deed, path: path.into(), source }
}

/// A directory that only its owner may enter, with its parents.
fn make_dir(path: &Path) -> Result<(), Error> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io("make", path))
}

/// Whether there is nothing at `path`, or an empty directory.
fn is_empty(path: &Path) -> Result<bool, Error> {
    match std::fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(io("list", path)(error)),
    }
}

/// Copies what `from` has now into a new file that only its owner may read; gives its length and hash.
fn copy(from: File, at: &Path, to: &Path, mut told: impl FnMut(u64)) -> Result<(u64, Hash), Error> {
    let len = from.metadata().map_err(io("examine", at))?.len();
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(io("make", to))?;
    let (mut from, mut hasher, mut copied) = (from.take(len), blake3::Hasher::new(), 0);
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let read = from.read(&mut buffer).map_err(io("read", at))?;
        if read == 0 {
            return Ok((copied, hasher.finalize().into()));
        }
        hasher.update(&buffer[..read]);
        file.write_all(&buffer[..read]).map_err(io("write", to))?;
        copied += read as u64;
        told(read as u64);
    }
}

/// Makes everything below a directory survive a power cut.
fn sync(dir: &Path) -> Result<(), Error> {
    let file = File::open(dir).map_err(io("open", dir))?;
    rustix::fs::syncfs(&file).map_err(|errno| io("make durable", dir)(errno.into()))
}
