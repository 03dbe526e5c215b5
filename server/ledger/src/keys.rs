//! API keys: `inos_<id>_<secret>`. Only a hash of the secret is kept, and it is compared in constant time.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering::*},
    time::{Duration, Instant},
};

use data_encoding::HEXLOWER;
use inos_protocols::{
    AccountId, Hash, KeyId, Microcredits,
    account::{Act, Key, NewKey, Scopes},
    time::Time,
};
use parking_lot::Mutex;
use serde_json::json;
use sqlx::AnyConnection;
use subtle::ConstantTimeEq;

use crate::{
    AccountNo, Error, Ledger, Limits, accounts,
    audit::{self, Deed},
    database::Database,
    ledger::Shared,
    limits::whole,
};

/// How long a key is believed without asking the database: a key revoked on another server works this long here.
const BELIEVED: Duration = Duration::from_secs(5);
/// How long a key is believed while the database is away. Nobody can revoke one there meanwhile, but one that another
/// server revoked just before works this long here.
const BELIEVED_AWAY: Duration = Duration::from_secs(60);
/// The most keys that are remembered.
const REMEMBERED_MAX: usize = 10_000;
/// The length of a secret, in bytes.
const SECRET_LEN: usize = 32;

/// How long a key that opens nothing is looked at, whatever is wrong with it: the time says nothing about what was found.
const REFUSED_AFTER: Duration = Duration::from_millis(5);

/// What a key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// The account's number.
    pub account: AccountNo,
    /// The account.
    pub account_id: AccountId,
    /// The key.
    pub key: KeyId,
    /// What it may do.
    pub scopes: Scopes,
    /// When it ends, if ever.
    pub expires: Option<Time>,
    /// How many requests a second the key may make, where that is limited.
    pub rate_limit: Option<u32>,
    /// What an admin has set for the account.
    pub limits: Limits,
    /// Whether it has a budget of its own.
    pub has_budget: bool,
    /// Whether its account has one.
    pub is_limited: bool,
    /// Whether its account wants to hear when little is left.
    pub is_watched: bool,
    /// How long what its account's jobs leave is kept where a job does not say, in milliseconds.
    pub keep_ms: Option<u64>,
}

/// What a key is good for, beside its scopes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Terms {
    /// When it ends, if ever.
    pub expires: Option<Time>,
    /// How many requests a second it may make, where that is limited.
    pub rate_limit: Option<u32>,
    /// What its jobs may cost in all, where that is limited.
    pub budget: Option<Microcredits>,
}

impl From<Option<Time>> for Terms {
    fn from(expires: Option<Time>) -> Self {
        Self { expires, ..Self::default() }
    }
}

/// What the database said of a key, and when.
#[derive(Clone, Copy)]
pub(crate) struct Known {
    secret_hash: [u8; 32],
    access: Access,
    read: Instant,
    /// Whether its use is noted already and not written down yet.
    noted: bool,
}

impl Known {
    /// When the key ends, if ever.
    pub(crate) fn expires(&self) -> Option<Time> {
        self.access.expires
    }
}

/// Keys that were used lately.
#[derive(Default)]
pub(crate) struct KeyCache {
    keys: Mutex<HashMap<KeyId, Known>>,
    /// Counts revocations: what was read before one is not remembered after it.
    revocations: AtomicU64,
    /// When the database last did not answer: for a while nobody waits for it again.
    failed: Mutex<Option<Instant>>,
}

impl Ledger {
    /// What this bearer key opens; `None` for one that is wrong, unknown, revoked or expired.
    pub async fn authenticate(&self, bearer: &str) -> Result<Option<Access>, Error> {
        let begun = tokio::time::Instant::now();
        let Some((id, secret)) = parse(bearer) else { return Ok(None) };
        let (shared, hash) = (&self.0.shared, hash(&secret));
        let known = shared.keys.get(id);
        if let Some(access) = opened(known, &hash) {
            if known.is_some_and(|known| !known.noted) {
                shared.note_use(id);
            }
            return Ok(Some(access));
        }
        // Memory says yes and never no, so that a wrong secret takes the same way whether its id is known or not.
        let access = opened(shared.keys.ask(&shared.database, id).await?, &hash);
        match access {
            Some(_) => shared.note_use(id),
            None => tokio::time::sleep_until(begun + REFUSED_AFTER).await,
        }
        Ok(access)
    }

    /// Makes a key; its secret is in the answer and nowhere else.
    pub async fn create_key(
        &self,
        account: AccountId,
        name: &str,
        scopes: Scopes,
        terms: impl Into<Terms>,
    ) -> Result<NewKey, Error> {
        let database = &self.0.shared.database;
        let no = accounts::number(database, account).await?;
        let mut tx = database.write().await?;
        let key = make(tx.on(), no, name, scopes, terms.into()).await?;
        self.key_made(no, &key.key).record(tx.on()).await?;
        tx.commit().await?;
        Ok(key)
    }

