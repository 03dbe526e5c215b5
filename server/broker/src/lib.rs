//! The story of one job: price, hold, place, run, settle, receipt. Only this crate moves money.
//! It opens no socket and speaks no SQL.

mod admin;
mod again;
mod blobs;
mod caller;
mod cancel;
mod chain;
mod check;
mod course;
mod done;
mod events;
mod finish;
mod frame;
mod held;
mod hold;
mod lent;
mod live;
mod memo;
mod pace;
mod payload;
mod plan;
mod prices;
mod quote;
mod read;
mod recent;
mod reconcile;
mod regions;
mod run;
mod session;
mod spans;
mod statement;
mod storage;
mod store;
mod submit;
mod sweep;
mod terms;
#[cfg(test)]
mod tests;
mod trace;
mod tries;
mod waiting;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use inos_arena::Arena;
use inos_blobs::Blobs;
use inos_engine::Engine;
use inos_ledger::{Books, Ledger};
use inos_protocols::{NodeId, job::State};
use inos_vault::Vault;

pub use admin::NAME_LEN_MAX;
pub use blobs::{BlobBytes, BlobUpload};
pub use caller::{Caller, Cause};
pub use check::{check_budgets, check_held_keys, check_payloads};
pub use events::{Event, Happening, RingTotals, Subscription, Told};
pub use frame::{Replies, Reply};
pub use inos_ledger::{Allowance, KeyWatch, Moved};
pub use pace::{Lately, PACE_WINDOW, Spread, Times};
pub use plan::{Ask, Body, METER_STEP_BYTES, Meter};
pub use read::OutputPart;
pub use regions::{
    REGION_BLOCKING_BYTES_MIN, REGION_BYTES_MAX, RegionHandle, RegionPart, RegionState, RegionTotals, RegionWish,
    check_regions,
};
pub use run::Ran;
pub use spans::{Feed, Recorder, SPANS_WAITING_MAX, Span, SpanFigures, Value, spans};
pub use submit::Submitted;
pub use trace::Origin;

/// What the broker is told by whoever starts it; every duration and size has its name.
#[derive(Debug, Clone)]
pub struct Options {
    /// The node's public key: what receipts name.
    pub node: NodeId,
    /// How long a finished job and its kept outputs stay.
    pub keep_jobs: Duration,
    /// How long a job may wait and run together, unless its method or capsule says less.
    pub deadline_max: Duration,
    /// The most bytes of blobs that one account keeps.
    pub blob_bytes_max: u64,
    /// The most jobs of one account that wait at once.
    pub account_queue_len_max: usize,
    /// The most bytes of memory that the regions of one account take.
    pub region_bytes_max: usize,
    /// The most regions of all accounts.
    pub regions_max: usize,
    /// How often the books are tidied: expired payloads, stale holds, unreferenced files.
    pub sweep_every: Duration,
    /// How often accounts are charged for what they store, where that costs anything.
    pub storage_charged_every: Duration,
    /// Whether prices are an operator's file, which nobody changes while the server runs.
    pub prices_from_file: bool,
}

/// Runs jobs for callers and settles them; a cheap handle to one shared inside.
#[derive(Clone)]
pub struct Broker(Arc<Inside>);

pub(crate) struct Inside {
    options: Options,
    ledger: Ledger,
    books: Books,
    engine: Engine,
    arena: Arena,
    blobs: Blobs,
    vault: Vault,
    lent: lent::Loans,
    regions: regions::Shelf,
    steppers: regions::Steppers,
    recorder: Option<Recorder>,
    live: live::Registry,
    recent: recent::Recent,
    figures: Counts,
    pace: pace::Pace,
    events: events::Hub,
    backlog: submit::Backlog,
    memos: memo::Memos,
    chained: chain::Chained,
    /// Held while prices come into force.
    pricing: parking_lot::Mutex<()>,
    tasks: tokio_util::task::TaskTracker,
    runtime: tokio::runtime::Handle,
    draining: std::sync::atomic::AtomicBool,
    /// Told when the server is about to stop, to whoever waits for something that will not come before.
    stopping: tokio_util::sync::CancellationToken,
    unused_segments: parking_lot::Mutex<std::collections::HashSet<u64>>,
    unused_files: parking_lot::Mutex<std::collections::HashSet<inos_protocols::Hash>>,
}

/// What the broker counts.
#[derive(Default)]
pub(crate) struct Counts {
    tried_again: AtomicU64,
    answered: AtomicU64,
}

