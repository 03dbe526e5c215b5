//! The statements of a group commit on Postgres, prepared once a session.

use tokio::try_join;
use tokio_postgres::{Client, Error, Statement};

use crate::committer::rows::{END_COLUMN_COUNT, job_columns, transfer_columns};

/// What every writing connection begins with. A server set to lose acknowledged commits is overruled.
const HELLO: &str = "SET idle_in_transaction_session_timeout = '5s'; SET lock_timeout = '3s'; SET statement_timeout = '4s'; \
     SET plan_cache_mode = 'force_generic_plan'; SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; \
     SET work_mem = '64MB'; SET client_min_messages = 'warning'; \
     SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

const JOBS: &str = concat!("COPY jobs (", job_columns!(), ") FROM STDIN (FORMAT binary)");

const TRANSFERS: &str = concat!(
    "INSERT INTO transfers (",
    transfer_columns!(),
    ") SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[])"
);

/// The columns that the end of a job changes, and the job they belong to.
const END_COLUMNS: [(&str, &str); END_COLUMN_COUNT] = [
    ("state", "bigint"),
    ("cost", "bigint"),
    ("started", "bigint"),
    ("finished", "bigint"),
    ("attempts", "bigint"),
    ("bytes_in", "bigint"),
    ("bytes_out", "bigint"),
    ("queued_us", "bigint"),
    ("run_us", "bigint"),
    ("inputs", "bytea"),
    ("outputs", "text"),
    ("kept", "bytea"),
    ("segment", "bigint"),
    ("error", "text"),
    ("expires", "bigint"),
    ("commit_seq", "bigint"),
    ("leaf_index", "bigint"),
    ("leaf", "bytea"),
    ("node", "bigint"),
    ("seq", "bigint"),
];

/// Takes keys that are free or have expired. It divides by zero unless it gets them all.
const CLAIMS: &str = "WITH i AS (INSERT INTO idempotency AS i (account, key, digest, job, expires) \
     SELECT s.account, s.key, s.digest, s.job, $5 FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::bytea[]) \
     AS s(account, key, digest, job) ORDER BY s.account, s.key \
     ON CONFLICT (account, key) DO UPDATE SET digest = excluded.digest, job = excluded.job, expires = excluded.expires \
     WHERE i.expires <= $6 RETURNING 1) \
     SELECT 1 / CASE WHEN (SELECT count(*) FROM i) = $7 THEN 1 ELSE 0 END";

/// Leases, balances and the signed root. It divides by zero unless every lease and account was as hoped.
const FENCE: &str = "WITH l AS (UPDATE leases t SET remainder = t.remainder - s.amount, expires = $5 \
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS s(account, token, amount) \
        WHERE t.account = s.account AND t.node = $4 AND t.token = s.token AND t.remainder >= s.amount RETURNING 1), \
     a AS (UPDATE balances t SET balance = t.balance + s.balance, held = t.held + s.held, leased = t.leased + s.leased \
        FROM unnest($6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[]) AS s(account, balance, held, leased) \
        WHERE t.account = s.account AND t.balance + s.balance <= 9007199254740991 \
        AND t.balance + s.balance - (t.held + s.held) - (t.leased + s.leased) >= t.floor RETURNING 1), \
     c AS (INSERT INTO commits (node, seq, count, signed, root, signature, leaves) VALUES ($4, $10, $11, $12, $13, $14, $15)) \
     SELECT 1 / CASE WHEN (SELECT count(*) FROM l) = $16 AND (SELECT count(*) FROM a) = $17 THEN 1 ELSE 0 END";

const HELDS: &str = "SELECT j.account, j.id, j.seq, j.hold, j.unit, j.method, j.version, j.capsule, j.submitted FROM jobs j \
     JOIN unnest($1::bigint[], $2::bytea[]) AS w(account, id) ON j.account = w.account AND j.id = w.id \
     WHERE j.state < 2 ORDER BY j.seq FOR UPDATE OF j";

/// The statements of one session.
pub(super) struct Statements {
    pub(super) helds: Statement,
    pub(super) lock_leases: Statement,
    pub(super) lock_accounts: Statement,
    pub(super) known_jobs: Statement,
    pub(super) known_claims: Statement,
    /// Copies new jobs in.
    pub(super) jobs: Statement,
    pub(super) claims: Statement,
    /// Forgets the files of jobs that ended.
    pub(super) no_files: Statement,
    pub(super) ends: Statement,
    pub(super) files: Statement,
    pub(super) transfers: Statement,
    pub(super) fence: Statement,
}

/// Sets a session up.
pub(super) async fn prepare(client: &Client) -> Result<Statements, Error> {
    client.batch_execute(HELLO).await?;
    let ends = ends();
    let (helds, lock_leases, lock_accounts, known_jobs, known_claims) = try_join!(
        client.prepare(HELDS),
        client.prepare(
            "SELECT account, token, remainder FROM leases WHERE account = ANY($1) AND node = $2 ORDER BY account FOR UPDATE"
        ),
        client.prepare(
            "SELECT account, balance, held + leased, floor FROM balances WHERE account = ANY($1) ORDER BY account FOR UPDATE"
        ),
        client.prepare(
            "SELECT j.id FROM jobs j JOIN unnest($1::bigint[], $2::bytea[]) AS w(account, id) \
             ON j.account = w.account AND j.id = w.id"
        ),
        client.prepare(
            "SELECT i.account, i.key, i.job FROM idempotency i JOIN unnest($1::bigint[], $2::text[]) AS w(account, key) \
             ON i.account = w.account AND i.key = w.key WHERE i.expires > $3"
        ),
    )?;
    let (jobs, claims, no_files, ends, files, transfers, fence) = try_join!(
        client.prepare(JOBS),
        client.prepare(CLAIMS),
        client.prepare("DELETE FROM payload_files WHERE job = ANY($1)"),
        client.prepare(&ends),
        client.prepare(
            "INSERT INTO payload_files (job, hash) SELECT * FROM unnest($1::bytea[], $2::bytea[]) ON CONFLICT DO NOTHING"
        ),
        client.prepare(TRANSFERS),
        client.prepare(FENCE),
    )?;
    Ok(Statements {
        helds,
        lock_leases,
        lock_accounts,
        known_jobs,
        known_claims,
        jobs,
        claims,
        no_files,
        ends,
        files,
        transfers,
        fence,
    })
}

/// Ends jobs that have a row.
fn ends() -> String {
    let names = END_COLUMNS.map(|(name, _)| name);
    let arrays: Vec<String> =
        END_COLUMNS.iter().enumerate().map(|(index, (_, of))| format!("${}::{of}[]", index + 1)).collect();
    let changes: Vec<String> =
        names.iter().filter(|name| **name != "seq").map(|name| format!("{name} = e.{name}")).collect();
    format!(
        "UPDATE jobs j SET {}, asked = NULL FROM unnest({}) AS e({}) WHERE j.seq = e.seq",
        changes.join(", "),
        arrays.join(", "),
        names.join(", ")
    )
}
