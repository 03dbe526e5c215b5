//! Regions as their owner sees them: named state, each epoch of it whole. Holds none of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{json::decimal, time::Time};

/// The longest name of a region, in bytes.
pub const NAME_LEN_MAX: usize = 64;

/// What is known of a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Its name within the account.
    pub name: String,
    /// Its last epoch, in decimal digits. Each publishing adds one; the epochs of a region that was removed do not come
    /// again in one of the same name.
    #[serde(with = "decimal")]
    #[schemars(with = "String", regex(pattern = "^[0-9]{1,20}$"))]
    pub epoch: u64,
    /// How many bytes it holds.
    pub bytes: u64,
    /// The most bytes that it may hold.
    pub bytes_max: u64,
    /// What they are.
    pub media_type: String,
    /// Bytes of one record, where it consists of records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stride: Option<u32>,
    /// The owner's word for what a record is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Whether it survives a restart of the server.
    pub persistent: bool,
    /// When it was made.
    pub created: Time,
    /// How often it was published since the server holds it.
    pub published: u64,
    /// Bytes of the account's quota that it takes: its buffers and a page.
    pub taken_bytes: u64,
    /// Who waits for its next epoch on this server.
    pub waiters: u64,
    /// Processes that have mapped it.
    pub attached: u64,
}

/// Whether a text can be the name of a region: 1 to 64 of `A-Z a-z 0-9 _ . -`, the first no dot.
pub fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    (1..=NAME_LEN_MAX).contains(&text.len()) && text.bytes().all(fits) && !text.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_plain() {
        for good in ["a", "world-1", "A.b_c", &"x".repeat(64)] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", ".", "..", ".a", "a/b", "a b", "ä", "a\0", &"x".repeat(65)] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
