//! What is left of a body that nobody wanted: a little is read away, so that the connection can go on; where there is
//! more, the answer says that the connection ends with it. Without a word, the client's next request would be lost.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{
    HeaderValue, Request, Version,
    header::{CONNECTION, EXPECT},
};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use parking_lot::Mutex;
use tokio::time::timeout;

/// How much of a body is read away.
const BYTES_MAX: u64 = 64 << 10;
/// How long its rest may take to come.
const PATIENCE: Duration = Duration::from_millis(50);

/// The body of a request that is being answered, once its handler let go of it.
pub(crate) struct Leftover {
    dropped: Arc<Mutex<Option<Incoming>>>,
    /// The client sends its body only when told to, which reading would do.
    waits: bool,
}

/// A body that its handler reads, or does not.
struct Watched {
    body: Option<Incoming>,
    dropped: Arc<Mutex<Option<Incoming>>>,
}

/// Watches over a request's body; `None` where nothing can be left of it.
pub(crate) fn watch(request: Request<Incoming>) -> (Request<Body>, Option<Leftover>) {
    if request.version() >= Version::HTTP_2 || request.body().is_end_stream() {
        return (request.map(Body::new), None);
    }
    let dropped = Arc::default();
    let leftover = Leftover { dropped: Arc::clone(&dropped), waits: request.headers().contains_key(EXPECT) };
    (request.map(|body| Body::new(Watched { body: Some(body), dropped })), Some(leftover))
}

impl Leftover {
    /// Reads the rest away, or says that the connection ends with this answer.
    pub(crate) async fn settle(self, response: &mut Response) {
        let Some(body) = self.dropped.lock().take() else { return };
        if response.headers().contains_key(CONNECTION) {
            return;
        }
        let small = body.size_hint().exact().is_none_or(|len| len <= BYTES_MAX);
        if self.waits || !small || !timeout(PATIENCE, read_away(body)).await.unwrap_or(false) {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

/// Whether the body came to its end soon enough.
async fn read_away(mut body: Incoming) -> bool {
    let mut read = 0;
    loop {
        match body.frame().await {
            None => return true,
            Some(Err(_)) => return false,
            Some(Ok(frame)) => read += frame.data_ref().map_or(0, |data| data.len() as u64),
        }
        if read > BYTES_MAX {
            return false;
        }
    }
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = std::task::ready!(Pin::new(body).poll_frame(cx));
        if frame.is_none() {
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Incoming::size_hint)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) {
            *self.dropped.lock() = Some(body);
        }
    }
}
