//! What one worker thread has before it: a claimed batch and the job it runs, where the watch and the other workers
//! can reach them. Whoever takes a running job off the desk calls its `done`; nobody else can.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use inos_protocols::{JobId, time::Time};
use parking_lot::{Mutex, MutexGuard};

use crate::{
    Clock, Control, Done, End, Entry, Outcome, Worker, WorkerState,
    control::{EXPIRED, SILENT, SPENT},
    run::{Stepping, Work},
    task::{Queued, Task, after, micros, tell},
};

/// One thread's desk.
pub(crate) struct Desk {
    pub(crate) id: usize,
    pub(crate) completed: AtomicU64,
    pub(crate) kind: Kind,
    state: Mutex<State>,
}

/// Whose desk it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One of the workers'.
    Worker,
    /// That of a thread for short tasks of who has nothing waiting.
    Express,
    /// A session's.
    Session,
}

/// What lies on it.
pub(crate) struct State {
    pub(crate) batch: VecDeque<Queued>,
    running: Option<Running>,
    /// The job whose unit does not stop, and whether another thread took this one's place.
    quarantined: Option<(Label, bool)>,
    since: Instant,
    /// Whether its thread found nothing on it when it looked last.
    is_at_rest: bool,
}

/// A job by name.
#[derive(Clone, Copy)]
pub(crate) struct Label {
    pub(crate) id: JobId,
    pub(crate) unit: &'static str,
    pub(crate) method: &'static str,
}

/// The running job.
pub(crate) struct Running {
    pub(crate) label: Label,
    pub(crate) control: Arc<Control>,
    pub(crate) done: Done,
    pub(crate) begun: Instant,
    pub(crate) queued_us: u64,
    pub(crate) started: Time,
    stop: Instant,
    /// What `stop` goes by.
    clock: Clock,
    heart: Option<Heart>,
    quit: Instant,
    grace: Duration,
    told: bool,
    /// Whether only its steps count as its run.
    pub(crate) is_session: bool,
}

/// A run's signs of life, as they are looked at.
struct Heart {
    every: Duration,
    /// How many there had been at the last look.
    seen: u64,
    look_at: Instant,
}

/// What a worker does next.
pub(crate) enum Next {
    /// Run this.
    Run(Arc<Entry>, Arc<Control>, Work),
    /// Only say how this one ended.
    End(Queued, End),
    /// Nothing is claimed.
    Nothing,
}

/// A job that was cancelled on a desk.
pub(crate) enum Told {
    /// It had not begun and is off the desk.
    Claimed(Box<Queued>),
    /// It runs, and must have stopped at that moment.
    Running(Instant),
}

/// What the watch finds.
pub(crate) enum Found {
    /// Nothing to do before that moment, if there is one.
    Later(Option<Instant>),
    /// A unit that does not stop; its job is taken from the worker.
    Stuck(Box<Running>, VecDeque<Queued>),
}

