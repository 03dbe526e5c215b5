//! The keys that are held, with their secrets sealed.

use inos_protocols::{AccountId, HeldKeyId, held::KeyKind, time::Time};
use sqlx::any::AnyRow;

use super::{Books, column, damaged, page};
use crate::{AccountNo, Error, MasterMark, SealedKey, SealedVersion};

/// One row for each version, those of a key together.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT k.id, a.id AS account, k.kind, k.name, k.methods, k.created, k.rotated, k.newest, v.version, \
             v.created AS made, v.public, v.sealed \
             FROM held_keys k JOIN accounts a ON a.no = k.account JOIN held_key_versions v ON v.key = k.id ",
            $rest,
            " ORDER BY k.id, v.version DESC"
        )
    };
}

impl Books {
    /// A key that is held for the account.
    pub async fn held_key(&self, account: AccountNo, id: HeldKeyId) -> Result<Option<SealedKey>, Error> {
        let rows = sqlx::query(select!("WHERE k.id = $1 AND k.account = $2"))
            .bind(&id.as_bytes()[..])
            .bind(account.0)
            .fetch_all(self.pool())
            .await
            .map_err(Error::on("read a held key"))?;
        Ok(keys(&rows)?.pop())
    }

    /// The keys that are held for the account, oldest first.
    pub async fn held_keys(&self, account: AccountNo) -> Result<Vec<SealedKey>, Error> {
        let rows = sqlx::query(select!("WHERE k.account = $1"))
            .bind(account.0)
            .fetch_all(self.pool())
            .await
            .map_err(Error::on("list held keys"))?;
        keys(&rows)
    }

    /// Keys of all accounts, after one of them.
    pub async fn all_held_keys(&self, limit: u32, after: Option<HeldKeyId>) -> Result<Vec<SealedKey>, Error> {
        let after = after.map_or([0; 16], |id| *id.as_bytes());
        let rows = sqlx::query(select!("WHERE k.id IN (SELECT id FROM held_keys WHERE id > $1 ORDER BY id LIMIT $2)"))
            .bind(&after[..])
            .bind(page(limit) as i64)
            .fetch_all(self.pool())
            .await
            .map_err(Error::on("list held keys"))?;
        keys(&rows)
    }

    /// Which master key secrets are sealed under; none while none ever were.
    pub async fn master_mark(&self) -> Result<Option<MasterMark>, Error> {
        let found: Option<Vec<u8>> = sqlx::query_scalar("SELECT mark FROM master_mark")
            .fetch_optional(self.pool())
            .await
            .map_err(Error::on("read the master key's mark"))?;
        let mark = |bytes: Vec<u8>| bytes.try_into().map_err(|_| Error::Damaged { what: "master key's mark" });
        found.map(mark).transpose()
    }
}

fn keys(rows: &[AnyRow]) -> Result<Vec<SealedKey>, Error> {
    let mut keys: Vec<SealedKey> = Vec::new();
    for row in rows {
        let id = HeldKeyId::from_slice(column(row, "id")?).ok_or_else(damaged("held key"))?;
        if keys.last().is_none_or(|last| last.id != id) {
            keys.push(key(row, id)?);
        }
        if let Some(last) = keys.last_mut() {
            last.versions.push(version(row)?);
        }
    }
    Ok(keys)
}

fn key(row: &AnyRow, id: HeldKeyId) -> Result<SealedKey, Error> {
    let damaged = damaged("held key");
    Ok(SealedKey {
        id,
        account: AccountId::from_slice(column(row, "account")?).ok_or_else(&damaged)?,
        kind: KeyKind::from_word(column(row, "kind")?).ok_or_else(&damaged)?,
        name: column(row, "name")?,
        methods: serde_json::from_str(column(row, "methods")?).map_err(|_| damaged())?,
        created: time(column(row, "created")?),
        rotated: column::<Option<i64>>(row, "rotated")?.map(time),
        newest: number(column(row, "newest")?)?,
        versions: Vec::new(),
    })
}

fn version(row: &AnyRow) -> Result<SealedVersion, Error> {
    Ok(SealedVersion {
        version: number(column(row, "version")?)?,
        created: time(column(row, "made")?),
        public: column(row, "public")?,
        sealed: column(row, "sealed")?,
    })
}

fn time(ms: i64) -> Time {
    Time::from_ms(ms as u64)
}

fn number(number: i64) -> Result<u32, Error> {
    u32::try_from(number).map_err(|_| Error::Damaged { what: "number of a held key's version" })
}
