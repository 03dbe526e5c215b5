//! The laws of the ledger, each kept on both databases. A law gets a `Place` of its own and opens it as often as it likes.

mod accounts;
mod alarms;
mod audit;
mod books;
pub(crate) mod encrypted;
mod fees;
mod garbage;
mod grants;
mod jobs;
mod keys;
mod leases;
mod model;
mod outages;
mod place;
mod rotation;
mod schema;
mod spending;
mod statements;
mod storage;
mod storm;
mod writing;

/// Each law once on SQLite and once on Postgres.
macro_rules! on_both {
    ($($law:ident),* $(,)?) => {
        mod on_sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $law() {
                    super::$law(crate::tests::place::Place::sqlite()).await;
                }
            )*
        }
        mod on_postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $law() {
                    super::$law(crate::tests::place::Place::postgres().await).await;
                }
            )*
        }
    };
}
use on_both;
