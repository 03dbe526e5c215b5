//! Group commits on SQLite: prepared statements in a loop inside one transaction. Knows rows, not what they mean.

use std::path::PathBuf;

use inos_failpoints::{Point, reach};
use inos_protocols::{JobId, time::Time, wire};
use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension, Statement, params,
    types::{ToSqlOutput, Type, ValueRef},
};

use super::{
    checkpoint::Checkpointer,
    fold::BudgetChange,
    posting::{Held, Helds, LabelRow, Posting},
    rows::{self, Sink, accepted_columns, audit_columns, end_columns, settled_columns, transfer_columns},
    trouble::{Fate, Trouble},
    verdict::{Facts, Questions, Standing},
};
use crate::{claims::IDEMPOTENCY_MS, database::PATIENCE};

/// How many prepared statements are kept.
const STATEMENTS_MAX: usize = 32;

/// The writing connection to a SQLite file.
pub(crate) struct Sqlite {
    path: PathBuf,
    // Ends before the connection: whoever closes last clears the log away.
    checkpointer: Option<Checkpointer>,
    connection: Option<Connection>,
}

impl Sqlite {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, checkpointer: None, connection: None }
    }

    /// Opens the connection if there is none.
    pub(crate) fn connect(&mut self) -> Result<(), Trouble> {
        if self.connection.is_none() {
            let connection = open(&self.path).map_err(sorted)?;
            self.checkpointer = Some(Checkpointer::start(&self.path, &connection).map_err(sorted)?);
            self.connection = Some(connection);
        }
        Ok(())
    }

    fn connection(&self) -> Result<&Connection, Trouble> {
        self.connection.as_ref().ok_or_else(|| Trouble::Away("the connection was closed".into()))
    }

    pub(crate) fn begin(&mut self) -> Result<(), Trouble> {
        self.connect()?;
        self.connection()?.execute_batch("BEGIN IMMEDIATE").map_err(sorted)
    }

    /// Ends a transaction without a trace; a connection that cannot do so is given up.
    pub(crate) fn roll_back(&mut self) {
        let Some(connection) = &self.connection else { return };
        if !connection.is_autocommit() && connection.execute_batch("ROLLBACK").is_err() {
            self.connection = None;
        }
    }

    /// Whether the database can be written just now.
    pub(crate) fn probe(&mut self) -> Result<(), Trouble> {
        self.connect()?;
        // Somebody may be waiting to be told no: a probe does not wait its turn for long.
        self.connection()?.busy_timeout(PATIENCE / 50).map_err(sorted)?;
        let begun = self.begin();
        self.roll_back();
        self.connection()?.busy_timeout(PATIENCE).map_err(sorted)?;
        begun
    }

    /// The number after the last commit of this node.
    pub(crate) fn next_sequence(&mut self, node: i64) -> Result<u64, Trouble> {
        self.connect()?;
        let last: i64 = self
            .connection()?
            .query_row("SELECT coalesce(max(seq), 0) FROM commits WHERE node = ?1", [node], |row| row.get(0))
            .map_err(sorted)?;
        Ok(last as u64 + 1)
    }

    /// Whether a commit is there. SQLite never leaves one in doubt: this asks the file.
    pub(crate) fn settle_doubt(&mut self, node: i64, sequence: u64) -> Result<Fate, Trouble> {
        Ok(if self.next_sequence(node)? > sequence { Fate::Happened } else { Fate::Never })
    }

    /// The accepted jobs among these that have not ended.
    pub(crate) fn helds(&mut self, wanted: &[(i64, JobId)]) -> Result<Helds, Trouble> {
        let connection = self.connection()?;
        let mut helds = Helds::with_capacity(wanted.len());
        let mut select = connection
            .prepare_cached(
                "SELECT seq, hold, unit, method, request FROM jobs WHERE account = ?1 AND id = ?2 AND state < 2",
            )
            .map_err(sorted)?;
        for (account, id) in wanted {
            let held = select.query_row(params![account, id.as_bytes()], |row| {
                Ok(Held {
                    seq: row.get(0)?,
                    hold: row.get(1)?,
                    unit: row.get::<_, String>(2)?.into(),
                    method: row.get::<_, String>(3)?.into(),
                    request: wire::read_job_request(row.get_ref(4)?.as_blob()?).map_err(|malformed| {
                        rusqlite::Error::FromSqlConversionFailure(4, Type::Blob, malformed.into())
                    })?,
                })
            });
            helds.extend(held.optional().map_err(sorted)?.map(|held| ((*account, *id), held)));
        }
        Ok(helds)
    }

    /// The answers to everything that a careful judgement asks.
    pub(crate) fn facts(&mut self, node: i64, questions: &Questions<'_>) -> Result<Facts, Trouble> {
        ask(self.connection()?, node, questions).map_err(sorted)
    }

    /// Writes everything for good; [`Trouble::Unfit`] when something is not as the quick judgement hoped.
    pub(crate) fn commit(&mut self, posting: &Posting<'_>) -> Result<(), Trouble> {
        let connection = self.connection()?;
        let fits = write_leases(connection, posting).map_err(sorted)?
            && write_accounts(connection, posting).map_err(sorted)?
            && write_budgets(connection, posting).map_err(sorted)?
            && write_claims(connection, posting).map_err(sorted)?;
        if !fits {
            return Err(Trouble::Unfit);
        }
        write_rows(connection, posting).map_err(sorted)?;
        reach(Point::CommitWritten);
        connection.execute_batch("COMMIT").map_err(sorted)?;
        if let Some(checkpointer) = &self.checkpointer {
            checkpointer.after_commit(connection);
        }
        Ok(())
    }
}

