//! How jobs ended lately: how many in which state, and how long they waited and ran. Counts and times of all accounts
//! together; what a job was or whose is not in it. Nobody waits for it, and no timer keeps it.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use inos_ledger::Ending;
use inos_protocols::{job::State, time::Time};
use parking_lot::Mutex;

/// How long the window is of which figures are told.
pub const PACE_WINDOW: Duration = Duration::from_secs(60);
/// The window moves on by steps of this length.
const STEP: Duration = Duration::from_secs(5);
const STEPS: u64 = PACE_WINDOW.as_secs() / STEP.as_secs();
/// Buckets of a doubling, as a power of two: what is told of a time is at most a sixteenth more than it was.
const FINE: u32 = 4;
const FINE_LEN: u64 = 1 << FINE;
/// Longer times than this doubling of a microsecond, 19 hours, are counted as if they were that long.
const DOUBLINGS_MAX: u32 = 36;
const BUCKETS: usize = ((DOUBLINGS_MAX - FINE + 1) * (1 << FINE)) as usize;
/// The states that a job ends in.
const ENDS: [State; 4] = [State::Succeeded, State::Failed, State::Cancelled, State::Expired];

/// Times, counted in buckets.
type Counts = [u64; BUCKETS];

/// How often each time was seen since the start.
struct Histogram {
    buckets: [AtomicU64; BUCKETS],
    us: AtomicU64,
}

/// What was counted by some moment.
#[derive(Clone)]
struct Taken {
    ended: [u64; ENDS.len()],
    waited: Counts,
    ran: Counts,
    took: Counts,
}

/// How jobs end, counted as they do.
pub(crate) struct Pace {
    begun: Instant,
    ended: [AtomicU64; ENDS.len()],
    waited: Histogram,
    ran: Histogram,
    took: Histogram,
    /// The step in which something was counted last.
    step: AtomicU64,
    /// What had been counted when a step began in which something was counted.
    marks: Mutex<VecDeque<(u64, Box<Taken>)>>,
}

/// How long jobs took that are counted here: three quantiles, none of them too low, each at most a sixteenth too high.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// How many they are of.
    pub count: u64,
    /// Half of them took no longer, in microseconds.
    pub p50_us: u64,
    /// 95 in 100 took no longer.
    pub p95_us: u64,
    /// 99 in 100 took no longer.
    pub p99_us: u64,
}

/// How jobs ended within a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lately {
    /// When the window began: up to a minute ago, not before the start.
    pub since: Time,
    /// How long it is.
    pub window: Duration,
    /// How many ended in each state.
    pub succeeded: u64,
    /// Those that failed.
    pub failed: u64,
    /// Those that were cancelled.
    pub cancelled: u64,
    /// Those that ran out of time.
    pub expired: u64,
    /// From when the server had a job until it began; none where none began.
    pub waited: Option<Times>,
    /// How long its unit worked.
    pub ran: Option<Times>,
    /// Both together: until it had ended, without the commit that charges for it.
    pub took: Option<Times>,
}

/// Since the start: how many jobs took no longer than each bound, how many there were, and how long in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spread {
    /// Bounds in microseconds, each with how many were at or below it.
    pub below: Vec<(u64, u64)>,
    /// How many there were.
    pub count: u64,
    /// Their times together, in microseconds.
    pub us: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            begun: Instant::now(),
            ended: Default::default(),
            waited: Histogram::default(),
            ran: Histogram::default(),
            took: Histogram::default(),
            step: AtomicU64::new(0),
            marks: Mutex::new(VecDeque::new()),
        }
    }
}

impl Pace {
    /// One more job has ended. Its times count where it was begun, and where they are no session's: those last as long as
    /// somebody wants them to.
    pub(crate) fn count(&self, ending: &Ending, is_session: bool) {
        self.count_at(self.begun.elapsed(), ending, is_session);
    }

    fn count_at(&self, at: Duration, ending: &Ending, is_session: bool) {
        self.mark(step_of(at));
        if let Some(place) = ENDS.iter().position(|state| *state == ending.state)
            && let Some(ended) = self.ended.get(place)
        {
            ended.fetch_add(1, Relaxed);
        }
        if ending.started.is_some() && !is_session {
            let (waited, ran) = (ending.metrics.queued_us, ending.metrics.run_us);
            self.waited.count(waited);
            self.ran.count(ran);
            self.took.count(waited.saturating_add(ran));
        }
    }