/// What the broker has counted since it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// Attempts that broke and were followed by another one.
    pub tried_again: u64,
    /// Jobs that were answered from what an earlier one left.
    pub answered: u64,
}

/// What a broker is made of.
pub struct Parts {
    /// Where money is kept; nobody else gets this handle.
    pub ledger: Ledger,
    /// The same, read only.
    pub books: Books,
    /// What runs units.
    pub engine: Engine,
    /// Where inputs and outputs lie.
    pub arena: Arena,
    /// Where payloads are kept.
    pub blobs: Blobs,
    /// What opens the keys that are held for accounts.
    pub vault: Vault,
    /// Where the steps of traces go, if anywhere.
    pub recorder: Option<Recorder>,
}

impl Broker {
    /// A broker over these parts; its tasks run on the calling runtime.
    ///
    /// Jobs that were accepted before a restart are taken up again by [`Broker::resume`].
    pub fn new(parts: Parts, options: Options) -> Self {
        let Parts { ledger, books, engine, arena, blobs, vault, recorder } = parts;
        let regions = regions::Shelf::new(options.region_bytes_max, options.regions_max);
        let broker = Self(Arc::new(Inside {
            options,
            ledger,
            books,
            engine,
            arena,
            blobs,
            vault,
            lent: lent::Loans::default(),
            regions,
            steppers: regions::Steppers::default(),
            recorder,
            live: live::Registry::default(),
            recent: recent::Recent::default(),
            figures: Counts::default(),
            pace: pace::Pace::default(),
            events: events::Hub::default(),
            backlog: submit::Backlog::default(),
            memos: memo::Memos::default(),
            chained: chain::Chained::default(),
            pricing: parking_lot::Mutex::default(),
            tasks: tokio_util::task::TaskTracker::new(),
            runtime: tokio::runtime::Handle::current(),
            draining: false.into(),
            stopping: tokio_util::sync::CancellationToken::new(),
            unused_segments: parking_lot::Mutex::default(),
            unused_files: parking_lot::Mutex::default(),
        }));
        broker.0.tell_of_low_balances();
        broker
    }

    /// What is read of accounts, jobs and receipts.
    pub fn books(&self) -> &Books {
        &self.0.books
    }

    /// Whether the books took the last thing that was to be written.
    pub fn writes(&self) -> bool {
        self.0.ledger.healthy()
    }

    /// Whether other servers may write the same books.
    pub fn shares_books(&self) -> bool {
        self.0.ledger.is_shared()
    }

    /// What runs units: its catalogue and its status.
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// Where inputs and outputs lie: its figures.
    pub fn arena(&self) -> &Arena {
        &self.0.arena
    }

    /// Where the steps of traces go, if anywhere.
    pub fn recorder(&self) -> Option<&Recorder> {
        self.0.recorder.as_ref()
    }

    /// What it has counted since it began.
    pub fn figures(&self) -> Figures {
        let Counts { tried_again, answered } = &self.0.figures;
        Figures { tried_again: tried_again.load(Relaxed), answered: answered.load(Relaxed) }
    }

    /// How jobs ended within the last minute.
    pub fn lately(&self) -> Lately {
        self.0.pace.lately()
    }

    /// How long jobs have waited and run since it began.
    pub fn spread(&self) -> [Spread; 2] {
        self.0.pace.spread()
    }

    /// How many jobs have ended in each state since it began.
    pub fn ended(&self) -> [(State, u64); 4] {
        self.0.pace.ended()
    }

    /// What this broker was told.
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    /// Whether new jobs are refused because the server is about to stop.
    pub fn is_draining(&self) -> bool {
        self.0.draining.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Refuses new jobs, lets the running end within `within`, and settles them; accepted jobs that still wait
    /// stay in the books for the next start. Returns whether everything ended in time.
    pub async fn drain(&self, within: Duration) -> bool {
        self.0.draining.store(true, std::sync::atomic::Ordering::Relaxed);
        self.0.stopping.cancel();
        let engine = self.0.engine.clone();
        let begun = std::time::Instant::now();
        let ended = tokio::task::spawn_blocking(move || engine.drain(within)).await.unwrap_or(false);
        self.0.tasks.close();
        let left = within.saturating_sub(begun.elapsed()).max(Duration::from_millis(500));
        ended & tokio::time::timeout(left, self.0.tasks.wait()).await.is_ok()
    }
}
