//! The audit log: what was done to money and access, by whose key, from where.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AccountId, KeyId, time::Time};

/// Something that can be done to money or access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Act {
    /// An account was made.
    #[serde(rename = "account.create")]
    AccountCreate,
    /// What an account may do was changed.
    #[serde(rename = "account.limit")]
    AccountLimit,
    /// How long what an account's jobs leave is kept was changed.
    #[serde(rename = "account.keep")]
    AccountKeep,
    /// The issuer gave credits.
    #[serde(rename = "credits.grant")]
    CreditsGrant,
    /// One account gave credits to another.
    #[serde(rename = "credits.transfer")]
    CreditsTransfer,
    /// A key was made.
    #[serde(rename = "key.create")]
    KeyCreate,
    /// A key was replaced by another.
    #[serde(rename = "key.rotate")]
    KeyRotate,
    /// A key was ended.
    #[serde(rename = "key.revoke")]
    KeyRevoke,
    /// A key that the server holds was made.
    #[serde(rename = "held_key.create")]
    HeldKeyCreate,
    /// A key that the server holds got a new version.
    #[serde(rename = "held_key.rotate")]
    HeldKeyRotate,
    /// Old versions of a key that the server holds were destroyed.
    #[serde(rename = "held_key.retire")]
    HeldKeyRetire,
    /// A key that the server holds was destroyed.
    #[serde(rename = "held_key.delete")]
    HeldKeyDelete,
    /// Prices were set.
    #[serde(rename = "prices.set")]
    PricesSet,
    /// A ticket for a WebSocket was made.
    #[serde(rename = "ticket.create")]
    TicketCreate,
    /// A token for a page was made.
    #[serde(rename = "token.create")]
    TokenCreate,
    /// Somebody signed in to the console.
    #[serde(rename = "console.open")]
    ConsoleOpen,
}

impl Act {
    /// Every act.
    pub const ALL: [Self; 16] = [
        Self::AccountCreate,
        Self::AccountLimit,
        Self::AccountKeep,
        Self::CreditsGrant,
        Self::CreditsTransfer,
        Self::KeyCreate,
        Self::KeyRotate,
        Self::KeyRevoke,
        Self::HeldKeyCreate,
        Self::HeldKeyRotate,
        Self::HeldKeyRetire,
        Self::HeldKeyDelete,
        Self::PricesSet,
        Self::TicketCreate,
        Self::TokenCreate,
        Self::ConsoleOpen,
    ];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::AccountCreate => "account.create",
            Self::AccountLimit => "account.limit",
            Self::AccountKeep => "account.keep",
            Self::CreditsGrant => "credits.grant",
            Self::CreditsTransfer => "credits.transfer",
            Self::KeyCreate => "key.create",
            Self::KeyRotate => "key.rotate",
            Self::KeyRevoke => "key.revoke",
            Self::HeldKeyCreate => "held_key.create",
            Self::HeldKeyRotate => "held_key.rotate",
            Self::HeldKeyRetire => "held_key.retire",
            Self::HeldKeyDelete => "held_key.delete",
            Self::PricesSet => "prices.set",
            Self::TicketCreate => "ticket.create",
            Self::TokenCreate => "token.create",
            Self::ConsoleOpen => "console.open",
        }
    }

    /// The act of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.word() == word)
    }
}

/// Something that was done to money or access.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditEntry {
    /// Its number; a later one is larger.
    pub seq: u64,
    /// When.
    pub at: Time,
    /// What.
    pub act: Act,
    /// Whose key did it; absent where the server did so by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<AccountId>,
    /// Which key, for its owner and for admins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyId>,
    /// Whose money or access it was.
    pub account: AccountId,
    /// The id of what was made, changed or ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What else there is to say of it.
    pub detail: serde_json::Map<String, serde_json::Value>,
    /// From which address, for the actor and for admins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// By which request, for the actor and for admins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}
