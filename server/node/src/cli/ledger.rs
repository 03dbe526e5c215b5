//! `inos ledger`: what the account has and each entry that led there.

use clap::Subcommand;
use serde_json::Value;

use super::{jobs::pages, units::items};
use crate::{
    client::{At, Client},
    exit::{Exit, Failure},
    terminal::Terminal,
};

/// What the account has and how it came to it
#[derive(Debug, clap::Args)]
pub(super) struct Ledger {
    #[command(subcommand)]
    deed: Deed,
    #[command(flatten)]
    pub(super) at: At,
}

#[derive(Debug, Subcommand)]
enum Deed {
    /// Balance, held and available
    Show,
    /// What was used by method, in the last 30 days
    Usage,
    /// Each entry, newest first
    Entries {
        /// How many
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
}

impl Ledger {
    pub(super) fn run(&self, terminal: Terminal, client: &Client) -> Result<Exit, Failure> {
        match &self.deed {
            Deed::Show => terminal.facts(&client.get("/v1/account")?)?,
            Deed::Usage => {
                let usage = client.get("/v1/account/usage")?;
                let columns = ["unit", "method", "jobs", "succeeded", "cost"];
                terminal.table(&usage, items(&usage), &columns, "Nothing was used yet.")?;
            }
            Deed::Entries { limit } => {
                let entries = pages(client, "/v1/account/ledger", &[], *limit)?;
                let columns = ["at", "reason", "amount", "job", "transfer", "note"];
                terminal.table(&Value::from(entries.clone()), &entries, &columns, "No credits have moved yet.")?;
            }
        }
        Ok(Exit::Done)
    }
}
