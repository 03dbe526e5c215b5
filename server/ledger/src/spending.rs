//! The database's side of limits: what an account may spend in a month, and what a key may spend in all.

use std::{sync::Arc, time::Duration};

use inos_protocols::{
    AccountId, KeyId, Microcredits,
    account::{self, Act},
    month::Month,
    time::Time,
};
use serde_json::json;
use sqlx::AnyConnection;

use crate::{
    Access, AccountNo, Budget, Error, Ledger, Limit, Purse, Reservation, ReserveError, accounts,
    audit::Deed,
    books::first_id,
    budget::Taken,
    database::{Tx, retried},
    ledger::Shared,
};

/// How long a limit is taken to be used up before the database is asked again: other servers may have changed it, and
/// what was being written when it was asked last was counted twice.
const TRUSTED: Duration = Duration::from_secs(1);
/// The cap of a limit that was taken away, for what is still under way under it.
const NO_CAP: i64 = Microcredits::MAX.as_i64();

impl Ledger {
    /// Puts a reservation under the limits of its account and of the key that asked for it, if there are any.
    ///
    /// [`ReserveError::OverBudget`] means that one of them has too little left. Asks the database only when it was not
    /// asked before, when a month begins, or once a second while a limit is used up.
    pub async fn limit(&self, reservation: &mut Reservation, key: Option<&Arc<Budget>>) -> Result<(), ReserveError> {
        let own = reservation.purse().budget();
        for budget in own.iter().chain(key) {
            self.0.shared.take_part(budget, reservation).await?;
        }
        Ok(())
    }

    /// The limit of a key, if it has one.
    pub fn key_budget(&self, access: &Access) -> Option<Arc<Budget>> {
        access.has_budget.then(|| self.0.shared.budget(access.account, Some(access.key)))
    }

    /// A part of a limit that an accepted job took before a restart; `of` is what [`Limit::of`] said.
    pub fn held_limit(&self, purse: &Purse, of: (Option<KeyId>, i64), amount: Microcredits) -> Limit {
        Limit::held(self.0.shared.budget(purse.no, of.0), of.1, amount.as_i64())
    }

    /// Sets what an account's jobs may cost in every month, or that they may cost whatever it has.
    ///
    /// What it has spent this month counts, and what is under way without a limit does not.
    pub async fn set_budget(&self, id: AccountId, budget: Option<Microcredits>) -> Result<account::Budget, Error> {
        let shared = self.0.shared.clone();
        let no = accounts::user_number(&shared.database, id).await?;
        let deed = self.deed(Act::AccountLimit, no, Some(id.to_string()), json!({ "budget": budget }));
        // Memory hears of it even if the caller goes away.
        let task = tokio::spawn(async move { shared.set_budget(id, budget, deed).await });
        task.await.map_err(|_| Error::Committer)?
    }
}

impl Shared {
    /// The limit of an account or of one of its keys; the same for all who ask.
    pub(crate) fn budget(&self, account: AccountNo, key: Option<KeyId>) -> Arc<Budget> {
        let mut budgets = self.budgets.lock();
        budgets.entry((account, key)).or_insert_with(|| Arc::new(Budget::new(account, key))).clone()
    }

    async fn take_part(&self, budget: &Arc<Budget>, reservation: &mut Reservation) -> Result<(), ReserveError> {
        let amount = reservation.amount().as_i64();
        if amount == 0 {
            return Ok(());
        }
        let mut taken = Taken::TooLittle(Microcredits::ZERO);
        if budget.is_current(Time::now()) {
            taken = budget.take(amount);
        }
        if matches!(taken, Taken::TooLittle(_)) && budget.is_stale(Time::now(), TRUSTED) {
            let _alone = budget.asking.lock().await;
            if budget.is_stale(Time::now(), TRUSTED) {
                self.ask_for(budget).await?;
            }
            taken = budget.take(amount);
        }
        match taken {
            Taken::Part(part) => reservation.put_under(part),
            Taken::Free => {}
            Taken::TooLittle(available) => {
                let is_keys = budget.key.is_some();
                return Err(ReserveError::OverBudget { is_keys, required: reservation.amount(), available });
            }
        }
        Ok(())
    }

