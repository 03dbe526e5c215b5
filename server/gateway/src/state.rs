//! What every handler shares. It owns nothing that the broker owns.

use std::sync::Arc;

use inos_broker::Broker;
use inos_protocols::{account::LedgerHealth, node::Node, time::Time};
use tokio::time::Instant;

use crate::{
    Options,
    cellar::Cellar,
    cors::Origins,
    endings::Endings,
    metrics::Metrics,
    permits::Permits,
    rates::Rates,
    row::Row,
    seal::Seal,
    throttle::Throttle,
    tokens::{Links, Shelf, Tickets, Tokens},
    ws::{Feeds, Sessions},
};

/// A handle to what every handler shares.
pub(crate) type App = Arc<State>;

/// What every handler shares.
pub(crate) struct State {
    /// Who runs jobs and keeps the books.
    pub(crate) broker: Broker,
    /// Limits and durations.
    pub(crate) options: Arc<Options>,
    /// Who this server is.
    pub(crate) node: Node,
    /// Which pages may call.
    pub(crate) origins: Origins,
    /// Who has shown wrong keys.
    pub(crate) throttle: Throttle,
    /// How fast those with a limit ask.
    pub(crate) rates: Rates,
    /// Where bodies lie that are read as a whole, and frames that wait to be read.
    pub(crate) cellar: Cellar,
    /// Tokens of pages.
    pub(crate) tokens: Tokens,
    /// Tickets that open a WebSocket.
    pub(crate) tickets: Tickets,
    /// Links that sign in to the console.
    pub(crate) links: Links,
    /// What the console's cookies are made and read with, where this server lets anybody sign in to it.
    pub(crate) seal: Option<Seal>,
    /// Sessions of the console that somebody signed out of.
    pub(crate) endings: Arc<Endings>,
    /// WebSocket sessions that may be resumed.
    pub(crate) sessions: Sessions,
    /// Regions that WebSockets follow.
    pub(crate) feeds: Feeds,
    /// What is counted.
    pub(crate) metrics: Metrics,
    /// How the ledger was when it was last asked for the figures.
    pub(crate) health: tokio::sync::Mutex<Option<(Instant, LedgerHealth)>>,
    /// Connections and their caps.
    pub(crate) permits: Arc<Permits>,
    /// The table of routes.
    pub(crate) rows: Vec<Arc<Row>>,
    /// The description of the table.
    pub(crate) openapi: bytes::Bytes,
}

impl State {
    /// What handlers share at the start of a server.
    pub(crate) fn new(broker: Broker, options: Options) -> Arc<Self> {
        let rows: Vec<_> = crate::routes::table().into_iter().map(Arc::new).collect();
        let node_id = broker.options().node.to_string();
        let node = Node {
            id: broker.options().node,
            name: options.name.clone(),
            version: env!("CARGO_PKG_VERSION").into(),
            started: Time::now(),
        };
        Arc::new(Self {
            broker,
            node,
            origins: Origins::new(&options.cors_origins),
            throttle: Throttle::new(options.wrong_keys_per_minute_max),
            rates: Rates::default(),
            cellar: Cellar::new(options.messages_bytes_max),
            tokens: Shelf::new("inos_tok_"),
            tickets: Shelf::new("inos_tkt_"),
            links: Shelf::new("inos_lnk_"),
            seal: options.console_secret.as_ref().map(|secret| Seal::new(secret, &node_id, options.tls.is_some())),
            endings: Arc::default(),
            sessions: Sessions::default(),
            feeds: Feeds::default(),
            metrics: Metrics::default(),
            health: tokio::sync::Mutex::default(),
            permits: Permits::new(options.connections_max, options.connections_per_address_max),
            openapi: crate::openapi::document(&rows).into(),
            rows,
            options: Arc::new(options),
        })
    }
}
