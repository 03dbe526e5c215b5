//! The memory that a region lies in: one page of words, then its buffers. Never decides which of them is written.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use parking_lot::Mutex;

use super::head::{BUFFERS_MAX, Head, Pins};
use super::quota::Charge;
use crate::layout;
use crate::mapping::{self, Mapping};
use crate::sync::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// Bytes that are stamped together.
pub(crate) const PAGE_LEN: usize = layout::PAGE_LEN;

/// What a region lies in, until it outgrows it.
#[derive(Debug)]
pub(crate) struct Memory {
    fd: OwnedFd,
    mapping: Mapping,
    capacity: usize,
    /// Readers of this process, by buffer.
    pub(crate) pins: Pins,
    /// The epoch that changed each page last.
    pub(crate) stamps: Box<[AtomicU64]>,
    pub(crate) charge: Mutex<Charge>,
    /// How many buffers are in use; only the writer changes it.
    pub(crate) in_use: AtomicUsize,
}

impl Memory {
    /// New memory with buffers of `capacity` bytes, a whole number of pages. Nothing of it is resident but its words.
    pub(crate) fn create(capacity: usize, charge: Charge) -> io::Result<Memory> {
        let len = layout::REGION_BUFFERS_OFFSET + BUFFERS_MAX * capacity;
        let (fd, mapping) = mapping::for_readers("inos-region", len)?;
        let stamps = (0..capacity / PAGE_LEN).map(|_| AtomicU64::new(0)).collect();
        let (charge, in_use) = (Mutex::new(charge), AtomicUsize::new(layout::REGION_BUFFER_COUNT));
        let memory = Memory { fd, mapping, capacity, pins: Default::default(), stamps, charge, in_use };
        memory.write_words();
        Ok(memory)
    }

    /// Says what this is, before anybody else can see it.
    fn write_words(&self) {
        let capacity = (self.capacity as u64).to_ne_bytes();
        let words: [(usize, &[u8]); 3] = [
            (0, &layout::REGION_MAGIC),
            (layout::REGION_VERSION_OFFSET, &layout::REGION_VERSION.to_ne_bytes()),
            (layout::REGION_CAPACITY_OFFSET, &capacity),
        ];
        for (offset, bytes) in words {
            let to = self.mapping.at(offset);
            // SAFETY: the words lie in the first page of the mapping, and nobody else has the memory yet.
            unsafe { to.as_ptr().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        }
    }

    /// Bytes of one buffer.
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// The descriptor, with which others can map it for reading.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    #[inline]
    pub(crate) fn head(&self) -> &Head {
        // SAFETY: the words lie in the first page of the mapping, at a multiple of their alignment; the memory began as
        // zeros, which is a valid head, and is accessed through its atomics alone.
        unsafe { self.mapping.at(layout::REGION_HEAD_OFFSET).cast::<Head>().as_ref() }
    }

    /// Says that the region lies elsewhere, to whoever mapped this.
    pub(crate) fn retire(&self) {
        // SAFETY: as for the head.
        let retired = unsafe { self.mapping.at(layout::REGION_RETIRED_OFFSET).cast::<AtomicU32>().as_ref() };
        retired.store(1, Ordering::SeqCst);
        self.head().line.advance();
    }

    /// What a buffer holds.
    ///
    /// # Safety
    ///
    /// Nobody writes the buffer while the slice lives: it is pinned, or it is current and the writer's lock is held.
    #[inline]
    pub(crate) unsafe fn bytes(&self, index: usize, len: usize) -> &[u8] {
        let base = self.mapping.at(self.offset(index));
        // SAFETY: the buffer lies in the mapping; that nobody writes it is the caller's promise.
        unsafe { std::slice::from_raw_parts(base.as_ptr(), len.min(self.capacity)) }
    }

    /// A buffer to be written.
    ///
    /// # Safety
    ///
    /// The buffer was claimed and nobody else of this process has a slice of it.
    #[allow(clippy::mut_from_ref)]
    #[inline]
    pub(crate) unsafe fn bytes_mut(&self, index: usize) -> &mut [u8] {
        let base = self.mapping.at(self.offset(index));
        // SAFETY: as above; other processes only map it for reading and check the buffer's mark afterwards.
        unsafe { std::slice::from_raw_parts_mut(base.as_ptr(), self.capacity) }
    }

    fn offset(&self, index: usize) -> usize {
        debug_assert!(index < BUFFERS_MAX, "a buffer's number is three bits");
        layout::REGION_BUFFERS_OFFSET + index * self.capacity
    }
}
