//! Epochs: counters that say that something changed, and sleeping until they do. Never carries what has changed.
#![allow(unsafe_code)]

use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::inner::Keeper;
use crate::layout;
use crate::mapping::Mapping;
use crate::patience::Patience;
use crate::sync::{AtomicU32, Ordering, full_barrier};
use crate::word::Word;

/// One cache line of the table of epochs; all zeros is a valid line.
#[repr(C, align(64))]
#[derive(Debug)]
pub(crate) struct Line {
    value: Word,
    waiters: AtomicU32,
    patience: Patience,
}

#[cfg(not(loom))]
const _: () = {
    assert!(size_of::<Line>() == layout::EPOCH_LINE_LEN);
    assert!(std::mem::offset_of!(Line, value) == layout::EPOCH_VALUE_OFFSET);
    assert!(std::mem::offset_of!(Line, waiters) == layout::EPOCH_WAITERS_OFFSET);
};

impl Line {
    pub(crate) fn new(value: u64) -> Line {
        Line { value: Word::new(value), waiters: AtomicU32::new(0), patience: Patience::default() }
    }

    #[inline(always)]
    pub(crate) fn value(&self) -> u64 {
        self.value.load(Ordering::Acquire)
    }

    /// Either the waiter's count is seen here and it is woken, or the waiter's own look at the counter, which comes
    /// after its count, sees the new value: there is one order of the two counters' accesses that all agree on.
    #[inline(always)]
    pub(crate) fn advance(&self) -> u64 {
        let value = self.value.fetch_add(1, Ordering::SeqCst).wrapping_add(1);
        full_barrier();
        if self.waiters.load(Ordering::SeqCst) != 0 {
            self.wake();
        }
        value
    }

    /// Wakes everyone who sleeps on it, counted or not: those of other processes count elsewhere.
    #[cold]
    #[inline(never)]
    pub(crate) fn wake(&self) {
        self.value.wake_all();
    }

    /// Waits until the counter differs from `seen` or the time is over; looks for a moment where that helped before.
    pub(crate) fn wait(&self, seen: u64, timeout: Option<Duration>) -> u64 {
        let mut value = self.value();
        // Where others sleep, whoever advances it is about to be in the kernel anyway.
        if value == seen && self.waiters() == 0 {
            self.patience.look(timeout, || {
                value = self.value();
                value != seen
            });
        }
        if value == seen { self.rest(seen, timeout) } else { value }
    }

    /// The same, but sleeps at once: for those to whom microseconds are nothing.
    pub(crate) fn rest(&self, seen: u64, timeout: Option<Duration>) -> u64 {
        let until = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let _waiter = Waiter::enter(self);
        loop {
            full_barrier();
            let value = self.value.load(Ordering::SeqCst);
            if value != seen {
                return value;
            }
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return value;
            }
            self.value.sleep(seen, left);
        }
    }

    /// Counts the caller as waiting until the guard is dropped.
    #[cfg(not(loom))]
    pub(crate) fn enter(&self) -> Waiter<'_> {
        Waiter::enter(self)
    }

    /// The counter, looked at after whatever the caller did before.
    #[cfg(not(loom))]
    pub(crate) fn value_now(&self) -> u64 {
        full_barrier();
        self.value.load(Ordering::SeqCst)
    }

    #[cfg(not(loom))]
    pub(crate) fn word(&self) -> &Word {
        &self.value
    }

    /// Sleeps on the counter without being counted, for those who may not write the line.
    pub(crate) fn sleep(&self, seen: u64, timeout: Option<Duration>) {
        self.value.sleep(seen, timeout);
    }

    pub(crate) fn waiters(&self) -> u32 {
        self.waiters.load(Ordering::Relaxed)
    }
}

/// A thread that is counted as waiting until it stops, however it stops.
pub(crate) struct Waiter<'a>(&'a Line);

impl<'a> Waiter<'a> {
    fn enter(line: &'a Line) -> Waiter<'a> {
        line.waiters.fetch_add(1, Ordering::SeqCst);
        Waiter(line)
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.waiters.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The line of an epoch in the mapping of an arena; `None` beyond the last.
pub(crate) fn line(mapping: &Mapping, index: usize) -> Option<&Line> {
    let line = mapping.at(layout::epoch_offset(index)?).cast::<Line>();
    // SAFETY: the line lies in the mapping (asserted in `layout` and by `at`), at a multiple of its alignment; the memory
    // began as zeros, which is a valid line, and is accessed through its atomics alone.
    Some(unsafe { line.as_ref() })
}

/// One epoch of an arena: advance it after writing what it stands for, wait until it differs from what was seen.
///
/// A step may stand for many writes. Whoever sees a value also sees everything written before the advance to it. The
/// counter wraps around; values are compared for being different, never for being greater.
#[derive(Clone)]
pub struct Epoch {
    arena: Arc<Keeper>,
    index: usize,
    line: NonNull<Line>,
}

// SAFETY: `line` points into the mapping that `arena` keeps alive, at a line that is only used through atomics.
unsafe impl Send for Epoch {}
// SAFETY: as above.
unsafe impl Sync for Epoch {}

impl Epoch {
    pub(crate) fn new(arena: &Arc<Keeper>, index: usize) -> Option<Epoch> {
        let line = NonNull::from(line(arena.mapping(), index)?);
        Some(Epoch { arena: arena.clone(), index, line })
    }

    /// The present value.
    #[inline]
    pub fn value(&self) -> u64 {
        self.line().value()
    }

    /// Moves on by one and answers the new value; wakes whoever waits, and costs no system call when nobody does.
    #[inline]
    pub fn advance(&self) -> u64 {
        self.line().advance()
    }

    /// Sleeps until the value differs from `seen` and answers it; after `timeout` it answers `seen` itself.
    ///
    /// Blocks the calling thread. Where that helped before it looks for at most 20 µs; then it sleeps and takes no processor
    /// time.
    pub fn wait(&self, seen: u64, timeout: Option<Duration>) -> u64 {
        self.line().wait(seen, timeout)
    }

    /// How many threads wait at this moment.
    pub fn waiters(&self) -> u32 {
        self.line().waiters()
    }

    #[inline(always)]
    pub(crate) fn line(&self) -> &Line {
        // SAFETY: the line lies in the mapping, which `arena` keeps alive.
        unsafe { self.line.as_ref() }
    }
}

impl fmt::Debug for Epoch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total_len = self.arena.mapping().len();
        formatter.debug_struct("Epoch").field("index", &self.index).field("arena_len", &total_len).finish()
    }
}
