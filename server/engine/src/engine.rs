//! The engine's handle: starts the threads, takes tasks, says how it stands, and stops what it started.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use inos_arena::Arena;
use inos_protocols::{JobId, time::Time};
use inos_unit::Unit;
use parking_lot::{Condvar, Mutex, MutexGuard, RwLock};

use crate::{
    Catalogue, Done, End, Entry, Error, Outcome, Refused, Status, Task,
    control::STOPPING,
    desk::{Desk, Told},
    inline::Meter,
    queue::{Queue, Waiting},
    run::{Ground, Ran, Work, run},
    status::WorkerState,
    task::{Queued, micros},
    watch::{self, Watch},
    workers,
};

/// An offer lets others have the queue after so many tasks.
const BUMP_EVERY: usize = 32;

/// How an engine is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// Worker threads, at least 1.
    pub workers: usize,
    /// The most tasks that wait.
    pub queue_len_max: usize,
    /// The most tasks of one account that wait.
    pub account_queue_len_max: usize,
    /// How long a unit may go on after it was told to stop, before its job is taken from it.
    pub stop_grace: Duration,
}

/// Runs tasks. A cheap handle; when the last one is dropped, the engine stops and ends whatever is left.
#[derive(Clone)]
pub struct Engine(Arc<Handle>);

struct Handle {
    shared: Arc<Shared>,
    catalogue: Catalogue,
}

/// What all threads of an engine share.
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) arena: Arena,
    /// Locked before `desks` and before any desk.
    pub(crate) core: Mutex<Core>,
    pub(crate) work: Condvar,
    pub(crate) idle: Condvar,
    pub(crate) desks: RwLock<Vec<Arc<Desk>>>,
    pub(crate) watch: Watch,
    /// What `core` says, for those who need no exact answer.
    pub(crate) parked: AtomicUsize,
    waiting: AtomicUsize,
    draining: std::sync::atomic::AtomicBool,
    workers_started: AtomicUsize,
    completed_here: AtomicU64,
    /// Tasks that ended without a worker's doing.
    pub(crate) completed_otherwise: AtomicU64,
    overruns: AtomicU64,
    threads: Mutex<Vec<thread::JoinHandle<()>>>,
}

/// The one thing that submitters and workers contend for.
pub(crate) struct Core {
    pub(crate) queue: Queue<Queued>,
    /// Workers that wait and that nobody has woken yet.
    pub(crate) parked: usize,
    /// Workers that can claim.
    pub(crate) workers: usize,
    pub(crate) quarantined: usize,
    pub(crate) quarantined_total: u64,
    /// Ends that are being told from beside the workers.
    pub(crate) ending: usize,
    pub(crate) draining: bool,
    pub(crate) stopped: bool,
    /// When a task may have expired in the queue.
    pub(crate) sweep_at: Option<Instant>,
}

impl Core {
    fn take_in(&mut self, queued: Queued) -> Result<(), (Queued, Refused)> {
        if self.draining { Err((queued, Refused::Draining)) } else { self.queue.push(queued) }
    }

    /// Whether nothing waits and nothing runs, units that do not stop left aside.
    pub(crate) fn is_idle(&self) -> bool {
        self.queue.len() == 0 && self.parked >= self.workers && self.ending == 0
    }
}

impl Engine {
    /// Starts an engine with these units.
    pub fn start(units: Vec<Arc<dyn Unit>>, arena: Arena, options: Options) -> Result<Self, Error> {
        if options.workers == 0 {
            return Err(Error::Option { name: "workers", reason: "at least 1" });
        }
        let catalogue = Catalogue::new(units)?;
        let workers = options.workers;
        let engine = Self(Arc::new(Handle { shared: Arc::new(Shared::new(arena, options)), catalogue }));
        let shared = &engine.0.shared;
        for _ in 0..workers {
            workers::start(shared)?;
        }
        let kept = Arc::clone(shared);
        shared.spawn("inos-watch".into(), 256 << 10, move || watch::watch(&kept))?;
        Ok(engine)
    }

