//! Every atomic of this crate, so that a model checker can replace them. Never anything but re-exports and barriers.

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};
#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};

/// Orders the read-modify-write before it ahead of the load after it.
///
/// Both are `SeqCst`, which is enough by itself in the language. Loom treats `SeqCst` accesses as acquire and release
/// only and knows the total order from fences alone, so the model gets one.
#[inline(always)]
pub(crate) fn full_barrier() {
    #[cfg(loom)]
    loom::sync::atomic::fence(Ordering::SeqCst);
}

/// The order of a store that a `SeqCst` read-modify-write follows, where looks after both must come after the store.
///
/// The language asks for `SeqCst`, which on x86-64 is an instruction as dear as the one that follows. There that one alone
/// is a full barrier for whatever came before it, and the compiler moves no store below it and no look above it. The model
/// has a fence after it, see [`full_barrier`], so that this is what it checks.
pub(crate) const BEFORE_A_BARRIER: Ordering =
    if cfg!(any(loom, target_arch = "x86_64")) { Ordering::Release } else { Ordering::SeqCst };

/// A number for the calling thread, to spread threads over shards.
#[inline]
pub(crate) fn thread_number() -> usize {
    // Plain atomics even under the model checker, which allows no statics: this number decides speed, never results.
    use std::cell::Cell;
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local!(static NUMBER: Cell<usize> = const { Cell::new(usize::MAX) });
    NUMBER.with(|number| {
        if number.get() == usize::MAX {
            number.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        number.get()
    })
}
