//! Rows as Postgres's COPY takes them in its binary format: no row is parsed, and none is a parameter.

use bytes::{BufMut, Bytes};

use crate::committer::rows::Sink;

/// What a copy in the binary format begins with: its signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// The count of columns that ends a copy.
const END: i16 = -1;

/// Rows of one table, one after the other.
pub(super) struct Copy {
    columns: i16,
    bytes: Vec<u8>,
}

impl Copy {
    /// No rows yet, of so many columns.
    pub(super) fn new(columns: usize, bytes_expected: usize) -> Self {
        let mut bytes = Vec::with_capacity(HEADER.len() + bytes_expected);
        bytes.extend_from_slice(HEADER);
        Self { columns: columns as i16, bytes }
    }

    /// Begins a row; its columns are to be put next.
    pub(super) fn row(&mut self) -> &mut Self {
        self.bytes.put_i16(self.columns);
        self
    }

    /// Ends the rows.
    pub(super) fn done(mut self) -> Bytes {
        self.bytes.put_i16(END);
        self.bytes.into()
    }
}

impl Sink for Copy {
    fn int(&mut self, value: Option<i64>) {
        put(&mut self.bytes, value.map(i64::to_be_bytes).as_ref().map(|bytes| &bytes[..]));
    }

    fn text(&mut self, value: Option<&str>) {
        put(&mut self.bytes, value.map(str::as_bytes));
    }

    fn bytes(&mut self, value: Option<&[u8]>) {
        put(&mut self.bytes, value);
    }
}

/// A value as the binary format has it everywhere: its length, -1 for none, and its bytes.
pub(super) fn put(to: &mut Vec<u8>, value: Option<&[u8]>) {
    match value {
        Some(value) => {
            to.put_i32(value.len() as i32);
            to.extend_from_slice(value);
        }
        None => to.put_i32(-1),
    }
}
