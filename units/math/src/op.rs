//! An operation on a few numbers, and the method that it makes: its operands are parameters of their own in the schema.
//!
//! Knows nothing of inputs and outputs; `batch` runs one over many.

use inos_unit::{Determinism, Method, Price, Reading};
use serde_json::{Map, Value, json};

/// The most operands of an operation.
pub(crate) const OPERANDS_MAX: usize = 6;
/// The most numbers of an operand or a result: a matrix of four rows and columns.
pub(crate) const WIDTH_MAX: usize = 16;
/// The largest input and output of an operation, in bytes: 10 million matrices in f32 fit.
pub(crate) const BYTES_MAX: u64 = 1 << 30;
/// How long one run may take, in milliseconds.
const TIMEOUT_MS: u64 = 600_000;

/// Why an operation has no answer: which operand is to blame, and what is wrong with it.
pub(crate) type Flaw = (usize, &'static str);

/// Computes one result from one value of each operand.
pub(crate) type Compute = fn(&[&[f64]], &mut [f64]) -> Result<(), Flaw>;

/// An operation: so many numbers in, so many out.
pub(crate) struct Op {
    /// The method's name.
    pub(crate) name: &'static str,
    /// What it does, in one sentence.
    pub(crate) summary: &'static str,
    /// What it takes, in the order of its inputs.
    pub(crate) takes: &'static [Operand],
    /// What it gives: names and widths; a width of 0 is that of its first operand.
    pub(crate) gives: &'static [(&'static str, usize)],
    /// How.
    pub(crate) run: Compute,
}

/// One operand of an operation.
pub(crate) struct Operand {
    /// The parameter's name.
    pub(crate) name: &'static str,
    /// What it is.
    pub(crate) about: &'static str,
    /// How many numbers it has; `None` is two to four, the same for all such operands of an operation.
    pub(crate) width: Option<usize>,
    /// A value for forms and documentation.
    pub(crate) example: &'static [f64],
}

/// A vector of two to four numbers.
pub(crate) const fn vector(name: &'static str, about: &'static str) -> Operand {
    Operand { name, about, width: None, example: &[1.0, 2.0, 3.0] }
}

/// A vector of three numbers.
pub(crate) const fn vector3(name: &'static str, about: &'static str) -> Operand {
    Operand { name, about, width: Some(3), example: &[0.0, 1.0, 0.0] }
}

/// A quaternion as x, y, z, w.
pub(crate) const fn quaternion(name: &'static str, about: &'static str) -> Operand {
    Operand { name, about, width: Some(4), example: &[0.0, 0.0, 0.0, 1.0] }
}

/// A matrix of four columns of four numbers.
pub(crate) const fn matrix(name: &'static str, about: &'static str) -> Operand {
    const EXAMPLE: &[f64] = &[1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 5.0, 6.0, 7.0, 1.0];
    Operand { name, about, width: Some(16), example: EXAMPLE }
}

/// A single number.
pub(crate) const fn scalar(name: &'static str, about: &'static str, example: &'static [f64; 1]) -> Operand {
    Operand { name, about, width: Some(1), example }
}

impl Op {
    /// The method that runs this operation.
    pub(crate) fn method(&self) -> Method {
        let operands = self.takes.len() as u32;
        Method {
            name: self.name,
            summary: self.summary,
            params: self.schema(),
            inputs: (0, operands),
            input_media: crate::values::INPUT_MEDIA,
            input_bytes_max: BYTES_MAX,
            reading: Reading::Whole,
            output_media: &["application/json", "application/octet-stream"],
            output_bytes_max: BYTES_MAX,
            determinism: Determinism::Bitwise,
            price: Price { base: 10, per_kib_in: 1, per_kib_out: 1, per_cpu_ms: 0 },
            inline_bytes_max: Some(1 << 10),
            timeout_ms: TIMEOUT_MS,
            heartbeat_ms: None,
            gives_secret: false,
            held_key: None,
        }
    }

    /// How many numbers a result has where vectors have `dimension`.
    pub(crate) fn result_width(&self, dimension: usize) -> usize {
        self.gives.iter().map(|(_, width)| part_width(*width, dimension)).sum()
    }

    fn schema(&self) -> Value {
        let mut properties: Map<String, Value> =
            self.takes.iter().map(|operand| (operand.name.to_owned(), operand.schema())).collect();
        if !self.takes.is_empty() {
            properties.extend(layout_schema(self.takes.iter().any(|operand| operand.width.is_none())));
        }
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
        })
    }
}

/// How many numbers a part of a result has.
pub(crate) fn part_width(width: usize, dimension: usize) -> usize {
    if width == 0 { dimension } else { width }
}

impl Operand {
    fn schema(&self) -> Value {
        let about = format!("{} Left out, it is read from the next input.", self.about);
        match self.width {
            Some(1) => json!({ "type": "number", "description": about, "examples": [self.example[0]] }),
            width => json!({
                "type": "array",
                "items": { "type": "number" },
                "minItems": width.unwrap_or(2),
                "maxItems": width.unwrap_or(4),
                "description": about,
                "examples": [self.example],
            }),
        }
    }
}

/// The parameters that say how packed operands lie in their inputs.
fn layout_schema(with_dimension: bool) -> Map<String, Value> {
    let list = |about: &str, least: u32, example: u32| {
        json!({
            "type": "array",
            "items": { "type": "integer", "minimum": least, "maximum": 65_536 },
            "maxItems": OPERANDS_MAX,
            "description": about,
            "examples": [[example]],
        })
    };
    let mut schema = Map::new();
    schema.insert("type".into(), crate::number::schema());
    schema.insert(
        "strides".into(),
        list("Bytes from one value to the next, for each input; left out, they lie side by side.", 4, 32),
    );
    schema.insert("offsets".into(), list("Bytes before the first value, for each input; left out, none.", 0, 12));
    if with_dimension {
        let about = "How many numbers a packed vector has.";
        let dimension = json!({ "type": "integer", "minimum": 2, "maximum": 4, "default": 3, "description": about, "examples": [3] });
        schema.insert("dimension".into(), dimension);
    }
    schema
}
