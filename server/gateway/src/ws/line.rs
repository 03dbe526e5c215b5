//! One connection as others may end it, and why connections end.

use std::sync::{
    OnceLock,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The client said so.
    Closed,
    /// The connection broke, or nothing was heard for too long.
    Lost,
    /// The client reads too slowly, or not at all.
    SlowReader,
    /// The key is no good any more.
    Revoked,
    /// The server is about to stop.
    Draining,
    /// Another connection goes on with the session.
    Replaced,
    /// Pings or unreadable frames without end.
    Flood,
    /// A message over the negotiated size.
    TooLarge,
    /// Text that is not UTF-8.
    NotUtf8,
    /// A message of the other subprotocol.
    WrongKind,
    /// Bytes that are no WebSocket frames.
    Protocol,
}

impl End {
    /// The close code, and the reason as a goodbye and a close frame give it; none where nobody listens.
    pub(crate) const fn words(self) -> Option<(u16, &'static str)> {
        match self {
            Self::Closed | Self::Lost => None,
            Self::SlowReader => Some((1013, "slow-reader")),
            Self::Revoked => Some((4401, "revoked")),
            Self::Draining => Some((1012, "draining")),
            Self::Replaced => Some((4409, "resumed-elsewhere")),
            Self::Flood => Some((1008, "flood")),
            Self::TooLarge => Some((1009, "too-large")),
            Self::NotUtf8 => Some((1007, "not-utf-8")),
            Self::WrongKind => Some((1003, "wrong-kind")),
            Self::Protocol => Some((1002, "protocol")),
        }
    }

    /// Whether the session waits for its client to come back.
    pub(crate) const fn keeps_session(self) -> bool {
        matches!(self, Self::Lost | Self::SlowReader | Self::Draining | Self::TooLarge | Self::Protocol | Self::Flood)
    }
}

/// One connection, as others may end it.
#[derive(Default)]
pub(crate) struct Line {
    cut: CancellationToken,
    why: OnceLock<End>,
    in_frame: AtomicBool,
    frame_done: Notify,
}

impl Line {
    /// Ends the connection; the first reason counts.
    pub(crate) fn cut(&self, why: End) {
        self.why.get_or_init(|| why);
        self.cut.cancel();
    }

    /// Whether somebody has ended the connection.
    pub(crate) fn why(&self) -> Option<End> {
        self.why.get().copied()
    }

    /// Waits until somebody ends the connection.
    pub(crate) async fn is_cut(&self) -> End {
        self.cut.cancelled().await;
        self.why().unwrap_or(End::Lost)
    }

    /// Marks that a frame has begun to be taken in, and when it is.
    pub(crate) fn in_frame(&self, whether: bool) {
        self.in_frame.store(whether, Relaxed);
        if !whether {
            self.frame_done.notify_one();
        }
    }

    /// Waits until no frame is half taken in.
    pub(crate) async fn between_frames(&self) {
        while self.in_frame.load(Relaxed) {
            self.frame_done.notified().await;
        }
    }
}
