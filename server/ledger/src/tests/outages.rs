//! The database goes away, is busy, or takes a commit and never says so.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::*},
    },
    time::Duration,
};

use super::place::*;
use crate::{Claim, Commit, CommitError, Entry, Ledger, Purse, ReserveError, Settle, testing::postgres::{Cluster, new_database}};
use inos_protocols::{Hash, JobId};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_sqlite_is_waited_for_and_then_refused() {
    let place = Place::sqlite();
    let (ledger, books) = place.open().await;
    let (account, purse) = account(&ledger, 100).await;
    pay(&ledger, &purse, 1).await;
    let path = place.url.strip_prefix("sqlite:").unwrap();
    let backup = rusqlite::Connection::open(path).unwrap();
    backup.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let reservation = ledger.reserve(&purse, credits(9)).unwrap();
    assert_eq!(commit(&ledger, settle(reservation, 9).1).await, Err(CommitError::Unavailable));
    assert!(!ledger.healthy());
    // Reading goes on, and what was reserved is free again.
    assert_eq!(available(&books, account).await, 99);
    backup.execute_batch("COMMIT").unwrap();
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
        let before = books.usage(id, Default::default()).await.map_or(0, |usage| usage.iter().map(|row| row.jobs).sum());
        until(async || books.usage(id, Default::default()).await.is_ok_and(|usage| usage.iter().map(|row| row.jobs).sum::<u64>() > before + 20)).await;
        cluster.crash_and_restart().unwrap();
    }
    until(async || ledger.healthy()).await;
    stop.store(true, Release);
    let (mut paid, mut refused) = (0, 0);
    for spender in spenders {
        let told = spender.await.unwrap();
        for job in &told.paid {
            assert!(books.job(purse.no, *job).await.unwrap().is_some(), "{job} was acknowledged");
        }
        for job in &told.refused {
            assert!(books.job(purse.no, *job).await.unwrap().is_none(), "{job} was refused");
        }
        (paid, refused) = (paid + told.paid.len() as u64, refused + told.refused.len());
    }
    assert!(paid > 100, "{paid} paid, {refused} refused");
    assert_eq!(available(&books, id).await, (1 << 40) - paid);
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

/// Where the proxy cuts a connection that sends COMMIT.
const BEFORE: u32 = 1;
const AFTER: u32 = 2;

/// Stands between the ledger and its database and cuts connections when it is told to.
fn proxy(server: u16, cut: Arc<AtomicU32>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { continue };
            let silent = Arc::new(AtomicBool::new(false));
            pass(client.try_clone().unwrap(), server.try_clone().unwrap(), Some(cut.clone()), silent.clone());
            pass(server, client, None, silent);
        }
    });
    port
}

/// Passes on what comes, until a COMMIT is to be cut off. `silent` swallows the other direction's answer.
fn pass(mut from: TcpStream, mut to: TcpStream, cut: Option<Arc<AtomicU32>>, silent: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(len @ 1..) = from.read(&mut buffer) {
            let is_commit = buffer[..len].windows(7).any(|window| window == b"COMMIT\0");
            let due = cut.as_ref().filter(|_| is_commit).map_or(0, |cut| cut.swap(0, AcqRel));
            if due == BEFORE {
                break;
            }
            if due == AFTER {
                silent.store(true, Release);
            }
            if cut.is_none() && silent.load(Acquire) {
                // The answer has come, so the commit has happened; nobody will hear of it.
                break;
            }
            if to.write_all(&buffer[..len]).is_err() {
                break;
            }
        }
        // Both ends hear that it is over; a socket that is closed already needs no telling.
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_was_lost_happens_once() {
    let cluster = Cluster::start(false).unwrap();
    let cut = Arc::new(AtomicU32::new(0));
    let port = proxy(cluster.port(), cut.clone());
    let direct = new_database(&cluster.url()).await.unwrap();
    let place = Place::at(direct.replace(&cluster.port().to_string(), &port.to_string()));
    let (ledger, books) = place.open().await;
    let (id, purse) = account(&ledger, 1000).await;
    pay(&ledger, &purse, 1).await;
    for (number, place) in [AFTER, BEFORE, AFTER, AFTER, BEFORE].into_iter().enumerate() {
        let Claim::New(claim) = ledger.claim(purse.no, &number.to_string(), Hash::of(b"x")).await.unwrap() else { panic!("new") };
        let reservation = ledger.reserve_slowly(&purse, credits(10)).await.unwrap();
        let job = record(&purse);
        let job_id = job.id;
        let entry = Entry::Settle(Settle { job, reservation, ending: ending(10), claim: Some(claim) });
        cut.store(place, Release);
        let Ok(Commit::Receipt(receipt)) = commit(&ledger, entry).await else { panic!("the commit is found or done again") };
        assert_eq!(cut.load(Acquire), 0, "the connection was cut");
        assert_eq!(books.receipt(purse.no, job_id).await.unwrap(), Some(receipt));
        assert!(matches!(ledger.claim(purse.no, &number.to_string(), Hash::of(b"x")).await.unwrap(), Claim::Settled(job) if job == job_id));
    }
    assert_eq!(available(&books, id).await, 949);
    is_right(&books).await;
    ledger.close().await;
}
