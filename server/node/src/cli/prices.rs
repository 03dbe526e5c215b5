//! `inos prices`: what everything costs, and setting it.

use std::path::PathBuf;

use clap::Subcommand;
use inos_protocols::catalogue::PriceList;
use serde_json::{Value, json};

use crate::{
    client::{At, Client},
    exit::{Exit, Failure},
    show, tables,
    terminal::Terminal,
};

/// What everything costs; as an admin, set it
#[derive(Debug, clap::Args)]
pub(super) struct Prices {
    #[command(subcommand)]
    deed: Deed,
    #[command(flatten)]
    pub(super) at: At,
}

#[derive(Debug, Subcommand)]
enum Deed {
    /// Every price that is in force, in credits; in microcredits with --json
    Show,
    /// Set prices for jobs that come from now on
    Set {
        /// TOML, or JSON by its name: as for `inos serve --prices`, with a higher version than is in force
        file: PathBuf,
    },
}

impl Prices {
    pub(super) fn run(&self, terminal: Terminal, client: &Client) -> Result<Exit, Failure> {
        let prices = match &self.deed {
            Deed::Show => client.get("/v1/admin/prices")?,
            Deed::Set { file } => {
                let list: PriceList = tables::read(file).map_err(|error| Failure::usage(error.to_string()))?;
                client.put("/v1/admin/prices", &json!(list))?
            }
        };
        let columns = ["method", "base", "per_kib_in", "per_kib_out", "per_cpu_ms"];
        terminal.table(&prices, &rows(&prices), &columns, "Nothing has a price.")?;
        if !terminal.json() {
            let (version, source) = (&prices["version"]["number"], prices["source"].as_str().unwrap_or_default());
            let stored = show::field("stored_mib_day", &prices["stored_mib_day"]);
            terminal.line(&show::clean(&format!("version {version} ({source}), {stored} a MiB and day stored")))?;
        }
        Ok(Exit::Done)
    }
}

/// A row for each method.
fn rows(prices: &Value) -> Vec<Value> {
    let mut rows = Vec::new();
    for (unit, methods) in prices["prices"].as_object().into_iter().flatten() {
        for (method, price) in methods.as_object().into_iter().flatten() {
            let mut row = price.clone();
            row["method"] = format!("{unit}.{method}").into();
            rows.push(row);
        }
    }
    rows
}
