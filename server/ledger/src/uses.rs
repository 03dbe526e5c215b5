//! When keys were used last: noted in memory, written down together at most once a minute, and asked of nobody while no
//! key is used.

use std::{collections::HashMap, sync::Weak, time::Duration};

use inos_protocols::{KeyId, time::Time};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{
    Error,
    database::{Database, retried},
    ledger::Shared,
};

/// How often uses are written down, and so how exactly they are told after a restart.
const WRITE_EVERY: Duration = Duration::from_secs(60);

/// Uses that are not written down yet.
#[derive(Default)]
pub(crate) struct Uses {
    latest: Mutex<HashMap<KeyId, Time>>,
    /// Told of the first use after a silence.
    noted: Notify,
}

impl Uses {
    /// When a key was used last, where that is not written down yet.
    pub(crate) fn of(&self, key: KeyId) -> Option<Time> {
        self.latest.lock().get(&key).copied()
    }

    pub(crate) fn note(&self, key: KeyId) {
        let mut latest = self.latest.lock();
        let is_first = latest.is_empty();
        latest.insert(key, Time::now());
        if is_first {
            self.noted.notify_one();
        }
    }

    fn is_empty(&self) -> bool {
        self.latest.lock().is_empty()
    }
}

/// Writes uses down until the ledger is gone.
pub(crate) async fn keep(shared: Weak<Shared>) {
    loop {
        let Some(strong) = shared.upgrade() else { return };
        if strong.uses.is_empty() {
            // The ledger aborts this task when it goes.
            strong.uses.noted.notified().await;
        }
        drop(strong);
        tokio::time::sleep(WRITE_EVERY).await;
        let Some(strong) = shared.upgrade() else { return };
        strong.write_uses(&strong.database).await;
    }
}

impl Shared {
    /// Writes down what was noted; what cannot be written is kept for the next time.
    pub(crate) async fn write_uses(&self, database: &Database) {
        let uses = std::mem::take(&mut *self.uses.latest.lock());
        if uses.is_empty() {
            return;
        }
        self.keys.note_again();
        if let Err(error) = write_these(database, &uses).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "when keys were used is not written down yet");
            let mut latest = self.uses.latest.lock();
            for (key, at) in uses {
                latest.entry(key).or_insert(at);
            }
        }
    }
}

async fn write_these(database: &Database, uses: &HashMap<KeyId, Time>) -> Result<(), Error> {
    // In one order everywhere, so that two servers do not wait for each other.
    let mut sorted: Vec<_> = uses.iter().collect();
    sorted.sort();
    retried(async || {
        let mut tx = database.write().await?;
        for (key, at) in &sorted {
            sqlx::query("UPDATE keys SET last_used = $2 WHERE id = $1 AND coalesce(last_used, 0) < $2")
                .bind(&key.as_bytes()[..])
                .bind(at.as_i64())
                .execute(tx.on())
                .await
                .map_err(Error::on("write down when a key was used"))?;
        }
        tx.commit().await
    })
    .await
}
