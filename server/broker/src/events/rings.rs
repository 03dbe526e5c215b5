//! The rings in which other processes follow an account's events: how many there are, and what they were given.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use inos_arena::Ring;

use super::{Event, Hub};
use crate::Broker;

/// What rings take on this server, and what they were given since its start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RingTotals {
    /// How many there are: one of each account that a process follows.
    pub rings: u64,
    /// Processes that are attached.
    pub attached: u64,
    /// Bytes of memory that they may take.
    pub bytes: u64,
    /// Records that were written.
    pub written: u64,
    /// Records that could not be.
    pub dropped: u64,
}

/// What was written, and what was not.
#[derive(Default)]
pub(super) struct Counted {
    written: AtomicU64,
    dropped: AtomicU64,
}

impl Counted {
    /// Writes an event into a ring, where a slow reader is told that it missed it.
    pub(super) fn write(&self, event: &Event, ring: &Ring) {
        match ring.push(&event.record()) {
            Ok(_) => self.written.fetch_add(1, Relaxed),
            Err(unheld) => {
                // The ring counts it too, for its readers to see.
                tracing::debug!(seq = event.seq, %unheld, "an event was not told to attached processes");
                self.dropped.fetch_add(1, Relaxed)
            }
        };
    }
}

impl Hub {
    pub(super) fn ring_totals(&self) -> RingTotals {
        let (written, dropped) = (self.counted.written.load(Relaxed), self.counted.dropped.load(Relaxed));
        let channels: Vec<_> = self.channels.lock().values().cloned().collect();
        channels.iter().fold(RingTotals { written, dropped, ..RingTotals::default() }, |sum, channel| {
            let history = channel.history.lock();
            let Some(ring) = history.followed() else { return sum };
            RingTotals {
                rings: sum.rings + 1,
                attached: sum.attached + ring.attached() as u64,
                bytes: sum.bytes + ring.bytes() as u64,
                ..sum
            }
        })
    }
}

impl Broker {
    /// What the rings of events take on this server, all accounts together.
    pub fn ring_totals(&self) -> RingTotals {
        self.0.events.ring_totals()
    }
}
