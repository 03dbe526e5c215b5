//! Opens the ledger and is its handle for the broker: reserving, committing, closing.

use std::{collections::HashMap, sync::Arc, time::Duration};

use ed25519_dalek::SigningKey;
use inos_protocols::{AccountId, Hash, JobId, Microcredits, NodeId};
use parking_lot::Mutex;
use tokio::{sync::Notify, task::JoinSet};

use crate::{
    Access, AccountNo, Actor, Books, Claim, Committed, Entry, Error, FeePolicy, Purse, Reservation, ReserveError,
    accounts,
    alarm::Listener,
    budget::Budgets,
    claims::Claims,
    committer::{Committer, Vitals, Writer},
    database::Database,
    fees::Fees,
    keeper,
    keys::KeyCache,
    lease, migrate,
    uses::{self, Uses},
    watches::{self, Watches},
};

/// What the ledger must be told to open.
pub struct Options {
    /// `sqlite:PATH` or `postgres://…`.
    pub url: String,
    /// This node.
    pub node: NodeId,
    /// What signs the receipts.
    pub signer: SigningKey,
    /// What the first account gets.
    pub starting_credits: Microcredits,
    /// How long credits may be spent from memory without a word to the database, in milliseconds.
    pub lease_ms: u64,
    /// How the cost of a job is split; without it, all of it is the node's.
    pub fees: Option<FeePolicy>,
}

/// Called before each database commit: flushes what the commit refers to.
pub type Barrier = Box<dyn FnMut() -> std::io::Result<()> + Send>;

/// Holds, posts, voids: for the broker alone. A clone is another handle to the same ledger.
#[derive(Clone)]
pub struct Ledger(pub(crate) Arc<Inside>, pub(crate) Option<Arc<Actor>>);

/// What all handles share.
pub(crate) struct Inside {
    pub(crate) shared: Arc<Shared>,
    pub(crate) committer: Committer,
    /// Aborted when they are dropped.
    tasks: Mutex<JoinSet<()>>,
}

/// What the ledger shares with its books and its keeper.
pub(crate) struct Shared {
    pub(crate) database: Database,
    /// The node's own account.
    pub(crate) node_account: AccountNo,
    pub(crate) issuer: AccountNo,
    pub(crate) starting_credits: Microcredits,
    pub(crate) lease_ms: u64,
    pub(crate) purses: Mutex<HashMap<AccountId, Arc<Purse>>>,
    /// Limits by account and key, once somebody was under them.
    pub(crate) budgets: Budgets,
    pub(crate) claims: Arc<Claims>,
    pub(crate) keys: KeyCache,
    pub(crate) watches: Watches,
    pub(crate) uses: Uses,
    /// Who is told when an account has little left.
    pub(crate) alarms: Listener,
    /// How the committer is.
    pub(crate) vitals: Vitals,
    /// Told when credits were leased: the keeper sleeps while nothing is.
    pub(crate) leased: Notify,
}

/// Opens the ledger: migrates, makes the node's account, takes back what this node had leased before it stopped.
///
/// Must be called within a Tokio runtime, on which tasks that look after leases and keys run until [`Ledger::close`].
pub async fn open(options: Options, barrier: Barrier) -> Result<(Ledger, Books), Error> {
    let Options { url, node, signer, starting_credits, lease_ms, fees } = options;
    let database = Database::open(&url).await?;
    migrate::migrate(&database).await?;
    let (issuer, node_account) = accounts::found(&database, node).await?;
    let fees = match &fees {
        Some(policy) => Some(Arc::new(Fees::find(&database, policy).await?)),
        None => None,
    };
    lease::reclaim_own(&database, node_account).await?;
    let writer = Writer { node, account: node_account.0, signer, lease_ms, fees };
    let committer = Committer::start(&database, writer, barrier)?;
    let shared = Arc::new(Shared {
        database,
        node_account,
        issuer,
        starting_credits,
        lease_ms,
        purses: Mutex::default(),
        budgets: Budgets::default(),
        claims: Arc::default(),
        keys: KeyCache::default(),
        watches: Watches::default(),
        uses: Uses::default(),
        alarms: Listener::default(),
        vitals: committer.vitals(),
        leased: Notify::new(),
    });
    let mut tasks = JoinSet::new();
    tasks.spawn(keeper::keep(Arc::downgrade(&shared)));
    tasks.spawn(watches::keep(shared.clone()));
    tasks.spawn(uses::keep(Arc::downgrade(&shared)));
    let books = Books::new(shared.clone());
    Ok((Ledger(Arc::new(Inside { shared, committer, tasks: tasks.into() }), None), books))
}

impl Ledger {
    /// The purse of an account; the same for all who ask while one is in use.
    pub async fn purse(&self, account: AccountId) -> Result<Arc<Purse>, Error> {
        self.0.shared.purse(account).await
    }

