//! A job's world without a server: its input lies where it is.

use bytes::Bytes;
use inos_unit::{Fault, Host, Inputs, Source};

/// A host with so many threads.
pub(crate) struct Threads(pub(crate) usize);

impl Host for Threads {
    fn cancelled(&self) -> bool {
        false
    }

    fn progress(&self, _: u64, _: u64) {}

    fn log(&self, _: &str) {}

    fn emit(&self, _: &[u8]) {}

    fn threads(&self) -> usize {
        self.0
    }
}

/// The only input, which lies where it is, as a server's does.
pub(crate) struct Lying(pub(crate) Bytes);

impl Inputs for Lying {
    fn count(&self) -> usize {
        1
    }

    fn get(&mut self, _: usize) -> Result<&mut dyn Source, Fault> {
        Ok(self)
    }
}

impl Source for Lying {
    fn len(&self) -> Option<u64> {
        Some(self.0.len() as u64)
    }

    fn slice(&mut self) -> Result<&[u8], Fault> {
        Ok(&self.0)
    }

    fn bytes(&mut self) -> Result<Bytes, Fault> {
        Ok(self.0.clone())
    }

    fn chunk(&mut self) -> Result<Option<&[u8]>, Fault> {
        Err(Fault::Broken("a sound is read as a whole".into()))
    }

    fn blake3(&mut self) -> Result<blake3::Hasher, Fault> {
        Err(Fault::Broken("a sound has no use for its hash".into()))
    }
}
