//! What accounts say they own of stored bytes. The bytes themselves are elsewhere.

use inos_protocols::{AccountId, Hash, account::Blob, time::Time};

use crate::{Error, Ledger, accounts};

impl Ledger {
    /// Enters a blob of an account. One that is there already keeps the later end and stays pinned if either is.
    pub async fn put_blob(&self, account: AccountId, blob: &Blob) -> Result<(), Error> {
        let database = &self.0.shared.database;
        let no = accounts::number(database, account).await?;
        let Blob { hash, bytes, media_type, created, expires, pinned } = blob;
        let mut tx = database.write().await?;
        sqlx::query(
            "INSERT INTO blobs (account, hash, bytes, media_type, created, expires, pinned) VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (account, hash) DO UPDATE SET media_type = excluded.media_type, \
             expires = CASE WHEN blobs.expires IS NULL OR excluded.expires IS NULL THEN NULL \
                WHEN blobs.expires > excluded.expires THEN blobs.expires ELSE excluded.expires END, \
             pinned = CASE WHEN blobs.pinned > excluded.pinned THEN blobs.pinned ELSE excluded.pinned END",
        )
        .bind(no.0)
        .bind(&hash.0[..])
        .bind(*bytes as i64)
        .bind(media_type.as_str())
        .bind(created.as_i64())
        .bind(expires.map(Time::as_i64))
        .bind(i64::from(*pinned))
        .execute(tx.on())
        .await
        .map_err(Error::on("enter a blob"))?;
        tx.commit().await
    }

    /// Takes a blob from an account; tells whether it had it.
    pub async fn delete_blob(&self, account: AccountId, hash: Hash) -> Result<bool, Error> {
        let database = &self.0.shared.database;
        let no = accounts::number(database, account).await?;
        let mut tx = database.write().await?;
        let done = sqlx::query("DELETE FROM blobs WHERE account = $1 AND hash = $2")
            .bind(no.0)
            .bind(&hash.0[..])
            .execute(tx.on())
            .await
            .map_err(Error::on("delete a blob"))?;
        tx.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Pins a blob, so that it does not expire, or lets it expire again; tells whether the account has it.
    pub async fn pin_blob(&self, account: AccountId, hash: Hash, pinned: bool) -> Result<bool, Error> {
        let database = &self.0.shared.database;
        let no = accounts::number(database, account).await?;
        let mut tx = database.write().await?;
        let done = sqlx::query("UPDATE blobs SET pinned = $3 WHERE account = $1 AND hash = $2")
            .bind(no.0)
            .bind(&hash.0[..])
            .bind(i64::from(pinned))
            .execute(tx.on())
            .await
            .map_err(Error::on("pin a blob"))?;
        tx.commit().await?;
        Ok(done.rows_affected() == 1)
    }
}
