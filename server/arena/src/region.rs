//! Regions: named state that many read while it changes, each epoch of it whole. Never knows whose a region is, nor its
//! name.
#![allow(unsafe_code)]

mod attach;
mod attached;
mod follow;
pub(crate) mod head;
mod memory;
mod next;
mod quota;
mod watch;
mod write;

use std::fmt;
use std::io;
use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::{ArcSwap, Guard};
use parking_lot::Mutex;

use self::head::Seen;
use self::memory::{Memory, PAGE_LEN};
use self::watch::{Bell, Watchers};
use self::write::State;
use crate::control::Controls;
use crate::layout;
use crate::sync::{AtomicBool, AtomicU64, Ordering};

pub use self::attach::Attachment;
pub use self::attached::{Attached, Revoked};
pub use self::follow::{FollowBell, Follower};
pub(crate) use self::quota::Charge;
pub use self::quota::Quota;
pub use self::watch::Changed;
pub use self::write::{Change, Writing};

/// Why a region was not made or not changed; nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum RegionError {
    /// It would hold more than it may.
    #[error("a region of at most {max} bytes cannot hold {len}")]
    TooLong {
        /// What was to be held, in bytes.
        len: u64,
        /// The most that it may hold, in bytes.
        max: usize,
    },
    /// A part does not lie in the region.
    #[error("{len} bytes at {offset} do not lie in a region of {region_len} bytes")]
    Range {
        /// Where the part begins.
        offset: u64,
        /// How long it is.
        len: usize,
        /// How long the region is.
        region_len: usize,
    },
    /// The owner's regions take as much as they may.
    #[error("the regions of the account take {used} of {max} bytes; there is no room for {needed} more")]
    Quota {
        /// What would have been needed, in bytes.
        needed: usize,
        /// What is taken.
        used: usize,
        /// The most that may be.
        max: usize,
    },
    /// It was removed.
    #[error("the region was removed")]
    Gone,
    /// There are no further epochs.
    #[error("the region has had all of its epochs")]
    Ended,
    /// The system gave no memory.
    #[error("could not make the memory of a region")]
    Memory {
        /// What the system said.
        source: io::Error,
    },
    /// The system gave no thread to wake those who await a change.
    #[error("could not start the thread that tells of changes")]
    Thread {
        /// What the system said.
        source: io::Error,
    },
}

/// What a region is made as.
#[derive(Debug, Clone)]
pub struct Form {
    /// The most bytes that it may ever hold.
    pub bytes_max: usize,
    /// The number of its first epoch, at least 1; each publishing adds one.
    pub first_epoch: u64,
    /// What its memory is taken from.
    pub quota: Quota,
}

/// Makes regions, and wakes whoever awaits a change of one. Clones are the same; the one thread that wakes ends with the
/// last of them and of their regions.
#[derive(Clone, Default)]
pub struct Regions(Arc<Bell>);

impl Regions {
    /// A region that holds these bytes as its first epoch.
    pub fn create(&self, form: Form, bytes: &[u8]) -> Result<Region, RegionError> {
        let Form { bytes_max, first_epoch, quota } = form;
        let state = State::begin(&quota, bytes_max, first_epoch, bytes)?;
        let memory = ArcSwap::new(state.memory.clone());
        let shared = Shared {
            memory,
            state: Mutex::new(state),
            bytes_max,
            first_epoch,
            quota,
            gone: AtomicBool::new(false),
            bell: self.0.clone(),
            watchers: Arc::default(),
            leavers: Arc::default(),
            controls: Controls::default(),
            followers: follow::Followers::default(),
            counts: Counts::default(),
        };
        Ok(Region(Arc::new(shared)))
    }
}

impl fmt::Debug for Regions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Regions").finish_non_exhaustive()
    }
}

/// One region. Clones are the same; its memory goes with the last of them and of their pins.
#[derive(Clone)]
pub struct Region(Arc<Shared>);

