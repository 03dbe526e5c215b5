//! What all threads of an engine share, and how it stops. Takes no tasks and runs none.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    thread::{self, Thread},
    time::{Duration, Instant},
};

use inos_arena::Arena;
use parking_lot::{Condvar, Mutex, MutexGuard, RwLock};

use crate::{
    End, Entry, Error, Options, Refused,
    control::STOPPING,
    desk::{Desk, Kind},
    express::Express,
    queue::Queue,
    sessions::Seats,
    task::{Queued, after},
    watch::Watch,
};

thread_local! {
    static IS_OWN: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Whether the calling thread is an engine's.
pub(crate) fn is_own_thread() -> bool {
    IS_OWN.get()
}

/// What all threads of an engine share.
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) arena: Arena,
    pub(crate) seats: Arc<Seats>,
    /// Locked before `desks` and before any desk.
    pub(crate) core: Mutex<Core>,
    pub(crate) express: Express,
    pub(crate) idle: Condvar,
    pub(crate) desks: RwLock<Vec<Arc<Desk>>>,
    pub(crate) watch: Watch,
    /// What `core` says, for those who need no exact answer.
    pub(crate) parked: AtomicUsize,
    pub(crate) waiting: AtomicUsize,
    /// What the queue says of arrivals, so that a worker sees between two tasks whether somebody may have come first.
    pub(crate) arrivals: AtomicUsize,
    pub(crate) draining: AtomicBool,
    /// How long the task claimed last had waited, in microseconds; 0 while nobody waits.
    pub(crate) waited_us: AtomicU64,
    workers_started: AtomicUsize,
    pub(crate) completed_here: AtomicU64,
    /// Tasks that ended without a worker's doing.
    pub(crate) completed_otherwise: AtomicU64,
    pub(crate) overruns: AtomicU64,
    threads: Mutex<Vec<thread::JoinHandle<()>>>,
}

/// The one thing that submitters and workers contend for.
pub(crate) struct Core {
    pub(crate) queue: Queue<Queued>,
    /// Workers that wait and that nobody has woken yet, by their desks' numbers; the last to come is woken first.
    ///
    /// Each sleeps on a futex of its own: a condition variable's queue costs its waker more than the wake itself.
    pub(crate) parked: Vec<(usize, Thread)>,
    /// Workers that can claim.
    pub(crate) workers: usize,
    /// Sessions that run, each on a thread of its own.
    pub(crate) sessions: usize,
    /// Sessions whose unit does not stop.
    pub(crate) stuck_sessions: usize,
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
    /// Takes a task into the queue, or gives it back with the reason.
    #[inline]
    pub(crate) fn take_in(&mut self, queued: Queued) -> Option<(Queued, Refused)> {
        if self.draining { Some((queued, Refused::Draining)) } else { self.queue.push(queued).err() }
    }
}

impl Shared {
    pub(crate) fn new(arena: Arena, options: Options) -> Self {
        let core = Core {
            queue: Queue::new(options.queue_len_max, options.account_queue_len_max),
            parked: Vec::new(),
            workers: 0,
            sessions: 0,
            stuck_sessions: 0,
            quarantined: 0,
            quarantined_total: 0,
            ending: 0,
            draining: false,
            stopped: false,
            sweep_at: None,
        };
        let seats = Seats::new(options.sessions_max, options.account_sessions_max);
        Self {
            options,
            arena,
            seats,
            core: Mutex::new(core),
            express: Express::default(),
            idle: Condvar::new(),
            desks: RwLock::new(Vec::new()),
            watch: Watch::new(),
            parked: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            arrivals: AtomicUsize::new(0),
            draining: false.into(),
            waited_us: AtomicU64::new(0),
            workers_started: AtomicUsize::new(0),
            completed_here: AtomicU64::new(0),
            completed_otherwise: AtomicU64::new(0),
            overruns: AtomicU64::new(0),
            threads: Mutex::new(Vec::new()),
        }
    }

    /// Whether nothing waits and nothing runs, units that do not stop left aside.
    pub(crate) fn is_idle(&self, core: &Core) -> bool {
        let rest = core.parked.len() >= core.workers && self.express.is_idle();
        core.queue.len() == 0 && rest && core.sessions == 0 && core.ending == 0
    }

