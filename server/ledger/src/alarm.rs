//! Tells once when an account has less left than it wants to hear of. Looks only at accounts that asked to be told, and
//! only while they spend.

use std::sync::OnceLock;

use inos_protocols::{AccountId, Microcredits};

use crate::{AccountNo, Error, Ledger, Purse, accounts, database::retried, ledger::Shared};

/// An account that has less left than it wants to hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LowBalance {
    /// The account.
    pub account: AccountId,
    /// What it can still spend.
    pub available: Microcredits,
    /// Below what it wants to hear of it.
    pub threshold: Microcredits,
}

/// Who is told.
pub(crate) type Listener = OnceLock<Box<dyn Fn(LowBalance) + Send + Sync>>;

impl Ledger {
    /// Has `tell` called whenever an account has gone below what it wants to hear of; the first who asks is told.
    pub fn on_low_balance(&self, tell: impl Fn(LowBalance) + Send + Sync + 'static) {
        // Somebody who asks second is a second broker on one ledger: the first goes on to be told.
        let _ = self.0.shared.alarms.set(Box::new(tell));
    }

    /// Sets below what an account wants to be told of what it has left, or that it does not.
    pub async fn set_low_balance(&self, id: AccountId, threshold: Option<Microcredits>) -> Result<(), Error> {
        let shared = &self.0.shared;
        let no = accounts::user_number(&shared.database, id).await?;
        retried(async || {
            let mut tx = shared.database.write().await?;
            sqlx::query("UPDATE accounts SET low_balance = $2, low_told = 0 WHERE no = $1")
                .bind(no.0)
                .bind(threshold.map(Microcredits::as_i64))
                .execute(tx.on())
                .await
                .map_err(Error::on("set when to warn"))?;
            tx.commit().await
        })
        .await?;
        shared.keys.forget_all_of(no);
        let purse = shared.purse(id).await?;
        purse.set_watched(threshold.is_some());
        shared.look_at_balance(&purse).await
    }
}

impl Shared {
    /// Tells of an account's balance if it went below what it wants to hear of, once until it has been above it again.
    pub(crate) async fn look_at_balance(&self, purse: &Purse) -> Result<(), Error> {
        if !purse.is_watched() {
            return Ok(());
        }
        let Some((threshold, was_told, available)) = self.standing(purse.no).await? else { return Ok(()) };
        let Some(threshold) = threshold else {
            purse.set_watched(false);
            return Ok(());
        };
        let is_low = available < threshold;
        if is_low == was_told {
            return Ok(());
        }
        if self.note_told(purse.no, is_low).await? && is_low {
            let credits = |amount: i64| Microcredits::saturating(amount.max(0) as u64);
            let low =
                LowBalance { account: purse.account, available: credits(available), threshold: credits(threshold) };
            if let Some(tell) = self.alarms.get() {
                tell(low);
            }
        }
        Ok(())
    }

    /// The threshold, whether it was told of, and what is left.
    async fn standing(&self, no: AccountNo) -> Result<Option<(Option<i64>, bool, i64)>, Error> {
        let row: Option<(Option<i64>, i64, i64)> = sqlx::query_as(
            "SELECT a.low_balance, a.low_told, b.balance - b.held FROM accounts a JOIN balances b ON b.account = a.no \
             WHERE a.no = $1",
        )
        .bind(no.0)
        .fetch_optional(self.database.pool())
        .await
        .map_err(Error::on("look at a balance"))?;
        Ok(row.map(|(threshold, told, available)| (threshold, told != 0, available)))
    }

    /// Writes down whether the account was told; false when another server was quicker.
    async fn note_told(&self, no: AccountNo, told: bool) -> Result<bool, Error> {
        retried(async || {
            let mut tx = self.database.write().await?;
            let done = sqlx::query("UPDATE accounts SET low_told = $2 WHERE no = $1 AND low_told <> $2")
                .bind(no.0)
                .bind(i64::from(told))
                .execute(tx.on())
                .await
                .map_err(Error::on("note a warning"))?;
            tx.commit().await?;
            Ok(done.rows_affected() == 1)
        })
        .await
    }
}
