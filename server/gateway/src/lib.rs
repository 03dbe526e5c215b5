//! The doors: HTTP and WebSocket over an accept loop of our own. What is asked goes to the broker as it is meant,
//! what comes back goes out as it is. The gateway moves no money and runs no job; status codes live here alone.

mod accept;
mod attach;
mod auth;
mod body;
mod call;
mod cellar;
mod console;
mod cors;
mod debts;
mod endings;
mod endpoint;
mod error;
mod front;
mod gateway;
mod http;
mod leftover;
mod mcp;
mod media;
mod metrics;
mod openapi;
mod options;
mod pages;
mod permits;
mod problems;
mod pulse;
mod query;
mod rates;
mod refusal;
mod reply;
mod routes;
mod row;
mod seal;
mod serve;
mod socket;
mod state;
mod strict;
#[cfg(test)]
mod tests;
mod throttle;
mod tls;
mod tokens;
mod trace;
mod ws;

pub use error::Error;
pub use gateway::Gateway;
pub use http::config::{NodeConfig, NodeSetting, SettingSource};
pub use options::{ConsoleSecret, Options, Tls};

/// The contract as OpenAPI 3.1, as `/openapi.json` serves it.
pub fn openapi() -> Vec<u8> {
    openapi::document(&routes::table().into_iter().map(std::sync::Arc::new).collect::<Vec<_>>())
}
