//! The database's side of leases: credits are granted to a purse under a token, renewed, given back, called back.

use std::{sync::Arc, time::Instant};

use inos_failpoints::{Point, reach};
use inos_protocols::{Microcredits, time::Time};
use sqlx::AnyConnection;

use crate::{
    AccountNo, Error, Purse, Reservation, ReserveError,
    database::{Database, Tx, retried},
    ledger::Shared,
    purse::uptime_ms,
};

/// How long after its end another node's lease is called back: clocks differ.
const GRACE_MS: u64 = 2000;

/// How often credits that were granted may be gone before they could be put aside.
const ROUNDS_MAX: u32 = 8;

/// What asking for credits brought.
enum Refill {
    Granted,
    /// Another node was quicker.
    Overtaken,
    /// So much is there, and it is not enough.
    TooPoor(i64),
}

impl Shared {
    /// Puts credits aside, asking the database once for all who wait for the same purse.
    pub(crate) async fn reserve_slowly(
        &self,
        purse: &Arc<Purse>,
        amount: Microcredits,
    ) -> Result<Reservation, ReserveError> {
        let arrived = Instant::now();
        let mut last = purse.refill.lock().await;
        for _ in 0..ROUNDS_MAX {
            if let Some(reservation) = purse.reserve(amount) {
                return Ok(reservation);
            }
            // Somebody asked after this one came: the answer is as good for both.
            match last.available {
                _ if last.asked.is_none_or(|asked| asked < arrived) => {}
                None => return Err(Error::Unavailable.into()),
                Some(available) if available < amount => {
                    return Err(ReserveError::TooPoor { required: amount, available });
                }
                Some(_) => {}
            }
            (last.asked, last.available) = (Some(Instant::now()), None);
            let need = amount.as_i64() - purse.free();
            let refill = retried(|| self.refill(purse, need)).await?;
            let available = match refill {
                Refill::TooPoor(available) => available + purse.free(),
                Refill::Granted | Refill::Overtaken => purse.free().max(amount.as_i64()),
            };
            last.available = Some(Microcredits::saturating(available.max(0) as u64));
            if let Refill::Granted = refill {
                self.leased.notify_one();
            }
        }
        Err(Error::Unavailable.into())
    }

    /// Leases `need` more credits to the purse, or as many as are sensible.
    async fn refill(&self, purse: &Purse, need: i64) -> Result<Refill, Error> {
        let (node, no, now) = (self.node_account, purse.no, Time::now());
        let until_ms = uptime_ms() + self.lease_ms - self.lease_ms / 4;
        let mut tx = self.database.write().await?;
        let token = purse.lease().map(|lease| lease.token);
        let token = current_token(tx.on(), no, node, token).await?;
        let mut available = available(tx.on(), no).await?;
        if available < need {
            available += recall(&mut tx, Some(no), node, now).await?.1;
        }
        if available < need {
            tx.commit().await?;
            return Ok(Refill::TooPoor(available));
        }
        let amount = self.portion(need.max(0), available);
        if !grant(tx.on(), no, node, token, amount, now.plus_ms(self.lease_ms)).await? {
            return Ok(Refill::Overtaken);
        }
        tx.commit().await?;
        reach(Point::CreditsLeased);
        purse.granted(token, amount, until_ms);
        Ok(Refill::Granted)
    }

    /// How much to lease: on SQLite this node is alone and takes all, on Postgres it leaves half to others.
    fn portion(&self, need: i64, available: i64) -> i64 {
        if self.database.is_sqlite() { available } else { need.max(available / 2) }
    }

    /// Gives back whatever nobody has reserved.
    pub(crate) async fn give_back(&self, purse: &Purse) -> Result<(), Error> {
        let Some(lease) = purse.lease() else { return Ok(()) };
        let amount = lease.drain();
        let given = retried(|| return_credits(&self.database, purse.no, self.node_account, lease.token, amount)).await;
        match given {
            Ok(()) => {
                lease.shrink(amount);
                if lease.is_empty() {
                    purse.lost(lease.token);
                }
                Ok(())
            }
            Err(error) => {
                // If it did happen after all, the fence of the next commit says so.
                lease.refund(amount);
                Err(error)
            }
        }
    }

    /// Moves the lease's end; a lease that is no longer there is forgotten.
    pub(crate) async fn renew(&self, purse: &Purse) -> Result<(), Error> {
        let Some(lease) = purse.lease() else { return Ok(()) };
        let until_ms = uptime_ms() + self.lease_ms - self.lease_ms / 4;
        let mut tx = self.database.write().await?;
        let done = sqlx::query("UPDATE leases SET expires = $1 WHERE account = $2 AND node = $3 AND token = $4")
            .bind(Time::now().plus_ms(self.lease_ms).as_i64())
            .bind(purse.no.0)
            .bind(self.node_account.0)
            .bind(lease.token)
            .execute(tx.on())
            .await
            .map_err(Error::on("renew a lease"))?;
        tx.commit().await?;
        if done.rows_affected() == 1 {
            lease.renewed(until_ms);
        } else {
            purse.lost(lease.token);
        }
        Ok(())
    }
}

/// Takes back everything that this node had leased: at its start and its end nobody spends from memory.
pub(crate) async fn reclaim_own(database: &Database, node: AccountNo) -> Result<(), Error> {
    retried(async || {
        let mut tx = database.write().await?;
        let rows = sqlx::query_as("DELETE FROM leases WHERE node = $1 RETURNING account, remainder").bind(node.0);
        let rows = rows.fetch_all(tx.on()).await.map_err(Error::on("take leases back"))?;
        free(tx.on(), rows).await?;
        tx.commit().await
    })
    .await
}

