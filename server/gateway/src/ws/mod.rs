//! `/v1/ws`: many capsules over one connection, answers as they are ready.

mod codec;
mod connection;
mod door;
mod feed;
mod flood;
mod line;
mod outbox;
mod reader;
mod regions;
mod session;
mod slots;
mod writer;

pub(crate) use door::{PARAMS, open};
pub(crate) use feed::Feeds;
pub(crate) use session::Sessions;
