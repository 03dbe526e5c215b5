//! Keys that the server holds for accounts, as their owners see them: everything but the secret, which nobody ever sees.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{HeldKeyId, time::Time};

/// The parameter by which a job names a key that the server holds.
pub const KEY_ID: &str = "key_id";

/// The most versions of a key that are kept at a time.
pub const VERSIONS_MAX: usize = 16;

/// What a key that the server holds is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeyKind {
    /// Encrypting and decrypting.
    Aead,
    /// Codes of messages.
    Hmac,
    /// Signatures.
    Ed25519,
    /// Secrets that are shared with others.
    X25519,
    /// Deriving other keys.
    Hkdf,
}

impl KeyKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Aead, Self::Hmac, Self::Ed25519, Self::X25519, Self::Hkdf];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Aead => "aead",
            Self::Hmac => "hmac",
            Self::Ed25519 => "ed25519",
            Self::X25519 => "x25519",
            Self::Hkdf => "hkdf",
        }
    }

    /// The kind of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A key that the server holds, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeldKey {
    /// Its id: what goes into a job's parameter `key_id`.
    pub id: HeldKeyId,
    /// What it is for.
    pub kind: KeyKind,
    /// Its name.
    pub name: String,
    /// The methods that may use it, each as `unit.method`.
    pub methods: Vec<String>,
    /// When it was made.
    pub created: Time,
    /// When its newest version was made, if that is not the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotated: Option<Time>,
    /// The number of its newest version, by which whatever is new is made; the first is 1.
    pub version: u32,
    /// Every version that still opens and verifies, the newest first.
    pub versions: Vec<HeldVersion>,
}

/// One version of a key that the server holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeldVersion {
    /// Its number.
    pub version: u32,
    /// When it was made.
    pub created: Time,
    /// Its public half as hexadecimal digits, where it has one: of `ed25519` and `x25519`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
}

/// What a new key that the server is to hold should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHeldKey {
    /// What it is for.
    pub kind: KeyKind,
    /// Its name.
    #[schemars(length(min = 1, max = 128))]
    pub name: String,
    /// The methods that may use it, each as `unit.method`; all that its kind fits, unless said otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub methods: Vec<String>,
}

/// Which versions of a key are to be destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retirement {
    /// Every version with a lower number than this; without it, all but the newest, which always stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2))]
    pub below: Option<u32>,
}
