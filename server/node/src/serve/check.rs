//! `inos check` and `inos migrate`: what is done with a data directory while no server has it.

use inos_ledger::Error as LedgerError;
use inos_protocols::account::Account;

use super::{Error, core::Store};
use crate::config::Config;

/// How much is asked of the books at once.
const PAGE: u32 = 1_000;
/// The most troubles that are named.
const TROUBLES_MAX: usize = 1_000;

/// Brings the database to the schema of this program; answers its number.
pub async fn migrate(config: &Config) -> Result<i64, Error> {
    Store::open(config).await?.close().await;
    Ok(inos_ledger::SCHEMA)
}

/// Everything in the data directory that is not as it should be; `deep` reads and hashes every stored byte.
pub async fn check(config: &Config, deep: bool) -> Result<Vec<String>, Error> {
    let store = Store::open(config).await?;
    let found = find(&store, deep).await;
    store.close().await;
    found
}

async fn find(store: &Store, deep: bool) -> Result<Vec<String>, Error> {
    let mut troubles = store.books.check().await?;
    check_segments(store, &mut troubles).await?;
    troubles.extend(inos_broker::check_payloads(&store.books, &store.blobs, deep).await?);
    troubles.extend(inos_broker::check_regions(&store.blobs)?);
    troubles.extend(inos_broker::check_budgets(&store.books).await?);
    troubles.extend(inos_broker::check_held_keys(&store.books, &store.vault).await?);
    let mut cursor = None;
    loop {
        let (accounts, next) = store.books.accounts(PAGE, cursor.as_deref()).await?;
        for account in &accounts {
            check_blobs(store, account, deep, &mut troubles).await?;
        }
        match next {
            Some(next) if troubles.len() < TROUBLES_MAX => cursor = Some(next),
            _ => break,
        }
    }
    troubles.truncate(TROUBLES_MAX);
    Ok(troubles)
}

/// Every pack segment that a job refers to is there.
async fn check_segments(store: &Store, troubles: &mut Vec<String>) -> Result<(), LedgerError> {
    let there = store.blobs.segments();
    for segment in store.books.segments().await? {
        if there.binary_search(&segment).is_err() {
            troubles.push(format!("pack segment {segment} is gone, and jobs refer to it"));
        }
    }
    Ok(())
}

/// Every blob of an account is there, as long as it should be, and with `deep` the bytes that its name says.
async fn check_blobs(
    store: &Store,
    account: &Account,
    deep: bool,
    troubles: &mut Vec<String>,
) -> Result<(), LedgerError> {
    let mut cursor = None;
    loop {
        let (blobs, next) = store.books.blobs(account.id, PAGE, cursor.as_deref()).await?;
        for blob in blobs {
            let trouble = match store.blobs.file_len(&blob.hash) {
                Ok(Some(len)) if len == blob.bytes => None,
                Ok(Some(len)) => Some(format!("has {len} bytes, not {}", blob.bytes)),
                Ok(None) => Some("is gone".into()),
                Err(error) => Some(crate::exit::chain(&error)),
            };
            let trouble = match (trouble, deep) {
                (None, true) => store.blobs.open_file(&blob.hash).err().map(|error| crate::exit::chain(&error)),
                (trouble, _) => trouble,
            };
            troubles.extend(trouble.map(|trouble| format!("blob {} of {}: {trouble}", blob.hash, account.id)));
        }
        match next {
            Some(next) if troubles.len() < TROUBLES_MAX => cursor = Some(next),
            _ => return Ok(()),
        }
    }
}
