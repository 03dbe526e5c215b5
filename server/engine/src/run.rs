//! One run of one task on the calling thread: inputs, outputs, limits, panics. Decides nothing about when or where.

use std::{
    any::Any,
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use inos_arena::Arena;
use inos_failpoints::{Point, reach};
use inos_protocols::{
    Hash, JobId,
    job::{OutputBytes, Params},
};
use inos_unit::{Call, Fault, HeldKey, Host, RegionForm, State};

use crate::{
    Clock, Control, End, Entry, Feed, Lent,
    control::{CANCELLED, EXPIRED, SILENT, SPENT, STOPPING},
    sessions::{Playing, Seat, Session, SessionRegions},
    sink::Sink,
    source::Sources,
    task::after,
    turns,
};

/// What a run needs beside its entry and its control.
pub(crate) struct Work {
    pub(crate) id: JobId,
    pub(crate) account: u64,
    pub(crate) params: Params,
    pub(crate) key: Option<Arc<Lent>>,
    pub(crate) inputs: Vec<Feed>,
    pub(crate) until: Instant,
    /// What `until` goes by.
    pub(crate) clock: Clock,
    pub(crate) session: Option<Stepping>,
}

/// A session on its way to its thread, which holds on to the seat.
pub(crate) struct Stepping {
    pub(crate) seat: Option<Seat>,
    pub(crate) regions: Arc<dyn SessionRegions>,
    pub(crate) allowance: Duration,
    pub(crate) steps_before: u64,
}

impl From<Session> for Stepping {
    fn from(Session { seat, regions, allowance, steps_before }: Session) -> Self {
        Self { seat: Some(seat), regions, allowance, steps_before }
    }
}

impl Work {
    /// When the watch must look at a run that begins now.
    pub(crate) fn first_look(&self, entry: &Entry, now: Instant) -> Instant {
        let heartbeat = entry.method.heartbeat_ms.map(|ms| after(now, Duration::from_millis(ms)));
        heartbeat.map_or(self.until, |look_at| look_at.min(self.until))
    }
}

/// Where it runs.
pub(crate) struct Ground<'a> {
    pub(crate) arena: &'a Arena,
    /// Workers that have nothing to do, whose cores a unit may use.
    pub(crate) parked: &'a AtomicUsize,
    /// Whether somebody else watches the time.
    pub(crate) watched: bool,
}

/// What came of it.
pub(crate) struct Ran {
    pub(crate) end: End,
    pub(crate) outputs: Vec<OutputBytes>,
    pub(crate) inputs: Vec<Hash>,
    pub(crate) bytes_in: u64,
}

struct World<'a> {
    account: u64,
    control: &'a Control,
    ground: &'a Ground<'a>,
    until: Instant,
    /// Where signs of life are counted.
    pulse: Option<&'a Control>,
    playing: Option<Playing>,
    key: Option<&'a HeldKey>,
    /// How many bytes of its inputs the unit says it has read.
    needed: Cell<u64>,
}

impl World<'_> {
    fn playing(&self) -> Result<&Playing, Fault> {
        self.playing.as_ref().ok_or_else(|| Fault::Broken("a method that is no session wanted to be one".into()))
    }
}

impl Host for World<'_> {
    fn cancelled(&self) -> bool {
        beat(self.pulse);
        // A watched run is told when its time is over, so most checks cost one load.
        self.control.stopped() != 0
            || (!self.ground.watched && Instant::now() >= self.until)
            || self.playing.as_ref().is_some_and(Playing::is_spent)
    }

    fn progress(&self, done: u64, total: u64) {
        beat(self.pulse);
        if self.playing.as_ref().is_some_and(|playing| done != total && !playing.may_tell()) {
            return self.control.keep_progress(done, total);
        }
        self.control.set_progress(done, total);
    }

    fn log(&self, line: &str) {
        beat(self.pulse);
        self.control.log(line);
    }

    fn emit(&self, bytes: &[u8]) {
        self.control.emit(bytes);
    }

    fn needed(&self, bytes: u64) {
        self.needed.set(bytes);
    }

    fn owner(&self) -> u64 {
        self.account
    }

    fn key(&self) -> Option<&HeldKey> {
        self.key
    }

    fn threads(&self) -> usize {
        turns::spread();
        1 + self.ground.parked.load(Ordering::Relaxed)
    }

    fn region<'h>(&'h self, name: &str, form: &RegionForm<'_>, first: &[u8]) -> Result<Box<dyn State + 'h>, Fault> {
        self.playing()?.open(name, form, first)
    }

    fn pulse(&self, hz: f64) -> Result<(), Fault> {
        beat(self.pulse);
        self.playing()?.pulse(self.control, hz)
    }

    fn rest(&self) -> Result<(), Fault> {
        self.playing()?.rest(self.control)
    }

    fn steps_before(&self) -> u64 {
        self.playing().map_or(0, |playing| playing.steps_before)
    }
}

