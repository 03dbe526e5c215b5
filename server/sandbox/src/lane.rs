//! The lane of cells: how many there are, which of them a job gets, and the thread that begins them.

use std::{
    collections::VecDeque,
    io,
    process::Command,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use inos_arena::Arena;
use inos_unit::{Call, Fault, Foreseen, Host, Method, Params, Sight, Spec, Standing, Unit};
use parking_lot::{Condvar, Mutex};

use crate::{
    child::Cell,
    run::{Fate, Most, run},
};

/// How long a cell may take until it is ready.
const BEGIN_WITHIN: Duration = Duration::from_secs(10);
/// How long a job waits for a cell before it asks whether it is to stop.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// The most jobs that one cell runs: what a library loses on the way goes with it.
const JOBS_MAX: u64 = 1_000;
/// How many cells in a row may fail to begin until jobs are told so at once.
const FAILURES_MAX: u32 = 3;
/// How often a job is given to another cell where one was gone before it had begun.
const CELLS_MAX: u32 = 3;
/// How long nobody is asked for another cell after several did not begin.
const PAUSE: Duration = Duration::from_millis(500);

/// How many cells there may be, and what each may take.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The most cells that run jobs at the same time.
    pub cells_max: usize,
    /// The most memory of its own that a cell may have, in bytes.
    pub memory_max: u64,
}

/// What there was of cells so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Cells that live.
    pub alive: usize,
    /// Cells that were begun.
    pub begun: u64,
    /// Cells that ended while they had a job: they crashed, or had to be killed.
    pub lost: u64,
}

/// The cells of one server.
#[derive(Clone)]
pub struct Lane(Arc<Inside>);

struct Inside {
    arena: Arena,
    options: Options,
    state: Mutex<State>,
    /// Told of each cell that becomes free, and of each that could not be begun.
    changed: Condvar,
    /// Told when cells can no longer be begun, and when they can again.
    turned: Box<dyn Fn() + Send + Sync>,
    /// Wishes for one more cell, each with the one that makes room for it and is ended first.
    wanted: Sender<Option<Cell>>,
    lost: AtomicU64,
}

#[derive(Default)]
struct State {
    /// Cells that had no job yet.
    fresh: Vec<Cell>,
    /// Cells that had one, with whose it was; the one that was used last at the end.
    used: VecDeque<(u64, Cell)>,
    /// Cells that have a job.
    busy: usize,
    /// Cells that are being begun.
    coming: usize,
    begun: u64,
    /// How many could not be begun since the last that could, when the last of them was, and why.
    failed: Option<(u32, Instant, String)>,
}

impl Lane {
    /// A lane whose cells are begun by what `command` gives, and the first of them at once. `turned` is told when they can
    /// no longer be begun, and when they can again.
    pub fn start(
        arena: Arena,
        options: Options,
        turned: impl Fn() + Send + Sync + 'static,
        command: impl Fn() -> io::Result<Command> + Send + 'static,
    ) -> io::Result<Self> {
        let (wanted, asked) = channel();
        let inside = Inside {
            arena,
            options,
            state: Mutex::default(),
            changed: Condvar::new(),
            turned: Box::new(turned),
            wanted,
            lost: AtomicU64::new(0),
        };
        let lane = Self(Arc::new(inside));
        let of_thread = Arc::downgrade(&lane.0);
        // The kernel ends a cell with the thread that began it, so this one lives as long as the lane.
        let begin = move || begin_for(&of_thread, &asked, command);
        thread::Builder::new().name("inos-cells".into()).spawn(begin)?;
        lane.0.want(&mut lane.0.state.lock());
        Ok(lane)
    }

    /// The unit as the engine runs it: each of its jobs in a cell.
    pub fn of(&self, unit: Arc<dyn Unit>) -> Arc<dyn Unit> {
        let mut spec = unit.spec().clone();
        // A cell is never where the bytes arrive.
        spec.methods.iter_mut().for_each(|method| method.inline_bytes_max = None);
        Arc::new(Celled { lane: self.clone(), unit, spec })
    }

    /// What there was so far.
    pub fn figures(&self) -> Figures {
        let state = self.0.state.lock();
        let alive = state.fresh.len() + state.used.len() + state.busy;
        Figures { alive, begun: state.begun, lost: self.0.lost.load(Relaxed) }
    }
}

impl Inside {
    /// Asks for another cell, if there may be one more.
    fn want(&self, state: &mut State) {
        let alive = state.fresh.len() + state.used.len() + state.busy + state.coming;
        // One more than may work: the next job finds it warm. Room is made by the one that was not used for the longest time.
        let oldest = match alive > self.options.cells_max {
            false => None,
            true => match state.used.pop_front() {
                None => return,
                Some((_, oldest)) => Some(oldest),
            },
        };
        state.coming += 1;
        // The thread goes with the lane, and nobody asks then.
        let _ = self.wanted.send(oldest);
    }

    /// A cell for this owner's job: one that had jobs of the same owner alone, or none.
    fn take(&self, owner: u64, host: &dyn Host) -> Result<Cell, Fault> {
        let mut state = self.state.lock();
        loop {
            let own = state.used.iter().rposition(|(of, _)| *of == owner);
            let cell = own.and_then(|at| state.used.remove(at)).map(|(_, cell)| cell).or_else(|| state.fresh.pop());
            if let Some(cell) = cell {
                state.busy += 1;
                if state.fresh.is_empty() && state.coming == 0 {
                    self.want(&mut state);
                }
                return Ok(cell);
            }
            if let Some((count, at, why)) = &state.failed
                && state.coming == 0
                && *count >= FAILURES_MAX
                && at.elapsed() < PAUSE
            {
                return Err(Fault::NoRoom(format!("no cell could be begun: {why}")));
            }
            if state.coming == 0 {
                self.want(&mut state);
            }
            self.changed.wait_for(&mut state, LOOK_EVERY);
            if host.cancelled() {
                return Err(Fault::Cancelled);
            }
        }
    }

