//! `/v1/ws`: many capsules over one connection, answers as they are ready.

mod codec;
mod connection;
mod door;
mod flood;
mod line;
mod outbox;
mod reader;
mod session;
mod writer;

pub(crate) use door::{PARAMS, open};
pub(crate) use session::Sessions;
