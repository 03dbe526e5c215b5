//! A real server for each test: its own process, data folder and port; and plain clients to speak to it.
//! Nothing here looks inside the server.

mod client;
pub mod collector;
mod node;
pub mod postgres;
mod process;
mod raw;
mod tls;

pub use client::{Answer, Client};
pub use node::{Options, TestNode, binary, inos, inos_after};
pub use postgres::{Held, everything, make_old, meddle, number, text};
pub use raw::{Raw, files_max, until};
pub use tls::TlsNode;
