//! A server of its own for each test: SQLite and payloads in a temporary folder, port 0.

use std::{net::SocketAddr, time::Duration};

use inos_broker::{Broker, Parts};
use inos_protocols::{Microcredits, NodeId};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    Gateway, Options,
    state::{App, State},
};

/// A running server.
pub(super) struct House {
    pub(super) gateway: Option<Gateway>,
    pub(super) address: SocketAddr,
    pub(super) key: String,
    broker: Broker,
    _folder: tempfile::TempDir,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Short waits, so that tests need not be long ones.
pub(super) fn options() -> Options {
    Options {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        shards: 2,
        header_timeout: Duration::from_millis(300),
        idle_timeout: Duration::from_millis(900),
        handshake_timeout: Duration::from_millis(300),
        body_window: Duration::from_millis(300),
        ..Options::default()
    }
}

pub(super) async fn house() -> House {
    house_with(options()).await
}

pub(super) async fn house_with(options: Options) -> House {
    let folder = tempfile::tempdir().unwrap();
    let signer = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let node = NodeId(signer.verifying_key().to_bytes());
    let blobs = inos_blobs::Blobs::open(&folder.path().join("payloads")).unwrap();
    let flushed = blobs.clone();
    let url = format!("sqlite://{}", folder.path().join("inos.db").display());
    let starting_credits = Microcredits::saturating(1_000_000_000);
    let ledger = inos_ledger::Options { url, node, signer, starting_credits, lease_ms: 60_000, fees: None };
    let (ledger, books) = inos_ledger::open(ledger, Box::new(move || flushed.flush())).await.unwrap();
    let arena = inos_arena::Arena::create(inos_arena::Options {
        bytes: 64 << 20,
        account_bytes_max: 32 << 20,
        spool_dir: folder.path().join("spool"),
    })
    .unwrap();
    let engine = inos_engine::Options {
        workers: 2,
        queue_len_max: 10_000,
        account_queue_len_max: 5_000,
        sessions_max: 4,
        account_sessions_max: 2,
        stop_grace: Duration::from_secs(2),
    };
    let engine = inos_engine::Engine::start(inos_catalog::builtin(), None, arena.clone(), engine).unwrap();
    let key = ledger.first_start("admin").await.unwrap().unwrap().secret;
    let told = inos_broker::Options {
        node,
        keep_jobs: Duration::from_secs(3600),
        deadline_max: Duration::from_secs(600),
        blob_bytes_max: 1 << 30,
        account_queue_len_max: 5_000,
        region_bytes_max: 1 << 28,
        regions_max: 10_000,
        sweep_every: Duration::from_secs(3600),
        storage_charged_every: Duration::from_secs(3600),
        prices_from_file: false,
    };
    let vault = inos_vault::Vault::of(folder.path());
    let broker = Broker::new(Parts { ledger, books, engine, arena, blobs, vault, recorder: None }, told);
    let gateway = Gateway::start(broker.clone(), options).unwrap();
    House { address: gateway.address(), gateway: Some(gateway), key, broker, _folder: folder }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(gateway) = self.gateway.take() {
            gateway.stop(Duration::ZERO);
        }
    }
}

impl House {
    /// What handlers share, for a request that does not come in by a socket.
    pub(super) fn app(&self) -> App {
        State::new(self.broker.clone(), options())
    }

    pub(super) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends these very bytes and reads until the server closes.
    pub(super) async fn raw(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.connect().await;
        stream.write_all(bytes).await.unwrap();
        let mut all = Vec::new();
        // A reset after the last answer is an end like any other.
        let _ =
            tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut all)).await.expect("never closed");
        all
    }

    /// Asks with the admin's key.
    pub(super) async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let bearer = format!("Bearer {}", self.key);
        let mut with_key = vec![("authorization", bearer.as_str())];
        with_key.extend_from_slice(headers);
        self.ask_openly(method, path, &with_key, body).await
    }

    /// Asks without a key.
    pub(super) async fn ask_openly(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() || matches!(method, "POST" | "PUT") {
            request.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        request.push_str("\r\n");
        let mut bytes = request.into_bytes();
        bytes.extend_from_slice(body);
        parse(&self.raw(&bytes).await)
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], b"").await
    }

    pub(super) async fn post_json(&self, path: &str, headers: &[(&str, &str)], json: serde_json::Value) -> Answer {
        let mut all = vec![("content-type", "application/json")];
        all.extend_from_slice(headers);
        self.ask("POST", path, &all, json.to_string().as_bytes()).await
    }
}

/// Reads one answer; chunks are put together.
pub(super) fn parse(all: &[u8]) -> Answer {
    let text = String::from_utf8_lossy(all);
    let split = all.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
    let head = String::from_utf8_lossy(&all[..split]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let body = &all[split + 4..];
    let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = if chunked { unchunked(body) } else { body.to_vec() };
    Answer { status, headers, body }
}

fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = body.windows(2).position(|two| two == b"\r\n") {
        let len = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        whole.extend_from_slice(&body[end + 2..end + 2 + len]);
        body = &body[(end + 4 + len).min(body.len())..];
    }
    whole
}
