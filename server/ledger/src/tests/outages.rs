//! The database goes away, is busy, or takes a commit and never says so.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::*},
    },
    time::Duration,
};

use super::place::*;
use crate::{
    Claim, Commit, CommitError, Entry, Ledger, Purse, ReserveError, Settle,
    testing::postgres::{Cluster, new_database},
};
use inos_protocols::{Hash, JobId};
use parking_lot::Mutex;

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

/// When a connection is cut: before the database hears of what the ledger says, or before the ledger hears the answer.
#[derive(Clone, Copy, PartialEq)]
enum Cut {
    Before,
    After,
}

/// Stands between the ledger and its database, and cuts connections when it is told to.
#[derive(Default)]
struct Proxy {
    cut: Mutex<Option<Cut>>,
    /// Whether anything that is said brings the cut, and not only COMMIT.
    at_once: AtomicBool,
    /// Whether nobody gets through once a connection was cut.
    stays_down: AtomicBool,
    down: AtomicBool,
}

impl Proxy {
    fn start(server: u16) -> (Arc<Self>, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let proxy = Arc::new(Self::default());
        let this = proxy.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if this.down.load(Acquire) {
                    continue;
                }
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                let silent = Arc::new(AtomicBool::new(false));
                this.clone().pass_up(client.try_clone().unwrap(), server.try_clone().unwrap(), silent.clone());
                pass_down(server, client, silent);
            }
        });
        (proxy, port)
    }

    /// Passes on what the ledger says, until a COMMIT is to be cut off.
    fn pass_up(self: Arc<Self>, mut from: TcpStream, mut to: TcpStream, silent: Arc<AtomicBool>) {
        std::thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            while let Ok(len @ 1..) = from.read(&mut buffer) {
                let is_commit = buffer[..len].windows(7).any(|window| window == b"COMMIT\0");
                let is_due = is_commit || self.at_once.load(Acquire);
                let cut = if is_due { self.cut.lock().take() } else { None };
                if cut.is_some() {
                    self.down.store(self.stays_down.load(Acquire), Release);
                }
                if cut == Some(Cut::Before) {
                    break;
                }
                if cut == Some(Cut::After) {
                    silent.store(true, Release);
                }
                if to.write_all(&buffer[..len]).is_err() {
                    break;
                }
            }
            shut(&from, &to);
        });
    }
}

/// Passes on what the database says; an answer that nobody is to hear ends the connection instead.
fn pass_down(mut from: TcpStream, mut to: TcpStream, silent: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(len @ 1..) = from.read(&mut buffer) {
            if silent.load(Acquire) || to.write_all(&buffer[..len]).is_err() {
                break;
            }
        }
        shut(&from, &to);
    });
}

fn shut(one: &TcpStream, other: &TcpStream) {
    // A socket that is closed already needs no telling.
    let _ = (one.shutdown(Shutdown::Both), other.shutdown(Shutdown::Both));
}

/// A database behind a proxy.
async fn behind_a_proxy(cluster: &Cluster) -> (Place, Arc<Proxy>) {
    let (proxy, port) = Proxy::start(cluster.port());
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
        *proxy.cut.lock() = Some(cut);
        let Ok(Commit::Receipt(receipt)) = commit(&ledger, entry).await else { panic!("it is found or done again") };
        assert!(proxy.cut.lock().is_none(), "the connection was cut");
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
        *proxy.cut.lock() = Some(cut);
        let Ok(Commit::Receipt(receipt)) = commit(&ledger, entry).await else { panic!("it is found or done again") };
        assert!(proxy.cut.lock().is_none(), "the connection was cut");
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
        *proxy.cut.lock() = Some(cut);
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
