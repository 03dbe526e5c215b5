//! Grants that expire: what is left of one at its end goes back to the issuer. What an account spends is taken from the
//! grant that ends first. Nothing is written about it when a job is paid: how much was spent since the last look follows
//! from what came in meanwhile and what is there now.

use inos_protocols::{
    AccountId, Microcredits,
    account::{Act, ExpiringGrant, Reason},
    ids::TransferId,
    time::Time,
};
use serde_json::json;
use sqlx::AnyConnection;

use crate::{
    AccountNo, Error, Ledger, accounts,
    committer::rows::reason_number,
    database::{Tx, retried},
    ledger::Shared,
};

/// How many transfers before the first grant are summed up with it: one that is just being written may have an earlier
/// number than one that is there already.
const MARGIN: i64 = 10_000;

/// A grant that has not come to its end.
struct Open {
    seq: i64,
    remaining: i64,
    expires: i64,
}

/// An account as it was when its grants were last looked at.
struct Mark {
    /// The transfer after which what came in is counted.
    since: i64,
    came_in: i64,
    balance: i64,
}

/// An account as it is.
struct Now {
    came_in: i64,
    balance: i64,
    available: i64,
}

impl Ledger {
    /// Gives an account credits from the issuer that are its own until `expires`.
    pub async fn grant_until(
        &self,
        to: AccountId,
        amount: Microcredits,
        note: Option<&str>,
        expires: Time,
    ) -> Result<TransferId, Error> {
        let shared = &self.0.shared;
        let no = accounts::user_number(&shared.database, to).await?;
        if amount == Microcredits::ZERO {
            return Err(Error::Amount);
        }
        retried(async || {
            let mut tx = shared.database.write().await?;
            look(tx.on(), no).await?;
            let id = accounts::issue(tx.on(), shared.issuer, to, amount, note).await?;
            sqlx::query(
                "INSERT INTO grants (account, transfer, amount, remaining, expires) VALUES ($1, $2, $3, $3, $4)",
            )
            .bind(no.0)
            .bind(&id.as_bytes()[..])
            .bind(amount.as_i64())
            .bind(expires.as_i64())
            .execute(tx.on())
            .await
            .map_err(Error::on("enter a grant"))?;
            mark(tx.on(), no).await?;
            let detail = json!({ "amount": amount, "note": note, "expires": expires });
            self.deed(Act::CreditsGrant, no, Some(id.to_string()), detail).record(tx.on()).await?;
            tx.commit().await?;
            Ok(id)
        })
        .await
    }

    /// Takes back what is left of grants that have ended; returns of how many.
    ///
    /// What is held for jobs or leased to another server stays until it is free.
    pub async fn expire_grants(&self, now: Time, limit: u32) -> Result<usize, Error> {
        let shared = self.0.shared.clone();
        // What was taken out of a lease finds its way back even if the caller goes away.
        let task = tokio::spawn(async move { shared.expire_grants(now, limit).await });
        task.await.map_err(|_| Error::Committer)?
    }
}

impl Shared {
    async fn expire_grants(&self, now: Time, limit: u32) -> Result<usize, Error> {
        let due: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "SELECT DISTINCT g.account, a.id FROM grants g JOIN accounts a ON a.no = g.account \
             WHERE g.remaining > 0 AND g.expires <= $1 LIMIT $2",
        )
        .bind(now.as_i64())
        .bind(i64::from(limit))
        .fetch_all(self.database.pool())
        .await
        .map_err(Error::on("find grants that have ended"))?;
        let mut count = 0;
        for (no, id) in due {
            let id = AccountId::from_slice(&id).ok_or(Error::Damaged { what: "account" })?;
            let purse = self.purse(id).await?;
            // Nobody may take what is being given back, and no refill may add to it.
            let _alone = purse.refill.lock().await;
            self.give_back(&purse).await?;
            count += retried(async || {
                let mut tx = self.database.write().await?;
                let count = take_back(&mut tx, AccountNo(no), self.issuer, now).await?;
                tx.commit().await?;
                Ok(count)
            })
            .await?;
        }
        Ok(count)
    }
}

