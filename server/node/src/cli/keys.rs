//! `inos keys`: API keys of the caller's account. A secret is printed once and stored nowhere.

use std::time::Duration;

use clap::Subcommand;
use inos_protocols::{Microcredits, account::Scope, time::Time};
use serde_json::json;

use super::units::items;
use crate::{
    client::{At, Client, percent},
    exit::{Exit, Failure},
    show,
    terminal::{Terminal, say},
};

/// Make, list, replace and revoke API keys
#[derive(Debug, clap::Args)]
pub(super) struct Keys {
    #[command(subcommand)]
    deed: Deed,
    #[command(flatten)]
    pub(super) at: At,
}

#[derive(Debug, Subcommand)]
enum Deed {
    /// Your keys, without their secrets
    List,
    /// Make a key; its secret is printed once
    Create {
        /// Its name
        name: String,
        /// What it may do: jobs, blobs, regions, account, admin, crypto
        #[arg(long = "scope", value_name = "SCOPE", value_parser = scope, value_delimiter = ',', default_value = "jobs,blobs")]
        scopes: Vec<Scope>,
        /// When it ends, from now, such as 30d
        #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
        expires_in: Option<Duration>,
        /// How many requests a second it may make
        #[arg(long, value_name = "A_SECOND")]
        rate_limit: Option<u32>,
        /// What its jobs may cost in all, in credits
        #[arg(long, value_name = "CREDITS", value_parser = show::parse_credits)]
        budget: Option<Microcredits>,
    },
    /// Replace a key by a new one of the same name, scopes and limits; its secret is printed once
    Rotate {
        /// The key's id
        #[arg(value_name = "KEY")]
        id: String,
        /// How long the old one goes on working, such as 1h
        #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "1day")]
        overlap: Duration,
    },
    /// Make a key useless at once
    Revoke {
        /// Its id
        // Not named `key`: that is the key of whoever asks.
        #[arg(value_name = "KEY")]
        id: String,
    },
}

impl Keys {
    pub(super) fn run(&self, terminal: Terminal, client: &Client) -> Result<Exit, Failure> {
        match &self.deed {
            Deed::List => {
                let keys = client.get("/v1/keys")?;
                let columns =
                    ["id", "prefix", "name", "scopes", "created", "expires", "revoked", "last_used", "budget"];
                terminal.table(&keys, items(&keys), &columns, "There are no keys.")?;
            }
            Deed::Create { name, scopes, expires_in, rate_limit, budget } => {
                let mut body = json!({ "name": name, "scopes": scopes, "rate_limit": rate_limit, "budget": budget });
                if let Some(span) = expires_in {
                    let ms = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
                    body["expires"] = json!(Time::now().plus_ms(ms));
                }
                terminal.facts(&client.post("/v1/keys", &body)?)?;
                if !terminal.json() {
                    say("The secret is shown this once: keep it now.");
                }
            }
            Deed::Rotate { id, overlap } => {
                let overlap_ms = u64::try_from(overlap.as_millis()).unwrap_or(u64::MAX);
                let path = format!("/v1/keys/{}/rotate", percent(id));
                terminal.facts(&client.post(&path, &json!({ "overlap_ms": overlap_ms }))?)?;
                if !terminal.json() {
                    say("The secret is shown this once: keep it now.");
                }
            }
            Deed::Revoke { id } => {
                client.delete(&format!("/v1/keys/{}", percent(id)))?;
                if terminal.json() {
                    terminal.value(&json!({ "id": id, "revoked": true }))?;
                } else {
                    say(&format!("Revoked {}.", crate::show::clean(id)));
                }
            }
        }
        Ok(Exit::Done)
    }
}

fn scope(word: &str) -> Result<Scope, String> {
    let known = || Scope::ALL.map(Scope::word).join(", ");
    Scope::ALL.into_iter().find(|scope| scope.word() == word).ok_or_else(|| format!("the scopes are {}", known()))
}
