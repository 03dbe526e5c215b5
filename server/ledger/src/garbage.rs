//! Lets go of what has expired, a bounded number of rows at a time. What jobs cost stays: a forgotten job's
//! transfer lives on in one transfer for all that were forgotten with it.

use std::collections::BTreeMap;

use inos_protocols::{account::Reason, ids::TransferId, month::Month, time::Time};
use sqlx::AnyConnection;

use crate::{Error, Ledger, committer::rows::reason_number, database::retried};

/// What was let go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Jobs whose kept outputs are gone.
    pub payloads: u64,
    /// Jobs that are gone as a whole.
    pub jobs: u64,
    /// Idempotency keys.
    pub keys: u64,
    /// Blobs that were taken from their accounts.
    pub blobs: u64,
}

/// A job that is let go.
type Gone = (i64, Vec<u8>, i64, i64, i64, i64);

impl Ledger {
    /// Lets go of at most `limit` things of each kind that had expired at `now`.
    ///
    /// Kept outputs go when their job's time is over; the job itself goes with `jobs_before`, the end of the time
    /// for which finished jobs are listed.
    pub async fn forget(&self, now: Time, jobs_before: Time, limit: u32) -> Result<Forgotten, Error> {
        let limit = i64::from(limit);
        Ok(Forgotten {
            payloads: self.forget_payloads(now, limit).await?,
            jobs: self.forget_jobs(jobs_before, limit).await?,
            keys: self.delete(FORGET_KEYS, now, limit).await?,
            blobs: self.delete(FORGET_BLOBS, now, limit).await?,
        })
    }

    async fn delete(&self, sql: &'static str, now: Time, limit: i64) -> Result<u64, Error> {
        retried(async || {
            let mut tx = self.0.shared.database.write().await?;
            let done = sqlx::query(sql).bind(now.as_i64()).bind(limit).execute(tx.on()).await;
            let count = done.map_err(Error::on("delete what expired"))?.rows_affected();
            tx.commit().await?;
            Ok(count)
        })
        .await
    }

    async fn forget_payloads(&self, now: Time, limit: i64) -> Result<u64, Error> {
        retried(async || {
            let mut tx = self.0.shared.database.write().await?;
            let gone: Vec<Vec<u8>> = sqlx::query_scalar(
                "UPDATE jobs SET kept = NULL, segment = NULL WHERE seq IN \
                 (SELECT seq FROM jobs WHERE kept IS NOT NULL AND expires <= $1 LIMIT $2) RETURNING id",
            )
            .bind(now.as_i64())
            .bind(limit)
            .fetch_all(tx.on())
            .await
            .map_err(Error::on("forget payloads"))?;
            for id in &gone {
                forget_files(tx.on(), id).await?;
            }
            tx.commit().await?;
            Ok(gone.len() as u64)
        })
        .await
    }

    /// Looks at the oldest rows only: jobs go in the order in which they came.
    async fn forget_jobs(&self, before: Time, limit: i64) -> Result<u64, Error> {
        retried(async || {
            let mut tx = self.0.shared.database.write().await?;
            let gone: Vec<Gone> = sqlx::query_as(
                "DELETE FROM jobs WHERE seq IN (SELECT j.seq FROM \
                 (SELECT seq, state, node, commit_seq FROM jobs ORDER BY seq LIMIT $2) AS j \
                 JOIN commits c ON c.node = j.node AND c.seq = j.commit_seq WHERE j.state > 1 AND c.signed < $1) \
                 RETURNING seq, id, account, node, cost, commit_seq",
            )
            .bind(before.as_i64())
            .bind(limit)
            .fetch_all(tx.on())
            .await
            .map_err(Error::on("forget jobs"))?;
            settle_up(tx.on(), &gone).await?;
            for (_, id, account, ..) in &gone {
                forget_files(tx.on(), id).await?;
                forget_labels(tx.on(), *account, id).await?;
            }
            tx.commit().await?;
            Ok(gone.len() as u64)
        })
        .await
    }
}