    fn put_back(&self, owner: u64, cell: Cell) {
        let mut state = self.state.lock();
        state.busy -= 1;
        if cell.jobs < JOBS_MAX {
            state.used.push_back((owner, cell));
        }
        self.changed.notify_one();
    }

    fn ended(&self, cell: Cell) {
        self.lost.fetch_add(1, Relaxed);
        // Reaped before its place is free.
        drop(cell);
        let mut state = self.state.lock();
        state.busy -= 1;
        if state.fresh.is_empty() && state.coming == 0 {
            self.want(&mut state);
        }
    }
}

/// Begins a cell for each that is wanted, until the lane is gone.
fn begin_for(lane: &Weak<Inside>, asked: &Receiver<Option<Cell>>, command: impl Fn() -> io::Result<Command>) {
    while let Ok(oldest) = asked.recv() {
        // To end one takes as long as the kernel needs for its memory: nobody waits for that under the lock.
        drop(oldest);
        let begun = command().and_then(Cell::begin).and_then(|mut cell| {
            let ready = cell.is_ready_within(BEGIN_WITHIN);
            if ready { Ok(cell) } else { Err(io::Error::other(cell.end())) }
        });
        let Some(inside) = lane.upgrade() else { return };
        let mut state = inside.state.lock();
        state.coming -= 1;
        let failed_before = state.failed.is_some();
        match begun {
            Ok(cell) => {
                state.begun += 1;
                state.failed = None;
                state.fresh.push(cell);
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a cell could not be begun");
                let before = state.failed.as_ref().map_or(0, |(count, ..)| *count);
                state.failed = Some((before + 1, Instant::now(), error.to_string()));
            }
        }
        let has_turned = state.failed.is_some() != failed_before;
        drop(state);
        inside.changed.notify_all();
        if has_turned {
            (inside.turned)();
        }
    }
}

/// A cell that has a job. Unless it is put back it is ended, also where the job's host panics.
struct Taken<'a> {
    lane: &'a Inside,
    cell: Option<Cell>,
}

impl Taken<'_> {
    fn put_back(mut self, owner: u64) {
        self.cell.take().into_iter().for_each(|cell| self.lane.put_back(owner, cell));
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.cell.take().into_iter().for_each(|cell| self.lane.ended(cell));
    }
}

/// A unit whose jobs run in cells.
struct Celled {
    lane: Lane,
    unit: Arc<dyn Unit>,
    spec: Spec,
}

impl Unit for Celled {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn standing(&self) -> Standing {
        if self.lane.0.state.lock().failed.is_some() { Standing::Degraded } else { Standing::Ready }
    }

    fn run(&self, call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
        let lane = &self.lane.0;
        let (method, most) = (self.method(call.method)?, Most { memory: lane.options.memory_max });
        for _ in 0..CELLS_MAX {
            let mut taken = Taken { lane, cell: Some(lane.take(host.owner(), host)?) };
            let Some(cell) = &mut taken.cell else { continue };
            cell.jobs += 1;
            let (ran, fate) = run(cell, (self.spec.name, method), call, host, (&lane.arena, most));
            match fate {
                Fate::Lives => taken.put_back(host.owner()),
                Fate::Ended => {}
                // It was gone while it had nothing to do: another may take the job.
                Fate::Refused => continue,
            }
            return ran;
        }
        Err(Fault::NoRoom("one cell after the other was gone before it could be given a job".into()))
    }

    fn foresee(&self, method: &str, params: &Params, inputs: &[Sight<'_>]) -> Option<Foreseen> {
        self.unit.foresee(method, params, inputs)
    }
}

impl Celled {
    fn method(&self, name: &str) -> Result<&Method, Fault> {
        let unknown = || Fault::Broken(format!("the specification promises no method {name}"));
        self.spec.method(name).ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    struct Idle(Spec);

    impl Unit for Idle {
        fn spec(&self) -> &Spec {
            &self.0
        }

        fn run(&self, _call: &mut Call<'_>, _host: &dyn Host) -> Result<(), Fault> {
            Ok(())
        }
    }

    #[test]
    fn a_lane_that_can_begin_no_cell_says_so_once() {
        let spool_dir = std::env::temp_dir();
        let arena = Arena::create(inos_arena::Options { bytes: 1 << 24, account_bytes_max: 1 << 20, spool_dir });
        let (turns, began) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (turned, tried) = (turns.clone(), began.clone());
        let options = Options { cells_max: 1, memory_max: 1 << 20 };
        let count = move || {
            turned.fetch_add(1, Relaxed);
        };
        let lane = Lane::start(arena.expect("an arena"), options, count, move || {
            tried.fetch_add(1, Relaxed);
            Err(io::Error::other("no such program"))
        });
        let lane = lane.expect("a lane");
        let idle = Spec {
            lane: inos_unit::Lane::Cells,
            name: "idle",
            version: "1",
            summary: "Does nothing.",
            methods: Vec::new(),
        };
        let unit = lane.of(Arc::new(Idle(idle)));
        let until = |what: &dyn Fn() -> bool| {
            while !what() {
                thread::sleep(Duration::from_millis(1));
            }
        };
        until(&|| turns.load(Relaxed) == 1);
        assert_eq!(unit.standing(), Standing::Degraded);
        lane.0.want(&mut lane.0.state.lock());
        until(&|| began.load(Relaxed) == 2 && lane.0.state.lock().coming == 0);
        assert_eq!((turns.load(Relaxed), unit.standing()), (1, Standing::Degraded));
    }
}
