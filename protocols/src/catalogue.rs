//! The catalogue as a caller reads it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Hash;

/// A unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Its name.
    pub name: String,
    /// Its version: the same version gives the same bytes where the determinism says so.
    pub version: String,
    /// What it is for.
    pub summary: String,
    /// Its methods.
    pub methods: Vec<Method>,
}

/// A method of a unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// Its name.
    pub name: String,
    /// What it does.
    pub summary: String,
    /// JSON Schema (2020-12) of its parameters.
    pub params: Value,
    /// What it takes.
    pub inputs: Inputs,
    /// What it gives.
    pub outputs: Outputs,
    /// Whether the same input gives the same bytes: `bitwise`, `version`, `tolerance` or `none`.
    pub determinism: String,
    /// What it costs.
    pub price: Price,
    /// How long one run may take unless the caller asks for less, in milliseconds.
    pub timeout_ms: u64,
    /// How long a run may go without a sign of life before it is ended as stuck, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heartbeat_ms: Option<u64>,
    /// Where it can run here.
    pub backends: Vec<String>,
}

/// What a method takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    /// The fewest.
    pub min: u32,
    /// The most.
    pub max: u32,
    /// The media types that it reads; `*/*` is any.
    pub media_types: Vec<String>,
    /// The most bytes of one input.
    pub bytes_max: u64,
    /// Whether it reads an input while it still arrives.
    pub streaming: bool,
}

/// What a method gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outputs {
    /// The media types that it can write, the usual one first.
    pub media_types: Vec<String>,
    /// The most bytes of one output.
    pub bytes_max: u64,
}

/// What a method costs, in microcredits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// For each job.
    pub base: u64,
    /// For each begun KiB of input.
    pub per_kib_in: u64,
    /// For each begun KiB of output.
    pub per_kib_out: u64,
    /// For each begun millisecond that it ran.
    #[serde(default)]
    pub per_cpu_ms: u64,
}

/// Which table of prices is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceVersion {
    /// Its number: 1 where the units' own prices stand, higher where an operator's do.
    pub number: u32,
    /// The BLAKE3 of every price in it.
    pub hash: Hash,
}
