//! Awaiting a change of a region: one thread turns published epochs into wakers, so that a writer never runs them.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};
use std::thread::{self, JoinHandle};

use parking_lot::Mutex;

use super::{Region, RegionError};
use crate::epoch::Line;
use crate::sync::{AtomicBool, Ordering, fence, full_barrier};

/// Who awaits a change of one region.
#[derive(Default)]
pub(crate) struct Watchers {
    any: AtomicBool,
    wakers: Mutex<Wakers>,
}

#[derive(Default)]
struct Wakers {
    next: u64,
    waiting: HashMap<u64, Waker>,
}

impl Watchers {
    pub(super) fn count(&self) -> usize {
        self.wakers.lock().waiting.len()
    }

    /// Keeps a waker under its number, or under a new one.
    fn keep(&self, number: Option<u64>, waker: &Waker) -> u64 {
        let mut wakers = self.wakers.lock();
        let number = number.unwrap_or_else(|| {
            wakers.next += 1;
            wakers.next
        });
        wakers.waiting.insert(number, waker.clone());
        drop(wakers);
        self.any.store(true, Ordering::SeqCst);
        // Either whoever publishes sees that somebody waits, or the look that follows sees what it published.
        fence(Ordering::SeqCst);
        number
    }

    fn forget(&self, number: u64) {
        self.wakers.lock().waiting.remove(&number);
    }

    fn wake(&self) {
        let waiting = std::mem::take(&mut self.wakers.lock().waiting);
        waiting.into_values().for_each(Waker::wake);
    }
}

/// Regions that changed while somebody awaited it, and the thread that tells.
#[derive(Default)]
pub(crate) struct Bell {
    rung: OnceLock<Arc<Rung>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Rung {
    line: Line,
    changed: Mutex<Vec<Arc<Watchers>>>,
    stopped: AtomicBool,
}

impl Bell {
    /// Has those who await a change woken; costs one look where nobody does.
    ///
    /// What has changed was stored `SeqCst` or before an advance, so that the look comes after it in the one order of such
    /// accesses.
    #[inline]
    pub(super) fn ring(&self, watchers: &Arc<Watchers>) {
        full_barrier();
        if watchers.any.load(Ordering::SeqCst) && watchers.any.swap(false, Ordering::SeqCst) {
            let rung = self.rung.get().expect("who awaits a change has started the thread");
            rung.changed.lock().push(watchers.clone());
            rung.line.advance();
        }
    }

    /// Starts the thread, once; where that fails, whoever comes next tries again.
    fn start(&self, builder: thread::Builder) -> io::Result<()> {
        if self.rung.get().is_some() {
            return Ok(());
        }
        let mut thread = self.thread.lock();
        if thread.is_none() {
            let rung =
                Arc::new(Rung { line: Line::new(0), changed: Mutex::default(), stopped: AtomicBool::new(false) });
            let of_thread = rung.clone();
            *thread = Some(builder.name("inos-regions".into()).spawn(move || of_thread.run())?);
            self.rung.get_or_init(|| rung);
        }
        Ok(())
    }
}

impl Rung {
    fn run(&self) {
        let mut seen = 0;
        while !self.stopped.load(Ordering::SeqCst) {
            let changed = std::mem::take(&mut *self.changed.lock());
            changed.iter().for_each(|watchers| watchers.wake());
            // To wake a task costs more than a look could spare, and looking would take a core from the tasks.
            seen = self.line.rest(seen, None);
        }
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        let Some(rung) = self.rung.get() else { return };
        rung.stopped.store(true, Ordering::SeqCst);
        rung.line.advance();
        let thread = self.thread.get_mut().take();
        // The last region may go with a task that this very thread woke.
        if let Some(thread) = thread.filter(|it| it.thread().id() != thread::current().id()) {
            let joined = thread.join();
            debug_assert!(joined.is_ok(), "waking does not panic");
        }
    }
}

/// A change of a region, awaited; see [`Region::changed`] and [`Region::removed`].
pub struct Changed {
    region: Region,
    /// The epoch that is known; none where only the end is awaited.
    seen: Option<u64>,
    number: Option<u64>,
}

impl Changed {
    pub(super) fn of(region: &Region, seen: Option<u64>) -> Result<Changed, RegionError> {
        region.0.bell.start(thread::Builder::new()).map_err(|source| RegionError::Thread { source })?;
        Ok(Changed { region: region.clone(), seen, number: None })
    }

    fn has_come(&self) -> Option<u64> {
        let epoch = self.region.epoch();
        (self.seen.is_some_and(|seen| epoch != seen) || self.region.is_gone()).then_some(epoch)
    }

    fn watchers(&self) -> &Watchers {
        if self.seen.is_some() { &self.region.0.watchers } else { &self.region.0.leavers }
    }
}

impl Future for Changed {
    type Output = u64;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<u64> {
        if let Some(epoch) = self.has_come() {
            return Poll::Ready(epoch);
        }
        self.number = Some(self.watchers().keep(self.number, context.waker()));
        self.has_come().map_or(Poll::Pending, Poll::Ready)
    }
}

impl Drop for Changed {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.watchers().forget(number);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_cannot_be_started_is_an_error_and_tried_again() {
        let bell = Bell::default();
        // More stack than there are addresses.
        assert!(bell.start(thread::Builder::new().stack_size(usize::MAX / 4)).is_err());
        assert!(bell.rung.get().is_none());
        bell.start(thread::Builder::new()).unwrap();
        assert!(bell.rung.get().is_some());
    }
}
