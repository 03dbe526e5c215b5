//! A server from its first open file to its last: open, serve, drain, stop. The one place where the crates meet.

mod cells;
mod check;
mod core;
mod first;

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use inos_gateway::{ConsoleSecret, Gateway, Options, Tls};
use inos_protocols::NodeId;

use crate::{config::Config, exit::Exit, files, identity, lock, tables};

pub use check::{check, migrate};
pub(crate) use first::FIRST_START;

/// How long a draining server still takes connections, so that those who watch its readiness can turn away.
const ACCEPT_GRACE: Duration = Duration::from_secs(2);
/// The socket in the data directory where processes of the same user attach to regions.
pub(crate) const ATTACH: &str = "regions.sock";
/// How long connections may take to end once no job is under way.
const CLOSE_GRACE: Duration = Duration::from_secs(2);

/// A running server.
pub struct Server {
    core: core::Core,
    gateway: Gateway,
    drain: Duration,
    tls: bool,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data directory is not to be had.
    #[error(transparent)]
    Lock(#[from] lock::Error),
    /// A key file cannot be used.
    #[error(transparent)]
    Identity(#[from] identity::Error),
    /// The master key of held keys cannot be used.
    #[error(transparent)]
    Vault(#[from] inos_vault::Error),
    /// Held keys are sealed under a master key that is not here.
    #[error("the keys that this database holds are sealed under a master key that {} is not", path.display())]
    OtherMaster {
        /// Where it should be.
        path: PathBuf,
    },
    /// A file in the data directory could not be made or removed.
    #[error("could not write {}", path.display())]
    DataDir {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The operator's file of prices or fees cannot be used.
    #[error(transparent)]
    Table(#[from] tables::Error),
    /// The payloads did not open.
    #[error("could not open the payloads")]
    Blobs(#[from] inos_blobs::Error),
    /// The arena could not be made.
    #[error("could not make the arena")]
    Arena(#[from] inos_arena::Error),
    /// The engine did not start.
    #[error("could not start the engine")]
    Engine(#[from] inos_engine::Error),
    /// The thread that begins cells did not start.
    #[error("could not start the lane of cells")]
    Cells(#[source] io::Error),
    /// The registry of units could not be made.
    #[error("could not say in memory which units there are: {0}")]
    Registry(String),
    /// The exporter of traces did not start.
    #[error("could not start the exporter of traces")]
    Exporter(#[source] io::Error),
    /// The ledger did not open.
    #[error("could not open the ledger")]
    Ledger(#[from] inos_ledger::Error),
    /// The doors did not open.
    #[error("could not open the doors")]
    Gateway(#[from] inos_gateway::Error),
}

impl Error {
    /// The exit code that says it.
    pub fn exit(&self) -> Exit {
        use inos_gateway::Error::{Certificate, Pem};
        use inos_ledger::Error::{NewerSchema, Payee, Shares, Url};
        match self {
            Self::Lock(lock::Error::InUse { .. }) => Exit::InUse,
            Self::Lock(lock::Error::Unfinished { .. })
            | Self::Ledger(NewerSchema { .. } | Url { .. } | Payee(_) | Shares)
            | Self::Gateway(Certificate { .. } | Pem { .. }) => Exit::Config,
            Self::Vault(inos_vault::Error::NotAKey { .. })
            | Self::OtherMaster { .. }
            | Self::Table(_)
            | Self::Engine(inos_engine::Error::Option { .. } | inos_engine::Error::Prices(_))
            | Self::Arena(inos_arena::Error::Layout(_)) => Exit::Config,
            _ => Exit::Internal,
        }
    }

    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Lock(lock::Error::InUse { .. }) => Some("stop that server first, or name another --data-dir"),
            Self::Lock(lock::Error::Unfinished { .. }) => Some("empty the directory and restore into it again"),
            Self::Ledger(inos_ledger::Error::NewerSchema { .. }) => Some("start the newer program that migrated it"),
            Self::Vault(inos_vault::Error::NotAKey { .. }) | Self::OtherMaster { .. } => Some(
                "copy keys.master from a backup, or from the data directory of another server of this database (mode 0600)",
            ),
            Self::Gateway(inos_gateway::Error::Listen { .. }) => {
                Some("another program may listen there: choose another --listen")
            }
            _ => None,
        }
    }
}

impl Server {
    /// Opens everything and serves; returns once connections are accepted.
    ///
    /// Must be called within a multi-threaded Tokio runtime, which must live until [`Server::stop`] has returned.
    pub async fn start(config: &Config) -> Result<Self, Error> {
        let core = core::Core::open(config).await?;
        match Gateway::start(core.broker.clone(), gateway_options(config, core.console_secret)) {
            Ok(gateway) => Ok(Self { core, gateway, drain: config.drain, tls: config.tls() }),
            Err(error) => {
                core.close().await;
                Err(error.into())
            }
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.gateway.address()
    }

    /// The URL for somebody on this machine.
    pub fn url(&self) -> String {
        let (scheme, mut address) = (if self.tls { "https" } else { "http" }, self.address());
        if address.ip().is_unspecified() {
            address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
        }
        format!("{scheme}://{address}")
    }

    /// Where `/metrics` is served, if it has an address of its own.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.gateway.metrics_address()
    }

    /// Who it is.
    pub fn node(&self) -> NodeId {
        self.core.node
    }

    /// Where the admin key lies and whether this start made it; none if somebody took it away.
    pub fn admin_key(&self) -> Option<(&Path, bool)> {
        self.core.admin_key.as_ref().map(|(path, is_new)| (path.as_path(), *is_new))
    }

    /// A link that signs in to the console as the admin, once and for some minutes; none without the admin's key.
    pub fn console_link(&self) -> Option<String> {
        let (path, _) = self.admin_key()?;
        let key = identity::read_secret(path).ok()??;
        Some(format!("{}{}", self.url(), self.gateway.console_link(&key)?))
    }

    /// Refuses new jobs, lets those under way end, closes connections and books.
    ///
    /// Returns whether everything ended in time; what did not is taken up at the next start.
    pub async fn stop(self) -> bool {
        let Self { core, gateway, drain, .. } = self;
        let begun = Instant::now();
        let left = move || drain.saturating_sub(begun.elapsed()).max(CLOSE_GRACE);
        let broker = core.broker.clone();
        let mut drained = tokio::spawn(async move { broker.drain(drain).await });
        let early = tokio::time::timeout(ACCEPT_GRACE.min(drain), &mut drained).await;
        let closed = tokio::task::spawn_blocking(move || gateway.stop(left()));
        let drained = match early {
            Ok(drained) => drained,
            Err(_) => drained.await,
        };
        let closed = closed.await;
        core.close().await;
        drained.unwrap_or(false) && closed.unwrap_or(false)
    }
}

fn gateway_options(config: &Config, console_secret: [u8; 32]) -> Options {
    let settings = Some(crate::config::told(config));
    let tls = config.tls_cert.clone().zip(config.tls_key.clone()).map(|(cert, key)| Tls { cert, key });
    Options {
        listen: config.listen,
        metrics_listen: config.metrics_listen,
        tls,
        cors_origins: config.cors_origins.clone(),
        mcp_hosts: config.mcp_hosts.clone(),
        connections_max: files::connections_max(config.connections_max),
        body_bytes_max: config.body_bytes_max,
        name: config.name.clone(),
        settings,
        console_secret: Some(ConsoleSecret(console_secret)),
        attach_at: Some(config.data_dir.join(ATTACH)),
        ..Options::default()
    }
}

#[cfg(test)]
mod tests;
