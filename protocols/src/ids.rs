//! Names of things: prefixed UUIDv7 for what we make, BLAKE3 for bytes, Ed25519 public keys for nodes.

use std::{fmt, str::FromStr};

use data_encoding::HEXLOWER;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use uuid::Uuid;

/// A text that is no id of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct NotAnId {
    /// What a right one looks like.
    pub expected: &'static str,
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// What every id of this kind starts with.
            pub const PREFIX: &'static str = $prefix;

            /// A new id; later ids sort after earlier ones (RFC 9562, version 7).
            #[allow(clippy::new_without_default)]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The 16 bytes behind the text.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// The id with these 16 bytes.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The id in these bytes, if there are exactly 16.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                Uuid::from_slice(bytes).ok().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0.as_simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let expected = NotAnId { expected: concat!($prefix, " and 32 lower-case hex digits") };
                let hex = text.strip_prefix($prefix).ok_or(expected)?;
                let bytes = HEXLOWER.decode(hex.as_bytes()).map_err(|_| expected)?;
                Self::from_slice(&bytes).ok_or(expected)
            }
        }

        text_serde!($name, concat!("^", $prefix, "[0-9a-f]{32}$"));
    };
}

macro_rules! text_serde {
    ($name:ident, $pattern:expr) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
                text.parse().map_err(D::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    };
}

uuid_id!(
    /// A job: `job_` and a UUIDv7.
    JobId,
    "job_"
);
uuid_id!(
    /// An account: `acc_` and a UUIDv7.
    AccountId,
    "acc_"
);
uuid_id!(
    /// The public half of an API key: `key_` and a UUIDv7.
    KeyId,
    "key_"
);
uuid_id!(
    /// A transfer between two accounts: `trf_` and a UUIDv7.
    TransferId,
    "trf_"
);
uuid_id!(
    /// A WebSocket session that may be resumed: `ses_` and a UUIDv7.
    SessionId,
    "ses_"
);

uuid_id!(
    /// A key that the server holds for an account: `hky_` and a UUIDv7.
    HeldKeyId,
    "hky_"
);

macro_rules! bytes_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// The value in these bytes, if there are exactly 32.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&HEXLOWER.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let expected = NotAnId { expected: "64 lower-case hex digits" };
                let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| expected)?;
                Self::from_slice(&bytes).ok_or(expected)
            }
        }

        text_serde!($name, "^[0-9a-f]{64}$");
    };
}

bytes_id!(
    /// The BLAKE3 of some bytes, 64 lower-case hex digits as text.
    Hash
);
bytes_id!(
    /// A node: its Ed25519 public key, 64 lower-case hex digits as text.
    NodeId
);

impl Hash {
    /// The BLAKE3 of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }
}

impl From<blake3::Hash> for Hash {
    fn from(hash: blake3::Hash) -> Self {
        Self(*hash.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text() {
        let id = JobId::new();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!(id.to_string().replace("job_", "acc_").parse::<JobId>().is_err());
        assert!("job_0123".parse::<JobId>().is_err());
        assert!(id.to_string().to_uppercase().parse::<JobId>().is_err());
    }

    #[test]
    fn later_ids_sort_later() {
        let ids: Vec<JobId> = (0..1000).map(|_| JobId::new()).collect();
        assert!(ids.is_sorted());
    }

    #[test]
    fn a_hash_is_blake3_in_hex() {
        let empty = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
        assert_eq!(Hash::of(b"").to_string(), empty);
        assert_eq!(empty.parse(), Ok(Hash::of(b"")));
    }
}
