//! The JSON form of what crosses a wire: one entry for every body, which says where it is wrong and why.
//! Unknown fields and keys that stand twice are refused; what is missing gets the contract's default.

pub(crate) mod decimal;
pub(crate) mod frame;
pub(crate) mod limits;
mod measured;
mod objects;
mod outcome;
pub(crate) mod payload;
pub(crate) mod strict;

use serde::de::DeserializeOwned;
use serde_json::{error::Category, value::RawValue};
use serde_path_to_error::{Path, Segment};

pub use self::measured::read_measured;
use self::objects::Objects;
use crate::{
    job::{BATCH_MAX, Capsule, Params},
    refusal::{FieldError, Kind, Refusal},
};

/// The value that these bytes are, all of them.
///
/// The refusal names the field by its JSON Pointer. It is `invalid-params` where the field lies in a capsule's
/// `params`, `payload-too-large` where a batch is too long, and `invalid-json` for everything else.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    // Only who made a mistake pays for finding out where.
    read_once(bytes).or_else(|_| read_again(bytes))
}

fn read_once<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    let mut from = serde_json::Deserializer::from_slice(bytes);
    let value = T::deserialize(Objects(&mut from))?;
    from.end()?;
    Ok(value)
}

/// The capsules of a batch: each is refused alone, the batch only where it is no array or has too many.
pub fn read_capsules(bytes: &[u8]) -> Result<Vec<Result<Capsule, Refusal>>, Refusal> {
    let items: limits::Batch<&RawValue> = match serde_json::from_slice(bytes) {
        Ok(items) => items,
        Err(error) => return Err(refusal(&error, &[])),
    };
    Ok(items.0.into_iter().map(|item| read(item.get().as_bytes())).collect())
}

/// The capsules of a batch with one on each line (NDJSON); empty lines are passed over.
pub fn read_capsule_lines(bytes: &[u8]) -> Result<Vec<Result<Capsule, Refusal>>, Refusal> {
    let mut lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let capsules = lines.by_ref().take(BATCH_MAX).map(read).collect();
    match lines.next() {
        None => Ok(capsules),
        Some(_) => Err(Refusal::new(Kind::PayloadTooLarge, limits::TOO_MANY)),
    }
}

/// The parameters that this text is.
pub(crate) fn params(text: &str) -> serde_json::Result<Params> {
    let mut from = serde_json::Deserializer::from_str(text);
    let params = strict::params(&mut from)?;
    from.end()?;
    Ok(params)
}

fn read_again<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let mut from = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(Objects(&mut from)).map_err(|error| {
        let path: Vec<Segment> = known(error.path());
        refusal(error.inner(), &path)
    })?;
    from.end().map_err(|error| refusal(&error, &[]))?;
    Ok(value)
}

fn known(path: &Path) -> Vec<Segment> {
    path.iter().filter(|segment| !matches!(segment, Segment::Unknown)).cloned().collect()
}

fn refusal(error: &serde_json::Error, path: &[Segment]) -> Refusal {
    let is_data = error.classify() == Category::Data;
    let mut message = error.to_string();
    if is_data {
        // The pointer says where; the column is for those who look for a bracket.
        let place = format!(" at line {} column {}", error.line(), error.column());
        message.truncate(message.strip_suffix(&place).map_or(message.len(), str::len));
    }
    let kind = match is_data {
        true if message.starts_with(limits::TOO_MANY) => Kind::PayloadTooLarge,
        true if is_within_params(path) => Kind::InvalidParams,
        _ => Kind::InvalidJson,
    };
    let mut pointer = pointer(path);
    if let Some(field) = message.strip_prefix("duplicate field `").and_then(|rest| rest.strip_suffix('`')) {
        // The path ends before the second one; our own field names need no escape.
        pointer = format!("{pointer}/{field}");
    }
    let detail = if pointer.is_empty() { message.clone() } else { format!("{pointer}: {message}") };
    Refusal { errors: vec![FieldError { pointer, message }], ..Refusal::new(kind, detail) }
}

/// Whether the path leads into the `params` of a capsule, be it alone, in a batch or in a frame.
fn is_within_params(path: &[Segment]) -> bool {
    let is = |segment: &Segment, name: &str| matches!(segment, Segment::Map { key } if key == name);
    path.iter()
        .find(|segment| !matches!(segment, Segment::Seq { .. }) && !is(segment, "submit") && !is(segment, "capsule"))
        .is_some_and(|segment| is(segment, "params"))
}

/// The path as a JSON Pointer (RFC 6901).
fn pointer(path: &[Segment]) -> String {
    let mut pointer = String::new();
    for segment in path {
        pointer.push('/');
        match segment {
            Segment::Map { key } | Segment::Enum { variant: key } => {
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Seq { index } => pointer.push_str(&index.to_string()),
            Segment::Unknown => {}
        }
    }
    pointer
}
