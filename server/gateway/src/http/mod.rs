//! The handlers, one file a noun. Each reads a request, asks the broker and shapes an answer; none decides anything.

pub(crate) mod account;
pub(crate) mod admin;
pub(crate) mod audit;
pub(crate) mod batches;
pub(crate) mod blobs;
pub(crate) mod config;
pub(crate) mod console;
mod content;
pub(crate) mod events;
pub(crate) mod held;
pub(crate) mod jobs;
pub(crate) mod keys;
mod multipart;
pub(crate) mod node;
pub(crate) mod quotes;
pub(crate) mod regions;
pub(crate) mod run;
pub(crate) mod statements;
pub(crate) mod system;
pub(crate) mod tokens;
pub(crate) mod transfers;
pub(crate) mod units;
