//! What a unit says of itself: the one definition that catalogue, validation, price, OpenAPI, CLI and console read.

use inos_protocols::catalogue;
use schemars::JsonSchema;
use serde_json::Value;

/// A unit's description.
#[derive(Debug, Clone)]
pub struct Spec {
    /// Its name: lower-case letters, digits and `_`.
    pub name: &'static str,
    /// Its version; raised whenever the same input may give other bytes.
    pub version: &'static str,
    /// What it is for, in one sentence.
    pub summary: &'static str,
    /// Its methods.
    pub methods: Vec<Method>,
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

/// What a method costs, in microcredits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// For each job.
    pub base: u64,
    /// For each begun KiB of input.
    pub per_kib_in: u64,
    /// For each begun KiB of output.
    pub per_kib_out: u64,
}

impl Price {
    /// The cost of a job with these many bytes in and out.
    pub const fn of(&self, bytes_in: u64, bytes_out: u64) -> u64 {
        self.base
            .saturating_add(self.per_kib_in.saturating_mul(bytes_in.div_ceil(1024)))
            .saturating_add(self.per_kib_out.saturating_mul(bytes_out.div_ceil(1024)))
    }
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

impl Spec {
    /// The method of this name.
    pub fn method(&self, name: &str) -> Option<&Method> {
        self.methods.iter().find(|method| method.name == name)
    }

    /// The description as a caller reads it.
    pub fn public(&self) -> catalogue::Unit {
        let Self { name, version, summary, methods } = self;
        catalogue::Unit {
            name: (*name).into(),
            version: (*version).into(),
            summary: (*summary).into(),
            methods: methods.iter().map(Method::public).collect(),
        }
    }
}

impl Method {
    /// The description as a caller reads it.
    pub fn public(&self) -> catalogue::Method {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let Price { base, per_kib_in, per_kib_out } = self.price;
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
            outputs: catalogue::Outputs { media_types: words(self.output_media), bytes_max: self.output_bytes_max },
            determinism: self.determinism.word().into(),
            price: catalogue::Price { base, per_kib_in, per_kib_out },
            timeout_ms: self.timeout_ms,
            heartbeat_ms: self.heartbeat_ms,
            backends: vec!["thread".into()],
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Price;

    fn exact(price: Price, bytes_in: u64, bytes_out: u64) -> u128 {
        let kib = |bytes: u64| u128::from(bytes).div_ceil(1024);
        u128::from(price.base)
            + u128::from(price.per_kib_in) * kib(bytes_in)
            + u128::from(price.per_kib_out) * kib(bytes_out)
    }

    proptest! {
        #[test]
        fn a_price_counts_begun_kib_and_never_wraps(base: u64, per_in: u64, per_out: u64, bytes_in: u64, bytes_out: u64) {
            let price = Price { base, per_kib_in: per_in, per_kib_out: per_out };
            let wanted = u64::try_from(exact(price, bytes_in, bytes_out)).unwrap_or(u64::MAX);
            prop_assert_eq!(price.of(bytes_in, bytes_out), wanted);
        }

        #[test]
        fn more_bytes_never_cost_less(base in 0..1u64 << 40, per in 0..1u64 << 20, bytes in 0..1u64 << 40, more in 0..1u64 << 40) {
            let price = Price { base, per_kib_in: per, per_kib_out: per };
            prop_assert!(price.of(bytes + more, 0) >= price.of(bytes, 0));
            prop_assert!(price.of(0, bytes + more) >= price.of(0, bytes));
        }

        #[test]
        fn nothing_is_saved_by_cutting_a_job_in_two(base in 0..1u64 << 40, per in 0..1u64 << 20, one in 0..1u64 << 40, other in 0..1u64 << 40) {
            let price = Price { base, per_kib_in: per, per_kib_out: 0 };
            let (whole, parts) = (price.of(one + other, 0), price.of(one, 0) + price.of(other, 0));
            prop_assert!(parts >= whole);
            // What is paid more is one job more and at most one begun KiB.
            prop_assert!(parts - whole <= base + per);
        }
    }
}
