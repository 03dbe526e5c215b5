//! The watch: one thread that sleeps until the next moment at which a job must have ended, tells it, and takes it
//! from a unit that does not listen. Without jobs it sleeps for good: an idle engine makes no wake-ups.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::{
    Clock, End,
    desk::{Desk, Found, Kind, Running},
    shared::{Core, Shared, wake},
    task::{Queued, tell},
    workers,
};

/// Tasks that expire while they wait are looked for at most this often, since it means walking the queue.
const SWEEP_EVERY: Duration = Duration::from_millis(100);
/// No moment at all.
const NEVER: u64 = u64::MAX;

/// When the watch wakes next.
pub(crate) struct Watch {
    epoch: Instant,
    /// Nanoseconds after the epoch; written under the lock, except to [`NEVER`] before a patrol.
    next: AtomicU64,
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Watch {
    pub(crate) fn new() -> Self {
        let next = AtomicU64::new(NEVER);
        Self { epoch: Instant::now(), next, stopped: Mutex::new(false), changed: Condvar::new() }
    }

    /// Nanoseconds from the engine's start to that moment.
    pub(crate) fn ns(&self, moment: Instant) -> u64 {
        u64::try_from(moment.saturating_duration_since(self.epoch).as_nanos()).unwrap_or(NEVER - 1)
    }

    /// Lets the watch wake at `moment` at the latest. Costs one load where it will anyway.
    pub(crate) fn arm(&self, moment: Instant) {
        let ns = self.ns(moment);
        if ns < self.next.load(SeqCst) {
            let stopped = self.stopped.lock();
            self.next.fetch_min(ns, SeqCst);
            drop(stopped);
            self.changed.notify_one();
        }
    }

    pub(crate) fn stop(&self) {
        *self.stopped.lock() = true;
        self.changed.notify_one();
    }

    /// Sleeps until the next moment; false once there is nothing more to watch.
    fn sleep(&self, next: Option<Instant>) -> bool {
        let mut stopped = self.stopped.lock();
        if let Some(next) = next {
            self.next.fetch_min(self.ns(next), SeqCst);
        }
        while !*stopped {
            match self.next.load(SeqCst) {
                NEVER => self.changed.wait(&mut stopped),
                ns => {
                    let moment = self.epoch + Duration::from_nanos(ns);
                    if Instant::now() >= moment {
                        return true;
                    }
                    self.changed.wait_until(&mut stopped, moment);
                }
            }
        }
        false
    }
}

/// Watches until the engine stops.
pub(crate) fn watch(shared: &Arc<Shared>) {
    loop {
        // From here on a job that begins rings, so that it is either rung for or seen by this patrol.
        shared.watch.next.store(NEVER, SeqCst);
        let next = patrol(shared, Instant::now());
        if !shared.watch.sleep(next) {
            return;
        }
    }
}

/// Looks at every desk and at the queue; gives the moment of the next patrol.
pub(crate) fn patrol(shared: &Arc<Shared>, now: Instant) -> Option<Instant> {
    let desks: Vec<Arc<Desk>> = shared.desks.read().clone();
    let mut next = sweep(shared, now);
    for desk in desks {
        // With the core locked a unit that comes back at this moment finds its thread either free or set aside.
        let core = shared.core.lock();
        match desk.inspect(now) {
            Found::Later(moment) => next = [next, moment].into_iter().flatten().min(),
            Found::Stuck(running, batch) => quarantine(shared, core, &desk, *running, batch.into()),
        }
    }
    next
}

/// Ends what expired while it waited.
fn sweep(shared: &Shared, now: Instant) -> Option<Instant> {
    let mut core = shared.core.lock();
    let due = core.sweep_at?;
    if due > now {
        return Some(due);
    }
    let (overdue, earliest) = core.queue.sweep(now);
    core.sweep_at = earliest.map(|earliest| earliest.max(now + SWEEP_EVERY));
    let next = core.sweep_at;
    let end = |queued: &Queued| End::Expired(queued.task.overdue(now).unwrap_or(Clock::Deadline));
    shared.end_apart(core, overdue, end, now);
    next
}

/// Ends a job without its unit, sets the thread aside and puts another in its place.
fn quarantine(shared: &Arc<Shared>, mut core: MutexGuard<'_, Core>, desk: &Desk, running: Running, batch: Vec<Queued>) {
    let label = running.label;
    batch.into_iter().for_each(|queued| core.queue.readmit(queued));
    match desk.kind {
        Kind::Worker => core.workers -= 1,
        Kind::Express => shared.express.close(desk),
        Kind::Session => core.sessions -= 1,
    }
    if desk.kind == Kind::Session {
        core.stuck_sessions += 1;
    } else {
        core.quarantined += 1;
        core.quarantined_total += 1;
    }
    core.ending += 1;
    shared.count_waiting(&core);
    let replace = !core.stopped && desk.kind != Kind::Session && core.quarantined <= 2 * shared.options.workers;
    desk.replace(replace);
    let parked = shared.take_parked(&mut core);
    drop(core);
    wake(parked);
    tracing::error!(
        job = %label.id,
        unit = label.unit,
        method = label.method,
        worker = desk.id,
        replace,
        "a unit does not stop: its job is ended and its thread set aside"
    );
    if replace && let Err(error) = workers::start(shared, desk.kind) {
        desk.replace(false);
        tracing::error!(error = &error as &dyn std::error::Error, "could not replace a worker");
    }
    let (id, done, outcome) = running.abandoned(Instant::now());
    shared.completed_otherwise.fetch_add(1, SeqCst);
    tell(id, done, outcome);
    shared.end_ended();
}
