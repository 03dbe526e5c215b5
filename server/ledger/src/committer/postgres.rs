//! Group commits on Postgres: one statement carries rows, folded balances and the signed root, and is its own
//! transaction unless more has to be asked or written. Knows rows, not what they mean.

use inos_protocols::JobId;
use sqlx::{Executor, PgConnection, postgres::PgConnectOptions};
use tokio::runtime::Runtime;

use super::{
    posting::{Helds, Posting},
    statements::{self, Session, Types},
    trouble::{Fate, Trouble},
    verdict::{Facts, Questions},
};
use crate::database::PATIENCE;

/// The root of a commit that was given up and can no longer come.
const NEVER: [u8; 32] = [0xff; 32];

/// The writing connection to a Postgres database, on a runtime of its own.
pub(crate) struct Postgres {
    options: PgConnectOptions,
    runtime: Runtime,
    session: Option<Session>,
    /// Whether a transaction was begun: only when one statement is not enough.
    begun: bool,
}

impl Postgres {
    pub(crate) fn new(options: PgConnectOptions) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { options: options.application_name("inos-ledger"), runtime, session: None, begun: false })
    }

    /// Opens the connection if there is none.
    pub(crate) fn connect(&mut self) -> Result<(), Trouble> {
        if self.session.is_none() {
            self.begun = false;
            self.session = Some(within(&self.runtime, statements::open(&self.options))?);
        }
        Ok(())
    }

    /// Runs statements on the connection; one that failed is not used again unless the server itself said no.
    fn run<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut PgConnection, Types) -> Result<T, sqlx::Error>,
    ) -> Result<T, Trouble> {
        let Some(Session { connection, types }) = &mut self.session else {
            return Err(Trouble::Away("the connection was closed".into()));
        };
        let done = within(&self.runtime, work(connection, *types));
        if matches!(done, Err(Trouble::Away(_))) {
            self.session = None;
        }
        done
    }

    /// Begins nothing yet: most commits are one statement.
    pub(crate) fn begin(&mut self) -> Result<(), Trouble> {
        self.connect()
    }

    fn begin_in_earnest(&mut self) -> Result<(), Trouble> {
        if !self.begun {
            self.run(async |connection, _| connection.execute("BEGIN").await.map(drop))?;
            self.begun = true;
        }
        Ok(())
    }

    /// Ends the transaction, if there is one; a single statement has committed itself.
    pub(crate) fn commit(&mut self) -> Result<(), Trouble> {
        if !std::mem::take(&mut self.begun) {
            return Ok(());
        }
        self.run(async |connection, _| connection.execute("COMMIT").await.map(drop)).map_err(doubtful)
    }

    /// Ends a transaction without a trace; a connection that cannot do so is given up.
    pub(crate) fn roll_back(&mut self) {
        if std::mem::take(&mut self.begun)
            && self.run(async |connection, _| connection.execute("ROLLBACK").await.map(drop)).is_err()
        {
            self.session = None;
        }
    }

    /// Whether the database can be written just now.
    pub(crate) fn probe(&mut self) -> Result<(), Trouble> {
        self.connect()?;
        let writable = self.run(async |connection, _| {
            sqlx::query_scalar::<_, String>("SELECT current_setting('transaction_read_only')")
                .fetch_one(connection)
                .await
        });
        if writable? == "off" { Ok(()) } else { Err(Trouble::Away("the database is read-only".into())) }
    }

    /// The number after the last commit of this node.
    pub(crate) fn next_sequence(&mut self, node: i64) -> Result<u64, Trouble> {
        self.connect()?;
        let last: i64 = self.run(async |connection, _| {
            sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM commits WHERE node = $1")
                .bind(node)
                .fetch_one(connection)
                .await
        })?;
        Ok(last as u64 + 1)
    }

    /// Finds out about a commit whose answer was lost. Its number is taken, if it is still free, so that a commit
    /// that still hangs in the server can no longer come.
    pub(crate) fn settle_doubt(&mut self, node: i64, sequence: u64) -> Result<Fate, Trouble> {
        self.connect()?;
        let root: Vec<u8> = self.run(async |connection, _| {
            sqlx::query(
                "INSERT INTO commits (node, seq, count, signed, root, signature, leaves) VALUES ($1, $2, 0, 0, $3, '', '') \
                 ON CONFLICT (node, seq) DO NOTHING",
            )
            .bind(node)
            .bind(sequence as i64)
            .bind(NEVER)
            .execute(&mut *connection)
            .await?;
            sqlx::query_scalar("SELECT root FROM commits WHERE node = $1 AND seq = $2")
                .bind(node)
                .bind(sequence as i64)
                .fetch_one(connection)
                .await
        })?;
        Ok(if root == NEVER { Fate::Never } else { Fate::Happened })
    }

    /// The accepted jobs among these that have not ended.
    pub(crate) fn helds(&mut self, wanted: &[(i64, JobId)]) -> Result<Helds, Trouble> {
        self.begin_in_earnest()?;
        self.run(async |connection, _| statements::helds(connection, wanted).await)
    }

    /// The answers to everything that a careful judgement asks; what it is about stays as it is until the commit.
    pub(crate) fn facts(&mut self, node: i64, questions: &Questions<'_>) -> Result<Facts, Trouble> {
        self.begin_in_earnest()?;
        self.run(async |connection, _| statements::ask(connection, node, questions).await)
    }

    /// Writes everything; [`Trouble::Unfit`] when something is not as the quick judgement hoped.
    pub(crate) fn write(&mut self, posting: &Posting<'_>) -> Result<(), Trouble> {
        let Posting { ends, claims, files, .. } = posting;
        if !(ends.is_empty() && claims.is_empty() && files.is_empty()) {
            self.begin_in_earnest()?;
            let fits = self.run(async |connection, types| statements::write_more(connection, types, posting).await)?;
            if !fits {
                return Err(Trouble::Unfit);
            }
        }
        let done = self.run(async |connection, types| statements::write_commit(connection, types, posting).await);
        // Without a transaction around it the statement commits itself, and silence says nothing about what became of it.
        if self.begun { done } else { done.map_err(doubtful) }
    }
}

