//! Charges for what is stored, by its size and time: a transfer to the node now and then, once for each stretch of time
//! whoever is killed in the middle and however clocks are set. Nobody goes below zero: what cannot be paid is owed.

use inos_protocols::{AccountId, Microcredits, account::Reason, ids::TransferId, time::Time};
use sqlx::AnyConnection;

use crate::{
    AccountNo, Error, Ledger, Purse,
    committer::rows::reason_number,
    database::{Tx, retried},
};

/// What a MiB takes in a day, in KiB and seconds: what prices are for.
const KIB_SECONDS_A_MIB_DAY: i128 = 1024 * 86_400;

/// Until when everybody has been charged, and what a MiB costs a day from then on, in microcredits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StorageClock {
    /// Until when.
    pub since: Time,
    /// From then on; at least 1.
    pub rate: u64,
}

/// What an account stored in a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredTime {
    /// The account.
    pub account: AccountNo,
    /// From when on it is counted.
    pub from: Time,
    /// Until when.
    pub upto: Time,
    /// Begun KiB, each times the seconds that it was there.
    pub kib_seconds: u64,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StorageCharge {
    /// The account.
    pub account: AccountId,
    /// What was taken.
    pub paid: Microcredits,
    /// What it could not pay, taken as soon as it can.
    pub owed: Microcredits,
}

/// An account's row: what it owes, and a part of a microcredit.
#[derive(Clone, Copy, Default)]
struct Standing {
    owed: i64,
    rest: i64,
}

impl Ledger {
    /// Until when everybody has been charged; none while storing costs nothing.
    pub async fn storage_clock(&self) -> Result<Option<StorageClock>, Error> {
        let row: Option<(i64, i64)> = sqlx::query_as("SELECT since, rate FROM storage_clock")
            .fetch_optional(self.0.shared.database.pool())
            .await
            .map_err(Error::on("read when storage was charged"))?;
        Ok(row.map(|(since, rate)| StorageClock { since: Time::from_ms(since as u64), rate: rate as u64 }))
    }

    /// Sets it on, or aside where storing costs nothing any more; false when another server was quicker.
    pub async fn set_storage_clock(&self, from: Option<StorageClock>, to: Option<StorageClock>) -> Result<bool, Error> {
        let shared = &self.0.shared;
        retried(async || {
            let mut tx = shared.database.write().await?;
            let statement = match (from, to) {
                (None, None) => return Ok(true),
                (None, Some(to)) => sqlx::query(
                    "INSERT INTO storage_clock (one, since, rate) VALUES (1, $1, $2) ON CONFLICT DO NOTHING",
                )
                .bind(to.since.as_i64())
                .bind(to.rate as i64),
                (Some(from), Some(to)) => {
                    sqlx::query("UPDATE storage_clock SET since = $1, rate = $2 WHERE since = $3")
                        .bind(to.since.as_i64())
                        .bind(to.rate as i64)
                        .bind(from.since.as_i64())
                }
                (Some(from), None) => {
                    sqlx::query("DELETE FROM storage_clock WHERE since = $1").bind(from.since.as_i64())
                }
            };
            let done = statement.execute(tx.on()).await.map_err(Error::on("note when storage was charged"))?;
            tx.commit().await?;
            Ok(done.rows_affected() == 1)
        })
        .await
    }

    /// Charges an account for what it stored, and takes what it owed; none if it was charged for this time before.
    pub async fn charge_storage(&self, stored: StoredTime, rate: u64) -> Result<Option<StorageCharge>, Error> {
        let shared = &self.0.shared;
        let account = self.account_id(stored.account).await?;
        let purse = shared.purses.lock().get(&account).cloned();
        // What this server may spend from memory, and nobody has reserved, is there to be charged: else an account that is
        // always busy would never pay. Nobody takes it again before that.
        let _alone = match &purse {
            Some(purse) => Some(purse.refill.lock().await),
            None => None,
        };
        if let Some(purse) = purse.as_ref().filter(|purse| purse.free() > 0) {
            shared.give_back(purse).await?;
        }
        let charged = retried(async || {
            let mut tx = shared.database.write().await?;
            let Some(before) = count_until(tx.on(), stored).await? else { return Ok(None) };
            let (due, now) = add(before, stored.kib_seconds, rate);
            let available = available(tx.on(), stored.account).await?;
            let paid = due.min(available.max(0));
            let owed = due - paid;
            note(tx.on(), stored.account, Standing { owed, ..now }).await?;
            if paid > 0 {
                let note = said(stored, rate, before.owed, owed);
                pay(&mut tx, (stored.account, shared.node_account), paid, &note).await?;
            }
            tx.commit().await?;
            Ok(Some((paid, owed)))
        });
        let Some((paid, owed)) = charged.await? else { return Ok(None) };
        if paid > 0 {
            // Nobody holds a purse of an account that only stores: this one is for the look alone.
            let purse = Purse::new(account, stored.account);
            purse.set_watched(true);
            shared.look_at_balance(&purse).await?;
        }
        let credits = |amount: i64| Microcredits::saturating(amount as u64);
        Ok(Some(StorageCharge { account, paid: credits(paid), owed: credits(owed) }))
    }

