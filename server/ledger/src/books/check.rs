//! Whether the books are right: every sum, every hold, every receipt. Reads one moment of the database and changes nothing.

use std::collections::HashMap;

use inos_protocols::{
    JobId,
    receipt::{Tree, leaf_hash},
};
use sqlx::{AnyConnection, any::AnyRow};

use super::{
    Books, column,
    receipts::{leaf_hashes, read_leaf, read_root, stated_columns},
};
use crate::Error;

/// The most violations that are named.
const NAMED_MAX: usize = 100;
/// How many rows are looked at together.
const CHUNK: i64 = 1000;

/// What an account should have, by its history.
#[derive(Default, Clone, Copy)]
struct Should {
    balance: i64,
    held: i64,
    leased: i64,
}

impl Books {
    /// Checks every invariant; an empty list means that all hold.
    pub async fn check(&self) -> Result<Vec<String>, Error> {
        let damage = self.damage().await?;
        if !damage.is_empty() {
            return Ok(damage);
        }
        let begin =
            if self.shared.database.is_sqlite() { "BEGIN" } else { "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" };
        let mut tx = self.pool().begin_with(begin).await.map_err(Error::on("begin a check"))?;
        let mut wrong = Vec::new();
        check_accounts(&mut tx, &mut wrong).await?;
        check_commits(&mut tx, &mut wrong).await?;
        check_jobs(&mut tx, &mut wrong).await?;
        check_counts(&mut tx, &mut wrong).await?;
        wrong.truncate(NAMED_MAX);
        tx.rollback().await.map_err(Error::on("end a check"))?;
        Ok(wrong)
    }

    /// What SQLite finds wrong with its own file. Postgres looks after its pages itself, where its checksums are on.
    async fn damage(&self) -> Result<Vec<String>, Error> {
        if !self.shared.database.is_sqlite() {
            return Ok(Vec::new());
        }
        let found: Result<Vec<String>, _> =
            sqlx::query_scalar("PRAGMA integrity_check(100)").fetch_all(self.pool()).await;
        let name = |line: String| format!("the database's file is damaged: {line}");
        match found {
            Ok(lines) => Ok(lines.into_iter().filter(|line| line != "ok").map(name).collect()),
            Err(error) if is_damage(&error) => Ok(vec![name(error.to_string())]),
            Err(error) => Err(Error::on("look for damage")(error)),
        }
    }
}

/// Whether SQLite says that its file is no longer what it wrote (SQLITE_CORRUPT, SQLITE_NOTADB).
fn is_damage(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else { return false };
    let code = error.code().and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| matches!(code & 0xff, 11 | 26))
}

async fn check_accounts(connection: &mut AnyConnection, wrong: &mut Vec<String>) -> Result<(), Error> {
    let mut should: HashMap<i64, Should> = HashMap::new();
    for (sql, add) in HISTORY {
        let rows: Vec<(i64, i64)> =
            sqlx::query_as(*sql).fetch_all(&mut *connection).await.map_err(Error::on("sum up accounts"))?;
        for (account, amount) in rows {
            add(should.entry(account).or_default(), amount);
        }
    }
    let accounts: Vec<(i64, i64, i64, i64, i64)> =
        sqlx::query_as("SELECT account, floor, balance, held, leased FROM balances ORDER BY account")
            .fetch_all(connection)
            .await
            .map_err(Error::on("read accounts"))?;
    let sum: i128 = accounts.iter().map(|account| i128::from(account.2)).sum();
    if sum != 0 {
        wrong.push(format!("the sum of all accounts is {sum}, not 0"));
    }
    for (no, floor, balance, held, leased) in accounts {
        let should = should.remove(&no).unwrap_or_default();
        for (what, is, due) in
            [("balance", balance, should.balance), ("held", held, should.held), ("leased", leased, should.leased)]
        {
            if is != due {
                wrong.push(format!("account {no}: its {what} is {is}, its history gives {due}"));
            }
        }
        if balance - held - leased < floor {
            wrong.push(format!("account {no}: {} are available", balance - held - leased));
        }
    }
    wrong.extend(should.keys().map(|no| format!("account {no} has a history and is not there")));
    Ok(())
}

/// Adds an amount where it belongs.
type Add = fn(&mut Should, i64);

/// What of its history adds what to an account.
const HISTORY: &[(&str, Add)] = &[
    ("SELECT credit, CAST(sum(amount) AS BIGINT) FROM transfers GROUP BY credit", |should, sum| should.balance += sum),
    ("SELECT debit, CAST(sum(amount) AS BIGINT) FROM transfers GROUP BY debit", |should, sum| should.balance -= sum),
    ("SELECT account, CAST(sum(cost) AS BIGINT) FROM jobs GROUP BY account", |should, sum| should.balance -= sum),
    ("SELECT node, CAST(sum(cost) AS BIGINT) FROM jobs GROUP BY node", |should, sum| should.balance += sum),
    ("SELECT account, CAST(sum(hold) AS BIGINT) FROM jobs WHERE state < 2 GROUP BY account", |should, sum| {
        should.held += sum
    }),
    ("SELECT account, CAST(sum(remainder) AS BIGINT) FROM leases GROUP BY account", |should, sum| should.leased += sum),
];