    /// Keeps what was counted before a step, once somebody counts in it.
    fn mark(&self, step: u64) {
        if self.step.load(Relaxed) >= step {
            return;
        }
        let mut marks = self.marks.lock();
        if self.step.load(Relaxed) < step {
            while marks.front().is_some_and(|(kept, _)| kept + STEPS <= step) {
                marks.pop_front();
            }
            marks.push_back((step, Box::new(self.taken())));
            self.step.store(step, Relaxed);
        }
    }

    fn taken(&self) -> Taken {
        Taken {
            ended: std::array::from_fn(|place| self.ended.get(place).map_or(0, |ended| ended.load(Relaxed))),
            waited: self.waited.taken(),
            ran: self.ran.taken(),
            took: self.took.taken(),
        }
    }

    /// How jobs ended within the window that ends now.
    pub(crate) fn lately(&self) -> Lately {
        let at = self.begun.elapsed();
        self.lately_at(at, Time::now())
    }

    fn lately_at(&self, at: Duration, now: Time) -> Lately {
        let first = (step_of(at) + 1).saturating_sub(STEPS);
        let before = match first {
            // The window reaches back to the start.
            0 => None,
            first => {
                let marks = self.marks.lock();
                let mark = marks.iter().find(|(step, _)| *step >= first).map(|(_, taken)| taken.clone());
                // Nothing was counted since: the window is empty.
                Some(mark.unwrap_or_else(|| Box::new(self.taken())))
            }
        };
        let (all, window) = (self.taken(), at.saturating_sub(STEP * u32::try_from(first).unwrap_or(u32::MAX)));
        let counted = |of: fn(&Taken) -> &Counts| Times::of(of(&all), before.as_deref().map(of));
        let [succeeded, failed, cancelled, expired] = std::array::from_fn(|place| {
            let count = |taken: &Taken| taken.ended.get(place).copied().unwrap_or_default();
            count(&all) - before.as_deref().map_or(0, count)
        });
        Lately {
            since: Time::from_ms(now.as_ms().saturating_sub(window.as_millis() as u64)),
            window,
            succeeded,
            failed,
            cancelled,
            expired,
            waited: counted(|taken| &taken.waited),
            ran: counted(|taken| &taken.ran),
            took: counted(|taken| &taken.took),
        }
    }

    /// Since the start: how long jobs waited, and how long they ran.
    pub(crate) fn spread(&self) -> [Spread; 2] {
        [self.waited.spread(), self.ran.spread()]
    }

    /// Since the start: how many ended in each state.
    pub(crate) fn ended(&self) -> [(State, u64); ENDS.len()] {
        let taken = self.taken();
        std::array::from_fn(|place| (ENDS[place], taken.ended[place]))
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: std::array::from_fn(|_| AtomicU64::new(0)), us: AtomicU64::new(0) }
    }
}

impl Histogram {
    fn count(&self, us: u64) {
        if let Some(bucket) = self.buckets.get(bucket_of(us)) {
            bucket.fetch_add(1, Relaxed);
        }
        self.us.fetch_add(us, Relaxed);
    }

    fn taken(&self) -> Counts {
        std::array::from_fn(|at| self.buckets.get(at).map_or(0, |bucket| bucket.load(Relaxed)))
    }

    /// By every second doubling: those that monitors draw.
    fn spread(&self) -> Spread {
        let (taken, mut below, mut count) = (self.taken(), Vec::new(), 0);
        for (at, seen) in taken.iter().enumerate() {
            count += seen;
            let next = upper(at) + 1;
            if next.is_power_of_two() && next.ilog2().is_multiple_of(2) {
                below.push((upper(at), count));
            }
        }
        Spread { below, count, us: self.us.load(Relaxed) }
    }
}

impl Times {
    fn of(all: &Counts, before: Option<&Counts>) -> Option<Self> {
        let within = |at: usize| all[at] - before.map_or(0, |before| before[at]);
        let count: u64 = (0..BUCKETS).map(within).sum();
        if count == 0 {
            return None;
        }
        let quantile = |percent: u64| {
            let (wanted, mut seen) = ((count * percent).div_ceil(100), 0);
            let reaches = |at: &usize| {
                seen += within(*at);
                seen >= wanted
            };
            (0..BUCKETS).find(reaches).map_or(0, upper)
        };
        Some(Self { count, p50_us: quantile(50), p95_us: quantile(95), p99_us: quantile(99) })
    }
}

fn step_of(at: Duration) -> u64 {
    at.as_secs() / STEP.as_secs()
}

/// The bucket of a time: each doubling is cut into sixteen; below that, each microsecond has its own.
fn bucket_of(us: u64) -> usize {
    let us = us.min((1 << DOUBLINGS_MAX) - 1);
    if us < FINE_LEN {
        return us as usize;
    }
    let doubling = us.ilog2() - FINE;
    (u64::from(doubling + 1) * FINE_LEN + ((us >> doubling) & (FINE_LEN - 1))) as usize
}