    /// The units on offer.
    pub fn catalogue(&self) -> &Catalogue {
        &self.0.catalogue
    }

    /// Whether a job may run where its bytes arrive, by [`Engine::run_here`].
    ///
    /// The method must declare it, must have been measured at this size, and the account must not be ahead of its
    /// share while others wait.
    pub fn may_run_here(&self, entry: &Entry, bytes_in: u64, account: u64) -> bool {
        let shared = &self.0.shared;
        entry.method.inline_bytes_max.is_some_and(|max| bytes_in <= max)
            && entry.timing.is_quick(bytes_in, shared.watch.ns(Instant::now()))
            && !shared.draining.load(Relaxed)
            && (shared.waiting.load(Relaxed) == 0 || !shared.core.lock().queue.is_ahead(account))
    }

    /// Runs a task on the calling thread and gives its outcome back beside its `done`, which is not called.
    ///
    /// Nobody can take it from a unit that does not stop, and a stream whose writer needs this thread would wait for
    /// ever: only for what [`Engine::may_run_here`] allows.
    pub fn run_here(&self, task: Task) -> (Done, Outcome) {
        let shared = &self.0.shared;
        let now = Instant::now();
        let queued = Queued { task, since: now };
        shared.completed_here.fetch_add(1, Relaxed);
        if shared.waiting.load(Relaxed) > 0 {
            shared.core.lock().queue.charge(&queued.ticket());
        }
        let Queued { task, .. } = queued;
        if task.control.is_cancelled() || task.deadline <= now {
            let end = if task.control.is_cancelled() { End::Cancelled } else { End::Expired };
            return (task.done, Outcome::unrun(end, now, now));
        }
        let Task { id, account, entry, params, inputs, deadline, timeout, control, done, .. } = task;
        let until = now.checked_add(timeout).map_or(deadline, |stop| stop.min(deadline));
        let size = workers::size_of(&inputs);
        let meter = Meter::begin(now);
        control.begin();
        let ground = Ground { arena: &shared.arena, parked: &shared.parked, watched: false };
        let started = Some(Time::now());
        let ran = run(&entry, &control, Work { id, account, params, inputs, until }, &ground);
        let (took, overrun) = meter.end(Instant::now());
        if let Some(size) = size {
            shared.learn(&entry, size, took, overrun);
        }
        let Ran { end, outputs, inputs, bytes_in } = ran;
        (done, Outcome { end, outputs, inputs, bytes_in, queued_us: 0, run_us: micros(took), started })
    }

    /// Puts tasks in the queue; those that find no room come back with the reason, their `done` not called.
    ///
    /// Never blocks but for the queue's lock.
    pub fn offer(&self, tasks: Vec<Task>) -> Vec<(Task, Refused)> {
        let shared = &self.0.shared;
        let now = Instant::now();
        let (mut refused, mut soonest) = (Vec::new(), None);
        let mut core = shared.core.lock();
        for (at, task) in tasks.into_iter().enumerate() {
            if at % BUMP_EVERY == BUMP_EVERY - 1 {
                // A worker that waits for the lock would park before long, which costs more than a turn.
                MutexGuard::bump(&mut core);
            }
            let deadline = task.deadline;
            match core.take_in(Queued { task, since: now }) {
                Ok(()) => soonest = Some(soonest.map_or(deadline, |soonest: Instant| soonest.min(deadline))),
                Err((Queued { task, .. }, why)) => refused.push((task, why)),
            }
        }
        let wake = core.queue.len().min(core.parked);
        core.parked -= wake;
        shared.count_parked(&core);
        shared.count_waiting(&core);
        let sooner = soonest.filter(|soonest| core.sweep_at.is_none_or(|at| *soonest < at));
        core.sweep_at = sooner.or(core.sweep_at);
        drop(core);
        for _ in 0..wake {
            shared.work.notify_one();
        }
        if let Some(sooner) = sooner {
            shared.watch.arm(sooner);
        }
        refused
    }

