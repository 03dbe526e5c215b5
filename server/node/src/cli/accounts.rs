//! `inos accounts`: the caller's own account, and what an admin does with everybody's.

use std::time::Duration;

use clap::Subcommand;
use inos_protocols::{Microcredits, time::Time};
use serde_json::{Value, json};

use super::jobs::pages;
use crate::{
    client::{At, Client, percent},
    exit::{Exit, Failure},
    show,
    terminal::{Terminal, say},
};

/// Your account; as an admin, everybody's
#[derive(Debug, clap::Args)]
pub(super) struct Accounts {
    #[command(subcommand)]
    deed: Deed,
    #[command(flatten)]
    pub(super) at: At,
}

#[derive(Debug, Subcommand)]
enum Deed {
    /// An account; your own, if none is named
    Show {
        /// The account (scope admin)
        account: Option<String>,
    },
    /// Every account, oldest first (scope admin)
    List {
        /// How many
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Make an account (scope admin)
    Create {
        /// Its name
        name: String,
        /// What it starts with, in credits
        #[arg(long, value_parser = show::parse_credits, default_value = "0")]
        credits: Microcredits,
    },
    /// Set how fast an account may ask, and its share of the workers (scope admin)
    Limit {
        /// The account
        account: String,
        /// How its share stands to that of others who wait
        #[arg(long, default_value_t = 1)]
        weight: u32,
        /// How many requests a second all its keys may make together; without it, as many as come
        #[arg(long, value_name = "A_SECOND")]
        rate_limit: Option<u32>,
    },
    /// Limit what an account's jobs may cost in every month (scope admin)
    Budget {
        /// The account
        account: String,
        /// How many credits, such as 5 or 0.25; without it, whatever the account has
        #[arg(value_parser = show::parse_credits)]
        credits: Option<Microcredits>,
    },
    /// Give credits to an account (scope admin)
    Grant {
        /// The account
        account: String,
        /// How many credits, such as 5 or 0.25
        #[arg(value_parser = show::parse_credits)]
        credits: Microcredits,
        /// Words that stay with it
        #[arg(long)]
        note: Option<String>,
        /// Until when they are the account's, from now, such as 30d; what is left then goes back
        #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
        expires_in: Option<Duration>,
    },
    /// Say below what your account gets an event of what it has left
    Warn {
        /// How many credits, such as 5 or 0.25; without it, never
        #[arg(value_parser = show::parse_credits)]
        below: Option<Microcredits>,
    },
    /// Say how long what your account's jobs leave is kept where a job does not say
    Keep {
        /// How long, such as 12h or 2d; without it, as long as the server keeps anything
        #[arg(value_parser = humantime::parse_duration)]
        time: Option<Duration>,
    },
}

impl Accounts {
    pub(super) fn run(&self, terminal: Terminal, client: &Client) -> Result<Exit, Failure> {
        match &self.deed {
            Deed::Show { account: None } => terminal.facts(&client.get("/v1/account")?)?,
            Deed::Show { account: Some(account) } => {
                terminal.facts(&client.get(&format!("/v1/admin/accounts/{}", percent(account)))?)?;
            }
            Deed::List { limit } => {
                let accounts = pages(client, "/v1/admin/accounts", &[], *limit)?;
                let columns = ["id", "name", "balance", "held", "available", "created"];
                terminal.table(&Value::from(accounts.clone()), &accounts, &columns, "There are no accounts.")?;
            }
            Deed::Create { name, credits } => {
                let body = json!({ "name": name, "credits": credits });
                terminal.facts(&client.post("/v1/admin/accounts", &body)?)?;
                if !terminal.json() {
                    say("The secret is shown this once: keep it now.");
                }
            }
            Deed::Limit { account, weight, rate_limit } => {
                let body = json!({ "weight": weight, "rate_limit": rate_limit });
                terminal.facts(&client.put(&format!("/v1/admin/accounts/{}/limits", percent(account)), &body)?)?;
            }
            Deed::Budget { account, credits } => {
                let path = format!("/v1/admin/accounts/{}/budget", percent(account));
                terminal.facts(&client.put(&path, &json!({ "budget": credits }))?)?;
            }
            Deed::Warn { below } => {
                terminal.facts(&client.patch("/v1/account", &json!({ "low_balance": below }))?)?;
            }
            Deed::Keep { time } => {
                let keep_ms = time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
                terminal.facts(&client.patch("/v1/account", &json!({ "keep_ms": keep_ms }))?)?;
            }
            Deed::Grant { account, credits, note, expires_in } => {
                let span = expires_in.map(|span| u64::try_from(span.as_millis()).unwrap_or(u64::MAX));
                let expires = span.map(|ms| Time::now().plus_ms(ms));
                let body = json!({ "amount": credits, "note": note, "expires": expires });
                let path = format!("/v1/admin/accounts/{}/grants", percent(account));
                terminal.facts(&client.post(&path, &body)?)?;
            }
        }
        Ok(Exit::Done)
    }
}
