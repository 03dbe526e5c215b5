//! The connection that group commits are written through on Postgres: what fails on it is no commit, and harms none.

use std::{sync::Arc, time::Duration};

use sqlx::{Connection, Executor, PgConnection};

use super::place::*;
use crate::{CommitError, Entry, Ledger, Purse, Settle, testing::postgres};

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
    for count in [0, 10, 1990, 4000] {
        let mut job = record(&purse);
        job.id = known;
        let reservation = ledger.reserve_slowly(&purse, credits(1)).await.unwrap();
        let mut entries = vec![Entry::Settle(Settle { job, reservation, ending: ending(1), claim: None })];
        entries.extend(many(&ledger, &purse, count).await);
        let results = ledger.commit(entries).await;
        assert_eq!(results[0], Err(CommitError::Duplicate(known)));
        assert!(results[1..].iter().all(Result::is_ok));
    }
    assert_eq!(backend(&mut eye).await, before);
    assert_eq!(available(&books, id).await, 10_000 - 1 - 6000);
    is_right(&books).await;
    ledger.close().await;
}

/// A commit of so many jobs while this table cannot be written, and what is left of it when it can be again.
async fn while_locked(table: &str, count: usize) {
    let place = Place::at(postgres::database().await);
    let (ledger, books) = place.open().await;
    let (id, purse) = account(&ledger, 1001).await;
    pay(&ledger, &purse, 1).await;
    let mut meddler = PgConnection::connect(&place.url).await.unwrap();
    let entries = many(&ledger, &purse, count).await;
    let lock = format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
    meddler.execute(sqlx::AssertSqlSafe(lock)).await.unwrap();
    assert!(ledger.commit(entries).await.iter().all(|result| *result == Err(CommitError::Unavailable)));
    assert!(!ledger.healthy());
    meddler.execute("COMMIT").await.unwrap();
    until(async || ledger.healthy()).await;
    let jobs: i64 = sqlx::query_scalar("SELECT count(*) FROM jobs").fetch_one(&mut meddler).await.unwrap();
    assert_eq!(jobs, 1, "what was refused is not there");
    assert_eq!(available(&books, id).await, 1000);
    // What the refused jobs had put aside is free again.
    pay(&ledger, &purse, 1000).await;
    is_right(&books).await;
    ledger.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_cannot_be_written_are_refused() {
    while_locked("jobs", 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_cannot_begin_is_refused() {
    while_locked("jobs", 900).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_without_their_root_are_no_commit() {
    while_locked("commits", 900).await;
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
