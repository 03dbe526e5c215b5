//! The connection that group commits are written through on Postgres: what fails on it is no commit, and harms none.

use std::{sync::Arc, time::Duration};

use sqlx::{Connection, Executor, PgConnection};

use super::place::*;
use crate::{CommitError, Entry, Ledger, Purse, Settle, testing::postgres};
use inos_protocols::JobId;

/// The server's process behind the writing connection.
async fn backend(connection: &mut PgConnection) -> i32 {
    sqlx::query_scalar(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'inos-ledger' AND datname = current_database()",
    )
    .fetch_one(connection)
    .await
    .unwrap()
}

async fn many(ledger: &Ledger, purse: &Arc<Purse>, count: usize) -> Vec<Entry> {
    let mut entries = Vec::new();
    for _ in 0..count {
        entries.push(settle(ledger.reserve_slowly(purse, credits(1)).await.unwrap(), 1).1);
    }
    entries
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_do_not_fit_leave_the_connection_as_it_was() {
    let place = Place::at(postgres::database().await);
    let (ledger, books) = place.open().await;
    let (id, purse) = account(&ledger, 10_000).await;
    let known = pay(&ledger, &purse, 1).await;
    let mut eye = PgConnection::connect(&place.url).await.unwrap();
    let before = backend(&mut eye).await;
    // The first row does not fit; the many after it are on their way when the server says so.
    for _ in 0..3 {
        let mut job = record(&purse);
        job.id = known;
        let reservation = ledger.reserve_slowly(&purse, credits(1)).await.unwrap();
        let mut entries = vec![Entry::Settle(Settle { job, reservation, ending: ending(1), claim: None })];
        entries.extend(many(&ledger, &purse, 2000).await);
        let results = ledger.commit(entries).await;
        assert_eq!(results[0], Err(CommitError::Duplicate(known)));
        assert!(results[1..].iter().all(Result::is_ok));
    }
    assert_eq!(backend(&mut eye).await, before);
    assert_eq!(available(&books, id).await, 10_000 - 1 - 6000);
    is_right(&books).await;
    ledger.close().await;
}

/// A commit while this table cannot be written, and what is left of it when it can be again.
async fn while_locked(table: &str) {
    let place = Place::at(postgres::database().await);
    let (ledger, books) = place.open().await;
    let (id, purse) = account(&ledger, 100).await;
    pay(&ledger, &purse, 1).await;
    let mut meddler = PgConnection::connect(&place.url).await.unwrap();
    let lock = format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
    meddler.execute(sqlx::AssertSqlSafe(lock)).await.unwrap();
    let (job, entry): (JobId, Entry) = settle(ledger.reserve(&purse, credits(9)).unwrap(), 9);
    assert_eq!(commit(&ledger, entry).await, Err(CommitError::Unavailable));
    assert!(!ledger.healthy());
    meddler.execute("COMMIT").await.unwrap();
    until(async || ledger.healthy()).await;
    assert!(books.job(purse.no, job).await.unwrap().is_none(), "{job} was refused");
    assert_eq!(available(&books, id).await, 99);
    // What the refused job had put aside is free again.
    until(async || ledger.reserve_slowly(&purse, credits(99)).await.is_ok()).await;
    pay(&ledger, &purse, 99).await;
    is_right(&books).await;
    ledger.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_cannot_begin_is_refused() {
    while_locked("jobs").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_without_their_root_are_no_commit() {
    while_locked("commits").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_the_server_ended_is_opened_anew() {
    let place = Place::at(postgres::database().await);
    let (ledger, books) = place.open().await;
    let (id, purse) = account(&ledger, 100).await;
    pay(&ledger, &purse, 1).await;
    let mut meddler = PgConnection::connect(&place.url).await.unwrap();
    for left in [98, 97] {
        let before = backend(&mut meddler).await;
        sqlx::query("SELECT pg_terminate_backend($1)").bind(before).execute(&mut meddler).await.unwrap();
        let limited = tokio::time::timeout(Duration::from_secs(60), pay(&ledger, &purse, 1)).await;
        limited.expect("the connection is opened again");
        assert_ne!(backend(&mut meddler).await, before);
        assert_eq!(available(&books, id).await, left);
    }
    is_right(&books).await;
    ledger.close().await;
}
