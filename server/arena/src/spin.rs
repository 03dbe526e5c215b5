//! A lock for the few dozen instructions that a small lease takes. Never held over a system call or an allocation of pages.
#![allow(unsafe_code)]

use std::hint;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use parking_lot::lock_api::{GuardSend, Mutex, MutexGuard, RawMutex};

/// Looks before the waiting thread lets others run, one of which may be the holder.
const LOOKS_MAX: u32 = 64;

/// A lock that is given back by a plain store, which halves what a lease pays for locking.
pub(crate) type SpinLock<T> = Mutex<RawSpin, T>;
/// Access to what a [`SpinLock`] guards.
pub(crate) type SpinGuard<'a, T> = MutexGuard<'a, RawSpin, T>;

// Plain atomics even under the model checker, which cannot make them in a constant as `INIT` must.
#[derive(Debug)]
pub(crate) struct RawSpin(AtomicBool);

impl RawSpin {
    #[cold]
    fn lock_slowly(&self) {
        let mut looks = 0;
        while self.0.load(Ordering::Relaxed) || self.0.swap(true, Ordering::Acquire) {
            looks += 1;
            if looks % LOOKS_MAX == 0 { thread::yield_now() } else { hint::spin_loop() }
        }
    }
}

// SAFETY: `lock` returns only after this thread changed the flag from false to true, which nobody else can do before
// `unlock`; acquire and release order what is guarded.
unsafe impl RawMutex for RawSpin {
    #[allow(clippy::declare_interior_mutable_const)]
    const INIT: RawSpin = RawSpin(AtomicBool::new(false));

    type GuardMarker = GuardSend;

    #[inline]
    fn lock(&self) {
        if self.0.swap(true, Ordering::Acquire) {
            self.lock_slowly();
        }
    }

    #[inline]
    fn try_lock(&self) -> bool {
        !self.0.swap(true, Ordering::Acquire)
    }

    #[inline]
    unsafe fn unlock(&self) {
        self.0.store(false, Ordering::Release);
    }
}
