//! An account's statement of a month. Reads one moment of the database, a stretch of rows at a time.

use std::collections::VecDeque;

use inos_protocols::{
    AccountId, JobId, Microcredits, NodeId,
    account::Reason,
    ids::TransferId,
    month::Month,
    statement::{ReceiptPlace, StatementLine},
    time::Time,
};
use sqlx::{AnyConnection, any::AnyRow};

use super::{Books, column, damaged};
use crate::{AccountNo, Error, accounts::number, committer::rows::reason_of};

/// How many rows of each kind are in memory at once.
const CHUNK: i64 = 1000;

/// A piece of a statement, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatementPart {
    /// What the account had when the month began.
    Opening(Microcredits),
    /// What moved.
    Line(StatementLine),
    /// What it had when the month ended, or has now.
    Closing(Microcredits),
}

/// Whose lines are read, and of when.
#[derive(Clone, Copy)]
struct Span {
    account: AccountNo,
    begins: i64,
    ends: i64,
}

/// Rows of one kind, fetched as they are wanted.
struct Stretch<K> {
    lines: VecDeque<StatementLine>,
    after: K,
    is_over: bool,
}

impl Books {
    /// Hands out an account's statement of a month piece by piece; `each` says whether it wants the next.
    ///
    /// False when it did not. Jobs that were forgotten meanwhile are summed up in the month in which they were paid.
    pub async fn statement(
        &self,
        id: AccountId,
        month: Month,
        mut each: impl FnMut(StatementPart) -> bool,
    ) -> Result<bool, Error> {
        let account = number(&self.shared.database, id).await?;
        let begin =
            if self.shared.database.is_sqlite() { "BEGIN" } else { "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" };
        let mut tx = self.pool().begin_with(begin).await.map_err(Error::on("begin a statement"))?;
        let span = Span { account, begins: month.begins().as_i64(), ends: month.next().begins().as_i64() };
        let opening = opening(&mut tx, span).await?;
        let credits = |amount: i64| Microcredits::saturating(amount.max(0) as u64);
        if !each(StatementPart::Opening(credits(opening))) {
            return Ok(false);
        }
        let mut closing = opening;
        let mut transfers = Stretch { lines: VecDeque::new(), after: 0i64, is_over: false };
        let mut jobs = Stretch { lines: VecDeque::new(), after: [0u8; 16], is_over: false };
        loop {
            transfers.fetch(&mut tx, span).await?;
            jobs.fetch(&mut tx, span).await?;
            let line = match (transfers.lines.front(), jobs.lines.front()) {
                (Some(transfer), Some(job)) if transfer.at <= job.at => transfers.lines.pop_front(),
                (Some(_), None) => transfers.lines.pop_front(),
                _ => jobs.lines.pop_front(),
            };
            let Some(line) = line else { break };
            closing += line.amount;
            if !each(StatementPart::Line(line)) {
                return Ok(false);
            }
        }
        tx.rollback().await.map_err(Error::on("end a statement"))?;
        Ok(each(StatementPart::Closing(credits(closing))))
    }
}

/// What an account had when the month began: what it has, without everything that has moved since.
async fn opening(connection: &mut AnyConnection, span: Span) -> Result<i64, Error> {
    let balance: i64 = sqlx::query_scalar("SELECT balance FROM balances WHERE account = $1")
        .bind(span.account.0)
        .fetch_one(&mut *connection)
        .await
        .map_err(Error::on("read an account"))?;
    let moved: i64 = sqlx::query_scalar(
        "SELECT CAST(coalesce(sum(CASE WHEN credit = $1 THEN amount ELSE -amount END), 0) AS BIGINT) FROM transfers \
         WHERE (credit = $1 OR debit = $1) AND coalesce(paid, at) >= $2",
    )
    .bind(span.account.0)
    .bind(span.begins)
    .fetch_one(&mut *connection)
    .await
    .map_err(Error::on("sum up transfers"))?;
    let spent: i64 = sqlx::query_scalar(
        "SELECT CAST(coalesce(sum(j.cost), 0) AS BIGINT) FROM jobs j \
         JOIN commits c ON c.node = j.node AND c.seq = j.commit_seq \
         WHERE j.account = $1 AND j.state > 1 AND j.cost > 0 AND c.signed >= $2",
    )
    .bind(span.account.0)
    .bind(span.begins)
    .fetch_one(connection)
    .await
    .map_err(Error::on("sum up jobs"))?;
    Ok(balance - moved + spent)
}

