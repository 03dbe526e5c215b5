//! A key that takes the place of another: both open the account until the old one's time is over.

use inos_protocols::{
    AccountId, KeyId,
    account::{Act, NewKey, Scopes},
    time::Time,
};

use serde_json::json;

use crate::{Error, Ledger, accounts, audit, keys};

impl Ledger {
    /// Makes a key of the same name, scopes, limits and expiry as this one, which ends `overlap_ms` from now unless it
    /// ends earlier anyway. `may` is what the new key may do at most.
    ///
    /// `None`: there is no such key, or it has ended. Servers that share the database hear of the end as of a
    /// revocation, within five seconds.
    pub async fn rotate_key(
        &self,
        account: AccountId,
        key: KeyId,
        overlap_ms: u64,
        may: Scopes,
    ) -> Result<Option<NewKey>, Error> {
        let ledger = self.clone();
        // Whoever hangs on the old key hears of its end even if the caller goes away.
        let task = tokio::spawn(async move { ledger.rotate(account, key, overlap_ms, may).await });
        task.await.map_err(|_| Error::Committer)?
    }

    async fn rotate(
        &self,
        account: AccountId,
        old: KeyId,
        overlap_ms: u64,
        may: Scopes,
    ) -> Result<Option<NewKey>, Error> {
        let shared = &self.0.shared;
        let no = accounts::number(&shared.database, account).await?;
        let mut tx = shared.database.write().await?;
        let now = Time::now();
        let ends = now.plus_ms(overlap_ms);
        type Row = (String, i64, Option<i64>, Option<i64>, Option<i64>);
        let row: Option<Row> = sqlx::query_as(
            "SELECT name, scopes, expires, rate_limit, budget FROM keys \
             WHERE id = $1 AND account = $2 AND revoked IS NULL AND (expires IS NULL OR expires > $3)",
        )
        .bind(&old.as_bytes()[..])
        .bind(no.0)
        .bind(now.as_i64())
        .fetch_optional(tx.on())
        .await
        .map_err(Error::on("read the key to replace"))?;
        let Some((name, scopes, expires, rate_limit, budget)) = row else { return Ok(None) };
        let scopes = Scopes::from_bits(scopes as u8);
        if !may.cover(scopes) {
            return Err(Error::Stronger);
        }
        if budget.is_some() {
            // Both would spend it as long as both work.
            return Err(Error::Budgeted);
        }
        let expires = expires.map(|ms| Time::from_ms(ms as u64));
        let terms = keys::Terms { expires, rate_limit: rate_limit.map(crate::limits::whole), budget: None };
        let made = keys::make(tx.on(), no, &name, scopes, terms).await?;
        let ended = sqlx::query(
            "UPDATE keys SET expires = CASE WHEN expires < $2 THEN expires ELSE $2 END WHERE id = $1 AND revoked IS NULL",
        )
        .bind(&old.as_bytes()[..])
        .bind(ends.as_i64())
        .execute(tx.on())
        .await
        .map_err(Error::on("end the key that was replaced"))?;
        if ended.rows_affected() != 1 {
            // It was revoked meanwhile, and takes what would have come after it along.
            return Ok(None);
        }
        let mut detail = audit::of_key(&made.key);
        detail["successor"] = json!(made.key.id);
        detail["overlap_ms"] = json!(overlap_ms);
        self.deed(Act::KeyRotate, no, Some(old.to_string()), detail).record(tx.on()).await?;
        tx.commit().await?;
        shared.keys.forget(old);
        shared.watches.shorten(old, ends);
        Ok(Some(made))
    }
}
