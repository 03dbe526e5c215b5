//! A request's body as it arrives: never more than its limit, never slower than its rate.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Body as Incoming;
use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use inos_protocols::{Refusal, refusal::Kind};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, Sleep, sleep_until},
};

use crate::cellar::Cellar;

/// How late an alarm rings where the server itself stood still: its process was stopped, or had no core to run on.
const STOOD_STILL: Duration = Duration::from_millis(500);

/// Why a body did not arrive.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    /// It is over its limit.
    #[error("the body is over {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// It comes too slowly.
    #[error("the body came slower than {per_second} bytes a second")]
    TooSlow {
        /// The fewest bytes a second.
        per_second: u64,
    },
    /// The connection broke, or its framing did.
    #[error("the body broke off")]
    Broken {
        /// How.
        source: axum::Error,
    },
}

/// How fast a body has to come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    /// The fewest bytes a second,
    pub(crate) bytes_per_second_min: u64,
    /// on average over this much waiting.
    pub(crate) window: Duration,
}

/// A body in one piece, and the room that it takes.
#[derive(Default)]
pub(crate) struct Whole {
    /// The bytes.
    pub(crate) bytes: Bytes,
    /// The room; given back when this is dropped, so it is kept for as long as the bytes are.
    pub(crate) stored: Option<OwnedSemaphorePermit>,
}

/// A request's body behind its limit and its rate.
///
/// Only the time that is spent waiting for the peer counts; a reader that takes its time is not the peer's fault, nor is a
/// server that stood still.
pub(crate) struct Guarded {
    incoming: Incoming,
    limit: u64,
    read: u64,
    rate: Rate,
    waited: Duration,
    read_in_window: u64,
    waiting: Option<Wait>,
}

struct Wait {
    since: Instant,
    alarm: Pin<Box<Sleep>>,
}

impl Guarded {
    /// The body behind a limit and a rate.
    pub(crate) fn new(incoming: Incoming, limit: u64, rate: Rate) -> Self {
        Self { incoming, limit, read: 0, rate, waited: Duration::ZERO, read_in_window: 0, waiting: None }
    }

    /// The same behind a lower limit.
    pub(crate) fn limited(mut self, limit: u64) -> Self {
        self.limit = self.limit.min(limit);
        self
    }

    /// The length that the peer has declared, if it did.
    pub(crate) fn declared_len(&self) -> Option<u64> {
        self.incoming.size_hint().exact()
    }

    /// The next bytes, `None` after the last.
    pub(crate) async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
        loop {
            let frame = std::future::poll_fn(|cx| Pin::new(&mut *self).poll_frame(cx)).await?;
            match frame.map(Frame::into_data) {
                Ok(Ok(data)) if data.is_empty() => {}
                Ok(Ok(data)) => return Some(Ok(data)),
                Ok(Err(_trailers)) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// All of it, in one piece, under the cap on what all bodies together hold.
    pub(crate) async fn collect(mut self, cellar: &Cellar) -> Result<Whole, Refusal> {
        let Some(first) = self.next().await.transpose().map_err(refusal)? else { return Ok(Whole::default()) };
        if self.incoming.is_end_stream() {
            return Ok(Whole { bytes: first, stored: None });
        }
        let mut stored = cellar.store(first.len())?;
        let expected = self.declared_len().map_or(0, |rest| usize::try_from(rest).unwrap_or(0).min(1 << 20));
        let mut whole = BytesMut::with_capacity(first.len() + expected);
        whole.extend_from_slice(&first);
        while let Some(data) = self.next().await.transpose().map_err(refusal)? {
            stored.merge(cellar.store(data.len())?);
            whole.extend_from_slice(&data);
        }
        Ok(Whole { bytes: whole.freeze(), stored: Some(stored) })
    }

    /// Counts the wait that ends now.
    fn arrived(&mut self, bytes: u64) {
        self.read_in_window += bytes;
        let Some(wait) = self.waiting.take() else { return };
        if wait.alarm.deadline().elapsed() > STOOD_STILL {
            // What the peer sent meanwhile may lie here still.
            (self.waited, self.read_in_window) = (Duration::ZERO, 0);
            return;
        }
        self.waited += wait.since.elapsed();
    }

    /// Whether the window is over and was too lean; a window that was not begins anew.
    fn is_too_slow(&mut self) -> bool {
        if self.waited < self.rate.window {
            return false;
        }
        let wanted = self.rate.bytes_per_second_min.saturating_mul(self.rate.window.as_millis() as u64) / 1000;
        let lean = self.read_in_window < wanted;
        (self.waited, self.read_in_window) = (Duration::ZERO, 0);
        lean
    }

    /// Waits for the peer, but not for ever.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let left = self.rate.window.saturating_sub(self.waited);
        let wait = self.waiting.get_or_insert_with(|| {
            let since = Instant::now();
            Wait { since, alarm: Box::pin(sleep_until(since + left)) }
        });
        wait.alarm.as_mut().poll(cx)
    }
}

impl Body for Guarded {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        loop {
            match Pin::new(&mut self.incoming).poll_frame(cx) {
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Err(source))) => return Poll::Ready(Some(Err(BodyError::Broken { source }))),
                Poll::Ready(Some(Ok(frame))) => {
                    let len = frame.data_ref().map_or(0, |data| data.len() as u64);
                    self.read = self.read.saturating_add(len);
                    if self.read > self.limit {
                        return Poll::Ready(Some(Err(BodyError::TooLarge { limit: self.limit })));
                    }
                    self.arrived(len);
                    if self.is_too_slow() {
                        break;
                    }
                    return Poll::Ready(Some(Ok(frame)));
                }
                Poll::Pending => {
                    std::task::ready!(self.wait(cx));
                    self.arrived(0);
                    if self.is_too_slow() {
                        break;
                    }
                }
            }
        }
        Poll::Ready(Some(Err(BodyError::TooSlow { per_second: self.rate.bytes_per_second_min })))
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