/// Once a commit was sent, silence says nothing about what became of it.
fn doubtful(trouble: Trouble) -> Trouble {
    match trouble {
        Trouble::Away(cause) => Trouble::Doubt(cause),
        other => other,
    }
}

/// Waits for statements, but no longer than a database that answers would take.
fn within<T>(runtime: &Runtime, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Trouble> {
    let limited = async { tokio::time::timeout(PATIENCE, work).await };
    match runtime.block_on(limited) {
        Ok(done) => done.map_err(sorted),
        Err(late) => Err(Trouble::Away(late.into())),
    }
}

/// What has to be done about an error of Postgres's or of the way to it.
fn sorted(error: sqlx::Error) -> Trouble {
    let code = match &error {
        sqlx::Error::Database(said) => said.code().unwrap_or_default().into_owned(),
        sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } | sqlx::Error::Encode(_) => {
            return Trouble::Broken(error.into());
        }
        _ => return Trouble::Away(error.into()),
    };
    match code.as_str() {
        "40001" | "40P01" => Trouble::Collided(error.into()),
        // The number of this commit is taken: somebody else writes as this node.
        "23505" if constraint(&error) == Some("commits_pkey") => Trouble::Collided(error.into()),
        // The last is the division by zero of a commit that found something else than it hoped for.
        "23505" | "23514" | "22012" => Trouble::Unfit,
        // Connections refused or cut, no room, no lock in time, read-only.
        "25006" | "53100" | "53200" | "53300" | "55P03" | "57014" | "57P01" | "57P02" | "57P03" | "25P03" => {
            Trouble::Away(error.into())
        }
        code if code.starts_with("08") || code.starts_with("58") => Trouble::Away(error.into()),
        _ => Trouble::Broken(error.into()),
    }
}

fn constraint(error: &sqlx::Error) -> Option<&str> {
    error.as_database_error()?.constraint()
}
