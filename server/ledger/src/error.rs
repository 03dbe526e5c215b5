//! Everything that can go wrong with the ledger. A message never shows a password.

use inos_protocols::{AccountId, JobId, Microcredits, ids::TransferId};

/// Why something could not be done with the ledger.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL names no database that the ledger knows.
    #[error("{url} is no database for the ledger: use sqlite:PATH or postgres://USER@HOST/NAME")]
    Url {
        /// The URL without its password.
        url: String,
    },
    /// The database did not open.
    #[error("could not open the ledger at {url}")]
    Open {
        /// The URL without its password.
        url: String,
        /// Why.
        source: sqlx::Error,
    },
    /// The writing connection did not open.
    #[error("could not open the ledger at {url} for writing")]
    OpenForWriting {
        /// The URL without its password.
        url: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The SQLite in this program can damage its files (the WAL-reset defect of 3.7.0 to 3.51.2).
    #[error("SQLite {found} is older than 3.51.3 and can damage a database; build with the bundled one")]
    SqliteTooOld {
        /// The version found.
        found: String,
    },
    /// The database was migrated by a newer program.
    #[error("schema {found} is newer than this binary ({known})")]
    NewerSchema {
        /// The database's schema.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// A migration failed; the database is as it was before it.
    #[error("could not migrate the ledger to schema {version}")]
    Migrate {
        /// The migration.
        version: i64,
        /// Why.
        source: sqlx::Error,
    },
    /// Several servers have the database, and the payloads of each lie with it.
    #[error("{nodes} servers have the ledger at {url}, and the payloads of each lie with it alone")]
    Shared {
        /// The URL without its password.
        url: String,
        /// How many.
        nodes: u64,
    },
    /// The database that a copy is to be put into is not empty.
    #[error("the database at {url} is not empty")]
    NotEmpty {
        /// The URL without its password.
        url: String,
    },
    /// One of Postgres' own programs did not do its work.
    #[error("{name} did not do its work on the ledger at {url}")]
    Program {
        /// The program.
        name: String,
        /// The URL without its password.
        url: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database could not be copied.
    #[error("could not copy the ledger at {url}")]
    Snapshot {
        /// The URL without its password.
        url: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A statement failed.
    #[error("could not {what}")]
    Database {
        /// What was attempted.
        what: &'static str,
        /// Why.
        source: sqlx::Error,
    },
    /// A row does not mean what it should.
    #[error("the ledger's {what} cannot be understood")]
    Damaged {
        /// What it is.
        what: &'static str,
    },
    /// There is no such account.
    #[error("there is no such account")]
    NoAccount,
    /// A key that may do more than whoever wants it.
    #[error("a key cannot be replaced by one that lacks some of its scopes")]
    Stronger,
    /// A key with a budget is not replaced: both would have it.
    #[error("a key with a budget is not replaced")]
    Budgeted,
    /// An amount that may not be moved.
    #[error("an amount is between 1 and 9007199254740991 microcredits, and moves between two accounts")]
    Amount,
    /// The paying account has too little.
    #[error("this needs {required} credits and {available} are available")]
    TooPoor {
        /// What it takes.
        required: Microcredits,
        /// What there is.
        available: Microcredits,
    },
    /// A fee policy names an account that is not there.
    #[error("the fee policy names {0}, and there is no such account that pays for jobs")]
    Payee(AccountId),
    /// The shares of a fee policy are not the whole.
    #[error("the shares of the fee policy are not 10,000 basis points together")]
    Shares,
    /// Prices of a number that is not above those in force.
    #[error("prices of version {by} are in force; new ones have a higher number")]
    Outrun {
        /// The number of those in force.
        by: u32,
    },
    /// The idempotency key stands for another request.
    #[error("this idempotency key was used with another request")]
    KeyTaken,
    /// The idempotency key got this transfer at the same moment.
    #[error("this was done already as {0}")]
    Duplicate(TransferId),
    /// A cursor that was not made here.
    #[error("the cursor is not one of this list")]
    Cursor,
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    Random,
    /// A thread or task of the ledger could not be started or has died.
    #[error("the ledger's committer is not running")]
    Committer,
    /// The database did not answer in time; nothing was changed.
    #[error("the ledger's database does not answer")]
    Unavailable,
}

impl Error {
    /// Whether the database is to blame and the same may succeed later.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Unavailable | Self::Committer | Self::Open { .. } | Self::OpenForWriting { .. } => true,
            Self::Database { source, .. } => !matches!(source, sqlx::Error::ColumnDecode { .. }),
            _ => false,
        }
    }

    /// Names what was attempted: `.map_err(Error::on("read an account"))`.
    pub(crate) fn on(what: &'static str) -> impl Fn(sqlx::Error) -> Self {
        move |source| Self::Database { what, source }
    }
}

/// Why credits could not be put aside.
#[derive(Debug, thiserror::Error)]
pub enum ReserveError {
    /// The account has too little, what other nodes had leased and let expire included.
    #[error("this needs {required} credits and {available} are available")]
    TooPoor {
        /// What it takes.
        required: Microcredits,
        /// What there is.
        available: Microcredits,
    },
    /// A budget has too little left.
    #[error("this needs {required} credits and {available} are left of the budget")]
    OverBudget {
        /// Whether it is the key's, and not the account's.
        is_keys: bool,
        /// What it takes.
        required: Microcredits,
        /// What is left.
        available: Microcredits,
    },
    /// The database did not answer.
    #[error("could not ask the ledger for credits")]
    Database(#[from] Error),
}

/// Why an entry was not committed. Nothing of it happened, and what it had reserved is free again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// The credits' lease was called back meanwhile: reserve anew and commit again.
    #[error("the credits' lease was called back")]
    LeaseLost,
    /// The idempotency key belongs to this job already, or this job is there already.
    #[error("this was done already as {0}")]
    Duplicate(JobId),
    /// The entry costs more than was reserved or is there, or the receiving account is full.
    #[error("this needs {required} credits and {available} are available")]
    TooPoor {
        /// What it takes.
        required: Microcredits,
        /// What there is.
        available: Microcredits,
    },
    /// A budget has too little left: jobs of another server have used it up.
    #[error("this needs {required} credits and {available} are left of the budget")]
    OverBudget {
        /// What it takes.
        required: Microcredits,
        /// What is left.
        available: Microcredits,
    },
    /// The job is not there or has ended already.
    #[error("the job has ended already")]
    AlreadyFinal,
    /// The database does not answer.
    #[error("the ledger's database does not answer")]
    Unavailable,
}
