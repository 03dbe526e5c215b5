//! Idempotency keys: the same key with the same request is the same job for a day.
//! A key in use is kept here in memory; a key that has a job is a row of the database.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use inos_protocols::{Hash, JobId, time::Time};
use parking_lot::Mutex;
use sqlx::AssertSqlSafe;
use tokio::sync::watch;

use crate::{AccountNo, Error, database::Database};

/// How long a key stands for its job, in milliseconds.
pub const IDEMPOTENCY_MS: u64 = 24 * 3600 * 1000;

/// The most keys that one statement looks for.
const LOOKUP_KEYS_MAX: usize = 64;

/// What an idempotency key stands for.
pub enum Claim {
    /// Nothing yet: it is the caller's until the guard goes.
    New(ClaimGuard),
    /// The same request is under way. The receiver gets the job; if its sender goes without one, claim again.
    Running(watch::Receiver<Option<JobId>>),
    /// This job.
    Settled(JobId),
    /// Another request.
    Conflict,
}

type Key = (AccountNo, Box<str>);

struct InUse {
    digest: Hash,
    racers: watch::Receiver<Option<JobId>>,
}

/// The keys in use on this node.
#[derive(Default)]
pub(crate) struct Claims(Mutex<HashMap<Key, InUse>>);

/// An idempotency key that is being used. Dropped without a commit, it is free again.
pub struct ClaimGuard {
    claims: Weak<Claims>,
    key: Key,
    digest: Hash,
    racers: watch::Sender<Option<JobId>>,
}

impl ClaimGuard {
    pub(crate) fn account(&self) -> AccountNo {
        self.key.0
    }

    pub(crate) fn key(&self) -> &str {
        &self.key.1
    }

    pub(crate) fn digest(&self) -> &Hash {
        &self.digest
    }

    /// The key has its job in the database.
    pub(crate) fn settled(self, job: JobId) {
        self.racers.send_replace(Some(job));
    }
}

impl Drop for ClaimGuard {
    fn drop(&mut self) {
        if let Some(claims) = self.claims.upgrade() {
            claims.0.lock().remove(&self.key);
        }
    }
}

impl Claims {
    /// What each key stands for; the database is asked once for many.
    pub(crate) async fn claim(
        self: &Arc<Self>,
        database: &Database,
        account: AccountNo,
        wishes: Vec<(Box<str>, Hash)>,
    ) -> Result<Vec<Claim>, Error> {
        let entered: Vec<_> = wishes.into_iter().map(|(key, digest)| self.enter((account, key), digest)).collect();
        let free: Vec<&str> = entered.iter().filter_map(|one| one.as_ref().ok()).map(ClaimGuard::key).collect();
        let mut known = HashMap::new();
        for keys in free.chunks(LOOKUP_KEYS_MAX) {
            recorded(database, account, keys, &mut known).await?;
        }
        let stands_for = |entered: Result<ClaimGuard, Claim>| match entered {
            Err(claim) => claim,
            Ok(guard) => match known.get(guard.key()) {
                None => Claim::New(guard),
                Some((digest, job)) if *digest == guard.digest => {
                    guard.settled(*job);
                    Claim::Settled(*job)
                }
                Some(_) => Claim::Conflict,
            },
        };
        Ok(entered.into_iter().map(stands_for).collect())
    }

    /// Marks the key as in use, before the database is asked: so two can never both find it free.
    fn enter(self: &Arc<Self>, key: Key, digest: Hash) -> Result<ClaimGuard, Claim> {
        let mut claims = self.0.lock();
        if let Some(other) = claims.get(&key) {
            return Err(if other.digest == digest { Claim::Running(other.racers.clone()) } else { Claim::Conflict });
        }
        let (sender, racers) = watch::channel(None);
        claims.insert(key.clone(), InUse { digest, racers });
        Ok(ClaimGuard { claims: Arc::downgrade(self), key, digest, racers: sender })
    }
}

/// What the database knows of some keys, at most [`LOOKUP_KEYS_MAX`].
async fn recorded(
    database: &Database,
    account: AccountNo,
    keys: &[&str],
    known: &mut HashMap<String, (Hash, JobId)>,
) -> Result<(), Error> {
    // A statement is prepared once for each number of keys: the last one stands for those up to the next power of two.
    let places: Vec<_> = (0..keys.len().next_power_of_two()).map(|place| format!("${}", place + 3)).collect();
    let text = format!(
        "SELECT key, digest, job FROM idempotency WHERE account = $1 AND expires > $2 AND key IN ({})",
        places.join(",")
    );
    let mut query =
        sqlx::query_as::<_, (String, Vec<u8>, Vec<u8>)>(AssertSqlSafe(text)).bind(account.0).bind(Time::now().as_i64());
    for place in 0..places.len() {
        query = query.bind(keys[place.min(keys.len() - 1)]);
    }
    for (key, digest, job) in query.fetch_all(database.pool()).await.map_err(Error::on("read idempotency keys"))? {
        let (Some(digest), Some(job)) = (Hash::from_slice(&digest), JobId::from_slice(&job)) else {
            return Err(Error::Damaged { what: "idempotency key" });
        };
        known.insert(key, (digest, job));
    }
    Ok(())
}