/// What a body that did not arrive means to its sender.
pub(crate) fn refusal(error: BodyError) -> Refusal {
    match error {
        BodyError::TooLarge { limit } => too_large(limit),
        BodyError::TooSlow { per_second } => Refusal::new(
            Kind::BodyTimeout,
            format!(
                "The body came slower than {per_second} bytes a second. Nothing was run or charged; send it again over a faster line, or in smaller parts."
            ),
        ),
        BodyError::Broken { source } => {
            tracing::debug!(error = &source as &dyn std::error::Error, "a body broke off");
            Refusal::new(Kind::BadRequest, "The body ended before it was complete. Nothing was run or charged.")
        }
    }
}

/// A body over its limit.
pub(crate) fn too_large(limit: u64) -> Refusal {
    let detail = format!("The body is over {limit} bytes, the most that is read here. Nothing was run or charged.");
    Refusal { required: Some(limit), ..Refusal::new(Kind::PayloadTooLarge, detail) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bodies_in_pieces_share_one_cellar() {
        let cellar = Cellar::new(8 << 10);
        let body = |pieces: usize| {
            let pieces = (0..pieces).map(|_| Ok::<_, std::io::Error>(Bytes::from_static(&[7; 1024])));
            let rate = Rate { bytes_per_second_min: 1024, window: Duration::from_secs(10) };
            Guarded::new(Incoming::from_stream(futures_util::stream::iter(pieces)), 1 << 20, rate)
        };
        let first = body(6).collect(&cellar).await.unwrap();
        assert_eq!(first.bytes.len(), 6 << 10);
        assert_eq!(body(3).collect(&cellar).await.err().map(|refusal| refusal.kind), Some(Kind::Overloaded));
        drop(first);
        assert!(body(3).collect(&cellar).await.is_ok());
    }

    type Sender = tokio::sync::mpsc::Sender<Result<Bytes, std::io::Error>>;

    /// What sends a body, and the body.
    fn piped() -> (Sender, Guarded) {
        let rate = Rate { bytes_per_second_min: 1024, window: Duration::from_secs(10) };
        let (sender, receiver) = tokio::sync::mpsc::channel(64);
        let stream = futures_util::stream::unfold(receiver, |mut receiver: tokio::sync::mpsc::Receiver<_>| async {
            Some((receiver.recv().await?, receiver))
        });
        (sender, Guarded::new(Incoming::from_stream(stream), 1 << 20, rate))
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_stood_still_blames_nobody() {
        let (sender, mut body) = piped();
        for bytes in [&b"abc"[..], b"def"] {
            let mut next = Box::pin(body.next());
            assert!(futures_util::poll!(&mut next).is_pending());
            tokio::time::advance(Duration::from_secs(12)).await;
            assert!(futures_util::poll!(&mut next).is_pending(), "the alarm rang two seconds late");
            sender.send(Ok(Bytes::from_static(bytes))).await.unwrap();
            assert_eq!(next.await.unwrap().unwrap(), bytes);
        }
        let mut next = Box::pin(body.next());
        assert!(futures_util::poll!(&mut next).is_pending());
        tokio::time::advance(Duration::from_secs(12)).await;
        sender.send(Ok(Bytes::from_static(b"ghi"))).await.unwrap();
        assert_eq!(next.await.unwrap().unwrap(), b"ghi"[..], "what lay there when the server went on");
        assert!(matches!(body.next().await, Some(Err(BodyError::TooSlow { .. }))), "and from then on time counts");
    }

    #[tokio::test(start_paused = true)]
    async fn only_waiting_for_the_peer_counts_as_slow() {
        let (sender, mut body) = piped();
        for _ in 0..3 {
            sender.send(Ok(Bytes::from_static(&[7; 16]))).await.unwrap();
            // The reader takes its time; that is not the peer's fault.
            tokio::time::sleep(Duration::from_secs(60)).await;
            assert_eq!(body.next().await.unwrap().unwrap().len(), 16);
        }
        let drip = tokio::spawn(async move {
            while sender.send(Ok(Bytes::from_static(b"x"))).await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        let begun = Instant::now();
        let end = loop {
            match body.next().await {
                Some(Ok(_)) => {}
                Some(Err(error)) => break error,
                None => panic!("the body ended"),
            }
        };
        assert!(matches!(end, BodyError::TooSlow { .. }));
        assert!(begun.elapsed() <= Duration::from_secs(12));
        drip.abort();
    }
}
