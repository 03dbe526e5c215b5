//! The database goes away, is busy, or takes a commit and never says so.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::*},
    },
    time::Duration,
};

use super::place::*;
use crate::{
    Claim, Commit, CommitError, Entry, Ledger, Purse, ReserveError, Settle,
    testing::{
        Cut, Held, Proxy,
        postgres::{Cluster, new_database},
    },
};
use inos_protocols::{Hash, JobId};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_sqlite_is_waited_for_and_then_refused() {
    let place = Place::sqlite();
    let (ledger, books) = place.open().await;
    let (account, purse) = account(&ledger, 100).await;
    pay(&ledger, &purse, 1).await;
    let backup = Held::hold(place.url.strip_prefix("sqlite:").unwrap().as_ref());
    let reservation = ledger.reserve(&purse, credits(9)).unwrap();
    assert_eq!(commit(&ledger, settle(reservation, 9).1).await, Err(CommitError::Unavailable));
    assert!(!ledger.healthy());
    // Reading goes on, and what was reserved is free again.
    assert_eq!(available(&books, account).await, 99);
    drop(backup);
    until(async || ledger.healthy()).await;
    pay(&ledger, &purse, 99).await;
    is_right(&books).await;
}

/// What became of the jobs of one spender.
#[derive(Default)]
struct Told {
    paid: Vec<JobId>,
    refused: Vec<JobId>,
}

