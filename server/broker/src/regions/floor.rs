//! Epochs that no region has had yet, also after a restart: a number on the disk that every epoch is below.
//! Never knows which region an epoch is of.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use inos_blobs::Blobs;
use inos_protocols::Hash;
use parking_lot::Mutex;

use super::{Refusal, Time, payload};

/// How far above what is needed the number is set, so that it is seldom written: a minute, or as many epochs.
const SLACK: u64 = 60_000_000;
/// Bytes of its file are fewer than these.
const FILE_BYTES_MAX: u64 = 256;

/// The number.
#[derive(Default)]
pub(crate) struct Floor {
    /// What it was when the server began: new regions begin there.
    begun: AtomicU64,
    /// Every epoch that was published is below this, and so it stands on the disk.
    below: AtomicU64,
    raising: Mutex<()>,
}

impl Floor {
    /// The state in which it is kept.
    pub(super) fn file() -> Hash {
        Hash::of(b"the epochs of all regions")
    }

    /// Takes up what the last run left.
    pub(super) fn take_up(&self, blobs: &Blobs) -> Result<(), inos_blobs::Error> {
        let kept = blobs.state(&Self::file(), FILE_BYTES_MAX)?;
        let number = kept.and_then(|kept| kept.bytes.as_ref().try_into().ok().map(u64::from_le_bytes));
        let number = number.unwrap_or(0);
        self.begun.fetch_max(number, SeqCst);
        self.below.fetch_max(number, SeqCst);
        Ok(())
    }

    /// The first epoch of a region that is made now: the microsecond, since nobody publishes faster for long, or more
    /// where an epoch may have been there that is above it.
    pub(super) fn first_epoch(&self, created: Time) -> u64 {
        (created.as_ms().max(1) * 1000).max(self.begun.load(SeqCst))
    }

    /// Whether an epoch can be published without a word to the disk.
    pub(super) fn covers(&self, epoch: u64) -> bool {
        epoch < self.below.load(SeqCst)
    }

    /// Has an epoch stand below the number on the disk, before anybody sees it.
    pub(super) fn cover(&self, epoch: u64, blobs: &Blobs) -> Result<(), Refusal> {
        if self.covers(epoch) {
            return Ok(());
        }
        let _raising = self.raising.lock();
        if self.covers(epoch) {
            return Ok(());
        }
        let now = Time::now().as_ms().max(1) * 1000;
        let below = epoch.max(now).saturating_add(SLACK);
        blobs.keep_state(&Self::file(), b"epochs", &below.to_le_bytes()).map_err(payload::not_kept)?;
        self.below.store(below, SeqCst);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_epoch_comes_again_after_a_restart_whatever_the_clock_says() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(dir.path()).unwrap();
        let floor = Floor::default();
        floor.take_up(&blobs).unwrap();
        let old = Time::from_ms(1_000);
        assert_eq!(floor.first_epoch(old), 1_000_000);
        // Far ahead of the clock.
        let high = (Time::now().as_ms() + 3_600_000) * 1000;
        assert!(!floor.covers(high));
        floor.cover(high, &blobs).unwrap();
        assert!(floor.covers(high) && floor.covers(high + SLACK - 1) && !floor.covers(high + SLACK));
        assert_eq!(floor.first_epoch(old), 1_000_000, "within one run each name knows its own epochs");
        let again = Floor::default();
        again.take_up(&Blobs::open(dir.path()).unwrap()).unwrap();
        assert!(again.first_epoch(Time::now()) > high);
    }
}
