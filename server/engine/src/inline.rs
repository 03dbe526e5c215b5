//! What a method takes by measurement, per size of its input: whether it may run where its bytes arrive, and how many
//! of its jobs a worker claims at once. Never decides by a clock alone: see [`Meter`].

use std::{
    cell::Cell,
    sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use rustix::time::{ClockId, clock_gettime};

/// What 99 of 100 runs must keep to run where their bytes arrive.
const QUICK: Duration = Duration::from_micros(50);
/// A run over this demotes its method at once.
const OVERRUN: Duration = Duration::from_millis(1);
/// For so long.
const DEMOTED_NS: u64 = 1_000_000_000;
/// Runs seen before a method is trusted at a size.
const TRIED_MIN: u32 = 8;
/// Runs after which older ones count half.
const RUNS_MAX: u32 = 1_024;
/// Sizes by powers of two, the last one open.
const CLASSES: usize = 32;

/// What a method takes, by size of its input.
#[derive(Default)]
pub(crate) struct Timing {
    classes: [Class; CLASSES],
}

/// Counters are read and written without care for races: a lost sample changes nothing.
#[derive(Default)]
struct Class {
    runs: AtomicU32,
    slow: AtomicU32,
    /// Moving average in nanoseconds, 0 while unknown.
    usual_ns: AtomicU64,
    /// What the last run took.
    last_ns: AtomicU64,
    demoted_until_ns: AtomicU64,
}

impl Timing {
    fn class(&self, bytes_in: u64) -> &Class {
        &self.classes[(u64::BITS - bytes_in.leading_zeros()).min(CLASSES as u32 - 1) as usize]
    }

    /// How long a run on so many bytes takes usually; `None` while nobody knows.
    pub(crate) fn usual(&self, bytes_in: u64) -> Option<Duration> {
        let ns = self.class(bytes_in).usual_ns.load(Relaxed);
        (ns > 0).then(|| Duration::from_nanos(ns))
    }

    /// Whether runs on so many bytes were tried, and 99 of 100 took at most 50 µs.
    pub(crate) fn is_quick(&self, bytes_in: u64, now_ns: u64) -> bool {
        let Class { runs, slow, demoted_until_ns, .. } = self.class(bytes_in);
        let (runs, slow) = (runs.load(Relaxed), slow.load(Relaxed));
        // One slow run is forgiven, since the first ones meet cold caches.
        runs >= TRIED_MIN && slow <= 1 + runs / 100 && demoted_until_ns.load(Relaxed) <= now_ns
    }

    /// Notes a run.
    pub(crate) fn note(&self, bytes_in: u64, took: Duration) {
        let Class { runs, slow, usual_ns, last_ns, .. } = self.class(bytes_in);
        let (mut seen, mut late) = (runs.load(Relaxed) + 1, slow.load(Relaxed) + u32::from(took > QUICK));
        if seen >= RUNS_MAX {
            (seen, late) = (seen / 2, late / 2);
        }
        runs.store(seen, Relaxed);
        if late > 0 {
            slow.store(late, Relaxed);
        }
        let (ns, usual) = (u64::try_from(took.as_nanos()).unwrap_or(u64::MAX / 2).max(1), usual_ns.load(Relaxed));
        // A long run between short ones had its thread put aside, as a rule: it is believed once the next is long as well.
        let believed = ns.min(last_ns.swap(ns, Relaxed).max(usual));
        usual_ns.store(if usual == 0 { ns } else { usual - usual / 8 + believed / 8 }, Relaxed);
    }

    /// Keeps runs on so many bytes from where their bytes arrive, for a while.
    pub(crate) fn demote(&self, bytes_in: u64, now_ns: u64) {
        self.class(bytes_in).demoted_until_ns.store(now_ns + DEMOTED_NS, Relaxed);
    }
}

thread_local! {
    /// When this thread last looked at its own processor time, and what that was.
    static LOOKED: Cell<Option<(Instant, Duration)>> = const { Cell::new(None) };
}

/// Tells a run that took long from a run whose thread was not allowed to run.
///
/// The thread's processor time costs a system call, so it is read at most every 200 µs; it is then known to within
/// that at the end of any run.
pub(crate) struct Meter {
    begun: Instant,
}

/// How stale the known processor time may be.
const LOOK_EVERY: Duration = Duration::from_micros(200);

impl Meter {
    /// Begins a run.
    pub(crate) fn begin(now: Instant) -> Self {
        let stale = LOOKED.get().is_none_or(|(at, _)| now.saturating_duration_since(at) > LOOK_EVERY);
        if stale {
            LOOKED.set(Some((now, processor_time())));
        }
        Self { begun: now }
    }

    /// Ends it: how long it took of the thread's own work, and whether that was over 1 ms.
    ///
    /// The work of a run that took long is reckoned from the last look: what lay between that and the begin counts
    /// as worked through, so that a thread that was put aside in the run is not held against the method.
    pub(crate) fn end(self, now: Instant) -> (Duration, bool) {
        let took = now.saturating_duration_since(self.begun);
        if took <= QUICK {
            return (took, false);
        }
        let worked = LOOKED.get().map_or(took, |(at, then)| {
            let before = self.begun.saturating_duration_since(at);
            processor_time().saturating_sub(then).saturating_sub(before)
        });
        let own = took.min(worked);
        (own, own > OVERRUN)
    }
}

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_quick_once_tried_and_while_99_of_100_runs_are() {
        let timing = Timing::default();
        for _ in 0..TRIED_MIN {
            assert!(!timing.is_quick(1_024, 0));
            timing.note(1_024, Duration::from_micros(2));
        }
        assert!(timing.is_quick(1_024, 0) && timing.is_quick(2_047, 0));
        assert!(!timing.is_quick(2_048, 0), "another size is another question");
        timing.note(1_024, OVERRUN);
        assert!(timing.is_quick(1_024, 0));
        timing.note(1_024, OVERRUN);
        assert!(!timing.is_quick(1_024, 0));
        for _ in 0..RUNS_MAX {
            timing.note(1_024, Duration::from_micros(2));
        }
        assert!(timing.is_quick(1_024, 0), "what was slow is forgotten in time");
    }

    #[test]
    fn one_long_run_among_short_ones_says_nothing_and_two_in_a_row_do() {
        let timing = Timing::default();
        let note = |took| timing.note(0, took);
        let (short, long) = (Duration::from_micros(2), Duration::from_millis(3));
        note(short);
        for _ in 0..100 {
            note(long);
            note(short);
        }
        assert!(timing.usual(0).unwrap() < Duration::from_micros(3), "{:?}", timing.usual(0));
        note(long);
        note(long);
        assert!(timing.usual(0).unwrap() > Duration::from_micros(300), "{:?}", timing.usual(0));
        (0..100).for_each(|_| note(long));
        assert!(timing.usual(0).unwrap() > Duration::from_millis(2), "{:?}", timing.usual(0));
    }

    #[test]
    fn an_overrun_demotes_for_a_while() {
        let timing = Timing::default();
        (0..100).for_each(|_| timing.note(0, Duration::from_micros(1)));
        timing.demote(0, 5);
        assert!(!timing.is_quick(0, 6));
        assert!(timing.is_quick(0, 5 + DEMOTED_NS));
    }

    #[test]
    fn a_thread_that_slept_did_not_overrun() {
        let meter = Meter::begin(Instant::now());
        std::thread::park_timeout(2 * OVERRUN);
        let (own, over) = meter.end(Instant::now());
        assert!(!over && own < 2 * OVERRUN);
        let meter = Meter::begin(Instant::now());
        let start = processor_time();
        while processor_time() - start < 2 * OVERRUN {
            std::hint::spin_loop();
        }
        assert!(meter.end(Instant::now()).1);
    }
}
