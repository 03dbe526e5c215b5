//! Worker threads: claim a batch, run it task by task, park when there is nothing. Never decide what is fair.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use inos_protocols::time::Time;
use parking_lot::MutexGuard;

use crate::{
    End, Error, Feed, Outcome, Task,
    desk::{Desk, Kind, Next, Running},
    express,
    run::{Ground, Ran, run},
    shared::{Core, Shared},
    task::{micros, tell},
    turns,
};

/// The most tasks of one claim.
const CLAIM_LEN_MAX: usize = 64;
/// How long the tasks of one claim may take together, by what they took before.
pub(crate) const CLAIM_TIME_MAX: Duration = Duration::from_micros(200);
/// A batch behind a job that runs longer than this is taken over by others.
const STUCK_AFTER: Duration = Duration::from_millis(2);
/// A unit's stack; only the pages that it touches are resident.
pub(crate) const STACK_BYTES: usize = 4 << 20;

/// Starts one more worker, or a thread for short tasks.
pub(crate) fn start(shared: &Arc<Shared>, kind: Kind) -> Result<(), Error> {
    let id = shared.next_worker();
    let desk = Arc::new(Desk::new(id, kind));
    let (kept, own) = (Arc::clone(shared), Arc::clone(&desk));
    let name = match kind {
        Kind::Express => format!("inos-express-{id}"),
        _ => format!("inos-worker-{id}"),
    };
    shared.core.lock().workers += count(kind);
    shared.desks.write().push(Arc::clone(&desk));
    let thread = shared.spawn(name, STACK_BYTES, move || work(&kept, &own));
    if thread.is_err() {
        shared.core.lock().workers -= count(kind);
        shared.desks.write().retain(|other| other.id != id);
    }
    thread
}

/// What a desk adds to the workers that claim.
fn count(kind: Kind) -> usize {
    usize::from(kind == Kind::Worker)
}

fn work(shared: &Shared, desk: &Arc<Desk>) {
    if desk.kind == Kind::Express {
        turns::ask_for_short();
        shared.express.open(desk);
    }
    let (mut clock, mut seen) = (Clock::now(), 0);
    loop {
        let arrivals = shared.arrivals.load(Relaxed);
        if arrivals != seen && desk.kind == Kind::Worker {
            let_first(shared, desk, arrivals.wrapping_sub(seen));
            seen = arrivals;
        }
        let now = Instant::now();
        match desk.take_up(now, clock.at(now), shared.options.stop_grace) {
            Next::Run(entry, control, work) => {
                shared.watch.arm(work.first_look(&entry, now));
                control.begin();
                let size = size_of(&work.inputs);
                let ground = Ground { arena: &shared.arena, parked: &shared.parked, watched: true };
                let ran = run(&entry, &control, work, &ground);
                let end = Instant::now();
                // How long something took to be stopped says nothing about its work.
                if let (Some(size), End::Done | End::Fault(_)) = (size, &ran.end) {
                    entry.timing.note(size, end.saturating_duration_since(now));
                }
                match desk.put_down() {
                    Some(running) => finish(running, ran, end),
                    None if come_back(shared, desk) => {}
                    None => return,
                }
            }
            Next::End(queued, end) => shared.end_all(vec![queued], |_| end.clone(), now),
            Next::Nothing => {
                let claimed = match desk.kind {
                    Kind::Express => express::sleep(shared, desk).then_some(seen),
                    _ => claim(shared, desk),
                };
                let Some(arrivals) = claimed else { return leave(shared, desk) };
                (clock, seen) = (Clock::now(), arrivals);
            }
        }
    }
}

/// The wall clock as it stood when a batch was claimed, so that each task need not ask for it.
struct Clock(Instant, Time);

impl Clock {
    fn now() -> Self {
        Self(Instant::now(), Time::now())
    }

    fn at(&self, now: Instant) -> Time {
        self.1.plus_ms(micros(now.saturating_duration_since(self.0)) / 1_000)
    }
}

/// The bytes of a task's inputs; `None` where some still arrive, so that its time says nothing about its work.
pub(crate) fn size_of(inputs: &[Feed]) -> Option<u64> {
    inputs
        .iter()
        .map(|feed| match feed {
            Feed::Bytes { bytes, .. } => Some(bytes.len() as u64),
            Feed::Stream(_) | Feed::Later(_) => None,
        })
        .sum()
}

pub(crate) fn finish(running: Running, ran: Ran, end: Instant) {
    let Running { label, control, done, begun, queued_us, started, is_session, .. } = running;
    let Ran { end: how, outputs, inputs, bytes_in } = ran;
    let run_us = if is_session { control.busy_us() } else { micros(end.saturating_duration_since(begun)) };
    let outcome = Outcome { end: how, outputs, inputs, bytes_in, queued_us, run_us, started: Some(started) };
    tell(label.id, done, outcome);
}