pub(crate) struct Shared {
    /// Where it lies, for readers; the writer's own view is in `state`.
    memory: ArcSwap<Memory>,
    state: Mutex<State>,
    bytes_max: usize,
    first_epoch: u64,
    quota: Quota,
    gone: AtomicBool,
    bell: Arc<Bell>,
    /// Who awaits the next epoch.
    watchers: Arc<Watchers>,
    /// Who awaits that it is removed.
    leavers: Arc<Watchers>,
    controls: Controls,
    followers: follow::Followers,
    counts: Counts,
}

/// On a line of its own: whoever publishes writes it, and who waits reads what else is here.
#[repr(align(64))]
#[derive(Debug, Default)]
struct Counts {
    copied: AtomicU64,
    revoked: AtomicU64,
    moved: AtomicU64,
}

impl Counts {
    /// Counts on; only for whoever holds the writer's lock, which spares a locked addition.
    #[inline]
    fn add(&self, counter: &AtomicU64, by: u64) {
        counter.store(counter.load(Ordering::Relaxed) + by, Ordering::Relaxed);
    }
}

/// What a region takes and what was done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegionFigures {
    /// Its last epoch.
    pub epoch: u64,
    /// How often it was published, the first time included.
    pub published: u64,
    /// Bytes that it holds.
    pub bytes: usize,
    /// Bytes of its quota that it takes.
    pub taken: usize,
    /// Buffers in use.
    pub buffers: usize,
    /// Threads and tasks of this process that wait for a change.
    pub waiters: usize,
    /// Processes that have mapped it.
    pub attached: usize,
    /// Bytes that publishing copied.
    pub copied: u64,
    /// How often a buffer was taken from an attached process that read it.
    pub revoked: u64,
    /// How often it outgrew its memory.
    pub moved: u64,
}

impl Region {
    /// Its last epoch.
    #[inline]
    pub fn epoch(&self) -> u64 {
        self.0.memory.load().head().epoch()
    }

    /// The number of its first epoch: nobody knows of any before it.
    pub fn first_epoch(&self) -> u64 {
        self.0.first_epoch
    }

    /// The most bytes that it may hold.
    pub fn bytes_max(&self) -> usize {
        self.0.bytes_max
    }

    /// Its last epoch, to be read in place; that buffer is not written while the pin lives.
    ///
    /// Waits for nobody. To be held for milliseconds at most: others' buffers are what a writer runs out of.
    #[inline]
    pub fn pin(&self) -> Pinned {
        let memory = self.0.memory.load();
        let seen = memory.head().enter(&memory.pins);
        Pinned { memory, seen }
    }