impl Desk {
    pub(crate) fn new(id: usize, kind: Kind) -> Self {
        let state = State {
            batch: VecDeque::new(),
            running: None,
            quarantined: None,
            since: Instant::now(),
            is_at_rest: false,
        };
        Self { id, completed: AtomicU64::new(0), kind, state: Mutex::new(state) }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Lays a task on a desk whose thread is at rest; gives it back from any other, and where no more work is taken.
    pub(crate) fn put(&self, queued: Queued, is_draining: &AtomicBool) -> Option<Queued> {
        let mut state = self.state.lock();
        // Whoever drains looks at the desk after it has said so: it either finds the task here, or is heard here.
        if !state.is_at_rest || is_draining.load(Relaxed) {
            return Some(queued);
        }
        state.batch.push_back(queued);
        state.is_at_rest = false;
        None
    }

    /// Lays a task on the calling thread's own desk.
    pub(crate) fn lay(&self, queued: Queued) {
        let mut state = self.state.lock();
        state.batch.push_back(queued);
        state.is_at_rest = false;
    }

    /// Takes up the next claimed task; a unit that ignores its end is given up `grace` later.
    pub(crate) fn take_up(&self, now: Instant, started: Time, grace: Duration) -> Next {
        let mut state = self.state.lock();
        let Some(queued) = state.batch.pop_front() else { return Next::Nothing };
        if let Some(end) = queued.task.unfit(now) {
            return Next::End(queued, end);
        }
        let Queued { task, since } = queued;
        let (stop, clock) = task.stops_at(now);
        let every = task.entry.method.heartbeat_ms.map(Duration::from_millis);
        state.running = Some(Running {
            label: Label { id: task.id, unit: task.entry.unit, method: task.entry.method.name },
            control: Arc::clone(&task.control),
            done: task.done,
            begun: now,
            queued_us: micros(now.saturating_duration_since(since)),
            started,
            stop,
            clock,
            heart: every.map(|every| Heart { every, seen: task.control.beats(), look_at: after(now, every) }),
            quit: after(stop, grace),
            grace,
            told: false,
            is_session: task.session.is_some(),
        });
        let Task { id, account, params, key, inputs, entry, control, session, .. } = task;
        let session = session.map(Stepping::from);
        let work = Work { id, account, params, key, inputs, until: stop, clock, session };
        Next::Run(entry, control, work)
    }

    /// Takes the job off the desk after its run; `None` where the watch did so before.
    pub(crate) fn put_down(&self) -> Option<Running> {
        let running = self.state.lock().running.take();
        if running.is_some() {
            // One thread writes, so nothing is lost.
            self.completed.store(self.completed.load(Relaxed) + 1, Relaxed);
        }
        running
    }

    /// Notes that its thread has nothing to do, unless something was laid on it: whether it rests.
    pub(crate) fn rest(&self) -> bool {
        let mut state = self.state.lock();
        let is_free = state.batch.is_empty();
        if is_free {
            (state.since, state.is_at_rest) = (Instant::now(), true);
        }
        is_free
    }

    /// Whether something lies on it that nobody has taken up.
    pub(crate) fn is_laden(&self) -> bool {
        !self.state.lock().batch.is_empty()
    }

    pub(crate) fn is_at_rest(&self) -> bool {
        self.state.lock().is_at_rest
    }

    /// Tells a job whose time is over; takes it away where it does not listen.
    pub(crate) fn inspect(&self, now: Instant) -> Found {
        let mut state = self.state.lock();
        let Some(running) = &mut state.running else { return Found::Later(None) };
        if let Some(next) = running.look(now) {
            return Found::Later(Some(next));
        }
        let Some(running) = state.running.take() else { return Found::Later(None) };
        state.quarantined = Some((running.label, false));
        state.since = now;
        Found::Stuck(Box::new(running), std::mem::take(&mut state.batch))
    }

    /// Notes whether another thread takes the place of this one.
    pub(crate) fn replace(&self, yes: bool) {
        if let Some((_, replaced)) = &mut self.state.lock().quarantined {
            *replaced = yes;
        }
    }

    /// Ends the quarantine, since the unit came back; whether another thread has the place.
    pub(crate) fn come_back(&self) -> bool {
        self.state.lock().quarantined.take().is_some_and(|(_, replaced)| replaced)
    }

    pub(crate) fn status(&self, now: Instant) -> Worker {
        let state = self.state.lock();
        let (state, label, since) = match (&state.quarantined, &state.running) {
            (Some((label, _)), _) => (WorkerState::Quarantined, Some(*label), state.since),
            (None, Some(running)) => (WorkerState::Running, Some(running.label), running.begun),
            (None, None) => (WorkerState::Idle, None, state.since),
        };
        Worker {
            id: self.id,
            state,
            unit: label.map(|label| label.unit),
            method: label.map(|label| label.method),
            job: label.map(|label| label.id),
            since_ms: micros(now.saturating_duration_since(since)) / 1_000,
        }
    }
}

impl State {
    /// Cancels the job of that id; a running one must have stopped at `quit`.
    pub(crate) fn cancel(&mut self, id: JobId, quit: Instant) -> Option<Told> {
        if let Some(at) = self.batch.iter().position(|queued| queued.task.id == id) {
            return self.batch.remove(at).map(|queued| Told::Claimed(Box::new(queued)));
        }
        let running = self.running.as_mut().filter(|running| running.label.id == id)?;
        running.quit = running.quit.min(quit);
        running.control.cancel();
        Some(Told::Running(running.quit))
    }

    /// Tells the running job, whichever it is, that the engine stops.
    pub(crate) fn stop(&mut self, reason: u8, quit: Instant) {
        if let Some(running) = &mut self.running {
            running.quit = running.quit.min(quit);
            running.control.stop(reason);
        }
    }

    /// Since when the running job runs.
    pub(crate) fn begun(&self) -> Option<Instant> {
        self.running.as_ref().map(|running| running.begun)
    }
}

impl Running {
    /// Tells a job whose time is over, or that gave no sign of life; gives the moment of the next look, or none where
    /// the job must be taken away.
    fn look(&mut self, now: Instant) -> Option<Instant> {
        if !self.told {
            let reason = if now >= self.stop { EXPIRED } else { self.silence(now) };
            if reason != 0 {
                self.told = true;
                self.quit = self.quit.min(after(now, self.grace));
                self.control.stop(reason);
            }
        }
        let heart = self.heart.as_ref().map(|heart| heart.look_at);
        let next = if self.told { None } else { Some(heart.map_or(self.stop, |look_at| look_at.min(self.stop))) };
        (now < self.quit).then(|| next.map_or(self.quit, |next| next.min(self.quit)))
    }

    /// The reason to stop where nothing was heard of the unit since the last look.
    fn silence(&mut self, now: Instant) -> u8 {
        let Some(heart) = self.heart.as_mut().filter(|heart| heart.look_at <= now) else { return 0 };
        let beats = self.control.beats();
        if beats == heart.seen && !self.control.awaits_input() {
            return SILENT;
        }
        (heart.seen, heart.look_at) = (beats, after(now, heart.every));
        0
    }

    /// Ends a job that was never run after all.
    pub(crate) fn refuse(self, end: End, now: Instant) {
        tell(self.label.id, self.done, Outcome::unrun(end, self.begun, now));
    }

    /// The outcome of a job that was taken away from its unit.
    pub(crate) fn abandoned(self, now: Instant) -> (JobId, Done, Outcome) {
        let Self { label, control, done, begun, queued_us, started, clock, is_session, .. } = self;
        let end = match control.stopped() {
            _ if control.is_cancelled() => End::Cancelled,
            stopped if stopped & SILENT != 0 => End::Silent,
            stopped if stopped & SPENT != 0 => End::Spent,
            stopped if stopped & EXPIRED != 0 => End::Expired(clock),
            _ => End::Cancelled,
        };
        let run_us = match is_session {
            true => control.busy_us(),
            false => micros(now.saturating_duration_since(begun)),
        };
        let outcome = Outcome { queued_us, run_us, started: Some(started), ..Outcome::unrun(end, begun, begun) };
        (label.id, done, outcome)
    }
}
