//! Leases: pieces of the arena that somebody holds. Never shows bytes of an earlier lease.
#![allow(unsafe_code)]

use std::fmt;
use std::ops::{Deref, DerefMut, Range};
use std::sync::Arc;

use bytes::Bytes;

use crate::Full;
use crate::inner::Keeper;
use crate::layout::{LEASES_OFFSET, SLAB_LEN};
use crate::shard::Spot;

/// Whom a lease is charged to: the dense number of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Owner(pub u64);

/// Names one lease and no later one at the same address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag {
    pub(crate) offset: usize,
    pub(crate) home: Home,
    pub(crate) generation: u64,
}

/// Who keeps the book on a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    Shard { shard: u8, spot: Spot },
    Run,
}

/// A piece of lease memory that nobody else has, given back when dropped.
pub(crate) struct Block {
    arena: Arc<Keeper>,
    owner: Owner,
    offset: usize,
    len: usize,
    home: Home,
    generation: u64,
}

impl Block {
    /// Called by the allocator alone, with a range that it gave to nobody else.
    #[inline]
    pub(crate) fn new(arena: Arc<Keeper>, owner: Owner, range: Range<usize>, home: Home, generation: u64) -> Block {
        Block { arena, owner, offset: range.start, len: range.len(), home, generation }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(crate) fn range(&self) -> Range<usize> {
        self.offset..self.offset + self.len
    }

    #[inline]
    pub(crate) fn owner(&self) -> Owner {
        self.owner
    }

    #[inline]
    pub(crate) fn home(&self) -> Home {
        self.home
    }

    #[inline]
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// Makes a range of it resident; its bytes may be those of an earlier lease.
    #[inline]
    pub(crate) fn prepare(&self, range: Range<usize>) -> Result<(), Full> {
        let range = self.within(range);
        self.arena.pages().prepare(self.arena.mapping(), range, |_| ()).map_err(|_| self.arena.full())
    }

    /// Makes a range of it resident and zeroes it where it is not yet.
    #[inline]
    pub(crate) fn prepare_zeroed(&mut self, range: Range<usize>) -> Result<(), Full> {
        let range = self.within(range);
        let mapping = self.arena.mapping();
        let zero = |old: Range<usize>| {
            let base = mapping.at(LEASES_OFFSET + old.start);
            // SAFETY: `old` is a part of `range`, which lies in this block; `&mut self` makes this the only reference.
            unsafe { base.write_bytes(0, old.len()) };
        };
        self.arena.pages().prepare(mapping, range, zero).map_err(|_| self.arena.full())
    }

    #[inline]
    pub(crate) fn bytes(&self, range: Range<usize>) -> &[u8] {
        let range = self.within(range);
        let base = self.arena.mapping().at(LEASES_OFFSET + range.start);
        // SAFETY: the range lies in this block (checked by `within`), whose memory is mapped as long as `arena` lives,
        // is initialised by the kernel, and is given to no other block before this one is dropped; mutable references
        // come from `&mut self` alone.
        unsafe { std::slice::from_raw_parts(base.as_ptr(), range.len()) }
    }

    #[inline]
    pub(crate) fn bytes_mut(&mut self, range: Range<usize>) -> &mut [u8] {
        let range = self.within(range);
        let base = self.arena.mapping().at(LEASES_OFFSET + range.start);
        // SAFETY: as in `bytes`, and `&mut self` makes this the only reference into the block.
        unsafe { std::slice::from_raw_parts_mut(base.as_ptr(), range.len()) }
    }

    /// The first `len` bytes as they are, without the slabs behind them.
    pub(crate) fn freeze(mut self, len: usize) -> Bytes {
        self.shorten(len);
        Bytes::from_owner(Frozen { block: self, len })
    }

    /// Gives back the slabs of a run that lie behind `len`.
    fn shorten(&mut self, len: usize) {
        let kept = len.max(1).next_multiple_of(SLAB_LEN);
        if self.home == Home::Run && kept < self.len {
            let tail = self.offset + kept..self.offset + self.len;
            self.len = kept;
            self.arena.give_back_tail(self.owner, tail);
        }
    }

    /// A range of this block as a range of lease memory.
    #[inline]
    fn within(&self, range: Range<usize>) -> Range<usize> {
        assert!(range.start <= range.end && range.end <= self.len, "a range lies in its block");
        self.offset + range.start..self.offset + range.end
    }
}

impl Drop for Block {
    #[inline]
    fn drop(&mut self) {
        self.arena.give_back(self);
    }
}

/// The written part of a block, readable by all clones of its `Bytes`.
struct Frozen {
    block: Block,
    len: usize,
}

impl AsRef<[u8]> for Frozen {
    fn as_ref(&self) -> &[u8] {
        self.block.bytes(0..self.len)
    }
}

/// Bytes of the arena that one holder reads and writes; they begin as zeros and are given back when dropped.
pub struct Lease {
    block: Block,
    len: usize,
}

impl Lease {
    #[inline]
    pub(crate) fn new(mut block: Block, len: usize) -> Result<Lease, Full> {
        block.prepare_zeroed(0..len)?;
        Ok(Lease { block, len })
    }

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Drops the bytes after the first `len`; a longer `len` changes nothing.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Whom it is charged to.
    pub fn owner(&self) -> Owner {
        self.block.owner
    }

    /// Its name, which no later lease at the same address has.
    pub fn tag(&self) -> Tag {
        Tag { offset: self.block.offset, home: self.block.home, generation: self.block.generation }
    }

    /// The same bytes, from now on unchangeable and shared, without copying them.
    pub fn freeze(self) -> Bytes {
        self.block.freeze(self.len)
    }
}

impl Deref for Lease {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.block.bytes(0..self.len)
    }
}

impl DerefMut for Lease {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        self.block.bytes_mut(0..self.len)
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Lease").field("len", &self.len).field("owner", &self.block.owner).finish()
    }
}
