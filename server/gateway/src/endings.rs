//! Sessions of the console that somebody signed out of: what they opened ends with them. The database has them too, so that
//! they stay ended over a restart and on other servers; it is asked when a cookie comes, where others write it also while
//! something is open that a session opened, and not more often than it must.

use std::{collections::HashMap, sync::Arc, time::Duration};

use inos_broker::Broker;
use inos_protocols::{Refusal, refusal::Kind, time::Time};
use parking_lot::Mutex;
use tokio::{
    sync::watch,
    time::{Instant, timeout, timeout_at},
};

use crate::seal::SessionId;

/// The most sessions that are remembered as ended before their time.
const ENDED_MAX: usize = 100_000;
/// How long an answer of the database is believed: a session that ended on another server goes on this long here.
const BELIEVED: Duration = Duration::from_secs(4);
/// The same while the database is away: as long as keys are.
const BELIEVED_AWAY: Duration = Duration::from_secs(60);
/// How long the database has for an answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long nobody asks again who must be refused without an answer.
const REFUSED_AGAIN: Duration = Duration::from_millis(500);

/// The sessions that ended.
pub(crate) struct Endings {
    ended: Mutex<HashMap<SessionId, Time>>,
    told: watch::Sender<()>,
    looked: Mutex<Looked>,
    /// Held by who asks the database.
    asking: tokio::sync::Mutex<()>,
}

/// When the database was asked.
#[derive(Default, Clone, Copy)]
struct Looked {
    asked: Option<Instant>,
    answered: Option<Instant>,
}

impl Default for Endings {
    fn default() -> Self {
        Self {
            ended: Mutex::default(),
            told: watch::Sender::new(()),
            looked: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        }
    }
}

impl Endings {
    /// Whether a session is known to have ended.
    pub(crate) fn has(&self, id: SessionId) -> bool {
        self.ended.lock().contains_key(&id)
    }

    /// The same by what the database said within the last seconds. While it is away, what it said last is believed for a
    /// minute, and only one request in a few seconds waits for it.
    pub(crate) async fn has_now(&self, broker: &Broker, id: SessionId) -> Result<bool, Refusal> {
        let looked = *self.looked.lock();
        let is_asked = self.asking.try_lock().is_err();
        let is_enough = looked.is_fresh() || (is_asked && looked.is_believed());
        if !is_enough {
            self.refresh(broker).await?;
        }
        Ok(self.has(id))
    }

    /// Asks the database, where nobody did just before.
    async fn refresh(&self, broker: &Broker) -> Result<(), Refusal> {
        let _asking = self.asking.lock().await;
        let is_fresh = self.looked.lock().is_fresh();
        if is_fresh { Ok(()) } else { self.look(broker).await }
    }

    async fn look(&self, broker: &Broker) -> Result<(), Refusal> {
        let before = *self.looked.lock();
        if before.asked.is_some_and(|at| at.elapsed() < REFUSED_AGAIN) && !before.is_believed() {
            return Err(unknown());
        }
        let found = timeout(PATIENCE, broker.consoles_ended(ENDED_MAX as u32)).await;
        let now = Some(Instant::now());
        match found {
            Ok(Ok(found)) => {
                self.take(found);
                *self.looked.lock() = Looked { asked: now, answered: now };
                Ok(())
            }
            _ => {
                self.looked.lock().asked = now;
                if before.is_believed() { Ok(()) } else { Err(unknown()) }
            }
        }
    }

    /// Ends a session that would go on until some time, and what it opened here.
    pub(crate) async fn end(&self, broker: &Broker, id: SessionId, until: Time) -> Result<(), Refusal> {
        let now = Time::now();
        let is_full = {
            let mut ended = self.ended.lock();
            ended.retain(|_, until| *until > now);
            ended.len() >= ENDED_MAX
        };
        if is_full {
            let detail = "Too many have signed out within the last hours. Revoke the key instead.";
            return Err(Refusal::new(Kind::Overloaded, detail).retry_after_ms(60_000));
        }
        // On the disk before anybody believes that it is over.
        broker.end_console(id, until).await?;
        self.take([(id, until)]);
        Ok(())
    }

    /// Waits until a session has ended: at once when it ends here, within some seconds when it ends on another server,
    /// later while the database is away. Dropping the wait loses nothing.
    pub(crate) async fn over(self: Arc<Self>, broker: Broker, id: SessionId) {
        let mut told = self.told.subscribe();
        while !self.has(id) {
            // Its sender lives as long as this does.
            if !broker.shares_books() {
                let _ = told.changed().await;
                continue;
            }
            let due = self.looked.lock().due();
            if timeout_at(due, told.changed()).await.is_err() {
                // A database that does not answer is no reason to doubt a session.
                let _ = self.refresh(&broker).await;
            }
        }
    }

    fn take(&self, found: impl IntoIterator<Item = (SessionId, Time)>) {
        self.ended.lock().extend(found);
        self.told.send_replace(());
    }
}

impl Looked {
    /// When the database is to be asked again.
    fn due(&self) -> Instant {
        self.asked.map_or_else(Instant::now, |at| at + BELIEVED)
    }

    /// Whether nobody need ask.
    fn is_fresh(&self) -> bool {
        self.is_believed() && Instant::now() < self.due()
    }

    /// Whether what it said last is believed without it.
    fn is_believed(&self) -> bool {
        self.answered.is_some_and(|at| at.elapsed() < BELIEVED_AWAY)
    }
}

fn unknown() -> Refusal {
    let detail = "Whether you are still signed in cannot be read just now. Nothing was changed; try again.";
    Refusal::new(Kind::DatabaseUnavailable, detail).retry_after_ms(1000)
}
