//! Sends the steps of traces to an OTLP collector, on a thread of its own. A collector that is down, slow or silent
//! costs spans, which are counted, and never a request. Decides nothing about what is recorded.

mod message;
mod post;

use std::{
    io,
    sync::{
        Arc, OnceLock,
        mpsc::{Receiver, sync_channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use inos_broker::{Feed, Recorder, Span};
use inos_protocols::NodeId;
use ureq::http::{HeaderName, HeaderValue};

use self::{
    message::Resource,
    post::{Post, Trouble},
};

/// The most spans of one message.
const BATCH_LEN_MAX: usize = 512;
/// How long a span may wait for others to go with it.
const LINGER: Duration = Duration::from_secs(1);
/// How long the collector may take over one message.
const POST_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a message is sent to a collector that was there a moment ago; one that was not is asked once.
const ATTEMPTS_MAX: u32 = 3;
/// How long it is left alone after the first failure; each further one doubles that.
const PAUSE_MIN: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// After how long without an overflow the next one is worth a word again.
const QUIET: Duration = Duration::from_secs(60);

/// Where spans are sent, and how many.
#[derive(Clone)]
pub struct Collector {
    /// The URL that takes them.
    pub url: String,
    /// Headers that go with them, such as a key.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// How many of the traces that begin here are recorded, from 0 to 1.
    pub ratio: f64,
}

/// A running exporter; dropping it gives up what waits.
pub struct Exporter {
    recorder: Recorder,
    until: Arc<OnceLock<Instant>>,
    thread: JoinHandle<()>,
    ended: Receiver<()>,
}

impl Exporter {
    /// Starts the thread; nothing is sent before there is a span.
    pub fn start(collector: &Collector, node: NodeId, name: &str) -> io::Result<Self> {
        let (recorder, feed) = inos_broker::spans(collector.ratio);
        let (until, (sender, ended)) = (Arc::new(OnceLock::new()), sync_channel(1));
        let mut line = Line {
            overflowed: Overflow::default(),
            feed,
            post: Post::new(&collector.url, &collector.headers),
            url: collector.url.clone(),
            resource: Resource::new(node, name),
            until: Arc::clone(&until),
            pause: PAUSE_MIN,
            down_since: None,
        };
        let thread = thread::Builder::new().name("inos-otlp".into()).spawn(move || {
            line.run();
            // Nobody may wait for it any more.
            let _ = sender.try_send(());
        })?;
        tracing::info!(url = collector.url, ratio = collector.ratio, "traces are exported");
        Ok(Self { recorder, until, thread, ended })
    }

    /// Where spans go.
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Sends what waits and ends; blocks for at most `within`, after which the rest is given up.
    pub fn stop(self, within: Duration) {
        self.end_by(Instant::now() + within);
        if self.ended.recv_timeout(within).is_err() {
            tracing::warn!("stopped before every span was exported");
        }
    }

    fn end_by(&self, until: Instant) {
        // Only the first end counts.
        let _ = self.until.set(until);
        self.recorder.close();
        self.thread.thread().unpark();
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        self.end_by(Instant::now());
    }
}

/// The exporter's thread.
struct Line {
    feed: Feed,
    post: Post,
    url: String,
    resource: Resource,
    /// When everything must be over, once the server stops.
    until: Arc<OnceLock<Instant>>,
    pause: Duration,
    /// How many spans were refused when the collector went away, if it is away.
    down_since: Option<u64>,
    overflowed: Overflow,
}

/// What was last said of spans that found no room.
#[derive(Default)]
struct Overflow {
    count: u64,
    seen: Option<Instant>,
}

impl Line {
    fn run(&mut self) {
        while let Some(batch) = self.feed.next(BATCH_LEN_MAX, LINGER) {
            self.deliver(batch);
        }
    }

    fn deliver(&mut self, batch: Vec<Span>) {
        let len = batch.len() as u64;
        let message = message::encode(batch, &self.resource);
        let attempts = if self.down_since.is_some() { 1 } else { ATTEMPTS_MAX };
        for attempt in 1..=attempts {
            let left = self.left(POST_TIMEOUT);
            if left.is_zero() {
                break;
            }
            match self.post.send(&message, left) {
                Ok(refused) => return self.delivered(len, refused.min(len)),
                Err(trouble) => {
                    let last = attempt == attempts || !trouble.is_passing || self.until.get().is_some();
                    if last {
                        self.give_up(len, &trouble);
                    }
                    self.rest(trouble.retry_after);
                    if last {
                        return;
                    }
                }
            }
        }
        self.feed.count(0, len);
    }

    fn delivered(&mut self, len: u64, refused: u64) {
        self.feed.count(len - refused, refused);
        self.pause = PAUSE_MIN;
        let figures = self.feed.recorder().figures();
        if let Some(before) = self.down_since.take() {
            let dropped = figures.refused + figures.overflowed - before;
            tracing::info!(url = self.url, dropped, "the collector takes spans again");
            self.overflowed.count = figures.overflowed;
        }
        if self.overflowed.is_news(figures.overflowed) {
            tracing::warn!("spans come faster than the collector takes them: a lower --otlp-sample-ratio may help");
        }
    }

    /// Counts spans that the collector did not take, and says that it takes none, once until it does again.
    fn give_up(&mut self, len: u64, trouble: &Trouble) {
        let before = self.feed.recorder().figures();
        self.feed.count(0, len);
        if self.down_since.is_none() {
            self.down_since = Some(before.refused + before.overflowed);
            let Trouble { why, .. } = trouble;
            tracing::warn!(url = self.url, error = why, "the collector takes no spans; they are dropped until it does");
        }
    }

    /// Leaves the collector alone for a while.
    fn rest(&mut self, asked: Option<Duration>) {
        let pause = asked.unwrap_or(self.pause).clamp(self.pause, PAUSE_MAX);
        self.pause = (self.pause * 2).min(PAUSE_MAX);
        let begun = Instant::now();
        // A stop ends the pause.
        while begun.elapsed() < pause && self.until.get().is_none() {
            thread::park_timeout(pause.saturating_sub(begun.elapsed()));
        }
    }

    /// So long, or what is left where the server stops.
    fn left(&self, within: Duration) -> Duration {
        self.until.get().map_or(within, |until| within.min(until.saturating_duration_since(Instant::now())))
    }
}

impl Overflow {
    /// Whether spans found no room after they had for a while.
    fn is_news(&mut self, count: u64) -> bool {
        if std::mem::replace(&mut self.count, count) == count {
            return false;
        }
        let seen = self.seen.replace(Instant::now());
        seen.is_none_or(|seen| seen.elapsed() > QUIET)
    }
}
