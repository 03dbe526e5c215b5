//! What crosses a wire or a shared memory: plain structs with a JSON form and a Cap'n Proto form.
//! Nothing here runs a job, keeps a balance or opens a socket.

pub mod account;
pub mod catalogue;
pub mod event;
pub mod frame;
mod generated;
pub mod held;
pub mod ids;
pub mod job;
pub mod json;
pub mod layout;
pub mod money;
pub mod month;
pub mod node;
pub mod quote;
pub mod receipt;
pub mod record;
pub mod refusal;
pub mod region;
pub mod statement;
#[cfg(test)]
mod tests;
pub mod time;
pub mod trace;
pub mod wire;

pub use ids::{AccountId, Hash, HeldKeyId, JobId, KeyId, NodeId};
pub use money::Microcredits;
pub use refusal::{FieldError, Problem, Refusal};
