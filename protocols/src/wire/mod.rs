//! The Cap'n Proto form of what crosses a wire. A message is read where it lies: payloads stay slices of it.
//! Whoever sent it, reading takes bounded time and memory and ends in a value or in a refusal.

mod capsule;
mod fields;
mod frames;
mod identity;
mod ledger;
mod malformed;
mod message;
mod outcome;
mod problem;
mod receipt;
mod record;
mod regions;
mod terms;

pub use capsule::{read_capsule, read_capsules, write_capsule, write_capsules};
pub use frames::{Ends, read_client_frame, read_ends, read_server_frame, write_client_frame, write_server_frame};
pub use identity::{read_key, read_node, write_key, write_node};
pub use ledger::{read_entry, read_hold, read_transfer, write_entry, write_hold, write_transfer};
pub use malformed::Malformed;
pub use outcome::{read_outcome, write_outcome};
pub use record::{read_job_ending, read_job_request, write_job_ending, write_job_request};

/// The largest message that is read, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 64 << 20;
/// The most segments of a message that is read.
pub const SEGMENTS_MAX: usize = 16;
/// What may be followed in the smallest message; in a larger one it is four times the message.
pub const TRAVERSAL_WORDS_MIN: usize = 4096;
/// How deeply structures may lie in each other.
pub const NESTING_MAX: i32 = 32;
