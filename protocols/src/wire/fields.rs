//! Single fields: texts, ids, hashes, lists.

use bytes::Bytes;
use capnp::{data, text};

use super::Malformed;
use crate::{Hash, Microcredits, NodeId, job::BATCH_MAX, time::Time};

/// A text of any length that the message can hold.
pub(crate) fn text<'a>(field: capnp::Result<text::Reader<'a>>) -> Result<&'a str, Malformed> {
    Ok(field?.to_str()?)
}

/// A text of at most `len_max` bytes.
pub(crate) fn short_text<'a>(
    name: &str,
    len_max: usize,
    field: capnp::Result<text::Reader<'a>>,
) -> Result<&'a str, Malformed> {
    let text = text(field).map_err(|malformed| malformed.within(name))?;
    if text.len() > len_max {
        return Err(Malformed::new(format!("{name}: at most {len_max} bytes, not {}", text.len())));
    }
    Ok(text)
}

/// An id of exactly as many bytes as `read` wants.
pub(crate) fn id<T>(
    name: &str,
    field: capnp::Result<data::Reader<'_>>,
    read: impl FnOnce(&[u8]) -> Option<T>,
) -> Result<T, Malformed> {
    let bytes = field.map_err(|error| Malformed::from(error).within(name))?;
    read(bytes).ok_or_else(|| Malformed::new(format!("{name}: {} bytes are not the length of this id", bytes.len())))
}

/// A hash.
pub(crate) fn hash(name: &str, field: capnp::Result<data::Reader<'_>>) -> Result<Hash, Malformed> {
    id(name, field, Hash::from_slice)
}

/// A node.
pub(crate) fn node(name: &str, field: capnp::Result<data::Reader<'_>>) -> Result<NodeId, Malformed> {
    id(name, field, NodeId::from_slice)
}

/// Hashes that lie one behind the other.
pub(crate) fn hashes(
    name: &str,
    count_max: usize,
    field: capnp::Result<data::Reader<'_>>,
) -> Result<Vec<Hash>, Malformed> {
    let bytes = field.map_err(|error| Malformed::from(error).within(name))?;
    let (hashes, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() || hashes.len() > count_max {
        let len = bytes.len();
        return Err(Malformed::new(format!("{name}: {len} bytes are not 32 for each of at most {count_max} hashes")));
    }
    Ok(hashes.iter().copied().map(Hash).collect())
}

/// Writes hashes one behind the other.
pub(crate) fn put_hashes(hashes: &[Hash], into: data::Builder<'_>) {
    for (hash, place) in hashes.iter().zip(into.chunks_exact_mut(32)) {
        place.copy_from_slice(&hash.0);
    }
}

/// An amount.
pub(crate) fn amount(name: &str, microcredits: u64) -> Result<Microcredits, Malformed> {
    Microcredits::new(microcredits)
        .ok_or_else(|| Malformed::new(format!("{name}: at most {}", Microcredits::MAX.get())))
}

/// A moment.
pub(crate) fn time(name: &str, ms: u64) -> Result<Time, Malformed> {
    if ms <= Time::MAX.as_ms() {
        Ok(Time::from_ms(ms))
    } else {
        Err(Malformed::new(format!("{name}: {ms} is after the year 9999")))
    }
}

/// Bytes of the message itself, shared and not copied.
pub(crate) fn shared(whole: &Bytes, field: capnp::Result<data::Reader<'_>>) -> Result<Bytes, Malformed> {
    Ok(whole.slice_ref(field?))
}

/// The length of a list, if it is within its limit.
pub(crate) fn list_len(name: &str, len_max: usize, len: u32) -> Result<usize, Malformed> {
    let len = len as usize;
    if len > len_max {
        return Err(Malformed::new(format!("{name}: at most {len_max}, not {len}")));
    }
    Ok(len)
}

/// The length of a batch: more than its limit is too much, not wrong.
pub(crate) fn batch_len(name: &str, len: u32) -> Result<usize, Malformed> {
    let len = len as usize;
    if len > BATCH_MAX {
        return Err(Malformed::too_large(format!("{name}: at most {BATCH_MAX} in one message, not {len}")));
    }
    Ok(len)
}
