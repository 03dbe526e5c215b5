//! The load driver: asks a server for jobs, in closed or open loop, and says how it did.
//! One driver for every server, bare peers included, so that ratios compare servers and not drivers.
//! It changes nothing but what its jobs change.

mod capsules;
mod driver;
mod fsync;
mod http;
mod process;
mod raw;
mod talk;
mod tally;
mod websocket;

use std::{
    net::{SocketAddr, ToSocketAddrs},
    thread,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use inos_protocols::job::Capsule;
use serde_json::{Value, json};

use driver::Schedule;
use process::Usage;
use tally::Tally;

pub use fsync::measure as fsync;

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Threads that only copy bytes need little stack.
const STACK_BYTES: usize = 256 << 10;

/// What is measured and how.
#[derive(Debug, Clone)]
pub struct Load {
    /// The server, as host and port.
    pub host: String,
    /// What is said to it.
    pub door: Door,
    /// Connections, each with a thread of its own.
    pub connections: usize,
    /// Requests or frames that each connection keeps under way.
    pub window: usize,
    /// Jobs in one frame.
    pub batch: usize,
    /// Jobs that are due in a second over all connections; none asks again as soon as there is an answer.
    pub rate: Option<f64>,
    /// How long to run before measuring.
    pub warm_up: Duration,
    /// How long to measure.
    pub span: Duration,
    /// How long answers may come in after that.
    pub grace: Duration,
    /// The server's process, where it runs on this machine.
    pub server_pid: Option<u32>,
}

/// How jobs are sent.
#[derive(Debug, Clone)]
pub enum Door {
    /// `POST` of the bytes to a path, over connections that stay.
    Http {
        /// Path and query.
        path: String,
        /// The value of the `Authorization` header.
        authorization: Option<String>,
        /// The body.
        body: Vec<u8>,
    },
    /// `POST /v1/jobs` of one capsule each, answered once it is durable.
    Jobs {
        /// The value of the `Authorization` header.
        authorization: Option<String>,
        /// The job.
        capsule: Box<Capsule>,
    },
    /// `POST /v1/batches` of many capsules, answered with their results.
    Batches {
        /// The value of the `Authorization` header.
        authorization: Option<String>,
        /// The job.
        capsule: Box<Capsule>,
    },
    /// Submit frames of `inos.capsule.v1`.
    Capsules {
        /// The value of the `Authorization` header.
        authorization: Option<String>,
        /// The job.
        capsule: Box<Capsule>,
    },
    /// Bare WebSocket frames of `u32 length, bytes` for each job, as a peer without capsules takes them.
    Raw {
        /// The path of its WebSocket.
        path: String,
        /// The bytes of a job.
        body: Vec<u8>,
    },
}

impl Door {
    const fn word(&self) -> &'static str {
        match self {
            Self::Http { .. } => "http",
            Self::Jobs { .. } => "jobs",
            Self::Batches { .. } => "batches",
            Self::Capsules { .. } => "ws",
            Self::Raw { .. } => "raw-ws",
        }
    }
}

/// Why a measurement could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server's address is unknown.
    #[error("could not find {host}")]
    Host {
        /// The host and port.
        host: String,
        /// Why.
        source: std::io::Error,
    },
    /// A connection could not be opened.
    #[error("could not connect to {host}")]
    Connect {
        /// The host and port.
        host: String,
        /// Why.
        source: std::io::Error,
    },
    /// The server refused the conversation.
    #[error("the server refused the connection: {0}")]
    Refused(String),
    /// The load cannot be made.
    #[error("{0}")]
    Load(String),
    /// A disk could not be measured.
    #[error("could not measure {}", path.display())]
    Disk {
        /// The folder.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// What a measurement gave.
#[derive(Debug, Clone)]
pub struct Report {
    load: Load,
    tally: Tally,
    span: Duration,
    server: Option<Usage>,
    client: Option<Usage>,
}

/// Runs a load to its end.
pub fn run(load: &Load) -> Result<Report, Error> {
    if load.connections == 0 || load.window == 0 || load.batch == 0 || load.span.is_zero() {
        return Err(Error::Load("connections, window, batch and seconds must be above 0".into()));
    }
    let address = resolve(&load.host)?;
    // Connected one after the other and before the clock starts: a slow handshake is not a slow job.
    let talks = (0..load.connections).map(|_| open(load, address)).collect::<Result<Vec<_>, _>>()?;
    let schedule = Schedule::new(Instant::now(), load);
    let mut tally = Tally::new();
    let (mut server, mut client) = (None, None);
    thread::scope(|scope| {
        let drivers: Vec<_> = talks
            .into_iter()
            .enumerate()
            .map(|(index, talk)| {
                let drive = move || driver::drive(talk, schedule.of(index));
                thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, drive)
            })
            .collect();
        sleep_until(schedule.begin);
        let before = (load.server_pid.and_then(Usage::of), Usage::of(std::process::id()));
        sleep_until(schedule.end);
        server = load.server_pid.and_then(Usage::of).zip(before.0).map(|(after, before)| after.since(before));
        client = Usage::of(std::process::id()).zip(before.1).map(|(after, before)| after.since(before));
        for driver in drivers {
            match driver.map(thread::ScopedJoinHandle::join) {
                Ok(Ok(part)) => tally.add(part),
                Ok(Err(_)) | Err(_) => tally.fail("a connection's thread could not run"),
            }
        }
    });
    Ok(Report { load: load.clone(), tally, span: load.span, server, client })
}

