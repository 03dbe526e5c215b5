//! A payload on its way in: written and hashed once, piece by piece. Never visible under its name before it is whole.

use std::{
    fs::File,
    io::{self, Write as _},
    sync::Arc,
};

use inos_protocols::Hash;

use crate::{
    error::{During as _, Error},
    files::Files,
};

/// Pieces from this length on are hashed on all cores.
const PARALLEL_BYTES_MIN: usize = 128 << 10;

/// A payload being stored; dropped before `finish`, it leaves nothing.
pub struct Upload {
    files: Arc<Files>,
    file: File,
    name: String,
    hasher: blake3::Hasher,
    len: u64,
    kept: bool,
}

/// A payload that is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Its BLAKE3, which is its name.
    pub hash: Hash,
    /// How many bytes it has.
    pub len: u64,
}

impl Upload {
    pub(crate) fn begin(files: Arc<Files>) -> Result<Self, Error> {
        let (name, file) = files.begin()?;
        Ok(Self { files, file, name, hasher: blake3::Hasher::new(), len: 0, kept: false })
    }

    /// Appends `bytes`; blocks for the disk at times. After an error only dropping makes sense.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all(bytes).during(|| format!("write {} bytes of an upload", bytes.len()))?;
        if bytes.len() < PARALLEL_BYTES_MIN {
            self.hasher.update(bytes);
        } else {
            self.hasher.update_rayon(bytes);
        }
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// How many bytes were written so far.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// The BLAKE3 of what was written so far.
    pub fn hash(&self) -> Hash {
        Hash::from(self.hasher.finalize())
    }

    /// Whether nothing was written so far.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The same upload, its bytes going elsewhere.
    #[cfg(test)]
    pub(crate) fn onto(mut self, file: File) -> Self {
        self.file = file;
        self
    }

    /// Stores the payload under its hash; durable on return, and one file however often the same bytes come.
    pub fn finish(mut self) -> Result<Stored, Error> {
        let hash = Hash::from(self.hasher.finalize());
        self.files.keep(&self.name, &self.file, &hash)?;
        self.kept = true;
        Ok(Stored { hash, len: self.len })
    }
}

impl io::Write for Upload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Upload::write(self, bytes).map(|()| bytes.len()).map_err(io::Error::other)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        if let Err(error) = self.files.abandon(&self.name) {
            tracing::warn!(error = &error as &dyn std::error::Error, "an abandoned upload stays until the next start");
        }
    }
}