const FORGET_KEYS: &str = "DELETE FROM idempotency WHERE (account, key) IN \
     (SELECT account, key FROM idempotency WHERE expires <= $1 LIMIT $2)";

const FORGET_BLOBS: &str = "DELETE FROM blobs WHERE (account, hash) IN \
     (SELECT account, hash FROM blobs WHERE expires <= $1 AND pinned = 0 LIMIT $2)";

async fn forget_files(connection: &mut AnyConnection, id: &[u8]) -> Result<(), Error> {
    sqlx::query("DELETE FROM payload_files WHERE job = $1")
        .bind(id)
        .execute(connection)
        .await
        .map(drop)
        .map_err(Error::on("forget payload files"))
}

async fn forget_labels(connection: &mut AnyConnection, account: i64, id: &[u8]) -> Result<(), Error> {
    sqlx::query("DELETE FROM labels WHERE account = $1 AND job = $2")
        .bind(account)
        .bind(id)
        .execute(connection)
        .await
        .map(drop)
        .map_err(Error::on("forget labels"))
}

/// Puts one transfer a month in the place of many jobs, and marks their receipts as forgotten.
async fn settle_up(connection: &mut AnyConnection, gone: &[Gone]) -> Result<(), Error> {
    let mut commits = BTreeMap::<(i64, i64), i64>::new();
    for (_, _, _, node, _, commit) in gone {
        *commits.entry((*node, *commit)).or_default() += 1;
    }
    let signed = mark_forgotten(connection, &commits).await?;
    let mut sums = BTreeMap::<(i64, i64, Month), Sum>::new();
    for (_, _, account, node, cost, commit) in gone {
        let paid = signed.get(&(*node, *commit)).copied().unwrap_or_default();
        let sum = sums.entry((*account, *node, Month::of(Time::from_ms(paid as u64)))).or_default();
        sum.cost += cost;
        sum.jobs += 1;
        sum.paid = sum.paid.max(paid);
    }
    for ((account, node, _), Sum { cost, jobs, paid }) in sums.into_iter().filter(|(_, sum)| sum.cost > 0) {
        sqlx::query(
            "INSERT INTO transfers (id, debit, credit, amount, reason, note, at, paid) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&TransferId::new().as_bytes()[..])
        .bind(account)
        .bind(node)
        .bind(cost)
        .bind(reason_number(Reason::Job))
        .bind(format!("{jobs} earlier jobs"))
        .bind(Time::now().as_i64())
        .bind(paid)
        .execute(&mut *connection)
        .await
        .map_err(Error::on("sum up forgotten jobs"))?;
    }
    Ok(())
}

/// Jobs of one account, one node and one month that become one transfer.
#[derive(Default)]
struct Sum {
    cost: i64,
    jobs: u64,
    /// When the last of them was paid.
    paid: i64,
}

/// Counts receipts as forgotten, lets commits go that have no other, and says when each was signed.
async fn mark_forgotten(
    connection: &mut AnyConnection,
    commits: &BTreeMap<(i64, i64), i64>,
) -> Result<BTreeMap<(i64, i64), i64>, Error> {
    let mut signed = BTreeMap::new();
    for ((node, seq), count) in commits {
        let at: i64 = sqlx::query_scalar(
            "UPDATE commits SET forgotten = forgotten + $3 WHERE node = $1 AND seq = $2 RETURNING signed",
        )
        .bind(node)
        .bind(seq)
        .bind(count)
        .fetch_one(&mut *connection)
        .await
        .map_err(Error::on("mark forgotten receipts"))?;
        signed.insert((*node, *seq), at);
        sqlx::query(
            // The last commit stays: the next one is numbered after it.
            "DELETE FROM commits WHERE node = $1 AND seq = $2 AND forgotten >= count \
             AND seq < (SELECT max(seq) FROM commits WHERE node = $1)",
        )
        .bind(node)
        .bind(seq)
        .execute(&mut *connection)
        .await
        .map_err(Error::on("forget a commit"))?;
    }
    Ok(signed)
}
