//! Secrets as files: readable by their owner alone, and on the disk before they are used.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use zeroize::Zeroize;

use crate::Error;

/// The secret in a file, or none if there is no such file.
pub fn read_secret(path: &Path) -> Result<Option<String>, Error> {
    match fs::read_to_string(path) {
        Ok(mut text) => {
            let secret = text.trim().to_owned();
            text.zeroize();
            Ok(Some(secret))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Read { path: path.into(), source }),
    }
}

/// Writes a secret with mode 0600; when this returns, file and name are on the disk.
pub fn write_secret(path: &Path, secret: &str) -> Result<(), Error> {
    write_durably(path, secret).map_err(|source| Error::Write { path: path.into(), source })
}

fn write_durably(path: &Path, secret: &str) -> io::Result<()> {
    // Beside the whole name: two secrets of one stem do not meet in one file.
    let new = path.with_added_extension("new");
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
