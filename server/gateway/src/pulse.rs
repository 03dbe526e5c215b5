//! When a connection has to go: each one tells its clock what it is doing, and the clock says until when.
//! It reads and writes nothing itself.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, Sleep};

/// Between two requests.
const IDLE: u8 = 0;
/// Within a request's header, or before the first byte.
const HEAD: u8 = 1;
/// At least one request is being answered.
const BUSY: u8 = 2;
/// No deadline.
const NEVER: u64 = u64::MAX;

/// What one connection is doing, and until when it may.
///
/// A connection's own task and its requests share it; all of them run on one thread, so plain relaxed atomics do.
pub(crate) struct Pulse {
    opened: Instant,
    header_timeout: Duration,
    idle_timeout: Duration,
    /// Whether bytes between two requests begin a header; HTTP/2 also sends frames that begin nothing.
    bytes_begin_head: bool,
    phase: AtomicU8,
    under_way: AtomicU32,
    deadline_us: AtomicU64,
    ambiguous: AtomicBool,
    touched: AtomicBool,
}

impl Pulse {
    /// A connection that has just been opened and owes its first header.
    pub(crate) fn new(header_timeout: Duration, idle_timeout: Duration, bytes_begin_head: bool) -> Arc<Self> {
        let pulse = Self {
            opened: Instant::now(),
            header_timeout,
            idle_timeout,
            bytes_begin_head,
            phase: HEAD.into(),
            under_way: 0.into(),
            deadline_us: NEVER.into(),
            ambiguous: false.into(),
            touched: false.into(),
        };
        pulse.due_in(header_timeout);
        Arc::new(pulse)
    }

    /// Bytes have arrived.
    pub(crate) fn bytes_in(&self, bytes: &[u8]) {
        let phase = self.phase.load(Relaxed);
        if phase == BUSY {
            return;
        }
        if self.bytes_begin_head && frames_twice(bytes) {
            self.ambiguous.store(true, Relaxed);
        }
        if phase == IDLE && self.bytes_begin_head {
            self.phase.store(HEAD, Relaxed);
            self.due_in(self.header_timeout);
        }
        self.touched.store(true, Relaxed);
    }

    /// Bytes of an answer have gone out: a connection that takes the rest of a long one is not at rest.
    pub(crate) fn bytes_out(&self) {
        // Over HTTP/2 a client could draw bytes out for ever by asking for signs of life.
        if self.bytes_begin_head && self.phase.load(Relaxed) == IDLE {
            self.due_in(self.idle_timeout);
        }
    }

    /// A request's header is complete; the guard lives until its answer has gone out.
    pub(crate) fn begin(self: &Arc<Self>) -> UnderWay {
        self.under_way.fetch_add(1, Relaxed);
        self.phase.store(BUSY, Relaxed);
        self.deadline_us.store(NEVER, Relaxed);
        UnderWay(Arc::clone(self))
    }

    /// Whether the header that was just read said twice how long its body is; asking forgets it.
    pub(crate) fn take_ambiguous(&self) -> bool {
        self.ambiguous.swap(false, Relaxed)
    }

    /// Whether nothing is lost by closing now: no request is under way or has begun to arrive.
    pub(crate) fn is_at_rest(&self) -> bool {
        match self.phase.load(Relaxed) {
            IDLE => true,
            HEAD => !self.touched.load(Relaxed),
            _ => false,
        }
    }

    /// Completes when the connection's time is over. It is to be polled beside the connection, in one task:
    /// only then does it see a deadline that has moved closer.
    pub(crate) async fn overdue(&self) {
        let mut sleep = std::pin::pin!(tokio::time::sleep(self.header_timeout));
        std::future::poll_fn(|cx| self.poll_overdue(sleep.as_mut(), cx)).await;
    }

