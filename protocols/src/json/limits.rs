//! The same limits as for Cap'n Proto: how long a name, a list, a batch may be.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
    marker::PhantomData,
};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};

use super::{payload::region_name, strict::Twice};
use crate::job::{BATCH_MAX, INPUTS_MAX, Input, LABEL_LEN_MAX, LABELS_MAX};

/// How every refusal of a batch that is too long begins.
pub(crate) const TOO_MANY: &str = "a batch or frame has at most 1000 entries";

const _: () = assert!(BATCH_MAX == 1000, "the words above name another number");

/// Reads a name or a label.
pub(crate) fn name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Name::deserialize(from).map(|name| name.0)
}

/// Reads an idempotency key.
pub(crate) fn idempotency_key<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    match Option::<Name>::deserialize(from)? {
        Some(Name(key)) if key.is_empty() => Err(D::Error::custom("it may be absent but not empty")),
        key => Ok(key.map(|key| key.0)),
    }
}

/// Reads the name of the region that an output goes to.
pub(crate) fn region<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Option::<String>::deserialize(from)?.map(region_name).transpose()
}

/// Reads a capsule's inputs.
pub(crate) fn inputs<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Input>, D::Error> {
    from.deserialize_seq(List { len_max: INPUTS_MAX, too_many: "a capsule has at most 64 inputs", of: PhantomData })
}

const _: () = assert!(INPUTS_MAX == 64, "the words above name another number");

/// Reads the list of a frame.
pub(crate) fn batch<'de, T, D>(from: D) -> Result<Option<Vec<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(Option::<Batch<T>>::deserialize(from)?.map(|batch| batch.0))
}

/// Reads a capsule's labels.
pub(crate) fn labels<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    from.deserialize_map(Labels)
}

/// At most [`BATCH_MAX`] things.
pub(crate) struct Batch<T>(pub(crate) Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Batch<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(List { len_max: BATCH_MAX, too_many: TOO_MANY, of: PhantomData }).map(Self)
    }
}

struct Name(String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let name = String::deserialize(from)?;
        if name.len() <= LABEL_LEN_MAX {
            Ok(Self(name))
        } else {
            Err(D::Error::custom(format_args!("at most {LABEL_LEN_MAX} bytes, not {}", name.len())))
        }
    }
}

struct List<T> {
    len_max: usize,
    too_many: &'static str,
    of: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = from.next_element()? {
            if list.len() == self.len_max {
                return Err(A::Error::custom(self.too_many));
            }
            list.push(item);
        }
        Ok(list)
    }
}

struct Labels;

impl<'de> Visitor<'de> for Labels {
    type Value = BTreeMap<String, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut labels = BTreeMap::new();
        while let Some(Name(key)) = from.next_key()? {
            if labels.len() == LABELS_MAX {
                return Err(A::Error::custom(format_args!("at most {LABELS_MAX} labels")));
            }
            match labels.entry(key) {
                Entry::Vacant(place) => {
                    place.insert(from.next_value::<Name>()?.0);
                }
                Entry::Occupied(_) => from.next_value_seed(Twice)?,
            }
        }
        Ok(labels)
    }
}
