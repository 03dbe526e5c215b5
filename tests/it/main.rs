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
mod audit;
mod authorisation;
mod blobs;
mod budgets;
mod capsules;
mod chains;
mod chaos;
mod cli;
mod clocks;
mod contract;
mod credits;
mod crowds;
mod damage;
mod deadlines;
mod events;
mod fairness;
mod faults;
mod fees;
mod guesses;
mod hostile;
mod hostile_socket;
mod http2;
mod idempotency;
mod jobs;
mod keys;
mod large;
mod limits;
mod meddling;
mod memory;
mod operations;
mod postgres;
mod quotes;
mod readers;
mod retries;
mod routes;
mod secrets;
mod shortage;
mod socket;
mod statements;
mod telemetry;
mod tidy;
mod transfers;
mod wishes;
