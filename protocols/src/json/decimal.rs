//! Numbers of 64 bits as decimal text, since JavaScript's numbers hold 53.

use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// Writes the number as text.
pub(crate) fn serialize<S: Serializer>(number: &u64, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(number)
}

/// Reads the number; only digits are one.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| is_plain);
    number.ok_or_else(|| D::Error::custom("not a whole number of at most 64 bits, in decimal digits"))
}
