//! Sessions: jobs that live on and step shared state on a pulse. Each has a thread of its own, so that none is a worker
//! that short jobs need; how many there are is bounded by seats. A session is never queued and never runs where its bytes
//! arrived.

use std::{
    cell::Cell,
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use inos_protocols::time::Time;
use inos_unit::{Fault, RegionForm, State};
use parking_lot::Mutex;

use crate::{
    Control, End, Entry, Refused, Task,
    control::SPENT,
    desk::{Desk, Kind, Next},
    run::{Ground, Stepping, Work, run},
    shared::Shared,
    task::{Queued, after},
    workers::{STACK_BYTES, finish},
};

/// How much lower than others' a session's thread is ranked by the system: where cores are short, short jobs go first.
const NICE: i32 = 5;

/// The progress of a session is told at most so often.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// How many sessions there may be.
#[derive(Debug)]
pub(crate) struct Seats {
    max: usize,
    account_max: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_account: HashMap<u64, usize>,
}

/// The right to one session; free again when dropped.
#[derive(Debug)]
pub struct Seat {
    seats: Arc<Seats>,
    account: u64,
}

/// What a session has beside what every task has.
pub struct Session {
    /// Its seat; it is free once the thread has ended, and before anybody is told.
    pub seat: Seat,
    /// Regions that it may open.
    pub regions: Arc<dyn SessionRegions>,
    /// How long its steps may take together; whatever goes beyond ends it.
    pub allowance: Duration,
    /// How many it had made before the server was started last.
    pub steps_before: u64,
}

/// The regions that a session may open, and whether anybody needs it.
pub trait SessionRegions: Send + Sync {
    /// Opens a region, or makes it with the bytes `first`.
    fn open(&self, name: &str, form: &RegionForm<'_>, first: &[u8]) -> Result<Box<dyn State>, Fault>;

    /// Whether anybody follows one of those that were opened.
    fn are_followed(&self) -> bool;
}

/// A session while it runs.
pub(crate) struct Playing {
    regions: Arc<dyn SessionRegions>,
    allowance: Duration,
    pub(crate) steps_before: u64,
    /// Since when it does not wait.
    awake: Cell<Instant>,
    busy: Cell<Duration>,
    due: Cell<Option<Instant>>,
    /// When its progress was told last.
    told: Cell<Option<Instant>>,
}

impl Seats {
    pub(crate) fn new(max: usize, account_max: usize) -> Arc<Self> {
        Arc::new(Self { max, account_max, taken: Mutex::default() })
    }

    /// A seat for a session of this account; over the caps only where it `must` be, since it was accepted before.
    pub(crate) fn take(self: &Arc<Self>, account: u64, must: bool) -> Result<Seat, Refused> {
        let mut taken = self.taken.lock();
        let (all, own) = (taken.all, taken.by_account.get(&account).copied().unwrap_or_default());
        if !must && own >= self.account_max {
            return Err(Refused::AccountSessions { depth: own, cap: self.account_max });
        }
        if !must && all >= self.max {
            return Err(Refused::Sessions { depth: all, cap: self.max });
        }
        taken.all += 1;
        *taken.by_account.entry(account).or_default() += 1;
        Ok(Seat { seats: self.clone(), account })
    }

    pub(crate) fn taken(&self) -> usize {
        self.taken.lock().all
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock();
        taken.all -= 1;
        if let Some(own) = taken.by_account.get_mut(&self.account) {
            *own -= 1;
            if *own == 0 {
                taken.by_account.remove(&self.account);
            }
        }
    }
}

impl Playing {
    pub(crate) fn begin(session: Stepping) -> Self {
        let Stepping { regions, allowance, steps_before, seat: _ } = session;
        let (awake, busy, due, told) = (Cell::new(Instant::now()), Cell::default(), Cell::default(), Cell::default());
        Self { regions, allowance, steps_before, awake, busy, due, told }
    }

    pub(crate) fn open(&self, name: &str, form: &RegionForm<'_>, first: &[u8]) -> Result<Box<dyn State>, Fault> {
        self.regions.open(name, form, first)
    }

    /// Whether its steps took longer than its budget pays for.
    pub(crate) fn is_spent(&self) -> bool {
        self.busy.get() + self.awake.get().elapsed() >= self.allowance
    }

    /// Whether its progress is to be told again: it has epochs for those who want each step, and lives long.
    pub(crate) fn may_tell(&self) -> bool {
        let now = Instant::now();
        let is_due = self.told.get().is_none_or(|told| now.saturating_duration_since(told) >= TELL_EVERY);
        if is_due {
            self.told.set(Some(now));
        }
        is_due
    }

    /// Counts the time since it last waited, and asks it to stop where it has none left.
    pub(crate) fn note(&self, control: &Control) {
        let now = Instant::now();
        self.busy.set(self.busy.get() + now.saturating_duration_since(self.awake.replace(now)));
        control.set_busy(self.busy.get());
        if self.busy.get() >= self.allowance {
            control.stop(SPENT);
        }
    }

    /// Sleeps until the next beat.
    pub(crate) fn pulse(&self, control: &Control, hz: f64) -> Result<(), Fault> {
        if !(hz.is_finite() && hz > 0.0) {
            return Err(Fault::Broken(format!("a pulse of {hz} beats a second was wanted")));
        }
        self.note(control);
        let now = Instant::now();
        let every = Duration::try_from_secs_f64(hz.recip()).unwrap_or(Duration::MAX);
        // What was missed is not made up for.
        let due = self.due.get().map_or(now, |due| after(due, every).max(now));
        self.due.set(Some(due));
        control.sleep(Some(due), || false);
        self.wake(control)
    }

    /// Sleeps until somebody follows.
    pub(crate) fn rest(&self, control: &Control) -> Result<(), Fault> {
        self.note(control);
        control.sleep(None, || self.regions.are_followed());
        self.due.set(None);
        self.wake(control)
    }

    fn wake(&self, control: &Control) -> Result<(), Fault> {
        self.awake.set(Instant::now());
        if control.stopped() == 0 { Ok(()) } else { Err(Fault::Cancelled) }
    }
}

/// Begins a session on a thread of its own, or gives it back where the engine takes no more.
pub(crate) fn start(shared: &Arc<Shared>, task: Task) -> Option<(Task, Refused)> {
    let (now, id) = (Instant::now(), shared.next_worker());
    let desk = Arc::new(Desk::new(id, Kind::Session));
    let next = {
        // Whoever stops the engine finds it draining here, or the desk among the others.
        let mut core = shared.core.lock();
        if core.draining {
            return Some((task, Refused::Draining));
        }
        core.sessions += 1;
        desk.lock().batch.push_back(Queued { task, since: now });
        // Taken up before anybody can see the desk: workers take over what waits on one.
        let next = desk.take_up(now, Time::now(), shared.options.stop_grace);
        shared.desks.write().push(desk.clone());
        next
    };
    match next {
        Next::Run(entry, control, work) => {
            shared.watch.arm(work.first_look(&entry, now));
            let (kept, own) = (shared.clone(), desk.clone());
            let play = move || play(&kept, &own, &entry, &control, work);
            if let Err(error) = shared.spawn(format!("inos-session-{id}"), STACK_BYTES, play) {
                tracing::error!(error = &error as &dyn std::error::Error, "a session got no thread");
                if let Some(running) = desk.put_down() {
                    running.refuse(End::Fault(Fault::NoRoom(error.to_string())), now);
                }
                leave(shared, &desk);
            }
        }
        Next::End(queued, end) => {
            shared.end_all(vec![queued], |_| end.clone(), now);
            leave(shared, &desk);
        }
        Next::Nothing => leave(shared, &desk),
    }
    None
}

/// Runs a session to its end on the calling thread.
fn play(shared: &Shared, desk: &Desk, entry: &Entry, control: &Control, mut work: Work) {
    lower();
    control.begin();
    let seat = work.session.as_mut().and_then(|session| session.seat.take());
    let ground = Ground { arena: &shared.arena, parked: &shared.parked, watched: true };
    let ran = run(entry, control, work, &ground);
    // Free before anybody is told, so that whoever waited for the end may begin another.
    drop(seat);
    match desk.put_down() {
        Some(running) => {
            finish(running, ran, Instant::now());
            leave(shared, desk);
        }
        None => come_back(shared, desk),
    }
}

/// Ranks the calling thread behind those of short jobs.
fn lower() {
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!(error = &error as &dyn std::error::Error, "a session is ranked as any other thread");
    }
}

fn leave(shared: &Shared, desk: &Desk) {
    shared.forget(desk);
    shared.core.lock().sessions -= 1;
    shared.idle.notify_all();
}

/// A session that did not stop came back; its job was ended without it.
fn come_back(shared: &Shared, desk: &Desk) {
    desk.come_back();
    tracing::warn!(session = desk.id, "a session that did not stop came back");
    shared.core.lock().stuck_sessions -= 1;
    shared.forget(desk);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_bounded_by_account_and_in_all_and_come_back() {
        let seats = Seats::new(3, 2);
        let own = [seats.take(1, false).unwrap(), seats.take(1, false).unwrap()];
        assert_eq!(seats.take(1, false).unwrap_err(), Refused::AccountSessions { depth: 2, cap: 2 });
        let other = seats.take(2, false).unwrap();
        assert_eq!(seats.take(3, false).unwrap_err(), Refused::Sessions { depth: 3, cap: 3 });
        let resumed = seats.take(1, true).unwrap();
        assert_eq!(seats.taken(), 4);
        drop((own, resumed));
        assert!(seats.take(1, false).is_ok());
        drop(other);
        assert_eq!((seats.taken(), seats.taken.lock().by_account.len()), (0, 0));
    }
}
