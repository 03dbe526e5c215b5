//! The handle on one job: asks it to stop, and shows how far it is and what it says. Keeps no outcome.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use parking_lot::{Condvar, Mutex};

use crate::stream::Channel;

/// The most lines that are kept of one job.
const LINES_MAX: usize = 1_000;
/// The longest line, in bytes.
const LINE_LEN_MAX: usize = 1_024;
/// The most bytes that a unit may emit in one piece; what is longer becomes several.
const PIECE_LEN_MAX: usize = 16 << 10;
/// The most emitted bytes, and pieces, that are kept of one job.
const EMITTED_BYTES_MAX: usize = 256 << 10;
const PIECES_MAX: usize = 1_000;
/// Progress is told to a watcher at most this often.
const TELL_EVERY: Duration = Duration::from_millis(20);

/// Somebody asked.
pub(crate) const CANCELLED: u8 = 1;
/// Its time ran out.
pub(crate) const EXPIRED: u8 = 2;
/// The engine stops.
pub(crate) const STOPPING: u8 = 4;
/// A worker has it.
const BEGUN: u8 = 8;
/// Somebody wants to be told of changes.
const WATCHED: u8 = 16;
/// It gave no sign of life.
pub(crate) const SILENT: u8 = 32;
/// It waits for input that still arrives.
const AWAITS_INPUT: u8 = 64;
/// Its budget pays for no more.
pub(crate) const SPENT: u8 = 128;

type Watcher = Arc<dyn Fn() + Send + Sync>;

/// The handle on one job, shared by whoever asked for it and whoever runs it.
pub struct Control {
    /// Whose wish it is, for the lines that are logged while it runs.
    span: tracing::Span,
    flags: AtomicU8,
    revision: AtomicU64,
    /// Signs of life, counted where the method promises some.
    beats: AtomicU64,
    /// How long a session's steps took so far, in microseconds.
    busy_us: AtomicU64,
    done: AtomicU64,
    total: AtomicU64,
    rest: Mutex<Rest>,
    /// Wakes a session that sleeps.
    bell: Condvar,
}

/// Something that a unit said on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// A line.
    Line(String),
    /// Bytes that it gave out, after so many others.
    Piece(u64, Bytes),
}

#[derive(Default)]
struct Rest {
    said: Vec<Said>,
    lines: usize,
    pieces: usize,
    emitted: usize,
    /// Whether the watcher was told that no more is shown.
    is_cut: bool,
    watcher: Option<Watcher>,
    told: Option<Instant>,
    feeds: Vec<Arc<Channel>>,
}

impl Default for Control {
    fn default() -> Self {
        Self::new()
    }
}

impl Control {
    /// A handle on a job that has not begun. What is logged while it runs belongs to the present span.
    pub fn new() -> Self {
        Self {
            span: tracing::Span::current(),
            flags: AtomicU8::default(),
            revision: AtomicU64::default(),
            beats: AtomicU64::default(),
            busy_us: AtomicU64::default(),
            done: AtomicU64::default(),
            total: AtomicU64::default(),
            rest: Mutex::default(),
            bell: Condvar::new(),
        }
    }

    /// A handle on another attempt of the same job, which nobody has asked to stop.
    ///
    /// The one before stays as it is: a unit that still runs under it is still told to stop.
    pub fn again(&self) -> Self {
        Self { span: self.span.clone(), ..Self::new() }
    }

    /// The span that the job was asked for in.
    pub(crate) fn span(&self) -> &tracing::Span {
        &self.span
    }

    /// Asks the job to stop; asking twice is asking once.
    ///
    /// A running job notices at its next check. One that waits is ended when its turn comes:
    /// [`crate::Engine::cancel`] ends it at once.
    pub fn cancel(&self) {
        self.stop(CANCELLED);
    }

    /// Whether somebody asked the job to stop.
    pub fn is_cancelled(&self) -> bool {
        self.flags.load(Ordering::Acquire) & CANCELLED != 0
    }

    /// Whether a worker has begun it.
    pub fn begun(&self) -> bool {
        self.flags.load(Ordering::Acquire) & BEGUN != 0
    }

    /// How much is done, of how much; a total of 0 means that nobody knows.
    pub fn progress(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    /// What the unit said, from number `n` on. The job keeps its first 1,000 lines and its first 256 KiB of pieces.
    pub fn said_since(&self, n: usize) -> Vec<Said> {
        self.rest.lock().said.get(n..).unwrap_or_default().to_vec()
    }

    /// A number that changes whenever progress, what was said or the beginning changes.
    pub fn revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }

    /// Calls `watcher` after changes, at most every 20 ms for progress; a later watcher replaces an earlier one.
    ///
    /// It runs on the job's thread and must not block.
    pub fn on_change(&self, watcher: Box<dyn Fn() + Send + Sync>) {
        self.rest.lock().watcher = Some(Arc::from(watcher));
        self.flags.fetch_or(WATCHED, Ordering::AcqRel);
    }