    /// The purse of the account that a key opens, without a word to the database.
    pub fn purse_of(&self, access: &Access) -> Arc<Purse> {
        let shared = &self.0.shared;
        let purse = shared.purse_at(access.account_id, access.account);
        if access.is_limited && !purse.is_limited() {
            purse.set_budget(Some(shared.budget(access.account, None)));
        }
        if access.is_watched && !purse.is_watched() {
            purse.set_watched(true);
        }
        purse
    }

    /// Puts credits aside from memory alone; never waits. `None`: ask [`Ledger::reserve_slowly`].
    pub fn reserve(&self, purse: &Arc<Purse>, amount: Microcredits) -> Option<Reservation> {
        purse.reserve(amount)
    }

    /// Puts credits aside, from the database if memory has too few.
    ///
    /// Says [`ReserveError::TooPoor`] only after what other nodes had leased and let expire was called back.
    pub async fn reserve_slowly(&self, purse: &Arc<Purse>, amount: Microcredits) -> Result<Reservation, ReserveError> {
        let (shared, purse) = (self.0.shared.clone(), purse.clone());
        // A caller that goes away must not leave credits in a lease that no purse knows of.
        let task = tokio::spawn(async move { shared.reserve_slowly(&purse, amount).await });
        task.await.map_err(|_| Error::Committer)?
    }

    /// Hands entries to the next group commit; never blocks. They are durable when the answer says so.
    pub fn commit(&self, entries: Vec<Entry>) -> Committed {
        self.0.committer.commit(entries)
    }

    /// The same for entries whose outcome nobody waits for: they go with the next commit, or alone when `patience` is over.
    pub fn commit_in_company(&self, entries: Vec<Entry>, patience: Duration) -> Committed {
        self.0.committer.commit_in_company(entries, patience)
    }

    /// Has written at once what waits for company until now: somebody waits for it after all.
    pub fn hurry(&self) {
        self.0.committer.hurry();
    }

    /// What an idempotency key stands for; keys stand for [`crate::IDEMPOTENCY_MS`].
    pub async fn claim(&self, account: AccountNo, key: &str, digest: Hash) -> Result<Claim, Error> {
        let claims = self.claim_many(account, vec![(key.into(), digest)]).await?;
        claims.into_iter().next().ok_or(Error::Damaged { what: "idempotency key" })
    }

    /// The same for many keys at once, in their order.
    pub async fn claim_many(&self, account: AccountNo, wishes: Vec<(Box<str>, Hash)>) -> Result<Vec<Claim>, Error> {
        let shared = &self.0.shared;
        shared.claims.claim(&shared.database, account, wishes).await
    }

    /// Calls back what dead nodes had leased and let expire; returns how many leases.
    pub async fn reconcile(&self) -> Result<usize, Error> {
        lease::recall_expired(&self.0.shared.database, self.0.shared.node_account).await
    }

    /// Whether other servers may write the same database.
    pub fn is_shared(&self) -> bool {
        self.0.shared.database.is_shared()
    }

    /// Whether the database took the last commit, or nothing has gone wrong yet.
    pub fn healthy(&self) -> bool {
        self.0.committer.healthy()
    }

    /// Waits for jobs that turn out to be accepted after whoever asked was told [`CommitError::Unavailable`](crate::CommitError).
    /// For one who waits at a time.
    pub async fn found(&self) -> Vec<JobId> {
        self.0.shared.vitals.found().await
    }

    /// This node's own account, which earns what jobs cost.
    pub fn node_account(&self) -> AccountNo {
        self.0.shared.node_account
    }

    /// The account that all credits come from.
    pub fn issuer(&self) -> AccountNo {
        self.0.shared.issuer
    }

    /// Commits what waits, gives leases back and closes the database. What comes later is answered "unavailable".
    pub async fn close(self) {
        let inside = self.0.clone();
        self.0.tasks.lock().abort_all();
        if tokio::task::spawn_blocking(move || inside.committer.stop()).await.is_err() {
            tracing::error!("the committer could not be stopped");
        }
        let shared = &self.0.shared;
        shared.purses.lock().clear();
        shared.database.close().await;
        let database = shared.database.afresh();
        shared.write_uses(&database).await;
        if let Err(error) = lease::reclaim_own(&database, shared.node_account).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "leases were not given back; they expire");
        }
        database.close().await;
    }
}

impl Shared {
    pub(crate) async fn purse(&self, account: AccountId) -> Result<Arc<Purse>, Error> {
        if let Some(purse) = self.purses.lock().get(&account) {
            return Ok(purse.clone());
        }
        let no = accounts::number(&self.database, account).await?;
        Ok(self.purse_at(account, no))
    }

    fn purse_at(&self, account: AccountId, no: AccountNo) -> Arc<Purse> {
        self.purses.lock().entry(account).or_insert_with(|| Arc::new(Purse::new(account, no))).clone()
    }
}