/// Counts a sign of life where somebody counts them.
pub(crate) fn beat(pulse: Option<&Control>) {
    if let Some(control) = pulse {
        control.beat();
    }
}

/// Runs a task to its end; never panics, whatever the unit does.
pub(crate) fn run(entry: &Entry, control: &Control, work: Work, ground: &Ground<'_>) -> Ran {
    let _of_its_caller = control.span().enter();
    let Work { id, account, params, key, inputs, until, clock, session } = work;
    let pulse = entry.method.heartbeat_ms.map(|_| control);
    let mut sources =
        Sources::new(inputs, (control, pulse), ground.arena, account, entry.method.input_bytes_max, until);
    let playing = session.map(Playing::begin);
    let key = key.as_ref().map(|lent| &lent.key);
    let needed = Cell::new(u64::MAX);
    let world = World { account, control, ground, until, pulse, playing, key, needed };
    let result = catch_unwind(AssertUnwindSafe(|| {
        sources.check()?;
        let mut sink = Sink::new(ground.arena, account, &entry.method, pulse);
        let mut call = Call { method: entry.method.name, params: &params, inputs: &mut sources, output: &mut sink };
        reach(Point::UnitRunning);
        entry.runner.run(&mut call, &world)?;
        // The rest of a stream is read even where the unit did not want it: a receipt names the whole input.
        Ok((sink.finish()?, sources.settle()?))
    }));
    if let Some(playing) = &world.playing {
        playing.note(control);
    }
    let bytes_in = sources.bytes_in().min(world.needed.get());
    match result {
        Ok(Ok((outputs, inputs))) => Ran { end: End::Done, outputs, inputs, bytes_in },
        Ok(Err(fault)) => {
            let end = ended(fault, control, (until, clock));
            if let End::Fault(Fault::Broken(why)) = &end {
                tracing::error!(job = %id, unit = entry.unit, method = entry.method.name, why, "a unit is broken");
            }
            if let End::Fault(Fault::Lost(why)) = &end {
                tracing::warn!(job = %id, unit = entry.unit, method = entry.method.name, why, "a job lost its process");
            }
            if let End::Fault(Fault::NoRoom(why)) = &end {
                tracing::warn!(job = %id, unit = entry.unit, method = entry.method.name, why, "a job found no room");
            }
            let inputs = if matches!(end, End::Fault(_)) { sources.known() } else { Vec::new() };
            Ran { end, outputs: Vec::new(), inputs, bytes_in }
        }
        Err(payload) => {
            let why = text(payload);
            tracing::error!(job = %id, unit = entry.unit, method = entry.method.name, why, "a unit panicked");
            Ran { end: End::Panicked, outputs: Vec::new(), inputs: Vec::new(), bytes_in }
        }
    }
}

/// How a job ended whose unit gave this fault.
fn ended(fault: Fault, control: &Control, (until, clock): (Instant, Clock)) -> End {
    if fault != Fault::Cancelled {
        return End::Fault(fault);
    }
    let stopped = control.stopped();
    if stopped & CANCELLED != 0 {
        End::Cancelled
    } else if stopped & SILENT != 0 {
        End::Silent
    } else if stopped & SPENT != 0 {
        End::Spent
    } else if stopped & EXPIRED != 0 || Instant::now() >= until {
        End::Expired(clock)
    } else if stopped & STOPPING != 0 {
        End::Cancelled
    } else {
        End::Fault(Fault::Broken("the unit stopped although nobody had asked".into()))
    }
}

/// What a panic said. Dropping it may panic in turn, which must not leave this function.
fn text(payload: Box<dyn Any + Send>) -> String {
    let text = match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (_, Some(text)) => text.clone(),
        _ => "a value that is no text".into(),
    };
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(payload)));
    if let Err(again) = dropped {
        std::mem::forget(again);
    }
    text
}