    /// The making of a key, for the log.
    pub(crate) fn key_made(&self, no: AccountNo, key: &Key) -> Deed {
        self.deed(Act::KeyCreate, no, Some(key.id.to_string()), audit::of_key(key))
    }

    /// Ends a key of an account at once here, within five seconds on other servers, and within a minute on one that
    /// cannot reach the database. Tells whether there was one that had not been revoked.
    pub async fn revoke_key(&self, account: AccountId, key: KeyId) -> Result<bool, Error> {
        let ledger = self.clone();
        // Whoever hangs on the key hears of it even if the caller goes away.
        let task = tokio::spawn(async move { ledger.revoke(account, key).await });
        task.await.map_err(|_| Error::Committer)?
    }

    async fn revoke(&self, account: AccountId, key: KeyId) -> Result<bool, Error> {
        let shared = &self.0.shared;
        let no = accounts::number(&shared.database, account).await?;
        let mut tx = shared.database.write().await?;
        let done = sqlx::query("UPDATE keys SET revoked = $3 WHERE id = $1 AND account = $2 AND revoked IS NULL")
            .bind(&key.as_bytes()[..])
            .bind(no.0)
            .bind(Time::now().as_i64())
            .execute(tx.on())
            .await
            .map_err(Error::on("revoke a key"))?;
        let is_done = done.rows_affected() == 1;
        if is_done {
            self.deed(Act::KeyRevoke, no, Some(key.to_string()), json!({})).record(tx.on()).await?;
        }
        tx.commit().await?;
        shared.end_key(key);
        Ok(is_done)
    }
}

impl Shared {
    fn note_use(&self, key: KeyId) {
        self.keys.note(key);
        self.uses.note(key);
    }
}

impl KeyCache {
    /// Believes a key no longer.
    pub(crate) fn forget(&self, id: KeyId) {
        let mut keys = self.keys.lock();
        self.revocations.fetch_add(1, Release);
        keys.remove(&id);
    }

    /// Believes no key of an account without asking again.
    pub(crate) fn forget_all_of(&self, account: AccountNo) {
        let mut keys = self.keys.lock();
        self.revocations.fetch_add(1, Release);
        keys.retain(|_, known| known.access.account != account);
    }

    fn note(&self, id: KeyId) {
        if let Some(known) = self.keys.lock().get_mut(&id) {
            known.noted = true;
        }
    }

    /// What was noted is written down: the next use of each key is noted again.
    pub(crate) fn note_again(&self) {
        self.keys.lock().values_mut().for_each(|known| known.noted = false);
    }

    /// Whether a key is believed without asking the database.
    pub(crate) fn is_known(&self, id: KeyId) -> bool {
        self.get(id).is_some()
    }

    fn get(&self, id: KeyId) -> Option<Known> {
        let is_away = self.failed.lock().is_some_and(|failed| failed.elapsed() < BELIEVED);
        self.remembered(id, if is_away { BELIEVED_AWAY } else { BELIEVED })
    }

    fn remembered(&self, id: KeyId, believed: Duration) -> Option<Known> {
        self.keys.lock().get(&id).filter(|known| known.read.elapsed() < believed).copied()
    }

    /// What the database says of a key, or what it last said if it does not answer.
    pub(crate) async fn ask(&self, database: &Database, id: KeyId) -> Result<Option<Known>, Error> {
        match self.read(database, id).await {
            Err(error) if error.is_unavailable() => {
                *self.failed.lock() = Some(Instant::now());
                self.remembered(id, BELIEVED_AWAY).map(Some).ok_or(error)
            }
            answered => {
                *self.failed.lock() = None;
                answered
            }
        }
    }

    async fn read(&self, database: &Database, id: KeyId) -> Result<Option<Known>, Error> {
        let (read, revocations) = (Instant::now(), self.revocations.load(Acquire));
        type Limited = Option<i64>;
        type Row = (i64, Vec<u8>, Vec<u8>, i64, Option<i64>, i64, Limited, Limited, Limited, Limited, Limited, Limited);
        let row: Option<Row> = sqlx::query_as(
            "SELECT k.account, a.id, k.secret_hash, k.scopes, k.expires, a.weight, k.rate_limit, a.rate_limit, k.budget, \
             a.budget, a.low_balance, a.keep_ms FROM keys k JOIN accounts a ON a.no = k.account \
             WHERE k.id = $1 AND k.revoked IS NULL",
        )
        .bind(&id.as_bytes()[..])
        .fetch_optional(database.pool())
        .await
        .map_err(Error::on("read a key"))?;
        let Some((
            account,
            account_id,
            secret_hash,
            scopes,
            expires,
            weight,
            rate_limit,
            account_rate_limit,
            budget,
            account_budget,
            low_balance,
            keep_ms,
        )) = row
        else {
            self.keys.lock().remove(&id);
            return Ok(None);
        };
        let damaged = || Error::Damaged { what: "key" };
        let access = Access {
            account: AccountNo(account),
            account_id: AccountId::from_slice(&account_id).ok_or_else(damaged)?,
            key: id,
            scopes: Scopes::from_bits(scopes as u8),
            expires: expires.map(|ms| Time::from_ms(ms as u64)),
            rate_limit: rate_limit.map(whole),
            limits: Limits::of(weight, account_rate_limit),
            has_budget: budget.is_some(),
            is_limited: account_budget.is_some(),
            is_watched: low_balance.is_some(),
            keep_ms: keep_ms.map(|ms| ms.max(0) as u64),
        };
        let secret_hash = Hash::from_slice(&secret_hash).ok_or_else(damaged)?.0;
        let known = Known { secret_hash, access, read, noted: false };
        let mut keys = self.keys.lock();
        if keys.len() >= REMEMBERED_MAX {
            keys.clear();
        }
        if self.revocations.load(Acquire) == revocations {
            keys.insert(id, known);
        }
        Ok(Some(known))
    }
}

