//! The story of a job with real parts: SQLite, worker threads, files.

mod courses;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;

use inos_protocols::{
    Hash, JobId, Microcredits, NodeId,
    frame::Submission,
    job::{Capsule, Input, State},
    refusal::Kind,
    time::Time,
};
use parking_lot::Mutex;

use crate::{Ask, Broker, Caller, Cause, Happening, Options, Origin, Parts, Replies, Reply, Told};

struct House {
    broker: Broker,
    caller: Caller,
    folder: tempfile::TempDir,
}

/// The ledger in this folder as the node with this key has it.
fn ledger_of(folder: &std::path::Path, key: u8) -> inos_ledger::Options {
    let signer = ed25519_dalek::SigningKey::from_bytes(&[key; 32]);
    inos_ledger::Options {
        url: format!("sqlite://{}", folder.join("inos.db").display()),
        node: NodeId(signer.verifying_key().to_bytes()),
        signer,
        starting_credits: Microcredits::saturating(1_000_000_000),
        lease_ms: 60_000,
        fees: None,
    }
}

async fn house() -> House {
    house_in(tempfile::tempdir().unwrap(), inos_catalog::builtin()).await
}

/// A house on this folder, which may have been another's before; its caller is the admin.
async fn house_in(folder: tempfile::TempDir, units: Vec<Arc<dyn inos_unit::Unit>>) -> House {
    let blobs = inos_blobs::Blobs::open(&folder.path().join("blobs")).unwrap();
    let flushed = blobs.clone();
    let options = ledger_of(folder.path(), 7);
    let node = options.node;
    let (ledger, books) = inos_ledger::open(options, Box::new(move || flushed.flush())).await.unwrap();
    let arena_options =
        inos_arena::Options { bytes: 64 << 20, account_bytes_max: 32 << 20, spool_dir: folder.path().into() };
    let arena = inos_arena::Arena::create(arena_options).unwrap();
    let engine_options = inos_engine::Options {
        workers: 2,
        queue_len_max: 10_000,
        account_queue_len_max: 1_000,
        sessions_max: 4,
        account_sessions_max: 2,
        stop_grace: Duration::from_secs(2),
    };
    let engine = inos_engine::Engine::start(units, None, arena.clone(), engine_options).unwrap();
    let secret = match ledger.first_start("admin").await.unwrap() {
        Some(key) => {
            std::fs::write(folder.path().join("key"), &key.secret).unwrap();
            key.secret
        }
        None => std::fs::read_to_string(folder.path().join("key")).unwrap(),
    };
    let options = Options {
        node,
        keep_jobs: Duration::from_secs(3600),
        deadline_max: Duration::from_secs(600),
        blob_bytes_max: 1 << 30,
        account_queue_len_max: 1_000,
        region_bytes_max: 1 << 28,
        regions_max: 10_000,
        sweep_every: Duration::from_secs(60),
        storage_charged_every: Duration::from_secs(3600),
        prices_from_file: false,
    };
    let vault = inos_vault::Vault::of(folder.path());
    let broker = Broker::new(Parts { ledger, books, engine, arena, blobs, vault, recorder: None }, options);
    let caller = broker.authenticate(&secret).await.unwrap();
    House { broker, caller, folder }
}

fn ask(capsule: Capsule) -> Ask {
    Ask { capsule, body: None, origin: Origin::default() }
}

fn capsule(bytes: &'static [u8]) -> Capsule {
    Capsule::new("compute", "blake3", vec![Input::Bytes(Bytes::from_static(bytes))])
}

fn cause() -> Cause {
    Cause { address: std::net::Ipv4Addr::LOCALHOST.into(), request_id: "r-1".into() }
}

