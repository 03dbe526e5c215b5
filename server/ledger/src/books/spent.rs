//! What an account's jobs cost, step by step of time: by the key that asked, or by unit.

use inos_protocols::{AccountId, KeyId, Microcredits, account::Spent, time::Time};
use sqlx::any::AnyRow;

use super::{Books, accounts::first_id, column, damaged};
use crate::Error;

/// What is told apart in what was spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpentBy {
    /// The key that asked.
    Key,
    /// The unit that worked.
    Unit,
}

/// Selects the jobs of a step that ended, told apart by one column.
macro_rules! spent_by {
    ($column:literal) => {
        concat!(
            "SELECT ",
            $column,
            " AS name, count(*) AS jobs, CAST(sum(cost) AS BIGINT) AS cost FROM jobs \
             WHERE account = (SELECT no FROM accounts WHERE id = $1) AND id >= $2 AND id < $3 AND state > 1 GROUP BY ",
            $column,
            " ORDER BY ",
            $column
        )
    };
}

impl Books {
    /// What jobs cost that were accepted between two of these times that follow each other, and have ended. Jobs that are
    /// not kept any more are not in it.
    pub async fn spent(&self, account: AccountId, by: SpentBy, times: &[Time]) -> Result<Vec<Spent>, Error> {
        let mut all = Vec::new();
        for step in times.windows(2) {
            let [from, until] = [step[0], step[1]];
            // By its index: each step reads the rows of its own jobs alone.
            let rows = sqlx::query(match by {
                SpentBy::Key => spent_by!("key"),
                SpentBy::Unit => spent_by!("unit"),
            })
            .bind(&account.as_bytes()[..])
            .bind(&first_id(from)[..])
            .bind(&first_id(until)[..])
            .fetch_all(self.pool())
            .await
            .map_err(Error::on("sum up what was spent"))?;
            for row in &rows {
                all.push(read(row, from, by)?);
            }
        }
        Ok(all)
    }
}

fn read(row: &AnyRow, from: Time, by: SpentBy) -> Result<Spent, Error> {
    let (key, unit) = match by {
        SpentBy::Key => {
            let key: Option<Vec<u8>> = column(row, "name")?;
            (key.map(|key| KeyId::from_slice(&key).ok_or_else(damaged("key"))).transpose()?, None)
        }
        SpentBy::Unit => (None, Some(column(row, "name")?)),
    };
    let (jobs, cost): (i64, i64) = (column(row, "jobs")?, column(row, "cost")?);
    Ok(Spent { from, key, unit, jobs: jobs as u64, cost: Microcredits::saturating(cost as u64) })
}
