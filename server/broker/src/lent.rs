//! Held keys on their way to a job: found by the id that its parameters name, opened, and taken back when their owner deletes
//! them. A job's row has the id alone, so that whoever runs it has to come by here.

use std::{
    collections::HashMap,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering::Release},
    },
    time::Duration,
};

use inos_engine::{Entry, Lent};
use inos_ledger::{AccountNo, SealedKey};
use inos_protocols::{HeldKeyId, Refusal, account::Scope, held::KEY_ID, job::Params, refusal::Kind};
use inos_unit::HeldKey;
use inos_vault::Master;
use parking_lot::Mutex;
use serde_json::Value;

use crate::{
    Caller, Inside,
    held::{absent, no_master, place, unopened},
    hold::database,
};

/// How often a key is asked for again while the database does not answer.
const ASK_EVERY: Duration = Duration::from_millis(500);
/// How many keys are remembered as lent before those are looked for that nobody has any more.
const SWEPT_FROM: usize = 256;

/// Keys that jobs of this server have, by account and id: nobody takes back what another account lent.
#[derive(Default)]
pub(crate) struct Loans(Mutex<HashMap<(AccountNo, HeldKeyId), Weak<AtomicBool>>>);

impl Loans {
    /// What tells every job that has this key whether it is gone.
    fn of(&self, account: AccountNo, id: HeldKeyId) -> Arc<AtomicBool> {
        let mut loans = self.0.lock();
        if let Some(known) = loans.get(&(account, id)).and_then(Weak::upgrade) {
            return known;
        }
        if loans.len() >= SWEPT_FROM {
            loans.retain(|_, loan| loan.strong_count() > 0);
        }
        let loan = Arc::new(AtomicBool::new(false));
        loans.insert((account, id), Arc::downgrade(&loan));
        loan
    }

    /// Takes a key back from every job of its account that has not begun.
    pub(crate) fn withdraw(&self, account: AccountNo, id: HeldKeyId) {
        if let Some(loan) = self.0.lock().remove(&(account, id)).and_then(|loan| loan.upgrade()) {
            loan.store(true, Release);
        }
    }
}

impl Inside {
    /// The key that a caller's job names, if it names one and may use it.
    pub(crate) async fn lend_to(
        &self,
        caller: &Caller,
        entry: &Entry,
        params: &Params,
    ) -> Result<Option<Arc<Lent>>, Refusal> {
        match named(entry, params)? {
            Some(id) => {
                caller.need(Scope::Crypto)?;
                // Apart, so that jobs without such a key carry no room for it.
                Box::pin(self.lend(caller, entry, id)).await.map(Some)
            }
            None => Ok(None),
        }
    }

    /// The same for a job that was accepted before, by whoever might then.
    pub(crate) async fn lend_again(
        &self,
        caller: &Caller,
        entry: &Entry,
        params: &Params,
    ) -> Result<Option<Arc<Lent>>, Refusal> {
        match named(entry, params)? {
            Some(id) => Box::pin(self.lend(caller, entry, id)).await.map(Some),
            None => Ok(None),
        }
    }

    /// The same, however long the database does not answer.
    pub(crate) async fn lend_in_time(
        &self,
        caller: &Caller,
        entry: &Entry,
        params: &Params,
    ) -> Result<Option<Arc<Lent>>, Refusal> {
        loop {
            match self.lend_again(caller, entry, params).await {
                Err(refusal) if refusal.kind == Kind::DatabaseUnavailable => tokio::time::sleep(ASK_EVERY).await,
                lent => return lent,
            }
        }
    }

    async fn lend(&self, caller: &Caller, entry: &Entry, id: HeldKeyId) -> Result<Arc<Lent>, Refusal> {
        // Before the row is read: whoever deletes it afterwards finds this loan.
        let is_gone = self.lent.of(caller.purse.no, id);
        let key = self.books.held_key(caller.purse.no, id).await.map_err(database)?.ok_or_else(|| unknown(id))?;
        fits(&key, entry)?;
        let master = self.master()?;
        match open(&master, &key) {
            Ok(key) => Ok(Arc::new(Lent { key, is_gone })),
            Err(why) => Err(self.unopenable(&master, id, &why).await?),
        }
    }