fn open(path: &std::path::Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", -16 * 1024)?;
    Ok(connection)
}

/// What has to be done about an error of SQLite's.
fn sorted(error: rusqlite::Error) -> Trouble {
    let code = match &error {
        rusqlite::Error::SqliteFailure(error, _) => error.code,
        _ => return Trouble::Broken(error.into()),
    };
    match code {
        ErrorCode::ConstraintViolation => Trouble::Unfit,
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::CannotOpen
        | ErrorCode::SystemIoFailure
        | ErrorCode::DiskFull
        | ErrorCode::ReadOnly
        | ErrorCode::FileLockingProtocolFailed => Trouble::Away(error.into()),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Trouble::Damaged(error.into()),
        _ => Trouble::Broken(error.into()),
    }
}

fn ask(connection: &Connection, node: i64, questions: &Questions<'_>) -> rusqlite::Result<Facts> {
    let mut facts = Facts::default();
    let mut accounts =
        connection.prepare_cached("SELECT balance, held + leased, floor FROM balances WHERE account = ?1")?;
    let mut leases =
        connection.prepare_cached("SELECT token, remainder FROM leases WHERE account = ?1 AND node = ?2")?;
    for account in &questions.accounts {
        let standing = accounts
            .query_row([account], |row| Ok(Standing { balance: row.get(0)?, bound: row.get(1)?, floor: row.get(2)? }));
        facts.accounts.extend(standing.optional()?.map(|standing| (*account, standing)));
        let lease = leases.query_row([*account, node], |row| Ok(((*account, row.get(0)?), row.get(1)?)));
        facts.leases.extend(lease.optional()?);
    }
    let mut jobs = connection.prepare_cached("SELECT 1 FROM jobs WHERE account = ?1 AND id = ?2")?;
    for (account, id) in &questions.jobs {
        if jobs.exists(params![account, id.as_bytes()])? {
            facts.jobs.insert(*id);
        }
    }
    let mut claims =
        connection.prepare_cached("SELECT job FROM idempotency WHERE account = ?1 AND key = ?2 AND expires > ?3")?;
    for (account, key) in &questions.claims {
        let job = claims.query_row(params![account, key, Time::now().as_i64()], |row| row.get::<_, [u8; 16]>(0));
        let job = job.optional()?.map(JobId::from_bytes);
        facts.claims.extend(job.map(|job| ((*account, (*key).to_owned()), job)));
    }
    let mut budgets =
        connection.prepare_cached("SELECT cap - used FROM budgets WHERE account = ?1 AND key = ?2 AND month = ?3")?;
    for name in &questions.budgets {
        let left = budgets.query_row(params![name.0, name.1, name.2], |row| row.get(0)).optional()?;
        facts.budgets.extend(left.map(|left| (name.clone(), left)));
    }
    Ok(facts)
}

