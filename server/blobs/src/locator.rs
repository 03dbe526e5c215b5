//! Where a packed payload lies, and its text. Never opens anything.

use std::{fmt, str::FromStr};

use data_encoding::HEXLOWER;
use inos_protocols::Hash;

/// The first bytes of a payload's BLAKE3, kept beside it to tell it from anything else.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Check(pub [u8; Check::LEN]);

impl Check {
    /// How many bytes of the hash are kept.
    pub const LEN: usize = 16;

    /// The check of the payload that hashes to `hash`.
    pub fn of(hash: &Hash) -> Self {
        let mut bytes = [0; Self::LEN];
        bytes.copy_from_slice(&hash.0[..Self::LEN]);
        Self(bytes)
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

/// Where a packed payload lies and how to know it again.
///
/// As text: segment, offset and length in decimal and the check in hex, with dots between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Locator {
    /// The number of its segment.
    pub segment: u64,
    /// Where its record begins in the segment.
    pub offset: u64,
    /// How many bytes the payload has.
    pub len: u32,
    /// What the payload's BLAKE3 begins with.
    pub check: Check,
}

/// A text that is no locator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected segment.offset.length.check")]
pub struct NotALocator;

impl fmt::Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { segment, offset, len, check } = self;
        write!(f, "{segment}.{offset}.{len}.{check:?}")
    }
}

impl FromStr for Locator {
    type Err = NotALocator;

    fn from_str(text: &str) -> Result<Self, NotALocator> {
        let mut parts = text.splitn(4, '.');
        let mut next = || parts.next().ok_or(NotALocator);
        let locator = Self {
            segment: next()?.parse().map_err(|_| NotALocator)?,
            offset: next()?.parse().map_err(|_| NotALocator)?,
            len: next()?.parse().map_err(|_| NotALocator)?,
            check: check(next()?)?,
        };
        // One locator has one text, so that texts may be compared.
        if locator.to_string() == text { Ok(locator) } else { Err(NotALocator) }
    }
}

fn check(text: &str) -> Result<Check, NotALocator> {
    let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| NotALocator)?;
    bytes.try_into().map(Check).map_err(|_| NotALocator)
}
