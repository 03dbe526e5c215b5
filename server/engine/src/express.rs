//! Express threads: each takes one short task at a time that comes alone from who has nothing waiting, so that nobody's small
//! job waits for another's large ones, nor for a flood's next turn. They never take what may run long, and keep nothing for
//! later.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::{self, Thread},
    time::Instant,
};

use inos_unit::Lane;
use parking_lot::{Mutex, RwLock};

use crate::{
    Task,
    desk::Desk,
    queue::{Ticket, Waiting},
    shared::Shared,
    task::Queued,
    turns::Place,
    workers::{CLAIM_TIME_MAX, usual},
};

/// How often a locked queue is looked at again: some microseconds, as long as somebody has it at work.
const GLANCES: usize = 32;

/// Where the threads are found, and what their tasks cost.
#[derive(Default)]
pub(crate) struct Express {
    /// Those that take tasks. Locked after the core and before any desk.
    seats: RwLock<Vec<Seat>>,
    /// What was handed over while the queue was locked, to be charged when it is next found free.
    owed: Mutex<Vec<Ticket>>,
    /// Whether something went to the queue since none of them was at rest.
    is_missed: AtomicBool,
    is_stopped: AtomicBool,
}

/// One thread that takes tasks.
struct Seat {
    desk: Arc<Desk>,
    thread: Thread,
    place: Option<Place>,
}

impl Express {
    /// Lets the calling thread, whose desk that is, take tasks.
    pub(crate) fn open(&self, desk: &Arc<Desk>) {
        self.seats.write().push(Seat { desk: desk.clone(), thread: thread::current(), place: Place::own() });
    }

    /// Hands that desk no more tasks.
    pub(crate) fn close(&self, desk: &Desk) {
        self.seats.write().retain(|seat| seat.desk.id != desk.id);
    }

    /// Ends the threads once nothing lies on their desks.
    pub(crate) fn stop(&self) {
        self.is_stopped.store(true, Relaxed);
        self.seats.read().iter().for_each(|seat| seat.thread.unpark());
    }

    /// Whether none of them has anything to do.
    pub(crate) fn is_idle(&self) -> bool {
        self.seats.read().iter().all(|seat| seat.desk.is_at_rest())
    }

    #[cfg(test)]
    pub(crate) fn at_rest(&self) -> usize {
        self.seats.read().iter().filter(|seat| seat.desk.is_at_rest()).count()
    }
}

/// How many threads for short tasks an engine with so many workers has, beside these: no more than there are processors.
pub fn express_threads(workers: usize) -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(workers)
}

/// Hands a task to an express thread; gives back one that is to wait in the queue, and whether that is for want of a thread at
/// rest: then whoever queues it must [`call`].
///
/// Waits no longer for the queue than somebody who works on it: whoever has it locked may have lost its processor. What the
/// account has waiting is not looked at then, and what the task costs is charged later.
pub(crate) fn take(shared: &Shared, queued: Queued) -> Option<(Queued, bool)> {
    if !is_short(&queued.task) {
        return Some((queued, false));
    }
    let (express, ticket) = (&shared.express, queued.ticket());
    let mut core = (0..GLANCES).find_map(|_| shared.core.try_lock().or_else(glance));
    let is_second =
        core.as_ref().is_some_and(|core| core.queue.len_of(ticket.account) > 0 || core.queue.is_ahead(ticket.account));
    if is_second {
        return Some((queued, false));
    }
    let seats = express.seats.read();
    let is_here = |seat: &&Seat| seat.place.as_ref().is_some_and(Place::is_here);
    let mut free = seats.iter().filter(|seat| seat.desk.is_at_rest());
    let seat = free.clone().find(is_here).or_else(|| free.next());
    let Some(seat) = seat else { return Some((queued, true)) };
    if let Some(back) = seat.desk.put(queued, &shared.draining) {
        return Some((back, true));
    }
    let mut owed = express.owed.lock();
    match &mut core {
        Some(core) => owed.drain(..).chain([ticket]).for_each(|ticket| core.queue.charge(&ticket)),
        None => owed.push(ticket),
    }
    drop((owed, core));
    // Another processor may be in the kernel for long, or asleep; this one is neither.
    seat.place.iter().for_each(Place::call_here);
    seat.thread.unpark();
    // It goes before the calling thread at once, but for where that one's own turn is all but over: then it is given up.
    if seat.desk.is_laden() {
        thread::yield_now();
    }
    None
}

/// Lets the first of the threads that is at rest look at the queue, where somebody had to go that was to have one.
pub(crate) fn call(shared: &Shared) {
    // Whoever rests later sees this, and who rests already is woken.
    shared.express.is_missed.store(true, Relaxed);
    let seats = shared.express.seats.read();
    seats.iter().find(|seat| seat.desk.is_at_rest()).iter().for_each(|seat| seat.thread.unpark());
}

/// Puts the next task of the queue on the desk, if it is a short one.
fn claim(shared: &Shared, desk: &Desk) -> bool {
    let mut core = shared.core.lock();
    let Some(queued) = core.queue.pop_if(Instant::now(), |queued| is_short(&queued.task)) else { return false };
    desk.lay(queued);
    shared.count_waiting(&core);
    true
}

fn glance<T>() -> Option<T> {
    std::hint::spin_loop();
    None
}

/// Whether a task is known to be over soon. One for a cell is not: there are as many cells as workers.
fn is_short(task: &Task) -> bool {
    usual(task) < CLAIM_TIME_MAX && task.entry.runner.spec().lane == Lane::Threads
}

/// Sleeps until something lies on the desk; false once the engine stops.
pub(crate) fn sleep(shared: &Shared, desk: &Desk) -> bool {
    while desk.rest() {
        if shared.express.is_stopped.load(Relaxed) {
            return false;
        }
        if shared.express.is_missed.swap(false, Relaxed) && claim(shared, desk) {
            return true;
        }
        if shared.draining.load(Relaxed) {
            // Whoever waits for the last task either has not looked yet, or waits by now.
            drop(shared.core.lock());
            shared.idle.notify_all();
        }
        // A thread may also wake for nothing.
        thread::park();
    }
    true
}
