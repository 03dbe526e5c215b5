//! The engine's handle: starts the threads, takes tasks, says how it stands, and stops what it started.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use inos_arena::Arena;
use inos_protocols::{JobId, catalogue::PriceList, time::Time};
use inos_unit::Unit;
use parking_lot::MutexGuard;

use crate::{
    Catalogue, Done, End, Entry, Error, Outcome, Refused, Standing, Status, Task,
    desk::{Desk, Kind, Told},
    express,
    inline::Meter,
    queue::Waiting,
    run::{Ground, Ran, Work, run},
    sessions::{self, Seat},
    shared::{Shared, is_own_thread, stop, wake},
    status::WorkerState,
    task::{Queued, after, micros},
    watch, workers,
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
    /// The most sessions that run at once.
    pub sessions_max: usize,
    /// The most of one account.
    pub account_sessions_max: usize,
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

impl Engine {
    /// Starts an engine with these units, at their own prices but for those that are amended.
    pub fn start(
        units: Vec<Arc<dyn Unit>>,
        amended: Option<&PriceList>,
        arena: Arena,
        options: Options,
    ) -> Result<Self, Error> {
        if options.workers == 0 {
            return Err(Error::Option { name: "workers", reason: "at least 1" });
        }
        let catalogue = Catalogue::new(units, amended)?;
        let workers = options.workers;
        let engine = Self(Arc::new(Handle { shared: Arc::new(Shared::new(arena, options)), catalogue }));
        let shared = &engine.0.shared;
        for _ in 0..workers {
            workers::start(shared, Kind::Worker)?;
        }
        for _ in 0..express::express_threads(workers) {
            workers::start(shared, Kind::Express)?;
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
            && entry.method.heartbeat_ms.is_none()
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
        if let Some(end) = task.unfit(now) {
            return (task.done, Outcome::unrun(end, now, now));
        }
        let (until, clock) = task.stops_at(now);
        let Task { id, account, entry, params, key, inputs, control, done, .. } = task;
        let size = workers::size_of(&inputs);
        let meter = Meter::begin(now);
        control.begin();
        let ground = Ground { arena: &shared.arena, parked: &shared.parked, watched: false };
        let started = Some(Time::now());
        let work = Work { id, account, params, key, inputs, until, clock, session: None };
        let ran = run(&entry, &control, work, &ground);
        let (took, overrun) = meter.end(Instant::now());
        if let Some(size) = size {
            shared.learn(&entry, size, took, overrun);
        }
        let Ran { end, outputs, inputs, bytes_in } = ran;
        (done, Outcome { end, outputs, inputs, bytes_in, queued_us: 0, run_us: micros(took), started })
    }

    /// Puts tasks in the queue; those that find no room come back with the reason, their `done` not called.
    ///
    /// Never blocks but for the queue's lock. A session does not wait there: it begins at once on a thread of its own.
    pub fn offer(&self, tasks: Vec<Task>) -> Vec<(Task, Refused)> {
        let shared = &self.0.shared;
        let now = Instant::now();
        let (sessions, tasks) = match tasks.iter().any(|task| task.session.is_some()) {
            true => tasks.into_iter().partition(|task| task.session.is_some()),
            false => (Vec::new(), tasks),
        };
        let mut refused: Vec<_> = sessions.into_iter().filter_map(|task| sessions::start(shared, task)).collect();
        let is_one = tasks.len() == 1;
        let mut tasks = tasks.into_iter().map(|task| Queued { task, since: now });
        // Many at once are the workers': whoever hands in one must not wait for them.
        let alone = match tasks.next() {
            Some(queued) if is_one => express::take(shared, queued),
            first => first.map(|queued| (queued, false)),
        };
        let Some((first, is_missed)) = alone else { return refused };
        let mut soonest = None;
        let mut core = shared.core.lock();
        for (at, queued) in [first].into_iter().chain(tasks).enumerate() {
            if at % BUMP_EVERY == BUMP_EVERY - 1 {
                // A worker that waits for the lock would park before long, which costs more than a turn.
                MutexGuard::bump(&mut core);
            }
            let deadline = queued.task.waits_until();
            match core.take_in(queued) {
                None => soonest = Some(soonest.map_or(deadline, |soonest: Instant| soonest.min(deadline))),
                Some((Queued { task, .. }, why)) => refused.push((task, why)),
            }
        }
        let parked = shared.take_parked(&mut core);
        shared.count_waiting(&core);
        let sooner = soonest.filter(|soonest| core.sweep_at.is_none_or(|at| *soonest < at));
        core.sweep_at = sooner.or(core.sweep_at);
        drop(core);
        wake(parked);
        if is_missed {
            express::call(shared);
        }
        if let Some(sooner) = sooner {
            shared.watch.arm(sooner);
        }
        refused
    }

    /// A seat for a session of this account, to be offered with it; over the caps only where it `must` be, since it was
    /// accepted before.
    pub fn seat(&self, account: u64, must: bool) -> Result<Seat, Refused> {
        self.0.shared.seats.take(account, must)
    }

    /// Cancels the task of that id: one that waits ends at once, one that runs is told to stop, and ends within the
    /// grace even where its unit does not listen. False where there is none (any more).
    pub fn cancel(&self, id: JobId) -> bool {
        let shared = &self.0.shared;
        let now = Instant::now();
        let mut core = shared.core.lock();
        if let Some(queued) = core.queue.remove(id) {
            queued.task.control.cancel();
            shared.end_apart(core, vec![queued], |_| End::Cancelled, now);
            return true;
        }
        // The core stays locked, so that the task cannot move on to a desk that was looked at before.
        let quit = after(now, shared.options.stop_grace);
        let found = shared.desks.read().iter().find_map(|desk| desk.lock().cancel(id, quit));
        match found {
            Some(Told::Running(quit)) => {
                drop(core);
                shared.watch.arm(quit);
            }
            Some(Told::Claimed(queued)) => {
                queued.task.control.cancel();
                shared.end_apart(core, vec![*queued], |_| End::Cancelled, now);
            }
            None => return false,
        }
        true
    }

    /// Takes no more work and waits until everything that was taken has ended; true if that was within the time.
    ///
    /// Sessions do not end by themselves: they are told to stop at once, and end as [`End::Cancelled`] as well.
    /// Otherwise what still waits ends as [`End::Cancelled`] without its control being cancelled, what runs is told
    /// to stop, and after the grace nothing is left but units that do not listen.
    pub fn drain(&self, within: Duration) -> bool {
        let shared = &self.0.shared;
        let until = after(Instant::now(), within);
        let mut core = shared.core.lock();
        core.draining = true;
        shared.draining.store(true, Relaxed);
        drop(core);
        shared.put_off_sessions();
        let mut core = shared.core.lock();
        while !shared.is_idle(&core) {
            if shared.idle.wait_until(&mut core, until).timed_out() && !shared.is_idle(&core) {
                drop(core);
                shared.halt();
                return false;
            }
        }
        true
    }

    #[cfg(test)]
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0.shared
    }

    /// Where a task of this account and priority stands in the queue; none where it does not wait there.
    pub fn standing(&self, id: JobId, account: u64, priority: u8) -> Option<Standing> {
        self.0.shared.core.lock().queue.standing(id, account, priority)
    }

    /// How many tasks wait, of all accounts.
    pub fn queued(&self) -> usize {
        self.0.shared.waiting.load(Relaxed)
    }

    /// How many tasks of that account wait.
    pub fn queued_of(&self, account: u64) -> usize {
        self.0.shared.core.lock().queue.len_of(account)
    }

    /// How long the task that was begun last had waited; zero while nobody waits.
    ///
    /// What a door needs to turn work away before everybody waits too long.
    pub fn queue_wait(&self) -> Duration {
        Duration::from_micros(self.0.shared.waited_us.load(Relaxed))
    }

    /// How the engine stands.
    pub fn status(&self) -> Status {
        let shared = &self.0.shared;
        let now = Instant::now();
        let core = shared.core.lock();
        let desks = shared.desks.read();
        let (workers, others): (Vec<_>, Vec<_>) = desks.iter().partition(|desk| desk.kind == Kind::Worker);
        let of = |desks: Vec<&Arc<Desk>>| desks.into_iter().map(|desk| desk.status(now)).collect::<Vec<_>>();
        let (workers, others) = (of(workers), of(others));
        let claimed: usize = desks.iter().map(|desk| desk.lock().batch.len()).sum();
        let by_workers: u64 = desks.iter().map(|desk| desk.completed.load(Relaxed)).sum();
        let here = shared.completed_here.load(Relaxed);
        Status {
            queued: core.queue.len() + claimed,
            running: workers.iter().chain(&others).filter(|worker| worker.state == WorkerState::Running).count(),
            completed: by_workers + here + shared.completed_otherwise.load(Relaxed),
            completed_here: here,
            overruns: shared.overruns.load(Relaxed),
            sessions: shared.seats.taken(),
            quarantined: core.quarantined,
            quarantined_total: core.quarantined_total,
            degraded: core.quarantined + core.stuck_sessions > 0,
            draining: core.draining,
            workers,
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let shared = &self.shared;
        if is_own_thread() {
            // The last handle went with a job on a thread of the engine, which cannot wait for itself.
            let shared = Arc::clone(shared);
            shared.core.lock().draining = true;
            let name = "inos-engine-stop".to_owned();
            drop(thread::Builder::new().name(name).spawn(move || stop(&shared)));
            return;
        }
        stop(shared);
    }
}
