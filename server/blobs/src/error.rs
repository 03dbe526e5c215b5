//! What can go wrong with payload bytes. Never says where on the disk they lie to anybody but the log.

use std::io;

use rustix::io::Errno;

/// Why payload bytes could not be written, read or removed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk or the quota is used up; what was being written is gone, everything older stands.
    #[error("could not {attempted}: the storage is full")]
    StorageFull {
        /// What was attempted.
        attempted: String,
        /// What the system said.
        source: io::Error,
    },
    /// The process or the machine has no file handle left; the same call may succeed a moment later.
    #[error("could not {attempted}: no file handle is left")]
    NoHandles {
        /// What was attempted.
        attempted: String,
        /// What the system said.
        source: io::Error,
    },
    /// A symbolic link, pipe, socket, device or folder lies where a payload file should be.
    #[error("{name} is no regular file")]
    NotRegular {
        /// The entry's name inside the payload folder.
        name: String,
    },
    /// The bytes found are not the bytes that were stored.
    #[error("{what} is damaged")]
    Damaged {
        /// Which record or file.
        what: String,
    },
    /// The pack segment was dropped, or never was.
    #[error("there is no pack segment {segment}")]
    NoSegment {
        /// The segment asked for.
        segment: u64,
    },
    /// The segment is still being written to and cannot be dropped.
    #[error("pack segment {segment} is being written to")]
    SegmentOpen {
        /// The open segment.
        segment: u64,
    },
    /// A payload too long for a pack; it belongs in a file of its own.
    #[error("{len} bytes are too many for a pack record of at most {max}")]
    TooLarge {
        /// How many bytes were given.
        len: usize,
        /// How many would have fitted.
        max: usize,
    },
    /// A stored file could not be mapped into memory.
    #[error("could not map the payload {name}")]
    Map {
        /// The payload's hash.
        name: String,
        /// What the mapping said.
        source: inos_arena::Error,
    },
    /// Anything else the file system refuses.
    #[error("could not {attempted}")]
    Io {
        /// What was attempted.
        attempted: String,
        /// What the system said.
        source: io::Error,
    },
}

impl Error {
    /// The error for a system call that failed while `attempted` was being done.
    pub(crate) fn new(attempted: impl Into<String>, source: io::Error) -> Self {
        let attempted = attempted.into();
        match source.raw_os_error().map(Errno::from_raw_os_error) {
            Some(Errno::NOSPC | Errno::DQUOT) => Self::StorageFull { attempted, source },
            Some(Errno::MFILE | Errno::NFILE) => Self::NoHandles { attempted, source },
            _ => Self::Io { attempted, source },
        }
    }
}

/// Says what was attempted when a system call fails.
pub(crate) trait During<T> {
    /// The same result, its error naming what was attempted.
    fn during(self, attempted: impl FnOnce() -> String) -> Result<T, Error>;
}

impl<T, E: Into<io::Error>> During<T> for Result<T, E> {
    fn during(self, attempted: impl FnOnce() -> String) -> Result<T, Error> {
        self.map_err(|source| Error::new(attempted(), source.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(errno: Errno, is_the_right_kind: fn(&Error) -> bool) {
        let error = Error::new("write", errno.into());
        assert!(is_the_right_kind(&error), "{errno}: {error:?}");
    }

    #[test]
    fn a_lack_of_room_or_handles_is_told_apart_from_other_trouble() {
        check(Errno::NOSPC, |error| matches!(error, Error::StorageFull { .. }));
        check(Errno::DQUOT, |error| matches!(error, Error::StorageFull { .. }));
        check(Errno::MFILE, |error| matches!(error, Error::NoHandles { .. }));
        check(Errno::NFILE, |error| matches!(error, Error::NoHandles { .. }));
        check(Errno::IO, |error| matches!(error, Error::Io { .. }));
    }
}