/// What a secret with this hash opens. A key that is not there is compared like any other.
fn opened(known: Option<Known>, hash: &[u8; 32]) -> Option<Access> {
    let expected = known.map_or([0; 32], |known| known.secret_hash);
    let is_right = bool::from(expected.ct_eq(hash));
    let access = known.filter(|_| is_right).map(|known| known.access);
    access.filter(|access| access.expires.is_none_or(|expires| Time::now() < expires))
}

/// Enters a new key.
pub(crate) async fn make(
    connection: &mut AnyConnection,
    account: AccountNo,
    name: &str,
    scopes: Scopes,
    Terms { expires, rate_limit, budget }: Terms,
) -> Result<NewKey, Error> {
    let (id, mut secret) = (KeyId::new(), [0; SECRET_LEN]);
    getrandom::fill(&mut secret).map_err(|_| Error::Random)?;
    let created = Time::now();
    sqlx::query(
        "INSERT INTO keys (id, account, name, secret_hash, scopes, created, expires, rate_limit, budget) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&id.as_bytes()[..])
    .bind(account.0)
    .bind(name)
    .bind(&hash(&secret)[..])
    .bind(i64::from(scopes.bits()))
    .bind(created.as_i64())
    .bind(expires.map(Time::as_i64))
    .bind(rate_limit.map(i64::from))
    .bind(budget.map(Microcredits::as_i64))
    .execute(connection)
    .await
    .map_err(Error::on("make a key"))?;
    let prefix = Key::prefix_of(id);
    let secret = format!("{prefix}_{}", HEXLOWER.encode(&secret));
    let (name, scopes) = (name.into(), scopes.list());
    let key = Key { id, prefix, name, scopes, created, expires, revoked: None, last_used: None, rate_limit, budget };
    Ok(NewKey { key, secret })
}

fn hash(secret: &[u8; SECRET_LEN]) -> [u8; 32] {
    blake3::derive_key("inos 2026 api key secret", secret)
}

/// The parts of `inos_<32 hex digits>_<64 hex digits>`.
fn parse(bearer: &str) -> Option<(KeyId, [u8; SECRET_LEN])> {
    let (id, secret) = bearer.strip_prefix("inos_")?.split_once('_')?;
    let id = HEXLOWER.decode(id.as_bytes()).ok()?;
    let secret = HEXLOWER.decode(secret.as_bytes()).ok()?;
    Some((KeyId::from_slice(&id)?, secret.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(ago: Duration) -> (KeyCache, KeyId) {
        let (cache, key) = (KeyCache::default(), KeyId::new());
        let access = Access {
            account: AccountNo(1),
            account_id: AccountId::new(),
            key,
            scopes: Scopes::default(),
            expires: None,
            rate_limit: None,
            limits: Limits::default(),
            has_budget: false,
            is_limited: false,
            is_watched: false,
            keep_ms: None,
        };
        let read = Instant::now().checked_sub(ago).expect("a machine that runs for longer than a minute");
        cache.keys.lock().insert(key, Known { secret_hash: [0; 32], access, read, noted: false });
        (cache, key)
    }

    #[test]
    fn a_key_is_believed_for_a_moment_and_longer_while_the_database_is_away() {
        let second = Duration::from_secs(1);
        for (ago, is_away, believed) in [
            (second, false, true),
            (BELIEVED + second, false, false),
            (BELIEVED + second, true, true),
            (BELIEVED_AWAY - second, true, true),
            (BELIEVED_AWAY + second, true, false),
        ] {
            let (cache, key) = known(ago);
            *cache.failed.lock() = is_away.then(Instant::now);
            assert_eq!(cache.get(key).is_some(), believed, "read {ago:?} ago, away: {is_away}");
            cache.forget(key);
            assert!(cache.get(key).is_none(), "a key that was revoked here is not believed at all");
        }
    }
}
