//! Whatever is done to accepted jobs in whatever order, with real parts and restarts in between: each ends once, stays as
//! it ended, is charged at most once, and leaves nothing held.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use inos_protocols::{
    JobId, Microcredits,
    job::{Capsule, Input, Job, JobOutput, Retry, State},
    time::Time,
};
use inos_unit::{Call, Determinism, Fault, Host, Method, Price, Reading, Spec, Unit};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::json;

use super::{House, house_in};
use crate::{Happening, Origin, Told};

/// A unit that panics a few times, runs for a while, and then says something.
struct Moody {
    spec: Spec,
    runs: AtomicU32,
}

#[derive(Deserialize)]
struct Mood {
    panics_in_10: u32,
    ms: u64,
}

impl Moody {
    fn new() -> Self {
        let method = Method {
            name: "act",
            summary: "Panics now and then.",
            params: json!({ "type": "object" }),
            inputs: (0, 4),
            input_media: &["*/*"],
            input_bytes_max: 1 << 20,
            reading: Reading::Whole,
            output_media: &["text/plain"],
            output_bytes_max: 1 << 10,
            determinism: Determinism::None,
            price: Price { base: 7, per_kib_in: 1, per_kib_out: 1, per_cpu_ms: 0 },
            inline_bytes_max: None,
            timeout_ms: 60_000,
            heartbeat_ms: None,
            gives_secret: false,
            held_key: None,
        };
        let spec = Spec {
            lane: inos_unit::Lane::Threads,
            name: "moody",
            version: "1",
            summary: "Has moods.",
            methods: vec![method],
        };
        Self { spec, runs: AtomicU32::new(0) }
    }
}

impl Unit for Moody {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn run(&self, call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
        let Mood { panics_in_10, ms } = call.read_params()?;
        for _ in 0..ms {
            host.check()?;
            std::thread::sleep(Duration::from_millis(1));
        }
        if self.runs.fetch_add(1, Relaxed) % 10 < panics_in_10 {
            // Without the panic hook, which would write each to the test's output.
            std::panic::resume_unwind(Box::new("on purpose"));
        }
        call.output.write(b"done")
    }
}

#[derive(Debug, Clone)]
enum Step {
    Accept {
        panics_in_10: u32,
        ms: u64,
        attempts: u8,
        queue_ttl_ms: Option<u32>,
        lasts_ms: Option<u64>,
        over: Option<usize>,
    },
    Cancel(usize),
    Pause(u64),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let terms =
        (prop::option::of(0..40_u32), prop::option::weighted(0.2, 1..60_u64), prop::option::weighted(0.3, 0..8_usize));
    let accept = (0..9_u32, 0..12_u64, 1..4_u8, terms).prop_map(
        |(panics_in_10, ms, attempts, (queue_ttl_ms, lasts_ms, over))| Step::Accept {
            panics_in_10,
            ms,
            attempts,
            queue_ttl_ms,
            lasts_ms,
            over,
        },
    );
    prop_oneof![10 => accept, 4 => (0..8_usize).prop_map(Step::Cancel), 3 => (0..15_u64).prop_map(Step::Pause), 1 => Just(Step::Restart)]
}

/// What is known of the jobs from outside.
#[derive(Default)]
struct Seen {
    jobs: Vec<JobId>,
    ends: Arc<parking_lot::Mutex<HashMap<JobId, Vec<State>>>>,
}

impl Seen {
    /// The job of that number among those of late.
    fn late(&self, number: usize) -> Option<JobId> {
        self.jobs.iter().rev().nth(number).copied()
    }

    /// Listens to the ends that are told from now on.
    async fn listen(&self, house: &House) {
        let mut events = house.broker.events(&house.caller, None, Some(0)).await.unwrap();
        let ends = self.ends.clone();
        tokio::spawn(async move {
            while let Some(told) = events.next().await {
                let Told::Event(event) = told else { continue };
                if let Happening::State { state, .. } = event.what
                    && state.is_final()
                {
                    ends.lock().entry(event.job.unwrap()).or_default().push(state);
                }
            }
        });
    }
}

async fn opened(folder: tempfile::TempDir, seen: &Seen) -> House {
    let house = house_in(folder, vec![Arc::new(Moody::new())]).await;
    seen.listen(&house).await;
    house.broker.resume().await.unwrap();
    house
}

async fn restarted(house: House, seen: &Seen) -> House {
    house.broker.drain(Duration::ZERO).await;
    let House { broker, folder, .. } = house;
    drop(broker);
    opened(folder, seen).await
}

