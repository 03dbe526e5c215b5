//! Postgres for the tests: databases of their own on a shared cluster, and clusters that a test may crash.

use inos_ledger::testing::{self as all, postgres as testing};

/// Trouble with a database: a line to it that a test may cut, and a file that a test may hold.
pub use all::{Cut, Held, Proxy};
/// A cluster of the test's own; gone when dropped.
pub use testing::Cluster;

/// A new, empty database on the server that `INOS_TEST_POSTGRES_URL` names, or else on a cluster that all tests of
/// this process share.
pub fn database() -> String {
    wait(testing::database())
}

/// A new, empty database on a cluster of the test's own.
pub fn database_on(cluster: &Cluster) -> String {
    wait(testing::new_database(&cluster.url())).expect("a running cluster makes databases")
}

/// Runs statements on the database with this URL, as nobody but a test or a meddler would.
pub fn meddle(url: &str, sql: &str) {
    wait(all::meddle(url, sql));
}

/// Makes the database with this URL one of an earlier schema, without anything in it.
pub fn make_old(url: &str, schema: usize) {
    wait(all::make_old(url, schema));
}

/// The number that a query gives on the database with this URL.
pub fn number(url: &str, sql: &str) -> i64 {
    wait(all::number(url, sql))
}

/// The text that a query gives on the database with this URL.
pub fn text(url: &str, sql: &str) -> String {
    wait(all::text(url, sql))
}

/// All that the Postgres database with this URL holds, as text; bytes in hexadecimal.
pub fn everything(url: &str) -> String {
    wait(all::everything(url))
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(work)
}
