//! Cells: child processes of the same program that run units whose work on hostile input cannot be bounded from inside.
//! A cell sees the bytes of its job and nothing else: no file, no network, no other process. It can be killed at any
//! moment, and then fails one job. Never decides which job runs when, and knows nothing of accounts or money.
//!
//! The server's side is [`Lane`], which makes a [`inos_unit::Unit`] of each unit that runs in cells; the child's side is
//! [`cell::serve`]. Between them goes what `message.rs` has, over a socket that keeps messages apart.

pub mod cell;
mod child;
mod fence;
mod lane;
mod message;
mod run;
mod soon;
mod stage;

pub use fence::{Fence, Missing};
pub use lane::{Figures, Lane, Options};
