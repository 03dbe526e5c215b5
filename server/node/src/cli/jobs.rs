//! `inos jobs`: what there is, how one stands, its events as they come, its outputs, its end by request.

pub(super) mod watch;

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::{Value, json};
use ureq::{Body, http::Response};

use super::files;
use crate::{
    client::{At, Client, path_with, percent},
    exit::{Exit, Failure},
    terminal::{self, Terminal},
};

/// The most items that are asked for at once.
const PAGE_LEN_MAX: usize = 100;

/// Look at jobs, fetch their outputs, cancel them, try them again
#[derive(Debug, clap::Args)]
pub(super) struct Jobs {
    #[command(subcommand)]
    deed: Deed,
    #[command(flatten)]
    pub(super) at: At,
}

#[derive(Debug, Subcommand)]
enum Deed {
    /// Your jobs, newest first
    List {
        /// Only those in this state: queued, running, succeeded, failed, cancelled, expired
        #[arg(long, visible_alias = "state")]
        status: Option<String>,
        /// Only those of this unit
        #[arg(long)]
        unit: Option<String>,
        /// Only those of this method
        #[arg(long)]
        method: Option<String>,
        /// Only those submitted since, such as 2026-01-31T12:00:00Z
        #[arg(long, value_name = "TIME")]
        since: Option<String>,
        /// How many
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// How a job stands
    Show {
        /// The job
        job: String,
    },
    /// What happens to a job, until it ends
    Watch {
        /// The job
        job: String,
    },
    /// Ask a job to stop
    Cancel {
        /// The job
        job: String,
    },
    /// Submit a job that did not succeed once more, as a new job
    Retry {
        /// The job
        job: String,
    },
    /// Fetch an output
    Output {
        /// The job
        job: String,
        /// Which one
        #[arg(default_value_t = 0)]
        index: u32,
        /// Where to; standard output otherwise
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Fetch the signed receipt, for `inos verify`
    Receipt {
        /// The job
        job: String,
        /// Where to; standard output otherwise
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

impl Jobs {
    pub(super) fn run(&self, terminal: Terminal, client: &Client) -> Result<Exit, Failure> {
        match &self.deed {
            Deed::List { status, unit, method, since, limit } => {
                let query = [("status", status), ("unit", unit), ("method", method), ("since", since)];
                let query = query.map(|(name, value)| (name, value.clone()));
                let jobs = pages(client, "/v1/jobs", &query, *limit)?;
                let columns = ["id", "state", "unit", "method", "cost", "submitted", "metrics.run_us"];
                terminal.table(&Value::from(jobs.clone()), &jobs, &columns, "There are no such jobs.")?;
            }
            Deed::Show { job } => terminal.facts(&client.get(&path(job, ""))?)?,
            Deed::Watch { job } => return watch::watch(terminal, client, job),
            Deed::Cancel { job } => terminal.facts(&client.post(&path(job, "/cancel"), &json!({}))?)?,
            Deed::Retry { job } => terminal.facts(&client.post(&path(job, "/retry"), &json!({}))?)?,
            Deed::Output { job, index, output } => {
                fetch(client, &path(job, &format!("/outputs/{index}")), &[], output.as_deref())?;
            }
            Deed::Receipt { job, output } => {
                let accept = [("accept", "application/json")];
                fetch(client, &path(job, "/receipt"), &accept, output.as_deref())?;
            }
        }
        Ok(Exit::Done)
    }
}

fn path(job: &str, rest: &str) -> String {
    format!("/v1/jobs/{}{rest}", percent(job))
}

fn fetch(
    client: &Client,
    path: &str,
    headers: &[(&str, &str)],
    output: Option<&std::path::Path>,
) -> Result<(), Failure> {
    save(client.download(path, headers)?, output)
}

/// Writes an answer's body to a file or to standard output.
pub(super) fn save(response: Response<Body>, output: Option<&std::path::Path>) -> Result<(), Failure> {
    let bar = terminal::progress(response.body().content_length(), "receiving");
    let mut output = files::Output::open(output)?;
    if output.is_screen() && !is_text(&response) {
        bar.finish_and_clear();
        let about = "the output is no text and is not shown on a terminal";
        return Err(Failure::new(Exit::Failed, about).hint("say with -o where it goes, or pipe it on"));
    }
    let copied = files::copy(&mut bar.wrap_read(response.into_body().into_reader()), &mut output);
    bar.finish_and_clear();
    copied?;
    output.keep()
}

/// Whether an answer says that it is for reading.
fn is_text(response: &Response<Body>) -> bool {
    let media = response.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    media.starts_with("text/") || media.contains("json")
}

/// The JSON of an answer.
pub(super) fn json_of(response: Response<Body>) -> Result<Value, Failure> {
    let text = response.into_body().into_with_config().limit(1 << 20).read_to_string();
    let value = text.ok().and_then(|text| serde_json::from_str(&text).ok());
    value.ok_or_else(|| Failure::new(Exit::Unreachable, "the server's answer is no JSON"))
}

/// Up to `limit` items of a list that comes in pages.
pub(super) fn pages(
    client: &Client,
    path: &str,
    query: &[(&str, Option<String>)],
    limit: usize,
) -> Result<Vec<Value>, Failure> {
    let mut all = Vec::new();
    let mut cursor = None;
    while all.len() < limit {
        let mut query = query.to_vec();
        query.push(("limit", Some((limit - all.len()).min(PAGE_LEN_MAX).to_string())));
        query.push(("cursor", cursor.take()));
        let page = client.get(&path_with(path, &query))?;
        let items = super::units::items(&page);
        all.extend_from_slice(items);
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() || items.is_empty() {
            break;
        }
    }
    all.truncate(limit);
    Ok(all)
}
