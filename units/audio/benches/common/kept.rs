//! An output in memory.

use inos_unit::{Fault, Output};

/// The only output, in memory that is there already.
pub(crate) struct Kept(pub(crate) Vec<u8>);

impl Output for Kept {
    fn begin(&mut self, _: &str) -> Result<(), Fault> {
        Ok(())
    }

    fn expect(&mut self, _: u64) -> Result<(), Fault> {
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn amend(&mut self, at: u64, bytes: &[u8]) -> Result<(), Fault> {
        self.0[at as usize..][..bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn room(&mut self, _: usize) -> Result<&mut [u8], Fault> {
        Err(Fault::Broken("a sound is written block by block".into()))
    }
}
