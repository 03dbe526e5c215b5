//! The first start of a data directory: when it is over there is an admin key in it, whatever was interrupted.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use inos_protocols::account::{Scope, Scopes};

use super::{Error, core::Store};
use crate::identity;

/// Stands in the data directory while its first start is not over.
pub(crate) const FIRST_START: &str = "first-start";
/// The name of the account that the first key opens.
const ADMIN: &str = "admin";

/// Whether the data directory's first start is not over yet; marks it as begun.
pub(super) fn begin(dir: &Path) -> Result<bool, Error> {
    let marker = dir.join(FIRST_START);
    if marker.exists() {
        return Ok(true);
    }
    if dir.join(identity::NODE_KEY).exists() {
        return Ok(false);
    }
    let mark = || -> io::Result<()> {
        File::create(&marker)?.sync_all()?;
        File::open(dir)?.sync_all()
    };
    mark().map(|()| true).map_err(|source| Error::DataDir { path: marker.clone(), source })
}

/// Where the admin key lies and whether it is new; none if somebody took it away after the first start.
///
/// A crash between making the key and writing it down leaves a key that nobody knows: the next start makes another.
pub(super) async fn admin_key(store: &Store, dir: &Path) -> Result<Option<(PathBuf, bool)>, Error> {
    let path = dir.join(identity::ADMIN_KEY);
    let is_there = identity::read_secret(&path)?.is_some_and(|secret| !secret.is_empty());
    if !store.is_first {
        return Ok(is_there.then_some((path, false)));
    }
    if !is_there {
        let key = match store.ledger.first_start(ADMIN).await? {
            Some(key) => key,
            None => another_key(store).await?,
        };
        identity::write_secret(&path, &key.secret)?;
    }
    let marker = dir.join(FIRST_START);
    std::fs::remove_file(&marker).map_err(|source| Error::DataDir { path: marker, source })?;
    Ok(Some((path, true)))
}

/// A key for the oldest account, which is the one that a first start made.
async fn another_key(store: &Store) -> Result<inos_protocols::account::NewKey, Error> {
    let (accounts, _) = store.books.accounts(1, None).await?;
    let account = accounts.first().ok_or(inos_ledger::Error::NoAccount)?;
    let name = format!("admin key of node {}", &store.node.to_string()[..12]);
    Ok(store.ledger.create_key(account.id, &name, Scopes::of(&Scope::ALL), None).await?)
}