    /// Which reasons to stop there are, 0 for none.
    pub(crate) fn stopped(&self) -> u8 {
        self.flags.load(Ordering::Relaxed) & (CANCELLED | EXPIRED | STOPPING | SILENT | SPENT)
    }

    /// Gives the job a reason to stop and wakes it where it waits for input.
    pub(crate) fn stop(&self, reason: u8) {
        self.flags.fetch_or(reason, Ordering::AcqRel);
        for feed in &self.rest.lock().feeds {
            feed.interrupt();
        }
        self.bell.notify_all();
    }

    /// Wakes a session that sleeps, so that it looks again whether it has to.
    pub fn nudge(&self) {
        drop(self.rest.lock());
        self.bell.notify_all();
    }

    /// Sleeps until that moment, or for good, unless there is a reason to stop or it `may_go_on`.
    ///
    /// Whoever changes what `may_go_on` looks at calls [`Control::nudge`] afterwards. It must not ask this control.
    pub(crate) fn sleep(&self, until: Option<Instant>, may_go_on: impl Fn() -> bool) {
        let mut rest = self.rest.lock();
        while self.stopped() == 0 && !may_go_on() {
            match until {
                None => self.bell.wait(&mut rest),
                Some(until) if until <= Instant::now() => return,
                Some(until) => drop(self.bell.wait_until(&mut rest, until)),
            }
        }
    }

    /// How long a session's steps took so far, in microseconds; 0 for any other job.
    pub fn busy_us(&self) -> u64 {
        self.busy_us.load(Ordering::Relaxed)
    }

