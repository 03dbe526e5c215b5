//! What accounts own of stored bytes, and what still refers to files and segments.

use data_encoding::HEXLOWER;
use inos_protocols::{AccountId, Hash, JobId, account::Blob, job::OutputInfo, time::Time};
use sqlx::any::AnyRow;

use super::{Books, PAGE_MAX, column, damaged, ending, page};
use crate::Error;

impl Books {
    /// A blob of an account; an expired one is absent.
    pub async fn blob(&self, account: AccountId, hash: Hash) -> Result<Option<Blob>, Error> {
        let row = sqlx::query(
            "SELECT hash, bytes, media_type, created, expires, pinned FROM blobs \
             WHERE account = (SELECT no FROM accounts WHERE id = $1) AND hash = $2 \
             AND (pinned = 1 OR expires IS NULL OR expires > $3)",
        )
        .bind(&account.as_bytes()[..])
        .bind(&hash.0[..])
        .bind(Time::now().as_i64())
        .fetch_optional(self.pool())
        .await
        .map_err(Error::on("read a blob"))?;
        row.map(|row| read(&row)).transpose()
    }

    /// The blobs of an account, newest first, and where the next page begins.
    pub async fn blobs(
        &self,
        account: AccountId,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<(Vec<Blob>, Option<String>), Error> {
        let (created, hash) = cursor.map_or(Some((i64::MAX, vec![0xff; 32])), read_cursor).ok_or(Error::Cursor)?;
        let rows = sqlx::query(
            "SELECT hash, bytes, media_type, created, expires, pinned FROM blobs \
             WHERE account = (SELECT no FROM accounts WHERE id = $1) AND (created < $2 OR (created = $2 AND hash < $3)) \
             AND (pinned = 1 OR expires IS NULL OR expires > $4) ORDER BY created DESC, hash DESC LIMIT $5",
        )
        .bind(&account.as_bytes()[..])
        .bind(created)
        .bind(hash)
        .bind(Time::now().as_i64())
        .bind(page(limit) as i64)
        .fetch_all(self.pool())
        .await
        .map_err(Error::on("list blobs"))?;
        let blobs = rows.iter().map(read).collect::<Result<Vec<Blob>, Error>>()?;
        let next = blobs.last().filter(|_| blobs.len() == page(limit));
        let next = next.map(|last| format!("{}.{}", last.created.as_ms(), last.hash));
        Ok((blobs, next))
    }

    /// How many bytes of blobs an account has.
    pub async fn blob_bytes(&self, account: AccountId) -> Result<u64, Error> {
        let bytes: i64 = sqlx::query_scalar(
            "SELECT CAST(coalesce(sum(bytes), 0) AS BIGINT) FROM blobs WHERE account = (SELECT no FROM accounts WHERE id = $1)",
        )
        .bind(&account.as_bytes()[..])
        .fetch_one(self.pool())
        .await
        .map_err(Error::on("sum up blobs"))?;
        Ok(bytes as u64)
    }

    /// Whether a blob or a job refers to the file with this hash.
    pub async fn refers_to_file(&self, hash: Hash) -> Result<bool, Error> {
        let count: i64 = sqlx::query_scalar(
            "SELECT (SELECT count(*) FROM blobs WHERE hash = $1) + (SELECT count(*) FROM payload_files WHERE hash = $1)",
        )
        .bind(&hash.0[..])
        .fetch_one(self.pool())
        .await
        .map_err(Error::on("look for a file's owners"))?;
        Ok(count > 0)
    }

    /// The pack segments of this node that jobs refer to, in order.
    pub async fn segments(&self) -> Result<Vec<u64>, Error> {
        let segments: Vec<i64> = sqlx::query_scalar(
            "SELECT DISTINCT segment FROM jobs WHERE segment IS NOT NULL AND node = $1 ORDER BY segment",
        )
        .bind(self.shared.node_account.0)
        .fetch_all(self.pool())
        .await
        .map_err(Error::on("list segments"))?;
        Ok(segments.into_iter().map(|segment| segment as u64).collect())
    }
}

/// What is kept of a job: where its outputs lie, or how it is run again.
#[derive(Debug, Clone, PartialEq)]
pub struct Payloads {
    /// Where its row stands.
    pub seq: i64,
    /// The job.
    pub id: JobId,
    /// Where kept outputs lie, as it was given with the job's ending.
    pub kept: Option<Vec<u8>>,
    /// The outputs.
    pub outputs: Vec<OutputInfo>,
    /// How to run it again, as it was given when it was accepted; absent once it has ended.
    pub asked: Option<Vec<u8>>,
    /// Whether it has ended.
    pub has_ended: bool,
}

impl Books {
    /// Jobs of all accounts of which this node keeps something, in the order of their rows after `seq`; none at the end.
    pub async fn payloads(&self, after: i64) -> Result<Vec<Payloads>, Error> {
        let rows = sqlx::query(
            "SELECT seq, id, kept, ending, asked, state FROM jobs WHERE seq > $1 AND (kept IS NOT NULL OR state < 2) \
             AND node = $3 ORDER BY seq LIMIT $2",
        )
        .bind(after)
        .bind(i64::from(PAGE_MAX))
        .bind(self.shared.node_account.0)
        .fetch_all(self.pool())
        .await
        .map_err(Error::on("list payloads"))?;
        rows.iter().map(read_payloads).collect()
    }
}

fn read_payloads(row: &AnyRow) -> Result<Payloads, Error> {
    Ok(Payloads {
        seq: column(row, "seq")?,
        id: JobId::from_slice(column(row, "id")?).ok_or_else(damaged("job"))?,
        kept: column(row, "kept")?,
        outputs: ending(row)?.map(|ending| ending.outputs.into_owned()).unwrap_or_default(),
        asked: column(row, "asked")?,
        has_ended: column::<i64>(row, "state")? > 1,
    })
}

fn read_cursor(text: &str) -> Option<(i64, Vec<u8>)> {
    let (created, hash) = text.split_once('.')?;
    let hash = HEXLOWER.decode(hash.as_bytes()).ok().filter(|hash| hash.len() == 32)?;
    Some((created.parse().ok()?, hash))
}

fn read(row: &AnyRow) -> Result<Blob, Error> {
    let time = |ms: i64| Time::from_ms(ms as u64);
    Ok(Blob {
        hash: Hash::from_slice(column(row, "hash")?).ok_or_else(damaged("blob"))?,
        bytes: column::<i64>(row, "bytes")? as u64,
        media_type: column(row, "media_type")?,
        created: time(column(row, "created")?),
        expires: column::<Option<i64>>(row, "expires")?.map(time),
        pinned: column::<i64>(row, "pinned")? != 0,
    })
}
