//! Opening and migrating.

use inos_protocols::{job::Job, receipt::SignedReceipt, time::Time};

use super::{on_both, place::*};
use crate::{Error, JobFilter, SCHEMA, database::Database, migrate::migrate_to};

on_both![
    servers_that_start_at_once_agree,
    a_newer_schema_is_refused,
    a_migration_that_was_cut_off_is_done_again,
    jobs_of_an_older_schema_keep_what_they_say,
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

/// A job as schema 2 gave it out.
#[derive(serde::Deserialize)]
struct Old {
    job: Job,
    receipt: SignedReceipt,
}

async fn jobs_of_an_older_schema_keep_what_they_say(place: Place) {
    let database = Database::open(&place.url).await.unwrap();
    migrate_to(&database, 2).await.unwrap();
    database.close().await;
    let mut rows = include_str!("schema_2/rows.sql").to_owned();
    if !place.is_sqlite() {
        rows = rows.replace("X'", "'\\x");
        for (table, column) in [("accounts", "no"), ("transfers", "seq"), ("jobs", "seq")] {
            rows += &format!("SELECT setval(pg_get_serial_sequence('{table}', '{column}'), 100);");
        }
    }
    place.meddle(&rows).await;

    let (ledger, books) = place.open().await;
    is_right(&books).await;
    let olds: Vec<Old> = serde_json::from_str(include_str!("schema_2/jobs.json")).unwrap();
    let purse = ledger.purse(olds[0].job.account).await.unwrap();
    for Old { job, receipt } in &olds {
        assert_eq!(books.job(purse.no, job.id).await.unwrap().unwrap().job, *job);
        assert_eq!(books.receipt(purse.no, job.id).await.unwrap().unwrap(), *receipt);
    }
    let label = Some(("größe".to_owned(), "🦀".to_owned()));
    let (found, _) = books.jobs(purse.no, &JobFilter { label, ..Default::default() }, 10, None).await.unwrap();
    assert_eq!(found.iter().map(|job| job.id).collect::<Vec<_>>(), [olds.last().unwrap().job.id]);

    let waiting = books.overdue(Time::MAX).await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert!(waiting[0].deadline > waiting[0].submitted && !waiting[0].asked.is_empty());
    commit(&ledger, finish(&purse, waiting[0].id, 3)).await.unwrap();
    pay(&ledger, &purse, 1).await;
    is_right(&books).await;
}
