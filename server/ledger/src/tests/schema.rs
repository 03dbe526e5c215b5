//! Opening and migrating.

use super::{on_both, place::*};
use crate::{Error, SCHEMA};

on_both![
    servers_that_start_at_once_agree,
    a_newer_schema_is_refused,
    a_migration_that_was_cut_off_is_done_again,
    jobs_of_the_first_schema_keep_their_receipts,
];

async fn servers_that_start_at_once_agree(place: Place) {
    let opened = futures_util::future::join_all((0..4).map(|_| place.open())).await;
    let books = &opened[0].1;
    is_right(books).await;
    let admins = futures_util::future::join_all(opened.iter().map(|(ledger, _)| ledger.first_start("admin"))).await;
    assert_eq!(admins.into_iter().filter_map(Result::unwrap).count(), 1);
    is_right(books).await;
}

async fn a_newer_schema_is_refused(place: Place) {
    drop(place.open().await);
    let newer = SCHEMA + 2;
    place.meddle(&format!("INSERT INTO schema_versions (version, applied) VALUES ({newer}, 0)")).await;
    match place.try_open(Box::new(|| Ok(()))).await {
        Err(error @ Error::NewerSchema { .. }) => {
            assert_eq!(error.to_string(), format!("schema {newer} is newer than this binary ({SCHEMA})"));
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("a newer schema was opened"),
    }
}

async fn a_migration_that_was_cut_off_is_done_again(place: Place) {
    // What is left of a migration that never committed is nothing but the table of versions.
    if place.is_sqlite() {
        drop(std::fs::File::create(place.url.strip_prefix("sqlite:").unwrap()).unwrap());
    }
    place.meddle("CREATE TABLE schema_versions (version BIGINT PRIMARY KEY, applied BIGINT NOT NULL)").await;
    let (ledger, books) = place.open().await;
    assert!(ledger.first_start("admin").await.unwrap().is_some());
    is_right(&books).await;
}

async fn jobs_of_the_first_schema_keep_their_receipts(place: Place) {
    let (ledger, books) = place.open().await;
    let (_, purse) = account(&ledger, 100).await;
    let id = pay(&ledger, &purse, 7).await;
    let (waiting, entry) = accept(ledger.reserve(&purse, credits(5)).unwrap());
    commit(&ledger, entry).await.unwrap();
    let signed = books.receipt(purse.no, id).await.unwrap().unwrap();
    ledger.close().await;
    let bytes = if place.is_sqlite() { "BLOB" } else { "BYTEA" };
    place.meddle(&format!("ALTER TABLE jobs ADD COLUMN leaf {bytes}")).await;
    place.meddle("DELETE FROM schema_versions WHERE version = 2").await;
    let (ledger, books) = place.open().await;
    assert_eq!(books.receipt(purse.no, id).await.unwrap(), Some(signed));
    let purse = ledger.purse(purse.account).await.unwrap();
    commit(&ledger, finish(&purse, waiting, 3)).await.unwrap();
    pay(&ledger, &purse, 1).await;
    is_right(&books).await;
}
