//! The node's own key: made once, readable by its owner alone, on the disk before it is used.

use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use ed25519_dalek::SigningKey;
use inos_protocols::NodeId;
pub use inos_vault::{is_shared, read_secret, write_secret};

/// The file of the node's key, in the data directory.
pub const NODE_KEY: &str = "node.key";
/// The file of the admin account's API key, in the data directory.
pub const ADMIN_KEY: &str = "admin.key";

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It could not be read or made.
    #[error(transparent)]
    File(#[from] inos_vault::Error),
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

#[cfg(test)]
mod tests {
    use std::fs;

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
}
