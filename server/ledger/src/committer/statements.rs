//! The statements of a group commit on Postgres. One carries rows, folded balances and the signed root; the others are
//! for what only some commits ask or write.

use inos_protocols::{Hash, JobId, time::Time};
use sqlx::{
    Connection, Executor, PgConnection, Row,
    postgres::{PgConnectOptions, PgRow},
};

use super::{
    posting::{Held, Helds, Posting},
    records::{RecordType, Records},
    rows::{END_COLUMN_COUNT, JOB_COLUMN_COUNT, TRANSFER_COLUMN_COUNT, job_columns, transfer_columns},
    verdict::{Facts, Questions, Standing},
};
use crate::claims::IDEMPOTENCY_MS;

/// What every writing connection begins with. A server set to lose acknowledged commits is overruled.
const HELLO: &str = "SET idle_in_transaction_session_timeout = '5s'; SET lock_timeout = '3s'; SET statement_timeout = '4s'; \
     SET plan_cache_mode = 'force_generic_plan'; SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET work_mem = '64MB'; SET client_min_messages = 'warning'; \
     SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'; \
     CREATE TYPE pg_temp.job_row AS (account BIGINT, id BYTEA, unit TEXT, method TEXT, version TEXT, priority BIGINT, \
     budget BIGINT, capsule BYTEA, submitted BIGINT, deadline BIGINT, params TEXT, labels TEXT, asked BYTEA, hold BIGINT, \
     node BIGINT, state BIGINT, cost BIGINT, started BIGINT, finished BIGINT, attempts BIGINT, bytes_in BIGINT, \
     bytes_out BIGINT, queued_us BIGINT, run_us BIGINT, inputs BYTEA, outputs TEXT, kept BYTEA, segment BIGINT, error TEXT, \
     expires BIGINT, commit_seq BIGINT, leaf_index BIGINT); \
     CREATE TYPE pg_temp.end_row AS (state BIGINT, cost BIGINT, started BIGINT, finished BIGINT, attempts BIGINT, \
     bytes_in BIGINT, bytes_out BIGINT, queued_us BIGINT, run_us BIGINT, inputs BYTEA, outputs TEXT, kept BYTEA, \
     segment BIGINT, error TEXT, expires BIGINT, commit_seq BIGINT, leaf_index BIGINT, node BIGINT, seq BIGINT); \
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

/// A connection and the types of its rows.
pub(super) struct Session {
    pub(super) connection: PgConnection,
    pub(super) types: Types,
}

/// The session's types of rows.
#[derive(Clone, Copy)]
pub(super) struct Types {
    job: RecordType,
    end: RecordType,
    transfer: RecordType,
}

/// Opens a session.
pub(super) async fn open(options: &PgConnectOptions) -> Result<Session, sqlx::Error> {
    let mut connection = PgConnection::connect_with(options).await?;
    connection.execute(HELLO).await?;
    let types = Types {
        job: RecordType::find(&mut connection, "job_row", JOB_COLUMN_COUNT).await?,
        end: RecordType::find(&mut connection, "end_row", END_COLUMN_COUNT).await?,
        transfer: RecordType::find(&mut connection, "transfer_row", TRANSFER_COLUMN_COUNT).await?,
    };
    Ok(Session { connection, types })
}

/// The accepted jobs among these that have not ended; nobody else ends them before this transaction is over.
pub(super) async fn helds(connection: &mut PgConnection, wanted: &[(i64, JobId)]) -> Result<Helds, sqlx::Error> {
    let (accounts, ids) = split(wanted);
    let rows = sqlx::query(
        "SELECT j.account, j.id, j.seq, j.hold, j.unit, j.method, j.version, j.capsule, j.submitted FROM jobs j \
         JOIN unnest($1::bigint[], $2::bytea[]) AS w(account, id) ON j.account = w.account AND j.id = w.id \
         WHERE j.state < 2 ORDER BY j.seq FOR UPDATE OF j",
    );
    rows.bind(accounts).bind(ids).fetch_all(connection).await?.iter().map(held).collect()
}

fn split(jobs: &[(i64, JobId)]) -> (Vec<i64>, Vec<&[u8]>) {
    jobs.iter().map(|(account, id)| (*account, &id.as_bytes()[..])).unzip()
}

fn held(row: &PgRow) -> Result<((i64, JobId), Held), sqlx::Error> {
    let id: [u8; 16] = row.try_get("id")?;
    let held = Held {
        seq: row.try_get("seq")?,
        hold: row.try_get("hold")?,
        unit: row.try_get::<String, _>("unit")?.into(),
        method: row.try_get::<String, _>("method")?.into(),
        version: row.try_get::<String, _>("version")?.into(),
        capsule: Hash(row.try_get("capsule")?),
        submitted: Time::from_ms(row.try_get::<i64, _>("submitted")? as u64),
    };
    Ok(((row.try_get("account")?, JobId::from_bytes(id)), held))
}

/// What a careful judgement asks.
pub(super) async fn ask(
    connection: &mut PgConnection,
    node: i64,
    questions: &Questions<'_>,
) -> Result<Facts, sqlx::Error> {
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
pub(super) async fn write_more(
    connection: &mut PgConnection,
    types: Types,
    posting: &Posting<'_>,
) -> Result<bool, sqlx::Error> {
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
         commit_seq = e.commit_seq, leaf_index = e.leaf_index, node = e.node, asked = NULL \
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
pub(super) async fn write_commit(
    connection: &mut PgConnection,
    types: Types,
    posting: &Posting<'_>,
) -> Result<(), sqlx::Error> {
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
