//! A 64-bit counter that threads of any process can sleep on. Never decides when to sleep or to wake: see `epoch`.

use std::time::Duration;

#[cfg(loom)]
pub(crate) use self::modelled::Word;
#[cfg(not(loom))]
pub(crate) use self::real::Word;

#[cfg(not(loom))]
mod real {
    #![allow(unsafe_code)]

    use rustix::thread::futex::{self, Flags, Timespec, Wait, WaitFlags, WaitPtr, WaitvFlags};
    use rustix::time::{ClockId, clock_gettime};

    use super::Duration;
    use crate::sync::{AtomicU32, AtomicU64, Ordering};

    /// The counter, at the address where the kernel knows its sleepers.
    #[repr(transparent)]
    #[derive(Debug)]
    pub(crate) struct Word(AtomicU64);

    impl Word {
        pub(crate) fn new(value: u64) -> Word {
            Word(AtomicU64::new(value))
        }

        #[inline(always)]
        pub(crate) fn load(&self, order: Ordering) -> u64 {
            self.0.load(order)
        }

        #[inline(always)]
        pub(crate) fn fetch_add(&self, by: u64, order: Ordering) -> u64 {
            self.0.fetch_add(by, order)
        }

        /// Sleeps while the counter's low half is that of `seen`, until woken, interrupted or late.
        pub(crate) fn sleep(&self, seen: u64, timeout: Option<Duration>) {
            let timeout = timeout.map(|timeout| Timespec {
                tv_sec: timeout.as_secs().try_into().unwrap_or(i64::MAX),
                tv_nsec: timeout.subsec_nanos().into(),
            });
            // Whatever the reason to return, the caller compares again. Shared flags: the word may lie in memory that
            // other processes map too.
            let _ = futex::wait(self.low(), Flags::empty(), seen as u32, timeout.as_ref());
        }

        /// Wakes everyone who sleeps on it.
        pub(crate) fn wake_all(&self) {
            let _ = futex::wake(self.low(), Flags::empty(), i32::MAX as u32);
        }

        /// Sleeps while the low half of each counter is that of what was seen, until one is woken, or interrupted or late.
        pub(crate) fn sleep_any(seen: &[(&Word, u64)], timeout: Option<Duration>) {
            let wait = |(word, seen): &(&Word, u64)| {
                let mut wait = Wait::new();
                wait.val = u64::from(*seen as u32);
                wait.uaddr = WaitPtr::new(std::ptr::from_ref(word.low()).cast_mut().cast());
                wait.flags = WaitFlags::SIZE_U32;
                wait
            };
            let waits: Vec<Wait> = seen.iter().map(wait).collect();
            // This call takes the moment of its end and not a span.
            let until = timeout.map(|timeout| {
                let now = clock_gettime(ClockId::Monotonic);
                let nanoseconds = now.tv_nsec as u64 + u64::from(timeout.subsec_nanos());
                let seconds = timeout.as_secs().saturating_add(nanoseconds / 1_000_000_000);
                Timespec {
                    tv_sec: now.tv_sec.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX)),
                    tv_nsec: (nanoseconds % 1_000_000_000) as i64,
                }
            });
            let slept = futex::waitv(&waits, WaitvFlags::empty(), until.as_ref(), ClockId::Monotonic);
            use rustix::io::Errno;
            if !matches!(slept, Ok(_) | Err(Errno::AGAIN | Errno::INTR | Errno::TIMEDOUT)) {
                // A kernel before 5.16, or a filter that refuses the call: the caller looks again after a moment.
                std::thread::sleep(timeout.unwrap_or(Duration::MAX).min(Duration::from_millis(1)));
            }
        }

        fn low(&self) -> &AtomicU32 {
            let halves = (&raw const self.0).cast::<AtomicU32>();
            // SAFETY: a u64 is two u32 of at most its alignment, both alive as long as `self`; nothing but atomics and
            // the kernel access it.
            unsafe { &*halves.add(usize::from(cfg!(target_endian = "big"))) }
        }
    }
}

#[cfg(loom)]
mod modelled {
    use loom::sync::{Condvar, Mutex};

    use super::Duration;
    use crate::sync::{AtomicU64, Ordering};

    /// The counter, with the kernel's queue of sleepers as a lock and a condition.
    #[derive(Debug)]
    pub(crate) struct Word {
        value: AtomicU64,
        queue: Mutex<()>,
        woken: Condvar,
    }

    impl Word {
        pub(crate) fn new(value: u64) -> Word {
            Word { value: AtomicU64::new(value), queue: Mutex::new(()), woken: Condvar::new() }
        }

        pub(crate) fn load(&self, order: Ordering) -> u64 {
            self.value.load(order)
        }

        pub(crate) fn fetch_add(&self, by: u64, order: Ordering) -> u64 {
            self.value.fetch_add(by, order)
        }

        pub(crate) fn sleep(&self, seen: u64, _timeout: Option<Duration>) {
            let queue = self.queue.lock().expect("no model panics inside the queue");
            if self.value.load(Ordering::Relaxed) as u32 == seen as u32 {
                drop(self.woken.wait(queue).expect("no model panics inside the queue"));
            }
        }

        pub(crate) fn wake_all(&self) {
            let _queue = self.queue.lock().expect("no model panics inside the queue");
            self.woken.notify_all();
        }
    }
}
