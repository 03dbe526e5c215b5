//! One connection from its welcome to its goodbye.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::extract::ws::WebSocket;
use futures_util::{SinkExt, StreamExt};
use inos_broker::Origin;
use inos_protocols::frame::{About, Resume, ServerBody, Welcome};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{
    codec,
    line::{End, Line},
    reader::{Reader, Stopped, Up, trouble},
    session::{Session, Sessions},
    writer::{self, Down},
};
use crate::{
    auth::{Vigil, Visitor},
    serve::Arrival,
    state::App,
};

/// After how much silence the client is pinged, and after how much it is given up.
const PING_AFTER: Duration = Duration::from_secs(30);
const LOST_AFTER: Duration = Duration::from_secs(75);
/// How long jobs under way may take once the server is about to stop.
const DRAIN: Duration = Duration::from_secs(5);

/// How long, and how much, is still read after a goodbye.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES_MAX: usize = 4 << 20;

/// How a connection came in.
pub(crate) struct Wire {
    /// Who has come.
    pub(crate) visitor: Visitor,
    /// From where.
    pub(crate) arrival: Arrival,
    /// Where its jobs belong among traces.
    pub(crate) origin: Origin,
}

/// Serves one connection. What is boxed would else lie in each of the futures that are wrapped around it.
pub(crate) async fn serve(app: App, wire: Box<Wire>, session: Arc<Session>, socket: WebSocket) {
    app.metrics.sockets_open.fetch_add(1, Relaxed);
    let open = Open { app: Arc::clone(&app), line: Arc::default() };
    open.serve(&wire, session, socket).await;
    app.metrics.sockets_open.fetch_sub(1, Relaxed);
}

struct Open {
    app: App,
    line: Arc<Line>,
}

impl Open {
    async fn serve(&self, wire: &Wire, mut session: Arc<Session>, socket: WebSocket) {
        let visitor = &wire.visitor;
        let (mut down, mut up) = socket.split();
        let mut connection = session.attach(&self.line);
        let heard_ms = AtomicU64::new(0);
        let mut vigil = Vigil::over(&self.app, visitor);
        let mut reader = Reader::new(&self.app, visitor, (&self.line, wire.origin), &heard_ms);
        let why = if self.welcome(&session, &mut down, false).await.is_err() {
            End::Lost
        } else {
            loop {
                match self
                    .talk(&mut reader, (&mut vigil, &wire.arrival), &session, connection, &mut up, &mut down)
                    .await
                {
                    Stopped::End(why) => break why,
                    Stopped::Resume(resume) => {
                        if let Some((older, number)) = self.resume(visitor, &session, resume) {
                            Sessions::leave(&self.app, &session, connection, None);
                            (session, connection) = (older, number);
                            if self.welcome(&session, &mut down, true).await.is_err() {
                                break End::Lost;
                            }
                        }
                    }
                }
            }
        };
        drop(reader);
        if why == End::SlowReader {
            self.app.metrics.slow_readers.fetch_add(1, Relaxed);
        }
        writer::say_goodbye(&session, &mut down, why).await;
        let patience = why.keeps_session().then_some(self.app.options.resume);
        Sessions::leave(&self.app, &session, connection, patience);
        if why.words().is_some() {
            // The client may still hear why; whether it does is its own business.
            let _ = timeout(LINGER, hear_out(&mut up)).await;
        }
    }

    /// Reads and writes until something ends the connection or the client asks for another session.
    async fn talk(
        &self,
        reader: &mut Reader<'_>,
        (vigil, arrival): (&mut Vigil, &Arrival),
        session: &Arc<Session>,
        connection: u64,
        up: &mut Up,
        down: &mut Down,
    ) -> Stopped {
        let ping = Notify::new();
        let (heard_ms, begun) = (reader.heard_ms, reader.begun);
        let mut writing = pin!(writer::write(&self.app, session, connection, down, &ping));
        let mut reading = pin!(reader.read(session, up));
        let ended = tokio::select! {
            stopped = reading.as_mut() => return stopped,
            why = writing.as_mut() => why,
            why = self.line.is_cut() => why,
            () = silence(heard_ms, begun, &ping) => End::Lost,
            () = vigil.ended() => End::Revoked,
            () = arrival.stop.cancelled() => End::Draining,
        };
        self.line.cut(ended);
        // A frame that was begun is taken in as a whole, so that nobody has to guess which part of it was.
        tokio::select! {
            _ = reading => {}
            () = self.line.between_frames() => {}
        }
        if ended == End::Draining {
            // What is under way is still answered, and nothing new is read.
            let quiet = async {
                while !session.look(super::outbox::Outbox::is_quiet) {
                    sleep(Duration::from_millis(5)).await;
                }
            };
            tokio::select! {
                _ = writing => {}
                () = quiet => {}
                () = sleep(DRAIN) => {}
            }
        }
        Stopped::End(ended)
    }