    /// Cancels the task of that id: one that waits ends at once, one that runs is told to stop, and ends within the
    /// grace even where its unit does not listen. False where there is none (any more).
    pub fn cancel(&self, id: JobId) -> bool {
        let shared = &self.0.shared;
        let now = Instant::now();
        let mut core = shared.core.lock();
        if let Some(queued) = core.queue.remove(id) {
            queued.task.control.cancel();
            shared.end_apart(core, vec![queued], &End::Cancelled, now);
            return true;
        }
        // The core stays locked, so that the task cannot move on to a desk that was looked at before.
        let found = shared.desks.read().iter().find_map(|desk| desk.lock().cancel(id, now + shared.options.stop_grace));
        match found {
            Some(Told::Running(quit)) => {
                drop(core);
                shared.watch.arm(quit);
            }
            Some(Told::Claimed(queued)) => {
                queued.task.control.cancel();
                shared.end_apart(core, vec![*queued], &End::Cancelled, now);
            }
            None => return false,
        }
        true
    }

    /// Takes no more work and waits until everything that was taken has ended; true if that was within the time.
    ///
    /// Otherwise what still waits ends as [`End::Cancelled`] without its control being cancelled, what runs is told
    /// to stop, and after the grace nothing is left but units that do not listen.
    pub fn drain(&self, within: Duration) -> bool {
        let shared = &self.0.shared;
        let until = Instant::now() + within;
        let mut core = shared.core.lock();
        core.draining = true;
        shared.draining.store(true, Relaxed);
        while !core.is_idle() {
            if shared.idle.wait_until(&mut core, until).timed_out() && !core.is_idle() {
                drop(core);
                shared.halt();
                return false;
            }
        }
        true
    }

    /// How many tasks of that account wait.
    pub fn queued_of(&self, account: u64) -> usize {
        self.0.shared.core.lock().queue.len_of(account)
    }

    /// How the engine stands.
    pub fn status(&self) -> Status {
        let shared = &self.0.shared;
        let now = Instant::now();
        let core = shared.core.lock();
        let desks = shared.desks.read();
        let workers: Vec<_> = desks.iter().map(|desk| desk.status(now)).collect();
        let claimed: usize = desks.iter().map(|desk| desk.lock().batch.len()).sum();
        let by_workers: u64 = desks.iter().map(|desk| desk.completed.load(Relaxed)).sum();
        let here = shared.completed_here.load(Relaxed);
        Status {
            queued: core.queue.len() + claimed,
            running: workers.iter().filter(|worker| worker.state == WorkerState::Running).count(),
            completed: by_workers + here + shared.completed_otherwise.load(Relaxed),
            completed_here: here,
            overruns: shared.overruns.load(Relaxed),
            quarantined: core.quarantined,
            quarantined_total: core.quarantined_total,
            degraded: core.quarantined > 0,
            draining: core.draining,
            workers,
        }
    }
}

impl Shared {
    fn new(arena: Arena, options: Options) -> Self {
        let core = Core {
            queue: Queue::new(options.queue_len_max, options.account_queue_len_max),
            parked: 0,
            workers: 0,
            quarantined: 0,
            quarantined_total: 0,
            ending: 0,
            draining: false,
            stopped: false,
            sweep_at: None,
        };
        Self {
            options,
            arena,
            core: Mutex::new(core),
            work: Condvar::new(),
            idle: Condvar::new(),
            desks: RwLock::new(Vec::new()),
            watch: Watch::new(),
            parked: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            draining: false.into(),
            workers_started: AtomicUsize::new(0),
            completed_here: AtomicU64::new(0),
            completed_otherwise: AtomicU64::new(0),
            overruns: AtomicU64::new(0),
            threads: Mutex::new(Vec::new()),
        }
    }

