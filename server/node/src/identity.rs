//! The node's own key, and secrets as files: made once, readable by their owner alone, on the disk before they are used.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use data_encoding::HEXLOWER;
use ed25519_dalek::SigningKey;
use inos_protocols::NodeId;

/// The file of the node's key, in the data directory.
pub const NODE_KEY: &str = "node.key";
/// The file of the admin account's API key, in the data directory.
pub const ADMIN_KEY: &str = "admin.key";

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It could not be read.
    #[error("could not read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It could not be made.
    #[error("could not write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It holds no key.
    #[error("{} does not hold 64 hex digits: restore it from a backup, since receipts are verified by it", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// There is no source of randomness.
    #[error("could not draw a random key")]
    Random(#[source] getrandom::Error),
}

/// The node's signing key: read from the data directory, or made there at the first start.
pub fn node_key(data_dir: &Path) -> Result<SigningKey, Error> {
    let path = data_dir.join(NODE_KEY);
    if let Some(text) = read_secret(&path)? {
        let seed = HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        return seed.map(|seed| SigningKey::from_bytes(&seed)).ok_or(Error::NotAKey { path });
    }
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(Error::Random)?;
    write_secret(&path, &HEXLOWER.encode(&seed))?;
    Ok(SigningKey::from_bytes(&seed))
}

/// The id of the node with this key.
pub fn node_id(key: &SigningKey) -> NodeId {
    NodeId(key.verifying_key().to_bytes())
}

/// The secret in a file, or none if there is no such file.
pub fn read_secret(path: &Path) -> Result<Option<String>, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Read { path: path.into(), source }),
    }
}

/// Writes a secret with mode 0600; when this returns, file and name are on the disk.
pub fn write_secret(path: &Path, secret: &str) -> Result<(), Error> {
    write_durably(path, secret).map_err(|source| Error::Write { path: path.into(), source })
}

fn write_durably(path: &Path, secret: &str) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    writeln!(file, "{secret}")?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

/// Whether others than its owner can read a file.
pub fn is_shared(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_keeps_its_identity() {
        let dir = tempfile::tempdir().unwrap();
        let first = node_key(dir.path()).unwrap();
        let again = node_key(dir.path()).unwrap();
        assert_eq!(node_id(&first), node_id(&again));
        assert!(!is_shared(&dir.path().join(NODE_KEY)));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_broken_key_is_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(NODE_KEY);
        for broken in ["", "xyz", "00"] {
            fs::write(&path, broken).unwrap();
            assert!(matches!(node_key(dir.path()), Err(Error::NotAKey { .. })));
            assert_eq!(fs::read_to_string(&path).unwrap(), broken);
        }
    }

    #[test]
    fn a_secret_is_its_owners_alone_even_over_an_open_leftover() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(ADMIN_KEY);
        fs::write(path.with_extension("new"), "left over").unwrap();
        write_secret(&path, "inos_x_y").unwrap();
        assert!(!is_shared(&path));
        assert_eq!(read_secret(&path).unwrap().as_deref(), Some("inos_x_y"));
        assert_eq!(read_secret(&dir.path().join("none")).unwrap(), None);
    }
}
