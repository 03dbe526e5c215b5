//! The command line: what can be asked, and how each command ends.

mod accounts;
mod audit;
mod backup;
mod bench;
mod blobs;
mod cell;
mod events;
mod files;
mod held;
mod jobs;
mod keys;
mod ledger;
mod mcp;
mod node;
mod prices;
mod quote;
mod regions;
mod run;
mod serve;
mod session;
mod units;
mod verify;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::{
    client::{At, Client},
    exit::{Exit, Failure},
    processor, show,
    terminal::{Terminal, say},
};

/// Runs jobs, keeps their books, and signs what was done
#[derive(Debug, Parser)]
#[command(name = "inos", version, about, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 done, 1 the job or check failed, 2 usage, 3 server not reachable, 4 not authorised;\nserve also 70 internal, 75 data directory in use, 78 configuration or a newer schema."
)]
pub(crate) struct Cli {
    /// Print JSON instead of words
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Serve),
    /// Run one job and wait for its output
    Run(run::Run),
    /// Ask what a job would cost, and why, without running it
    Quote(quote::Quote),
    /// List the units, or show a unit or a method with its parameters
    Units(units::Units),
    /// Look at jobs, fetch their outputs, cancel them
    #[command(subcommand_required = true)]
    Jobs(jobs::Jobs),
    /// Store and fetch bytes by their BLAKE3
    Blobs(blobs::Blobs),
    /// Shared state: list regions, read one, follow it
    Regions(regions::Regions),
    /// Say what happens to your jobs and your account, as it happens
    Events(events::Events),
    /// What the server's shared memory holds
    Arena(regions::Arena),
    /// Your account; as an admin, everybody's
    Accounts(accounts::Accounts),
    /// Make, list, replace and revoke API keys
    Keys(keys::Keys),
    /// Keys that the server holds and that jobs use by their id (scope crypto)
    #[command(name = "crypto-keys")]
    HeldKeys(held::HeldKeys),
    /// What the account has and how it came to it
    Ledger(ledger::Ledger),
    /// What was done to your account's money and access; as an admin, to everybody's
    Audit(audit::Audit),
    /// What everything costs; as an admin, set it (scope admin)
    Prices(prices::Prices),
    /// Offer the server's units as tools to a language model, over standard input and output
    Mcp(mcp::Mcp),
    /// Who the server is
    Node(node::Node),
    /// Whether the server is ready: exit code 0 or 1, for container health checks
    Health(node::Health),
    /// Check a signed receipt, and the files it speaks of, without a server
    Verify(verify::Verify),
    /// Load a server and print figures, one JSON object a line
    Bench(bench::Bench),
    /// Bring the database to the schema of this program
    Migrate(serve::Migrate),
    /// Look for anything in the data directory that is not as it should be (no server may have it)
    Check(serve::Check),
    /// Copy everything in the data directory as it is at one moment; a server may work in it meanwhile
    Backup(backup::Backup),
    /// Put a backup into an empty data directory; each file is compared with the backup's manifest
    Restore(backup::Restore),
    /// A process for units that run in one of their own; the server begins it
    #[command(hide = true)]
    Cell(cell::Cell),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Reads the command line, does what it says and says how it went.
pub fn main() -> ExitCode {
    if let Some(failure) = processor::unfit() {
        report(&failure, false);
        return code(failure.exit);
    }
    let cli = Cli::parse();
    let json = cli.json;
    match cli.run() {
        Ok(exit) => code(exit),
        Err(failure) => {
            report(&failure, json);
            code(failure.exit)
        }
    }
}

impl Cli {
    /// Does what it says.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        self.command.run(Terminal::new(self.json))
    }
}

fn code(exit: Exit) -> ExitCode {
    ExitCode::from(exit as u8)
}

fn report(failure: &Failure, json: bool) {
    if failure.message.is_empty() {
        return;
    }
    if json {
        return say(&failure.to_json().to_string());
    }
    // The message may hold lines of its own; each is cleaned alone.
    let message = failure.message.split('\n').map(show::clean).collect::<Vec<_>>().join("\n");
    say(&format!("error: {message}"));
    if let Some(hint) = &failure.hint {
        say(&format!(" hint: {hint}"));
    }
}

impl Command {
    fn at(&self) -> Option<&At> {
        match self {
            Self::Run(run) => Some(&run.at),
            Self::Quote(quote) => Some(&quote.at),
            Self::Units(units) => Some(&units.at),
            Self::Jobs(jobs) => Some(&jobs.at),
            Self::Blobs(blobs) => Some(&blobs.at),
            Self::Regions(regions) => Some(&regions.at),
            Self::Events(events) => Some(&events.at),
            Self::Arena(arena) => Some(&arena.at),
            Self::Accounts(accounts) => Some(&accounts.at),
            Self::Keys(keys) => Some(&keys.at),
            Self::HeldKeys(keys) => Some(&keys.at),
            Self::Ledger(ledger) => Some(&ledger.at),
            Self::Audit(audit) => Some(&audit.at),
            Self::Prices(prices) => Some(&prices.at),
            Self::Mcp(mcp) => Some(&mcp.at),
            Self::Node(node) => Some(&node.at),
            Self::Health(health) => Some(&health.at),
            Self::Bench(bench) => Some(&bench.at),
            Self::Serve(_) | Self::Migrate(_) | Self::Check(_) | Self::Backup(_) | Self::Restore(_) => None,
            Self::Verify(_) | Self::Cell(_) | Self::Completions { .. } => None,
        }
    }

    fn run(self, terminal: Terminal) -> Result<Exit, Failure> {
        let client = || self.at().map(Client::open).expect("commands that ask a server say where it is");
        match &self {
            Self::Run(run) => run.run(terminal, &client()?),
            Self::Quote(quote) => quote.run(terminal, &client()?),
            Self::Units(units) => units.run(terminal, &client()?),
            Self::Jobs(jobs) => jobs.run(terminal, &client()?),
            Self::Blobs(blobs) => blobs.run(terminal, &client()?),
            Self::Regions(regions) => regions.run(terminal, &client()?),
            Self::Events(events) => events.run(terminal, &client()?),
            Self::Arena(arena) => arena.run(terminal, &client()?),
            Self::Accounts(accounts) => accounts.run(terminal, &client()?),
            Self::Keys(keys) => keys.run(terminal, &client()?),
            Self::HeldKeys(keys) => keys.run(terminal, &client()?),
            Self::Ledger(ledger) => ledger.run(terminal, &client()?),
            Self::Audit(audit) => audit.run(terminal, &client()?),
            Self::Prices(prices) => prices.run(terminal, &client()?),
            Self::Mcp(mcp) => mcp.run(&client()?),
            Self::Node(node) => node.run(terminal, &client()?),
            Self::Health(health) => health.run(terminal, &client()?),
            Self::Serve(serve) => serve.run(terminal),
            Self::Migrate(migrate) => migrate.run(terminal),
            Self::Check(check) => check.run(terminal),
            Self::Backup(backup) => backup.run(terminal),
            Self::Restore(restore) => restore.run(terminal),
            Self::Verify(verify) => verify.run(terminal),
            Self::Bench(bench) => bench.run(terminal),
            Self::Cell(cell) => cell.run(),
            Self::Completions { shell } => completions(*shell),
        }
    }
}

fn completions(shell: Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "inos", &mut script);
    std::io::Write::write_all(&mut std::io::stdout().lock(), &script)
        .map_err(|error| crate::terminal::unwritten(&error))?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests;