fn resolve(host: &str) -> Result<SocketAddr, Error> {
    let failed = |source| Error::Host { host: host.into(), source };
    let none = || failed(std::io::Error::other("it has no address"));
    host.to_socket_addrs().map_err(failed)?.next().ok_or_else(none)
}

fn open(load: &Load, address: SocketAddr) -> Result<talk::Line, Error> {
    let failed = |source| Error::Connect { host: load.host.clone(), source };
    let stream = std::net::TcpStream::connect_timeout(&address, CONNECT_TIMEOUT).map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    match &load.door {
        Door::Http { path, authorization, body } => {
            Ok(talk::Line::new(stream, http::Http::new(&load.host, path, authorization.as_deref(), body)))
        }
        Door::Jobs { authorization, capsule } => {
            Ok(talk::Line::new(stream, http::Http::of_job(&load.host, authorization.as_deref(), capsule)))
        }
        Door::Batches { authorization, capsule } => {
            let talk = http::Http::of_batch(&load.host, authorization.as_deref(), capsule, load.batch);
            Ok(talk::Line::new(stream, talk))
        }
        Door::Capsules { authorization, capsule } => {
            capsules::Capsules::open(stream, &load.host, authorization.as_deref(), capsule, load.batch)
        }
        Door::Raw { path, body } => raw::Raw::open(stream, &load.host, path, body, load.batch),
    }
}

fn sleep_until(moment: Instant) {
    thread::sleep(moment.saturating_duration_since(Instant::now()));
}

impl Report {
    /// Whether every job was answered and none failed.
    pub fn is_clean(&self) -> bool {
        self.tally.done > 0 && self.tally.errors == 0
    }

    /// What went wrong first, if anything did.
    pub fn trouble(&self) -> Option<&str> {
        self.tally.trouble.as_deref()
    }

    /// The report as one JSON object.
    pub fn to_json(&self) -> Value {
        let Self { load, tally, span, server, client } = self;
        let answered = tally.done + tally.rejected + tally.errors;
        let each = |usage: &Option<Usage>| {
            usage.filter(|_| answered > 0).map(|usage| round(usage.cpu.as_secs_f64() * 1e6 / answered as f64, 100.0))
        };
        let at = |quantile| micros(&tally.latency, quantile);
        json!({
            "door": load.door.word(),
            "loop": if load.rate.is_some() { "open" } else { "closed" },
            "connections": load.connections,
            "window": load.window,
            "batch": load.batch,
            "rate": load.rate,
            "seconds": span.as_secs_f64(),
            "jobs": tally.done,
            "throughput": (tally.done as f64 / span.as_secs_f64()).round() as u64,
            "p50_us": at(0.5),
            "p99_us": at(0.99),
            "p999_us": at(0.999),
            "max_us": at(1.0),
            "rejected": tally.rejected,
            "errors": tally.errors,
            "unanswered": tally.unanswered,
            "server_cpu_us_per_job": each(server),
            "server_rss_bytes": server.map(|usage| usage.rss_bytes),
            "client_cpu_us_per_job": each(client),
            "trouble": tally.trouble,
        })
    }
}

/// A quantile of nanoseconds, in microseconds with one decimal; none without a value.
fn micros(latency: &Histogram<u64>, quantile: f64) -> Option<f64> {
    (!latency.is_empty()).then(|| round(latency.value_at_quantile(quantile) as f64 / 1e3, 10.0))
}

fn round(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}

#[cfg(test)]
mod tests;