async fn spend(ledger: Ledger, purse: Arc<Purse>, stop: Arc<AtomicBool>) -> Told {
    let mut told = Told::default();
    while !stop.load(Acquire) {
        let reservation = match ledger.reserve_slowly(&purse, credits(1)).await {
            Ok(reservation) => reservation,
            Err(ReserveError::Database(error)) => {
                assert!(error.is_unavailable(), "{error}");
                continue;
            }
            Err(poor) => panic!("{poor}"),
        };
        let (id, entry) = settle(reservation, 1);
        match commit(&ledger, entry).await {
            Ok(Commit::Receipt(_)) => told.paid.push(id),
            Err(CommitError::Unavailable) => told.refused.push(id),
            Err(CommitError::LeaseLost) => {}
            other => panic!("{other:?}"),
        }
    }
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crashing_postgres_loses_and_doubles_nothing() {
    let cluster = Cluster::start(true).unwrap();
    let place = Place::at(new_database(&cluster.url()).await.unwrap());
    let (ledger, books) = place.open().await;
    let (id, purse) = account(&ledger, 1 << 40).await;
    let stop = Arc::new(AtomicBool::new(false));
    let spenders: Vec<_> = (0..8).map(|_| tokio::spawn(spend(ledger.clone(), purse.clone(), stop.clone()))).collect();
    for _ in 0..5 {
        let before =
            books.usage(id, Default::default()).await.map_or(0, |usage| usage.iter().map(|row| row.jobs).sum());
        until(async || {
            books
                .usage(id, Default::default())
                .await
                .is_ok_and(|usage| usage.iter().map(|row| row.jobs).sum::<u64>() > before + 20)
        })
        .await;
        cluster.crash_and_restart().unwrap();
    }
    until(async || ledger.healthy()).await;
    stop.store(true, Release);
    let (mut paid, mut refused, mut doubted) = (0, 0, 0);
    for spender in spenders {
        let told = spender.await.unwrap();
        for job in &told.paid {
            assert!(books.job(purse.no, *job).await.unwrap().is_some(), "{job} was acknowledged");
        }
        // A commit whose answer is lost for longer than anybody waits may have happened: then its jobs are there and paid.
        for job in &told.refused {
            doubted += u64::from(books.job(purse.no, *job).await.unwrap().is_some());
        }
        (paid, refused) = (paid + told.paid.len() as u64, refused + told.refused.len());
    }
    assert!(paid > 100, "{paid} paid, {refused} refused, {doubted} of them after all written");
    assert_eq!(available(&books, id).await, (1 << 40) - paid - doubted);
    is_right(&books).await;
    ledger.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_is_away_refuses_and_heals() {
    let cluster = Cluster::start(false).unwrap();
    let place = Place::at(new_database(&cluster.url()).await.unwrap());
    let (ledger, books) = place.open().await;
    let (id, purse) = account(&ledger, 1000).await;
    pay(&ledger, &purse, 1).await;
    let (job, entry) = accept(ledger.reserve_slowly(&purse, credits(10)).await.unwrap());
    commit(&ledger, entry).await.unwrap();
    cluster.crash().unwrap();
    let reservation = ledger.reserve(&purse, credits(9)).unwrap();
    assert_eq!(commit(&ledger, settle(reservation, 9).1).await, Err(CommitError::Unavailable));
    assert!(!ledger.healthy());
    // From now on nobody is kept waiting.
    let begun = std::time::Instant::now();
    for _ in 0..50 {
        let reservation = ledger.reserve(&purse, credits(9)).unwrap();
        assert_eq!(commit(&ledger, settle(reservation, 9).1).await, Err(CommitError::Unavailable));
    }
    assert!(begun.elapsed() < Duration::from_secs(30), "refused at once: {:?}", begun.elapsed());
    cluster.start_again().unwrap();
    until(async || ledger.healthy()).await;
    assert!(commit(&ledger, finish(&purse, job, 10)).await.is_ok());
    pay(&ledger, &purse, 9).await;
    assert_eq!(available(&books, id).await, 980);
    is_right(&books).await;
    ledger.close().await;
}

/// A database behind a proxy.
async fn behind_a_proxy(cluster: &Cluster) -> (Place, Arc<Proxy>) {
    let (proxy, port) = Proxy::start(cluster.port()).unwrap();
    let direct = new_database(&cluster.url()).await.unwrap();
    (Place::at(direct.replace(&cluster.port().to_string(), &port.to_string())), proxy)
}

async fn claim(ledger: &Ledger, purse: &Purse, key: &str) -> Claim {
    ledger.claim(purse.no, key, Hash::of(b"request")).await.unwrap()
}

async fn keyed(ledger: &Ledger, purse: &Arc<Purse>, key: &str) -> (JobId, Entry) {
    let Claim::New(claim) = claim(ledger, purse, key).await else { panic!("the key is new") };
    let reservation = ledger.reserve_slowly(purse, credits(10)).await.unwrap();
    let job = record(purse);
    (job.id, Entry::Settle(Settle { job, reservation, ending: ending(10), claim: Some(claim) }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_was_lost_happens_once() {
    let cluster = Cluster::start(false).unwrap();
    let (place, proxy) = behind_a_proxy(&cluster).await;
    let (ledger, books) = place.open().await;
    let (id, purse) = account(&ledger, 1000).await;
    for (number, cut) in [Cut::After, Cut::Before, Cut::After, Cut::After, Cut::Before].into_iter().enumerate() {
        let (job, entry) = keyed(&ledger, &purse, &number.to_string()).await;
        proxy.cut(cut, 0);
        let Ok(Commit::Receipt(receipt)) = commit(&ledger, entry).await else { panic!("it is found or done again") };
        assert!(proxy.was_cut());
        assert_eq!(books.receipt(purse.no, job).await.unwrap(), Some(receipt));
        assert!(matches!(claim(&ledger, &purse, &number.to_string()).await, Claim::Settled(same) if same == job));
    }
    assert_eq!(available(&books, id).await, 950);
    is_right(&books).await;

    // The connection may go before anything is written as well.
    pay(&ledger, &purse, 10).await;
    proxy.at_once.store(true, Release);
    for cut in [Cut::After, Cut::Before, Cut::After] {
        let (job, entry) = settle(ledger.reserve(&purse, credits(10)).unwrap(), 10);
        proxy.cut(cut, 0);
        let Ok(Commit::Receipt(receipt)) = commit(&ledger, entry).await else { panic!("it is found or done again") };
        assert!(proxy.was_cut());
        assert_eq!(books.receipt(purse.no, job).await.unwrap(), Some(receipt));
    }
    assert_eq!(available(&books, id).await, 910);
    is_right(&books).await;
    ledger.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_in_doubt_is_settled_when_the_database_is_back() {
    let cluster = Cluster::start(false).unwrap();
    let (place, proxy) = behind_a_proxy(&cluster).await;
    proxy.stays_down.store(true, Release);
    let (ledger, books) = place.open().await;
    let (id, purse) = account(&ledger, 100).await;
    let mut left = 100;
    for (key, cut) in [("happened", Cut::After), ("never", Cut::Before)] {
        let (job, entry) = keyed(&ledger, &purse, key).await;
        proxy.cut(cut, 0);
        assert_eq!(commit(&ledger, entry).await, Err(CommitError::Unavailable));
        // While nobody knows, neither the credits nor the key are given to anybody else.
        assert!(ledger.reserve(&purse, credits(left - 9)).is_none());
        proxy.down.store(false, Release);
        until(async || ledger.healthy()).await;
        let known = books.job(purse.no, job).await.unwrap();
        assert_eq!(known.is_some(), cut == Cut::After);
        left -= known.map_or(0, |known| known.job.cost.get());
        assert_eq!(available(&books, id).await, left);
        drop(ledger.reserve_slowly(&purse, credits(left)).await.unwrap());
        assert!(ledger.reserve_slowly(&purse, credits(left + 1)).await.is_err());
        let claim = claim(&ledger, &purse, key).await;
        assert!(matches!((cut, claim), (Cut::After, Claim::Settled(same)) if same == job) || cut == Cut::Before);
        is_right(&books).await;
    }
    pay(&ledger, &purse, left).await;
    is_right(&books).await;
    ledger.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_in_doubt_is_settled_before_anything_else_is_written() {
    let cluster = Cluster::start(false).unwrap();
    let (place, proxy) = behind_a_proxy(&cluster).await;
    proxy.stays_down.store(true, Release);
    let (ledger, books) = place.open().await;
    let (id, purse) = account(&ledger, 100).await;
    let (job, entry) = keyed(&ledger, &purse, "never").await;
    proxy.cut(Cut::Before, 0);
    assert_eq!(commit(&ledger, entry).await, Err(CommitError::Unavailable));
    // The database comes back and goes again just when it is asked about the doubt.
    *proxy.text.lock() = Some("ON CONFLICT (node, seq) DO NOTHING");
    proxy.cut(Cut::Before, 0);
    proxy.down.store(false, Release);
    until(async || proxy.down.load(Acquire)).await;
    assert!(!ledger.healthy(), "something is still in doubt");
    proxy.down.store(false, Release);
    until(async || commit(&ledger, settle(ledger.reserve(&purse, credits(5)).unwrap(), 5).1).await.is_ok()).await;
    until(async || ledger.healthy()).await;
    assert!(books.job(purse.no, job).await.unwrap().is_none());
    assert_eq!(available(&books, id).await, 95);
    assert!(matches!(claim(&ledger, &purse, "never").await, Claim::New(_)), "what never happened may be asked again");
    pay(&ledger, &purse, 95).await;
    is_right(&books).await;
    ledger.close().await;
}

/// Makes writers of a table collide with another that is not there: the first `times` of them get this error.
async fn collide(place: &Place, table: &str, code: &str, times: u32) {
    let sql = format!(
        "DROP TRIGGER IF EXISTS collide ON {table}; CREATE SEQUENCE IF NOT EXISTS collisions; \
         SELECT setval('collisions', 1, false); CREATE OR REPLACE FUNCTION collide() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN IF nextval('collisions') <= {times} THEN RAISE EXCEPTION 'collided' USING ERRCODE = '{code}'; END IF; \
         RETURN NEW; END $$; \
         CREATE TRIGGER collide BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION collide()"
    );
    place.meddle(&sql).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_collides_tries_five_times_again_and_is_then_refused() {
    let place = Place::postgres().await;
    let (ledger, books) = place.open().await;
    let (id, purse) = account(&ledger, 1000).await;
    for code in ["40001", "40P01"] {
        let left = available(&books, id).await;
        collide(&place, "commits", code, 5).await;
        pay(&ledger, &purse, 10).await;
        collide(&place, "commits", code, u32::MAX).await;
        let (job, entry) = settle(ledger.reserve_slowly(&purse, credits(10)).await.unwrap(), 10);
        assert_eq!(commit(&ledger, entry).await, Err(CommitError::Unavailable), "{code}");
        assert_eq!(place.number("SELECT last_value FROM collisions").await, 6, "once, and five times again");
        assert!(books.job(purse.no, job).await.unwrap().is_none());
        collide(&place, "commits", code, 0).await;
        pay(&ledger, &purse, 10).await;
        assert_eq!(available(&books, id).await, left - 20);

        // The same for credits that are leased from the database.
        let (_, other) = account(&ledger, 100).await;
        collide(&place, "leases", code, 5).await;
        drop(ledger.reserve_slowly(&other, credits(1)).await.unwrap());
        let (_, another) = account(&ledger, 100).await;
        collide(&place, "leases", code, u32::MAX).await;
        let refused = ledger.reserve_slowly(&another, credits(1)).await;
        assert!(matches!(refused, Err(ReserveError::Database(error)) if error.is_unavailable()));
        assert_eq!(place.number("SELECT last_value FROM collisions").await, 6);
        collide(&place, "leases", code, 0).await;
        pay(&ledger, &another, 100).await;
    }
    is_right(&books).await;
}
