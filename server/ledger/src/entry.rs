//! What a commit is made of, and what comes of it.

use std::{collections::BTreeMap, sync::Arc};

use inos_protocols::{
    Hash, JobId, KeyId, Microcredits, Problem,
    account::Reason,
    ids::TransferId,
    job::{Metrics, Name, OutputInfo, State},
    receipt::SignedReceipt,
    time::Time,
};

use crate::{AccountNo, ClaimGuard, Error, Limit, Purse, Reservation, audit::Deed};

/// One thing to be written down. All entries of a commit share its flush; each succeeds or fails by itself.
#[expect(
    clippy::large_enum_variant,
    reason = "an entry is made where it stays; a box would cost each job an allocation"
)]
pub enum Entry {
    /// A job that ended within this commit: one row, paid from its reservation, the rest freed.
    Settle(Settle),
    /// An asynchronous job: a row that waits, its reservation a durable hold.
    Accept(Accept),
    /// An accepted job ends: paid from its hold, the rest freed.
    Finish(Finish),
    /// Credits move from one account to another.
    Transfer(Transfer),
}

/// A job that ended before it was ever written down.
pub struct Settle {
    /// The job.
    pub job: JobRecord,
    /// What pays for it.
    pub reservation: Reservation,
    /// How it ended.
    pub ending: Ending,
    /// Its idempotency key.
    pub claim: Option<ClaimGuard>,
}

/// A job that is to survive a restart.
pub struct Accept {
    /// The job.
    pub job: JobRecord,
    /// What becomes its hold.
    pub reservation: Reservation,
    /// How to run it again after a restart; the ledger does not read it.
    pub asked: Vec<u8>,
    /// Payload files that it refers to.
    pub files: Vec<Hash>,
    /// Its idempotency key.
    pub claim: Option<ClaimGuard>,
}

/// The end of an accepted job.
pub struct Finish {
    /// The job.
    pub id: JobId,
    /// Whose it is.
    pub purse: Arc<Purse>,
    /// How it ended.
    pub ending: Ending,
    /// What it has taken of budgets.
    pub limits: Vec<Limit>,
}

/// A job as it was asked for.
#[derive(Clone)]
pub struct JobRecord {
    /// Its id.
    pub id: JobId,
    /// Who pays.
    pub purse: Arc<Purse>,
    /// The key that asked; none where that is not known any more.
    pub key: Option<KeyId>,
    /// The unit.
    pub unit: Name,
    /// The method.
    pub method: Name,
    /// The unit's version.
    pub version: Name,
    /// Its priority.
    pub priority: u8,
    /// Its budget.
    pub budget: Option<Microcredits>,
    /// The digest of what was asked.
    pub capsule: Hash,
    /// When it was accepted.
    pub submitted: Time,
    /// When it expires.
    pub deadline: Time,
    /// Its parameters as JSON.
    pub params: Option<String>,
    /// The caller's own words.
    pub labels: BTreeMap<String, String>,
    /// Whether what it leaves may answer who asks the same.
    pub remembered: bool,
    /// The pack segment that its inputs lie in.
    pub segment: Option<u64>,
}

/// How a job ended.
#[derive(Debug, Clone)]
pub struct Ending {
    /// A final state.
    pub state: State,
    /// What is charged.
    pub cost: Microcredits,
    /// When a worker began it.
    pub started: Option<Time>,
    /// When it ended.
    pub finished: Time,
    /// How often it was begun.
    pub attempts: u32,
    /// What it took.
    pub metrics: Metrics,
    /// The BLAKE3 of each input.
    pub input_hashes: Vec<Hash>,
    /// What is known of each output.
    pub outputs: Vec<OutputInfo>,
    /// Where kept outputs lie; the ledger does not read it.
    pub kept: Option<Vec<u8>>,
    /// The pack segment that kept outputs lie in.
    pub segment: Option<u64>,
    /// Payload files that kept outputs lie in.
    pub files: Vec<Hash>,
    /// Why it did not succeed.
    pub error: Option<Problem>,
    /// The earlier job whose outputs it was answered with.
    pub cached_from: Option<JobId>,
    /// When what is kept of it may go.
    pub expires: Option<Time>,
}

/// Credits that move from one account to another.
pub struct Transfer {
    debit: AccountNo,
    credit: AccountNo,
    amount: Microcredits,
    reason: Reason,
    note: Option<String>,
    deed: Option<Arc<Deed>>,
    /// Its idempotency key.
    pub(crate) claim: Option<ClaimGuard>,
}

impl Transfer {
    /// A transfer of more than nothing between two accounts.
    pub fn new(
        debit: AccountNo,
        credit: AccountNo,
        amount: Microcredits,
        reason: Reason,
        note: Option<String>,
    ) -> Result<Self, Error> {
        if amount == Microcredits::ZERO || debit == credit {
            return Err(Error::Amount);
        }
        Ok(Self { debit, credit, amount, reason, note, deed: None, claim: None })
    }

    /// Who pays.
    pub fn debit(&self) -> AccountNo {
        self.debit
    }

    /// Who is paid.
    pub fn credit(&self) -> AccountNo {
        self.credit
    }

    /// How much.
    pub fn amount(&self) -> Microcredits {
        self.amount
    }

    /// Why.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// The same, told of in the audit log by the same commit.
    #[must_use]
    pub(crate) fn told(self, deed: Deed) -> Self {
        Self { deed: Some(Arc::new(deed)), ..self }
    }

    /// What the audit log will say of it.
    pub(crate) fn deed(&self) -> Option<&Deed> {
        self.deed.as_deref()
    }

    /// The words that come with it.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}

/// What came of an entry, once it is durable.
#[derive(Debug, Clone, PartialEq)]
pub enum Commit {
    /// The job's receipt.
    Receipt(SignedReceipt),
    /// The job waits, and survives a restart.
    Accepted,
    /// The transfer's id.
    Transferred(TransferId),
}