async fn walk(house: House, seen: &mut Seen, steps: Vec<Step>) -> House {
    let mut house = house;
    for step in steps {
        match step {
            Step::Accept { panics_in_10, ms, attempts, queue_ttl_ms, lasts_ms, over } => {
                let over = over.and_then(|number| seen.late(number));
                let inputs = over.map(|job| Input::Job(JobOutput { job, output: 0 }));
                let params = json!({ "panics_in_10": panics_in_10, "ms": ms });
                let capsule = Capsule {
                    params: params.as_object().unwrap().clone(),
                    retry: Some(Retry { max_attempts: attempts, backoff_ms: 8, backoff_max_ms: 20 }),
                    queue_ttl_ms,
                    deadline: lasts_ms.map(|ms| Time::now().plus_ms(ms)),
                    ..Capsule::new("moody", "act", inputs.into_iter().collect())
                };
                // What builds on a job that has failed is refused; so is a deadline that passes on the way.
                if let Ok(submitted) = house.broker.submit(&house.caller, capsule, Origin::default()).await {
                    seen.jobs.push(submitted.job.id);
                }
            }
            Step::Cancel(number) => {
                if let Some(job) = seen.late(number) {
                    let _ = house.broker.cancel(&house.caller, job).await;
                }
            }
            Step::Pause(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
            Step::Restart => house = restarted(house, seen).await,
        }
    }
    house
}

async fn ended(house: &House, id: JobId) -> Job {
    let until = tokio::time::Instant::now() + Duration::from_secs(60);
    loop {
        let job = house.broker.job(&house.caller, id).await.unwrap();
        if job.state.is_final() {
            return job;
        }
        assert!(tokio::time::Instant::now() < until, "{job:?} never ends");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn keeps_its_laws(steps: Vec<Step>) {
    let mut seen = Seen::default();
    let house = opened(tempfile::tempdir().unwrap(), &seen).await;
    let account = house.caller.account;
    let before = house.broker.books().account(account).await.unwrap().unwrap().balance;
    let house = walk(house, &mut seen, steps).await;
    let mut cost = Microcredits::ZERO;
    let mut jobs = Vec::new();
    for id in &seen.jobs {
        let job = ended(&house, *id).await;
        cost = Microcredits::saturating(cost.get() + job.cost.get());
        let receipt = house.broker.receipt(&house.caller, *id).await.unwrap().verify().unwrap();
        assert_eq!((receipt.state, receipt.cost), (job.state, job.cost));
        assert!(job.attempts <= 3 && (job.attempts > 0 || job.cost == Microcredits::ZERO), "{job:?}");
        jobs.push(job);
    }
    let house = restarted(house, &seen).await;
    for job in jobs {
        let again = house.broker.job(&house.caller, job.id).await.unwrap();
        assert_eq!(
            (again.state, again.cost, again.attempts),
            (job.state, job.cost, job.attempts),
            "it stays as it ended"
        );
        let told = seen.ends.lock().get(&job.id).cloned().unwrap_or_default();
        assert!(told.len() <= 1 && told.iter().all(|state| *state == job.state), "{told:?} of {job:?}");
    }
    let account = house.broker.books().account(account).await.unwrap().unwrap();
    assert_eq!((before.checked_sub(cost), account.held), (Some(account.balance), Microcredits::ZERO));
    assert_eq!(house.broker.books().check().await.unwrap(), Vec::<String>::new());
}

/// As after a stop that gave up waiting: the old server still has the job while the new one takes it up.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_two_servers_run_ends_and_is_told_once() {
    let mut seen = Seen::default();
    let House { broker, caller, folder } = opened(tempfile::tempdir().unwrap(), &seen).await;
    let mut capsule = Capsule::new("moody", "act", Vec::new());
    capsule.params = json!({ "panics_in_10": 0, "ms": 300 }).as_object().unwrap().clone();
    seen.jobs.push(broker.submit(&caller, capsule, Origin::default()).await.unwrap().job.id);
    let house = opened(folder, &seen).await;
    let job = ended(&house, seen.jobs[0]).await;
    // The slower one of the two has come to its end, too.
    let until = tokio::time::Instant::now() + Duration::from_secs(30);
    while broker.0.live.len() + house.broker.0.live.len() > 0 {
        assert!(tokio::time::Instant::now() < until, "one never ends");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }

    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(seen.ends.lock().get(&job.id).cloned(), Some(vec![State::Succeeded]));
    assert_eq!(house.broker.books().check().await.unwrap(), Vec::<String>::new());
}

/// On one thread, so that nothing happens to the job between its commit and the wish.
#[tokio::test]
async fn a_job_that_is_cancelled_while_it_is_accepted_does_not_wait_for_its_turn() {
    let house = house_in(tempfile::tempdir().unwrap(), vec![Arc::new(Moody::new())]).await;
    let submitted = async |ms| {
        let mut capsule = Capsule::new("moody", "act", Vec::new());
        capsule.params = json!({ "panics_in_10": 0, "ms": ms }).as_object().unwrap().clone();
        house.broker.submit(&house.caller, capsule, Origin::default()).await.unwrap().job.id
    };
    let long = [submitted(60_000).await, submitted(60_000).await];
    let until = tokio::time::Instant::now() + Duration::from_secs(30);
    let state = async |id| house.broker.job(&house.caller, id).await.unwrap().state;
    while [state(long[0]).await, state(long[1]).await] != [State::Running; 2] {
        assert!(tokio::time::Instant::now() < until, "one never begins");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let cancelled = async {
        let id = loop {
            match house.broker.0.live.ids().into_iter().find(|id| !long.contains(id)) {
                Some(id) => break id,
                None => tokio::task::yield_now().await,
            }
        };
        house.broker.cancel(&house.caller, id).await.unwrap().id
    };
    let (job, cancelled) = tokio::join!(submitted(0), cancelled);
    assert_eq!(job, cancelled);
    let job = house.broker.wait(&house.caller, job, Duration::from_secs(20)).await.unwrap();
    assert_eq!((job.state, job.cost, job.attempts), (State::Cancelled, Microcredits::ZERO, 0));
    for id in long {
        assert_eq!(house.broker.cancel(&house.caller, id).await.unwrap().state, State::Running);
        assert_eq!(ended(&house, id).await.state, State::Cancelled);
    }
    assert_eq!(house.broker.books().check().await.unwrap(), Vec::<String>::new());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 20, ..ProptestConfig::default() })]

    #[test]
    fn every_accepted_job_ends_once_whatever_is_done(steps in prop::collection::vec(step(), 10..60)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(keeps_its_laws(steps));
    }
}
