//! Calendar months in UTC: what budgets and statements go by.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::time::Time;

/// A day in milliseconds.
const DAY_MS: u64 = 86_400_000;

/// A calendar month in UTC, written `2026-11`: 1970 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(u32);

/// A text that is no month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a month such as 2026-11")]
pub struct NotAMonth;

impl Month {
    /// The month of a moment.
    pub fn of(time: Time) -> Self {
        // Counted from March of the year 0, a leap day is the last of its year (Howard Hinnant's days algorithm).
        let days = time.as_ms() / DAY_MS + 719_468;
        let (era, day) = (days / 146_097, days % 146_097);
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day_of_year = day - (365 * year + year / 4 - year / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        Self(((era * 400 + year) * 12 + from_march + 2) as u32)
    }

    /// Its number: months since the year 0.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The month of that number.
    pub fn from_number(number: i64) -> Option<Self> {
        u32::try_from(number).ok().filter(|number| (1970 * 12..10_000 * 12).contains(number)).map(Self)
    }

    /// Its first moment.
    pub fn begins(self) -> Time {
        let from_march = u64::from(self.0 - 2);
        let (year, month) = (from_march / 12, from_march % 12);
        let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5;
        Time::from_ms((days - 719_468) * DAY_MS)
    }

    /// The month after it.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0 / 12, self.0 % 12 + 1)
    }
}

impl FromStr for Month {
    type Err = NotAMonth;

    fn from_str(text: &str) -> Result<Self, NotAMonth> {
        let (year, month) = text.split_once('-').ok_or(NotAMonth)?;
        let digits = |text: &str, len| text.len() == len && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return Err(NotAMonth);
        }
        let (year, month): (u32, u32) = (year.parse().map_err(|_| NotAMonth)?, month.parse().map_err(|_| NotAMonth)?);
        if year < 1970 || !(1..=12).contains(&month) {
            return Err(NotAMonth);
        }
        Ok(Self(year * 12 + month - 1))
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for Month {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Month".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$", "examples": ["2026-11"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_lies_in_its_month() {
        for (time, month) in [
            ("1970-01-01T00:00:00.000Z", "1970-01"),
            ("2000-02-29T23:59:59.999Z", "2000-02"),
            ("2026-11-30T23:59:59.999Z", "2026-11"),
            ("2026-12-01T00:00:00.000Z", "2026-12"),
            ("2100-03-01T00:00:00.000Z", "2100-03"),
            ("9999-12-31T23:59:59.999Z", "9999-12"),
        ] {
            assert_eq!(Month::of(time.parse().unwrap()).to_string(), month, "{time}");
        }
    }

    #[test]
    fn every_month_begins_with_its_own_first_moment() {
        let mut month: Month = "1970-01".parse().unwrap();
        for _ in 0..12 * 400 {
            let begins = month.begins();
            assert_eq!((Month::of(begins), begins.to_string()), (month, format!("{month}-01T00:00:00.000Z")));
            if begins.as_ms() > 0 {
                assert_eq!(Month::of(Time::from_ms(begins.as_ms() - 1)).next(), month);
            }
            month = month.next();
        }
        for bad in ["", "2026", "2026-13", "2026-00", "2026-1", "1969-12", "2026-01-01", "+026-01", "２０２６-01"] {
            assert_eq!(bad.parse::<Month>(), Err(NotAMonth), "{bad}");
        }
    }
}
