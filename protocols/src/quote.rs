//! What a job would cost, and why.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Microcredits, catalogue::PriceVersion, job::Capsule, time::Time};

/// What a capsule would cost if it were submitted now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quote {
    /// The unit.
    pub unit: String,
    /// The method.
    pub method: String,
    /// The prices that it was worked out with.
    pub prices: PriceVersion,
    /// What keeping a MiB of blobs or outputs for a day costs, in microcredits; it is charged by and by, and not in `expected`.
    #[serde(default)]
    pub stored_mib_day: u64,
    /// What `expected` is made of, meter by meter; what is free is left out.
    pub lines: Vec<Line>,
    /// What it costs at least if it succeeds, in microcredits.
    pub least: Microcredits,
    /// What is put aside for it, and so the most that it can cost, in microcredits.
    pub most: Microcredits,
    /// What it will cost if it succeeds, in microcredits.
    pub expected: Microcredits,
    /// How surely.
    pub basis: Basis,
    /// Until when these prices are meant to stand. A job that is accepted keeps the prices of its acceptance.
    pub expires: Time,
}

/// A capsule of which a quote is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The capsule; where an input was only measured, an empty one stands in its place.
    pub capsule: Capsule,
    /// The lengths of inputs that were only measured, in bytes; may be shorter than the inputs.
    pub sizes: Vec<Option<u64>>,
}

/// One line of a quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// What is counted: `base`, `kib_in`, `kib_out` or `cpu_ms`.
    pub meter: String,
    /// How much of it.
    pub quantity: u64,
    /// What one costs, in microcredits.
    pub price: u64,
    /// Both multiplied, in microcredits.
    pub amount: Microcredits,
}

/// How surely a cost is foreseen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// It follows from parameters and inputs.
    Exact,
    /// A part of the input was looked at, and the rest is taken to be like it.
    Sampled,
    /// The input was not seen: it is taken to be like most.
    Typical,
}