impl Stretch<i64> {
    async fn fetch(&mut self, connection: &mut AnyConnection, span: Span) -> Result<(), Error> {
        if !self.lines.is_empty() || self.is_over {
            return Ok(());
        }
        let rows = sqlx::query(
            "SELECT seq, id, CASE WHEN credit = $1 THEN amount ELSE -amount END AS amount, reason, note, \
             coalesce(paid, at) AS at FROM transfers \
             WHERE seq > $2 AND (credit = $1 OR debit = $1) AND coalesce(paid, at) >= $3 AND coalesce(paid, at) < $4 \
             ORDER BY seq LIMIT $5",
        )
        .bind(span.account.0)
        .bind(self.after)
        .bind(span.begins)
        .bind(span.ends)
        .bind(CHUNK)
        .fetch_all(connection)
        .await
        .map_err(Error::on("list transfers"))?;
        self.is_over = rows.len() < CHUNK as usize;
        if let Some(last) = rows.last() {
            self.after = column(last, "seq")?;
        }
        self.lines = rows.iter().map(read_transfer).collect::<Result<_, _>>()?;
        Ok(())
    }
}

impl Stretch<[u8; 16]> {
    async fn fetch(&mut self, connection: &mut AnyConnection, span: Span) -> Result<(), Error> {
        if !self.lines.is_empty() || self.is_over {
            return Ok(());
        }
        let rows = sqlx::query(
            "SELECT j.id, j.cost, j.unit, j.method, j.commit_seq, j.leaf_index, c.signed, n.id AS node FROM jobs j \
             JOIN commits c ON c.node = j.node AND c.seq = j.commit_seq JOIN nodes n ON n.account = j.node \
             WHERE j.account = $1 AND j.id > $2 AND j.state > 1 AND j.cost > 0 AND c.signed >= $3 AND c.signed < $4 \
             ORDER BY j.id LIMIT $5",
        )
        .bind(span.account.0)
        .bind(self.after.to_vec())
        .bind(span.begins)
        .bind(span.ends)
        .bind(CHUNK)
        .fetch_all(connection)
        .await
        .map_err(Error::on("list paid jobs"))?;
        self.is_over = rows.len() < CHUNK as usize;
        self.lines = rows.iter().map(read_job).collect::<Result<_, _>>()?;
        if let Some(job) = self.lines.back().and_then(|line| line.job) {
            self.after = *job.as_bytes();
        }
        Ok(())
    }
}

fn read_transfer(row: &AnyRow) -> Result<StatementLine, Error> {
    let damaged = damaged("transfer");
    Ok(StatementLine {
        at: Time::from_ms(column::<i64>(row, "at")? as u64),
        reason: reason_of(column(row, "reason")?).ok_or_else(&damaged)?,
        amount: column(row, "amount")?,
        job: None,
        transfer: Some(TransferId::from_slice(column(row, "id")?).ok_or_else(&damaged)?),
        receipt: None,
        note: column(row, "note")?,
    })
}

fn read_job(row: &AnyRow) -> Result<StatementLine, Error> {
    let damaged = damaged("job");
    let receipt = ReceiptPlace {
        node: NodeId::from_slice(column(row, "node")?).ok_or_else(&damaged)?,
        commit: column::<i64>(row, "commit_seq")? as u64,
        index: column::<i64>(row, "leaf_index")? as u32,
    };
    Ok(StatementLine {
        at: Time::from_ms(column::<i64>(row, "signed")? as u64),
        reason: Reason::Job,
        amount: -column::<i64>(row, "cost")?,
        job: Some(JobId::from_slice(column(row, "id")?).ok_or_else(&damaged)?),
        transfer: None,
        receipt: Some(receipt),
        note: Some(format!("{}.{}", column::<&str>(row, "unit")?, column::<&str>(row, "method")?)),
    })
}
