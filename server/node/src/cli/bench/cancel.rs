//! `inos bench cancel`: jobs that run long are cancelled one after the other, each once it runs.

use std::time::{Duration, Instant};

use clap::Args;
use hdrhistogram::Histogram;
use serde_json::{Value, json};

use super::super::jobs::json_of;
use crate::{
    client::{At, Client, Upload},
    config::size,
    exit::{Exit, Failure},
    terminal::{Terminal, say},
};

/// How often a job is looked at while it is waited for.
const LOOK_EVERY: Duration = Duration::from_micros(200);
/// How long a job may take to begin, or to stop.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, Args)]
pub(super) struct Options {
    /// What to run: it must take much longer than to cancel it
    #[arg(value_name = "UNIT.METHOD", default_value = "compute.sha512")]
    target: String,
    /// How many made-up bytes the input has
    #[arg(long, value_parser = size, default_value = "1GiB")]
    size: u64,
    /// How many jobs
    #[arg(long, default_value_t = 100)]
    count: u32,
}

/// Bytes of zero, so many.
struct Zeros(u64);

impl std::io::Read for Zeros {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = buffer.len().min(usize::try_from(self.0).unwrap_or(usize::MAX));
        buffer[..len].fill(0);
        self.0 -= len as u64;
        Ok(len)
    }
}

pub(super) fn run(at: &At, options: &Options, terminal: Terminal) -> Result<Exit, Failure> {
    let Options { target, size, count } = options;
    let (unit, method) = target.split_once('.').ok_or_else(|| Failure::usage("name a UNIT.METHOD"))?;
    let client = Client::open(at)?;
    let media_type = "application/octet-stream".into();
    let upload = Upload { bytes: &mut Zeros(*size), len: Some(*size), media_type };
    let blob = json_of(client.upload(ureq::http::Method::PUT, "/v1/blobs", &[], upload)?)?;
    let capsule = json!({ "unit": unit, "method": method, "inputs": [{ "blob": blob["hash"] }] });
    let mut took =
        Histogram::<u64>::new_with_bounds(1, PATIENCE.as_micros() as u64, 3).expect("the bounds are a range");
    let mut too_late = 0;
    for _ in 0..*count {
        match cancelled(&client, &capsule)? {
            Some(time) => took.saturating_record(u64::try_from(time.as_micros()).unwrap_or(u64::MAX)),
            None => too_late += 1,
        }
    }
    client.delete(&format!("/v1/blobs/{}", blob["hash"].as_str().unwrap_or_default()))?;
    let at = |quantile| (!took.is_empty()).then(|| took.value_at_quantile(quantile));
    let report = json!({
        "door": "cancel", "jobs": took.len(), "too_late": too_late,
        "p50_us": at(0.5), "p99_us": at(0.99), "max_us": at(1.0),
    });
    terminal.line(&report.to_string())?;
    if too_late > 0 {
        say(&format!("{too_late} jobs ended before they could be cancelled: give them more to do with --size"));
        return Ok(Exit::Failed);
    }
    Ok(Exit::Done)
}

/// How long it took to cancel one job; nothing where it was faster.
fn cancelled(client: &Client, capsule: &Value) -> Result<Option<Duration>, Failure> {
    let job = client.post("/v1/jobs", capsule)?;
    let path = format!("/v1/jobs/{}", job["id"].as_str().unwrap_or_default());
    if wait(client, &path, |state| state != "queued")? != "running" {
        return Ok(None);
    }
    let begun = Instant::now();
    client.post(&format!("{path}/cancel"), &json!({}))?;
    let state = wait(client, &path, |state| state != "running")?;
    Ok((state == "cancelled").then(|| begun.elapsed()))
}

/// The job's first state that is wanted.
fn wait(client: &Client, path: &str, is_wanted: impl Fn(&str) -> bool) -> Result<String, Failure> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let job = client.get(path)?;
        match job["state"].as_str() {
            Some(state) if is_wanted(state) => return Ok(state.to_owned()),
            _ => std::thread::sleep(LOOK_EVERY),
        }
    }
    Err(Failure::new(Exit::Failed, format!("the job at {path} did not get on within {} s", PATIENCE.as_secs())))
}
