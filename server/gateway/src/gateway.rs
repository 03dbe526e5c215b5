//! The gateway as its owner holds it: started once, asked for its addresses, stopped once.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use inos_broker::Broker;
use tokio_util::sync::CancellationToken;

use crate::{
    Error, Options,
    accept::{Entrance, Shards, listen},
    attach,
    auth::Bearer,
    endpoint,
    front::Front,
    serve::{Setting, Site},
    state::{App, State},
    tls,
};

/// The open doors of a server.
pub struct Gateway {
    address: SocketAddr,
    metrics_address: Option<SocketAddr>,
    shards: Shards,
    app: App,
}

impl Gateway {
    /// Binds the addresses, starts the threads and serves; returns once connections are accepted.
    pub fn start(broker: Broker, options: Options) -> Result<Self, Error> {
        let listener = listen(options.listen)?;
        let metrics_listener = options.metrics_listen.map(listen).transpose()?;
        let tls = options.tls.as_ref().map(tls::acceptor).transpose()?;
        let app = State::new(broker, options);
        let stop = CancellationToken::new();
        if let Some(path) = &app.options.attach_at
            && let Err(error) = attach::listen(Arc::clone(&app), path, stop.clone())
        {
            // Everything but mapping works without it, so that it is no reason not to serve.
            tracing::warn!(error = &error as &dyn std::error::Error, "regions cannot be attached by other processes");
        }
        let setting = |tls, is_operators| {
            let paths = if is_operators { endpoint::operators } else { endpoint::everybodys };
            let site: Arc<dyn Site> = Arc::new(Front::new(Arc::clone(&app), paths(Arc::clone(&app))));
            let (options, stop) = (Arc::clone(&app.options), stop.clone());
            Arc::new(Setting { options, site, tls, stop, is_operators })
        };
        let (address, metrics_address) = (
            local(&listener, app.options.listen)?,
            metrics_listener.as_ref().map(|listener| local(listener, app.options.listen)).transpose()?,
        );
        let mut entrances = vec![Entrance { listener, setting: setting(tls, false) }];
        entrances.extend(metrics_listener.map(|listener| Entrance { listener, setting: setting(None, true) }));
        let shards = Shards::start(entrances, app.options.shards, &app.permits, stop.clone())?;
        Ok(Self { address, metrics_address, shards, app })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the operator's figures are, if they have an address of their own.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// The path of a link that signs in to the console with this key, once and not for long; none where nobody can sign in.
    pub fn console_link(&self, key: &str) -> Option<String> {
        self.app.seal.as_ref()?;
        let ticket = self.app.links.put(Bearer::from(key), self.app.options.console_link_life).ok()?;
        // Behind a number sign, so that it stands in no log of requests.
        Some(format!("{}#ticket={ticket}", crate::console::PATH))
    }

    /// Accepts no more, ends connections at rest, lets requests under way end within `within`, then cuts the rest.
    ///
    /// Blocks; returns whether every connection ended by itself. Drain the broker first where `/readyz` should say
    /// so while there still are connections.
    pub fn stop(self, within: Duration) -> bool {
        self.shards.stop(within)
    }
}

fn local(listener: &TcpListener, address: SocketAddr) -> Result<SocketAddr, Error> {
    listener.local_addr().map_err(|source| Error::Listen { address, source })
}