    pub(crate) fn set_busy(&self, busy: Duration) {
        self.busy_us.store(u64::try_from(busy.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Lets a stop wake a reader of this channel.
    pub(crate) fn attach(&self, feed: Arc<Channel>) {
        self.rest.lock().feeds.push(Arc::clone(&feed));
        if self.stopped() != 0 {
            feed.interrupt();
        }
    }

    /// Notes a sign of life.
    pub(crate) fn beat(&self) {
        self.beats.fetch_add(1, Ordering::Relaxed);
    }

    /// How many signs of life there were.
    pub(crate) fn beats(&self) -> u64 {
        self.beats.load(Ordering::Relaxed)
    }

    /// Notes whether the run waits for input that still arrives: then it is not the unit that is silent.
    pub(crate) fn set_awaits_input(&self, awaits: bool) {
        if awaits {
            self.flags.fetch_or(AWAITS_INPUT, Ordering::Relaxed);
        } else {
            self.beat();
            self.flags.fetch_and(!AWAITS_INPUT, Ordering::Relaxed);
        }
    }

    /// Whether the run waits for input that still arrives.
    pub(crate) fn awaits_input(&self) -> bool {
        self.flags.load(Ordering::Relaxed) & AWAITS_INPUT != 0
    }

    /// Notes that a worker begins.
    pub(crate) fn begin(&self) {
        let before = self.flags.fetch_or(BEGUN, Ordering::AcqRel);
        self.revision.fetch_add(1, Ordering::Release);
        if before & WATCHED != 0 {
            let rest = self.rest.lock();
            tell(rest.watcher.clone(), rest);
        }
    }

    /// Notes how far the job is and tells nobody.
    pub(crate) fn keep_progress(&self, done: u64, total: u64) {
        self.done.store(done, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }

    /// Notes how far the job is.
    pub(crate) fn set_progress(&self, done: u64, total: u64) {
        self.keep_progress(done, total);
        self.revision.fetch_add(1, Ordering::Release);
        let mut rest = self.rest.lock();
        if rest.watcher.is_none() {
            return;
        }
        let now = Instant::now();
        if done < total && rest.told.is_some_and(|told| now - told < TELL_EVERY) {
            return;
        }
        rest.told = Some(now);
        tell(rest.watcher.clone(), rest);
    }

    /// Keeps a line, cut and made printable.
    pub(crate) fn log(&self, line: &str) {
        let mut rest = self.rest.lock();
        if rest.lines >= LINES_MAX {
            return;
        }
        rest.lines += 1;
        let last = rest.lines == LINES_MAX;
        let line = if last { "further lines are not kept".into() } else { printable(line) };
        rest.said.push(Said::Line(line));
        self.revision.fetch_add(1, Ordering::Release);
        tell(rest.watcher.clone(), rest);
    }

    /// Keeps bytes for whoever watches; a piece that does not fit is not kept, nor is any after it.
    pub(crate) fn emit(&self, bytes: &[u8]) {
        let mut rest = self.rest.lock();
        if rest.is_cut {
            return;
        }
        for piece in bytes.chunks(PIECE_LEN_MAX) {
            if rest.emitted + piece.len() > EMITTED_BYTES_MAX || rest.pieces >= PIECES_MAX {
                rest.is_cut = true;
                rest.said.push(Said::Line("further pieces of output are not shown before the end".into()));
                break;
            }
            let offset = rest.emitted as u64;
            rest.said.push(Said::Piece(offset, Bytes::copy_from_slice(piece)));
            rest.pieces += 1;
            rest.emitted += piece.len();
        }
        self.revision.fetch_add(1, Ordering::Release);
        tell(rest.watcher.clone(), rest);
    }
}

/// Calls the watcher once the lock is free, so that it may ask the control.
fn tell(watcher: Option<Watcher>, rest: parking_lot::MutexGuard<'_, Rest>) {
    drop(rest);
    if let Some(watcher) = watcher {
        watcher();
    }
}

fn printable(line: &str) -> String {
    let cut = &line[..line.floor_char_boundary(LINE_LEN_MAX)];
    cut.chars().map(|letter| if steers(letter) { ' ' } else { letter }).collect()
}

/// Whether a character steers a terminal or the direction of text, or ends a line.
fn steers(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(control: &Control) -> Vec<String> {
        let line = |said| if let Said::Line(line) = said { Some(line) } else { None };
        control.said_since(0).into_iter().filter_map(line).collect()
    }

    #[test]
    fn lines_are_cut_printable_and_few() {
        let control = Control::new();
        control.log("a\u{1b}[31mb\nc\u{202e}d");
        control.log(&"ä".repeat(LINE_LEN_MAX));
        assert_eq!(lines(&control)[0], "a [31mb c d");
        assert_eq!(lines(&control)[1].len(), LINE_LEN_MAX);
        for _ in 0..2 * LINES_MAX {
            control.log("again");
        }
        let lines = lines(&control);
        assert_eq!(lines.len(), LINES_MAX);
        assert_eq!(lines[LINES_MAX - 1], "further lines are not kept");
        assert!(control.said_since(LINES_MAX + 1).is_empty());
    }

    #[test]
    fn emitted_bytes_come_in_pieces_and_are_few() {
        let control = Control::new();
        control.emit(b"abc");
        control.emit(&[7; PIECE_LEN_MAX + 1]);
        let said = control.said_since(0);
        assert_eq!(said[0], Said::Piece(0, Bytes::from_static(b"abc")));
        let lens = said.iter().map(|said| if let Said::Piece(at, piece) = said { (*at, piece.len()) } else { (0, 0) });
        assert_eq!(lens.collect::<Vec<_>>(), [(0, 3), (3, PIECE_LEN_MAX), (3 + PIECE_LEN_MAX as u64, 1)]);
        for _ in 0..100 {
            control.emit(&[7; PIECE_LEN_MAX]);
        }
        let pieces = control
            .said_since(0)
            .into_iter()
            .map(|said| if let Said::Piece(_, piece) = said { piece.len() } else { 0 });
        assert!(pieces.sum::<usize>() <= EMITTED_BYTES_MAX);
        assert_eq!(lines(&control), ["further pieces of output are not shown before the end"], "said once");
        let many = Control::new();
        (0..2 * PIECES_MAX).for_each(|_| many.emit(b"x"));
        assert_eq!(many.said_since(0).len(), PIECES_MAX + 1);
    }

    #[test]
    fn a_change_is_told_once_the_control_can_be_asked() {
        let control = Arc::new(Control::new());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (asked, kept) = (Arc::downgrade(&control), Arc::clone(&seen));
        control.on_change(Box::new(move || {
            let control = asked.upgrade().unwrap();
            kept.lock().push((control.begun(), control.progress(), control.said_since(0).len()));
        }));
        let before = control.revision();
        control.begin();
        control.log("line");
        control.set_progress(3, 3);
        assert_eq!(*seen.lock(), [(true, (0, 0), 0), (true, (0, 0), 1), (true, (3, 3), 1)]);
        assert_eq!(control.revision(), before + 3);
    }

    #[test]
    fn another_attempt_begins_anew_and_leaves_the_one_before_stopped() {
        let control = Control::new();
        control.begin();
        control.stop(SILENT);
        let again = control.again();
        assert_eq!((again.stopped(), again.begun(), again.progress()), (0, false, (0, 0)));
        assert_eq!((control.stopped(), control.begun()), (SILENT, true));
    }

    #[test]
    fn cancelling_is_no_other_stop() {
        let control = Control::new();
        control.stop(STOPPING);
        control.stop(EXPIRED);
        assert!(!control.is_cancelled() && control.stopped() != 0);
        control.cancel();
        control.cancel();
        assert!(control.is_cancelled());
    }
}
