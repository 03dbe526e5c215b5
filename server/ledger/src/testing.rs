//! For tests of this and other crates: databases to try things on, and ways to trouble them. No part of the server.

pub mod postgres;
mod proxy;

use std::path::Path;

use sqlx::{AnyConnection, Connection, Executor};

pub use proxy::{Cut, Proxy};

/// Runs statements as nobody but a test or a meddler would, on the database with this URL.
pub async fn meddle(url: &str, sql: &str) {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(url).await.expect("a test's database opens");
    connection.execute(sqlx::AssertSqlSafe(sql)).await.unwrap_or_else(|error| panic!("{error} in {sql}"));
    connection.close().await.expect("a connection closes");
}

/// Makes the database at this URL one that a server of that schema would have made, without anything in it.
pub async fn make_old(url: &str, schema: usize) {
    let database = crate::database::Database::open(url).await.expect("a test's database opens");
    crate::migrate::migrate_to(&database, schema).await.expect("a test's database migrates");
    database.close().await;
}

/// The number that a query gives on the database with this URL.
pub async fn number(url: &str, sql: &str) -> i64 {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(url).await.expect("a test's database opens");
    let number = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut connection).await;
    connection.close().await.expect("a connection closes");
    number.unwrap_or_else(|error| panic!("{error} in {sql}"))
}

/// The text that a query gives on the database with this URL.
pub async fn text(url: &str, sql: &str) -> String {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(url).await.expect("a test's database opens");
    let text = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut connection).await;
    connection.close().await.expect("a connection closes");
    text.unwrap_or_else(|error| panic!("{error} in {sql}"))
}

/// All that the Postgres database with this URL holds, as text; bytes in hexadecimal.
pub async fn everything(url: &str) -> String {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(url).await.expect("a test's database opens");
    let binary = sqlx::query("SET xmlbinary TO hex").execute(&mut connection).await;
    binary.expect("a Postgres says bytes in hexadecimal");
    let all =
        sqlx::query_scalar("SELECT schema_to_xml('public', true, false, '')::text").fetch_one(&mut connection).await;
    connection.close().await.expect("a connection closes");
    all.expect("a Postgres says what it holds")
}

/// A SQLite file that nobody else can write, as during a long backup, until this is dropped.
pub struct Held(rusqlite::Connection);

impl Held {
    /// Takes the file, after whoever is writing.
    pub fn hold(path: &Path) -> Self {
        let connection = rusqlite::Connection::open(path).expect("a test's database opens");
        connection.busy_timeout(std::time::Duration::from_secs(10)).expect("a timeout can be set");
        connection.execute_batch("BEGIN EXCLUSIVE").expect("a test may write alone");
        Self(connection)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.execute_batch("ROLLBACK").expect("what was begun can be given up");
    }
}
