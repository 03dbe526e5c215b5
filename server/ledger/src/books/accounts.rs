//! Accounts and their keys.

use inos_protocols::{
    AccountId, KeyId, Microcredits,
    account::{Account, Budget, ExpiringGrant, Key, Scopes, Usage},
    month::Month,
    time::Time,
};
use sqlx::any::AnyRow;
use uuid::Uuid;

use super::{Books, column, damaged, page};
use crate::{Error, Limits, accounts::number, grants::open_grants, limits::whole};

impl Books {
    /// An account and what it has; what is put aside on this node and not yet written counts as held.
    pub async fn account(&self, id: AccountId) -> Result<Option<Account>, Error> {
        let row = sqlx::query("SELECT a.id, a.name, a.created, a.weight, a.rate_limit, a.low_balance, a.keep_ms, b.balance, b.held FROM accounts a JOIN balances b ON b.account = a.no WHERE a.id = $1")
            .bind(&id.as_bytes()[..])
            .fetch_optional(self.pool())
            .await
            .map_err(Error::on("read an account"))?;
        row.map(|row| self.read_account(&row)).transpose()
    }

    /// The accounts that pay for jobs, oldest first, and where the next page begins.
    pub async fn accounts(&self, limit: u32, cursor: Option<&str>) -> Result<(Vec<Account>, Option<String>), Error> {
        let after: i64 = cursor.map_or(Ok(0), str::parse).map_err(|_| Error::Cursor)?;
        let rows = sqlx::query(
            "SELECT a.no, a.id, a.name, a.created, a.weight, a.rate_limit, a.low_balance, a.keep_ms, b.balance, b.held FROM accounts a JOIN balances b ON b.account = a.no \
             WHERE a.kind = 2 AND a.no > $1 ORDER BY a.no LIMIT $2",
        )
        .bind(after)
        .bind(page(limit) as i64)
        .fetch_all(self.pool())
        .await
        .map_err(Error::on("list accounts"))?;
        let next = match rows.last() {
            Some(last) if rows.len() == page(limit) => Some(column::<i64>(last, "no")?.to_string()),
            _ => None,
        };
        let accounts = rows.iter().map(|row| self.read_account(row)).collect::<Result<_, _>>()?;
        Ok((accounts, next))
    }

    fn read_account(&self, row: &AnyRow) -> Result<Account, Error> {
        let damaged = damaged("account");
        let id = AccountId::from_slice(column(row, "id")?).ok_or_else(&damaged)?;
        let reserved = self.shared.purses.lock().get(&id).map_or(0, |purse| purse.reserved());
        let balance = column::<i64>(row, "balance")?.max(0);
        let held = (column::<i64>(row, "held")? + reserved).min(balance);
        let Limits { weight, rate_limit } = Limits::of(column(row, "weight")?, column(row, "rate_limit")?);
        let credits = |amount: i64| Microcredits::saturating(amount as u64);
        Ok(Account {
            id,
            name: column(row, "name")?,
            created: Time::from_ms(column::<i64>(row, "created")? as u64),
            balance: credits(balance),
            held: credits(held),
            available: credits(balance - held),
            weight,
            rate_limit,
            low_balance: column::<Option<i64>>(row, "low_balance")?.map(credits),
            keep_ms: column::<Option<i64>>(row, "keep_ms")?.map(|ms| ms as u64),
        })
    }

    /// The keys of an account, oldest first, revoked ones included.
    pub async fn keys(&self, account: AccountId) -> Result<Vec<Key>, Error> {
        let rows = sqlx::query(
            "SELECT k.id, k.name, k.scopes, k.created, k.expires, k.revoked, k.last_used, k.rate_limit, k.budget FROM keys k \
             JOIN accounts a ON a.no = k.account WHERE a.id = $1 ORDER BY k.id",
        )
        .bind(&account.as_bytes()[..])
        .fetch_all(self.pool())
        .await
        .map_err(Error::on("list keys"))?;
        rows.iter().map(|row| self.read_key(row)).collect()
    }

