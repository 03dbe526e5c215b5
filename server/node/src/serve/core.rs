//! Everything of a server but its doors: opened in order, closed in the reverse one.

use std::{num::NonZeroUsize, path::PathBuf, sync::Arc, time::Duration};

use inos_arena::Arena;
use inos_blobs::Blobs;
use inos_broker::{Broker, Parts};
use inos_engine::Engine;
use inos_ledger::{Books, Ledger};
use inos_protocols::NodeId;
use inos_vault::Vault;
use tokio::sync::Notify;

use super::{Error, cells, first};
use crate::{config::Config, files, identity, lock, otlp::Exporter, tables};

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
/// What the secret of the console is derived for; another text is another secret.
const CONSOLE: &str = "inos 2026-11-26 console sessions";
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
    /// What the console's cookies are sealed with.
    pub(super) console_secret: [u8; 32],
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
    pub(super) vault: Vault,
    pub(super) node: NodeId,
    pub(super) is_first: bool,
    console_secret: [u8; 32],
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
        // Derived, so that there is no further file to lose: whoever has the node's key is the node.
        let console_secret = blake3::derive_key(CONSOLE, key.as_bytes());
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
        let vault = Vault::of(dir);
        Ok(Self { ledger, books, blobs, vault, node, is_first, console_secret, lock })
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
        let Store { ledger, books, blobs, vault, node, console_secret, lock, .. } = store;
        check_master(&books, &vault).await?;
        let arena = Arena::create(inos_arena::Options {
            bytes: config.arena_bytes,
            account_bytes_max: config.arena_account_bytes_max.unwrap_or(config.arena_bytes / 2),
            spool_dir: config.data_dir.join(SPOOL),
        })?;
        let engine = engine_options(config);
        let lane_turned = Arc::new(Notify::new());
        let turned = lane_turned.clone();
        let units = cells::lanes(inos_catalog::builtin(), config, engine.workers, &arena, move || turned.notify_one());
        let units = units.map_err(Error::Cells)?;
        let engine = Engine::start(units, amended.as_ref(), arena.clone(), engine)?;
        let options = inos_broker::Options {
            node,
            keep_jobs: config.keep_jobs,
            deadline_max: config.deadline_max,
            blob_bytes_max: config.blob_bytes_max,
            account_queue_len_max: config.account_queue_len_max,
            region_bytes_max: config.region_bytes_max,
            regions_max: files::regions_max(),
            sweep_every: SWEEP_EVERY.min(config.storage_charged_every),
            storage_charged_every: config.storage_charged_every,
            prices_from_file: config.prices.is_some(),
        };
        let exporter = config.collector().map(|to| Exporter::start(&to, node, &config.name)).transpose();
        let exporter = exporter.map_err(Error::Exporter)?;
        let recorder = exporter.as_ref().map(|exporter| exporter.recorder().clone());
        let broker =
            Broker::new(Parts { ledger: ledger.clone(), books, engine, arena, blobs, vault, recorder }, options);
        broker.take_up_prices().await?;
        // Before the jobs that read, make or step them.
        let regions = broker.resume_regions().await?;
        if regions > 0 {
            tracing::info!(regions, "took up persistent regions");
        }
        let resumed = broker.resume().await?;
        if resumed > 0 {
            tracing::info!(jobs = resumed, "took up jobs that had not ended");
        }
        broker.take_up_answers();
        broker.keep_registry(lane_turned).map_err(|refusal| Error::Registry(refusal.detail))?;
        broker.resume_found_forever();
        broker.sweep_forever();
        Ok(Self { broker, node, admin_key, console_secret, ledger, exporter, _lock: lock })
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

/// Refuses to start beside held keys that could not be opened: their jobs would fail one by one.
async fn check_master(books: &Books, vault: &Vault) -> Result<(), Error> {
    let Some(mark) = books.master_mark().await? else { return Ok(()) };
    if identity::is_shared(vault.path()) {
        tracing::warn!(file = inos_vault::MASTER_KEY, "others can read the master key of held keys: chmod 600 it");
    }
    match vault.master()? {
        Some(master) if *master.mark() == mark => Ok(()),
        _ => Err(Error::OtherMaster { path: vault.path().into() }),
    }
}

fn engine_options(config: &Config) -> inos_engine::Options {
    inos_engine::Options {
        workers: config.workers.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get),
        queue_len_max: config.queue_len_max,
        account_queue_len_max: config.account_queue_len_max,
        sessions_max: config.sessions_max,
        account_sessions_max: config.account_sessions_max,
        stop_grace: STOP_GRACE,
    }
}