    /// Asks what there is of a limit, and makes its row where there is none for this month.
    async fn ask_for(&self, budget: &Budget) -> Result<(), Error> {
        let month = budget.month_at(Time::now());
        let (cap, used) = retried(async || {
            let mut tx = self.database.write().await?;
            let cap = cap(&mut tx, budget).await?;
            let used = match cap {
                Some(cap) => enter(tx.on(), budget, month, cap, 0).await?,
                None => 0,
            };
            tx.commit().await?;
            Ok((cap, used))
        })
        .await?;
        budget.loaded(month, cap, used);
        Ok(())
    }

    async fn set_budget(
        &self,
        id: AccountId,
        wanted: Option<Microcredits>,
        deed: Deed,
    ) -> Result<account::Budget, Error> {
        let no = accounts::user_number(&self.database, id).await?;
        let month = Month::of(Time::now());
        let budget = self.budget(no, None);
        let used = retried(async || {
            let mut tx = self.database.write().await?;
            sqlx::query("UPDATE accounts SET budget = $2 WHERE no = $1")
                .bind(no.0)
                .bind(wanted.map(Microcredits::as_i64))
                .execute(tx.on())
                .await
                .map_err(Error::on("set a budget"))?;
            let spent = spent_since(tx.on(), no, month.begins()).await?;
            let cap = wanted.map_or(NO_CAP, Microcredits::as_i64);
            let used = enter(tx.on(), &budget, i64::from(month.number()), cap, spent).await?;
            deed.record(tx.on()).await?;
            tx.commit().await?;
            Ok(used)
        })
        .await?;
        budget.changed(i64::from(month.number()), wanted.map(Microcredits::as_i64), used);
        self.keys.forget_all_of(no);
        let purse = self.purse(id).await?;
        purse.set_budget(wanted.map(|_| budget));
        let used = if wanted.is_some() { Microcredits::saturating(used as u64) } else { Microcredits::ZERO };
        Ok(account::Budget { month, budget: wanted, used })
    }
}

/// The limit as it was set.
async fn cap(tx: &mut Tx, budget: &Budget) -> Result<Option<i64>, Error> {
    let sql = match budget.key {
        Some(_) => "SELECT budget FROM keys WHERE account = $1 AND id = $2",
        None => "SELECT budget FROM accounts WHERE no = $1",
    };
    let query = sqlx::query_scalar(sql).bind(budget.account.0);
    let query = if budget.key.is_some() { query.bind(budget.key_bytes().to_vec()) } else { query };
    let cap: Option<Option<i64>> = query.fetch_optional(tx.on()).await.map_err(Error::on("read a budget"))?;
    Ok(cap.flatten())
}

/// Enters a limit for a month, or its new cap; gives what is used of it, which is `spent` at least: while there was no
/// limit, nothing was counted.
async fn enter(
    connection: &mut AnyConnection,
    budget: &Budget,
    month: i64,
    cap: i64,
    spent: i64,
) -> Result<i64, Error> {
    sqlx::query_scalar(
        "INSERT INTO budgets (account, key, month, cap, used) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (account, key, month) DO UPDATE SET cap = excluded.cap, \
         used = CASE WHEN excluded.used > budgets.used THEN excluded.used ELSE budgets.used END RETURNING used",
    )
    .bind(budget.account.0)
    .bind(budget.key_bytes().to_vec())
    .bind(month)
    .bind(cap)
    .bind(spent)
    .fetch_one(connection)
    .await
    .map_err(Error::on("enter a budget"))
}

/// What an account's jobs that were accepted since then, and have ended, cost together.
async fn spent_since(connection: &mut AnyConnection, account: AccountNo, since: Time) -> Result<i64, Error> {
    sqlx::query_scalar(
        "SELECT CAST(coalesce(sum(cost), 0) AS BIGINT) FROM jobs WHERE account = $1 AND id >= $2 AND state > 1",
    )
    .bind(account.0)
    .bind(first_id(since).to_vec())
    .fetch_one(connection)
    .await
    .map_err(Error::on("sum up what was spent"))
}
