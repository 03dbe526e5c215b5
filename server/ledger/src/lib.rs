//! The durable record: accounts, keys, transfers, holds, jobs, receipts, usage, in double entry and integer
//! microcredits, on SQLite and Postgres alike. Owns sqlx, rusqlite and tokio-postgres; knows nothing of units, doors or
//! payload bytes.

mod accounts;
mod alarm;
mod allowance;
mod amend;
mod audit;
mod blobs;
mod books;
mod budget;
mod claims;
mod committer;
mod console;
mod database;
mod dump;
mod entry;
mod error;
mod fees;
mod garbage;
mod grants;
mod held;
mod keeper;
mod keys;
mod lease;
mod ledger;
mod limits;
mod migrate;
mod prices;
mod purse;
mod rotation;
mod snapshot;
mod spending;
mod storage;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod transfers;
mod uses;
mod watches;

pub use alarm::LowBalance;
pub use allowance::{Allowance, Share};
pub use audit::Actor;
pub use books::{
    Books, JobFilter, KeptCursor, KeptOutputs, KnownJob, Payloads, Remembered, SpentBy, StatementPart, Unfinished,
    cursor_after,
};
pub use budget::{Budget, Limit};
pub use claims::{Claim, ClaimGuard, IDEMPOTENCY_MS};
pub use committer::Committed;
pub use console::ConsoleId;
pub use dump::restore_dump;
pub use entry::{Accept, Commit, Ending, Entry, Finish, JobRecord, Settle, Transfer};
pub use error::{CommitError, Error, ReserveError};
pub use fees::{FeePolicy, Shares};
pub use garbage::Forgotten;
pub use held::{HELD_KEYS_MAX, Held, MasterMark, SealedKey, SealedVersion};
pub use keys::{Access, Terms};
pub use ledger::{Barrier, Ledger, Options, open};
pub use limits::Limits;
pub use migrate::SCHEMA;
pub use purse::{AccountNo, Purse, Reservation};
pub use snapshot::{Snapshot, snapshot};
pub use storage::{StorageCharge, StorageClock, StoredTime};
pub use transfers::Moved;
pub use watches::KeyWatch;
