//! Tells those who hang on a key that it has ended. One task looks for all of them, and sleeps while nobody watches.
//! On SQLite it asks nothing: nobody else writes keys there.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use data_encoding::HEXLOWER;
use inos_protocols::{KeyId, time::Time};
use parking_lot::Mutex;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, timeout_at},
};

use crate::{Error, Ledger, database::Database, ledger::Shared};

/// How often keys that are watched are looked up in a database that other servers write as well.
const LOOK: Duration = Duration::from_secs(4);
/// The longest sleep before an expiry: a clock may be set meanwhile.
const SLEEP_MAX: Duration = Duration::from_secs(3600);

/// Keys that somebody watches.
#[derive(Default)]
pub(crate) struct Watches {
    keys: Mutex<HashMap<KeyId, Watched>>,
    /// Told when there may be something to do earlier than before.
    changed: Notify,
}

struct Watched {
    watchers: usize,
    expires: Option<Time>,
    ended: watch::Sender<bool>,
}

/// Hears when a key ends.
pub struct KeyWatch {
    shared: Arc<Shared>,
    key: KeyId,
    ended: watch::Receiver<bool>,
    /// Whether the key was looked at since it is watched.
    checked: bool,
}

impl Ledger {
    /// Watches a key that was shown, with the expiry that it has.
    pub fn watch_key(&self, key: KeyId, expires: Option<Time>) -> KeyWatch {
        let shared = self.0.shared.clone();
        let ended = shared.watches.add(key, expires);
        KeyWatch { shared, key, ended, checked: false }
    }
}

impl KeyWatch {
    /// Waits until the key opens nothing any more: at once when it is revoked here or expires, within five seconds when
    /// another server revokes it, later while the database is away. Dropping the wait loses nothing.
    pub async fn ended(&mut self) {
        if !self.checked {
            // Boxed, because those who wait are many and it is done once.
            if Box::pin(self.has_ended()).await {
                return;
            }
            self.checked = true;
        }
        // The sender lives for as long as this watch.
        let _ = self.ended.wait_for(|ended| *ended).await;
    }

    /// Whether the key ended between being shown and being watched.
    async fn has_ended(&self) -> bool {
        let Shared { keys, database, .. } = &*self.shared;
        if keys.is_known(self.key) {
            return false;
        }
        match keys.ask(database, self.key).await {
            Ok(None) => true,
            Ok(Some(known)) => {
                if let Some(expires) = known.expires() {
                    self.shared.watches.shorten(self.key, expires);
                }
                false
            }
            // A database that does not answer is no reason to doubt a key.
            Err(_) => false,
        }
    }
}

impl Drop for KeyWatch {
    fn drop(&mut self) {
        self.shared.watches.remove(self.key);
    }
}

impl Watches {
    fn add(&self, key: KeyId, expires: Option<Time>) -> watch::Receiver<bool> {
        let mut keys = self.keys.lock();
        let is_first = keys.is_empty();
        let watched =
            keys.entry(key).or_insert_with(|| Watched { watchers: 0, expires, ended: watch::Sender::new(false) });
        watched.watchers += 1;
        if watched.watchers == 1 && (is_first || expires.is_some()) {
            self.changed.notify_one();
        }
        watched.ended.subscribe()
    }

    fn remove(&self, key: KeyId) {
        let mut keys = self.keys.lock();
        let Some(watched) = keys.get_mut(&key) else { return };
        watched.watchers -= 1;
        if watched.watchers == 0 {
            keys.remove(&key);
        }
    }

    /// Learns that a key ends at that time, if not earlier.
    pub(crate) fn shorten(&self, key: KeyId, ends: Time) {
        if let Some(watched) = self.keys.lock().get_mut(&key) {
            watched.expires = Some(watched.expires.map_or(ends, |expires| expires.min(ends)));
            self.changed.notify_one();
        }
    }

    /// Tells those who watch a key that it has ended.
    pub(crate) fn end(&self, key: KeyId) {
        if let Some(watched) = self.keys.lock().get(&key) {
            watched.ended.send_replace(true);
        }
    }

    /// Ends the keys that have expired; gives the others, and when the next one will.
    fn end_expired(&self) -> (Vec<KeyId>, Option<Duration>) {
        let (now, mut holding, mut next) = (Time::now(), Vec::new(), None::<Duration>);
        for (key, watched) in self.keys.lock().iter().filter(|(_, watched)| !*watched.ended.borrow()) {
            let left =
                watched.expires.map(|expires| Duration::from_millis(expires.as_ms().saturating_sub(now.as_ms())));
            if left == Some(Duration::ZERO) {
                watched.ended.send_replace(true);
                continue;
            }
            holding.push(*key);
            next = next.into_iter().chain(left).min();
        }
        (holding, next)
    }
}

/// Looks after watched keys until it is aborted.
pub(crate) async fn keep(shared: Arc<Shared>) {
    let Shared { watches, database, .. } = &*shared;
    let mut look_at = Instant::now();
    loop {
        let (mut holding, mut expiry) = watches.end_expired();
        if database.is_shared() && !holding.is_empty() && Instant::now() >= look_at {
            shared.look_at_keys(&holding).await;
            look_at = Instant::now() + LOOK;
            (holding, expiry) = watches.end_expired();
        }
        let next_look = (database.is_shared() && !holding.is_empty()).then_some(look_at);
        let next_expiry = expiry.map(|left| Instant::now() + left.min(SLEEP_MAX));
        match next_look.into_iter().chain(next_expiry).min() {
            // Whether the time is over or something has changed, the next round sees what there is to do.
            Some(due) => drop(timeout_at(due, watches.changed.notified()).await),
            None => watches.changed.notified().await,
        }
    }
}

impl Shared {
    /// Ends those of these keys that another server has revoked.
    async fn look_at_keys(&self, keys: &[KeyId]) {
        match holding(&self.database, keys).await {
            Ok(holding) => keys.iter().filter(|key| !holding.contains(key)).for_each(|key| self.end_key(*key)),
            Err(error) => {
                tracing::debug!(error = &error as &dyn std::error::Error, "keys are believed without the database");
            }
        }
    }

    /// Forgets a key that was revoked and tells those who hang on it.
    pub(crate) fn end_key(&self, key: KeyId) {
        // In this order: whoever begins to watch in between finds it forgotten and asks the database.
        self.keys.forget(key);
        self.watches.end(key);
    }
}

/// Those of these keys that are neither revoked nor replaced by others whose time has come. In words of Postgres, the only database that servers share.
async fn holding(database: &Database, keys: &[KeyId]) -> Result<HashSet<KeyId>, Error> {
    let ids: Vec<String> = keys.iter().map(|key| HEXLOWER.encode(key.as_bytes())).collect();
    let rows: Vec<(Vec<u8>,)> = sqlx::query_as(
        "SELECT id FROM keys WHERE revoked IS NULL AND (expires IS NULL OR expires > $2) \
         AND id IN (SELECT decode(hex, 'hex') FROM unnest(string_to_array($1, ',')) AS hex)",
    )
    .bind(ids.join(","))
    .bind(Time::now().as_i64())
    .fetch_all(database.pool())
    .await
    .map_err(Error::on("look at keys"))?;
    Ok(rows.iter().filter_map(|(id,)| KeyId::from_slice(id)).collect())
}
