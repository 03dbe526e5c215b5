//! The server's options in one place: flag over environment over file over default.
//! One table ([`SETTINGS`]) is the flags, the variables, the file's keys and their help; nothing here opens anything.

mod flags;
mod shown;
mod sources;
mod table;
mod values;

use std::{collections::BTreeMap, fmt, net::SocketAddr, num::NonZeroUsize, path::PathBuf, time::Duration};

use inos_protocols::Microcredits;
use ureq::http::{HeaderName, HeaderValue};

pub use flags::Flags;
pub(crate) use shown::{Said, Source, told};
pub use sources::{load, resolve};
pub use table::SETTINGS;
pub(crate) use values::size;

use crate::{otlp::Collector, redact};

/// Less than this holds no statement.
const CELL_BYTES_MIN: usize = 64 << 20;

/// Everything that `inos serve` can be told.
#[derive(Clone)]
pub struct Config {
    /// Where HTTP and WebSocket are served.
    pub listen: SocketAddr,
    /// Where everything that lasts lies.
    pub data_dir: PathBuf,
    /// The database; none means SQLite in the data directory.
    pub database_url: Option<String>,
    /// The node's name, for people.
    pub name: String,
    /// The shared memory that jobs' bytes live in.
    pub arena_bytes: usize,
    /// The most of it that one account may lease; none means half.
    pub arena_account_bytes_max: Option<usize>,
    /// Worker threads; none means one for each core.
    pub workers: Option<NonZeroUsize>,
    /// Whether cells work though the kernel cannot fence them in.
    pub weak_cells: bool,
    /// The most memory of its own that a cell may take; none means a share of half the machine's.
    pub cell_bytes_max: Option<usize>,
    /// Jobs that may wait in all.
    pub queue_len_max: usize,
    /// Jobs of one account that may wait.
    pub account_queue_len_max: usize,
    /// Simulation sessions that may run at once.
    pub sessions_max: usize,
    /// Simulation sessions of one account.
    pub account_sessions_max: usize,
    /// The largest request body.
    pub body_bytes_max: u64,
    /// The most bytes of blobs that one account may store.
    pub blob_bytes_max: u64,
    /// The most memory that the regions of one account may take.
    pub region_bytes_max: usize,
    /// Connections that may be open at once; none means what the limit of open files leaves.
    pub connections_max: Option<usize>,
    /// Browser origins that may call, besides loopback.
    pub cors_origins: Vec<String>,
    /// The names of hosts, besides loopback, under which `/mcp` answers.
    pub mcp_hosts: Vec<String>,
    /// The certificate chain, as PEM.
    pub tls_cert: Option<PathBuf>,
    /// Its private key, as PEM.
    pub tls_key: Option<PathBuf>,
    /// The operator's prices, where they are not the units' own.
    pub prices: Option<PathBuf>,
    /// How often accounts are charged for what they store, where that costs anything.
    pub storage_charged_every: Duration,
    /// How the cost of a job is split; all of it is the node's where this names nothing.
    pub fee_policy: Option<PathBuf>,
    /// Where `/metrics` is served to others than loopback.
    pub metrics_listen: Option<SocketAddr>,
    /// The URL of the collector that takes traces, if they are exported.
    pub otlp_endpoint: Option<String>,
    /// Headers that go with them.
    pub otlp_headers: Vec<(HeaderName, HeaderValue)>,
    /// How many of the traces that begin here are recorded, from 0 to 1.
    pub otlp_sample_ratio: f64,
    /// How logs are written.
    pub log_format: LogFormat,
    /// What is logged: a level, or directives such as `info,inos_gateway=debug`.
    pub log_level: String,
    /// What the admin account starts with.
    pub starting_credits: Microcredits,
    /// How long a finished job and its kept outputs stay.
    pub keep_jobs: Duration,
    /// How long a job may wait and run together.
    pub deadline_max: Duration,
    /// How long a stopping server waits for running jobs.
    pub drain: Duration,
    /// What was said of settings and where, as it may be shown: without secrets.
    pub(crate) said: BTreeMap<&'static str, Said>,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One line for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// One option: its name, what it takes, its default and its words.
pub struct Setting {
    /// `--name`, `INOS_NAME` and `name = …` in the file.
    pub name: &'static str,
    /// What it takes.
    pub value: &'static str,
    /// Its default as it would be written; empty means none.
    pub default: &'static str,
    /// What it is for.
    pub help: &'static str,
    shown: Shown,
    set: fn(&mut Config, &str) -> Result<(), String>,
}

/// How much of a setting others than who has set it may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// All of it.
    Whole,
    /// Which database it is, without what opens it.
    Database,
    /// Of a URL its scheme, host and port: keys are put into paths, too.
    Host,
    /// Of headers their names.
    Names,
}

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {message}")]
pub struct Error {
    /// Where it was said: `--listen`, `INOS_LISTEN` or `inos.toml:3`.
    pub at: String,
    /// What is wrong.
    pub message: String,
    /// What may have been meant.
    pub hint: Option<String>,
}

