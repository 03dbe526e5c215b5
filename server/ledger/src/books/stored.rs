//! What is stored, for those who charge for it: blobs summed up, kept outputs one by one.

use inos_protocols::{job::OutputInfo, time::Time};
use sqlx::any::AnyRow;

use super::{Books, PAGE_MAX, column, ending};
use crate::{AccountNo, Error, StoredTime};

/// A job's outputs that are kept.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptOutputs {
    /// Whose they are.
    pub account: AccountNo,
    /// Since when.
    pub since: Time,
    /// Where they lie, as it was given with the job's ending.
    pub kept: Vec<u8>,
    /// The outputs.
    pub outputs: Vec<OutputInfo>,
}

/// Where a page of kept outputs ends.
pub type KeptCursor = (i64, i64);

impl Books {
    /// What accounts stored as blobs from `from` to `upto`; an account that was charged for a part of it begins later.
    pub async fn stored(&self, from: Time, upto: Time) -> Result<Vec<StoredTime>, Error> {
        let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
            "SELECT b.account, f.begins, CAST(sum(((b.bytes + 1023) / 1024) * \
                (($2 - CASE WHEN b.created > f.begins THEN b.created ELSE f.begins END) / 1000)) AS BIGINT) FROM blobs b \
             JOIN (SELECT a.no, CASE WHEN s.upto > $1 THEN s.upto ELSE $1 END AS begins FROM accounts a \
                LEFT JOIN storage s ON s.account = a.no) AS f ON f.no = b.account \
             WHERE b.created < $2 AND f.begins < $2 GROUP BY b.account, f.begins",
        )
        .bind(from.as_i64())
        .bind(upto.as_i64())
        .fetch_all(self.pool())
        .await
        .map_err(Error::on("sum up what is stored"))?;
        let read = |(account, begins, sum): (i64, i64, i64)| StoredTime {
            account: AccountNo(account),
            from: Time::from_ms(begins as u64),
            upto,
            kib_seconds: sum.max(0) as u64,
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// Accounts that owe for storage, and those that were charged beyond `from`, each with when its time begins.
    pub async fn storage_begun(&self, from: Time) -> Result<Vec<(AccountNo, Time)>, Error> {
        let rows: Vec<(i64, i64)> = sqlx::query_as("SELECT account, upto FROM storage WHERE owed > 0 OR upto > $1")
            .bind(from.as_i64())
            .fetch_all(self.pool())
            .await
            .map_err(Error::on("list who owes for storage"))?;
        let begins = |upto: i64| Time::from_ms(upto as u64).max(from);
        Ok(rows.into_iter().map(|(account, upto)| (AccountNo(account), begins(upto))).collect())
    }

    /// Jobs of all accounts whose outputs are kept, those first that go first, after a page's end; none at the end.
    pub async fn kept_outputs(&self, after: KeptCursor) -> Result<Option<(Vec<KeptOutputs>, KeptCursor)>, Error> {
        let rows = sqlx::query(
            "SELECT seq, account, expires, kept, ending FROM jobs WHERE kept IS NOT NULL AND state > 1 \
             AND (expires, seq) > ($1, $2) ORDER BY expires, seq LIMIT $3",
        )
        .bind(after.0)
        .bind(after.1)
        .bind(i64::from(PAGE_MAX))
        .fetch_all(self.pool())
        .await
        .map_err(Error::on("list kept outputs"))?;
        let Some(last) = rows.last() else { return Ok(None) };
        let end = (column(last, "expires")?, column(last, "seq")?);
        // What cannot be read is named by `inos check`; nobody pays for it, and nobody else's time stops at it.
        Ok(Some((rows.iter().filter_map(|row| read(row).ok()).collect(), end)))
    }
}

fn read(row: &AnyRow) -> Result<KeptOutputs, Error> {
    let ending = ending(row)?.ok_or(Error::Damaged { what: "job" })?;
    Ok(KeptOutputs {
        account: AccountNo(column(row, "account")?),
        since: ending.finished,
        kept: column(row, "kept")?,
        outputs: ending.outputs.into_owned(),
    })
}