/// What is left of an account's grants, those that end first before the others.
pub(crate) async fn open_grants(connection: &mut AnyConnection, no: AccountNo) -> Result<Vec<ExpiringGrant>, Error> {
    let rows: Vec<(Vec<u8>, i64, i64, i64)> = sqlx::query_as(
        "SELECT transfer, amount, remaining, expires FROM grants WHERE account = $1 AND remaining > 0 ORDER BY expires, seq",
    )
    .bind(no.0)
    .fetch_all(&mut *connection)
    .await
    .map_err(Error::on("list grants"))?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut spent = spent(connection, no).await?.0;
    let credits = |amount: i64| Microcredits::saturating(amount as u64);
    let mut grants = Vec::with_capacity(rows.len());
    for (transfer, amount, remaining, expires) in rows {
        let used = spent.min(remaining);
        spent -= used;
        grants.push(ExpiringGrant {
            transfer: TransferId::from_slice(&transfer).ok_or(Error::Damaged { what: "grant" })?,
            amount: credits(amount),
            left: credits(remaining - used),
            expires: Time::from_ms(expires as u64),
        });
    }
    grants.retain(|grant| grant.left > Microcredits::ZERO);
    Ok(grants)
}

/// Takes what was spent since the last look from the grants that end first. The account's row stays locked.
async fn look(connection: &mut AnyConnection, no: AccountNo) -> Result<Now, Error> {
    sqlx::query("UPDATE balances SET balance = balance WHERE account = $1")
        .bind(no.0)
        .execute(&mut *connection)
        .await
        .map_err(Error::on("lock an account"))?;
    let (mut spent, now) = spent(connection, no).await?;
    for Open { seq, remaining, .. } in open(connection, no).await? {
        let used = spent.min(remaining);
        spent -= used;
        reduce(connection, seq, used).await?;
    }
    Ok(now)
}

/// What an account has spent since the last look, and how it is now.
async fn spent(connection: &mut AnyConnection, no: AccountNo) -> Result<(i64, Now), Error> {
    let mark: Option<(i64, i64, i64)> =
        sqlx::query_as("SELECT since, came_in, balance FROM grant_marks WHERE account = $1")
            .bind(no.0)
            .fetch_optional(&mut *connection)
            .await
            .map_err(Error::on("read an account's grants"))?;
    let mark = mark.map(|(since, came_in, balance)| Mark { since, came_in, balance });
    let now = now(connection, no, mark.as_ref().map_or(0, |mark| mark.since)).await?;
    let spent = mark.map_or(0, |mark| (mark.balance + now.came_in - mark.came_in - now.balance).max(0));
    Ok((spent, now))
}

async fn now(connection: &mut AnyConnection, no: AccountNo, since: i64) -> Result<Now, Error> {
    let came_in: i64 = sqlx::query_scalar(
        "SELECT CAST(coalesce(sum(amount), 0) AS BIGINT) FROM transfers WHERE seq > $2 AND credit = $1",
    )
    .bind(no.0)
    .bind(since)
    .fetch_one(&mut *connection)
    .await
    .map_err(Error::on("sum up what came in"))?;
    let (balance, available): (i64, i64) =
        sqlx::query_as("SELECT balance, balance - held - leased FROM balances WHERE account = $1")
            .bind(no.0)
            .fetch_one(connection)
            .await
            .map_err(Error::on("read an account"))?;
    Ok(Now { came_in, balance, available })
}

