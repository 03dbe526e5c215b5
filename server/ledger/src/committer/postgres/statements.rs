//! The statements of a group commit on Postgres, prepared once a session.

use tokio::try_join;
use tokio_postgres::{Client, Error, Statement};

use crate::committer::rows::{self, accepted_columns, audit_columns, end_columns, settled_columns, transfer_columns};

/// What every writing connection begins with. A server set to lose acknowledged commits is overruled.
const HELLO: &str = "SET idle_in_transaction_session_timeout = '5s'; SET lock_timeout = '3s'; SET statement_timeout = '4s'; \
     SET plan_cache_mode = 'force_generic_plan'; SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; \
     SET work_mem = '64MB'; SET jit = off; SET client_min_messages = 'warning'; \
     SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

/// Takes keys that are free or have expired. It divides by zero unless it gets them all.
const CLAIMS: &str = "WITH i AS (INSERT INTO idempotency AS i (account, key, digest, job, expires) \
     SELECT s.account, s.key, s.digest, s.job, $5 FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::bytea[]) \
     AS s(account, key, digest, job) ORDER BY s.account, s.key \
     ON CONFLICT (account, key) DO UPDATE SET digest = excluded.digest, job = excluded.job, expires = excluded.expires \
     WHERE i.expires <= $6 RETURNING 1) \
     SELECT 1 / CASE WHEN (SELECT count(*) FROM i) = $7 THEN 1 ELSE 0 END";

/// Uses limits that have as much left. It divides by zero unless it gets them all.
const BUDGETS: &str = "WITH b AS (UPDATE budgets t SET used = greatest(t.used + s.used, 0) \
     FROM unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::bigint[]) AS s(account, key, month, used) \
     WHERE t.account = s.account AND t.key = s.key AND t.month = s.month \
     AND (s.used < 0 OR t.used + s.used <= t.cap) RETURNING 1) \
     SELECT 1 / CASE WHEN (SELECT count(*) FROM b) = $5 THEN 1 ELSE 0 END";

/// Leases, balances and the signed root; new jobs follow.
const ROOT: &str = "WITH l AS (UPDATE leases t SET remainder = t.remainder - s.amount, expires = $5 \
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS s(account, token, amount) \
        WHERE t.account = s.account AND t.node = $4 AND t.token = s.token AND t.remainder >= s.amount RETURNING 1), \
     a AS (UPDATE balances t SET balance = t.balance + s.balance, held = t.held + s.held, leased = t.leased + s.leased \
        FROM unnest($6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[]) AS s(account, balance, held, leased) \
        WHERE t.account = s.account AND t.balance + s.balance <= 9007199254740991 \
        AND t.balance + s.balance - (t.held + s.held) - (t.leased + s.leased) >= t.floor RETURNING 1), \
     c AS (INSERT INTO commits (node, seq, count, signed, root, signature, leaves) VALUES ($4, $10, $11, $12, $13, $14, $15))";

/// Divides by zero unless every lease and account was as hoped.
const FENCE: &str =
    "SELECT 1 / CASE WHEN (SELECT count(*) FROM l) = $16 AND (SELECT count(*) FROM a) = $17 THEN 1 ELSE 0 END";

/// How many parameters [`ROOT`] and [`FENCE`] have.
const ROOT_PARAMETERS: usize = 17;

/// Adding nothing keeps Postgres from the index of unfinished jobs, all of which it would go through for each that ends.
const HELDS: &str = "SELECT j.account, j.id, j.seq, j.hold, j.unit, j.method, j.request FROM jobs j \
     JOIN unnest($1::bigint[], $2::bytea[]) AS w(account, id) ON j.account = w.account AND j.id = w.id \
     WHERE j.state + 0 < 2 ORDER BY j.seq FOR UPDATE OF j";

/// The statements of one session.
pub(super) struct Statements {
    pub(super) helds: Statement,
    pub(super) lock_leases: Statement,
    pub(super) lock_accounts: Statement,
    pub(super) known_jobs: Statement,
    pub(super) known_claims: Statement,
    pub(super) known_budgets: Statement,
    pub(super) budgets: Statement,
    pub(super) claims: Statement,
    /// Forgets the files of jobs that ended.
    pub(super) no_files: Statement,
    pub(super) ends: Statement,
    pub(super) files: Statement,
    pub(super) labels: Statement,
    pub(super) transfers: Statement,
    pub(super) audit: Statement,
    /// Leases, balances, the signed root and new jobs.
    pub(super) root: Statement,
}

