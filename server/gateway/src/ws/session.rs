//! A session: what outlives a connection, so that a client that was cut off finds its answers when it comes back.

use std::{collections::HashMap, sync::Arc, time::Duration};

use inos_broker::{Replies, Reply};
use inos_protocols::{AccountId, Refusal, frame::ServerBody, ids::SessionId, refusal::Kind};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::{
    codec::Codec,
    line::{End, Line},
    outbox::{Outbox, Written},
};
use crate::{Options, cellar::Cellar, refusal::not_found, state::App};

/// The most sessions at once, cut ones included.
const SESSIONS_MAX: usize = 200_000;

/// What outlives a connection.
pub(crate) struct Session {
    /// Its name.
    pub(crate) id: SessionId,
    /// How its frames are written.
    pub(crate) codec: Codec,
    account: AccountId,
    state: Mutex<State>,
    /// Something waits to be written.
    pub(crate) ready: Notify,
    /// The window has room again.
    pub(crate) room: Notify,
    /// Something was taken to be written.
    pub(crate) taken: Notify,
}

struct State {
    outbox: Outbox,
    line: Option<Arc<Line>>,
    connections: u64,
}

impl Session {
    fn new(account: AccountId, codec: Codec, options: &Options) -> Arc<Self> {
        let outbox = Outbox::new(codec, options.resume_bytes_max, options.frame_bytes_max as usize);
        Arc::new(Self {
            id: SessionId::new(),
            codec,
            account,
            state: Mutex::new(State { outbox, line: None, connections: 0 }),
            ready: Notify::new(),
            room: Notify::new(),
            taken: Notify::new(),
        })
    }

    /// Does something with the outbox and wakes the writer.
    pub(crate) fn with<T>(&self, change: impl FnOnce(&mut Outbox) -> T) -> T {
        let mut state = self.state.lock();
        let changed = change(&mut state.outbox);
        let over = state.outbox.is_over();
        if over && state.line.is_none() {
            state.outbox.abandon();
        }
        let line = over.then(|| state.line.clone()).flatten();
        drop(state);
        match line {
            Some(line) => line.cut(End::SlowReader),
            None => self.ready.notify_one(),
        }
        changed
    }

    /// Does something with the outbox that gives the writer nothing to do.
    pub(crate) fn with_quietly<T>(&self, change: impl FnOnce(&mut Outbox) -> T) -> T {
        change(&mut self.state.lock().outbox)
    }

    /// Looks at the outbox.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Outbox) -> T) -> T {
        look(&self.state.lock().outbox)
    }

    /// Where the broker's replies go.
    pub(crate) fn replies(self: &Arc<Self>) -> Replies {
        let this = Arc::clone(self);
        Arc::new(move |reply: Reply| this.with(|outbox| outbox.push(reply)))
    }

    /// Says something to whoever is connected.
    pub(crate) fn say(&self, body: ServerBody) {
        self.with(|outbox| outbox.say(body));
    }

    /// Takes what is to be written, for the present connection's writer alone.
    pub(crate) fn take(&self, connection: u64, cellar: &Cellar) -> Option<Written> {
        let mut state = self.state.lock();
        if state.connections != connection {
            return None;
        }
        let written = state.outbox.take(cellar.of(self.account))?;
        drop(state);
        if written.made_room {
            self.room.notify_one();
        }
        self.taken.notify_waiters();
        Some(written)
    }

    /// Connects a line; the one before it is cut. Gives the connection's number.
    pub(crate) fn attach(&self, line: &Arc<Line>) -> u64 {
        self.state.lock().attach(line)
    }

    /// Connects a line and writes again what came after `last_seq`; `None` where some of that is gone.
    pub(crate) fn attach_again(&self, line: &Arc<Line>, last_seq: u64) -> Option<u64> {
        let mut state = self.state.lock();
        state.outbox.rewind(last_seq).then(|| state.attach(line))
    }
}

impl State {
    fn attach(&mut self, line: &Arc<Line>) -> u64 {
        if let Some(before) = self.line.replace(Arc::clone(line)) {
            before.cut(End::Replaced);
        }
        self.connections += 1;
        self.connections
    }
}

/// Every session that is connected or may be resumed.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<SessionId, Arc<Session>>>);

impl Sessions {
    /// Begins a session.
    pub(crate) fn begin(&self, account: AccountId, codec: Codec, options: &Options) -> Result<Arc<Session>, Refusal> {
        let session = Session::new(account, codec, options);
        let mut all = self.0.lock();
        if all.len() >= SESSIONS_MAX {
            let detail = "This server has as many WebSocket sessions as it takes.";
            return Err(Refusal::new(Kind::Overloaded, detail).retry_after_ms(10_000));
        }
        all.insert(session.id, Arc::clone(&session));
        Ok(session)
    }

    /// The session that a client wants to go on with.
    pub(crate) fn find(&self, account: AccountId, codec: Codec, id: SessionId) -> Result<Arc<Session>, Refusal> {
        let found = self.0.lock().get(&id).cloned();
        let session = found.filter(|session| session.account == account).ok_or_else(|| not_found("session"))?;
        if session.codec != codec {
            let detail = format!("The session speaks {}; open it with that subprotocol.", session.codec.name());
            return Err(Refusal::new(Kind::Conflict, detail));
        }
        Ok(session)
    }

    /// A connection has ended: its session waits for `patience`, or goes at once.
    pub(crate) fn leave(app: &App, session: &Arc<Session>, connection: u64, patience: Option<Duration>) {
        let mut state = session.state.lock();
        if state.connections != connection {
            return;
        }
        state.line = None;
        // Whoever comes back follows regions anew: what waits for it would only take room.
        state.outbox.regions.clear();
        drop(state);
        let Some(patience) = patience else { return app.sessions.forget(session) };
        let (app, session) = (Arc::clone(app), Arc::clone(session));
        tokio::spawn(async move {
            tokio::time::sleep(patience).await;
            if session.state.lock().connections == connection {
                app.sessions.forget(&session);
            }
        });
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.lock().len()
    }

    fn forget(&self, session: &Session) {
        self.0.lock().remove(&session.id);
    }
}
