//! Everything of a server but its doors: opened in order, closed in the reverse one.

use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

use inos_arena::Arena;
use inos_blobs::Blobs;
use inos_broker::{Broker, Parts};
use inos_engine::Engine;
use inos_ledger::{Books, Ledger};
use inos_protocols::NodeId;

use super::{Error, first};
use crate::{config::Config, identity, lock, otlp::Exporter, tables};

/// How long a unit may go on after it was told to stop, before its job is taken from it.
const STOP_GRACE: Duration = Duration::from_secs(2);
/// How long credits may be spent from memory without a word to the database.
const LEASE_MS: u64 = 10_000;
/// How long the last spans may take to reach their collector.
const EXPORT_GRACE: Duration = Duration::from_secs(2);
/// How often the books are tidied.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// The folder of payloads, in the data directory.
const PAYLOADS: &str = "payloads";
/// The folder for what outgrows the arena, in the data directory.
const SPOOL: &str = "spool";

/// A server without doors.
pub(super) struct Core {
    /// What runs and settles jobs.
    pub(super) broker: Broker,
    /// Who this node is.
    pub(super) node: NodeId,
    /// Where the admin key lies, and whether it is new.
    pub(super) admin_key: Option<(PathBuf, bool)>,
    ledger: Ledger,
    exporter: Option<Exporter>,
    // The last to go: the directory is ours until everything in it is closed.
    _lock: lock::Lock,
}

/// The durable parts of a data directory, for those who look after it.
pub(super) struct Store {
    pub(super) ledger: Ledger,
    pub(super) books: Books,
    pub(super) blobs: Blobs,
    pub(super) node: NodeId,
    pub(super) is_first: bool,
    lock: lock::Lock,
}

impl Store {
    /// Locks the data directory and opens what lasts in it; migrates the database.
    pub(super) async fn open(config: &Config) -> Result<Self, Error> {
        let dir = &config.data_dir;
        let lock = lock::lock(dir)?;
        let is_first = first::begin(dir)?;
        let key = identity::node_key(dir)?;
        let node = identity::node_id(&key);
        if identity::is_shared(&dir.join(identity::NODE_KEY)) {
            tracing::warn!(file = identity::NODE_KEY, "others can read the node's key: chmod 600 it");
        }
        let blobs = Blobs::open(&dir.join(PAYLOADS))?;
        let flushed = blobs.clone();
        let options = inos_ledger::Options {
            url: config.database_url(),
            node,
            signer: key,
            starting_credits: config.starting_credits,
            lease_ms: LEASE_MS,
            fees: config.fee_policy.as_deref().map(tables::read).transpose()?,
        };
        let (ledger, books) = inos_ledger::open(options, Box::new(move || flushed.flush())).await?;
        Ok(Self { ledger, books, blobs, node, is_first, lock })
    }

    /// Closes the database and gives the directory up.
    pub(super) async fn close(self) {
        self.ledger.close().await;
        drop(self.lock);
    }
}

impl Core {
    /// Opens everything, makes the admin account at the first start, and takes up what was left unfinished.
    pub(super) async fn open(config: &Config) -> Result<Self, Error> {
        let amended = config.prices.as_deref().map(tables::read).transpose()?;
        let store = Store::open(config).await?;
        let admin_key = first::admin_key(&store, &config.data_dir).await?;
        let Store { ledger, books, blobs, node, lock, .. } = store;
        let arena = Arena::create(inos_arena::Options {
            bytes: config.arena_bytes,
            account_bytes_max: config.arena_account_bytes_max.unwrap_or(config.arena_bytes / 2),
            spool_dir: config.data_dir.join(SPOOL),
        })?;
        let engine = Engine::start(inos_catalog::builtin(), amended.as_ref(), arena.clone(), engine_options(config))?;
        let options = inos_broker::Options {
            node,
            keep_jobs: config.keep_jobs,
            deadline_max: config.deadline_max,
            blob_bytes_max: config.blob_bytes_max,
            account_queue_len_max: config.account_queue_len_max,
            sweep_every: SWEEP_EVERY,
        };
        let exporter = config.collector().map(|to| Exporter::start(&to, node, &config.name)).transpose();
        let exporter = exporter.map_err(Error::Exporter)?;
        let recorder = exporter.as_ref().map(|exporter| exporter.recorder().clone());
        let broker = Broker::new(Parts { ledger: ledger.clone(), books, engine, arena, blobs, recorder }, options);
        let resumed = broker.resume().await?;
        if resumed > 0 {
            tracing::info!(jobs = resumed, "took up jobs that had not ended");
        }
        broker.sweep_forever();
        Ok(Self { broker, node, admin_key, ledger, exporter, _lock: lock })
    }

    /// Closes the books. Jobs that still wait stay in them for the next start.
    pub(super) async fn close(self) {
        self.ledger.close().await;
        if let Some(exporter) = self.exporter {
            let flushed = tokio::task::spawn_blocking(move || exporter.stop(EXPORT_GRACE));
            if flushed.await.is_err() {
                tracing::error!("the exporter broke while it stopped");
            }
        }
    }
}

fn engine_options(config: &Config) -> inos_engine::Options {
    inos_engine::Options {
        workers: config.workers.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get),
        queue_len_max: config.queue_len_max,
        account_queue_len_max: config.account_queue_len_max,
        stop_grace: STOP_GRACE,
    }
}
