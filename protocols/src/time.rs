//! Wall-clock times: milliseconds since 1970 inside, RFC 3339 in UTC with milliseconds outside.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A moment, in whole milliseconds since the Unix epoch, up to the end of the year 9999.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

impl Time {
    /// The last millisecond of the year 9999: what RFC 3339 can still write.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// The moment `ms` after the Unix epoch, at most [`Time::MAX`].
    pub const fn from_ms(ms: u64) -> Self {
        if ms < Self::MAX.0 { Self(ms) } else { Self::MAX }
    }

    /// Now, by this machine's wall clock.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::from_ms(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_ms(self) -> u64 {
        self.0
    }

    /// The milliseconds as databases keep them.
    pub const fn as_i64(self) -> i64 {
        self.0 as i64
    }

    /// `ms` later.
    pub const fn plus_ms(self, ms: u64) -> Self {
        Self::from_ms(self.0.saturating_add(ms))
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(self.0)).fmt(f)
    }
}

impl std::str::FromStr for Time {
    type Err = humantime::TimestampError;

    /// Reads an RFC 3339 time in UTC, such as `2026-01-31T12:00:00.000Z`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let time = humantime::parse_rfc3339(text)?;
        let since = time.duration_since(UNIX_EPOCH).map_err(|_| humantime::TimestampError::OutOfRange)?;
        u64::try_from(since.as_millis()).map(Self::from_ms).map_err(|_| humantime::TimestampError::OutOfRange)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for Time {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time", "examples": ["2026-01-31T12:00:00.000Z"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_survives_its_text() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_795_391_999_999, "2026-11-22T23:59:59.999Z"),
        ] {
            let time: Time = text.parse().unwrap();
            assert_eq!(time.to_string(), text);
            assert_eq!(time, Time(ms), "{text}");
        }
        for bad in ["2026-11-22", "2026-13-01T00:00:00Z", "2026-11-22T23:59:59+01:00", "1969-01-01T00:00:00Z", ""] {
            assert!(bad.parse::<Time>().is_err(), "{bad}");
        }
    }
}
