//! `inos bench`: one load or a few, one JSON object a line.

mod cancel;

use std::{path::PathBuf, time::Duration};

use clap::{Args, Subcommand};
use inos_protocols::job::{Capsule, Input, Params};

use super::run::{merged, pair};
use crate::{
    bench::{self, Door, Load},
    client::{At, is_loopback, path_with, percent},
    config::size,
    exit::{Exit, Failure},
    lock,
    terminal::{Terminal, say},
};

/// How long answers may come in after the end.
const GRACE: Duration = Duration::from_secs(5);

/// Load a server and print figures, one JSON object a line
#[derive(Debug, Args)]
#[command(after_help = "Example: inos bench ws --connections 4 --window 16 --batch 64\n\
    The same driver loads a bare peer: inos bench ws --raw /ws --url http://127.0.0.1:8080")]
pub(super) struct Bench {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    pub(super) at: At,
}

#[derive(Debug, Subcommand)]
enum What {
    /// One `POST` a job over connections that stay
    Http(Options),
    /// Frames of capsules over WebSocket
    Ws(Options),
    /// Batches of capsules over HTTP, answered with their results
    Batches(Options),
    /// Asynchronous jobs over HTTP, one a request, answered once they are durable
    Jobs(Options),
    /// How long it takes from a wish to cancel a running job until the books say that it was
    Cancel(cancel::Options),
    /// How long a flush of the data directory's disk takes
    Fsync {
        /// How many flushes
        #[arg(long, default_value_t = 200)]
        count: u32,
    },
}

#[derive(Debug, Args)]
struct Options {
    /// What to run
    #[arg(value_name = "UNIT.METHOD", default_value = "compute.blake3")]
    target: String,
    /// A parameter, as often as there are any
    #[arg(short, long = "param", value_name = "NAME=VALUE", value_parser = pair)]
    params: Vec<(String, String)>,
    /// The input's bytes
    #[arg(long, value_name = "FILE", conflicts_with = "size")]
    input: Option<PathBuf>,
    /// How many made-up bytes the input has
    #[arg(long, value_parser = size, default_value = "1KiB")]
    size: u64,
    /// Connections
    #[arg(short, long, default_value_t = 1)]
    connections: usize,
    /// Requests or frames under way on each connection
    #[arg(short, long, default_value_t = 1)]
    window: usize,
    /// Jobs in a frame (ws) or a request (batches)
    #[arg(short, long, default_value_t = 1)]
    batch: usize,
    /// Open loop: jobs due in a second over all connections; latency counts from when a job was due
    #[arg(short, long)]
    rate: Option<f64>,
    /// How long to measure
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "5s")]
    span: Duration,
    /// How long to run before
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "1s")]
    warm_up: Duration,
    /// Load a bare peer at this path: bytes alone, or WebSocket frames of `u32 length, bytes`
    #[arg(long, value_name = "PATH")]
    raw: Option<String>,
    /// The server's process, for its processor time and memory [default: the data directory's]
    #[arg(long, value_name = "PID")]
    server_pid: Option<u32>,
}

/// How jobs are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Http,
    Ws,
    Batches,
    Jobs,
}

impl Way {
    /// Whether a request or frame has more than one job.
    fn takes_many(self) -> bool {
        matches!(self, Self::Ws | Self::Batches)
    }
}

impl Bench {
    pub(super) fn run(&self, terminal: Terminal) -> Result<Exit, Failure> {
        let load = match &self.what {
            What::Http(options) => self.load(options, Way::Http)?,
            What::Ws(options) => self.load(options, Way::Ws)?,
            What::Batches(options) => self.load(options, Way::Batches)?,
            What::Jobs(options) => self.load(options, Way::Jobs)?,
            What::Cancel(options) => return cancel::run(&self.at, options, terminal),
            What::Fsync { count } => {
                let dir = if self.at.data_dir.is_dir() { self.at.data_dir.clone() } else { PathBuf::from(".") };
                let report = bench::fsync(&dir, *count).map_err(|error| Failure::from_error(Exit::Failed, &error))?;
                terminal.line(&report.to_string())?;
                return Ok(Exit::Done);
            }
        };
        let report = bench::run(&load).map_err(|error| failure(&error))?;
        terminal.line(&report.to_json().to_string())?;
        if report.is_clean() {
            return Ok(Exit::Done);
        }
        say(&format!("not every job succeeded: {}", crate::show::clean(report.trouble().unwrap_or("none was done"))));
        Ok(Exit::Failed)
    }

    fn load(&self, options: &Options, way: Way) -> Result<Load, Failure> {
        let host = self.at.url.strip_prefix("http://").or_else(|| self.at.url.strip_prefix("ws://"));
        let host = host.ok_or_else(|| Failure::usage("the driver speaks plain http:// and ws:// only"))?;
        let host = host.split('/').next().unwrap_or_default();
        let host = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
        if !way.takes_many() && options.batch != 1 {
            return Err(Failure::usage("such a request is one job: --batch is for ws and batches"));
        }
        if options.raw.is_some() && matches!(way, Way::Batches | Way::Jobs) {
            return Err(Failure::usage("a bare peer has no batches and no jobs: --raw is for http and ws"));
        }
        let Options { connections, window, batch, rate, warm_up, span, .. } = *options;
        if rate.is_some_and(|rate| !(rate.is_finite() && rate > 0.0)) {
            return Err(Failure::usage("a rate is a number above 0"));
        }
        let local = is_loopback(host.rsplit_once(':').map_or(&host, |(name, _)| name)) && options.raw.is_none();
        let server_pid = options.server_pid.or_else(|| local.then(|| lock::server(&self.at.data_dir)).flatten());
        let door = self.door(options, way)?;
        Ok(Load { host, door, connections, window, batch, rate, warm_up, span, grace: GRACE, server_pid })
    }

    fn door(&self, options: &Options, way: Way) -> Result<Door, Failure> {
        let body = match &options.input {
            Some(path) => std::fs::read(path).map_err(|error| Failure::file("read", path, &error))?,
            None => (0..options.size).map(|index| (index * 31) as u8).collect(),
        };
        if let Some(path) = options.raw.clone() {
            let http = |path| Door::Http { path, authorization: None, body: body.clone() };
            return Ok(if way == Way::Ws { Door::Raw { path, body } } else { http(path) });
        }
        let (unit, method) = options.target.split_once('.').ok_or_else(|| Failure::usage("name a UNIT.METHOD"))?;
        let authorization = self.at.key().map(|key| format!("Bearer {key}"));
        if way == Way::Http {
            let query: Vec<_> =
                options.params.iter().map(|(name, value)| (name.as_str(), Some(value.clone()))).collect();
            let path = path_with(&format!("/v1/run/{}/{}", percent(unit), percent(method)), &query);
            return Ok(Door::Http { path, authorization, body });
        }
        let capsule = Capsule {
            params: merged(Params::new(), &options.params),
            ..Capsule::new(unit, method, vec![Input::Bytes(body.into())])
        };
        let capsule = Box::new(capsule);
        Ok(match way {
            Way::Jobs => Door::Jobs { authorization, capsule },
            Way::Batches => Door::Batches { authorization, capsule },
            Way::Http | Way::Ws => Door::Capsules { authorization, capsule },
        })
    }
}

fn failure(error: &bench::Error) -> Failure {
    let exit = match error {
        bench::Error::Load(_) => Exit::Usage,
        bench::Error::Host { .. } | bench::Error::Connect { .. } => Exit::Unreachable,
        bench::Error::Refused(_) | bench::Error::Disk { .. } => Exit::Failed,
    };
    Failure::from_error(exit, error)
}
