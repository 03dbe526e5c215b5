//! Group commits on Postgres: one statement carries rows, folded balances and the signed root, and is its own
//! transaction unless more has to be asked or written. Knows rows, not what they mean.

use inos_protocols::{Hash, JobId, time::Time};
use sqlx::{
    Connection, Executor, PgConnection, Row,
    postgres::{PgConnectOptions, PgRow},
};
use tokio::runtime::Runtime;

use super::{
    posting::{Held, Helds, Posting},
    records::{RecordType, Records},
    rows::{END_COLUMN_COUNT, JOB_COLUMN_COUNT, TRANSFER_COLUMN_COUNT, job_columns, transfer_columns},
    trouble::{Fate, Trouble},
    verdict::{Facts, Questions, Standing},
};
use crate::{claims::IDEMPOTENCY_MS, database::PATIENCE};

/// The root of a commit that was given up and can no longer come.
const NEVER: [u8; 32] = [0xff; 32];

/// What every writing connection begins with. A server set to lose acknowledged commits is overruled.
const HELLO: &str = "SET idle_in_transaction_session_timeout = '5s'; SET lock_timeout = '3s'; SET statement_timeout = '4s'; \
     SET plan_cache_mode = 'force_generic_plan'; SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET work_mem = '64MB'; SET client_min_messages = 'warning'; \
     SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'; \
     CREATE TYPE pg_temp.job_row AS (account BIGINT, id BYTEA, unit TEXT, method TEXT, version TEXT, priority BIGINT, \
     budget BIGINT, capsule BYTEA, submitted BIGINT, deadline BIGINT, params TEXT, labels TEXT, asked BYTEA, hold BIGINT, \
     node BIGINT, state BIGINT, cost BIGINT, started BIGINT, finished BIGINT, attempts BIGINT, bytes_in BIGINT, \
     bytes_out BIGINT, queued_us BIGINT, run_us BIGINT, inputs BYTEA, outputs TEXT, kept BYTEA, segment BIGINT, error TEXT, \
     expires BIGINT, commit_seq BIGINT, leaf_index BIGINT, leaf BYTEA); \
     CREATE TYPE pg_temp.end_row AS (state BIGINT, cost BIGINT, started BIGINT, finished BIGINT, attempts BIGINT, \
     bytes_in BIGINT, bytes_out BIGINT, queued_us BIGINT, run_us BIGINT, inputs BYTEA, outputs TEXT, kept BYTEA, \
     segment BIGINT, error TEXT, expires BIGINT, commit_seq BIGINT, leaf_index BIGINT, leaf BYTEA, node BIGINT, seq BIGINT); \
     CREATE TYPE pg_temp.transfer_row AS (id BYTEA, debit BIGINT, credit BIGINT, amount BIGINT, reason BIGINT, note TEXT, at BIGINT)";

/// A commit in one statement. It divides by zero, and so leaves no trace, unless every lease and account was as hoped.
const COMMIT: &str = concat!(
    "WITH l AS (UPDATE leases t SET remainder = t.remainder - s.amount, expires = $5 \
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS s(account, token, amount) \
        WHERE t.account = s.account AND t.node = $4 AND t.token = s.token AND t.remainder >= s.amount RETURNING 1), \
     a AS (UPDATE balances t SET balance = t.balance + s.balance, held = t.held + s.held, leased = t.leased + s.leased \
        FROM unnest($6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[]) AS s(account, balance, held, leased) \
        WHERE t.account = s.account AND t.balance + s.balance <= 9007199254740991 \
        AND t.balance + s.balance - (t.held + s.held) - (t.leased + s.leased) >= t.floor RETURNING 1), \
     c AS (INSERT INTO commits (node, seq, count, signed, root, signature, leaves) VALUES ($4, $10, $11, $12, $13, $14, $15)), \
     j AS (INSERT INTO jobs (",
    job_columns!(),
    ") SELECT * FROM unnest($16::pg_temp.job_row[])), t AS (INSERT INTO transfers (",
    transfer_columns!(),
    ") SELECT * FROM unnest($17::pg_temp.transfer_row[])) \
     SELECT 1 / CASE WHEN (SELECT count(*) FROM l) = $18 AND (SELECT count(*) FROM a) = $19 THEN 1 ELSE 0 END"
);