    fn read_key(&self, row: &AnyRow) -> Result<Key, Error> {
        let time = |ms: i64| Time::from_ms(ms as u64);
        let id = KeyId::from_slice(column(row, "id")?).ok_or_else(damaged("key"))?;
        let written = column::<Option<i64>>(row, "last_used")?.map(time);
        Ok(Key {
            id,
            prefix: Key::prefix_of(id),
            name: column(row, "name")?,
            scopes: Scopes::from_bits(column::<i64>(row, "scopes")? as u8).list(),
            created: time(column(row, "created")?),
            expires: column::<Option<i64>>(row, "expires")?.map(time),
            revoked: column::<Option<i64>>(row, "revoked")?.map(time),
            last_used: self.shared.uses.of(id).max(written),
            rate_limit: column::<Option<i64>>(row, "rate_limit")?.map(whole),
            budget: column::<Option<i64>>(row, "budget")?.map(|amount| Microcredits::saturating(amount as u64)),
        })
    }

    /// What an account may spend on jobs this month, and how much of it is gone.
    pub async fn budget(&self, id: AccountId) -> Result<Option<Budget>, Error> {
        let month = Month::of(Time::now());
        let row: Option<(Option<i64>, Option<i64>)> = sqlx::query_as(
            "SELECT a.budget, b.used FROM accounts a \
             LEFT JOIN budgets b ON b.account = a.no AND length(b.key) = 0 AND b.month = $2 WHERE a.id = $1",
        )
        .bind(&id.as_bytes()[..])
        .bind(i64::from(month.number()))
        .fetch_optional(self.pool())
        .await
        .map_err(Error::on("read a budget"))?;
        let credits = |amount: i64| Microcredits::saturating(amount as u64);
        Ok(row.map(|(budget, used)| Budget {
            month,
            budget: budget.map(credits),
            used: credits(budget.and(used).unwrap_or_default()),
        }))
    }

    /// What a budget says is used of it: an account's of that month, or a key's.
    pub async fn used_of_budget(
        &self,
        id: AccountId,
        key: Option<KeyId>,
        month: i64,
    ) -> Result<Option<Microcredits>, Error> {
        let used: Option<i64> = sqlx::query_scalar(
            "SELECT b.used FROM budgets b JOIN accounts a ON a.no = b.account WHERE a.id = $1 AND b.key = $2 AND b.month = $3",
        )
        .bind(&id.as_bytes()[..])
        .bind(key.map_or_else(Vec::new, |key| key.as_bytes().to_vec()))
        .bind(month)
        .fetch_optional(self.pool())
        .await
        .map_err(Error::on("read a budget"))?;
        Ok(used.map(|used| Microcredits::saturating(used as u64)))
    }

    /// What is left of an account's grants that expire, those that end first before the others.
    pub async fn grants(&self, id: AccountId) -> Result<Vec<ExpiringGrant>, Error> {
        let no = number(&self.shared.database, id).await?;
        let mut connection = self.pool().acquire().await.map_err(Error::on("list grants"))?;
        open_grants(&mut connection, no).await
    }

    /// What an account used for jobs that were accepted since then, by method.
    pub async fn usage(&self, account: AccountId, since: Time) -> Result<Vec<Usage>, Error> {
        let rows = sqlx::query(
            "SELECT unit, method, count(*) AS jobs, \
             CAST(sum(CASE WHEN state = 2 THEN 1 ELSE 0 END) AS BIGINT) AS succeeded, CAST(sum(cost) AS BIGINT) AS cost \
             FROM jobs WHERE account = (SELECT no FROM accounts WHERE id = $1) AND id >= $2 AND state > 1 \
             GROUP BY unit, method ORDER BY unit, method",
        )
        .bind(&account.as_bytes()[..])
        .bind(&first_id(since)[..])
        .fetch_all(self.pool())
        .await
        .map_err(Error::on("sum up usage"))?;
        rows.iter().map(read_usage).collect()
    }
}

/// The smallest id that can have been made at that time: ids begin with 48 bits of milliseconds.
pub(crate) fn first_id(since: Time) -> [u8; 16] {
    let mut bytes = *Uuid::nil().as_bytes();
    bytes[..6].copy_from_slice(&since.as_ms().to_be_bytes()[2..]);
    bytes
}

fn read_usage(row: &AnyRow) -> Result<Usage, Error> {
    Ok(Usage {
        unit: column(row, "unit")?,
        method: column(row, "method")?,
        jobs: column::<i64>(row, "jobs")? as u64,
        succeeded: column::<i64>(row, "succeeded")? as u64,
        cost: Microcredits::saturating(column::<i64>(row, "cost")? as u64),
    })
}
