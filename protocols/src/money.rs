//! Credits as integers: one credit is 1,000,000 microcredits.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// An amount of credit that is never negative and always fits a JSON number exactly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Microcredits(#[schemars(range(min = 0, max = 9_007_199_254_740_991_u64))] u64);

impl Microcredits {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount, 2^53 − 1: what every JSON reader keeps exact.
    pub const MAX: Self = Self((1 << 53) - 1);
    /// One credit.
    pub const CREDIT: Self = Self(1_000_000);

    /// The amount, or `None` above [`Microcredits::MAX`].
    pub const fn new(amount: u64) -> Option<Self> {
        if amount <= Self::MAX.0 { Some(Self(amount)) } else { None }
    }

    /// The amount, cut to [`Microcredits::MAX`].
    pub const fn saturating(amount: u64) -> Self {
        if amount <= Self::MAX.0 { Self(amount) } else { Self::MAX }
    }

    /// The number of microcredits.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The number of microcredits as databases keep it.
    pub const fn as_i64(self) -> i64 {
        self.0 as i64
    }

    /// The sum, or `None` above [`Microcredits::MAX`].
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Self::new(sum),
            None => None,
        }
    }

    /// The difference, or `None` below zero.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(rest) => Some(Self(rest)),
            None => None,
        }
    }
}

impl fmt::Display for Microcredits {
    /// In credits, with as many decimals as it takes: `0.000012`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 1_000_000, self.0 % 1_000_000);
        if rest == 0 {
            return write!(f, "{whole}");
        }
        let decimals = format!("{rest:06}");
        write!(f, "{whole}.{}", decimals.trim_end_matches('0'))
    }
}

impl<'de> Deserialize<'de> for Microcredits {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let amount = u64::deserialize(from)?;
        Self::new(amount).ok_or_else(|| D::Error::custom("an amount is at most 9007199254740991 microcredits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_shown_in_credits() {
        let shown = |amount| Microcredits(amount).to_string();
        assert_eq!(shown(0), "0");
        assert_eq!(shown(12), "0.000012");
        assert_eq!(shown(1_500_000), "1.5");
        assert_eq!(shown(3_000_000), "3");
    }

    #[test]
    fn an_amount_is_a_whole_number_below_2_to_the_53() {
        let read = |json| serde_json::from_str::<Microcredits>(json).ok();
        assert_eq!(read("9007199254740991"), Some(Microcredits::MAX));
        for bad in ["9007199254740992", "-1", "1.5", "1e3", "\"1\"", "null"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
