//! The public contract, asked of a real server from outside.

/// Each law once on SQLite and once on Postgres.
macro_rules! on_both {
    ($($law:ident),* $(,)?) => {
        mod on_sqlite {
            $(
                #[test]
                fn $law() {
                    super::$law(inos_tests::Options::default());
                }
            )*
        }
        mod on_postgres {
            $(
                #[test]
                fn $law() {
                    super::$law(inos_tests::Options::on_postgres());
                }
            )*
        }
    };
}
use on_both;

mod access;
mod blobs;
mod capsules;
mod cli;
mod credits;
mod faults;
mod hostile;
mod jobs;
mod limits;
mod operations;
mod postgres;
mod socket;
mod tidy;