/// Every signed root is that of its leaves and bears its node's signature.
async fn check_commits(connection: &mut AnyConnection, wrong: &mut Vec<String>) -> Result<(), Error> {
    let mut after = (0i64, 0i64);
    loop {
        let rows = sqlx::query(
            "SELECT c.node AS node_no, c.seq, c.count, c.signed, c.root, c.signature, c.leaves, n.id AS node FROM commits c \
             JOIN nodes n ON n.account = c.node WHERE c.count > 0 AND (c.node > $1 OR (c.node = $1 AND c.seq > $2)) \
             ORDER BY c.node, c.seq LIMIT $3",
        )
        .bind(after.0)
        .bind(after.1)
        .bind(CHUNK / 10)
        .fetch_all(&mut *connection)
        .await
        .map_err(Error::on("read commits"))?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = (column(last, "node_no")?, column(last, "seq")?);
        for row in &rows {
            check_commit(row, wrong)?;
        }
    }
}

fn check_commit(row: &AnyRow, wrong: &mut Vec<String>) -> Result<(), Error> {
    let root = read_root(row)?;
    let leaves = leaf_hashes(column(row, "leaves")?);
    let (node, sequence) = (root.node, root.sequence);
    if leaves.len() != root.count as usize || Tree::new(leaves).root() != root.root {
        wrong.push(format!("commit {sequence} of node {node}: its leaves do not give its root"));
    }
    if !root.is_signed() {
        wrong.push(format!("commit {sequence} of node {node}: its signature is not the node's"));
    }
    Ok(())
}

/// Every job that ended states what its commit signed for.
async fn check_jobs(connection: &mut AnyConnection, wrong: &mut Vec<String>) -> Result<(), Error> {
    let mut after = 0i64;
    loop {
        let rows = sqlx::query(concat!(
            "SELECT j.seq, ",
            stated_columns!(),
            ", substr(c.leaves, CAST(j.leaf_index * 32 + 1 AS INTEGER), 32) AS leaf_hash \
             FROM jobs j LEFT JOIN accounts a ON a.no = j.account LEFT JOIN nodes n ON n.account = j.node \
             LEFT JOIN commits c ON c.node = j.node AND c.seq = j.commit_seq \
             WHERE j.state > 1 AND j.seq > $1 ORDER BY j.seq LIMIT $2",
        ))
        .bind(after)
        .bind(CHUNK)
        .fetch_all(&mut *connection)
        .await
        .map_err(Error::on("read receipts"))?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = column(last, "seq")?;
        for row in &rows {
            check_job(row, wrong)?;
        }
    }
}

fn check_job(row: &AnyRow, wrong: &mut Vec<String>) -> Result<(), Error> {
    let id = JobId::from_slice(column(row, "job")?).ok_or(Error::Damaged { what: "job" })?;
    let signed: Option<&[u8]> = column(row, "leaf_hash")?;
    match (signed, read_leaf(row)) {
        (None | Some([]), _) => wrong.push(format!("{id} has ended without a receipt")),
        (Some(signed), Ok(leaf)) if signed == leaf_hash(&leaf).0 => {}
        (Some(_), Ok(_)) => wrong.push(format!("{id}: its row says something else than its receipt")),
        (Some(_), Err(error)) => wrong.push(format!("{id}: its row states no receipt: {error}")),
    }
    Ok(())
}

/// Every commit has as many jobs as receipts, but for those that were forgotten.
async fn check_counts(connection: &mut AnyConnection, wrong: &mut Vec<String>) -> Result<(), Error> {
    let rows: Vec<(i64, i64, i64, i64)> = sqlx::query_as(
        "SELECT c.node, c.seq, c.count - c.forgotten, coalesce(n.jobs, 0) FROM commits c \
         LEFT JOIN (SELECT node, commit_seq, count(*) AS jobs FROM jobs WHERE state > 1 GROUP BY node, commit_seq) AS n \
         ON n.node = c.node AND n.commit_seq = c.seq WHERE c.count - c.forgotten <> coalesce(n.jobs, 0) LIMIT 100",
    )
    .fetch_all(connection)
    .await
    .map_err(Error::on("count receipts"))?;
    let name = |(node, seq, due, jobs)| format!("commit {seq} of node {node}: {jobs} jobs for {due} receipts");
    wrong.extend(rows.into_iter().map(name));
    Ok(())
}
