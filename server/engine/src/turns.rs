//! When, and on which processor, a thread's turn comes. Never what share of a processor it gets.
#![allow(unsafe_code)]

use std::{
    cell::OnceCell,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use rustix::thread::{CpuSet, Pid, gettid, sched_getaffinity, sched_getcpu, sched_setaffinity};

/// The shortest turn that Linux grants, in nanoseconds.
const SHORT: u64 = 100_000;

/// Asks for short turns for the calling thread, which come sooner: when it is woken, it goes before whoever has a turn of the
/// usual length, some milliseconds. Its share stays the same.
///
/// From Linux 6.12 on (EEVDF with slices of their own, `sched_setattr(2)`); where the kernel knows or allows no such thing,
/// nothing changes.
pub(crate) fn ask_for_short() {
    let len = size_of::<libc::sched_attr>() as u32;
    // SAFETY: all zeros is a valid value of this plain struct.
    let mut attr: libc::sched_attr = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel writes at most `len` bytes, which is what `attr` has; 0 is the calling thread.
    let known = unsafe { libc::syscall(libc::SYS_sched_getattr, 0, &raw mut attr, len, 0) };
    if known != 0 || attr.sched_policy != libc::SCHED_OTHER as u32 {
        return;
    }
    attr.sched_runtime = SHORT;
    // SAFETY: the kernel reads `attr` alone, whose `size` it has filled in.
    let asked = unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attr, 0) };
    if asked != 0 {
        tracing::debug!(error = %std::io::Error::last_os_error(), "express threads have turns as long as others");
    }
}

/// A thread that may be told on which processor to wake.
pub(crate) struct Place {
    number: Pid,
    /// The one that it was last told, and is kept on; [`ANY`] where there is none.
    processor: Arc<AtomicUsize>,
}

/// No processor in particular.
const ANY: usize = usize::MAX;

thread_local! {
    /// What a thread that has a place needs to leave it: the processors that it may use, and what it was last told.
    static HOME: OnceCell<(CpuSet, Arc<AtomicUsize>)> = const { OnceCell::new() };
}

impl Place {
    /// That of the calling thread; `None` where nobody knows which processors it may use.
    pub(crate) fn own() -> Option<Self> {
        let processors = sched_getaffinity(None).ok()?;
        let (_, processor) = HOME.with(|home| home.get_or_init(|| (processors, Arc::new(ANY.into()))).clone());
        Some(Self { number: gettid(), processor })
    }

    /// Whether it was last told the processor of the calling one.
    pub(crate) fn is_here(&self) -> bool {
        self.processor.load(Relaxed) == sched_getcpu()
    }

    /// Lets the thread, which sleeps, wake on the processor of the calling one.
    pub(crate) fn call_here(&self) {
        let here = sched_getcpu();
        // What it costs, some microseconds, is paid only where it is not there already.
        if here >= CpuSet::MAX_CPU || self.processor.swap(here, Relaxed) == here {
            return;
        }
        let mut only = CpuSet::new();
        only.set(here);
        note(sched_setaffinity(Some(self.number), &only));
    }
}

/// Lets the calling thread, and those that it starts from here on, use all processors again.
pub(crate) fn spread() {
    HOME.with(|home| {
        let Some((processors, processor)) = home.get() else { return };
        if processor.swap(ANY, Relaxed) != ANY {
            note(sched_setaffinity(None, processors));
        }
    });
}

fn note(outcome: rustix::io::Result<()>) {
    if let Err(error) = outcome {
        tracing::debug!(error = &error as &dyn std::error::Error, "a thread stays with the processors that it has");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_called_to_a_processor_and_spreads_again() {
        let (tell, told) = std::sync::mpsc::channel();
        let (go, gone) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            tell.send(Place::own().unwrap()).unwrap();
            gone.recv().unwrap();
            let kept = sched_getaffinity(None).unwrap();
            spread();
            // Threads that it starts have what it has.
            let free = std::thread::spawn(|| sched_getaffinity(None).unwrap()).join().unwrap();
            (kept, free)
        });
        let place = told.recv().unwrap();
        assert!(!place.is_here());
        place.call_here();
        let here = place.processor.load(Relaxed);
        go.send(()).unwrap();
        let (kept, free) = thread.join().unwrap();
        assert!(kept.count() == 1 && kept.is_set(here), "{kept:?}");
        assert_eq!(free, sched_getaffinity(None).unwrap());
        assert_eq!(place.processor.load(Relaxed), ANY);
    }
}
