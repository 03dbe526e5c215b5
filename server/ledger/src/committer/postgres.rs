//! Group commits on Postgres, on a connection of their own. Knows rows, not what they mean.

mod address;
mod asking;
mod columns;
mod line;
mod statements;
#[cfg(test)]
mod tests;
mod tls;
mod writing;

use std::cell::Cell;

use inos_protocols::JobId;
use sqlx::postgres::PgConnectOptions;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, Error};

use self::{
    address::Address,
    asking::{ask, ask_helds, read_helds},
    line::Line,
    statements::Statements,
};
use super::{
    posting::{Helds, Posting},
    trouble::{Fate, Trouble},
    verdict::{Facts, Questions},
};
use crate::database::PATIENCE;

/// The root of a commit that was given up and can no longer come.
const NEVER: [u8; 32] = [0xff; 32];

/// The writing connection to a Postgres database, on a runtime of its own.
pub(crate) struct Postgres {
    address: Address,
    runtime: Runtime,
    session: Option<Session>,
    /// Whether a transaction was begun to ask something before anything is written.
    begun: bool,
}

struct Session {
    client: Client,
    statements: Statements,
    line: Line,
}

impl Postgres {
    pub(crate) fn new(options: &PgConnectOptions) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { address: Address::of(options), runtime, session: None, begun: false })
    }

    /// Opens the connection if there is none.
    pub(crate) fn connect(&mut self) -> Result<(), Trouble> {
        if self.session.is_none() {
            self.begun = false;
            let limited = async { tokio::time::timeout(PATIENCE, open(&self.address)).await };
            self.session = Some(self.runtime.block_on(limited).map_err(|late| Trouble::Away(late.into()))??);
        }
        Ok(())
    }

    /// Runs statements on the connection; one that failed is not used again unless the server itself said no.
    fn run<T>(&mut self, work: impl AsyncFnOnce(&Client, &Statements) -> Result<T, Error>) -> Result<T, Trouble> {
        let Some(Session { client, statements, line }) = &mut self.session else {
            return Err(Trouble::Away("the connection was closed".into()));
        };
        // No longer than a database that answers would take.
        let limited = async { tokio::time::timeout(PATIENCE, line.drive(work(client, statements))).await };
        let done = match self.runtime.block_on(limited) {
            Ok(done) => done.map_err(|error| sorted(line.cause(error))),
            Err(late) => Err(Trouble::Away(late.into())),
        };
        if matches!(done, Err(Trouble::Away(_))) {
            self.session = None;
        }
        done
    }

    /// Begins nothing yet: what has nothing to ask begins when it writes.
    pub(crate) fn begin(&mut self) -> Result<(), Trouble> {
        self.connect()
    }

    /// Ends a transaction without a trace; a connection that cannot do so is given up.
    pub(crate) fn roll_back(&mut self) {
        if std::mem::take(&mut self.begun)
            && self.run(async |client, _| client.batch_execute("ROLLBACK").await).is_err()
        {
            self.session = None;
        }
    }

    /// Whether the database can be written just now.
    pub(crate) fn probe(&mut self) -> Result<(), Trouble> {
        self.connect()?;
        let writable = self.run(async |client, _| {
            let row = client.query_one("SELECT current_setting('transaction_read_only')", &[]).await?;
            row.try_get::<_, String>(0)
        });
        if writable? == "off" { Ok(()) } else { Err(Trouble::Away("the database is read-only".into())) }
    }

    /// The number after the last commit of this node.
    pub(crate) fn next_sequence(&mut self, node: i64) -> Result<u64, Trouble> {
        self.connect()?;
        let last: i64 = self.run(async |client, _| {
            client.query_one("SELECT coalesce(max(seq), 0) FROM commits WHERE node = $1", &[&node]).await?.try_get(0)
        })?;
        Ok(last as u64 + 1)
    }

    /// Finds out about a commit whose answer was lost. Its number is taken, if it is still free, so that a commit
    /// that still hangs in the server can no longer come.
    pub(crate) fn settle_doubt(&mut self, node: i64, sequence: u64) -> Result<Fate, Trouble> {
        const TAKE: &str = "INSERT INTO commits (node, seq, count, signed, root, signature, leaves) \
             VALUES ($1, $2, 0, 0, $3, '', '') ON CONFLICT (node, seq) DO NOTHING";
        self.connect()?;
        let sequence = sequence as i64;
        let root: Vec<u8> = self.run(async |client, _| {
            client.execute(TAKE, &[&node, &sequence, &&NEVER[..]]).await?;
            client
                .query_one("SELECT root FROM commits WHERE node = $1 AND seq = $2", &[&node, &sequence])
                .await?
                .try_get(0)
        })?;
        Ok(if root == NEVER { Fate::Never } else { Fate::Happened })
    }

    /// The accepted jobs among these that have not ended.
    pub(crate) fn helds(&mut self, wanted: &[(i64, JobId)]) -> Result<Helds, Trouble> {
        let is_begun = std::mem::replace(&mut self.begun, true);
        let rows = self.run(async |client, statements| ask_helds(client, statements, is_begun, wanted).await)?;
        read_helds(&rows).map_err(Trouble::Broken)
    }

    /// The answers to everything that a careful judgement asks; what it is about stays as it is until the commit.
    pub(crate) fn facts(&mut self, node: i64, questions: &Questions<'_>) -> Result<Facts, Trouble> {
        let is_begun = std::mem::replace(&mut self.begun, true);
        let answers = self.run(async |client, statements| ask(client, statements, is_begun, node, questions).await)?;
        answers.read().map_err(|damaged| Trouble::Broken(damaged.into()))
    }

    /// Writes everything for good; [`Trouble::Unfit`] when something is not as the quick judgement hoped.
    pub(crate) fn commit(&mut self, posting: &Posting<'_>) -> Result<(), Trouble> {
        let (is_begun, committing) = (std::mem::take(&mut self.begun), Cell::new(false));
        let done = self
            .run(async |client, statements| writing::write(client, statements, posting, is_begun, &committing).await);
        if !matches!((&done, committing.get()), (Ok(()), _) | (Err(Trouble::Unfit | Trouble::Collided(_)), true)) {
            // Nobody knows in which state other failures left the connection.
            self.session = None;
        }
        if committing.get() { done.map_err(doubtful) } else { done }
    }
}