    pub(crate) fn spawn(&self, name: String, stack: usize, body: impl FnOnce() + Send + 'static) -> Result<(), Error> {
        let builder = thread::Builder::new().name(name.clone()).stack_size(stack);
        let body = move || {
            IS_OWN.set(true);
            body();
        };
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

    /// Takes as many parked workers as there are tasks off the list; whoever does so must wake them.
    pub(crate) fn take_parked(&self, core: &mut Core) -> Vec<(usize, Thread)> {
        let stay = core.parked.len().saturating_sub(core.queue.len());
        let wake = core.parked.split_off(stay);
        self.count_parked(core);
        wake
    }

    pub(crate) fn count_parked(&self, core: &Core) {
        self.parked.store(core.parked.len(), Relaxed);
    }

    pub(crate) fn count_waiting(&self, core: &Core) {
        self.waiting.store(core.queue.len(), Relaxed);
        self.arrivals.store(core.queue.arrivals(), Relaxed);
    }

    /// Takes a worker's desk away and keeps what it counted.
    pub(crate) fn forget(&self, desk: &Desk) {
        let mut desks = self.desks.write();
        desks.retain(|other| other.id != desk.id);
        self.completed_otherwise.fetch_add(desk.completed.load(Relaxed), Relaxed);
    }

    /// Ends tasks that never ran.
    pub(crate) fn end_all(&self, tasks: Vec<Queued>, end: impl Fn(&Queued) -> End, now: Instant) {
        self.completed_otherwise.fetch_add(tasks.len() as u64, Relaxed);
        for queued in tasks {
            let end = end(&queued);
            queued.end(end, now);
        }
    }

    /// The same from beside the workers: the engine is not idle before each was told.
    pub(crate) fn end_apart(
        &self,
        mut core: MutexGuard<'_, Core>,
        tasks: Vec<Queued>,
        end: impl Fn(&Queued) -> End,
        now: Instant,
    ) {
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

    pub(crate) fn learn(&self, entry: &Entry, size: u64, took: Duration, overrun: bool) {
        entry.timing.note(size, took);
        if overrun {
            self.overruns.fetch_add(1, Relaxed);
            entry.timing.demote(size, self.watch.ns(Instant::now()));
            tracing::warn!(unit = entry.unit, method = entry.method.name, size, "a quick method took over 1 ms");
        }
    }

    /// Tells sessions to stop, since they would not end by themselves.
    pub(crate) fn put_off_sessions(&self) {
        let quit = after(Instant::now(), self.options.stop_grace);
        self.desks
            .read()
            .iter()
            .filter(|desk| desk.kind == Kind::Session)
            .for_each(|desk| desk.lock().stop(STOPPING, quit));
        self.watch.arm(quit);
    }

    /// Ends what waits, tells what runs to stop, and waits for it until the grace is over.
    pub(crate) fn halt(&self) {
        let quit = after(Instant::now(), self.options.stop_grace);
        let mut core = self.core.lock();
        core.draining = true;
        self.draining.store(true, Relaxed);
        let mut waiting = core.queue.clear();
        for desk in self.desks.read().iter() {
            let mut state = desk.lock();
            waiting.extend(state.batch.drain(..));
            state.stop(STOPPING, quit);
        }
        self.end_apart(core, waiting, |_| End::Cancelled, Instant::now());
        self.watch.arm(quit);
        let mut core = self.core.lock();
        while !self.is_idle(&core) {
            if self.idle.wait_until(&mut core, after(quit, self.options.stop_grace)).timed_out() {
                return;
            }
        }
    }
}

/// Wakes workers that were taken off the list of the parked.
pub(crate) fn wake(workers: Vec<(usize, Thread)>) {
    workers.into_iter().for_each(|(_, thread)| thread.unpark());
}

/// Stops every thread, those aside whose unit does not stop.
pub(crate) fn stop(shared: &Shared) {
    shared.halt();
    let mut core = shared.core.lock();
    core.stopped = true;
    let parked = std::mem::take(&mut core.parked);
    drop(core);
    wake(parked);
    shared.express.stop();
    let mut core = shared.core.lock();
    while core.workers > 0 {
        shared.idle.wait(&mut core);
    }
    let stuck = core.quarantined + core.stuck_sessions > 0;
    drop(core);
    shared.watch.stop();
    for thread in shared.threads.lock().drain(..) {
        // A thread in quarantine may never end; it is left to the end of the process.
        if !stuck || thread.is_finished() {
            drop(thread.join());
        }
    }
}
