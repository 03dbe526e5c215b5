//! Accepted jobs that have not ended: what a restarted server takes up again.

use inos_protocols::{AccountId, JobId, Microcredits, time::Time};
use sqlx::any::AnyRow;

use super::{Books, PAGE_MAX, column, damaged, request};
use crate::{AccountNo, Error, limits::whole};

/// An accepted job that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// The job.
    pub id: JobId,
    /// Whose it is.
    pub account: AccountId,
    /// The account's number.
    pub account_no: AccountNo,
    /// How the account's share of the workers stands to that of others.
    pub weight: u32,
    /// How to run it again, as it was given when it was accepted.
    pub asked: Vec<u8>,
    /// What is held for it.
    pub held: Microcredits,
    /// When it was accepted.
    pub submitted: Time,
    /// When it expires.
    pub deadline: Time,
    /// The account of the node that accepted it.
    pub node: AccountNo,
}

impl Books {
    /// Every job that this node accepted and that has not ended, oldest first.
    pub async fn unfinished(&self) -> Result<Vec<Unfinished>, Error> {
        let mut all = Vec::new();
        let mut after = vec![0; 16];
        loop {
            let rows = sqlx::query(
                "SELECT j.id, a.id AS account, a.weight, j.account AS account_no, j.asked, j.hold, j.request, j.expires, j.node \
                 FROM jobs j JOIN accounts a ON a.no = j.account \
                 WHERE j.state < 2 AND j.node = $1 AND j.id > $2 ORDER BY j.id LIMIT $3",
            )
            .bind(self.shared.node_account.0)
            .bind(after)
            .bind(i64::from(PAGE_MAX))
            .fetch_all(self.pool())
            .await
            .map_err(Error::on("list unfinished jobs"))?;
            for row in &rows {
                all.push(read(row)?);
            }
            match all.last() {
                Some(last) if rows.len() == PAGE_MAX as usize => after = last.id.as_bytes().to_vec(),
                _ => return Ok(all),
            }
        }
    }
}

impl Books {
    /// Jobs of any node that have not ended though they expired before that time, oldest first, a page of them.
    pub async fn overdue(&self, before: Time) -> Result<Vec<Unfinished>, Error> {
        let rows = sqlx::query(
            "SELECT j.id, a.id AS account, a.weight, j.account AS account_no, j.asked, j.hold, j.request, j.expires, j.node \
             FROM jobs j JOIN accounts a ON a.no = j.account \
             WHERE j.state < 2 AND j.expires < $1 ORDER BY j.id LIMIT $2",
        )
        .bind(before.as_i64())
        .bind(i64::from(PAGE_MAX))
        .fetch_all(self.pool())
        .await
        .map_err(Error::on("list overdue jobs"))?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &AnyRow) -> Result<Unfinished, Error> {
    let (damaged, request) = (damaged("unfinished job"), request(row)?);
    Ok(Unfinished {
        id: JobId::from_slice(column(row, "id")?).ok_or_else(&damaged)?,
        account: AccountId::from_slice(column(row, "account")?).ok_or_else(&damaged)?,
        account_no: AccountNo(column(row, "account_no")?),
        weight: whole(column(row, "weight")?),
        asked: column::<Option<Vec<u8>>>(row, "asked")?.unwrap_or_default(),
        held: Microcredits::saturating(column::<i64>(row, "hold")? as u64),
        submitted: request.submitted,
        deadline: request.deadline,
        node: AccountNo(column(row, "node")?),
    })
}
