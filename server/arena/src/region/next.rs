//! What the next epoch of a region holds: a buffer is filled, and the pages that changed are stamped. Never decides which
//! buffer that is, nor who sees it.

use std::ops::Range;

use super::RegionError;
use super::memory::{Memory, PAGE_LEN};
use super::write::Change;
use crate::sync::Ordering;

/// The next epoch while it is written.
pub(super) struct Next<'a> {
    pub(super) memory: &'a Memory,
    /// What is current.
    pub(super) from: &'a [u8],
    /// The epoch that the buffer held before.
    pub(super) held: u64,
    pub(super) epoch: u64,
}

impl Next<'_> {
    /// Fills a buffer and stamps the pages that differ from what is current; answers how many bytes it copied.
    #[inline]
    pub(super) fn fill(&self, to: &mut [u8], len: usize, change: Change<'_>) -> usize {
        match change {
            Change::Whole(bytes) => self.whole(to, bytes),
            Change::Parts(parts) => self.catch_up(to) + self.parts(to, parts),
            Change::Edit(_, edit) => {
                let copied = self.catch_up(to);
                edit(&mut to[..len]);
                self.stamp_what_differs(&to[..len]);
                copied
            }
        }
    }

    #[inline]
    fn whole(&self, to: &mut [u8], bytes: &[u8]) -> usize {
        let mut copied = 0;
        for page in 0..bytes.len().max(self.from.len()).div_ceil(PAGE_LEN) {
            let (range, fresh) = (range(page, bytes.len()), part(page, bytes));
            let has_changed = fresh != part(page, self.from);
            if has_changed || self.stamp(page) > self.held {
                to[range].copy_from_slice(fresh);
                copied += fresh.len();
            }
            if has_changed {
                self.set_stamp(page);
            }
        }
        copied
    }

    #[inline]
    fn parts(&self, to: &mut [u8], parts: &[(u64, &[u8])]) -> usize {
        for (offset, bytes) in parts {
            let range = within(*offset, bytes.len(), self.from.len()).expect("parts were checked");
            let pages = range.start / PAGE_LEN..range.end.div_ceil(PAGE_LEN);
            to[range].copy_from_slice(bytes);
            for page in pages.filter(|page| part(*page, &to[..self.from.len()]) != part(*page, self.from)) {
                self.set_stamp(page);
            }
        }
        parts.iter().map(|(_, bytes)| bytes.len()).sum()
    }

    /// Brings a buffer to what is current: only the pages that changed since the epoch that it held.
    #[inline]
    fn catch_up(&self, to: &mut [u8]) -> usize {
        let mut copied = 0;
        for page in (0..self.from.len().div_ceil(PAGE_LEN)).filter(|page| self.stamp(*page) > self.held) {
            let current = part(page, self.from);
            to[range(page, self.from.len())].copy_from_slice(current);
            copied += current.len();
        }
        copied
    }

    fn stamp_what_differs(&self, to: &[u8]) {
        let pages = to.len().max(self.from.len()).div_ceil(PAGE_LEN);
        (0..pages).filter(|page| part(*page, to) != part(*page, self.from)).for_each(|page| self.set_stamp(page));
    }

    #[inline]
    fn stamp(&self, page: usize) -> u64 {
        self.memory.stamps[page].load(Ordering::Relaxed)
    }

    /// Readers see the stamp with the epoch: it is set before that is published.
    #[inline]
    fn set_stamp(&self, page: usize) {
        self.memory.stamps[page].store(self.epoch, Ordering::Relaxed);
    }
}

/// Where a page lies in `len` bytes.
#[inline]
fn range(page: usize, len: usize) -> Range<usize> {
    let start = (page * PAGE_LEN).min(len);
    start..(start + PAGE_LEN).min(len)
}

#[inline]
fn part(page: usize, bytes: &[u8]) -> &[u8] {
    &bytes[range(page, bytes.len())]
}

/// The length itself, where all parts lie in a region that is so long.
#[inline]
pub(super) fn all_within(parts: &[(u64, &[u8])], region_len: usize) -> Result<usize, RegionError> {
    match parts.iter().find(|(offset, bytes)| within(*offset, bytes.len(), region_len).is_none()) {
        None => Ok(region_len),
        Some((offset, bytes)) => Err(RegionError::Range { offset: *offset, len: bytes.len(), region_len }),
    }
}

/// A part as a range, where it lies in `region_len` bytes.
#[inline]
pub(super) fn within(offset: u64, len: usize, region_len: usize) -> Option<Range<usize>> {
    let start = usize::try_from(offset).ok()?;
    let end = start.checked_add(len).filter(|end| *end <= region_len)?;
    Some(start..end)
}