    fn poll_overdue(&self, mut sleep: std::pin::Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let due_us = self.deadline_us.load(Relaxed);
            if due_us == NEVER {
                return Poll::Pending;
            }
            let due = self.opened + Duration::from_micros(due_us);
            if due < sleep.deadline() || sleep.is_elapsed() {
                sleep.as_mut().reset(due);
            }
            std::task::ready!(sleep.as_mut().poll(cx));
            if Instant::now() >= due {
                return Poll::Ready(());
            }
        }
    }

    fn due_in(&self, span: Duration) {
        let due = self.opened.elapsed().saturating_add(span).as_micros();
        self.deadline_us.store(u64::try_from(due).unwrap_or(NEVER), Relaxed);
    }
}

/// A request that is being answered.
pub(crate) struct UnderWay(Arc<Pulse>);

impl UnderWay {
    /// The connection speaks something else than HTTP from now on, and whoever speaks it keeps its times.
    pub(crate) fn hand_over(&self) {
        // Never undone, so that the connection stays busy and nobody looks for headers in its bytes.
        self.0.under_way.fetch_add(1, Relaxed);
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if self.0.under_way.fetch_sub(1, Relaxed) == 1 {
            self.0.phase.store(IDLE, Relaxed);
            self.0.touched.store(false, Relaxed);
            self.0.due_in(self.0.idle_timeout);
        }
    }
}

/// Whether the header at the start of these bytes carries both `Content-Length` and `Transfer-Encoding`.
///
/// The parser lets the latter win and removes the former, so this is the only place that can still see both.
fn frames_twice(bytes: &[u8]) -> bool {
    let (mut length, mut encoding) = (false, false);
    for line in bytes.split(|byte| *byte == b'\n').take(128) {
        if line.is_empty() || line == b"\r" {
            break;
        }
        length |= starts_with(line, b"content-length");
        encoding |= starts_with(line, b"transfer-encoding");
    }
    length && encoding
}

fn starts_with(line: &[u8], name: &[u8]) -> bool {
    line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)) && line.get(name.len()) == Some(&b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_frames_its_body_twice_is_seen() {
        assert!(frames_twice(b"POST / HTTP/1.1\r\nHost: a\r\ncontent-LENGTH: 3\r\nTransfer-Encoding: chunked\r\n\r\n"));
        assert!(frames_twice(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc"));
        assert!(!frames_twice(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nContent-Length: 3\r\n"));
        assert!(!frames_twice(b"POST / HTTP/1.1\r\nContent-Length: 3\r\nX-Transfer-Encoding: chunked\r\n\r\n"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_owes_its_first_header_in_time() {
        let pulse = Pulse::new(Duration::from_secs(10), Duration::from_secs(75), true);
        assert!(pulse.is_at_rest());
        assert_eq!(overdue_after(&pulse).await, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_rest_is_longer_than_a_header_and_bytes_end_it() {
        let pulse = Pulse::new(Duration::from_secs(10), Duration::from_secs(75), true);
        drop(pulse.begin());
        assert!(pulse.is_at_rest());
        assert_eq!(overdue_after(&pulse).await, 75);
        drop(pulse.begin());
        pulse.bytes_in(b"P");
        assert!(!pulse.is_at_rest());
        assert_eq!(overdue_after(&pulse).await, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_under_way_has_no_deadline_of_the_connection() {
        let pulse = Pulse::new(Duration::from_secs(10), Duration::from_secs(75), true);
        let _under_way = pulse.begin();
        assert!(tokio::time::timeout(Duration::from_secs(3600), pulse.overdue()).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_was_handed_over_is_left_alone() {
        let pulse = Pulse::new(Duration::from_secs(10), Duration::from_secs(75), true);
        let under_way = pulse.begin();
        under_way.hand_over();
        drop(under_way);
        pulse.bytes_in(b"Content-Length: 1\nTransfer-Encoding: chunked\n");
        assert!(!pulse.take_ambiguous());
        assert!(tokio::time::timeout(Duration::from_secs(3600), pulse.overdue()).await.is_err());
    }

    async fn overdue_after(pulse: &Pulse) -> u64 {
        let begun = Instant::now();
        pulse.overdue().await;
        begun.elapsed().as_secs()
    }
}
