//! `inos node` and `inos health`: who the server is and whether it does well.

use std::time::Duration;

use clap::Subcommand;

use crate::{
    client::{At, Client},
    exit::{Exit, Failure},
    show,
    terminal::Terminal,
};

/// Who the server is, and what it was told
#[derive(Debug, clap::Args)]
pub(super) struct Node {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    pub(super) at: At,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Every setting that is in effect and where it was said, without secrets; for admins
    Config,
}

/// Whether the server is ready: exit code 0 or 1, for container health checks
#[derive(Debug, clap::Args)]
pub(super) struct Health {
    /// Ask only whether it lives, not whether it is ready for jobs
    #[arg(long)]
    live: bool,
    /// How long to wait for the answer
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "3s")]
    timeout: Duration,
    #[command(flatten)]
    pub(super) at: At,
}

impl Node {
    pub(super) fn run(&self, terminal: Terminal, client: &Client) -> Result<Exit, Failure> {
        match self.what {
            None => terminal.facts(&client.get("/v1/node")?)?,
            Some(What::Config) => {
                let told = client.get("/v1/node/config")?;
                let items = told["items"].as_array().cloned().unwrap_or_default();
                terminal.table(&told, &items, &["name", "value", "source", "at"], "Nothing is set.")?;
            }
        }
        Ok(Exit::Done)
    }
}

impl Health {
    /// Whatever is wrong is exit code 1: container runtimes know no other.
    pub(super) fn run(&self, terminal: Terminal, client: &Client) -> Result<Exit, Failure> {
        let path = if self.live { "/healthz" } else { "/readyz" };
        let (status, text) = client.probe(path, self.timeout).map_err(|mut failure| {
            failure.exit = Exit::Failed;
            failure
        })?;
        match serde_json::from_str(&text) {
            Ok(value) => terminal.facts(&value)?,
            Err(_) => terminal.line(&show::clean(text.trim()))?,
        }
        Ok(if (200..300).contains(&status) { Exit::Done } else { Exit::Failed })
    }
}
