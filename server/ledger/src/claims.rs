//! Idempotency keys: the same key with the same request is the same job for a day.
//! A key in use is kept here in memory; a key that has a job is a row of the database.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use inos_protocols::{Hash, JobId, time::Time};
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::{AccountNo, Error, database::Database};

/// How long a key stands for its job, in milliseconds.
pub const IDEMPOTENCY_MS: u64 = 24 * 3600 * 1000;

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
    /// What the key stands for.
    pub(crate) async fn claim(
        self: &Arc<Self>,
        database: &Database,
        account: AccountNo,
        key: &str,
        digest: Hash,
    ) -> Result<Claim, Error> {
        let guard = match self.enter((account, key.into()), digest) {
            Ok(guard) => guard,
            Err(claim) => return Ok(claim),
        };
        match recorded(database, account, key).await? {
            None => Ok(Claim::New(guard)),
            Some((same, job)) if same == digest => {
                guard.settled(job);
                Ok(Claim::Settled(job))
            }
            Some(_) => Ok(Claim::Conflict),
        }
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

async fn recorded(database: &Database, account: AccountNo, key: &str) -> Result<Option<(Hash, JobId)>, Error> {
    let row: Option<(Vec<u8>, Vec<u8>)> =
        sqlx::query_as("SELECT digest, job FROM idempotency WHERE account = $1 AND key = $2 AND expires > $3")
            .bind(account.0)
            .bind(key)
            .bind(Time::now().as_i64())
            .fetch_optional(database.pool())
            .await
            .map_err(Error::on("read an idempotency key"))?;
    let Some((digest, job)) = row else { return Ok(None) };
    match (Hash::from_slice(&digest), JobId::from_slice(&job)) {
        (Some(digest), Some(job)) => Ok(Some((digest, job))),
        _ => Err(Error::Damaged { what: "idempotency key" }),
    }
}
