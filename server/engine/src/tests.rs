//! What the engine promises, tried from outside with small units made for it.

mod catalogue;
mod ends;
mod express;
mod fairness;
mod here;
mod queue;
mod races;
mod sessions;
mod stopping;
mod streams;
mod units;

use std::{
    sync::{Arc, atomic::Ordering::Relaxed, mpsc},
    time::{Duration, Instant},
};

use bytes::Bytes;
use inos_arena::Arena;
use inos_protocols::{JobId, job::Params};

use crate::{Control, Engine, Feed, Options, Outcome, Refused, Task};
use units::{Gates, Trial};

/// Longer than anything takes; a test that waits so long has failed.
const FOREVER: Duration = Duration::from_secs(60);

/// An engine with the trial unit, its own arena and its own gates.
struct Bench {
    engine: Engine,
    arena: Arena,
    gates: Arc<Gates>,
    _dir: tempfile::TempDir,
}

/// A task that was offered.
struct Sent {
    id: JobId,
    control: Arc<Control>,
    outcome: mpsc::Receiver<Outcome>,
}

fn options(workers: usize) -> Options {
    Options {
        workers,
        queue_len_max: 100_000,
        account_queue_len_max: 50_000,
        sessions_max: 4,
        account_sessions_max: 2,
        stop_grace: Duration::from_millis(20),
    }
}

impl Bench {
    fn new(workers: usize) -> Self {
        Self::with(options(workers))
    }

    fn with(options: Options) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let arena = Arena::create(inos_arena::Options {
            bytes: 64 << 20,
            account_bytes_max: 32 << 20,
            spool_dir: dir.path().to_owned(),
        });
        let (arena, gates) = (arena.unwrap(), Arc::new(Gates::default()));
        let workers = options.workers;
        let engine =
            Engine::start(vec![Arc::new(Trial::new(Arc::clone(&gates)))], None, arena.clone(), options).unwrap();
        let shared = engine.shared();
        until(|| shared.express.at_rest() == crate::express_threads(workers));
        // A worker that starts looks for what others have on their desks.
        until(|| shared.parked.load(Relaxed) == workers);
        Self { engine, arena, gates, _dir: dir }
    }

    /// A task of that method, and where its outcome will come.
    fn task(&self, method: &str, inputs: Vec<Feed>) -> (Task, Sent) {
        let (tell, outcome) = mpsc::channel();
        let control = Arc::new(Control::new());
        let id = JobId::new();
        let task = Task {
            id,
            account: 1,
            weight: 1,
            priority: 100,
            entry: self.engine.catalogue().find("trial", method).unwrap(),
            params: Params::new(),
            key: None,
            inputs,
            deadline: Instant::now() + FOREVER,
            begin_by: None,
            session: None,
            timeout: FOREVER,
            cost: 1,
            control: Arc::clone(&control),
            done: Box::new(move |outcome| tell.send(outcome).unwrap_or_default()),
        };
        (task, Sent { id, control, outcome })
    }

    fn send(&self, method: &str, inputs: Vec<Feed>) -> Sent {
        let (task, sent) = self.task(method, inputs);
        self.offer(task);
        sent
    }

    fn offer(&self, task: Task) {
        let refused: Vec<Refused> = self.engine.offer(vec![task]).into_iter().map(|(_, why)| why).collect();
        assert_eq!(refused, []);
    }
}

impl Sent {
    fn outcome(&self) -> Outcome {
        self.outcome.recv_timeout(FOREVER).expect("every task ends")
    }

    fn begun(&self) {
        until(|| self.control.begun());
    }
}

/// Waits for a condition.
fn until(mut condition: impl FnMut() -> bool) {
    let patience = Instant::now() + FOREVER;
    while !condition() {
        assert!(Instant::now() < patience, "the condition never came");
        std::thread::yield_now();
    }
}

fn bytes(bytes: impl Into<Bytes>) -> Feed {
    Feed::Bytes { bytes: bytes.into(), hash: None }
}