/// Uses limits, if they have as much left; what is freed is always taken.
fn write_budgets(connection: &Connection, posting: &Posting<'_>) -> rusqlite::Result<bool> {
    if posting.budgets.is_empty() {
        return Ok(true);
    }
    let mut update = connection.prepare_cached(
        "UPDATE budgets SET used = max(used + ?4, 0) \
         WHERE account = ?1 AND key = ?2 AND month = ?3 AND (?4 < 0 OR used + ?4 <= cap)",
    )?;
    for BudgetChange { of: (account, key, month), used } in &posting.budgets {
        if update.execute(params![account, key, month, used])? != 1 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Takes what was spent from each lease, if its token still stands and it has as much.
fn write_leases(connection: &Connection, posting: &Posting<'_>) -> rusqlite::Result<bool> {
    let mut update = connection.prepare_cached(
        "UPDATE leases SET remainder = remainder - ?1, expires = ?2 \
         WHERE account = ?3 AND node = ?4 AND token = ?5 AND remainder >= ?1",
    )?;
    let expires = posting.lease_expires.as_i64();
    for spent in &posting.fold.leases {
        if update.execute(params![spent.amount, expires, spent.account, posting.node, spent.token])? != 1 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Changes each account, unless it would have spent what it has not or have more than fits.
fn write_accounts(connection: &Connection, posting: &Posting<'_>) -> rusqlite::Result<bool> {
    let mut update = connection.prepare_cached(
        "UPDATE balances SET balance = balance + ?2, held = held + ?3, leased = leased + ?4 WHERE account = ?1 \
         AND balance + ?2 - (held + ?3) - (leased + ?4) >= floor AND balance + ?2 <= 9007199254740991",
    )?;
    for (account, change) in &posting.fold.accounts {
        if update.execute([*account, change.balance, change.held, change.leased])? != 1 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Writes idempotency keys; one that is taken and not expired stands in the way.
fn write_claims(connection: &Connection, posting: &Posting<'_>) -> rusqlite::Result<bool> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO idempotency (account, key, digest, job, expires) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT (account, key) DO UPDATE SET digest = ?3, job = ?4, expires = ?5 WHERE expires <= ?6",
    )?;
    let (now, expires) = (posting.now.as_i64(), posting.now.plus_ms(IDEMPOTENCY_MS).as_i64());
    for (claim, job) in &posting.claims {
        let (account, key, digest) = (claim.account().0, claim.key(), claim.digest().0);
        if insert.execute(params![account, key, digest, job.as_bytes(), expires, now])? != 1 {
            return Ok(false);
        }
    }
    Ok(true)
}

fn write_rows(connection: &Connection, posting: &Posting<'_>) -> rusqlite::Result<()> {
    let Posting { settled, accepted, transfers, audit, .. } = posting;
    let of_commit = [posting.node, posting.root.sequence as i64];
    insert(connection, "jobs", settled_columns!(), "node, commit_seq", &of_commit, settled, |row, to| row.write(to))?;
    insert(connection, "jobs", accepted_columns!(), "node, commit_seq", &of_commit, accepted, |row, to| row.write(to))?;
    insert(connection, "transfers", transfer_columns!(), "", &[], transfers, |row, to| row.write(to))?;
    insert(connection, "audit", audit_columns!(), "", &[], audit, |row, to| row.write(to))?;
    write_ends(connection, posting)?;
    write_files(connection, posting)?;
    write_labels(connection, posting)?;
    if posting.root.count > 0 {
        write_commit(connection, posting)?;
    }
    Ok(())
}

/// Inserts rows of these columns; those of `all_have` are bound once.
fn insert<T>(
    connection: &Connection,
    table: &str,
    columns: &str,
    all_have: &str,
    values: &[i64],
    rows: &[T],
    write: impl Fn(&T, &mut Bind<'_, '_>),
) -> rusqlite::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let (own, all) = (rows::count(columns), values.len());
    let comma = if all > 0 { ", " } else { "" };
    let places: Vec<String> = (1..=own + all).map(|place| format!("?{place}")).collect();
    let sql = format!("INSERT INTO {table} ({columns}{comma}{all_have}) VALUES ({})", places.join(", "));
    let mut statement = connection.prepare_cached(&sql)?;
    bind_after(&mut statement, own, values)?;
    rows.iter().try_for_each(|row| execute(&mut statement, |to| write(row, to)))
}

/// Binds what stays the same for every execution, after so many other parameters.
fn bind_after(statement: &mut Statement<'_>, places: usize, values: &[i64]) -> rusqlite::Result<()> {
    values.iter().zip(places + 1..).try_for_each(|(value, place)| statement.raw_bind_parameter(place, value))
}

fn write_ends(connection: &Connection, posting: &Posting<'_>) -> rusqlite::Result<()> {
    if posting.ends.is_empty() {
        return Ok(());
    }
    let mut update = connection.prepare_cached(
        "UPDATE jobs SET state = ?1, cost = ?2, ending = ?3, kept = ?4, expires = ?6, leaf_index = ?7, node = ?9, \
         commit_seq = ?10, segment = CASE WHEN ?1 = 2 THEN ?5 ELSE segment END, \
         asked = CASE WHEN ?1 = 2 THEN NULL ELSE asked END WHERE seq = ?8",
    )?;
    bind_after(&mut update, rows::count(end_columns!()), &[posting.node, posting.root.sequence as i64])?;
    let mut forget = connection.prepare_cached("DELETE FROM payload_files WHERE job = ?1")?;
    for row in &posting.ends {
        if row.forgets() {
            forget.execute([row.id.as_bytes()])?;
        }
        execute(&mut update, |to| row.write(to))?;
    }
    Ok(())
}

fn write_files(connection: &Connection, posting: &Posting<'_>) -> rusqlite::Result<()> {
    if posting.files.is_empty() {
        return Ok(());
    }
    let mut insert =
        connection.prepare_cached("INSERT INTO payload_files (job, hash) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?;
    for (job, hash) in &posting.files {
        insert.execute(params![job.as_bytes(), hash.0])?;
    }
    Ok(())
}

fn write_labels(connection: &Connection, posting: &Posting<'_>) -> rusqlite::Result<()> {
    if posting.labels.is_empty() {
        return Ok(());
    }
    let mut insert =
        connection.prepare_cached("INSERT INTO labels (account, job, key, value) VALUES (?1, ?2, ?3, ?4)")?;
    for LabelRow { account, job, key, value } in &posting.labels {
        insert.execute(params![account, job.as_bytes(), key, value])?;
    }
    Ok(())
}

fn write_commit(connection: &Connection, posting: &Posting<'_>) -> rusqlite::Result<()> {
    let root = &posting.root;
    connection
        .prepare_cached("INSERT INTO commits (node, seq, count, signed, root, signature, leaves) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute(params![
            posting.node,
            root.sequence as i64,
            root.count,
            root.signed.as_i64(),
            root.root.0,
            root.signature,
            posting.leaves,
        ])
        .map(drop)
}

/// Binds what `write` writes and executes.
fn execute(statement: &mut Statement<'_>, write: impl FnOnce(&mut Bind<'_, '_>)) -> rusqlite::Result<()> {
    let mut bind = Bind { statement, place: 1, failed: None };
    write(&mut bind);
    match bind.failed {
        Some(error) => Err(error),
        None => statement.raw_execute().map(drop),
    }
}

/// A statement whose parameters are bound one after the other.
struct Bind<'s, 'c> {
    statement: &'s mut Statement<'c>,
    place: usize,
    failed: Option<rusqlite::Error>,
}

impl Bind<'_, '_> {
    fn put(&mut self, value: ValueRef<'_>) {
        let bound = self.statement.raw_bind_parameter(self.place, ToSqlOutput::Borrowed(value));
        self.place += 1;
        self.failed = self.failed.take().or(bound.err());
    }
}

impl Sink for Bind<'_, '_> {
    fn int(&mut self, value: Option<i64>) {
        self.put(value.map_or(ValueRef::Null, ValueRef::Integer));
    }

    fn text(&mut self, value: Option<&str>) {
        self.put(value.map_or(ValueRef::Null, |text| ValueRef::Text(text.as_bytes())));
    }

    fn bytes(&mut self, value: Option<&[u8]>) {
        self.put(value.map_or(ValueRef::Null, ValueRef::Blob));
    }
}