impl Setting {
    /// Its variable in the environment: `INOS_DATA_DIR`.
    pub fn variable(&self) -> String {
        format!("INOS_{}", self.name.to_uppercase().replace('-', "_"))
    }

    /// The setting of that name, hyphens or underscores.
    pub fn find(name: &str) -> Option<&'static Self> {
        let name = name.replace('_', "-");
        SETTINGS.iter().find(|setting| setting.name == name)
    }
}

impl Default for Config {
    /// The default of every setting.
    fn default() -> Self {
        let mut config = Self::empty();
        for setting in SETTINGS.iter().filter(|setting| !setting.default.is_empty()) {
            (setting.set)(&mut config, setting.default).expect("every default can be read");
        }
        config
    }
}

impl Config {
    fn empty() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data_dir: PathBuf::new(),
            database_url: None,
            name: String::new(),
            arena_bytes: 0,
            arena_account_bytes_max: None,
            workers: None,
            weak_cells: false,
            cell_bytes_max: None,
            queue_len_max: 0,
            account_queue_len_max: 0,
            body_bytes_max: 0,
            blob_bytes_max: 0,
            sessions_max: 0,
            account_sessions_max: 0,
            region_bytes_max: 0,
            connections_max: None,
            cors_origins: Vec::new(),
            mcp_hosts: Vec::new(),
            tls_cert: None,
            tls_key: None,
            prices: None,
            storage_charged_every: Duration::ZERO,
            fee_policy: None,
            metrics_listen: None,
            otlp_endpoint: None,
            otlp_headers: Vec::new(),
            otlp_sample_ratio: 0.0,
            log_format: LogFormat::Text,
            log_level: String::new(),
            starting_credits: Microcredits::ZERO,
            keep_jobs: Duration::ZERO,
            deadline_max: Duration::ZERO,
            drain: Duration::ZERO,
            said: BTreeMap::new(),
        }
    }

    /// The database's URL, the default filled in. It may hold a password: never log it as it is.
    pub fn database_url(&self) -> String {
        self.database_url.clone().unwrap_or_else(|| {
            let path = self.data_dir.join("inos.db").display().to_string();
            // The path stands in a URL now, where these three mean something else.
            format!("sqlite://{}", path.replace('%', "%25").replace('?', "%3F").replace('#', "%23"))
        })
    }

    /// Where traces are exported to, if they are.
    pub fn collector(&self) -> Option<Collector> {
        let Self { otlp_endpoint, otlp_headers, otlp_sample_ratio, .. } = self;
        Some(Collector { url: otlp_endpoint.clone()?, headers: otlp_headers.clone(), ratio: *otlp_sample_ratio })
    }

    /// Whether HTTPS is served.
    pub fn tls(&self) -> bool {
        self.tls_cert.is_some()
    }

    fn check(&self) -> Result<(), Error> {
        let wrong = |at: &str, message: &str| Err(Error { at: at.into(), message: message.into(), hint: None });
        match (&self.tls_cert, &self.tls_key) {
            (Some(_), None) => return wrong("tls-cert", "needs tls-key beside it"),
            (None, Some(_)) => return wrong("tls-key", "needs tls-cert beside it"),
            _ => {}
        }
        if self.arena_account_bytes_max.is_some_and(|max| max > self.arena_bytes) {
            return wrong("arena-account-max", "is more than the whole arena (arena-size)");
        }
        if self.cell_bytes_max.is_some_and(|max| max < CELL_BYTES_MIN) {
            return wrong("cell-memory", "is less than 64MiB, and a cell takes about that to work at all");
        }
        if self.storage_charged_every < Duration::from_secs(1) {
            return wrong("storage-charged-every", "is less than a second");
        }
        if self.account_queue_len_max > self.queue_len_max {
            return wrong("account-queue-max", "is more than the whole queue (queue-max)");
        }
        Ok(())
    }
}

impl fmt::Debug for Config {
    /// Everything but the password of the database.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("data_dir", &self.data_dir)
            .field("database_url", &redact::secrets(&self.database_url()))
            .field("name", &self.name)
            .field("arena_bytes", &self.arena_bytes)
            .field("workers", &self.workers)
            .field("weak_cells", &self.weak_cells)
            .field("tls", &self.tls())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
