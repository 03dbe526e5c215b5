//! Rows of numbers as NumPy keeps them: a head that says their type and shape, and the numbers (NEP 1). How many rows there are
//! is put in at the end.

use inos_unit::{Fault, Output};

/// The length of a head, with room for any shape.
const HEAD_LEN: usize = 128;

/// The media type of such a file.
pub(super) const NPY: &str = "application/x-npy";

/// A file of rows, each of the same number of values.
pub(super) struct Npy {
    /// `<f4` or `<c8`, as NumPy calls them.
    kind: &'static str,
    columns: usize,
    rows: u64,
}

impl Npy {
    /// Begins the next output.
    pub(super) fn begin(kind: &'static str, columns: usize, output: &mut dyn Output) -> Result<Self, Fault> {
        let npy = Self { kind, columns, rows: 0 };
        output.begin(NPY)?;
        output.write(&npy.head())?;
        Ok(npy)
    }

    /// Appends a row: of complex numbers, the real and the imaginary part by turns.
    pub(super) fn push(&mut self, row: &[f32], output: &mut dyn Output) -> Result<(), Fault> {
        self.rows += 1;
        if cfg!(target_endian = "little") {
            return output.write(pulp::bytemuck::cast_slice(row));
        }
        let bytes: Vec<u8> = row.iter().flat_map(|number| number.to_le_bytes()).collect();
        output.write(&bytes)
    }

    /// Ends the file.
    pub(super) fn finish(self, output: &mut dyn Output) -> Result<(), Fault> {
        output.amend(0, &self.head())
    }

    fn head(&self) -> Vec<u8> {
        let Self { kind, columns, rows } = self;
        let shape = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
        let mut head = b"\x93NUMPY\x01\x00".to_vec();
        head.extend(((HEAD_LEN - 10) as u16).to_le_bytes());
        head.extend(shape.bytes());
        head.resize(HEAD_LEN - 1, b' ');
        head.push(b'\n');
        head
    }
}
