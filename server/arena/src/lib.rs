//! Epoch-versioned shared memory: leases for what jobs carry, epochs that say that something changed.
//!
//! The home of `unsafe` and of mapping. It is no tenant boundary and no source of truth: it never decides who may read
//! what, never prices anything, and keeps nothing over a restart.

mod accounts;
mod arena;
mod epoch;
mod error;
mod file;
mod header;
mod inner;
pub mod layout;
mod lease;
mod mapping;
mod pages;
mod runs;
mod shard;
mod spin;
mod spool;
mod stats;
mod sync;
mod word;
mod writer;

#[cfg(test)]
mod models;
#[cfg(test)]
mod tests;

pub use crate::arena::{Arena, Options};
pub use crate::epoch::Epoch;
pub use crate::error::{Error, Full};
pub use crate::file::map_file;
pub use crate::lease::{Lease, Owner, Tag};
pub use crate::stats::{Place, Stats};
pub use crate::writer::Writer;
