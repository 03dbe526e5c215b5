//! The data directory belongs to one server at a time: a lock that the kernel drops with the process.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::{FlockOperation, flock};

/// The lock's file, in the data directory; it holds the owner's process id.
pub const LOCK: &str = "lock";
/// Where a restore gathers what it puts back, in the data directory; gone once all of it is there.
pub const RESTORING: &str = ".restoring";

/// A data directory that is ours until this is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why the data directory cannot be ours.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another server has it.
    #[error("data directory {} is in use by {owner}", dir.display())]
    InUse {
        /// The directory.
        dir: PathBuf,
        /// `pid N`, or `another process` where that is not known.
        owner: String,
    },
    /// A restore into it was cut off.
    #[error("a restore into the data directory {} was not finished", dir.display())]
    Unfinished {
        /// The directory.
        dir: PathBuf,
    },
    /// It could not be made or locked.
    #[error("could not lock the data directory {}", dir.display())]
    Io {
        /// The directory.
        dir: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Makes the directory (mode 0700) where it is missing, and locks it.
pub fn lock(dir: &Path) -> Result<Lock, Error> {
    let failed = |source: io::Error| Error::Io { dir: dir.into(), source };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
    if dir.join(RESTORING).exists() {
        return Err(Error::Unfinished { dir: dir.into() });
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let mut file = options.open(dir.join(LOCK)).map_err(failed)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => {
            let owner = owner(dir).map_or_else(|| "another process".into(), |pid| format!("pid {pid}"));
            return Err(Error::InUse { dir: dir.into(), owner });
        }
        Err(error) => return Err(failed(error.into())),
    }
    write_owner(&mut file).map_err(failed)?;
    Ok(Lock { _file: file })
}

fn write_owner(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

/// The server that has the directory, if one runs.
pub fn server(dir: &Path) -> Option<u32> {
    let pid = owner(dir)?;
    // The number may long belong to another program.
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    (name.trim() == "inos").then_some(pid)
}

/// The process that locked the directory last, whether or not it still runs.
fn owner(dir: &Path) -> Option<u32> {
    let mut text = String::new();
    File::open(dir.join(LOCK)).ok()?.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_one_owner_who_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/er");
        let first = lock(&path).unwrap();
        let error = lock(&path).unwrap_err();
        let wanted = format!("data directory {} is in use by pid {}", path.display(), std::process::id());
        assert_eq!(error.to_string(), wanted);
        drop(first);
        assert!(lock(&path).is_ok());
    }

    #[test]
    fn a_file_is_no_data_directory() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(lock(file.path()), Err(Error::Io { .. })));
    }
}
