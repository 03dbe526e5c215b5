//! What the gateway is told by whoever starts it: every address, duration and size has its name here.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use crate::NodeConfig;

/// What the gateway is told by whoever starts it.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where `/metrics` is served instead of on the main port, which then answers it with 404.
    pub metrics_listen: Option<SocketAddr>,
    /// The Unix socket where processes of this user attach to regions; none without it.
    pub attach_at: Option<PathBuf>,
    /// Certificate and key; without them the port speaks plain HTTP/1.1.
    pub tls: Option<Tls>,
    /// Browser origins that may call; none means loopback origins only, `*` means every one (never with credentials).
    pub cors_origins: Vec<String>,
    /// The names of hosts, besides loopback, under which `/mcp` answers.
    pub mcp_hosts: Vec<String>,
    /// How many threads accept, parse and answer: one for each core.
    pub shards: usize,
    /// The most connections at once.
    pub connections_max: usize,
    /// The most connections at once from one address; loopback may have `connections_max`.
    pub connections_per_address_max: usize,
    /// How long a request's header, or the silence before the first, may take.
    pub header_timeout: Duration,
    /// How long a connection may rest between two requests.
    pub idle_timeout: Duration,
    /// How long a TLS handshake may take.
    pub handshake_timeout: Duration,
    /// How long a reader may take nothing of an answer.
    pub stall_timeout: Duration,
    /// The span over which a body's rate is measured.
    pub body_window: Duration,
    /// The fewest bytes in a second of a body, measured over `body_window`.
    pub body_bytes_per_second_min: u64,
    /// The most bytes of a body that streams into a job or a blob.
    pub body_bytes_max: u64,
    /// The most bytes of a capsule or a batch that is read as one message.
    pub message_bytes_max: u64,
    /// The most bytes of such messages that are in memory at once, all connections together.
    pub messages_bytes_max: u64,
    /// The most bytes of one WebSocket message.
    pub frame_bytes_max: u32,
    /// The most jobs that one WebSocket session may have under way.
    pub window: u32,
    /// The most bytes of answers that a WebSocket session keeps until they are acked.
    pub resume_bytes_max: usize,
    /// How long a session that was cut is kept.
    pub resume: Duration,
    /// How long a page's token may live at most.
    pub token_life_max: Duration,
    /// How long a WebSocket ticket may wait for its use.
    pub ticket_life: Duration,
    /// How long somebody who signed in to the console stays so.
    pub console_life: Duration,
    /// How long a link that signs in to the console may wait for its use.
    pub console_link_life: Duration,
    /// What the console's cookies are sealed with; nobody can sign in without it.
    pub console_secret: Option<ConsoleSecret>,
    /// How many wrong keys an address may show within a minute.
    pub wrong_keys_per_minute_max: u32,
    /// The node's name, for people.
    pub name: String,
    /// What the server was told, as an admin may see it; nobody sees any without it.
    pub settings: Option<NodeConfig>,
}

/// A certificate chain and its key, both PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The chain, the server's own certificate first.
    pub cert: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// What the console's cookies are sealed with; it is never printed. The same after a restart, so that nobody need sign in again.
#[derive(Clone)]
pub struct ConsoleSecret(pub [u8; 32]);

impl std::fmt::Debug for ConsoleSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ConsoleSecret(…)")
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 4667)),
            metrics_listen: None,
            attach_at: None,
            tls: None,
            cors_origins: Vec::new(),
            mcp_hosts: Vec::new(),
            shards: std::thread::available_parallelism().map_or(2, usize::from),
            connections_max: 20_000,
            connections_per_address_max: 1_024,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            handshake_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(60),
            body_window: Duration::from_secs(10),
            body_bytes_per_second_min: 1_024,
            body_bytes_max: 16 << 30,
            message_bytes_max: 64 << 20,
            messages_bytes_max: 512 << 20,
            frame_bytes_max: 16 << 20,
            window: 4_096,
            resume_bytes_max: 8 << 20,
            resume: Duration::from_secs(60),
            token_life_max: Duration::from_secs(3_600),
            ticket_life: Duration::from_secs(60),
            console_life: Duration::from_secs(8 * 3_600),
            console_link_life: Duration::from_secs(15 * 60),
            console_secret: None,
            wrong_keys_per_minute_max: 20,
            name: "inos".into(),
            settings: None,
        }
    }
}
