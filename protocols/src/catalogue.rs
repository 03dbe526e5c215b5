//! The catalogue as a caller reads it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Hash, held::KeyKind};

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
    /// Whether it is a simulation session: a job that lives on, steps a region on a pulse and is only to be submitted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub session: bool,
    /// Of which kind a key that the server holds must be to stand in for the secret parameter, by `key_id`; absent where
    /// none can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_key: Option<KeyKind>,
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
    /// Whether they are a secret: then they are kept nowhere, and cannot be asked for again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
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

/// Prices in place of the units' own, as a file or an admin has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceList {
    /// The number of this list; raised with every change.
    #[schemars(range(min = 2))]
    pub version: u32,
    /// For each MiB that an account keeps for a day, in microcredits: blobs, and outputs that are kept with their jobs.
    #[serde(default)]
    #[schemars(range(max = 9_007_199_254_740_991_u64))]
    pub stored_mib_day: u64,
    /// By unit and method.
    pub prices: BTreeMap<String, BTreeMap<String, Amended>>,
}

/// What is changed of a method's price, in microcredits; what is not named stays as the unit has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Amended {
    /// For each job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<u64>,
    /// For each begun KiB of input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_kib_in: Option<u64>,
    /// For each begun KiB of output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_kib_out: Option<u64>,
    /// For each begun millisecond that it ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_cpu_ms: Option<u64>,
}

/// Every price that is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Which table it is.
    pub version: PriceVersion,
    /// Where it comes from.
    pub source: PriceSource,
    /// For each MiB that an account keeps for a day, in microcredits.
    pub stored_mib_day: u64,
    /// By unit and method.
    pub prices: BTreeMap<String, BTreeMap<String, Price>>,
}

/// Where prices come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PriceSource {
    /// They are the units' own.
    Units,
    /// The operator's file, which nothing but another file changes.
    File,
    /// An admin has set them.
    Admin,
}
