//! One job as a unit sees it: a method, its parameters, inputs to read and an output to write.

use bytes::Bytes;
use inos_protocols::job::Params;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Fault;

/// One job to run.
pub struct Call<'a> {
    /// The method.
    pub method: &'a str,
    /// Its parameters, already checked against its schema.
    pub params: &'a Params,
    /// What to read.
    pub inputs: &'a mut dyn Inputs,
    /// Where to write.
    pub output: &'a mut dyn Output,
}

impl Call<'_> {
    /// The parameters as the method's own struct.
    ///
    /// What the schema lets through and the struct does not is the unit's defect and ends as [`Fault::Broken`].
    pub fn read_params<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        read_params(self.params)
    }
}

/// Parameters that have passed the method's schema, as the method's own struct.
///
/// What the schema lets through and the struct does not is the unit's defect and ends as [`Fault::Broken`].
pub fn read_params<T: DeserializeOwned>(params: &Params) -> Result<T, Fault> {
    let value = || Value::Object(params.clone());
    serde_json::from_value(value())
        .or_else(|_| serde_json::from_value(with_whole_numbers(value())))
        .map_err(|error| Fault::Broken(format!("schema and parameters disagree: {error}")))
}

/// Parameters as two structs: one of the members of these names, which several methods take, and one of all others.
///
/// For schemas of [`crate::schema_of_both`]; fails as [`read_params`] does.
pub fn read_parted<C: DeserializeOwned, T: DeserializeOwned>(
    params: &Params,
    common: &[&str],
) -> Result<(C, T), Fault> {
    let (common, own) = params.clone().into_iter().partition(|(name, _)| common.contains(&name.as_str()));
    Ok((read_params(&common)?, read_params(&own)?))
}

/// `5.0` written as `5`: to JSON Schema both are integers, to an integer's `Deserialize` only the second.
fn with_whole_numbers(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() <= 2_f64.powi(53) => {
                Value::from(float as i64)
            }
            _ => Value::Number(number),
        },
        Value::Array(items) => items.into_iter().map(with_whole_numbers).collect(),
        Value::Object(members) => members.into_iter().map(|(name, item)| (name, with_whole_numbers(item))).collect(),
        other => other,
    }
}

/// The inputs of a call, in the order of the capsule.
pub trait Inputs {
    /// How many there are.
    fn count(&self) -> usize;

    /// The input of that number; a number out of range is [`Fault::Broken`], since counts were checked before.
    fn get(&mut self, index: usize) -> Result<&mut dyn Source, Fault>;
}

/// One input: read either as a whole or once from front to back.
pub trait Source {
    /// Its length in bytes, where it is known before the end.
    fn len(&self) -> Option<u64>;

    /// Whether it is known to be empty.
    fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// All of it; waits for the rest where it still arrives.
    fn slice(&mut self) -> Result<&[u8], Fault>;

    /// All of it, to be kept for as long as it is needed. A host that has it in one place copies nothing.
    fn bytes(&mut self) -> Result<Bytes, Fault> {
        Ok(Bytes::copy_from_slice(self.slice()?))
    }

    /// The next bytes, `None` after the last; waits where it still arrives. Chunks are never empty.
    fn chunk(&mut self) -> Result<Option<&[u8]>, Fault>;

    /// BLAKE3 over all of it, which a host takes anyway for the receipt; reads whatever was not read before.
    fn blake3(&mut self) -> Result<blake3::Hasher, Fault>;
}

/// Where a unit writes: one output after the other, each from front to back.
pub trait Output {
    /// Begins the next output with this media type.
    ///
    /// The first begins by itself, with the method's usual media type, unless this is called before any write.
    fn begin(&mut self, media_type: &str) -> Result<(), Fault>;

    /// Says how many bytes the present output will have at most, so that they need not move while it grows.
    fn expect(&mut self, bytes: u64) -> Result<(), Fault>;

    /// Appends bytes to the present output; over the method's limit it is [`Fault::Limit`].
    fn write(&mut self, bytes: &[u8]) -> Result<(), Fault>;

    /// Overwrites bytes of the present output that were written already, from `at` on: for a head whose figures are known
    /// at the end only. What goes beyond what was written is the unit's defect and ends as [`Fault::Broken`].
    fn amend(&mut self, at: u64, bytes: &[u8]) -> Result<(), Fault>;

    /// An output as a whole, which lies somewhere already. A host that can take it over copies nothing.
    fn adopt(&mut self, media_type: &str, bytes: Bytes) -> Result<(), Fault> {
        self.begin(media_type)?;
        self.expect(bytes.len() as u64)?;
        self.write(&bytes)
    }

    /// Room for `len` more bytes, zeroed, to be filled in place.
    fn room(&mut self, len: usize) -> Result<&mut [u8], Fault>;
}
