//! One group commit on Postgres: a single statement for most, a transaction where there is more than new jobs.

use std::cell::Cell;

use inos_failpoints::{Point, reach};
use tokio::join;
use tokio_postgres::{Client, Error, types::ToSql};

use super::{asking::begin, columns::Columns, statements::Statements};
use crate::{
    claims::IDEMPOTENCY_MS,
    committer::{
        fold::{Change, Spent},
        posting::Posting,
        rows::{accepted_columns, audit_columns, end_columns, settled_columns, transfer_columns},
    },
};

/// Writes everything, or fails without a trace. Nothing is written before the transaction has begun; `committing` is
/// set before anything is sent that may end in a commit. From then on COMMIT has been said, whatever failed before it:
/// of a transaction in which something failed it makes a rollback.
pub(super) async fn write(
    client: &Client,
    statements: &Statements,
    posting: &Posting<'_>,
    is_begun: bool,
    committing: &Cell<bool>,
) -> Result<(), Error> {
    let Posting { ends, transfers, claims, files, labels, budgets, .. } = posting;
    let is_more = is_begun
        || !(ends.is_empty() && transfers.is_empty() && claims.is_empty() && files.is_empty() && labels.is_empty())
        || !budgets.is_empty();
    if is_more {
        begin(client, is_begun).await?;
    }
    reach(Point::CommitWritten);
    committing.set(true);
    if is_more {
        write_all(client, statements, posting).await
    } else {
        // A single statement is a transaction of its own.
        write_root(client, statements, posting).await
    }
}

/// Everything and the end of the transaction, without waiting for anything in between.
async fn write_all(client: &Client, statements: &Statements, posting: &Posting<'_>) -> Result<(), Error> {
    let (budgets, claims, no_files, ends, files, labels, transfers, audit, root, commit) = join!(
        biased;
        write_budgets(client, statements, posting),
        write_claims(client, statements, posting),
        forget_files(client, statements, posting),
        write_ends(client, statements, posting),
        write_files(client, statements, posting),
        write_labels(client, statements, posting),
        write_transfers(client, statements, posting),
        write_audit(client, statements, posting),
        write_root(client, statements, posting),
        client.batch_execute("COMMIT"),
    );
    budgets.and(claims).and(no_files).and(ends).and(files).and(labels).and(transfers).and(audit).and(root).and(commit)
}

async fn write_claims(client: &Client, statements: &Statements, posting: &Posting<'_>) -> Result<(), Error> {
    let claims = &posting.claims;
    if claims.is_empty() {
        return Ok(());
    }
    let accounts: Vec<i64> = claims.iter().map(|(claim, _)| claim.account().0).collect();
    let keys: Vec<&str> = claims.iter().map(|(claim, _)| claim.key()).collect();
    let digests: Vec<&[u8]> = claims.iter().map(|(claim, _)| &claim.digest().0[..]).collect();
    let jobs: Vec<&[u8]> = claims.iter().map(|(_, job)| &job.as_bytes()[..]).collect();
    let (expires, now) = (posting.now.plus_ms(IDEMPOTENCY_MS).as_i64(), posting.now.as_i64());
    let count = claims.len() as i64;
    client.execute(&statements.claims, &[&accounts, &keys, &digests, &jobs, &expires, &now, &count]).await.map(drop)
}

async fn write_budgets(client: &Client, statements: &Statements, posting: &Posting<'_>) -> Result<(), Error> {
    let budgets = &posting.budgets;
    if budgets.is_empty() {
        return Ok(());
    }
    let accounts: Vec<i64> = budgets.iter().map(|change| change.of.0).collect();
    let keys: Vec<&[u8]> = budgets.iter().map(|change| &change.of.1[..]).collect();
    let (months, used): (Vec<i64>, Vec<i64>) = budgets.iter().map(|change| (change.of.2, change.used)).unzip();
    let count = budgets.len() as i64;
    client.execute(&statements.budgets, &[&accounts, &keys, &months, &used, &count]).await.map(drop)
}

async fn forget_files(client: &Client, statements: &Statements, posting: &Posting<'_>) -> Result<(), Error> {
    if posting.ends.is_empty() {
        return Ok(());
    }
    let jobs: Vec<&[u8]> = posting.ends.iter().filter(|row| row.forgets()).map(|row| &row.id.as_bytes()[..]).collect();
    client.execute(&statements.no_files, &[&jobs]).await.map(drop)
}

