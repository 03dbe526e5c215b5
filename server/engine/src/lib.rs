//! Runs jobs: a catalogue of units, a bounded fair queue, worker threads that claim in batches, and a watch that ends
//! what does not stop by itself. Knows accounts only as numbers that share the machine; never touches credits,
//! sockets or a database, and never needs an async runtime.

mod catalogue;
mod control;
mod desk;
mod engine;
mod entry;
mod error;
mod express;
mod inline;
mod queue;
mod run;
mod sessions;
mod shared;
mod sink;
mod source;
mod status;
pub mod stream;
mod task;
mod turns;
mod watch;
mod workers;

#[cfg(test)]
mod tests;

pub use catalogue::{Catalogue, Unknown};
pub use control::{Control, Said};
pub use engine::{Engine, Options};
pub use entry::Entry;
pub use error::Error;
pub use express::express_threads;
pub use queue::Standing;
pub use sessions::{Seat, Session, SessionRegions};
pub use status::{Status, Worker, WorkerState};
pub use task::{Clock, Done, End, Feed, Later, Lent, Outcome, Refused, Task};