/// Sets a session up.
pub(super) async fn prepare(client: &Client) -> Result<Statements, Error> {
    client.batch_execute(HELLO).await?;
    let (ends, transfers) = (ends(), insert("transfers", transfer_columns!(), "", "", 0));
    let audit = insert("audit", audit_columns!(), "", "", 0);
    let settled = insert("jobs", settled_columns!(), ", node, commit_seq", ", $4, $10", ROOT_PARAMETERS);
    let before = ROOT_PARAMETERS + rows::count(settled_columns!());
    let accepted = insert("jobs", accepted_columns!(), ", node, commit_seq", ", $4, $10", before);
    let root = format!("{ROOT}, s AS ({settled}), n AS ({accepted}) {FENCE}");
    let (known_budgets, budgets, helds, lock_leases, lock_accounts, known_jobs, known_claims) = try_join!(
        client.prepare(
            "SELECT b.account, b.key, b.month, b.cap - b.used FROM budgets b \
             JOIN unnest($1::bigint[], $2::bytea[], $3::bigint[]) AS w(account, key, month) \
             ON b.account = w.account AND b.key = w.key AND b.month = w.month \
             ORDER BY b.account, b.key, b.month FOR UPDATE OF b"
        ),
        client.prepare(BUDGETS),
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
    let (claims, no_files, ends, files, labels, transfers, audit, root) = try_join!(
        client.prepare(CLAIMS),
        client.prepare("DELETE FROM payload_files WHERE job = ANY($1)"),
        client.prepare(&ends),
        client.prepare(
            "INSERT INTO payload_files (job, hash) SELECT * FROM unnest($1::bytea[], $2::bytea[]) ON CONFLICT DO NOTHING"
        ),
        client.prepare(
            "INSERT INTO labels (account, job, key, value) \
             SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::text[], $4::text[])"
        ),
        client.prepare(&transfers),
        client.prepare(&audit),
        client.prepare(&root),
    )?;
    Ok(Statements {
        helds,
        lock_leases,
        lock_accounts,
        known_jobs,
        known_claims,
        known_budgets,
        budgets,
        claims,
        no_files,
        ends,
        files,
        labels,
        transfers,
        audit,
        root,
    })
}

/// Inserts rows that come as one array a column, after so many other parameters, and with what all of them have. In the
/// list of a SELECT, arrays are walked row by row; in its FROM, Postgres would first make a table of each.
fn insert(table: &str, columns: &str, all_have: &str, values: &str, before: usize) -> String {
    let arrays: Vec<String> = arrays(columns, before).into_iter().map(|array| format!("unnest({array})")).collect();
    format!("INSERT INTO {table} ({columns}{all_have}) SELECT {}{values}", arrays.join(", "))
}

/// Ends jobs that have a row; what all of them have comes after the arrays. What was asked stays with a job that did not
/// succeed (2), and with it the segment that its inputs lie in.
fn ends() -> String {
    let columns = rows::count(end_columns!());
    let changed = end_columns!().split(", ").filter(|name| !["seq", "segment"].contains(name));
    let changes: Vec<String> = changed.map(|name| format!("{name} = e.{name}")).collect();
    format!(
        "UPDATE jobs j SET {}, node = ${}, commit_seq = ${}, \
         segment = CASE WHEN e.state = 2 THEN e.segment ELSE j.segment END, \
         asked = CASE WHEN e.state = 2 THEN NULL ELSE j.asked END FROM unnest({}) AS e({}) WHERE j.seq = e.seq",
        changes.join(", "),
        columns + 1,
        columns + 2,
        arrays(end_columns!(), 0).join(", "),
        end_columns!(),
    )
}

/// The parameters for these columns, after so many others.
fn arrays(columns: &str, before: usize) -> Vec<String> {
    let array = |(index, name)| format!("${}::{}[]", before + index + 1, type_of(name));
    columns.split(", ").enumerate().map(array).collect()
}

fn type_of(column: &str) -> &'static str {
    match column {
        "unit" | "method" | "note" | "act" | "subject" | "detail" | "address" | "request_id" => "text",
        "id" | "key" | "request" | "ending" | "asked" | "kept" => "bytea",
        _ => "bigint",
    }
}