/// Remembers how the account is now.
async fn mark(connection: &mut AnyConnection, no: AccountNo) -> Result<(), Error> {
    let has_open = !open(connection, no).await?.is_empty();
    let known: Option<i64> = sqlx::query_scalar("SELECT since FROM grant_marks WHERE account = $1")
        .bind(no.0)
        .fetch_optional(&mut *connection)
        .await
        .map_err(Error::on("read an account's grants"))?;
    if !has_open {
        // With the last of them nothing need be counted any more.
        return sqlx::query("DELETE FROM grant_marks WHERE account = $1")
            .bind(no.0)
            .execute(connection)
            .await
            .map(drop)
            .map_err(Error::on("forget an account's grants"));
    }
    let since = match known {
        Some(since) => since,
        None => sqlx::query_scalar::<_, i64>("SELECT coalesce(max(seq), 0) FROM transfers")
            .fetch_one(&mut *connection)
            .await
            .map_err(Error::on("find the newest transfer"))?
            .saturating_sub(MARGIN)
            .max(0),
    };
    let Now { came_in, balance, .. } = now(connection, no, since).await?;
    sqlx::query(
        "INSERT INTO grant_marks (account, since, came_in, balance) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (account) DO UPDATE SET since = excluded.since, came_in = excluded.came_in, balance = excluded.balance",
    )
    .bind(no.0)
    .bind(since)
    .bind(came_in)
    .bind(balance)
    .execute(connection)
    .await
    .map(drop)
    .map_err(Error::on("remember an account's grants"))
}

async fn open(connection: &mut AnyConnection, no: AccountNo) -> Result<Vec<Open>, Error> {
    let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
        "SELECT seq, remaining, expires FROM grants WHERE account = $1 AND remaining > 0 ORDER BY expires, seq",
    )
    .bind(no.0)
    .fetch_all(connection)
    .await
    .map_err(Error::on("list grants"))?;
    Ok(rows.into_iter().map(|(seq, remaining, expires)| Open { seq, remaining, expires }).collect())
}

async fn reduce(connection: &mut AnyConnection, seq: i64, used: i64) -> Result<(), Error> {
    if used == 0 {
        return Ok(());
    }
    sqlx::query("UPDATE grants SET remaining = remaining - $2 WHERE seq = $1")
        .bind(seq)
        .bind(used)
        .execute(connection)
        .await
        .map(drop)
        .map_err(Error::on("use up a grant"))
}

/// Moves what is free of ended grants back to the issuer, one transfer a grant.
async fn take_back(tx: &mut Tx, no: AccountNo, issuer: AccountNo, now: Time) -> Result<usize, Error> {
    let Now { mut available, .. } = look(tx.on(), no).await?;
    let mut count = 0;
    for Open { seq, remaining, expires } in open(tx.on(), no).await? {
        let taken = remaining.min(available);
        if expires > now.as_i64() || taken <= 0 {
            continue;
        }
        available -= taken;
        count += 1;
        reduce(tx.on(), seq, taken).await?;
        return_to_issuer(tx.on(), no, issuer, taken).await?;
    }
    mark(tx.on(), no).await?;
    Ok(count)
}

async fn return_to_issuer(
    connection: &mut AnyConnection,
    no: AccountNo,
    issuer: AccountNo,
    amount: i64,
) -> Result<(), Error> {
    for (account, change) in [(no, -amount), (issuer, amount)] {
        sqlx::query("UPDATE balances SET balance = balance + $2 WHERE account = $1")
            .bind(account.0)
            .bind(change)
            .execute(&mut *connection)
            .await
            .map_err(Error::on("take back a grant"))?;
    }
    sqlx::query(
        "INSERT INTO transfers (id, debit, credit, amount, reason, note, at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&TransferId::new().as_bytes()[..])
    .bind(no.0)
    .bind(issuer.0)
    .bind(amount)
    .bind(reason_number(Reason::Grant))
    .bind("a grant has expired")
    .bind(Time::now().as_i64())
    .execute(connection)
    .await
    .map(drop)
    .map_err(Error::on("record what was taken back"))
}
