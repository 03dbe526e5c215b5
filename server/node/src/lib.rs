//! The program `inos`: the options of every crate in one place, open, serve, drain, stop; and the command line.
//! Nothing here decides what a job costs or where it runs.

pub mod backup;
pub mod bench;
pub mod cli;
mod client;
pub mod config;
pub mod exit;
mod files;
pub mod identity;
pub mod lock;
pub mod logs;
pub mod otlp;
mod processor;
pub mod redact;
pub mod serve;
mod show;
pub mod tables;
mod terminal;
mod threads;
