//! What can go wrong with shared memory. Never carries a path or bytes of a tenant.

use std::io;

use crate::layout::LayoutError;

/// Why the arena, a writer or a mapping could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The shared memory could not be made.
    #[error("could not create {bytes} bytes of shared memory")]
    Create {
        /// How much was asked for.
        bytes: usize,
        /// What the system said.
        source: io::Error,
    },
    /// The size does not make a layout, or a header is not ours.
    #[error("the layout of the shared memory does not hold")]
    Layout(#[from] LayoutError),
    /// A file could not be mapped.
    #[error("could not map {len} bytes of a file")]
    Map {
        /// How much was asked for.
        len: u64,
        /// What the system said.
        source: io::Error,
    },
    /// The range does not lie in the file.
    #[error("{len} bytes at {offset} do not lie in a file of {file_len} bytes")]
    Range {
        /// Where the range begins.
        offset: u64,
        /// How long it is.
        len: u64,
        /// How long the file is.
        file_len: u64,
    },
    /// A spool file could not be used.
    #[error("could not {attempt} a spool file")]
    Spool {
        /// What was attempted.
        attempt: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The disk, or the quota on it, has no room for what outgrew memory.
    #[error("no room on the disk to spool {bytes} bytes")]
    SpoolFull {
        /// How many bytes had no room.
        bytes: u64,
        /// What the system said.
        source: io::Error,
    },
    /// More was written than the writer's limit allows.
    #[error("more than the limit of {max} bytes was written")]
    TooLong {
        /// The limit.
        max: u64,
    },
}

/// Why a lease was refused; nothing is held then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// The account holds as much as one account may.
    #[error("the account holds all of the {cap} bytes that one account may hold")]
    Account {
        /// The most that one account may hold, in bytes.
        cap: usize,
    },
    /// The arena has no room of that length.
    #[error("the arena of {capacity} bytes has no room")]
    Arena {
        /// All that can be leased, in bytes.
        capacity: usize,
    },
    /// One lease is never that long; a [`Writer`](crate::Writer) spools instead.
    #[error("a lease is at most {max} bytes")]
    TooLarge {
        /// The longest lease, in bytes.
        max: usize,
    },
}
