//! What the regions of one owner may take together. Never decides who the owner is.

use std::sync::Arc;

use crate::sync::{AtomicUsize, Ordering};

/// The bytes that some regions share; clones are the same quota.
#[derive(Debug, Clone)]
pub struct Quota(Arc<Room>);

#[derive(Debug)]
struct Room {
    used: AtomicUsize,
    max: usize,
}

impl Quota {
    /// A quota of so many bytes.
    pub fn new(max: usize) -> Quota {
        Quota(Arc::new(Room { used: AtomicUsize::new(0), max }))
    }

    /// How many bytes are taken: buffers as whole pages, and a page for each region.
    pub fn used(&self) -> usize {
        self.0.used.load(Ordering::Relaxed)
    }

    /// The most bytes.
    pub fn max(&self) -> usize {
        self.0.max
    }

    /// Takes bytes, or none where there is no room for all of them.
    pub(crate) fn take(&self, bytes: usize) -> Option<Charge> {
        let more = |used: usize| used.checked_add(bytes).filter(|used| *used <= self.0.max);
        self.0.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Charge { quota: self.clone(), bytes })
    }
}

/// Bytes of a quota, given back when dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    quota: Quota,
    bytes: usize,
}

impl Charge {
    /// Takes further bytes; `false` where there is no room for them.
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let Some(mut more) = self.quota.take(bytes) else { return false };
        self.bytes += std::mem::take(&mut more.bytes);
        true
    }

    /// How many bytes it is.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.quota.0.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