/// The writing connection to a Postgres database, on a runtime of its own.
pub(crate) struct Postgres {
    options: PgConnectOptions,
    runtime: Runtime,
    session: Option<Session>,
    /// Whether a transaction was begun: only when one statement is not enough.
    begun: bool,
}

/// A connection and the types of its rows.
struct Session {
    connection: PgConnection,
    types: Types,
}

#[derive(Clone, Copy)]
struct Types {
    job: RecordType,
    end: RecordType,
    transfer: RecordType,
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
            self.session = Some(within(&self.runtime, open(&self.options))?);
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
        let (accounts, ids) = split(wanted);
        let rows = self.run(async |connection, _| {
            sqlx::query(
                "SELECT j.account, j.id, j.seq, j.hold, j.unit, j.method, j.version, j.capsule, j.submitted FROM jobs j \
                 JOIN unnest($1::bigint[], $2::bytea[]) AS w(account, id) ON j.account = w.account AND j.id = w.id \
                 WHERE j.state < 2 ORDER BY j.seq FOR UPDATE OF j",
            )
            .bind(accounts)
            .bind(ids)
            .fetch_all(connection)
            .await
        })?;
        rows.iter().map(held).collect::<Result<_, _>>().map_err(sorted)
    }

    /// The answers to everything that a careful judgement asks; what it is about stays as it is until the commit.
    pub(crate) fn facts(&mut self, node: i64, questions: &Questions<'_>) -> Result<Facts, Trouble> {
        self.begin_in_earnest()?;
        self.run(async |connection, _| ask(connection, node, questions).await)
    }

    /// Writes everything; [`Trouble::Unfit`] when something is not as the quick judgement hoped.
    pub(crate) fn write(&mut self, posting: &Posting<'_>) -> Result<(), Trouble> {
        let Posting { ends, claims, files, .. } = posting;
        if !(ends.is_empty() && claims.is_empty() && files.is_empty()) {
            self.begin_in_earnest()?;
            let fits = self.run(async |connection, types| write_more(connection, types, posting).await)?;
            if !fits {
                return Err(Trouble::Unfit);
            }
        }
        let done = self.run(async |connection, types| write_commit(connection, types, posting).await);
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

async fn open(options: &PgConnectOptions) -> Result<Session, sqlx::Error> {
    let mut connection = PgConnection::connect_with(options).await?;
    connection.execute(HELLO).await?;
    let types = Types {
        job: RecordType::find(&mut connection, "job_row", JOB_COLUMN_COUNT).await?,
        end: RecordType::find(&mut connection, "end_row", END_COLUMN_COUNT).await?,
        transfer: RecordType::find(&mut connection, "transfer_row", TRANSFER_COLUMN_COUNT).await?,
    };
    Ok(Session { connection, types })
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

fn split(jobs: &[(i64, JobId)]) -> (Vec<i64>, Vec<&[u8]>) {
    jobs.iter().map(|(account, id)| (*account, &id.as_bytes()[..])).unzip()
}

fn held(row: &PgRow) -> Result<((i64, JobId), Held), sqlx::Error> {
    let id: [u8; 16] = row.try_get("id")?;
    let held = Held {
        seq: row.try_get("seq")?,
        hold: row.try_get("hold")?,
        unit: row.try_get("unit")?,
        method: row.try_get("method")?,
        version: row.try_get("version")?,
        capsule: Hash(row.try_get("capsule")?),
        submitted: Time::from_ms(row.try_get::<i64, _>("submitted")? as u64),
    };
    Ok(((row.try_get("account")?, JobId::from_bytes(id)), held))
}

async fn ask(connection: &mut PgConnection, node: i64, questions: &Questions<'_>) -> Result<Facts, sqlx::Error> {
    let mut facts = Facts::default();
    let leases = sqlx::query_as::<_, (i64, i64, i64)>(
        "SELECT account, token, remainder FROM leases WHERE account = ANY($1) AND node = $2 ORDER BY account FOR UPDATE",
    );
    for (account, token, remainder) in leases.bind(&questions.accounts).bind(node).fetch_all(&mut *connection).await? {
        facts.leases.insert((account, token), remainder);
    }
    let accounts = sqlx::query_as::<_, (i64, i64, i64, i64)>(
        "SELECT account, balance, held + leased, floor FROM balances WHERE account = ANY($1) ORDER BY account FOR UPDATE",
    );
    for (no, balance, bound, floor) in accounts.bind(&questions.accounts).fetch_all(&mut *connection).await? {
        facts.accounts.insert(no, Standing { balance, bound, floor });
    }
    let (accounts, ids) = split(&questions.jobs);
    let jobs = sqlx::query_scalar::<_, [u8; 16]>(
        "SELECT j.id FROM jobs j JOIN unnest($1::bigint[], $2::bytea[]) AS w(account, id) ON j.account = w.account AND j.id = w.id",
    );
    facts
        .jobs
        .extend(jobs.bind(accounts).bind(ids).fetch_all(&mut *connection).await?.into_iter().map(JobId::from_bytes));
    let (accounts, keys): (Vec<i64>, Vec<&str>) = questions.claims.iter().copied().unzip();
    let claims = sqlx::query_as::<_, (i64, String, [u8; 16])>(
        "SELECT i.account, i.key, i.job FROM idempotency i JOIN unnest($1::bigint[], $2::text[]) AS w(account, key) \
         ON i.account = w.account AND i.key = w.key WHERE i.expires > $3",
    );
    let claims = claims.bind(accounts).bind(keys).bind(Time::now().as_i64()).fetch_all(connection).await?;
    facts.claims.extend(claims.into_iter().map(|(account, key, job)| ((account, key), JobId::from_bytes(job))));
    Ok(facts)
}

/// What only some commits have: ends of accepted jobs, idempotency keys, files. Tells whether every key was free.
async fn write_more(connection: &mut PgConnection, types: Types, posting: &Posting<'_>) -> Result<bool, sqlx::Error> {
    if !posting.claims.is_empty() && !write_claims(connection, posting).await? {
        return Ok(false);
    }
    if !posting.ends.is_empty() {
        write_ends(connection, types, posting).await?;
    }
    if !posting.files.is_empty() {
        write_files(connection, posting).await?;
    }
    Ok(true)
}

async fn write_ends(connection: &mut PgConnection, types: Types, posting: &Posting<'_>) -> Result<(), sqlx::Error> {
    let ids: Vec<&[u8]> = posting.ends.iter().map(|row| &row.id.as_bytes()[..]).collect();
    sqlx::query("DELETE FROM payload_files WHERE job = ANY($1)").bind(ids).execute(&mut *connection).await?;
    let mut ends = Records::new(types.end, 900 * posting.ends.len());
    posting.ends.iter().for_each(|row| row.write(ends.row()));
    sqlx::query(
        "UPDATE jobs j SET state = e.state, cost = e.cost, started = e.started, finished = e.finished, attempts = e.attempts, \
         bytes_in = e.bytes_in, bytes_out = e.bytes_out, queued_us = e.queued_us, run_us = e.run_us, inputs = e.inputs, \
         outputs = e.outputs, kept = e.kept, segment = e.segment, error = e.error, expires = e.expires, \
         commit_seq = e.commit_seq, leaf_index = e.leaf_index, leaf = e.leaf, node = e.node, asked = NULL \
         FROM unnest($1::pg_temp.end_row[]) e WHERE j.seq = e.seq",
    )
    .bind(ends.done())
    .execute(connection)
    .await
    .map(drop)
}

async fn write_claims(connection: &mut PgConnection, posting: &Posting<'_>) -> Result<bool, sqlx::Error> {
    let claims = &posting.claims;
    let accounts: Vec<i64> = claims.iter().map(|(claim, _)| claim.account().0).collect();
    let keys: Vec<&str> = claims.iter().map(|(claim, _)| claim.key()).collect();
    let digests: Vec<&[u8]> = claims.iter().map(|(claim, _)| &claim.digest().0[..]).collect();
    let jobs: Vec<&[u8]> = claims.iter().map(|(_, job)| &job.as_bytes()[..]).collect();
    let done = sqlx::query(
        "INSERT INTO idempotency AS i (account, key, digest, job, expires) \
         SELECT s.account, s.key, s.digest, s.job, $5 FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::bytea[]) \
         AS s(account, key, digest, job) ORDER BY s.account, s.key \
         ON CONFLICT (account, key) DO UPDATE SET digest = excluded.digest, job = excluded.job, expires = excluded.expires \
         WHERE i.expires <= $6",
    )
    .bind(accounts)
    .bind(keys)
    .bind(digests)
    .bind(jobs)
    .bind(posting.now.plus_ms(IDEMPOTENCY_MS).as_i64())
    .bind(posting.now.as_i64())
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == claims.len() as u64)
}

async fn write_files(connection: &mut PgConnection, posting: &Posting<'_>) -> Result<(), sqlx::Error> {
    let jobs: Vec<&[u8]> = posting.files.iter().map(|(job, _)| &job.as_bytes()[..]).collect();
    let hashes: Vec<&[u8]> = posting.files.iter().map(|(_, hash)| &hash.0[..]).collect();
    sqlx::query(
        "INSERT INTO payload_files (job, hash) SELECT * FROM unnest($1::bytea[], $2::bytea[]) ON CONFLICT DO NOTHING",
    )
    .bind(jobs)
    .bind(hashes)
    .execute(connection)
    .await
    .map(drop)
}

/// Rows, leases, balances and the signed root in one statement.
async fn write_commit(connection: &mut PgConnection, types: Types, posting: &Posting<'_>) -> Result<(), sqlx::Error> {
    let (leases, accounts, root) = (&posting.fold.leases, &posting.fold.accounts, &posting.root);
    let mut jobs = Records::new(types.job, 900 * posting.jobs.len());
    posting.jobs.iter().for_each(|row| row.write(jobs.row()));
    let mut transfers = Records::new(types.transfer, 120 * posting.transfers.len());
    posting.transfers.iter().for_each(|row| row.write(transfers.row()));
    sqlx::query(COMMIT)
        .bind(leases.iter().map(|spent| spent.account).collect::<Vec<_>>())
        .bind(leases.iter().map(|spent| spent.token).collect::<Vec<_>>())
        .bind(leases.iter().map(|spent| spent.amount).collect::<Vec<_>>())
        .bind(posting.node)
        .bind(posting.lease_expires.as_i64())
        .bind(accounts.iter().map(|(no, _)| *no).collect::<Vec<_>>())
        .bind(accounts.iter().map(|(_, change)| change.balance).collect::<Vec<_>>())
        .bind(accounts.iter().map(|(_, change)| change.held).collect::<Vec<_>>())
        .bind(accounts.iter().map(|(_, change)| change.leased).collect::<Vec<_>>())
        .bind(root.sequence as i64)
        .bind(i64::from(root.count))
        .bind(root.signed.as_i64())
        .bind(root.root.0)
        .bind(root.signature)
        .bind(&posting.leaves)
        .bind(jobs.done())
        .bind(transfers.done())
        .bind(leases.len() as i64)
        .bind(accounts.len() as i64)
        .execute(connection)
        .await
        .map(drop)
}
