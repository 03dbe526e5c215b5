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
mod audio;
mod audit;
mod authorisation;
mod backups;
mod blobs;
mod budgets;
mod capsules;
mod cells;
mod chains;
mod chaos;
mod cli;
mod clocks;
mod console;
mod contract;
mod credits;
mod crowds;
mod damage;
mod data;
mod deadlines;
mod events;
mod examples;
mod fairness;
mod faults;
mod fees;
mod figures;
mod guesses;
mod held_keys;
mod held_keys_at_rest;
mod hostile;
mod hostile_socket;
mod http2;
mod idempotency;
mod image;
mod jobs;
mod keys;
mod large;
mod limits;
mod mcp;
mod meddling;
mod memory;
mod migrations;
mod operations;
mod postgres;
mod prices;
mod quotes;
mod readers;
mod regions;
mod regions_attach;
mod regions_deltas;
mod regions_jobs;
mod regions_limits;
mod regions_own;
mod regions_socket;
mod retention;
mod retries;
mod routes;
mod secrets;
mod sessions;
mod shortage;
mod socket;
mod statements;
mod storage;
mod telemetry;
mod tidy;
mod transfers;
mod units;
mod wishes;
