//! What goes down a connection: everything that is ready is fed together and flushed once.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use bytes::Bytes;
use futures_util::{Sink, SinkExt, stream::SplitSink};
use inos_arena::Place;
use inos_protocols::frame::{Goodbye, ServerBody};
use tokio::{
    sync::Notify,
    time::{Duration, sleep, timeout},
};

use super::{line::End, session::Session};
use crate::state::App;

/// The half of a WebSocket that writes.
pub(crate) type Down = SplitSink<WebSocket, Message>;
/// When epochs for which there was no memory are tried again; by then newer ones may have taken their place.
const SHORT: Duration = Duration::from_millis(50);
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);
/// When a client that was told to go may come back, in milliseconds.
const RETRY_AFTER_MS: u32 = 1_000;

/// Writes whatever a session has to say, until the connection breaks.
pub(crate) async fn write(app: &App, session: &Session, connection: u64, down: &mut Down, ping: &Notify) -> End {
    loop {
        let (mut fed, mut is_short, mut stored) = (false, false, Vec::new());
        while let Some(written) = session.take(connection, &app.cellar) {
            is_short = written.is_short;
            if written.messages.is_empty() {
                break;
            }
            fed = true;
            stored.extend(written.stored);
            app.metrics.frames_out.fetch_add(written.messages.len() as u64, Relaxed);
            app.broker.arena().count_copy(Place::FrameOut, written.copied);
            for message in written.messages {
                if down.feed(message).await.is_err() {
                    return End::Lost;
                }
            }
        }
        if fed && down.flush().await.is_err() {
            return End::Lost;
        }
        // What was copied for this connection is with the system now.
        drop(stored);
        tokio::select! {
            () = session.ready.notified() => {}
            () = sleep(SHORT), if is_short => {}
            () = ping.notified() => {
                if down.send(Message::Ping(Bytes::new())).await.is_err() {
                    return End::Lost;
                }
            }
        }
    }
}

/// Says why the connection ends, to whoever still listens.
pub(crate) async fn say_goodbye(session: &Arc<Session>, down: &mut Down, why: End) {
    let Some((code, reason)) = why.words() else { return };
    let goodbye = Goodbye { reason: reason.into(), retry_after_ms: RETRY_AFTER_MS };
    let last = session.look(|outbox| outbox.unnumbered(ServerBody::Goodbye(goodbye)));
    let close = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
    // Nobody may be listening any more; then the connection simply ends.
    let _ = timeout(GOODBYE, tell(down, [last, close])).await;
}

async fn tell<S: Sink<Message> + Unpin>(down: &mut S, messages: [Message; 2]) -> Result<(), S::Error> {
    for message in messages {
        down.feed(message).await?;
    }
    down.flush().await
}
