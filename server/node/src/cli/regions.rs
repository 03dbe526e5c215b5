//! `inos regions` and `inos arena`: shared state, read and followed over HTTP or in memory.

use std::{
    io::Write as _,
    os::{fd::OwnedFd, unix::net::UnixStream},
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::Subcommand;
use inos_arena::Attached;
use serde_json::{Value, json};

use super::{files, jobs::pages};
use crate::{
    client::{At, Client, path_with, percent},
    exit::{Exit, Failure},
    serve::ATTACH,
    terminal::{self, Terminal},
};

/// How long one question waits for the next epoch, in seconds.
const WAIT_S: u64 = 30;

/// How often to look whether the server is still there, which says nothing when it is killed.
pub(super) const LOOK: Duration = Duration::from_secs(1);

/// Shared state: list regions, read one, follow it
#[derive(Debug, clap::Args)]
pub(super) struct Regions {
    #[command(subcommand)]
    deed: Deed,
    #[command(flatten)]
    pub(super) at: At,
}

/// What the server's shared memory holds
#[derive(Debug, clap::Args)]
pub(super) struct Arena {
    /// Look twice, so many seconds apart, and say how fast the counters moved
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    over: Option<u64>,
    #[command(flatten)]
    pub(super) at: At,
}

#[derive(Debug, Subcommand)]
enum Deed {
    /// Your regions, by name
    List {
        /// How many
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Read a region's newest epoch
    Get {
        /// Its name
        name: String,
        /// Where to; standard output otherwise
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Say each new epoch of a region, newest only
    Watch {
        /// Its name
        name: String,
        /// Map its memory, on the server's own machine, and ask the server nothing more
        #[arg(long)]
        attach: bool,
        /// End after so many
        #[arg(long, value_name = "COUNT")]
        count: Option<u64>,
    },
}

impl Regions {
    pub(super) fn run(&self, terminal: Terminal, client: &Client) -> Result<Exit, Failure> {
        match &self.deed {
            Deed::List { limit } => {
                let regions = pages(client, "/v1/regions", &[], *limit)?;
                let columns = ["name", "epoch", "bytes", "media_type", "persistent", "waiters", "attached"];
                terminal.table(&Value::from(regions.clone()), &regions, &columns, "There are no regions.")?;
            }
            Deed::Get { name, output } => {
                let mut response = client.download(&of(name), &[])?;
                let mut output = files::Output::open(output.as_deref())?;
                files::copy(&mut response.body_mut().as_reader(), &mut output)?;
                output.flush().map_err(|error| terminal::unwritten(&error))?;
                output.keep()?;
            }
            Deed::Watch { name, attach: false, count } => watch(terminal, client, name, *count)?,
            Deed::Watch { name, attach: true, count } => self.follow(terminal, name, *count)?,
        }
        Ok(Exit::Done)
    }

    /// Follows a region in memory; attaches again where it moved, or where the server ended it: then that says why.
    fn follow(&self, terminal: Terminal, name: &str, count: Option<u64>) -> Result<(), Failure> {
        let (mut seen, mut said, mut bytes) = (0, 0, Vec::new());
        loop {
            let (socket, region) = attach(&self.at, name)?;
            let is_over = || region.is_retired() || region.has_ended() || is_closed(&socket);
            loop {
                if count.is_some_and(|count| said >= count) {
                    return Ok(());
                }
                if region.wait(seen, Some(LOOK)) == seen {
                    if is_over() {
                        break;
                    }
                    continue;
                }
                // Where the buffer was taken meanwhile, a newer one is there.
                let Ok(epoch) = region.read(&mut bytes) else { continue };
                say(terminal, epoch, bytes.len() as u64)?;
                (seen, said) = (epoch, said + 1);
            }
        }
    }
}

impl Arena {
    pub(super) fn run(&self, terminal: Terminal, client: &Client) -> Result<Exit, Failure> {
        let look = || client.get("/v1/stats");
        let Some(seconds) = self.over else {
            let stats = look()?;
            terminal
                .facts(&json!({ "arena": stats["arena"], "regions": stats["regions"], "rings": stats["rings"] }))?;
            return Ok(Exit::Done);
        };
        let (before, begun) = (look()?, Instant::now());
        std::thread::sleep(Duration::from_secs(seconds));
        let after = look()?;
        let rates = rates(&before, &after, begun.elapsed());
        let [arena, regions, rings] = ["arena", "regions", "rings"].map(|part| &after[part]);
        terminal.facts(&json!({ "arena": arena, "regions": regions, "rings": rings, "per_second": rates }))?;
        Ok(Exit::Done)
    }
}

/// How fast each counter moved between two looks, rounded to whole numbers a second.
fn rates(before: &Value, after: &Value, elapsed: Duration) -> Value {
    let rate = |before: &Value, after: &Value| {
        let moved = after.as_u64().unwrap_or(0).saturating_sub(before.as_u64().unwrap_or(0));
        (moved as f64 / elapsed.as_secs_f64()).round() as u64
    };
    let named = |names: Vec<&str>, of: &dyn Fn(&Value, &str) -> Value| {
        let rates = names.into_iter().map(|name| (name.to_owned(), rate(&of(before, name), &of(after, name)).into()));
        Value::Object(rates.collect())
    };
    let copied = after["arena"]["copied_bytes"].as_object();
    let places = copied.map(|copied| copied.keys().map(String::as_str).collect()).unwrap_or_default();
    let epoch = |stats: &Value, index: &Value| {
        let all = stats["arena"]["epochs"].as_array().map_or(&[][..], Vec::as_slice);
        all.iter().find(|epoch| epoch["index"] == *index).map_or(Value::Null, |epoch| epoch["value"].clone())
    };
    let epochs = after["arena"]["epochs"].as_array().map_or(&[][..], Vec::as_slice).iter().map(|one| {
        let index = &one["index"];
        json!({ "index": index, "advanced": rate(&epoch(before, index), &one["value"]) })
    });
    json!({
        "copied_bytes": named(places, &|stats, place| stats["arena"]["copied_bytes"][place].clone()),
        "epochs": epochs.collect::<Vec<_>>(),
        "regions": named(
            vec!["published", "copied_bytes", "skipped", "revoked", "moved"],
            &|stats, name| stats["regions"][name].clone(),
        ),
        "rings": named(vec!["written", "dropped"], &|stats, name| stats["rings"][name].clone()),
    })
}

fn watch(terminal: Terminal, client: &Client, name: &str, count: Option<u64>) -> Result<(), Failure> {
    let (mut seen, mut said) = (0_u64, 0);
    while count.is_none_or(|count| said < count) {
        let query = [("after", Some(seen.to_string())), ("wait", Some(WAIT_S.to_string()))];
        let response = client.download(&path_with(&of(name), &query), &[])?;
        if response.status() == 304 {
            continue;
        }
        let epoch = response.headers().get("inos-epoch").and_then(|epoch| epoch.to_str().ok()?.parse().ok());
        let epoch = epoch.ok_or_else(|| Failure::new(Exit::Failed, "the server named no epoch"))?;
        let bytes = std::io::copy(&mut response.into_body().into_reader(), &mut std::io::sink());
        say(terminal, epoch, bytes.map_err(|error| broken(&error))?)?;
        (seen, said) = (epoch, said + 1);
    }
    Ok(())
}

fn say(terminal: Terminal, epoch: u64, bytes: u64) -> Result<(), Failure> {
    if terminal.json() {
        return terminal.value(&json!({ "epoch": epoch.to_string(), "bytes": bytes }));
    }
    terminal.line(&format!("{epoch}  {bytes}"))
}

/// Asks for a region to be mapped. It is ours to read for as long as the socket is open.
fn attach(at: &At, name: &str) -> Result<(UnixStream, Attached), Failure> {
    let (socket, fds) = ask(at, &json!({ "key": at.key().unwrap_or_default(), "region": name }))?;
    Ok((socket, Attached::open(fds).map_err(|error| broken(&error))?))
}

/// Asks the server of this machine for something to be mapped.
pub(super) fn ask(at: &At, wish: &Value) -> Result<(UnixStream, [OwnedFd; 2]), Failure> {
    let path = at.data_dir.join(ATTACH);
    let unreachable = |error: &std::io::Error| {
        Failure::new(Exit::Unreachable, format!("no server hands out regions at {}: {error}", path.display()))
    };
    let mut socket = UnixStream::connect(&path).map_err(|error| unreachable(&error))?;
    writeln!(socket, "{wish}").map_err(|error| broken(&error))?;
    match inos_arena::receive(&socket).map_err(|error| broken(&error))? {
        (_, Some(fds)) => Ok((socket, fds)),
        (text, None) => {
            let problem: Value = serde_json::from_slice(&text).unwrap_or_default();
            let detail = problem["detail"].as_str().unwrap_or("the server closed the socket").to_owned();
            let is_key = ["unauthorized", "forbidden"].iter().any(|code| problem["code"] == *code);
            Err(Failure::new(if is_key { Exit::Unauthorised } else { Exit::Failed }, detail))
        }
    }
}

/// Whether the server has closed its end.
pub(super) fn is_closed(socket: &UnixStream) -> bool {
    use rustix::net::{RecvFlags, recv};
    matches!(recv(socket, &mut [0_u8; 1][..], RecvFlags::PEEK | RecvFlags::DONTWAIT), Ok((0, _)))
}

fn of(name: &str) -> String {
    format!("/v1/regions/{}", percent(name))
}

pub(super) fn broken(error: &std::io::Error) -> Failure {
    Failure::new(Exit::Failed, format!("the shared memory could not be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_what_moved_over_the_time_between() {
        let stats = |published: u64, value: u64, out: u64| {
            json!({
                "arena": { "copied_bytes": { "region_out": out }, "epochs": [{ "index": 2, "value": value }] },
                "regions": { "published": published },
            })
        };
        let rates = rates(&stats(10, 0, 7), &stats(30, 5, 7), Duration::from_secs(2));
        assert_eq!((&rates["regions"]["published"], &rates["regions"]["skipped"]), (&json!(10), &json!(0)));
        assert_eq!(rates["copied_bytes"], json!({ "region_out": 0 }));
        assert_eq!(rates["epochs"], json!([{ "index": 2, "advanced": 3 }]));
    }
}
