//! `inos audit`: what was done to money and access, and by whom.

use serde_json::Value;

use super::jobs::pages;
use crate::{
    client::{At, Client},
    exit::{Exit, Failure},
    terminal::Terminal,
};

/// What was done to your account's money and access; as an admin, to everybody's
#[derive(Debug, clap::Args)]
pub(super) struct Audit {
    /// How many, newest first
    #[arg(long, default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    pub(super) at: At,
}

impl Audit {
    pub(super) fn run(&self, terminal: Terminal, client: &Client) -> Result<Exit, Failure> {
        let entries = pages(client, "/v1/audit", &[], self.limit)?;
        let columns = ["at", "act", "account", "subject", "actor", "key", "address"];
        terminal.table(&Value::from(entries.clone()), &entries, &columns, "Nothing was done yet.")?;
        Ok(Exit::Done)
    }
}
