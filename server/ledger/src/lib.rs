//! The durable record: accounts, keys, transfers, holds, jobs, receipts, usage, in double entry and integer
//! microcredits, on SQLite and Postgres alike. Owns sqlx, rusqlite and tokio-postgres; knows nothing of units, doors or
//! payload bytes.

mod accounts;
mod amend;
mod blobs;
mod books;
mod claims;
mod committer;
mod database;
mod entry;
mod error;
mod garbage;
mod keeper;
mod keys;
mod lease;
mod ledger;
mod migrate;
mod purse;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod watches;

pub use books::{Books, JobFilter, KnownJob, Payloads, Unfinished};
pub use claims::{Claim, ClaimGuard, IDEMPOTENCY_MS};
pub use committer::Committed;
pub use entry::{Accept, Commit, Ending, Entry, Finish, JobRecord, Settle, Transfer};
pub use error::{CommitError, Error, ReserveError};
pub use garbage::Forgotten;
pub use keys::Access;
pub use ledger::{Barrier, Ledger, Options, open};
pub use migrate::SCHEMA;
pub use purse::{AccountNo, Purse, Reservation};
pub use watches::KeyWatch;
