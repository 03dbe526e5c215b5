//! Rows as one parameter of a Postgres statement: an array of a composite type, in the binary format.

use sqlx::{
    Encode, PgConnection, Postgres, Row, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgTypeInfo, types::Oid},
};

use super::rows::Sink;

// What the types of columns are called on the wire.
const BIGINT: u32 = 20;
const TEXT: u32 = 25;
const BYTEA: u32 = 17;

/// A composite type of the session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RecordType {
    record: Oid,
    array: Oid,
    columns: u32,
}

/// Rows of one type. No row is a good value, too.
pub(crate) struct Records {
    of: RecordType,
    count: u32,
    /// Where the open row's length is to be written.
    open: Option<usize>,
    bytes: Vec<u8>,
}

impl RecordType {
    /// The temporary type of that name.
    pub(crate) async fn find(connection: &mut PgConnection, name: &str, columns: usize) -> Result<Self, sqlx::Error> {
        let row = sqlx::query("SELECT oid, typarray FROM pg_type WHERE oid = $1::regtype")
            .bind(format!("pg_temp.{name}"))
            .fetch_one(connection)
            .await?;
        Ok(Self { record: row.try_get(0)?, array: row.try_get(1)?, columns: columns as u32 })
    }
}

impl Records {
    /// No rows yet.
    pub(crate) fn new(of: RecordType, bytes_expected: usize) -> Self {
        Self { of, count: 0, open: None, bytes: Vec::with_capacity(bytes_expected) }
    }

    /// Begins a row; its columns are to be put next.
    pub(crate) fn row(&mut self) -> &mut Self {
        self.close();
        self.count += 1;
        self.open = Some(self.bytes.len());
        self.bytes.extend_from_slice(&[0; 4]);
        self.bytes.extend_from_slice(&self.of.columns.to_be_bytes());
        self
    }

    /// Ends the rows.
    pub(crate) fn done(mut self) -> Self {
        self.close();
        self
    }

    fn close(&mut self) {
        if let Some(open) = self.open.take() {
            let len = (self.bytes.len() - open - 4) as u32;
            self.bytes[open..open + 4].copy_from_slice(&len.to_be_bytes());
        }
    }

    fn put(&mut self, of: u32, value: Option<&[u8]>) {
        self.bytes.extend_from_slice(&of.to_be_bytes());
        match value {
            Some(value) => {
                self.bytes.extend_from_slice(&(value.len() as u32).to_be_bytes());
                self.bytes.extend_from_slice(value);
            }
            None => self.bytes.extend_from_slice(&(-1i32).to_be_bytes()),
        }
    }
}

impl Sink for Records {
    fn int(&mut self, value: Option<i64>) {
        self.put(BIGINT, value.map(i64::to_be_bytes).as_ref().map(|bytes| &bytes[..]));
    }

    fn text(&mut self, value: Option<&str>) {
        self.put(TEXT, value.map(str::as_bytes));
    }

    fn bytes(&mut self, value: Option<&[u8]>) {
        self.put(BYTEA, value);
    }
}

impl Type<Postgres> for Records {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("record[]")
    }
}

impl Encode<'_, Postgres> for Records {
    fn encode_by_ref(&self, to: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let dimensions = u32::from(self.count > 0);
        for number in [dimensions, 0, self.of.record.0] {
            to.extend_from_slice(&number.to_be_bytes());
        }
        if self.count > 0 {
            to.extend_from_slice(&self.count.to_be_bytes());
            to.extend_from_slice(&1u32.to_be_bytes());
        }
        to.extend_from_slice(&self.bytes);
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(self.of.array))
    }
}
