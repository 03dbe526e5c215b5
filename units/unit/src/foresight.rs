//! What can be said of a job's output before it runs.

use inos_protocols::quote::Basis;

/// An input as far as it is seen by who asks what a job would cost.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// Its length in bytes.
    pub bytes: u64,
    /// Its first bytes, as many as are at hand; none where only the length was told.
    pub head: &'a [u8],
}

/// How many bytes a job would write, all outputs together, and how surely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foreseen {
    /// The bytes.
    pub bytes_out: u64,
    /// How surely.
    pub basis: Basis,
}

impl Foreseen {
    /// Exactly so many bytes.
    pub const fn exactly(bytes_out: u64) -> Self {
        Self { bytes_out, basis: Basis::Exact }
    }
}
