//! Tidying: what is past its time goes, and bytes that nobody refers to any more go with it.

use std::{
    collections::HashSet,
    time::{Duration, SystemTime},
};

use inos_protocols::time::Time;

use crate::{Broker, Inside};

/// How many rows one sweep deletes at a time.
const ROWS_MAX: u32 = 1_000;
/// How old an unreferenced file must be: younger ones may belong to a job that is about to be written down.
const FILE_AGE_MIN: Duration = Duration::from_secs(3600);

impl Broker {
    /// Tidies every `sweep_every` until the returned task is dropped with its runtime.
    pub fn sweep_forever(&self) {
        let broker = self.clone();
        self.0.runtime.spawn(async move {
            let mut ticks = tokio::time::interval(broker.0.options.sweep_every);
            ticks.tick().await;
            loop {
                ticks.tick().await;
                broker.sweep().await;
            }
        });
    }

    /// Tidies once.
    pub async fn sweep(&self) {
        if let Err(error) = self.0.sweep_rows().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the books could not be tidied; trying again later"
            );
            return;
        }
        self.0.offer_backlog();
        if self.jobs_under_way() == 0 {
            self.0.arena.trim();
        }
        if let Err(error) = self.0.sweep_bytes().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "payloads could not be tidied; trying again later"
            );
        }
    }
}

impl Inside {
    async fn sweep_rows(&self) -> Result<(), inos_ledger::Error> {
        self.ledger.reconcile().await?;
        self.end_overdue().await?;
        self.ledger.expire_grants(Time::now(), ROWS_MAX).await?;
        // Neither keeps what is past its time from going.
        if let Err(error) = self.take_up_prices().await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "prices could not be taken up; trying again later"
            );
        }
        if let Err(error) = self.charge_storage().await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "storage could not be charged; trying again later"
            );
        }
        let before = Time::from_ms(Time::now().as_ms().saturating_sub(self.options.keep_jobs.as_millis() as u64));
        loop {
            let gone = self.ledger.forget(Time::now(), before, ROWS_MAX).await?;
            let most = gone.payloads.max(gone.jobs).max(gone.keys).max(gone.blobs);
            if most < u64::from(ROWS_MAX) {
                return Ok(());
            }
        }
    }

    async fn sweep_bytes(&self) -> Result<(), inos_ledger::Error> {
        // Listed before asking the books: what is written down meanwhile is not in this list.
        let segments = self.blobs.segments();
        let used: HashSet<u64> = self.books.segments().await?.into_iter().collect();
        let unused: HashSet<u64> = segments.into_iter().filter(|segment| !used.contains(segment)).collect();
        // A segment goes when two sweeps in a row found it unused: the first may have come between a payload
        // and the row that will name it.
        let before = std::mem::replace(&mut *self.unused_segments.lock(), unused.clone());
        // A backup under way copies what its moment's rows named: all of it stays until that is over.
        let collecting = self.blobs.collecting().unwrap_or_else(|error| {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "payloads could not be tidied; trying again later"
            );
            None
        });
        if collecting.is_none() {
            return Ok(());
        }
        for segment in unused.intersection(&before).copied() {
            if let Err(error) = self.blobs.drop_segment(segment) {
                tracing::warn!(
                    segment,
                    error = &error as &dyn std::error::Error,
                    "a pack segment could not be removed"
                );
            }
        }
        // So does a file. Its age alone says little: a clock that is set forward makes a new file an old one.
        let old = SystemTime::now() - FILE_AGE_MIN;
        let mut unused = HashSet::new();
        for (hash, modified) in self.blobs.files() {
            if modified <= old && !self.books.refers_to_file(hash).await? {
                unused.insert(hash);
            }
        }
        let before = std::mem::replace(&mut *self.unused_files.lock(), unused.clone());
        for hash in unused.intersection(&before) {
            if let Err(error) = self.blobs.remove_older(hash, old) {
                tracing::warn!(%hash, error = &error as &dyn std::error::Error, "a payload file could not be removed");
            }
        }
        Ok(())
    }
}
