//! What the gateway counts of itself, and all of the node's figures in Prometheus' text form.

use std::{
    fmt::Write,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// The upper bounds of the buckets of answering times, in microseconds.
const BUCKETS_US: [u64; 12] =
    [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000, 500_000, 2_500_000, 10_000_000];

/// How often a row was asked and how it went.
#[derive(Default)]
pub(crate) struct Tally {
    by_class: [AtomicU64; 5],
    buckets: [AtomicU64; BUCKETS_US.len()],
    us: AtomicU64,
}

impl Tally {
    /// One more answer.
    pub(crate) fn count(&self, status: http::StatusCode, took: Duration) {
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        if let Some(answers) = self.by_class.get(class) {
            answers.fetch_add(1, Relaxed);
        }
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.us.fetch_add(us, Relaxed);
        let fits = BUCKETS_US.iter().position(|bound| us <= *bound);
        if let Some(bucket) = fits.and_then(|index| self.buckets.get(index)) {
            bucket.fetch_add(1, Relaxed);
        }
    }

    fn total(&self) -> u64 {
        self.by_class.iter().map(|answers| answers.load(Relaxed)).sum()
    }
}

/// What the gateway counts beside its rows.
#[derive(Default)]
pub(crate) struct Metrics {
    /// Requests that were refused before they matched a row.
    pub(crate) refused_at_the_door: AtomicU64,
    /// Handlers that panicked.
    pub(crate) panics: AtomicU64,
    /// WebSockets that are open.
    pub(crate) sockets_open: AtomicU64,
    /// Frames that came in by WebSocket.
    pub(crate) frames_in: AtomicU64,
    /// Frames that went out by WebSocket.
    pub(crate) frames_out: AtomicU64,
    /// Sessions that went on after a cut.
    pub(crate) sessions_resumed: AtomicU64,
    /// Epochs of regions that subscribers were not told of, since a newer one was there by then.
    pub(crate) epochs_skipped: AtomicU64,
    /// WebSockets closed because nobody read.
    pub(crate) slow_readers: AtomicU64,
}

/// A page of metrics that is being written.
#[derive(Default)]
pub(crate) struct Page(String);

impl Page {
    /// One figure with a name of its own.
    pub(crate) fn figure(&mut self, name: &str, kind: &str, about: &str, value: impl std::fmt::Display) {
        self.head(name, kind, about);
        self.sample(name, "", value);
    }

    /// The head of a family of samples.
    pub(crate) fn head(&mut self, name: &str, kind: &str, about: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {about}\n# TYPE {name} {kind}");
    }

    /// One sample; `labels` with its braces, or nothing.
    pub(crate) fn sample(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    /// The rows' counts and times.
    pub(crate) fn rows<'a>(&mut self, rows: impl Iterator<Item = (&'a str, &'a Tally)> + Clone) {
        self.head("inos_http_requests_total", "counter", "Answers by operation and class of status.");
        for (operation, tally) in rows.clone() {
            for (class, answers) in tally.by_class.iter().enumerate() {
                let answers = answers.load(Relaxed);
                if answers > 0 {
                    let labels = format!("{{operation=\"{operation}\",status=\"{}xx\"}}", class + 1);
                    self.sample("inos_http_requests_total", &labels, answers);
                }
            }
        }
        self.head("inos_http_request_seconds", "histogram", "Time to the head of an answer, by operation.");
        for (operation, tally) in rows.filter(|(_, tally)| tally.total() > 0) {
            self.histogram(operation, tally);
        }
    }

    fn histogram(&mut self, operation: &str, tally: &Tally) {
        let mut below = 0;
        for (bound, bucket) in BUCKETS_US.iter().zip(&tally.buckets) {
            below += bucket.load(Relaxed);
            let labels = format!("{{operation=\"{operation}\",le=\"{}\"}}", *bound as f64 / 1e6);
            self.sample("inos_http_request_seconds_bucket", &labels, below);
        }
        let total = tally.total();
        let labels = format!("{{operation=\"{operation}\"}}");
        let all = format!("{{operation=\"{operation}\",le=\"+Inf\"}}");
        self.sample("inos_http_request_seconds_bucket", &all, total);
        self.sample("inos_http_request_seconds_sum", &labels, tally.us.load(Relaxed) as f64 / 1e6);
        self.sample("inos_http_request_seconds_count", &labels, total);
    }

    /// A histogram that the broker has kept.
    pub(crate) fn spread(&mut self, name: &str, about: &str, spread: &inos_broker::Spread) {
        self.head(name, "histogram", about);
        for (bound_us, below) in &spread.below {
            let labels = format!("{{le=\"{}\"}}", *bound_us as f64 / 1e6);
            self.sample(&format!("{name}_bucket"), &labels, below);
        }
        self.sample(&format!("{name}_bucket"), "{le=\"+Inf\"}", spread.count);
        self.sample(&format!("{name}_sum"), "", spread.us as f64 / 1e6);
        self.sample(&format!("{name}_count"), "", spread.count);
    }

    /// The text.
    pub(crate) fn into_text(self) -> String {
        self.0
    }
}
