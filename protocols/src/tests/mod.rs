//! The laws of this crate.

mod arbitrary;
mod forms;
mod generated;
mod hostile;
mod receipts;
mod vectors;
mod words;
