//! Inputs some of which are tables: to a method they are the packed numbers that they hold.

use bytes::Bytes;
use inos_unit::{Fault, Host, Inputs, Source};

use crate::arrow;
use crate::number::Type;

/// The inputs of a call with their tables as packed numbers.
pub(crate) struct Tables<'i> {
    inputs: &'i mut dyn Inputs,
    read: Vec<Option<Numbers>>,
}

/// The numbers of one table.
struct Numbers {
    bytes: Bytes,
    was_read: bool,
}

impl<'i> Tables<'i> {
    /// Reads those inputs that are tables, each of which makes at most so many bytes.
    pub(crate) fn read(
        inputs: &'i mut dyn Inputs,
        number: Type,
        bytes_max: u64,
        host: &dyn Host,
    ) -> Result<Self, Fault> {
        let mut read = Vec::with_capacity(inputs.count());
        for index in 0..inputs.count() {
            let bytes = inputs.get(index)?.slice()?;
            read.push(if arrow::is_table(bytes) {
                let bytes = arrow::packed(bytes, number, bytes_max, index, host)?.into();
                Some(Numbers { bytes, was_read: false })
            } else {
                None
            });
        }
        Ok(Self { inputs, read })
    }
}

impl Inputs for Tables<'_> {
    fn count(&self) -> usize {
        self.inputs.count()
    }

    fn get(&mut self, index: usize) -> Result<&mut dyn Source, Fault> {
        match self.read.get_mut(index) {
            Some(Some(numbers)) => Ok(numbers),
            _ => self.inputs.get(index),
        }
    }
}

impl Source for Numbers {
    fn len(&self) -> Option<u64> {
        Some(self.bytes.len() as u64)
    }

    fn slice(&mut self) -> Result<&[u8], Fault> {
        Ok(&self.bytes)
    }

    fn bytes(&mut self) -> Result<Bytes, Fault> {
        Ok(self.bytes.clone())
    }

    fn chunk(&mut self) -> Result<Option<&[u8]>, Fault> {
        let was_read = std::mem::replace(&mut self.was_read, true);
        Ok((!was_read && !self.bytes.is_empty()).then_some(&*self.bytes))
    }

    fn blake3(&mut self) -> Result<blake3::Hasher, Fault> {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.bytes);
        Ok(hasher)
    }
}
