//! Finished spans on their way to whoever exports them: a bounded queue that never makes a job wait.
//! What finds no room is dropped and counted. Knows nothing of how spans are sent.

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    time::{Duration, Instant, SystemTime},
};

use inos_protocols::trace::{SpanId, TraceContext, TraceId};

/// The most spans that wait to be exported.
pub const SPANS_WAITING_MAX: usize = 8_192;

/// A step that has ended, as it will be exported.
///
/// Whoever makes one sees to it that names and texts are ours, or ids: never parameters, payloads, keys or queries.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Its own place in its trace.
    pub context: TraceContext,
    /// The step above it.
    pub parent: Option<SpanId>,
    /// A step of another trace that led to it.
    pub link: Option<TraceContext>,
    /// What was done, in words of ours.
    pub name: Cow<'static, str>,
    /// Whether it answers a request from outside.
    pub is_server: bool,
    /// When it began.
    pub begun: SystemTime,
    /// When it ended.
    pub ended: SystemTime,
    /// What else is known of it.
    pub attributes: Vec<(&'static str, Value)>,
    /// Whether it failed by our fault or the unit's.
    pub failed: bool,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(Cow<'static, str>),
    /// A number.
    Number(u64),
}

/// How many spans went which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SpanFigures {
    /// Taken by the collector.
    pub exported: u64,
    /// Dropped because too many waited.
    pub overflowed: u64,
    /// Dropped because the collector did not take them.
    pub refused: u64,
}

/// Where finished spans go; a cheap handle.
#[derive(Clone)]
pub struct Recorder(Arc<Shared>);

struct Shared {
    queue: SyncSender<Message>,
    /// Traces that begin here are recorded if their draw is at most this; none where it is `None`.
    draw_max: Option<u64>,
    closed: AtomicBool,
    exported: AtomicU64,
    overflowed: AtomicU64,
    refused: AtomicU64,
}

enum Message {
    Span(Span),
    Closed,
}

/// The other end: where an exporter takes spans from.
pub struct Feed {
    queue: Receiver<Message>,
    recorder: Recorder,
}

/// A queue for spans; of the traces that begin here, `ratio` (0 to 1) are recorded.
pub fn spans(ratio: f64) -> (Recorder, Feed) {
    let (sender, receiver) = sync_channel(SPANS_WAITING_MAX);
    let draw_max = (ratio > 0.0).then(|| (ratio.min(1.0) * u64::MAX as f64) as u64);
    let recorder = Recorder(Arc::new(Shared {
        queue: sender,
        draw_max,
        closed: AtomicBool::default(),
        exported: AtomicU64::default(),
        overflowed: AtomicU64::default(),
        refused: AtomicU64::default(),
    }));
    let feed = Feed { queue: receiver, recorder: recorder.clone() };
    (recorder, feed)
}

impl Recorder {
    /// A step below `parent`, or the first of `trace` where there is none; `None` where it is not to be recorded.
    ///
    /// Whoever began a trace has decided for all of it; the ratio is for traces that begin here.
    pub fn begin(&self, parent: Option<&TraceContext>, trace: TraceId) -> Option<TraceContext> {
        let sampled = match parent {
            Some(parent) => parent.sampled,
            None => self.0.draw_max.is_some_and(|max| trace.draw() <= max),
        };
        sampled.then(|| TraceContext { trace, span: SpanId::new(), sampled })
    }

    /// Takes a span; never blocks.
    pub fn record(&self, span: Span) {
        if self.0.queue.try_send(Message::Span(span)).is_err() {
            self.0.overflowed.fetch_add(1, Relaxed);
        }
    }

    /// Says that no more spans come, so that the feed ends once it is empty.
    pub fn close(&self) {
        self.0.closed.store(true, Relaxed);
        // A full queue wakes its reader anyway, and the reader looks at the flag.
        let _ = self.0.queue.try_send(Message::Closed);
    }