/// Calls back what other nodes let expire.
pub(crate) async fn recall_expired(database: &Database, node: AccountNo) -> Result<usize, Error> {
    retried(async || {
        let mut tx = database.write().await?;
        let (count, _) = recall(&mut tx, None, node, Time::now()).await?;
        tx.commit().await?;
        Ok(count)
    })
    .await
}

async fn recall(tx: &mut Tx, account: Option<AccountNo>, node: AccountNo, now: Time) -> Result<(usize, i64), Error> {
    let account = account.map_or(0, |account| account.0);
    let rows = sqlx::query_as(
        "DELETE FROM leases WHERE node <> $1 AND expires < $2 AND ($3 = 0 OR account = $3) RETURNING account, remainder",
    );
    let rows = rows.bind(node.0).bind(now.as_i64() - GRACE_MS as i64).bind(account);
    let rows: Vec<(i64, i64)> = rows.fetch_all(tx.on()).await.map_err(Error::on("call leases back"))?;
    let count = rows.len();
    Ok((count, free(tx.on(), rows).await?))
}

/// Makes the remainders of deleted leases available again.
async fn free(connection: &mut AnyConnection, mut remainders: Vec<(i64, i64)>) -> Result<i64, Error> {
    remainders.sort_unstable();
    for (account, remainder) in &remainders {
        unlease(connection, *account, *remainder).await?;
    }
    Ok(remainders.iter().map(|(_, remainder)| remainder).sum())
}

async fn unlease(connection: &mut AnyConnection, account: i64, amount: i64) -> Result<(), Error> {
    sqlx::query("UPDATE balances SET leased = leased - $2 WHERE account = $1")
        .bind(account)
        .bind(amount)
        .execute(connection)
        .await
        .map(drop)
        .map_err(Error::on("free leased credits"))
}

/// The token to go on with: the purse's own if the database knows it, else a new one in place of what is there.
async fn current_token(
    connection: &mut AnyConnection,
    account: AccountNo,
    node: AccountNo,
    token: Option<i64>,
) -> Result<i64, Error> {
    let rows = sqlx::query_as(
        "DELETE FROM leases WHERE account = $1 AND node = $2 AND token <> $3 RETURNING account, remainder",
    )
    .bind(account.0)
    .bind(node.0)
    .bind(token.unwrap_or(0))
    .fetch_all(&mut *connection)
    .await
    .map_err(Error::on("replace a lease"))?;
    free(connection, rows).await?;
    let known: Option<i64> = sqlx::query_scalar("SELECT token FROM leases WHERE account = $1 AND node = $2")
        .bind(account.0)
        .bind(node.0)
        .fetch_optional(connection)
        .await
        .map_err(Error::on("read a lease"))?;
    known.map_or_else(fresh_token, Ok)
}

/// A token that no lease has had.
fn fresh_token() -> Result<i64, Error> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|_| Error::Random)?;
    Ok(i64::from_le_bytes(bytes).unsigned_abs().max(1) as i64 & i64::MAX)
}

async fn available(connection: &mut AnyConnection, account: AccountNo) -> Result<i64, Error> {
    sqlx::query_scalar("SELECT balance - held - leased FROM balances WHERE account = $1")
        .bind(account.0)
        .fetch_optional(connection)
        .await
        .map_err(Error::on("read an account"))?
        .ok_or(Error::NoAccount)
}

/// Moves credits into the lease, unless somebody else was quicker.
async fn grant(
    connection: &mut AnyConnection,
    account: AccountNo,
    node: AccountNo,
    token: i64,
    amount: i64,
    expires: Time,
) -> Result<bool, Error> {
    let leased =
        sqlx::query("UPDATE balances SET leased = leased + $2 WHERE account = $1 AND balance - held - leased >= $2")
            .bind(account.0)
            .bind(amount)
            .execute(&mut *connection)
            .await
            .map_err(Error::on("lease credits"))?;
    if leased.rows_affected() != 1 {
        return Ok(false);
    }
    sqlx::query(
        "INSERT INTO leases (account, node, token, remainder, expires) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (account, node) DO UPDATE SET remainder = leases.remainder + excluded.remainder, expires = excluded.expires",
    )
    .bind(account.0)
    .bind(node.0)
    .bind(token)
    .bind(amount)
    .bind(expires.as_i64())
    .execute(connection)
    .await
    .map(|_| true)
    .map_err(Error::on("lease credits"))
}

async fn return_credits(
    database: &Database,
    account: AccountNo,
    node: AccountNo,
    token: i64,
    amount: i64,
) -> Result<(), Error> {
    let mut tx = database.write().await?;
    let taken = sqlx::query(
        "UPDATE leases SET remainder = remainder - $4 WHERE account = $1 AND node = $2 AND token = $3 AND remainder >= $4",
    )
    .bind(account.0)
    .bind(node.0)
    .bind(token)
    .bind(amount)
    .execute(tx.on())
    .await
    .map_err(Error::on("give credits back"))?;
    if taken.rows_affected() == 1 {
        unlease(tx.on(), account.0, amount).await?;
        sqlx::query("DELETE FROM leases WHERE account = $1 AND node = $2 AND token = $3 AND remainder = 0")
            .bind(account.0)
            .bind(node.0)
            .bind(token)
            .execute(tx.on())
            .await
            .map_err(Error::on("end a lease"))?;
    }
    tx.commit().await
}
