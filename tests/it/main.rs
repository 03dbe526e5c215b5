//! The public contract, asked of a real server from outside.

mod access;
mod blobs;
mod capsules;
mod credits;
mod faults;
mod hostile;
mod jobs;
mod socket;
mod tidy;
