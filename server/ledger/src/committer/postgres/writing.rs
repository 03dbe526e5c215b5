//! One group commit on Postgres: a single statement for most, a copy of the rows and a transaction for many.

use std::{cell::Cell, pin::pin};

use bytes::Bytes;
use futures_util::SinkExt;
use inos_failpoints::{Point, reach};
use tokio::join;
use tokio_postgres::{Client, CopyInSink, Error, types::ToSql};

use super::{asking::begin, columns::Columns, copy::Copy, statements::Statements};
use crate::{
    claims::IDEMPOTENCY_MS,
    committer::{
        fold::{Change, Spent},
        posting::Posting,
        rows::{END_COLUMN_COUNT, JOB_COLUMN_COUNT, JobRow, TRANSFER_COLUMN_COUNT},
    },
};

/// What a row of `jobs` takes on the wire, as a rule.
const JOB_BYTES: usize = 900;
/// The most that one message of a copy carries: what a processor's cache holds, on both sides, at every step.
const COPY_BYTES_MAX: usize = 32 * 1024;

/// The most new jobs that are parameters of the statement with the root. For so few, a copy costs more to begin, and
/// another round trip, than it saves; for thousands it saves a seventh of Postgres's work.
const FEW: usize = 512;

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
    let Posting { jobs, ends, transfers, claims, files, .. } = posting;
    let (are_few, is_more) = (
        jobs.len() <= FEW,
        is_begun || !(ends.is_empty() && transfers.is_empty() && claims.is_empty() && files.is_empty()),
    );
    let copy = if !are_few {
        let (begun, copy) = join!(biased; begin(client, is_begun), client.copy_in(&statements.copy));
        Some(begun.and(copy)?)
    } else {
        if is_more {
            begin(client, is_begun).await?;
        }
        None
    };
    reach(Point::CommitWritten);
    committing.set(true);
    if are_few && !is_more {
        // A single statement is a transaction of its own.
        return write_root(client, statements, posting, jobs).await;
    }
    let with_root = if are_few { &jobs[..] } else { &[] };
    let (copied, done) = join!(biased; write_jobs(copy, posting), write_others(client, statements, posting, with_root));
    copied.and(done)
}

fn rows(posting: &Posting<'_>) -> Bytes {
    let mut rows = Copy::new(JOB_COLUMN_COUNT, JOB_BYTES * posting.jobs.len());
    posting.jobs.iter().for_each(|row| row.write(rows.row()));
    rows.done()
}

async fn write_jobs(copy: Option<CopyInSink<Bytes>>, posting: &Posting<'_>) -> Result<(), Error> {
    let Some(copy) = copy else { return Ok(()) };
    let (mut copy, mut rows) = (pin!(copy), rows(posting));
    while !rows.is_empty() {
        copy.feed(rows.split_to(rows.len().min(COPY_BYTES_MAX))).await?;
    }
    copy.finish().await.map(drop)
}

/// Everything but jobs that are copied, and the end of the transaction, without waiting for anything in between.
async fn write_others(
    client: &Client,
    statements: &Statements,
    posting: &Posting<'_>,
    jobs: &[JobRow<'_>],
) -> Result<(), Error> {
    let (claims, no_files, ends, files, transfers, root, commit) = join!(
        biased;
        write_claims(client, statements, posting),
        forget_files(client, statements, posting),
        write_ends(client, statements, posting),
        write_files(client, statements, posting),
        write_transfers(client, statements, posting),
        write_root(client, statements, posting, jobs),
        client.batch_execute("COMMIT"),
    );
    claims.and(no_files).and(ends).and(files).and(transfers).and(root).and(commit)
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

async fn forget_files(client: &Client, statements: &Statements, posting: &Posting<'_>) -> Result<(), Error> {
    if posting.ends.is_empty() {
        return Ok(());
    }
    let jobs: Vec<&[u8]> = posting.ends.iter().map(|row| &row.id.as_bytes()[..]).collect();
    client.execute(&statements.no_files, &[&jobs]).await.map(drop)
}

async fn write_ends(client: &Client, statements: &Statements, posting: &Posting<'_>) -> Result<(), Error> {
    if posting.ends.is_empty() {
        return Ok(());
    }
    let mut ends = Columns::new(END_COLUMN_COUNT);
    posting.ends.iter().for_each(|row| row.write(&mut ends));
    client.execute(&statements.ends, &ends.parameters()).await.map(drop)
}

async fn write_files(client: &Client, statements: &Statements, posting: &Posting<'_>) -> Result<(), Error> {
    if posting.files.is_empty() {
        return Ok(());
    }
    let jobs: Vec<&[u8]> = posting.files.iter().map(|(job, _)| &job.as_bytes()[..]).collect();
    let hashes: Vec<&[u8]> = posting.files.iter().map(|(_, hash)| &hash.0[..]).collect();
    client.execute(&statements.files, &[&jobs, &hashes]).await.map(drop)
}

async fn write_transfers(client: &Client, statements: &Statements, posting: &Posting<'_>) -> Result<(), Error> {
    if posting.transfers.is_empty() {
        return Ok(());
    }
    let mut transfers = Columns::new(TRANSFER_COLUMN_COUNT);
    posting.transfers.iter().for_each(|row| row.write(&mut transfers));
    client.execute(&statements.transfers, &transfers.parameters()).await.map(drop)
}

/// Leases, balances and the signed root, with these jobs.
async fn write_root(
    client: &Client,
    statements: &Statements,
    posting: &Posting<'_>,
    jobs: &[JobRow<'_>],
) -> Result<(), Error> {
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
    if jobs.is_empty() {
        return client.execute(&statements.root, &parameters).await.map(drop);
    }
    let mut columns = Columns::new(JOB_COLUMN_COUNT);
    jobs.iter().for_each(|row| row.write(&mut columns));
    parameters.extend(columns.parameters());
    client.execute(&statements.root_with_jobs, &parameters).await.map(drop)
}
