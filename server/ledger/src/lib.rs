//! The durable record: accounts, keys, transfers, holds, jobs, receipts, usage, in double entry and integer
//! microcredits, on SQLite and Postgres alike. Owns sqlx, rusqlite and tokio-postgres; knows nothing of units, doors or
//! payload bytes.

mod accounts;
mod alarm;
mod amend;
mod audit;
mod blobs;
mod books;
mod budget;
mod claims;
mod committer;
mod database;
mod entry;
mod error;
mod fees;
mod garbage;
mod grants;
mod keeper;
mod keys;
mod lease;
mod ledger;
mod limits;
mod migrate;
mod purse;
mod rotation;
mod spending;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod transfers;
mod uses;
mod watches;

pub use alarm::LowBalance;
pub use audit::Actor;
pub use books::{Books, JobFilter, KnownJob, Payloads, StatementPart, Unfinished};
pub use budget::{Budget, Limit};
pub use claims::{Claim, ClaimGuard, IDEMPOTENCY_MS};
pub use committer::Committed;
pub use entry::{Accept, Commit, Ending, Entry, Finish, JobRecord, Settle, Transfer};
pub use error::{CommitError, Error, ReserveError};
pub use fees::{FeePolicy, Shares};
pub use garbage::Forgotten;
pub use keys::{Access, Terms};
pub use ledger::{Barrier, Ledger, Options, open};
pub use limits::Limits;
pub use migrate::SCHEMA;
pub use purse::{AccountNo, Purse, Reservation};
pub use transfers::Moved;
pub use watches::KeyWatch;