    /// The right to change it, for one at a time; waits for another writer and never for a reader.
    #[inline]
    pub fn write(&self) -> Writing<'_> {
        Writing::new(&self.0)
    }

    /// Sleeps until its epoch differs from `seen`, it is removed or the time is over; answers its epoch then.
    ///
    /// Looks for at most 20 µs where that helped before, and then sleeps.
    pub fn wait(&self, seen: u64, timeout: Option<Duration>) -> u64 {
        let until = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            // Not counted: whoever publishes reads the line where the holders are counted.
            let memory = self.0.memory.load();
            let turn = memory.head().line.value();
            let epoch = self.epoch();
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if epoch != seen || self.is_gone() || left.is_some_and(|left| left.is_zero()) {
                return epoch;
            }
            memory.head().line.wait(turn, left);
        }
    }

    /// Completes with its epoch once that differs from `seen` or the region is removed.
    ///
    /// Costs nothing while it waits; may be dropped at any time. [`RegionError::Thread`] where nobody could be woken.
    pub fn changed(&self, seen: u64) -> Result<Changed, RegionError> {
        Changed::of(self, Some(seen))
    }

    /// Completes with its last epoch once the region is removed, and is not woken before.
    ///
    /// Costs nothing while it waits; may be dropped at any time. [`RegionError::Thread`] where nobody could be woken.
    pub fn removed(&self) -> Result<Changed, RegionError> {
        Changed::of(self, None)
    }

    /// Removes it: everybody who waits is told, nobody can publish any more. Pins stay good. False where somebody had
    /// removed it.
    pub fn remove(&self) -> bool {
        self.write().remove()
    }

    /// Whether it was removed.
    pub fn is_gone(&self) -> bool {
        self.0.gone.load(Ordering::SeqCst)
    }

    /// Whether both are the same region, and not only regions of the same bytes.
    pub fn is(&self, other: &Region) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// What it takes and what was done with it, read one after the other; waits for no writer.
    pub fn figures(&self) -> RegionFigures {
        let memory = self.0.memory.load_full();
        let seen = memory.head().seen();
        let counts = &self.0.counts;
        let taken = memory.charge.lock().bytes();
        RegionFigures {
            epoch: seen.epoch,
            published: seen.epoch - self.0.first_epoch + 1,
            bytes: seen.len as usize,
            taken,
            buffers: memory.in_use.load(Ordering::Relaxed),
            waiters: memory.head().line.waiters() as usize + self.0.watchers.count() + self.0.leavers.count(),
            attached: self.0.controls.count(),
            copied: counts.copied.load(Ordering::Relaxed),
            revoked: counts.revoked.load(Ordering::Relaxed),
            moved: counts.moved.load(Ordering::Relaxed),
        }
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Region").field("epoch", &self.epoch()).field("bytes_max", &self.0.bytes_max).finish()
    }
}

impl Shared {
    /// Tells tasks that something changed.
    #[inline]
    fn ring(&self) {
        self.bell.ring(&self.watchers);
    }
}

/// One epoch of a region, read in place.
pub struct Pinned {
    /// Kept without a word to its other holders, which is what a pin would cost most.
    memory: Guard<Arc<Memory>>,
    seen: Seen,
}

impl Pinned {
    /// Which epoch this is.
    pub fn epoch(&self) -> u64 {
        self.seen.epoch
    }

    /// The numbers of the pages, of 4 KiB each, that may differ from what they were at an earlier epoch.
    ///
    /// Every page that differs is among them; one that changed only after this epoch may be as well.
    pub fn pages_since(&self, epoch: u64) -> impl Iterator<Item = u32> {
        let pages = self.len().div_ceil(PAGE_LEN);
        let stamps = self.memory.stamps.iter().take(pages).enumerate();
        stamps.filter(move |(_, stamp)| stamp.load(Ordering::Relaxed) > epoch).map(|(page, _)| page as u32)
    }

    /// The bytes of one of its pages; the last may be shorter.
    pub fn page(&self, page: u32) -> &[u8] {
        let start = (page as usize).saturating_mul(PAGE_LEN).min(self.len());
        &self[start..(start + PAGE_LEN).min(self.len())]
    }
}

impl Deref for Pinned {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        // SAFETY: the buffer is pinned until this is dropped.
        unsafe { self.memory.bytes(self.seen.index, self.seen.len as usize) }
    }
}

impl AsRef<[u8]> for Pinned {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Drop for Pinned {
    #[inline]
    fn drop(&mut self) {
        self.memory.head().leave(&self.memory.pins, self.seen.index);
    }
}

impl fmt::Debug for Pinned {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pinned").field("epoch", &self.seen.epoch).field("len", &self.seen.len).finish()
    }
}

/// Buffers long enough for `len` bytes: whole pages, at least one.
fn capacity_for(len: usize) -> usize {
    len.max(1).next_multiple_of(PAGE_LEN)
}

/// What a region with buffers of that length takes at its start.
fn charge_for(capacity: usize) -> usize {
    layout::REGION_BUFFERS_OFFSET + layout::REGION_BUFFER_COUNT * capacity
}
