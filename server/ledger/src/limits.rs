//! What an admin sets for an account: how fast it may ask, and how its share of the workers stands to that of others.

use inos_protocols::{AccountId, account::Act};
use serde_json::json;

use crate::{Error, Ledger, accounts, database::retried};

/// The limits of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How its share of the workers stands to that of others who wait; at least 1.
    pub weight: u32,
    /// How many requests a second all its keys may make together, where that is limited.
    pub rate_limit: Option<u32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { weight: 1, rate_limit: None }
    }
}

impl Limits {
    /// The limits as the database has them.
    pub(crate) fn of(weight: i64, rate_limit: Option<i64>) -> Self {
        Self { weight: whole(weight).max(1), rate_limit: rate_limit.map(whole) }
    }
}

/// A small number as the database has it.
pub(crate) fn whole(number: i64) -> u32 {
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
}

impl Ledger {
    /// Sets an account's limits: at once on this server, within five seconds on others.
    pub async fn set_limits(&self, account: AccountId, limits: Limits) -> Result<(), Error> {
        let shared = &self.0.shared;
        let no = accounts::number(&shared.database, account).await?;
        retried(async || {
            let mut tx = shared.database.write().await?;
            sqlx::query("UPDATE accounts SET weight = $2, rate_limit = $3 WHERE no = $1")
                .bind(no.0)
                .bind(i64::from(limits.weight))
                .bind(limits.rate_limit.map(i64::from))
                .execute(tx.on())
                .await
                .map_err(Error::on("set an account's limits"))?;
            let detail = json!({ "weight": limits.weight, "rate_limit": limits.rate_limit });
            self.deed(Act::AccountLimit, no, Some(account.to_string()), detail).record(tx.on()).await?;
            tx.commit().await
        })
        .await?;
        shared.keys.forget_all_of(no);
        Ok(())
    }

    /// Sets how long what an account's jobs leave is kept where a job does not say: for jobs that come from now on, within
    /// five seconds on other servers.
    pub async fn set_keep(&self, account: AccountId, keep_ms: Option<u64>) -> Result<(), Error> {
        let shared = &self.0.shared;
        let no = accounts::user_number(&shared.database, account).await?;
        retried(async || {
            let mut tx = shared.database.write().await?;
            sqlx::query("UPDATE accounts SET keep_ms = $2 WHERE no = $1")
                .bind(no.0)
                .bind(keep_ms.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX)))
                .execute(tx.on())
                .await
                .map_err(Error::on("set how long outputs are kept"))?;
            let detail = json!({ "keep_ms": keep_ms });
            self.deed(Act::AccountKeep, no, Some(account.to_string()), detail).record(tx.on()).await?;
            tx.commit().await
        })
        .await?;
        shared.keys.forget_all_of(no);
        Ok(())
    }
}