/// The longest time of a bucket.
fn upper(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    match (bucket / FINE_LEN).checked_sub(1) {
        None => bucket,
        Some(doubling) => ((FINE_LEN + bucket % FINE_LEN + 1) << doubling) - 1,
    }
}

#[cfg(test)]
mod tests {
    use inos_protocols::{Microcredits, job::Metrics};
    use proptest::prelude::*;

    use super::*;

    fn ending(state: State, queued_us: u64, run_us: u64) -> Ending {
        Ending {
            state,
            cost: Microcredits::ZERO,
            started: Some(Time::from_ms(1)),
            finished: Time::from_ms(2),
            attempts: 1,
            metrics: Metrics { queued_us, run_us, ..Metrics::default() },
            input_hashes: Vec::new(),
            outputs: Vec::new(),
            kept: None,
            segment: None,
            files: Vec::new(),
            error: None,
            cached_from: None,
            expires: None,
        }
    }

    fn at(pace: &Pace, seconds: u64) -> Lately {
        pace.lately_at(Duration::from_secs(seconds), Time::from_ms(1_000_000))
    }

    proptest! {
        #[test]
        fn a_time_is_told_at_most_a_sixteenth_too_long(us in 0_u64..(1 << DOUBLINGS_MAX)) {
            let told = upper(bucket_of(us));
            prop_assert!(bucket_of(us) < BUCKETS && told >= us && told - us <= us / FINE_LEN, "{us} {told}");
            prop_assert!(bucket_of(told) == bucket_of(us) && bucket_of(told + 1) > bucket_of(us) || told + 1 >= 1 << DOUBLINGS_MAX);
        }

        /// Whatever ends when, the window has what ended in its steps, and nothing else.
        #[test]
        fn the_window_has_what_ended_in_it(gaps in prop::collection::vec(0_u64..40, 1..60), look in 0_u64..200) {
            let (pace, mut now, mut all) = (Pace::default(), 0, Vec::new());
            for gap in gaps {
                now += gap;
                pace.count_at(Duration::from_secs(now), &ending(State::Succeeded, now, 0), false);
                all.push(now);
            }
            let now = now + look;
            let first = (now / 5 + 1).saturating_sub(STEPS) * 5;
            let within: Vec<_> = all.into_iter().filter(|at| *at >= first).collect();
            let told = at(&pace, now);
            prop_assert_eq!(told.succeeded, within.len() as u64);
            prop_assert_eq!(told.window, Duration::from_secs(now - first));
            prop_assert_eq!(told.waited.map_or(0, |times| times.count), within.len() as u64);
            if let (Some(times), Some(last)) = (told.waited, within.last()) {
                prop_assert!(times.p99_us <= upper(bucket_of(*last)) && times.p50_us <= times.p95_us);
            }
            prop_assert!(pace.marks.lock().len() as u64 <= STEPS);
        }
    }

    #[test]
    fn nothing_is_told_of_times_that_there_were_none_of() {
        let pace = Pace::default();
        assert_eq!((at(&pace, 3).took, at(&pace, 3).succeeded), (None, 0));
        pace.count_at(Duration::from_secs(3), &Ending { started: None, ..ending(State::Expired, 9, 9) }, false);
        pace.count_at(Duration::from_secs(3), &ending(State::Cancelled, 9, 9), true);
        let told = at(&pace, 3);
        assert_eq!((told.took, told.expired, told.cancelled), (None, 1, 1));
        assert_eq!(told.since, Time::from_ms(997_000));
    }

    #[test]
    fn quantiles_are_of_what_was_counted() {
        let pace = Pace::default();
        for us in 1..=100 {
            pace.count_at(Duration::ZERO, &ending(State::Failed, 0, us * 1_000), false);
        }
        let times = at(&pace, 0).ran.unwrap();
        for (told, exact) in [(times.p50_us, 50_000), (times.p95_us, 95_000), (times.p99_us, 99_000)] {
            assert!(told >= exact && told <= exact + exact / FINE_LEN, "{told} {exact}");
        }
        assert_eq!((times.count, at(&pace, 0).failed), (100, 100));
        let [waited, ran] = pace.spread();
        assert_eq!((ran.count, ran.us), (100, 5_050_000));
        assert_eq!(waited.below.first(), Some(&(0, 100)));
        let below = ran.below.iter().find(|(bound, _)| *bound == (1 << 16) - 1).unwrap();
        assert_eq!(below.1, 65);
    }
}
