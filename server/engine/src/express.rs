//! The express thread: it takes short tasks of who had nothing waiting, so that nobody's small job waits for another's large
//! ones, nor for the workers' next turn on a processor. Never takes what may run long.

use std::{
    thread::{self, Thread},
    time::Instant,
};

use inos_unit::Lane;
use parking_lot::MutexGuard;

use crate::{
    Task,
    desk::Desk,
    shared::{Shared, wake},
    workers::{CLAIM_TIME_MAX, usual},
};

/// What the core knows of the thread.
#[derive(Default)]
pub(crate) struct Express {
    /// The thread while it sleeps and nobody has woken it.
    parked: Option<Thread>,
    /// Whether somebody has come for it since it looked.
    is_called: bool,
    /// Whether it has a task.
    pub(crate) is_busy: bool,
}

impl Express {
    /// Tells it to look at the queue; whoever is given the thread must wake it.
    #[must_use]
    pub(crate) fn call(&mut self) -> Option<Thread> {
        self.is_called = true;
        self.parked.take()
    }
}

/// Whether a task is known to be over soon. One for a cell is not: there are as many cells as workers.
pub(crate) fn is_short(task: &Task) -> bool {
    usual(task) < CLAIM_TIME_MAX && task.entry.runner.spec().lane == Lane::Threads
}

/// Puts the next task on the desk, waiting for a call, and tells what the queue then says of arrivals; `None` once the engine
/// stops.
pub(crate) fn claim(shared: &Shared, desk: &Desk) -> Option<usize> {
    let mut core = shared.core.lock();
    core.express.is_busy = false;
    loop {
        if core.stopped {
            return None;
        }
        if std::mem::take(&mut core.express.is_called) {
            if let Some(queued) = core.queue.pop_if(Instant::now(), |queued| is_short(&queued.task)) {
                core.express.is_busy = true;
                desk.lock().batch.push_back(queued);
                shared.count_waiting(&core);
                return Some(core.queue.arrivals());
            }
            // What it was called for has turned out to be longer: that is a worker's.
            let parked = shared.take_parked(&mut core, 0);
            MutexGuard::unlocked(&mut core, || wake(parked));
            continue;
        }
        desk.rest();
        core.express.parked = Some(thread::current());
        if core.is_idle() {
            shared.idle.notify_all();
        }
        // Whoever wakes it takes it from there; a thread may also wake for nothing.
        while core.express.parked.is_some() {
            MutexGuard::unlocked(&mut core, thread::park);
        }
    }
}
