//! Keys that the server holds for accounts: drawn, sealed under the node's master key, opened again. The master key lies in a
//! file of its own, and nothing here knows a database, a unit or a caller.

mod draw;
mod file;
mod master;
#[cfg(test)]
mod tests;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use data_encoding::HEXLOWER;
use parking_lot::Mutex;
use zeroize::{Zeroize, Zeroizing};

pub use draw::{Drawn, draw};
pub use file::{is_shared, read_secret, write_secret};
pub use master::{Forged, Master, Place};

/// The file of the master key, in the data directory.
pub const MASTER_KEY: &str = "keys.master";
/// Bytes of the secret in it.
const MASTER_LEN: usize = 32;

/// Why a secret in a file, or a new one, is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read.
    #[error("could not read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file could not be made.
    #[error("could not write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file of the master key holds none.
    #[error("{} does not hold 64 hex digits: restore it from a backup, since held keys are sealed under it", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// There is no source of randomness.
    #[error("could not draw a random key")]
    Random(#[source] getrandom::Error),
}

/// The master key of a data directory, as soon as somebody needs it.
pub struct Vault {
    path: PathBuf,
    known: Mutex<Option<Arc<Master>>>,
}

impl Vault {
    /// The vault of a data directory; reads nothing yet.
    pub fn of(data_dir: &Path) -> Self {
        Self { path: data_dir.join(MASTER_KEY), known: Mutex::default() }
    }

    /// Where the master key lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The master key, if its file is there. Reads the file once.
    pub fn master(&self) -> Result<Option<Arc<Master>>, Error> {
        let mut known = self.known.lock();
        if known.is_none() {
            *known = self.read()?.map(Arc::new);
        }
        Ok(known.clone())
    }

    /// The master key, made now if its file is not there. It is on the disk when this returns.
    pub fn master_or_new(&self) -> Result<Arc<Master>, Error> {
        let mut known = self.known.lock();
        if let Some(master) = &*known {
            return Ok(master.clone());
        }
        let master = match self.read()? {
            Some(master) => master,
            None => self.make()?,
        };
        Ok(known.insert(Arc::new(master)).clone())
    }

    fn read(&self) -> Result<Option<Master>, Error> {
        let Some(mut text) = read_secret(&self.path)? else { return Ok(None) };
        let bytes = HEXLOWER.decode(text.as_bytes()).map(Zeroizing::new);
        text.zeroize();
        let secret = bytes.ok().and_then(|bytes| <[u8; MASTER_LEN]>::try_from(bytes.as_slice()).ok());
        let secret = secret.map(Zeroizing::new).ok_or_else(|| Error::NotAKey { path: self.path.clone() })?;
        Ok(Some(Master::of(&secret)))
    }

    fn make(&self) -> Result<Master, Error> {
        let mut secret = Zeroizing::new([0; MASTER_LEN]);
        getrandom::fill(secret.as_mut()).map_err(Error::Random)?;
        let text = Zeroizing::new(HEXLOWER.encode(secret.as_ref()));
        write_secret(&self.path, &text)?;
        Ok(Master::of(&secret))
    }
}
