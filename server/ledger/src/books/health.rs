//! How the ledger is: what must be true of it, what waits, and how large it has become.

use inos_protocols::{account::LedgerHealth, time::Time};
use sqlx::AnyConnection;

use super::Books;
use crate::{Error, migrate::SCHEMA};

/// How long after its end a job that has not ended is overdue, in milliseconds: its node had time to end it.
const OVERDUE_MS: i64 = 60_000;

/// Sums, counts and sizes as one statement each: none of them walks more than an index or the rows of accounts.
const SUM: &str = "SELECT CAST(coalesce(sum(balance), 0) AS BIGINT) FROM balances";
const OVERDUE: &str = "SELECT count(*) FROM jobs WHERE state < 2 AND expires < $1";
const LEASES: &str = "SELECT count(*) FROM leases WHERE remainder > 0";
const LEASED: &str = "SELECT CAST(coalesce(sum(remainder), 0) AS BIGINT) FROM leases";
const LEASES_EXPIRED: &str = "SELECT count(*) FROM leases WHERE expires < $1";
const HELD: &str = "SELECT CAST(coalesce(sum(held), 0) AS BIGINT) FROM balances";
const JOBS: &str = "SELECT count(*) FROM jobs";
const SIZE_OF_SQLITE: &str =
    "SELECT CAST(c.page_count * s.page_size AS BIGINT) FROM pragma_page_count() c, pragma_page_size() s";
const SIZE_OF_POSTGRES: &str = "SELECT pg_database_size(current_database())";

impl Books {
    /// How the ledger is. Asks the database.
    pub async fn health(&self) -> Result<LedgerHealth, Error> {
        let is_sqlite = self.shared.database.is_sqlite();
        let now = Time::now().as_i64();
        let mut connection = self.pool().acquire().await.map_err(Error::on("ask how the ledger is"))?;
        let on = &mut *connection;
        let (sum, held) = (number(on, SUM).await?, number(on, HELD).await?);
        let (leases, leased) = (number(on, LEASES).await?, number(on, LEASED).await?);
        let leases_expired = number_before(on, LEASES_EXPIRED, now).await?;
        let holds_overdue = number_before(on, OVERDUE, now - OVERDUE_MS).await?;
        let jobs = number(on, JOBS).await?;
        let bytes = number(on, if is_sqlite { SIZE_OF_SQLITE } else { SIZE_OF_POSTGRES }).await?;
        let count = |number: i64| u64::try_from(number).unwrap_or(0);
        Ok(LedgerHealth {
            healthy: sum == 0 && holds_overdue == 0 && self.shared.vitals.is_healthy(),
            database: if is_sqlite { "sqlite" } else { "postgres" }.into(),
            schema: count(SCHEMA),
            sum,
            held: count(held),
            holds_overdue: count(holds_overdue),
            leases: count(leases),
            leased: count(leased),
            leases_expired: count(leases_expired),
            commits_in_doubt: self.shared.vitals.doubts(),
            jobs: count(jobs),
            bytes: count(bytes),
            bytes_per_job: count(bytes).checked_div(count(jobs)).unwrap_or(0),
        })
    }
}

async fn number(connection: &mut AnyConnection, sql: &'static str) -> Result<i64, Error> {
    sqlx::query_scalar(sql).fetch_one(connection).await.map_err(Error::on("ask how the ledger is"))
}

async fn number_before(connection: &mut AnyConnection, sql: &'static str, before: i64) -> Result<i64, Error> {
    sqlx::query_scalar(sql).bind(before).fetch_one(connection).await.map_err(Error::on("ask how the ledger is"))
}
