//! Accounts, keys and entries of the ledger as their owners see them.

mod audit;

use data_encoding::HEXLOWER;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AccountId, JobId, KeyId, Microcredits, ids::TransferId, month::Month, time::Time};

pub use audit::{Act, AuditEntry};

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Submit and read jobs.
    Jobs,
    /// Store and read blobs.
    Blobs,
    /// Read and publish regions.
    Regions,
    /// Read the account, manage its keys.
    Account,
    /// Everything about every account.
    Admin,
    /// Make keys that the server holds, and use them in jobs.
    Crypto,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 6] = [Self::Jobs, Self::Blobs, Self::Regions, Self::Account, Self::Admin, Self::Crypto];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Jobs => "jobs",
            Self::Blobs => "blobs",
            Self::Regions => "regions",
            Self::Account => "account",
            Self::Admin => "admin",
            Self::Crypto => "crypto",
        }
    }
}

/// A set of scopes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// The set with these scopes.
    pub fn of(scopes: &[Scope]) -> Self {
        Self(scopes.iter().fold(0, |bits, scope| bits | 1 << *scope as u8))
    }

    /// Whether the set has this scope; `admin` has every other.
    pub fn allow(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8 | 1 << Scope::Admin as u8) != 0
    }

    /// Whether every scope of `other` is allowed by this set.
    pub fn cover(self, other: Self) -> bool {
        other.list().into_iter().all(|scope| self.allow(scope))
    }

    /// The scopes of the set.
    pub fn list(self) -> Vec<Scope> {
        Scope::ALL.into_iter().filter(|scope| self.0 & 1 << *scope as u8 != 0).collect()
    }

    /// The set as one small number, for the database.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The set of that number; unknown bits are dropped.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & 0b11_1111)
    }
}

/// An account and what it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created: Time,
    /// What it has, holds included, in microcredits.
    pub balance: Microcredits,
    /// What is held for jobs under way.
    pub held: Microcredits,
    /// What can still be spent.
    pub available: Microcredits,
    /// How its share of the workers stands to that of others who wait: 1 unless an admin says otherwise.
    pub weight: u32,
    /// How many requests a second all its keys may make together, where that is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<u32>,
    /// Below what it wants an event of what can still be spent, in microcredits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low_balance: Option<Microcredits>,
    /// How long what its jobs leave is kept where a job does not say, in milliseconds; none means as long as the server
    /// keeps anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_ms: Option<u64>,
}

/// A key without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Its id.
    pub id: KeyId,
    /// What the key itself begins with: all of it but the secret.
    pub prefix: String,
    /// Its name.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created: Time,
    /// When it ends, if ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Time>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Time>,
    /// When it was used last, to the minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Time>,
    /// How many requests a second it may make, where that is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<u32>,
    /// What its jobs may cost in all, in microcredits; none means whatever the account has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Microcredits>,
}

impl Key {
    /// What the key with this id begins with: `inos_` and the id's digits.
    pub fn prefix_of(id: KeyId) -> String {
        format!("inos_{}", HEXLOWER.encode(id.as_bytes()))
    }
}

/// A new key with its secret, shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// The key.
    pub key: Key,
    /// `inos_<id>_<secret>`: what goes behind `Authorization: Bearer`. It is not stored and never shown again.
    pub secret: String,
}

/// Why credits moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// The issuer gave them.
    Grant,
    /// One account gave them to another.
    Transfer,
    /// A job was paid.
    Job,
    /// What was stored for a time was paid.
    Storage,
}

/// Credits that moved from one account to another, once and for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// Its id.
    pub id: TransferId,
    /// The account that gave.
    pub debit: AccountId,
    /// The account that got.
    pub credit: AccountId,
    /// How much, in microcredits.
    pub amount: Microcredits,
    /// Why.
    pub reason: Reason,
    /// The job that was paid, where it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// The words that came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// When.
    pub at: Time,
}

/// Credits that are set aside for a job until it ends: then a part is paid and the rest is free again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// The job.
    pub job: JobId,
    /// Whose credits they are.
    pub account: AccountId,
    /// How much, in microcredits.
    pub amount: Microcredits,
    /// Since when.
    pub at: Time,
    /// When they are free again if nothing happens.
    pub expires: Time,
}

/// One line of an account's ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The transfer, where it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<TransferId>,
    /// The job, where it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// Why.
    pub reason: Reason,
    /// What the account gained (positive) or spent (negative), in microcredits.
    pub amount: i64,
    /// When.
    pub at: Time,
    /// The words that came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What an account used within a span of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// The unit.
    pub unit: String,
    /// The method.
    pub method: String,
    /// Jobs that ended.
    pub jobs: u64,
    /// Of them, those that succeeded.
    pub succeeded: u64,
    /// What they cost, in microcredits.
    pub cost: Microcredits,
}

/// What an account's jobs cost that were accepted within a step of time, by key or by unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spent {
    /// When the step begins.
    pub from: Time,
    /// The key that asked, where it is by key; absent for jobs that do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyId>,
    /// The unit, where it is by unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Jobs that ended.
    pub jobs: u64,
    /// What they cost, in microcredits.
    pub cost: Microcredits,
}

/// What an account may spend on jobs in a month, and how much of it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// The month, in UTC.
    pub month: Month,
    /// What the account's jobs may cost in every month, in microcredits; none means whatever it has.
    pub budget: Option<Microcredits>,
    /// What was spent of it, and is held for jobs under way, in microcredits; 0 where there is no budget.
    pub used: Microcredits,
}

/// A grant that is the account's until some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpiringGrant {
    /// The transfer that it came by.
    pub transfer: TransferId,
    /// What was granted, in microcredits.
    pub amount: Microcredits,
    /// What is left of it, in microcredits: what is spent is taken from the grant that ends first.
    pub left: Microcredits,
    /// When what is left goes back to the issuer.
    pub expires: Time,
}

/// How the ledger is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LedgerHealth {
    /// Whether nothing of what follows is wrong: the sum is zero, no hold is overdue, the database took the last commit.
    pub healthy: bool,
    /// `sqlite` or `postgres`.
    pub database: String,
    /// The schema that it has.
    pub schema: u64,
    /// The sum of all accounts, in microcredits: always 0.
    pub sum: i64,
    /// What is held for jobs that were accepted, in microcredits.
    pub held: u64,
    /// Accepted jobs that should have ended more than a minute ago.
    pub holds_overdue: u64,
    /// Leases of all servers.
    pub leases: u64,
    /// What they may spend from memory, in microcredits.
    pub leased: u64,
    /// Leases that their servers did not renew in time.
    pub leases_expired: u64,
    /// Commits of this server of which the database has not yet said whether they happened.
    pub commits_in_doubt: u64,
    /// Jobs in the books.
    pub jobs: u64,
    /// What the database takes, in bytes.
    pub bytes: u64,
    /// The same for each job, in bytes.
    pub bytes_per_job: u64,
}

/// A blob of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Blob {
    /// Its BLAKE3.
    pub hash: crate::Hash,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its media type.
    pub media_type: String,
    /// When it was stored.
    pub created: Time,
    /// When it may go, unless it is pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Time>,
    /// Whether it stays until it is unpinned.
    pub pinned: bool,
}
