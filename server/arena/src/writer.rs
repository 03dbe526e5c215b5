//! A writer of bytes whose length need not be known: a lease, a longer lease, a file. Never shows what was not written.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use inos_failpoints::{Point, reach};

use crate::inner::Keeper;
use crate::lease::Block;
use crate::spool::Spool;
use crate::{Error, Full, Owner, Place};

/// The first lease where no length is announced.
const FIRST_LEN: usize = 4 << 10;

/// Takes bytes from front to back and keeps them where they will be sent from.
///
/// They lie in a lease, which is exchanged for a longer one when it is too short, and move to a file when they pass a
/// quarter of the arena or when the arena or the account is full.
pub struct Writer {
    arena: Arc<Keeper>,
    owner: Owner,
    expected: u64,
    max: u64,
    len: u64,
    store: Store,
}

enum Store {
    Nothing,
    Lease(Block),
    File(Spool),
}

impl Writer {
    pub(crate) fn new(arena: Arc<Keeper>, owner: Owner, expected: Option<u64>) -> Writer {
        Writer { arena, owner, expected: expected.unwrap_or(0), max: u64::MAX, len: 0, store: Store::Nothing }
    }

    /// Refuses everything past `max` bytes with [`Error::TooLong`].
    pub fn limit(mut self, max: u64) -> Writer {
        self.max = max;
        self
    }

    /// Says how many bytes there will be at most; matters before the first byte alone.
    pub fn expect(&mut self, bytes: u64) {
        self.expected = bytes;
    }

    /// Appends bytes.
    ///
    /// After an error what was written before is still there, and nothing of `bytes`.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let (start, end) = self.extend(bytes.len())?;
        match &mut self.store {
            Store::Nothing => {}
            Store::Lease(block) => block.bytes_mut(start..end).copy_from_slice(bytes),
            Store::File(spool) => spool.write(bytes)?,
        }
        reach(Point::ArenaWriting);
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Appends `len` zeros to be filled in place. Errors are those of [`write`](Writer::write).
    pub fn room(&mut self, len: usize) -> Result<&mut [u8], Error> {
        let (start, end) = self.extend(len)?;
        if let Store::Lease(block) = &mut self.store
            && block.prepare_zeroed(start..end).is_err()
        {
            self.spool()?;
        }
        let room = match &mut self.store {
            Store::Nothing => &mut [],
            Store::Lease(block) => block.bytes_mut(start..end),
            Store::File(spool) => spool.room(len)?,
        };
        self.len += len as u64;
        Ok(room)
    }

    /// Overwrites bytes that were written already, from `at` on; `false`, and nothing is done, where there are none.
    pub fn amend(&mut self, at: u64, bytes: &[u8]) -> Result<bool, Error> {
        if at.checked_add(bytes.len() as u64).is_none_or(|end| end > self.len) {
            return Ok(false);
        }
        match &mut self.store {
            Store::Nothing => {}
            Store::Lease(block) => block.bytes_mut(at as usize..at as usize + bytes.len()).copy_from_slice(bytes),
            Store::File(spool) => spool.amend(at, bytes)?,
        }
        Ok(true)
    }

    /// How many bytes were written.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether the bytes lie in a file.
    pub fn is_spooled(&self) -> bool {
        matches!(self.store, Store::File(_))
    }

    /// All that was written, without copying it.
    pub fn finish(self) -> Result<Bytes, Error> {
        match self.store {
            Store::Nothing => Ok(Bytes::new()),
            Store::Lease(block) => Ok(block.freeze(self.len as usize)),
            Store::File(spool) => spool.finish(),
        }
    }

    /// Makes place for `more` bytes and answers where in a lease they go.
    fn extend(&mut self, more: usize) -> Result<(usize, usize), Error> {
        let end = self.len.checked_add(more as u64).filter(|end| *end <= self.max);
        let end = end.ok_or(Error::TooLong { max: self.max })?;
        if more == 0 || self.is_spooled() {
            return Ok((0, 0));
        }
        let Ok(end) = usize::try_from(end) else {
            self.spool()?;
            return Ok((0, 0));
        };
        let start = self.len as usize;
        if self.capacity() < end {
            self.grow(end)?;
        }
        if let Store::Lease(block) = &self.store
            && block.prepare(start..end).is_err()
        {
            self.spool()?;
        }
        Ok((start, end))
    }

    fn capacity(&self) -> usize {
        match &self.store {
            Store::Nothing => 0,
            Store::Lease(block) => block.len(),
            Store::File(_) => usize::MAX,
        }
    }

    /// Exchanges the lease for one of at least `needed` bytes, or for a file.
    fn grow(&mut self, needed: usize) -> Result<(), Error> {
        let max = self.arena.lease_len_max();
        let expected = usize::try_from(self.expected).unwrap_or(usize::MAX);
        let wanted = match &self.store {
            Store::Nothing if expected > 0 => expected.max(needed),
            Store::Nothing => needed.max(FIRST_LEN.min(max)),
            _ => needed.max((self.capacity() * 2).min(max)),
        };
        match self.block(wanted, needed) {
            Ok(block) => self.move_to(block),
            Err(_) => self.spool(),
        }
    }

    fn block(&self, wanted: usize, needed: usize) -> Result<Block, Full> {
        match self.arena.allocate(self.owner, wanted) {
            Err(Full::Arena { .. } | Full::Account { .. }) if needed < wanted => {
                self.arena.allocate(self.owner, needed)
            }
            answer => answer,
        }
    }

    fn move_to(&mut self, mut block: Block) -> Result<(), Error> {
        if let Store::Lease(old) = &self.store
            && self.len > 0
        {
            let len = self.len as usize;
            if block.prepare(0..len).is_err() {
                return self.spool();
            }
            block.bytes_mut(0..len).copy_from_slice(old.bytes(0..len));
            self.arena.copies.add(Place::Grow, len);
        }
        self.store = Store::Lease(block);
        Ok(())
    }

    /// Moves what was written to a file, where the rest goes too.
    fn spool(&mut self) -> Result<(), Error> {
        let mut spool = Spool::create(&self.arena)?;
        if let Store::Lease(block) = &self.store {
            let len = self.len as usize;
            spool.write(block.bytes(0..len))?;
            self.arena.copies.add(Place::Spool, len);
        }
        self.store = Store::File(spool);
        Ok(())
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spooled = self.is_spooled();
        formatter.debug_struct("Writer").field("len", &self.len).field("is_spooled", &spooled).finish_non_exhaustive()
    }
}
