//! What is held and what was copied, for people and for backpressure. Never what the bytes are.

use crate::sync::{AtomicU64, Ordering, thread_number};

const SHARD_COUNT: usize = 8;

/// Where bytes were copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// From a socket into a lease.
    SocketIn,
    /// From a frame of a WebSocket into a lease.
    FrameIn,
    /// From a lease into a frame of a WebSocket.
    FrameOut,
    /// From a lease into a buffer for a socket.
    SocketOut,
    /// From a smaller lease to a larger one, since the length was not known before.
    Grow,
    /// From memory into a spool file.
    Spool,
    /// From one lane of a chain to the next.
    ChainOut,
    /// Into or out of what is kept: a row, a pack, a blob.
    Keep,
    /// From a region into a buffer for whoever reads it.
    RegionOut,
    /// Into memory that a cell reads, or out of memory that one wrote.
    Cell,
}

impl Place {
    /// Every place.
    pub const ALL: [Place; 10] = [
        Place::SocketIn,
        Place::FrameIn,
        Place::FrameOut,
        Place::SocketOut,
        Place::Grow,
        Place::Spool,
        Place::ChainOut,
        Place::Keep,
        Place::RegionOut,
        Place::Cell,
    ];

    /// Its name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Place::SocketIn => "socket_in",
            Place::FrameIn => "frame_in",
            Place::FrameOut => "frame_out",
            Place::SocketOut => "socket_out",
            Place::Grow => "grow",
            Place::Spool => "spool",
            Place::ChainOut => "chain_out",
            Place::Keep => "keep",
            Place::RegionOut => "region_out",
            Place::Cell => "cell",
        }
    }
}

/// A part of an arena's mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// What lies there.
    pub name: &'static str,
    /// Where it begins, in bytes.
    pub offset: usize,
    /// How long it is, in bytes.
    pub len: usize,
}

/// An epoch of an arena at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochFigures {
    /// Its number.
    pub index: usize,
    /// Its value: how often it has moved on.
    pub value: u64,
    /// How many threads wait for it.
    pub waiters: u32,
}

/// What an arena holds at one moment; the numbers are read one after the other while others work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Bytes that can be leased.
    pub capacity: usize,
    /// Bytes that are leased, as whole blocks.
    pub leased: usize,
    /// How many leases live.
    pub leases: usize,
    /// Bytes of slabs that hold any lease or are kept by a size class.
    pub taken: usize,
    /// The longest stretch of bytes that are neither leased nor kept by a size class.
    pub largest_free: usize,
    /// Bytes of lease memory that are resident.
    pub resident: usize,
    /// Bytes in spool files.
    pub spooled: u64,
    /// Whether the arena is between its high and its low water.
    pub under_pressure: bool,
    copied: [u64; Place::ALL.len()],
}

impl Stats {
    pub(crate) fn new(copied: [u64; Place::ALL.len()]) -> Stats {
        Stats {
            capacity: 0,
            leased: 0,
            leases: 0,
            taken: 0,
            largest_free: 0,
            resident: 0,
            spooled: 0,
            under_pressure: false,
            copied,
        }
    }

    /// Bytes that are neither leased nor kept by a size class.
    pub fn free(&self) -> usize {
        self.capacity - self.taken
    }

    /// How much of what is free does not lie in the longest stretch, in thousandths: 0 is one stretch, or nothing free.
    pub fn fragmentation_permille(&self) -> usize {
        match self.free() {
            0 => 0,
            free => 1000 - self.largest_free * 1000 / free,
        }
    }

    /// Bytes copied at a place since the start.
    pub fn copied(&self, place: Place) -> u64 {
        self.copied[place as usize]
    }

    /// Bytes copied since the start, per place.
    pub fn copies(&self) -> impl Iterator<Item = (Place, u64)> {
        Place::ALL.into_iter().zip(self.copied)
    }
}

/// Counters of copied bytes, spread so that threads do not share a cache line.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    shards: [Counters; SHARD_COUNT],
}

#[derive(Debug, Default)]
#[repr(align(128))]
struct Counters([AtomicU64; Place::ALL.len()]);

impl Copies {
    #[inline]
    pub(crate) fn add(&self, place: Place, bytes: usize) {
        let shard = &self.shards[thread_number() % SHARD_COUNT];
        shard.0[place as usize].fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn totals(&self) -> [u64; Place::ALL.len()] {
        std::array::from_fn(|place| self.shards.iter().map(|shard| shard.0[place].load(Ordering::Relaxed)).sum())
    }
}