    async fn welcome(&self, session: &Session, down: &mut Down, resumed: bool) -> Result<(), axum::Error> {
        let options = &self.app.options;
        let welcome = Welcome {
            protocol: session.codec.name().into(),
            node: self.app.node.id,
            session: session.id,
            resume_ms: options.resume.as_millis() as u32,
            window: options.window,
            frame_bytes_max: options.frame_bytes_max,
            resumed,
        };
        down.send(session.look(|outbox| outbox.unnumbered(ServerBody::Welcome(welcome)))).await
    }

    /// The session that a client goes on with; where that cannot be, the present one says so.
    fn resume(&self, visitor: &Visitor, session: &Arc<Session>, resume: Resume) -> Option<(Arc<Session>, u64)> {
        let found = self.app.sessions.find(visitor.caller.account, session.codec, resume.session);
        let attached = found.and_then(|older| {
            let number = older.attach_again(&self.line, resume.last_seq).ok_or_else(|| {
                inos_protocols::Refusal::new(
                    inos_protocols::refusal::Kind::NotFound,
                    "Some answers of the session are gone. Submit again under the same idempotency keys: recorded answers come back.",
                )
            })?;
            Ok((older, number))
        });
        match attached {
            Ok(attached) => {
                self.app.metrics.sessions_resumed.fetch_add(1, Relaxed);
                Some(attached)
            }
            Err(refusal) => {
                session.say(trouble(About::Frame, &refusal));
                None
            }
        }
    }
}

/// Reads what is still coming and throws it away: a connection that is closed over unread bytes is reset, and the goodbye
/// would be lost with it.
async fn hear_out(up: &mut Up) {
    let mut bytes = 0;
    while let Some(Ok(message)) = up.next().await {
        bytes += codec::len(&message).max(1);
        if bytes > LINGER_BYTES_MAX {
            return;
        }
    }
}

/// Pings a client that has been silent for a while, and ends where it stays silent.
async fn silence(heard_ms: &AtomicU64, begun: Instant, ping: &Notify) {
    let mut pinged_at = None;
    loop {
        let heard = begun + Duration::from_millis(heard_ms.load(Relaxed));
        let silent = heard.elapsed();
        if silent >= LOST_AFTER {
            return;
        }
        if silent < PING_AFTER {
            sleep_until(heard + PING_AFTER).await;
            continue;
        }
        if pinged_at.replace(heard) != Some(heard) {
            ping.notify_one();
        }
        // One that answers is pinged again when it has been silent for as long as this time.
        sleep_until((Instant::now() + PING_AFTER).min(heard + LOST_AFTER)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_silent_client_is_pinged_once_and_then_given_up() {
        let (begun, heard_ms, ping) = (Instant::now(), AtomicU64::new(0), Notify::new());
        let pings = parking_lot::Mutex::new(Vec::new());
        let count = async {
            loop {
                ping.notified().await;
                pings.lock().push(begun.elapsed().as_secs());
            }
        };
        tokio::select! {
            () = silence(&heard_ms, begun, &ping) => {}
            () = count => {}
        }
        assert_eq!((pings.into_inner(), begun.elapsed().as_secs()), (vec![30], 75));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_answers_is_pinged_in_every_silence() {
        let (begun, heard_ms, ping) = (Instant::now(), AtomicU64::new(0), Notify::new());
        let answer = async {
            for _ in 0..10 {
                ping.notified().await;
                sleep(Duration::from_millis(50)).await;
                heard_ms.store(begun.elapsed().as_millis() as u64, Relaxed);
            }
        };
        tokio::select! {
            () = silence(&heard_ms, begun, &ping) => panic!("it was there"),
            () = answer => {}
        }
        assert_eq!(begun.elapsed().as_secs(), 300);
    }
}