/// Connects, and sets a session up.
async fn open(address: &Address) -> Result<Session, Trouble> {
    let (client, mut line) = Line::open(address).await?;
    match line.drive(Box::pin(statements::prepare(&client))).await {
        Ok(statements) => Ok(Session { client, statements, line }),
        Err(error) => Err(sorted(line.cause(error))),
    }
}

/// Once a commit was sent, silence says nothing about what became of it.
fn doubtful(trouble: Trouble) -> Trouble {
    match trouble {
        Trouble::Away(cause) => Trouble::Doubt(cause),
        other => other,
    }
}

/// What has to be done about an error of Postgres's or of the way to it.
fn sorted(error: Error) -> Trouble {
    let Some(said) = error.as_db_error() else { return Trouble::Away(error.into()) };
    match said.code().code() {
        "40001" | "40P01" => Trouble::Collided(error.into()),
        // The number of this commit is taken: somebody else writes as this node.
        "23505" if said.constraint() == Some("commits_pkey") => Trouble::Collided(error.into()),
        // The last is the division by zero of a commit that found something else than it hoped for.
        "23505" | "23514" | "22012" => Trouble::Unfit,
        // Connections refused or cut, no room, no lock in time, read-only.
        "25006" | "53100" | "53200" | "53300" | "55P03" | "57014" | "57P01" | "57P02" | "57P03" | "25P03" => {
            Trouble::Away(error.into())
        }
        "XX001" | "XX002" => Trouble::Damaged(error.into()),
        code if code.starts_with("08") || code.starts_with("58") => Trouble::Away(error.into()),
        _ => Trouble::Broken(error.into()),
    }
}
