//! Postgres for the tests: databases of their own on a shared cluster, and clusters that a test may crash.

use inos_ledger::testing::postgres as testing;

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

fn wait<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(work)
}
