//! Sessions of the console that somebody signed out of: what they opened ends with them. The database has them too, so that
//! they stay ended over a restart and on other servers; it is asked when a cookie comes, and not more often than it must.

use std::{collections::HashMap, sync::Arc, time::Duration};

use inos_broker::Broker;
use inos_protocols::{Refusal, refusal::Kind, time::Time};
use parking_lot::Mutex;
use tokio::{sync::watch, time::Instant};

use crate::seal::SessionId;

/// The most sessions that are remembered as ended before their time.
const ENDED_MAX: usize = 100_000;
/// How long an answer of the database is believed: a session that ended on another server goes on this long here.
const BELIEVED: Duration = Duration::from_secs(4);

/// The sessions that ended.
pub(crate) struct Endings {
    ended: Mutex<HashMap<SessionId, Time>>,
    told: watch::Sender<()>,
    looked: tokio::sync::Mutex<Option<Instant>>,
}

impl Default for Endings {
    fn default() -> Self {
        Self { ended: Mutex::default(), told: watch::Sender::new(()), looked: tokio::sync::Mutex::default() }
    }
}

impl Endings {
    /// Whether a session is known to have ended.
    pub(crate) fn has(&self, id: SessionId) -> bool {
        self.ended.lock().contains_key(&id)
    }

    /// The same once the database was asked, if that was not done just now.
    pub(crate) async fn has_now(&self, broker: &Broker, id: SessionId) -> Result<bool, Refusal> {
        let mut looked = self.looked.lock().await;
        if looked.is_none_or(|at| at.elapsed() >= BELIEVED) {
            let found = broker.consoles_ended(ENDED_MAX as u32).await?;
            self.take(found);
            *looked = Some(Instant::now());
        }
        Ok(self.has(id))
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

    /// Waits until a session has ended. Dropping the wait loses nothing.
    pub(crate) async fn over(self: Arc<Self>, id: SessionId) {
        let mut told = self.told.subscribe();
        // Its sender lives as long as this does.
        while !self.has(id) && told.changed().await.is_ok() {}
    }

    fn take(&self, found: impl IntoIterator<Item = (SessionId, Time)>) {
        self.ended.lock().extend(found);
        self.told.send_replace(());
    }
}
