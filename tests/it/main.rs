//! The public contract, asked of a real server from outside.

// Here an unwrap is how a test fails.
#![allow(clippy::unwrap_used)]

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
mod chains;
mod cli;
mod clocks;
mod contract;
mod credits;
mod crowds;
mod faults;
mod guesses;
mod hostile;
mod hostile_socket;
mod http2;
mod idempotency;
mod jobs;
mod large;
mod limits;
mod meddling;
mod memory;
mod operations;
mod postgres;
mod readers;
mod retries;
mod routes;
mod secrets;
mod shortage;
mod socket;
mod telemetry;
mod tidy;
mod wishes;
