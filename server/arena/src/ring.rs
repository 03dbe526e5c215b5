//! Rings: what happens, one record after the other, for any number of readers in any process, from any number of
//! writers. Bounded: a slow reader is told how many records it missed, and no writer waits for anybody.
//!
//! Each slot bears the number of its record, as in D. Vyukov's bounded queue; that readers take nothing out, but look
//! whether a slot was still the same afterwards, is H.-J. Boehm's reading of sequence locks (MSPC 2012).
#![allow(unsafe_code)]

mod attached;
pub(crate) mod slots;

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

pub use self::attached::AttachedRing;
pub use self::slots::Heard;
use self::slots::{Head, SLOT_WORDS, Slots};
use crate::control::{Control, Controls};
use crate::layout;
use crate::mapping::{self, Mapping};
use crate::passing::Give;
use crate::region::{Charge, Quota};
use crate::sync::AtomicU64;

/// Why a record was not written; both are counted as dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unheld {
    /// A slot holds less.
    #[error("a record of {len} bytes does not fit a slot of {max}")]
    TooLong {
        /// Its length in bytes.
        len: usize,
        /// The most that a slot holds.
        max: usize,
    },
    /// A writer that has been overtaken by all others still writes its slot.
    #[error("the slot's last record is still being written")]
    Busy,
}

/// A ring; clones are the same.
#[derive(Clone)]
pub struct Ring(Arc<Shared>);

struct Shared {
    fd: OwnedFd,
    mapping: Mapping,
    slot_count: usize,
    controls: Controls,
    /// What it takes of somebody's quota.
    _charge: Option<Charge>,
}

impl Ring {
    /// A ring of so many slots, a power of two. Nothing of it is resident before it is written.
    pub fn create(slot_count: usize) -> io::Result<Ring> {
        Self::make(slot_count, None)
    }

    /// The same on a quota, of which it takes its memory for as long as it lives; [`io::ErrorKind::QuotaExceeded`] where
    /// there is no room.
    pub fn create_within(quota: &Quota, slot_count: usize) -> io::Result<Ring> {
        Self::make(slot_count, Some(quota))
    }

    fn make(slot_count: usize, quota: Option<&Quota>) -> io::Result<Ring> {
        if !slot_count.is_power_of_two() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a ring has a power of two of slots"));
        }
        let slots_len = slot_count.checked_mul(layout::RING_SLOT_LEN);
        let len = slots_len.and_then(|len| len.checked_add(layout::RING_SLOTS_OFFSET));
        let len = len.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a ring of more than all memory"))?;
        let charge = match quota {
            None => None,
            Some(quota) => Some(quota.take(len).ok_or(io::ErrorKind::QuotaExceeded)?),
        };
        let (fd, mapping) = mapping::for_readers("inos-ring", len)?;
        let words: [(usize, &[u8]); 3] = [
            (0, &layout::RING_MAGIC),
            (layout::RING_VERSION_OFFSET, &layout::RING_VERSION.to_ne_bytes()),
            (layout::RING_SLOT_COUNT_OFFSET, &(slot_count as u64).to_ne_bytes()),
        ];
        for (offset, bytes) in words {
            // SAFETY: the words lie in the first page of the mapping, and nobody else has the memory yet.
            unsafe { mapping.at(offset).as_ptr().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        }
        Ok(Ring(Arc::new(Shared { fd, mapping, slot_count, controls: Controls::default(), _charge: charge })))
    }

    /// Writes a record and answers its number, from 0; wakes whoever waits. Never waits, and makes no system call where
    /// nobody sleeps.
    pub fn push(&self, record: &[u8]) -> Result<u64, Unheld> {
        let (len, max) = (record.len(), layout::RING_RECORD_LEN_MAX);
        if len > max {
            self.head().drop_one();
            return Err(Unheld::TooLong { len, max });
        }
        let number = self.slots().push(record).ok_or(Unheld::Busy)?;
        if self.0.controls.any_waits() {
            self.head().line.wake();
        }
        Ok(number)
    }

    /// How many records were written, or are being written.
    pub fn len(&self) -> u64 {
        self.head().tail()
    }

    /// Whether nothing was ever written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many records were not written.
    pub fn dropped(&self) -> u64 {
        self.head().dropped()
    }

    /// Bytes of memory that it may take.
    pub fn bytes(&self) -> usize {
        self.0.mapping.len()
    }

    /// How many processes are attached.
    pub fn attached(&self) -> usize {
        self.0.controls.count()
    }

    /// Makes it readable by another process, to which [`send`](crate::send) then gives it.
    pub fn attach(&self) -> io::Result<RingAttachment> {
        let control = Arc::new(Control::create()?);
        self.0.controls.add(control.clone());
        Ok(RingAttachment { ring: self.clone(), control })
    }

    fn head(&self) -> &Head {
        head(&self.0.mapping)
    }

    fn slots(&self) -> Slots<'_> {
        slots(&self.0.mapping, self.0.slot_count)
    }
}

/// A ring as it was given to another process; dropped, the process is told that nothing more comes.
pub struct RingAttachment {
    ring: Ring,
    control: Arc<Control>,
}

impl Give for RingAttachment {
    fn fds(&self) -> [BorrowedFd<'_>; 2] {
        [self.ring.0.fd.as_fd(), self.control.fd()]
    }
}

impl Drop for RingAttachment {
    fn drop(&mut self) {
        self.ring.0.controls.remove(&self.control);
        self.control.end();
        let line = &self.ring.head().line;
        // Another number, for a process that has looked and does not sleep yet; it is counted nowhere.
        line.advance();
        line.wake();
    }
}

fn head(mapping: &Mapping) -> &Head {
    // SAFETY: the words lie in the first page of the mapping, at a multiple of their alignment; the memory began as
    // zeros, which is a valid head, and is accessed through its atomics alone. A process that mapped it for reading
    // makes loads only.
    unsafe { mapping.at(layout::RING_HEAD_OFFSET).cast::<Head>().as_ref() }
}

/// `slot_count` slots lie in the mapping: whoever made it, or checked what it was given, says so.
fn slots(mapping: &Mapping, slot_count: usize) -> Slots<'_> {
    let len = slot_count * SLOT_WORDS;
    assert!(layout::RING_SLOTS_OFFSET + 8 * len <= mapping.len(), "a ring's slots lie in its mapping");
    let words = mapping.at(layout::RING_SLOTS_OFFSET).cast::<AtomicU64>();
    // SAFETY: checked above; the slots begin at a page, and every process uses their words through atomics alone.
    Slots::new(head(mapping), unsafe { std::slice::from_raw_parts(words.as_ptr(), len) })
}
