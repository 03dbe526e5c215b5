//! Rows as parameters of a Postgres statement: one array for each column, for `unnest`.

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{IsNull, Kind, ToSql, Type, to_sql_checked};

use crate::committer::rows::{Sink, count};

/// Rows, as one array for each column.
#[derive(Debug)]
pub(super) struct Columns {
    columns: Vec<Column>,
    /// The column that the next value belongs to.
    next: usize,
}

/// An array in the binary format, without its head.
#[derive(Debug, Default)]
struct Column {
    count: i32,
    has_nulls: bool,
    bytes: Vec<u8>,
}

impl Columns {
    /// These rows, of these columns.
    pub(super) fn of<T>(columns: &str, rows: &[T], write: impl Fn(&T, &mut Self)) -> Self {
        let mut all = Self { columns: (0..count(columns)).map(|_| Column::default()).collect(), next: 0 };
        rows.iter().for_each(|row| write(row, &mut all));
        all
    }

    /// The arrays, in the order of their columns.
    pub(super) fn parameters(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.columns.iter().map(|column| column as &(dyn ToSql + Sync)).collect()
    }

    fn put(&mut self, value: Option<&[u8]>) {
        let column = &mut self.columns[self.next];
        column.count += 1;
        column.has_nulls |= value.is_none();
        match value {
            Some(value) => {
                column.bytes.put_i32(value.len() as i32);
                column.bytes.extend_from_slice(value);
            }
            None => column.bytes.put_i32(-1),
        }
        self.next = (self.next + 1) % self.columns.len();
    }
}

impl Sink for Columns {
    fn int(&mut self, value: Option<i64>) {
        self.put(value.map(i64::to_be_bytes).as_ref().map(|bytes| &bytes[..]));
    }

    fn text(&mut self, value: Option<&str>) {
        self.put(value.map(str::as_bytes));
    }

    fn bytes(&mut self, value: Option<&[u8]>) {
        self.put(value);
    }
}

impl ToSql for Column {
    fn to_sql(&self, of: &Type, to: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        let Kind::Array(element) = of.kind() else { return Err("a column is an array".into()) };
        // Dimensions, nulls and the type, then the length and the first index of the one dimension.
        to.put_i32((self.count > 0).into());
        to.put_i32(self.has_nulls.into());
        to.put_u32(element.oid());
        if self.count > 0 {
            to.put_i32(self.count);
            to.put_i32(1);
            to.extend_from_slice(&self.bytes);
        }
        Ok(IsNull::No)
    }

    fn accepts(of: &Type) -> bool {
        matches!(of.kind(), Kind::Array(_))
    }

    to_sql_checked!();
}
