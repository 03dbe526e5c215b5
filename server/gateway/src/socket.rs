//! A connection's bytes on their way through: tells the pulse what arrives, ends writers that nobody reads,
//! and closes so that the last answer still gets across.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

use crate::{permits::Permit, pulse::Pulse};

/// How long a closed connection is still read, so that its peer sees the answer and not a reset.
const LINGER: Duration = Duration::from_secs(1);
/// How much of it is read and thrown away.
const LINGER_BYTES_MAX: usize = 4 << 20;

/// A connection with its pulse and its place under the caps.
pub(crate) struct Socket<S> {
    inner: S,
    pulse: Arc<Pulse>,
    stall_timeout: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
    lingering: Option<Lingering>,
    _permit: Permit,
}

struct Lingering {
    until: Pin<Box<Sleep>>,
    bytes: usize,
}

impl<S> Socket<S> {
    /// The connection behind `inner`.
    pub(crate) fn new(inner: S, pulse: Arc<Pulse>, stall_timeout: Duration, permit: Permit) -> Self {
        Self { inner, pulse, stall_timeout, stalled: None, lingering: None, _permit: permit }
    }

    /// The same, with a word to the pulse of what has gone out.
    fn sent(&mut self, written: Poll<io::Result<usize>>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if matches!(written, Poll::Ready(Ok(1..))) {
            self.pulse.bytes_out();
        }
        self.bounded(written, cx)
    }

    /// Turns "not now" into an error once it has lasted too long.
    fn bounded<T>(&mut self, written: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(self.stall_timeout)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the peer reads nothing")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Socket<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        self.pulse.bytes_in(buf.filled().get(before..).unwrap_or_default());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Socket<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.sent(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.sent(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(cx);
        self.bounded(flushed, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.lingering.is_none() {
            let shut = Pin::new(&mut this.inner).poll_shutdown(cx);
            ready!(this.bounded(shut, cx))?;
            this.lingering = Some(Lingering { until: Box::pin(sleep(LINGER)), bytes: 0 });
        }
        let Some(lingering) = &mut this.lingering else { return Poll::Ready(Ok(())) };
        let mut scratch = [0_u8; 8 << 10];
        while lingering.bytes < LINGER_BYTES_MAX && lingering.until.as_mut().poll(cx).is_pending() {
            let mut buf = ReadBuf::new(&mut scratch);
            let read = ready!(Pin::new(&mut this.inner).poll_read(cx, &mut buf));
            if read.is_err() || buf.filled().is_empty() {
                break;
            }
            lingering.bytes += buf.filled().len();
        }
        Poll::Ready(Ok(()))
    }
}