    async fn account_id(&self, no: AccountNo) -> Result<AccountId, Error> {
        let id: Vec<u8> = sqlx::query_scalar("SELECT id FROM accounts WHERE no = $1")
            .bind(no.0)
            .fetch_one(self.0.shared.database.pool())
            .await
            .map_err(Error::on("find an account"))?;
        AccountId::from_slice(&id).ok_or(Error::Damaged { what: "account" })
    }
}

/// Notes until when an account is charged; none if that was done for a part of this time already.
async fn count_until(connection: &mut AnyConnection, stored: StoredTime) -> Result<Option<Standing>, Error> {
    let row: Option<(i64, i64)> = sqlx::query_as(
        "INSERT INTO storage (account, upto, owed, rest) VALUES ($1, $2, 0, 0) \
         ON CONFLICT (account) DO UPDATE SET upto = excluded.upto WHERE storage.upto <= $3 RETURNING owed, rest",
    )
    .bind(stored.account.0)
    .bind(stored.upto.as_i64())
    .bind(stored.from.as_i64())
    .fetch_optional(connection)
    .await
    .map_err(Error::on("count what is stored"))?;
    Ok(row.map(|(owed, rest)| Standing { owed, rest }))
}

/// What is due now in whole microcredits, and the part of one that stays for another time.
fn add(before: Standing, kib_seconds: u64, rate: u64) -> (i64, Standing) {
    let sum = i128::from(kib_seconds) * i128::from(rate) + i128::from(before.rest);
    let whole = (sum / KIB_SECONDS_A_MIB_DAY).min(i128::from(Microcredits::MAX.get())) as i64;
    let rest = (sum % KIB_SECONDS_A_MIB_DAY) as i64;
    let due = before.owed.saturating_add(whole).min(Microcredits::MAX.as_i64());
    (due, Standing { owed: due, rest })
}

/// What an account may spend, its row locked until the transaction ends.
async fn available(connection: &mut AnyConnection, account: AccountNo) -> Result<i64, Error> {
    sqlx::query_scalar("UPDATE balances SET balance = balance WHERE account = $1 RETURNING balance - held - leased")
        .bind(account.0)
        .fetch_one(connection)
        .await
        .map_err(Error::on("look at a balance"))
}

async fn note(
    connection: &mut AnyConnection,
    account: AccountNo,
    Standing { owed, rest }: Standing,
) -> Result<(), Error> {
    sqlx::query("UPDATE storage SET owed = $2, rest = $3 WHERE account = $1")
        .bind(account.0)
        .bind(owed)
        .bind(rest)
        .execute(connection)
        .await
        .map(drop)
        .map_err(Error::on("note what is owed"))
}

/// The words of the transfer, by which it can be worked out again.
fn said(stored: StoredTime, rate: u64, owed_before: i64, owed: i64) -> String {
    let StoredTime { from, upto, kib_seconds, .. } = stored;
    let mut words = format!("{kib_seconds} KiB seconds at {rate} a MiB and day, {from} to {upto}");
    for (amount, what) in [(owed_before, "owed before"), (owed, "still owed")] {
        if amount > 0 {
            words.push_str(&format!(", {amount} {what}"));
        }
    }
    words
}

async fn pay(tx: &mut Tx, (from, to): (AccountNo, AccountNo), amount: i64, note: &str) -> Result<(), Error> {
    for (account, change) in [(from, -amount), (to, amount)] {
        sqlx::query("UPDATE balances SET balance = balance + $2 WHERE account = $1")
            .bind(account.0)
            .bind(change)
            .execute(tx.on())
            .await
            .map_err(Error::on("charge for storage"))?;
    }
    sqlx::query(
        "INSERT INTO transfers (id, debit, credit, amount, reason, note, at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&TransferId::new().as_bytes()[..])
    .bind(from.0)
    .bind(to.0)
    .bind(amount)
    .bind(reason_number(Reason::Storage))
    .bind(note)
    .bind(Time::now().as_i64())
    .execute(tx.on())
    .await
    .map(drop)
    .map_err(Error::on("record what storage cost"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However a time is cut into looks, the sum is what the whole would have cost, to the last microcredit.
        #[test]
        fn nothing_is_lost_or_made_up_between_looks(looks in prop::collection::vec(0..1_u64 << 40, 1..40), rate in 1..1_u64 << 20) {
            let (mut standing, mut paid) = (Standing::default(), 0_i128);
            for look in &looks {
                let (due, now) = add(standing, *look, rate);
                paid += i128::from(due);
                standing = Standing { owed: 0, ..now };
                prop_assert!(i128::from(standing.rest) < KIB_SECONDS_A_MIB_DAY);
            }
            let all = looks.iter().map(|look| i128::from(*look)).sum::<i128>() * i128::from(rate);
            prop_assert_eq!(paid, all / KIB_SECONDS_A_MIB_DAY);
        }

        #[test]
        fn no_amount_wraps(owed in 0..=Microcredits::MAX.as_i64(), kib_seconds: u64, rate in 0..=Microcredits::MAX.get()) {
            let (due, now) = add(Standing { owed, rest: 0 }, kib_seconds, rate);
            prop_assert!(due >= owed && due <= Microcredits::MAX.as_i64() && now.rest >= 0);
        }
    }
}
