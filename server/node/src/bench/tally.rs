//! What a connection counted, and how that adds up over connections.

use hdrhistogram::Histogram;

/// The longest latency that is told apart, in nanoseconds.
const LATENCY_NS_MAX: u64 = 600_000_000_000;

/// What was counted.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    /// Jobs done within the measured span.
    pub(super) done: u64,
    /// Jobs refused for want of room.
    pub(super) rejected: u64,
    /// Jobs that went wrong.
    pub(super) errors: u64,
    /// Jobs that were due and have no answer.
    pub(super) unanswered: u64,
    /// Nanoseconds from due to done.
    pub(super) latency: Histogram<u64>,
    /// What went wrong first.
    pub(super) trouble: Option<String>,
}

impl Tally {
    pub(super) fn new() -> Self {
        let latency = Histogram::new_with_bounds(1, LATENCY_NS_MAX, 3).expect("the bounds are in order");
        Self { done: 0, rejected: 0, errors: 0, unanswered: 0, latency, trouble: None }
    }

    pub(super) fn add(&mut self, other: Self) {
        let Self { done, rejected, errors, unanswered, latency, trouble } = other;
        self.done += done;
        self.rejected += rejected;
        self.errors += errors;
        self.unanswered += unanswered;
        self.latency.add(latency).expect("both have the same bounds");
        self.trouble = self.trouble.take().or(trouble);
    }

    pub(super) fn fail(&mut self, why: &str) {
        self.errors += 1;
        self.trouble.get_or_insert_with(|| why.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::{super::micros, *};

    #[test]
    fn tallies_add_up() {
        let mut all = Tally::new();
        for ns in [1_000_u64, 2_000, 3_000] {
            let mut one = Tally::new();
            one.done = 1;
            one.latency.saturating_record_n(ns, 10);
            all.add(one);
        }
        all.fail("first");
        all.fail("second");
        assert_eq!((all.done, all.latency.len(), all.errors), (3, 30, 2));
        assert_eq!(micros(&all.latency, 0.5), Some(2.0));
        assert_eq!(micros(&all.latency, 1.0), Some(3.0));
        assert_eq!(all.trouble.as_deref(), Some("first"));
        assert_eq!(micros(&Tally::new().latency, 0.5), None);
    }

    #[test]
    fn latencies_are_told_apart_by_a_thousandth() {
        let mut tally = Tally::new();
        for ns in 1..=1_000_000_u64 {
            tally.latency.saturating_record(ns);
        }
        for (quantile, wanted) in [(0.5, 500.0), (0.99, 990.0), (0.999, 999.0)] {
            let got = micros(&tally.latency, quantile).unwrap();
            assert!((got - wanted).abs() <= wanted / 1000.0 + 0.1, "{quantile}: {got}");
        }
    }
}
