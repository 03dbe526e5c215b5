//! Epoch-versioned shared memory: leases for what jobs carry, epochs that say that something changed.
//!
//! The home of `unsafe` and of mapping. It is no tenant boundary and no source of truth: it never decides who may read
//! what, never prices anything, and keeps nothing over a restart.

mod accounts;
#[cfg(not(loom))]
mod any;
mod arena;
mod control;
mod epoch;
mod error;
mod file;
mod header;
pub mod heap;
mod inner;
pub mod layout;
mod lease;
mod mapping;
mod pages;
pub mod parcel;
mod passing;
mod patience;
mod pulse;
mod region;
mod ring;
mod runs;
mod shard;
pub mod signals;
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

#[cfg(not(loom))]
pub use crate::any::{WAIT_ANY_MAX, wait_any};
pub use crate::arena::{Arena, Options};
pub use crate::epoch::Epoch;
pub use crate::error::{Error, Full};
pub use crate::file::{file_behind, map_file, map_giveable};
pub use crate::lease::{Lease, Owner, Tag};
pub use crate::passing::{Give, receive, send};
pub use crate::pulse::Pulse;
pub use crate::region::{
    Attached, Attachment, Change, Changed, FollowBell, Follower, Form, Pinned, Quota, Region, RegionError,
    RegionFigures, Regions, Revoked, Writing,
};
pub use crate::ring::{AttachedRing, Heard, Ring, RingAttachment, Unheld};
pub use crate::stats::{EpochFigures, Part, Place, Stats};
pub use crate::writer::Writer;
