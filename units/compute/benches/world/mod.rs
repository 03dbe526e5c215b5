//! What the benches share: an input that is borrowed rather than copied. Never measures anything.

use inos_unit::{Fault, Inputs, Source};

/// One borrowed input that arrives in pieces of `chunk` bytes.
pub(crate) struct Borrowed<'a> {
    bytes: &'a [u8],
    at: usize,
    chunk: usize,
}

impl<'a> Borrowed<'a> {
    pub(crate) fn new(bytes: &'a [u8], chunk: usize) -> Self {
        Self { bytes, at: 0, chunk }
    }
}

impl Inputs for Borrowed<'_> {
    fn count(&self) -> usize {
        1
    }

    fn get(&mut self, _: usize) -> Result<&mut dyn Source, Fault> {
        Ok(self)
    }
}

impl Source for Borrowed<'_> {
    fn len(&self) -> Option<u64> {
        Some(self.bytes.len() as u64)
    }

    fn slice(&mut self) -> Result<&[u8], Fault> {
        Ok(self.bytes)
    }

    fn chunk(&mut self) -> Result<Option<&[u8]>, Fault> {
        let end = self.bytes.len().min(self.at + self.chunk);
        let chunk = &self.bytes[self.at..end];
        self.at = end;
        Ok((!chunk.is_empty()).then_some(chunk))
    }

    fn blake3(&mut self) -> Result<blake3::Hasher, Fault> {
        Ok(bare_blake3(blake3::Hasher::new(), self.bytes))
    }
}

/// The bare crate over a whole input, on all cores where that helps.
pub(crate) fn bare_blake3(mut hasher: blake3::Hasher, bytes: &[u8]) -> blake3::Hasher {
    if bytes.len() >= 128 << 10 {
        hasher.update_rayon(bytes);
    } else {
        hasher.update(bytes);
    }
    hasher
}