#[tokio::test]
async fn a_job_is_run_charged_and_receipted_once() {
    let house = house().await;
    let before = house.broker.books().account(house.caller.account).await.unwrap().unwrap().balance;
    let ran = house.broker.run(&house.caller, ask(capsule(b"abc"))).await.unwrap();
    assert_eq!(ran.outcome.state, State::Succeeded);
    assert_eq!(ran.outcome.outputs[0].bytes, Hash::of(b"abc").to_string());
    let receipt = ran.outcome.receipt.unwrap().verify().unwrap();
    assert_eq!((receipt.job, receipt.cost), (ran.outcome.job, ran.outcome.cost));
    let after = house.broker.books().account(house.caller.account).await.unwrap().unwrap();
    assert_eq!(before.checked_sub(receipt.cost), Some(after.balance));
    assert_eq!(house.broker.books().check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn an_accepted_job_ends_with_its_hold_resolved() {
    let house = house().await;
    let submitted = house.broker.submit(&house.caller, capsule(b"abc"), Origin::default()).await.unwrap();
    let job = house.broker.wait(&house.caller, submitted.job.id, Duration::from_secs(10)).await.unwrap();
    assert_eq!(job.state, State::Succeeded);
    let output = house.broker.output(&house.caller, job.id, 0).await.unwrap();
    assert_eq!(output.bytes, Hash::of(b"abc").to_string());
    let account = house.broker.books().account(house.caller.account).await.unwrap().unwrap();
    assert_eq!(account.held, Microcredits::ZERO);
    assert_eq!(house.broker.books().check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_frame_of_jobs_shares_commits_and_loses_none() {
    let house = house().await;
    let answers = Arc::new(Mutex::new(Vec::new()));
    let kept = answers.clone();
    let replies: Replies = Arc::new(move |reply| {
        if let Reply::Results(results) = reply {
            kept.lock().extend(results.into_iter().map(|answer| answer.correlation));
        }
    });
    let submissions = (0..500).map(|correlation| Submission { correlation, capsule: capsule(b"abc") }).collect();
    house.broker.frame(&house.caller, submissions, Origin::default(), &replies).await;
    while answers.lock().len() < 500 {
        tokio::task::yield_now().await;
    }
    let mut answers = answers.lock().clone();
    answers.sort_unstable();
    assert_eq!(answers, (0..500).collect::<Vec<_>>());
    assert_eq!(house.broker.books().check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn what_ran_for_a_frame_is_in_the_books_though_nobody_is_left_to_answer_it() {
    let house = house().await;
    let accepted = Arc::new(Mutex::new(Vec::new()));
    let kept = accepted.clone();
    let replies: Replies = Arc::new(move |reply| {
        if let Reply::Accepted(jobs) = reply {
            kept.lock().extend(jobs.into_iter().map(|accepted| accepted.job));
        }
    });
    let (broker, caller) = (house.broker.clone(), house.caller.clone());
    let thread = std::thread::spawn(move || {
        // What it would answer goes with it.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let submissions = (0..300).map(|correlation| Submission { correlation, capsule: capsule(b"abc") }).collect();
        runtime.block_on(broker.frame(&caller, submissions, Origin::default(), &replies));
    });
    thread.join().unwrap();
    let accepted = accepted.lock().clone();
    assert!(accepted.len() > 10, "a method that was never measured runs on workers: {}", accepted.len());
    let until = std::time::Instant::now() + Duration::from_secs(30);
    for id in accepted {
        while house.broker.books().job(house.caller.purse.no, id).await.unwrap().is_none() {
            assert!(std::time::Instant::now() < until, "the job {id} is not in the books");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    assert_eq!(house.broker.books().check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_asked_wrongly_costs_nothing() {
    let house = house().await;
    let mut unknown = capsule(b"abc");
    unknown.method = "blake4".into();
    let refused = house.broker.run(&house.caller, ask(unknown)).await.err().unwrap();
    assert_eq!(refused.kind, Kind::UnknownMethod);
    let mut two = capsule(b"abc");
    two.inputs.push(Input::Blob(Hash::of(b"nothing")));
    let refused = house.broker.run(&house.caller, ask(two)).await.err().unwrap();
    assert!([Kind::NotFound, Kind::InvalidParams].contains(&refused.kind));
    assert_eq!(house.broker.books().check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_job_whose_node_is_gone_ends_after_its_time_and_its_hold_is_freed() {
    let house = house().await;
    let account = house.caller.account;
    let (other, _) = inos_ledger::open(ledger_of(house.folder.path(), 8), Box::new(|| Ok(()))).await.unwrap();
    let purse = other.purse(account).await.unwrap();
    let mut held = Vec::new();
    // One is long past its time; the other node may yet end the other one.
    for ago_ms in [3_600_000, 1_000] {
        held.push(accepted(&other, &purse, Time::from_ms(Time::now().as_ms() - ago_ms)).await);
    }
    drop((purse, other));
    let held_now = async || house.broker.books().account(account).await.unwrap().unwrap().held.get();
    assert_eq!(held_now().await, 2000);
    house.broker.sweep().await;
    let job = house.broker.job(&house.caller, held[0]).await.unwrap();
    assert_eq!((job.state, job.cost, held_now().await), (State::Expired, Microcredits::ZERO, 1000));
    assert_eq!(house.broker.receipt(&house.caller, held[0]).await.unwrap().verify().unwrap().state, State::Expired);
    assert_eq!(house.broker.job(&house.caller, held[1]).await.unwrap().state, State::Queued);
    assert_eq!(ended_lately(&house), [0, 1]);
    // One that has ended is not found again.
    house.broker.sweep().await;
    assert_eq!(ended_lately(&house), [0, 1]);
    assert_eq!(house.broker.books().check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn what_cannot_be_taken_up_again_is_told_as_having_ended() {
    let house = house().await;
    let mut followed = house.broker.events(&house.caller, None, None).await.unwrap();
    let (ledger, purse) = (&house.broker.0.ledger, &house.caller.purse);
    // The time of one ran out while nobody ran it; of the other nothing says how it is to be run.
    let late = accepted(ledger, purse, Time::from_ms(Time::now().as_ms() - 1_000)).await;
    let damaged = accepted(ledger, purse, Time::now().plus_ms(60_000)).await;
    assert_eq!(house.broker.resume().await.unwrap(), 2);
    assert_eq!(ended_lately(&house), [1, 1]);
    for (job, state) in [(late, State::Expired), (damaged, State::Failed)] {
        let Some(Told::Event(event)) = followed.next().await else { panic!("no event of {job}") };
        assert_eq!((event.job, &event.what), (Some(job), &Happening::State { state, cost: Microcredits::ZERO }));
    }
}

/// How many failed and how many ran out of time lately; whatever did is all that ended, and none of it has times.
fn ended_lately(house: &House) -> [u64; 2] {
    let told = house.broker.lately();
    assert_eq!((told.succeeded, told.cancelled, told.took), (0, 0, None));
    [told.failed, told.expired]
}

/// A job that a server has accepted and then lost: nothing but the books know of it.
async fn accepted(ledger: &inos_ledger::Ledger, purse: &Arc<inos_ledger::Purse>, deadline: Time) -> JobId {
    let job = inos_ledger::JobRecord {
        id: JobId::new(),
        purse: purse.clone(),
        key: None,
        unit: "compute".into(),
        method: "blake3".into(),
        version: "1".into(),
        priority: 100,
        budget: None,
        capsule: Hash::of(b"capsule"),
        submitted: Time::now(),
        deadline,
        params: None,
        labels: Default::default(),
        remembered: false,
        segment: None,
    };
    let id = job.id;
    let reservation = ledger.reserve_slowly(purse, Microcredits::saturating(1000)).await.unwrap();
    let accept = inos_ledger::Accept { job, reservation, asked: b"{}".to_vec(), files: Vec::new(), claim: None };
    assert!(ledger.commit(vec![inos_ledger::Entry::Accept(accept)]).await[0].is_ok());
    id
}

#[tokio::test]
async fn a_sweep_takes_back_what_is_left_of_a_grant_that_has_ended() {
    let house = house().await;
    let House { broker, caller, .. } = &house;
    let (before, amount) = (Microcredits::saturating(1_000_000_000), Microcredits::saturating(500));
    let soon = Some(Time::now().plus_ms(100));
    broker.grant(caller, cause(), caller.account, amount, Some("trial"), soon).await.unwrap();
    assert_eq!(broker.books().grants(caller.account).await.unwrap()[0].left, amount);
    let spent = broker.run(caller, ask(capsule(b"abc"))).await.unwrap().outcome.cost;
    assert!(spent < amount);
    loop {
        broker.sweep().await;
        // What was spent was the grant's: everything else is still there.
        if broker.books().account(caller.account).await.unwrap().unwrap().balance == before {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let past = broker.grant(caller, cause(), caller.account, amount, None, Some(Time::from_ms(1))).await.unwrap_err();
    assert_eq!(past.kind, Kind::InvalidParams);
    assert_eq!(broker.books().check().await.unwrap(), Vec::<String>::new());
}