async fn write_ends(client: &Client, statements: &Statements, posting: &Posting<'_>) -> Result<(), Error> {
    if posting.ends.is_empty() {
        return Ok(());
    }
    let ends = Columns::of(end_columns!(), &posting.ends, |row, to| row.write(to));
    let (mut parameters, sequence) = (ends.parameters(), posting.root.sequence as i64);
    parameters.extend([&posting.node as &(dyn ToSql + Sync), &sequence]);
    client.execute(&statements.ends, &parameters).await.map(drop)
}

async fn write_files(client: &Client, statements: &Statements, posting: &Posting<'_>) -> Result<(), Error> {
    if posting.files.is_empty() {
        return Ok(());
    }
    let jobs: Vec<&[u8]> = posting.files.iter().map(|(job, _)| &job.as_bytes()[..]).collect();
    let hashes: Vec<&[u8]> = posting.files.iter().map(|(_, hash)| &hash.0[..]).collect();
    client.execute(&statements.files, &[&jobs, &hashes]).await.map(drop)
}

async fn write_labels(client: &Client, statements: &Statements, posting: &Posting<'_>) -> Result<(), Error> {
    let labels = &posting.labels;
    if labels.is_empty() {
        return Ok(());
    }
    let accounts: Vec<i64> = labels.iter().map(|label| label.account).collect();
    let jobs: Vec<&[u8]> = labels.iter().map(|label| &label.job.as_bytes()[..]).collect();
    let (keys, values): (Vec<&str>, Vec<&str>) =
        labels.iter().map(|label| (label.key.as_str(), label.value.as_str())).unzip();
    client.execute(&statements.labels, &[&accounts, &jobs, &keys, &values]).await.map(drop)
}

async fn write_transfers(client: &Client, statements: &Statements, posting: &Posting<'_>) -> Result<(), Error> {
    if posting.transfers.is_empty() {
        return Ok(());
    }
    let transfers = Columns::of(transfer_columns!(), &posting.transfers, |row, to| row.write(to));
    client.execute(&statements.transfers, &transfers.parameters()).await.map(drop)
}

async fn write_audit(client: &Client, statements: &Statements, posting: &Posting<'_>) -> Result<(), Error> {
    if posting.audit.is_empty() {
        return Ok(());
    }
    let audit = Columns::of(audit_columns!(), &posting.audit, |row, to| row.write(to));
    client.execute(&statements.audit, &audit.parameters()).await.map(drop)
}

/// Leases, balances, the signed root and new jobs.
async fn write_root(client: &Client, statements: &Statements, posting: &Posting<'_>) -> Result<(), Error> {
    let (leases, accounts, root) = (&posting.fold.leases, &posting.fold.accounts, &posting.root);
    let spent = |of: fn(&Spent) -> i64| leases.iter().map(of).collect::<Vec<_>>();
    let changed = |of: fn(&(i64, Change)) -> i64| accounts.iter().map(of).collect::<Vec<_>>();
    let (payers, tokens, amounts) =
        (spent(|spent| spent.account), spent(|spent| spent.token), spent(|spent| spent.amount));
    let (numbers, balances) = (changed(|(no, _)| *no), changed(|(_, change)| change.balance));
    let (held, leased) = (changed(|(_, change)| change.held), changed(|(_, change)| change.leased));
    let (expires, sequence, count) = (posting.lease_expires.as_i64(), root.sequence as i64, i64::from(root.count));
    let (signed, hash, signature) = (root.signed.as_i64(), &root.root.0[..], &root.signature[..]);
    let (lease_count, account_count) = (leases.len() as i64, accounts.len() as i64);
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![
        &payers,
        &tokens,
        &amounts,
        &posting.node,
        &expires,
        &numbers,
        &balances,
        &held,
        &leased,
        &sequence,
        &count,
        &signed,
        &hash,
        &signature,
        &posting.leaves,
        &lease_count,
        &account_count,
    ];
    let settled = Columns::of(settled_columns!(), &posting.settled, |row, to| row.write(to));
    let accepted = Columns::of(accepted_columns!(), &posting.accepted, |row, to| row.write(to));
    parameters.extend(settled.parameters());
    parameters.extend(accepted.parameters());
    client.execute(&statements.root, &parameters).await.map(drop)
}
