//! One group commit on Postgres: rows as a copy, then everything else and COMMIT in one go.

use std::{cell::Cell, pin::pin};

use bytes::Bytes;
use futures_util::SinkExt;
use tokio::join;
use tokio_postgres::{Client, CopyInSink, Error};

use super::{asking::begin, columns::Columns, copy::Copy, statements::Statements};
use crate::{
    claims::IDEMPOTENCY_MS,
    committer::{
        fold::{Change, Spent},
        posting::Posting,
        rows::{END_COLUMN_COUNT, JOB_COLUMN_COUNT, TRANSFER_COLUMN_COUNT},
    },
};

/// What a row of `jobs` takes on the wire, as a rule.
const JOB_BYTES: usize = 900;
/// The most that one message of a copy carries: what a processor's cache holds, on both sides, at every step.
const COPY_BYTES_MAX: usize = 32 * 1024;

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
    if posting.jobs.is_empty() {
        begin(client, is_begun).await?;
        committing.set(true);
        return write_others(client, statements, posting).await;
    }
    let rows = rows(posting);
    let (begun, copy) = join!(biased; begin(client, is_begun), client.copy_in(&statements.jobs));
    let copy = begun.and(copy)?;
    committing.set(true);
    let (copied, done) = join!(biased; send(copy, rows), write_others(client, statements, posting));
    copied.and(done)
}

fn rows(posting: &Posting<'_>) -> Bytes {
    let mut rows = Copy::new(JOB_COLUMN_COUNT, JOB_BYTES * posting.jobs.len());
    posting.jobs.iter().for_each(|row| row.write(rows.row()));
    rows.done()
}

async fn send(copy: CopyInSink<Bytes>, mut rows: Bytes) -> Result<(), Error> {
    let mut copy = pin!(copy);
    while !rows.is_empty() {
        copy.feed(rows.split_to(rows.len().min(COPY_BYTES_MAX))).await?;
    }
    copy.finish().await.map(drop)
}

/// Everything but new jobs, and the end of the transaction, without waiting for anything in between.
async fn write_others(client: &Client, statements: &Statements, posting: &Posting<'_>) -> Result<(), Error> {
    let (claims, no_files, ends, files, transfers, fence, commit) = join!(
        biased;
        write_claims(client, statements, posting),
        forget_files(client, statements, posting),
        write_ends(client, statements, posting),
        write_files(client, statements, posting),
        write_transfers(client, statements, posting),
        write_fence(client, statements, posting),
        client.batch_execute("COMMIT"),
    );
    claims.and(no_files).and(ends).and(files).and(transfers).and(fence).and(commit)
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

/// Leases, balances and the signed root.
async fn write_fence(client: &Client, statements: &Statements, posting: &Posting<'_>) -> Result<(), Error> {
    let (leases, accounts, root) = (&posting.fold.leases, &posting.fold.accounts, &posting.root);
    let spent = |of: fn(&Spent) -> i64| leases.iter().map(of).collect::<Vec<_>>();
    let changed = |of: fn(&(i64, Change)) -> i64| accounts.iter().map(of).collect::<Vec<_>>();
    client
        .execute(
            &statements.fence,
            &[
                &spent(|spent| spent.account),
                &spent(|spent| spent.token),
                &spent(|spent| spent.amount),
                &posting.node,
                &posting.lease_expires.as_i64(),
                &changed(|(no, _)| *no),
                &changed(|(_, change)| change.balance),
                &changed(|(_, change)| change.held),
                &changed(|(_, change)| change.leased),
                &(root.sequence as i64),
                &i64::from(root.count),
                &root.signed.as_i64(),
                &&root.root.0[..],
                &&root.signature[..],
                &posting.leaves,
                &(leases.len() as i64),
                &(accounts.len() as i64),
            ],
        )
        .await
        .map(drop)
}
