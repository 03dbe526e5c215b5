//! A database of one test's own, and short ways to do things with a ledger.

use std::{future::Future, sync::Arc, time::Duration};

use ed25519_dalek::SigningKey;
use inos_protocols::{
    AccountId, Hash, JobId, Microcredits, NodeId,
    job::{Metrics, OutputInfo, State},
    time::Time,
};
use tempfile::TempDir;

use crate::{
    Accept, Barrier, Books, Commit, CommitError, Ending, Entry, Error, FeePolicy, Finish, JobRecord, Ledger, Options,
    Purse, Reservation, Settle, open, testing::postgres,
};

#[derive(Clone)]
pub(super) struct Place {
    pub(super) url: String,
    pub(super) lease_ms: u64,
    pub(super) signer: SigningKey,
    pub(super) fees: Option<FeePolicy>,
    pub(super) _folder: Option<Arc<TempDir>>,
}

impl Place {
    pub(super) fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite:{}", folder.path().join("ledger.sqlite").display());
        Self { _folder: Some(folder.into()), ..Self::at(url) }
    }

    pub(super) async fn postgres() -> Self {
        Self::at(postgres::database().await)
    }

    pub(super) fn at(url: String) -> Self {
        Self { url, lease_ms: 60_000, signer: SigningKey::from_bytes(&[7; 32]), fees: None, _folder: None }
    }

    /// The same database as another server sees it.
    pub(super) fn as_another_node(&self) -> Self {
        let signer = SigningKey::from_bytes(&[8; 32]);
        Self {
            url: self.url.clone(),
            lease_ms: self.lease_ms,
            signer,
            fees: self.fees.clone(),
            _folder: self._folder.clone(),
        }
    }

    pub(super) fn is_sqlite(&self) -> bool {
        self.url.starts_with("sqlite:")
    }

    pub(super) fn node(&self) -> NodeId {
        NodeId(self.signer.verifying_key().to_bytes())
    }

    pub(super) async fn open(&self) -> (Ledger, Books) {
        self.try_open(Box::new(|| Ok(()))).await.unwrap()
    }

    pub(super) async fn try_open(&self, barrier: Barrier) -> Result<(Ledger, Books), Error> {
        let options = Options {
            url: self.url.clone(),
            node: self.node(),
            signer: self.signer.clone(),
            starting_credits: credits(1_000_000),
            lease_ms: self.lease_ms,
            fees: self.fees.clone(),
        };
        open(options, barrier).await
    }

    /// Runs a statement as nobody but a test or a meddler would.
    pub(super) async fn meddle(&self, sql: &str) {
        crate::testing::meddle(&self.url, sql).await;
    }

    /// The number that a query gives.
    pub(super) async fn number(&self, sql: &str) -> i64 {
        crate::testing::number(&self.url, sql).await
    }
}

pub(super) fn credits(amount: u64) -> Microcredits {
    Microcredits::new(amount).unwrap()
}

/// An account with this much, and its purse.
pub(super) async fn account(ledger: &Ledger, amount: u64) -> (AccountId, Arc<Purse>) {
    let account = ledger.open_account("somebody", credits(amount)).await.unwrap();
    (account.id, ledger.purse(account.id).await.unwrap())
}

pub(super) fn record(purse: &Arc<Purse>) -> JobRecord {
    JobRecord {
        id: JobId::new(),
        purse: purse.clone(),
        key: None,
        unit: "compute".into(),
        method: "blake3".into(),
        version: "1".into(),
        priority: 100,
        budget: None,
        capsule: Hash::of(b"capsule"),
        submitted: Time::now(),
        deadline: Time::now().plus_ms(60_000),
        params: Some(r#"{"length":32}"#.into()),
        labels: [("run".into(), "7".into())].into(),
        remembered: false,
        segment: None,
    }
}

pub(super) fn ending(cost: u64) -> Ending {
    Ending {
        state: State::Succeeded,
        cost: credits(cost),
        started: Some(Time::now()),
        finished: Time::now(),
        attempts: 1,
        metrics: Metrics { bytes_in: 1024, bytes_out: 32, queued_us: 3, run_us: 5 },
        input_hashes: vec![Hash::of(b"input")],
        outputs: vec![OutputInfo {
            media_type: "application/octet-stream".into(),
            bytes: 32,
            hash: Hash::of(b"output"),
        }],
        kept: None,
        segment: None,
        files: Vec::new(),
        error: None,
        cached_from: None,
        expires: None,
    }
}

pub(super) fn settle(reservation: Reservation, cost: u64) -> (JobId, Entry) {
    let job = record(reservation.purse());
    (job.id, Entry::Settle(Settle { job, reservation, ending: ending(cost), claim: None }))
}

pub(super) fn accept(reservation: Reservation) -> (JobId, Entry) {
    let job = record(reservation.purse());
    (job.id, Entry::Accept(Accept { job, reservation, asked: b"again".to_vec(), files: Vec::new(), claim: None }))
}

pub(super) fn finish(purse: &Arc<Purse>, id: JobId, cost: u64) -> Entry {
    Entry::Finish(Finish { id, purse: purse.clone(), ending: ending(cost), limits: Vec::new() })
}

pub(super) async fn commit(ledger: &Ledger, entry: Entry) -> Result<Commit, CommitError> {
    ledger.commit(vec![entry]).await.pop().unwrap()
}

/// Reserves and settles a job of this cost.
pub(super) async fn pay(ledger: &Ledger, purse: &Arc<Purse>, cost: u64) -> JobId {
    let reservation = ledger.reserve_slowly(purse, credits(cost)).await.unwrap();
    let (id, entry) = settle(reservation, cost);
    assert!(matches!(commit(ledger, entry).await, Ok(Commit::Receipt(_))));
    id
}

pub(super) async fn available(books: &Books, account: AccountId) -> u64 {
    books.account(account).await.unwrap().unwrap().available.get()
}

pub(super) async fn is_right(books: &Books) {
    assert_eq!(books.check().await.unwrap(), Vec::<String>::new());
}

/// Waits until the condition holds.
pub(super) async fn until<F: Future<Output = bool>>(mut condition: impl FnMut() -> F) {
    let limited = tokio::time::timeout(Duration::from_secs(60), async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    limited.await.expect("the condition comes to hold");
}