    pub(crate) fn spawn(&self, name: String, stack: usize, body: impl FnOnce() + Send + 'static) -> Result<(), Error> {
        let builder = thread::Builder::new().name(name.clone()).stack_size(stack);
        let thread = builder.spawn(body).map_err(|source| Error::Thread { name, source })?;
        let mut threads = self.threads.lock();
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread);
        Ok(())
    }

    /// The number of a worker that starts now.
    pub(crate) fn next_worker(&self) -> usize {
        self.workers_started.fetch_add(1, Relaxed)
    }

    pub(crate) fn count_parked(&self, core: &Core) {
        self.parked.store(core.parked, Relaxed);
    }

    pub(crate) fn count_waiting(&self, core: &Core) {
        self.waiting.store(core.queue.len(), Relaxed);
    }

    /// Takes a worker's desk away and keeps what it counted.
    pub(crate) fn forget(&self, desk: &Desk) {
        let mut desks = self.desks.write();
        desks.retain(|other| other.id != desk.id);
        self.completed_otherwise.fetch_add(desk.completed.load(Relaxed), Relaxed);
    }

    /// Ends tasks that never ran.
    pub(crate) fn end_all(&self, tasks: Vec<Queued>, end: &End, now: Instant) {
        self.completed_otherwise.fetch_add(tasks.len() as u64, Relaxed);
        tasks.into_iter().for_each(|queued| queued.end(end.clone(), now));
    }

    /// The same from beside the workers: the engine is not idle before each was told.
    pub(crate) fn end_apart(&self, mut core: MutexGuard<'_, Core>, tasks: Vec<Queued>, end: &End, now: Instant) {
        core.ending += 1;
        self.count_waiting(&core);
        drop(core);
        self.end_all(tasks, end, now);
        self.end_ended();
    }

    /// Notes that an end from beside the workers was told.
    pub(crate) fn end_ended(&self) {
        self.core.lock().ending -= 1;
        self.idle.notify_all();
    }

    fn learn(&self, entry: &Entry, size: u64, took: Duration, overrun: bool) {
        entry.timing.note(size, took);
        if overrun {
            self.overruns.fetch_add(1, Relaxed);
            entry.timing.demote(size, self.watch.ns(Instant::now()));
            tracing::warn!(unit = entry.unit, method = entry.method.name, size, "a quick method took over 1 ms");
        }
    }

    /// Ends what waits, tells what runs to stop, and waits for it until the grace is over.
    fn halt(&self) {
        let quit = Instant::now() + self.options.stop_grace;
        let mut core = self.core.lock();
        core.draining = true;
        self.draining.store(true, Relaxed);
        let mut waiting = core.queue.clear();
        for desk in self.desks.read().iter() {
            let mut state = desk.lock();
            waiting.extend(state.batch.drain(..));
            state.stop(STOPPING, quit);
        }
        self.end_apart(core, waiting, &End::Cancelled, Instant::now());
        self.watch.arm(quit);
        let mut core = self.core.lock();
        while !core.is_idle() {
            if self.idle.wait_until(&mut core, quit + self.options.stop_grace).timed_out() {
                return;
            }
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let shared = &self.shared;
        if workers::is_worker() {
            // The last handle went with a job on a worker, which cannot wait for itself.
            let shared = Arc::clone(shared);
            shared.core.lock().draining = true;
            let name = "inos-engine-stop".to_owned();
            drop(thread::Builder::new().name(name).spawn(move || stop(&shared)));
            return;
        }
        stop(shared);
    }
}

/// Stops every thread, those aside whose unit does not stop.
fn stop(shared: &Shared) {
    shared.halt();
    let mut core = shared.core.lock();
    core.stopped = true;
    core.parked = 0;
    drop(core);
    shared.work.notify_all();
    let mut core = shared.core.lock();
    while core.workers > 0 {
        shared.idle.wait(&mut core);
    }
    let stuck = core.quarantined > 0;
    drop(core);
    shared.watch.stop();
    for thread in shared.threads.lock().drain(..) {
        // A thread in quarantine may never end; it is left to the end of the process.
        if !stuck || thread.is_finished() {
            drop(thread.join());
        }
    }
}
