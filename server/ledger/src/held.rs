//! Keys that the server holds for accounts: made, rotated, retired and destroyed, each with its row of the audit log. Knows
//! secrets only sealed, and cannot open them.

use inos_protocols::{
    AccountId, HeldKeyId,
    account::Act,
    held::{HeldKey, HeldVersion, KeyKind},
    time::Time,
};
use serde_json::json;

use crate::{AccountNo, Error, Ledger, database::Tx};

/// The most keys that are held for one account. Two servers that make one at the same moment may pass it by one.
pub const HELD_KEYS_MAX: usize = 100;

/// What says by which master key secrets are sealed.
pub type MasterMark = [u8; 16];

/// A key that is held, with its secrets sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedKey {
    /// Its id.
    pub id: HeldKeyId,
    /// Whose it is.
    pub account: AccountId,
    /// What it is for.
    pub kind: KeyKind,
    /// Its name.
    pub name: String,
    /// The methods that may use it, each as `unit.method`.
    pub methods: Vec<String>,
    /// When it was made.
    pub created: Time,
    /// When its newest version was made, if that is not the first.
    pub rotated: Option<Time>,
    /// The number of the newest version.
    pub newest: u32,
    /// Every version that was not retired, the newest first.
    pub versions: Vec<SealedVersion>,
}

/// One version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedVersion {
    /// Its number.
    pub version: u32,
    /// When it was made.
    pub created: Time,
    /// Its public half, where it has one.
    pub public: Option<Vec<u8>>,
    /// Its secret, sealed.
    pub sealed: Vec<u8>,
}

/// What became of a key that was to be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// It is.
    Done,
    /// The account has as many as it may.
    TooMany,
    /// The database's secrets are sealed under another master key.
    OtherMaster,
}

impl SealedKey {
    /// The key as its owner sees it.
    pub fn shown(&self) -> HeldKey {
        let Self { id, account: _, kind, name, methods, created, rotated, newest, versions } = self;
        let version = |one: &SealedVersion| HeldVersion {
            version: one.version,
            created: one.created,
            public_key: one.public.as_ref().map(|public| data_encoding::HEXLOWER.encode(public)),
        };
        HeldKey {
            id: *id,
            kind: *kind,
            name: name.clone(),
            methods: methods.clone(),
            created: *created,
            rotated: *rotated,
            version: *newest,
            versions: versions.iter().map(version).collect(),
        }
    }
}