    /// How many spans went which way.
    pub fn figures(&self) -> SpanFigures {
        let Shared { exported, overflowed, refused, .. } = &*self.0;
        SpanFigures {
            exported: exported.load(Relaxed),
            overflowed: overflowed.load(Relaxed),
            refused: refused.load(Relaxed),
        }
    }
}

impl Feed {
    /// The spans that came within `linger` of the first, at most `len_max`; blocks until there is one.
    ///
    /// `None` once the recorder was closed and nothing is left.
    pub fn next(&self, len_max: usize, linger: Duration) -> Option<Vec<Span>> {
        let mut batch = Vec::new();
        let mut until = None;
        while batch.len() < len_max {
            let message = match until {
                _ if self.recorder.0.closed.load(Relaxed) => self.queue.try_recv().ok(),
                // Without a limit, so that a server at rest wakes nobody.
                None => self.queue.recv().ok(),
                Some(until) => self.queue.recv_timeout(Instant::saturating_duration_since(&until, Instant::now())).ok(),
            };
            match message {
                Some(Message::Span(span)) => batch.push(span),
                Some(Message::Closed) => continue,
                None => break,
            }
            until = until.or_else(|| Some(Instant::now() + linger));
        }
        (!batch.is_empty()).then_some(batch)
    }

    /// The recorder that fills it.
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Counts spans that the collector took, and those that it did not.
    pub fn count(&self, exported: u64, refused: u64) {
        self.recorder.0.exported.fetch_add(exported, Relaxed);
        self.recorder.0.refused.fetch_add(refused, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(recorder: &Recorder) -> Span {
        let context = recorder.begin(None, TraceId::new()).unwrap();
        Span {
            context,
            parent: None,
            link: None,
            name: "test".into(),
            is_server: false,
            begun: SystemTime::UNIX_EPOCH,
            ended: SystemTime::UNIX_EPOCH,
            attributes: Vec::new(),
            failed: false,
        }
    }

    #[test]
    fn what_finds_no_room_is_counted_and_the_rest_arrives() {
        let (recorder, feed) = spans(1.0);
        (0..SPANS_WAITING_MAX + 5).for_each(|_| recorder.record(span(&recorder)));
        assert_eq!(recorder.figures().overflowed, 5);
        recorder.close();
        let mut arrived = 0;
        while let Some(batch) = feed.next(512, Duration::from_secs(60)) {
            assert!(batch.len() <= 512);
            arrived += batch.len();
        }
        assert_eq!(arrived, SPANS_WAITING_MAX);
        feed.count(arrived as u64 - 1, 1);
        assert_eq!(recorder.figures().exported, SPANS_WAITING_MAX as u64 - 1);
        assert_eq!(recorder.figures().refused, 1);
    }

    #[test]
    fn a_close_wakes_a_feed_that_waits() {
        let (recorder, feed) = spans(1.0);
        let waiting = std::thread::spawn(move || feed.next(1, Duration::ZERO));
        recorder.close();
        assert_eq!(waiting.join().unwrap(), None);
    }

    #[test]
    fn a_parent_decides_and_the_ratio_decides_for_those_without() {
        let parent = |flags: &str| format!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{flags}");
        let parent = |flags| parent(flags).parse::<TraceContext>().unwrap();
        for ratio in [0.0, 1.0] {
            let (recorder, _feed) = spans(ratio);
            let below = recorder.begin(Some(&parent("01")), TraceId::new()).unwrap();
            assert!(below.sampled && below.span != parent("01").span);
            assert_eq!(recorder.begin(Some(&parent("00")), TraceId::new()), None);
            assert_eq!(recorder.begin(None, TraceId::new()).is_some(), ratio == 1.0);
        }
        let (recorder, _feed) = spans(0.25);
        let sampled = (0..10_000).filter(|_| recorder.begin(None, TraceId::new()).is_some()).count();
        assert!((2_000..3_000).contains(&sampled), "{sampled} of 10,000");
    }
}
