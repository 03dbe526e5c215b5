//! Rows in the format of Postgres's binary COPY.

use sqlx::PgConnection;

use super::rows::Sink;

/// Rows that go to one table in one message.
pub(crate) struct Copy {
    columns: i16,
    bytes: Vec<u8>,
}

impl Copy {
    /// No rows yet, of `columns` columns each.
    pub(crate) fn new(columns: usize, bytes_expected: usize) -> Self {
        let mut bytes = Vec::with_capacity(bytes_expected + 32);
        bytes.extend_from_slice(b"PGCOPY\n\xff\r\n\0");
        bytes.extend_from_slice(&[0; 8]);
        Self { columns: columns as i16, bytes }
    }

    /// Begins a row; its columns are to be put next.
    pub(crate) fn row(&mut self) -> &mut Self {
        self.bytes.extend_from_slice(&self.columns.to_be_bytes());
        self
    }

    /// Sends the rows with this COPY statement.
    pub(crate) async fn send(mut self, connection: &mut PgConnection, statement: &str) -> Result<(), sqlx::Error> {
        self.bytes.extend_from_slice(&(-1i16).to_be_bytes());
        let mut copy = connection.copy_in_raw(statement).await?;
        match copy.send(self.bytes).await {
            Ok(_) => copy.finish().await.map(drop),
            Err(error) => Err(error),
        }
    }

    fn put(&mut self, value: Option<&[u8]>) {
        match value {
            Some(value) => {
                self.bytes.extend_from_slice(&(value.len() as i32).to_be_bytes());
                self.bytes.extend_from_slice(value);
            }
            None => self.bytes.extend_from_slice(&(-1i32).to_be_bytes()),
        }
    }
}

impl Sink for Copy {
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