/// Puts a batch on the desk, waiting for one where there is nothing, and tells what the queue then says of arrivals; `None`
/// once the engine stops.
fn claim(shared: &Shared, desk: &Desk) -> Option<usize> {
    let mut core = shared.core.lock();
    loop {
        let stuck = take_over(shared, desk, Some(STUCK_AFTER));
        if stuck || claim_from_queue(shared, &mut core, desk) || take_over(shared, desk, None) {
            return Some(core.queue.arrivals());
        }
        if core.stopped {
            return None;
        }
        desk.rest();
        shared.waited_us.store(0, Relaxed);
        core.parked.push((desk.id, thread::current()));
        shared.count_parked(&core);
        if shared.is_idle(&core) {
            shared.idle.notify_all();
        }
        // Whoever wakes a worker takes it off the list of the parked; a thread may also wake for nothing.
        while core.parked.iter().any(|(id, _)| *id == desk.id) {
            MutexGuard::unlocked(&mut core, thread::park);
        }
    }
}

fn claim_from_queue(shared: &Shared, core: &mut MutexGuard<'_, Core>, desk: &Desk) -> bool {
    if core.queue.len() == 0 {
        return false;
    }
    let now = Instant::now();
    let len_max = core.queue.len().div_ceil(core.workers.max(1)).min(CLAIM_LEN_MAX);
    let mut state = desk.lock();
    let mut time = Duration::ZERO;
    while state.batch.len() < len_max && time < CLAIM_TIME_MAX {
        let Some(queued) = core.queue.pop(now) else { break };
        time += usual(&queued.task);
        state.batch.push_back(queued);
    }
    if let Some(last) = state.batch.back() {
        shared.waited_us.store(micros(now.saturating_duration_since(last.since)), Relaxed);
    }
    drop(state);
    shared.count_waiting(core);
    true
}

/// Takes those before the rest of the claimed batch who have come since it was claimed and whose turn it is: nobody waits
/// behind a batch of somebody else's.
fn let_first(shared: &Shared, desk: &Desk, arrivals: usize) {
    if desk.lock().batch.is_empty() {
        return;
    }
    let mut core = shared.core.lock();
    let (now, mut first) = (Instant::now(), Vec::new());
    let mut state = desk.lock();
    while first.len() < arrivals.min(CLAIM_LEN_MAX) {
        let turn = core.queue.next_account();
        if turn.is_none_or(|account| state.batch.iter().any(|queued| queued.task.account == account)) {
            break;
        }
        let Some(queued) = core.queue.pop(now) else { break };
        first.push(queued);
    }
    first.into_iter().rev().for_each(|queued| state.batch.push_front(queued));
    drop(state);
    shared.count_waiting(&core);
}

/// What a task will take; one that nobody knows counts as long, so that nothing waits behind it.
pub(crate) fn usual(task: &Task) -> Duration {
    size_of(&task.inputs).and_then(|size| task.entry.timing.usual(size)).unwrap_or(CLAIM_TIME_MAX)
}

/// Takes half of what another worker has claimed and not begun; where `stuck_after` is given, everything that waits
/// behind a job that runs longer than this, and nothing else.
fn take_over(shared: &Shared, desk: &Desk, stuck_after: Option<Duration>) -> bool {
    for other in shared.desks.read().iter().filter(|other| other.id != desk.id) {
        let mut theirs = other.lock();
        let keep = match stuck_after {
            _ if theirs.batch.is_empty() => continue,
            None => theirs.batch.len() / 2,
            Some(after) if theirs.begun().is_some_and(|begun| begun.elapsed() > after) => 0,
            Some(_) => continue,
        };
        let taken = theirs.batch.split_off(keep);
        drop(theirs);
        desk.lock().batch.extend(taken);
        return true;
    }
    false
}

/// Gives up the thread's place; true where it has a place again.
fn come_back(shared: &Shared, desk: &Arc<Desk>) -> bool {
    let mut core = shared.core.lock();
    core.quarantined -= 1;
    let replaced = desk.come_back();
    tracing::warn!(worker = desk.id, replaced, "a unit that did not stop came back");
    if replaced || core.stopped {
        drop(core);
        shared.forget(desk);
        return false;
    }
    core.workers += count(desk.kind);
    drop(core);
    if desk.kind == Kind::Express {
        shared.express.open(desk);
    }
    true
}

fn leave(shared: &Shared, desk: &Desk) {
    let mut core = shared.core.lock();
    core.workers -= count(desk.kind);
    drop(core);
    shared.forget(desk);
    shared.idle.notify_all();
}
