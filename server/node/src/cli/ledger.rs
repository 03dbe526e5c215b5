//! `inos ledger`: what the account has and each entry that led there.

use std::path::PathBuf;

use clap::Subcommand;
use inos_protocols::Microcredits;
use serde_json::{Value, json};

use super::{
    jobs::{pages, save},
    units::items,
};
use crate::{
    client::{At, Client, path_with},
    exit::{Exit, Failure},
    show,
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
    /// What the account's jobs may cost this month
    Budget,
    /// Grants that expire, and what is left of each
    Grants,
    /// What moved in a month, line by line, as CSV; as JSON with --json
    Statement {
        /// The month, such as 2026-11; without it, this one
        month: Option<String>,
        /// Where it goes; standard output otherwise
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// How the ledger is (scope admin)
    Health,
    /// What was used by method, in the last 30 days
    Usage,
    /// Give credits to another account
    Transfer {
        /// The account
        account: String,
        /// How many credits, such as 5 or 0.25
        #[arg(value_parser = show::parse_credits)]
        credits: Microcredits,
        /// Words that stay with it
        #[arg(long)]
        note: Option<String>,
        /// The same key with the same request is the same transfer for 24 hours
        #[arg(long, value_name = "KEY")]
        idempotency_key: Option<String>,
    },
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
            Deed::Budget => terminal.facts(&client.get("/v1/account/budget")?)?,
            Deed::Health => terminal.facts(&client.get("/v1/ledger/health")?)?,
            Deed::Grants => {
                let grants = client.get("/v1/account/grants")?;
                let columns = ["transfer", "amount", "left", "expires"];
                terminal.table(&grants, items(&grants), &columns, "There are no grants that expire.")?;
            }
            Deed::Statement { month, output } => {
                let form = if terminal.json() { "json" } else { "csv" };
                let query = [("month", month.clone()), ("format", Some(form.to_owned()))];
                let path = path_with("/v1/account/statement", &query);
                save(client.download(&path, &[])?, output.as_deref())?;
            }
            Deed::Usage => {
                let usage = client.get("/v1/account/usage")?;
                let columns = ["unit", "method", "jobs", "succeeded", "cost"];
                terminal.table(&usage, items(&usage), &columns, "Nothing was used yet.")?;
            }
            Deed::Transfer { account, credits, note, idempotency_key } => {
                let body = json!({ "to": account, "amount": credits, "note": note });
                let headers: Vec<_> = idempotency_key.iter().map(|key| ("idempotency-key", key.as_str())).collect();
                terminal.facts(&client.post_with("/v1/transfers", &headers, &body)?)?;
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
