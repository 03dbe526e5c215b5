//! An account's ledger: its transfers and the jobs it paid for, newest first.

use data_encoding::HEXLOWER;
use inos_protocols::{
    AccountId, JobId,
    account::{Entry, Reason},
    ids::TransferId,
    time::Time,
};
use sqlx::any::AnyRow;

use super::{Books, column, damaged, ending, page};
use crate::{AccountNo, Error, accounts::number, committer::rows::reason_of};

/// How many transfers of all accounts are looked through for one page.
const STRETCH: i64 = 500_000;

/// Where a page ends: before this transfer and before this job.
struct Cursor {
    transfer: i64,
    job: [u8; 16],
}

impl Books {
    /// What an account gained and spent, newest first, and where the next page begins.
    pub async fn entries(
        &self,
        account: AccountId,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<(Vec<Entry>, Option<String>), Error> {
        let no = number(&self.shared.database, account).await?;
        let mut cursor =
            cursor.map_or(Some(Cursor { transfer: i64::MAX, job: [0xff; 16] }), Cursor::read).ok_or(Error::Cursor)?;
        let transfers = self.transfers(no, &mut cursor, page(limit)).await?;
        let looked_through = (transfers.len() < page(limit)).then_some(cursor.transfer - STRETCH);
        let jobs = self.paid_jobs(no, &cursor, page(limit)).await?;
        let (mut transfers, mut jobs) = (transfers.into_iter().peekable(), jobs.into_iter().peekable());
        let mut entries = Vec::new();
        while entries.len() < page(limit) {
            let transfer_is_newer = match (transfers.peek(), jobs.peek()) {
                (Some((_, transfer)), Some((_, job))) => transfer.at >= job.at,
                (transfer, _) => transfer.is_some(),
            };
            if transfer_is_newer {
                let Some((seq, entry)) = transfers.next() else { break };
                cursor.transfer = seq;
                entries.push(entry);
            } else {
                let Some((id, entry)) = jobs.next() else { break };
                cursor.job = *id.as_bytes();
                entries.push(entry);
            }
        }
        let is_full = entries.len() == page(limit);
        if let (false, Some(seq)) = (is_full, looked_through) {
            cursor.transfer = seq;
        }
        let next = (is_full || cursor.transfer > 1).then(|| cursor.write());
        Ok((entries, next))
    }

    /// The account's transfers before the cursor, newest first. There are few transfers but for those that jobs are,
    /// so that an index for every account would cost each commit more than it is worth: a stretch of the newest is
    /// looked through, and the cursor moves to its end.
    async fn transfers(&self, no: AccountNo, cursor: &mut Cursor, limit: usize) -> Result<Vec<(i64, Entry)>, Error> {
        let newest: i64 = sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM transfers")
            .fetch_one(self.pool())
            .await
            .map_err(Error::on("find the newest transfer"))?;
        cursor.transfer = cursor.transfer.min(newest + 1);
        let rows = sqlx::query(
            "SELECT seq, id, CASE WHEN credit = $1 THEN amount ELSE -amount END AS amount, reason, note, at FROM transfers \
             WHERE seq < $2 AND seq >= $3 AND (credit = $1 OR debit = $1) ORDER BY seq DESC LIMIT $4",
        )
        .bind(no.0)
        .bind(cursor.transfer)
        .bind(cursor.transfer - STRETCH)
        .bind(limit as i64)
        .fetch_all(self.pool())
        .await
        .map_err(Error::on("list transfers"))?;
        rows.iter().map(read_transfer).collect()
    }

    async fn paid_jobs(&self, no: AccountNo, cursor: &Cursor, limit: usize) -> Result<Vec<(JobId, Entry)>, Error> {
        let rows = sqlx::query(
            "SELECT id, cost, ending, unit, method FROM jobs WHERE account = $1 AND id < $2 AND cost > 0 ORDER BY id DESC LIMIT $3",
        )
        .bind(no.0)
        .bind(&cursor.job[..])
        .bind(limit as i64)
        .fetch_all(self.pool())
        .await
        .map_err(Error::on("list paid jobs"))?;
        rows.iter().map(read_job).collect()
    }
}

impl Cursor {
    fn read(text: &str) -> Option<Self> {
        let (transfer, job) = text.split_once('.')?;
        let job = HEXLOWER.decode(job.as_bytes()).ok()?.try_into().ok()?;
        Some(Self { transfer: transfer.parse().ok()?, job })
    }

    fn write(&self) -> String {
        format!("{}.{}", self.transfer, HEXLOWER.encode(&self.job))
    }
}

fn read_transfer(row: &AnyRow) -> Result<(i64, Entry), Error> {
    let damaged = damaged("transfer");
    let entry = Entry {
        transfer: Some(TransferId::from_slice(column(row, "id")?).ok_or_else(&damaged)?),
        job: None,
        reason: reason_of(column(row, "reason")?).ok_or_else(&damaged)?,
        amount: column(row, "amount")?,
        at: Time::from_ms(column::<i64>(row, "at")? as u64),
        note: column(row, "note")?,
    };
    Ok((column(row, "seq")?, entry))
}

fn read_job(row: &AnyRow) -> Result<(JobId, Entry), Error> {
    let id = JobId::from_slice(column(row, "id")?).ok_or_else(damaged("job"))?;
    let entry = Entry {
        transfer: None,
        job: Some(id),
        reason: Reason::Job,
        amount: -column::<i64>(row, "cost")?,
        at: ending(row)?.ok_or_else(damaged("job"))?.finished,
        note: Some(format!("{}.{}", column::<&str>(row, "unit")?, column::<&str>(row, "method")?)),
    };
    Ok((id, entry))
}
