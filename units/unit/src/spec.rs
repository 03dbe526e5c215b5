//! What a unit says of itself: the one definition that catalogue, validation, price, OpenAPI, CLI and console read.

use inos_protocols::{catalogue, held::KeyKind};
use schemars::JsonSchema;
use serde_json::Value;

use crate::Price;

/// A unit's description.
#[derive(Debug, Clone)]
pub struct Spec {
    /// Its name: lower-case letters, digits and `_`.
    pub name: &'static str,
    /// Its version; raised whenever the same input may give other bytes.
    pub version: &'static str,
    /// What it is for, in one sentence.
    pub summary: &'static str,
    /// What runs it.
    pub lane: Lane,
    /// Its methods.
    pub methods: Vec<Method>,
}

/// Whether what runs a unit is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Its jobs are run.
    Ready,
    /// What runs it could not be begun when it was tried last: its jobs may be refused.
    Degraded,
}

/// What runs a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// A thread of the server: for work whose time and memory are bounded from inside.
    Threads,
    /// A process that can be killed: for work on hostile input that cannot be bounded from inside.
    Cells,
}

impl Lane {
    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Threads => "thread",
            Self::Cells => "cell",
        }
    }
}

/// A method's description.
#[derive(Debug, Clone)]
pub struct Method {
    /// Its name: lower-case letters, digits and `_`.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// JSON Schema (2020-12) of its parameters: an object that refuses unknown members.
    pub params: Value,
    /// The fewest and the most inputs.
    pub inputs: (u32, u32),
    /// The media types that it reads.
    pub input_media: &'static [&'static str],
    /// The most bytes of one input.
    pub input_bytes_max: u64,
    /// How it reads them.
    pub reading: Reading,
    /// The media types that it can write, the usual one first.
    pub output_media: &'static [&'static str],
    /// The most bytes of one output.
    pub output_bytes_max: u64,
    /// Whether the same input gives the same bytes.
    pub determinism: Determinism,
    /// What it costs.
    pub price: Price,
    /// The largest input that may run where its bytes arrive, if any: at this size it takes at most 50 µs.
    pub inline_bytes_max: Option<u64>,
    /// How long one run may take, in milliseconds.
    pub timeout_ms: u64,
    /// How long a run may go without a sign of life before it counts as stuck, in milliseconds, where it promises some.
    ///
    /// A look whether to stop, a progress, a line, a read and a write are each a sign.
    pub heartbeat_ms: Option<u64>,
    /// Whether what it gives is a secret, such as a new key: then no record and no disk ever has it.
    pub gives_secret: bool,
    /// Of which kind a key that the server holds must be to stand in for the method's secret, named by the parameter
    /// `key_id`, where one can: the unit then has it by [`Host::key`](crate::Host::key).
    pub held_key: Option<KeyKind>,
}

/// How a method reads its inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Each input as one slice, once it is there as a whole.
    Whole,
    /// Each input once, from front to back, while it still arrives.
    Chunks,
}

/// Whether the same input gives the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Determinism {
    /// Everywhere and always.
    Bitwise,
    /// For one version of the unit.
    Version,
    /// Within a tolerance, such as floats on a GPU.
    Tolerance,
    /// Not at all.
    None,
}

impl Determinism {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Bitwise => "bitwise",
            Self::Version => "version",
            Self::Tolerance => "tolerance",
            Self::None => "none",
        }
    }
}

/// The JSON Schema of a parameter struct, inlined and ready for [`Method::params`].
pub fn schema_of<T: JsonSchema>() -> Value {
    let settings =
        schemars::generate::SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// The same of a struct with the members of another as well, such as those that all methods of a unit take.
///
/// [`crate::read_parted`] reads both again.
pub fn schema_of_both<T: JsonSchema, C: JsonSchema>() -> Value {
    let (mut own, common) = (schema_of::<T>(), schema_of::<C>());
    if let (Some(own), Some(common)) = (own.as_object_mut(), common["properties"].as_object()) {
        let properties = own.entry("properties").or_insert_with(|| Value::Object(serde_json::Map::new()));
        if let Some(properties) = properties.as_object_mut() {
            properties.extend(common.clone());
        }
        own.insert("additionalProperties".into(), Value::Bool(false));
    }
    own
}

impl Spec {
    /// The method of this name.
    pub fn method(&self, name: &str) -> Option<&Method> {
        self.methods.iter().find(|method| method.name == name)
    }

    /// The description as a caller reads it.
    pub fn public(&self) -> catalogue::Unit {
        let Self { name, version, summary, lane, methods } = self;
        catalogue::Unit {
            name: (*name).into(),
            version: (*version).into(),
            summary: (*summary).into(),
            methods: methods.iter().map(|method| method.public(*lane)).collect(),
        }
    }
}

impl Method {
    /// The description as a caller reads it, of a method that this runs.
    pub fn public(&self, lane: Lane) -> catalogue::Method {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        catalogue::Method {
            name: self.name.into(),
            summary: self.summary.into(),
            params: self.params.clone(),
            inputs: catalogue::Inputs {
                min: self.inputs.0,
                max: self.inputs.1,
                media_types: words(self.input_media),
                bytes_max: self.input_bytes_max,
                streaming: self.reading == Reading::Chunks,
            },
            outputs: catalogue::Outputs {
                media_types: words(self.output_media),
                bytes_max: self.output_bytes_max,
                secret: self.gives_secret,
            },
            determinism: self.determinism.word().into(),
            price: self.price.into(),
            timeout_ms: self.timeout_ms,
            heartbeat_ms: self.heartbeat_ms,
            session: false,
            held_key: self.held_key,
            backends: vec![lane.word().into()],
        }
    }
}
