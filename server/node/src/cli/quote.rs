//! `inos quote`: what a job would cost, and why. Sends the lengths of its inputs, or the inputs where they are short.

use std::{
    io::{self, Read},
    path::PathBuf,
};

use serde_json::{Map, Value, json};

use super::{
    files,
    run::{merged, pair, read_params},
};
use crate::{
    client::{At, Client},
    exit::{Exit, Failure},
    show,
    terminal::Terminal,
};

/// The largest input that is sent to foresee what becomes of it, in bytes.
const SENT_BYTES_MAX: u64 = 1 << 20;

/// Ask what a job would cost, and why, without running it
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: inos quote compute.blake3 Cargo.toml\n         inos quote compute.brotli_compress --bytes 1048576"
)]
pub(super) struct Quote {
    /// What would run: UNIT.METHOD
    #[arg(value_name = "UNIT.METHOD")]
    target: String,
    /// What it would work on; `-` is standard input
    #[arg(value_name = "INPUT")]
    inputs: Vec<String>,
    /// The length of an input that is not here, as often as there are any
    #[arg(long, value_name = "COUNT", conflicts_with = "inputs")]
    bytes: Vec<u64>,
    /// A parameter, as often as there are any
    #[arg(short, long = "param", value_name = "NAME=VALUE", value_parser = pair)]
    params: Vec<(String, String)>,
    /// Parameters as a JSON object
    #[arg(long, value_name = "FILE")]
    params_file: Option<PathBuf>,
    #[command(flatten)]
    pub(super) at: At,
}

impl Quote {
    pub(super) fn run(&self, terminal: Terminal, client: &Client) -> Result<Exit, Failure> {
        let (unit, method) = self.target.split_once('.').ok_or_else(|| {
            Failure::usage(format!("`{}` is no UNIT.METHOD, such as compute.blake3", show::clean(&self.target)))
        })?;
        let mut inputs: Vec<Value> = self.bytes.iter().map(|bytes| json!({ "bytes": bytes })).collect();
        for path in &self.inputs {
            inputs.push(input(path)?);
        }
        let file = self.params_file.as_deref().map(read_params).transpose()?.unwrap_or_else(Map::new);
        let params = merged(file, &self.params);
        let body = json!({ "unit": unit, "method": method, "params": params, "inputs": inputs });
        let quote = client.post("/v1/quotes", &body)?;
        if terminal.json() {
            terminal.value(&quote)?;
            return Ok(Exit::Done);
        }
        let lines = quote["lines"].as_array().map_or(&[][..], Vec::as_slice);
        terminal.table(&quote, lines, &["meter", "quantity", "price", "amount"], "It is free.")?;
        let mut sums = quote.clone();
        sums.as_object_mut().into_iter().for_each(|sums| drop(sums.remove("lines")));
        terminal.facts(&sums)?;
        Ok(Exit::Done)
    }
}

/// An input as it is quoted for: its bytes where they are few, else how many they are.
fn input(path: &str) -> Result<Value, Failure> {
    let files::Input { mut bytes, len, .. } = files::open(path)?;
    if let Some(len) = len.filter(|len| *len > SENT_BYTES_MAX) {
        return Ok(json!({ "bytes": len }));
    }
    let failed = |error: io::Error| Failure::file("read", path.as_ref(), &error);
    let mut head = Vec::new();
    (&mut bytes).take(SENT_BYTES_MAX + 1).read_to_end(&mut head).map_err(failed)?;
    if head.len() as u64 <= SENT_BYTES_MAX {
        return Ok(json!({ "base64": data_encoding::BASE64.encode(&head) }));
    }
    let rest = io::copy(&mut bytes, &mut io::sink()).map_err(failed)?;
    Ok(json!({ "bytes": head.len() as u64 + rest }))
}