    /// The master key under which this server's keys are sealed.
    pub(crate) fn master(&self) -> Result<Arc<Master>, Refusal> {
        self.vault.master().map_err(unopened)?.ok_or_else(no_master)
    }

    /// Why a key does not open: all are sealed under another master key, or somebody changed its row.
    async fn unopenable(&self, master: &Master, id: HeldKeyId, why: &str) -> Result<Refusal, Refusal> {
        let mark = self.books.master_mark().await.map_err(database)?;
        if mark.is_some_and(|mark| mark != *master.mark()) {
            return Ok(no_master());
        }
        tracing::error!(key = %id, why, "a held key does not open: its row is not what was written");
        Ok(Refusal::new(Kind::KeysUnavailable, format!("The key {id} does not open. Nothing was charged.")))
    }
}

/// Every version of a key, opened; otherwise what is wrong with which.
pub(crate) fn open(master: &Master, key: &SealedKey) -> Result<HeldKey, String> {
    let mut versions = Vec::with_capacity(key.versions.len());
    for one in &key.versions {
        let place = place(key, one.version, one.public.as_deref());
        let secret = master.open(&place, &one.sealed).map_err(|why| format!("its version {}: {why}", one.version))?;
        versions.push((one.version, secret));
    }
    let held = HeldKey::new(versions).ok_or("it has no version")?;
    if held.span().0 == key.newest { Ok(held) } else { Err("its newest version is gone".into()) }
}

/// The id that a job's parameters name a held key by, where its method can use one.
fn named(entry: &Entry, params: &Params) -> Result<Option<HeldKeyId>, Refusal> {
    let given = entry.method.held_key.and_then(|_| params.get(KEY_ID));
    let read = |given: &Value| given.as_str().and_then(|text| text.parse().ok()).ok_or_else(malformed);
    given.map(read).transpose()
}

fn malformed() -> Refusal {
    Refusal::field(Kind::InvalidParams, pointer(), "expected `hky_` and 32 lower-case hex digits")
}

/// Refuses a key of another kind, and a method that its owner did not name.
fn fits(key: &SealedKey, entry: &Entry) -> Result<(), Refusal> {
    let method = format!("{}.{}", entry.unit, entry.method.name);
    if let Some(kind) = entry.method.held_key.filter(|kind| *kind != key.kind) {
        let message = format!("is a key for {}, and `{method}` wants one for {}", key.kind.word(), kind.word());
        return Err(Refusal::field(Kind::InvalidParams, pointer(), message));
    }
    if key.methods.contains(&method) {
        return Ok(());
    }
    let told = format!("may be used by {} alone, not by {method}", key.methods.join(", "));
    Err(Refusal::field(Kind::Forbidden, pointer(), told))
}

/// A key that the account does not have, whether another has it or it was deleted.
pub(crate) fn unknown(id: HeldKeyId) -> Refusal {
    Refusal::field(Kind::NotFound, pointer(), absent(id).detail)
}

/// What is said of a job whose key was deleted before it began.
pub(crate) fn gone(params: &Params) -> Refusal {
    let id = params.get(KEY_ID).and_then(Value::as_str).and_then(|text| text.parse().ok());
    id.map_or_else(malformed, unknown)
}

fn pointer() -> String {
    format!("/params/{KEY_ID}")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering::Acquire;

    use super::*;

    #[test]
    fn a_key_is_taken_back_from_its_own_account_alone() {
        let (loans, id) = (Loans::default(), HeldKeyId::new());
        let [one, other] = [1, 2].map(|account| loans.of(AccountNo(account), id));
        loans.withdraw(AccountNo(2), id);
        assert!(!one.load(Acquire) && other.load(Acquire));
        loans.withdraw(AccountNo(1), id);
        assert!(one.load(Acquire));
        assert!(!loans.of(AccountNo(1), id).load(Acquire), "what is lent afterwards is not what was taken back");
    }
}