impl Ledger {
    /// Holds a new key for the account, sealed under the master key with this mark. The first that is ever held decides
    /// which master key that is.
    pub async fn hold_key(&self, account: AccountNo, key: &SealedKey, mark: &MasterMark) -> Result<Held, Error> {
        let mut tx = self.0.shared.database.write().await?;
        if !is_master(&mut tx, mark).await? {
            tx.undo().await?;
            return Ok(Held::OtherMaster);
        }
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM held_keys WHERE account = $1")
            .bind(account.0)
            .fetch_one(tx.on())
            .await
            .map_err(Error::on("count the keys held for an account"))?;
        if count >= HELD_KEYS_MAX as i64 {
            tx.undo().await?;
            return Ok(Held::TooMany);
        }
        let SealedKey { id, kind, name, methods, created, newest, versions, .. } = key;
        sqlx::query(
            "INSERT INTO held_keys (id, account, kind, name, methods, created, newest) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&id.as_bytes()[..])
        .bind(account.0)
        .bind(kind.word())
        .bind(name)
        .bind(json!(methods).to_string())
        .bind(created.as_i64())
        .bind(i64::from(*newest))
        .execute(tx.on())
        .await
        .map_err(Error::on("hold a key"))?;
        for version in versions {
            insert(&mut tx, *id, version).await?;
        }
        let detail = json!({ "kind": kind, "name": name, "methods": methods });
        self.deed(Act::HeldKeyCreate, account, Some(id.to_string()), detail).record(tx.on()).await?;
        tx.commit().await?;
        Ok(Held::Done)
    }

    /// Gives a held key its next version; false where the newest is not `after` any more, or the account holds no such key.
    pub async fn rotate_held_key(
        &self,
        account: AccountNo,
        id: HeldKeyId,
        after: u32,
        next: &SealedVersion,
    ) -> Result<bool, Error> {
        let mut tx = self.0.shared.database.write().await?;
        let moved = sqlx::query(
            "UPDATE held_keys SET newest = $4, rotated = $5 WHERE id = $1 AND account = $2 AND newest = $3",
        )
        .bind(&id.as_bytes()[..])
        .bind(account.0)
        .bind(i64::from(after))
        .bind(i64::from(next.version))
        .bind(next.created.as_i64())
        .execute(tx.on())
        .await
        .map_err(Error::on("rotate a held key"))?;
        if moved.rows_affected() != 1 {
            tx.undo().await?;
            return Ok(false);
        }
        insert(&mut tx, id, next).await?;
        let detail = json!({ "version": next.version });
        self.deed(Act::HeldKeyRotate, account, Some(id.to_string()), detail).record(tx.on()).await?;
        inos_failpoints::reach(inos_failpoints::Point::HeldKeyRotated);
        tx.commit().await?;
        Ok(true)
    }

    /// Destroys every version below a number but the newest; tells how many, or that the account holds no such key.
    pub async fn retire_held_key(&self, account: AccountNo, id: HeldKeyId, below: u32) -> Result<Option<u64>, Error> {
        let mut tx = self.0.shared.database.write().await?;
        let newest: Option<i64> = sqlx::query_scalar("SELECT newest FROM held_keys WHERE id = $1 AND account = $2")
            .bind(&id.as_bytes()[..])
            .bind(account.0)
            .fetch_optional(tx.on())
            .await
            .map_err(Error::on("find a held key"))?;
        let Some(newest) = newest else {
            tx.undo().await?;
            return Ok(None);
        };
        let gone = sqlx::query("DELETE FROM held_key_versions WHERE key = $1 AND version < $2 AND version < $3")
            .bind(&id.as_bytes()[..])
            .bind(i64::from(below))
            .bind(newest)
            .execute(tx.on())
            .await
            .map_err(Error::on("retire versions of a held key"))?
            .rows_affected();
        if gone > 0 {
            let detail = json!({ "below": newest.min(i64::from(below)), "versions": gone });
            self.deed(Act::HeldKeyRetire, account, Some(id.to_string()), detail).record(tx.on()).await?;
        }
        tx.commit().await?;
        Ok(Some(gone))
    }

    /// Destroys a held key; false where the account holds no such key.
    pub async fn delete_held_key(&self, account: AccountNo, id: HeldKeyId) -> Result<bool, Error> {
        let mut tx = self.0.shared.database.write().await?;
        let gone = sqlx::query("DELETE FROM held_keys WHERE id = $1 AND account = $2")
            .bind(&id.as_bytes()[..])
            .bind(account.0)
            .execute(tx.on())
            .await
            .map_err(Error::on("destroy a held key"))?;
        if gone.rows_affected() != 1 {
            tx.undo().await?;
            return Ok(false);
        }
        sqlx::query("DELETE FROM held_key_versions WHERE key = $1")
            .bind(&id.as_bytes()[..])
            .execute(tx.on())
            .await
            .map_err(Error::on("destroy the versions of a held key"))?;
        self.deed(Act::HeldKeyDelete, account, Some(id.to_string()), json!({})).record(tx.on()).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// Whether the database's secrets are sealed under the master key with this mark; where none are yet, they are from now on.
async fn is_master(tx: &mut Tx, mark: &MasterMark) -> Result<bool, Error> {
    let failed = || Error::on("compare the master key's mark");
    sqlx::query("INSERT INTO master_mark (one, mark) VALUES (1, $1) ON CONFLICT (one) DO NOTHING")
        .bind(&mark[..])
        .execute(tx.on())
        .await
        .map_err(failed())?;
    let found: Vec<u8> =
        sqlx::query_scalar("SELECT mark FROM master_mark").fetch_one(tx.on()).await.map_err(failed())?;
    Ok(found == mark)
}

async fn insert(tx: &mut Tx, id: HeldKeyId, one: &SealedVersion) -> Result<(), Error> {
    let SealedVersion { version, created, public, sealed } = one;
    sqlx::query("INSERT INTO held_key_versions (key, version, created, public, sealed) VALUES ($1, $2, $3, $4, $5)")
        .bind(&id.as_bytes()[..])
        .bind(i64::from(*version))
        .bind(created.as_i64())
        .bind(public.as_deref())
        .bind(sealed.as_slice())
        .execute(tx.on())
        .await
        .map(drop)
        .map_err(Error::on("hold a version of a key"))
}
