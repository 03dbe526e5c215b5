//! Transforms side by side on the threads that have nothing else to do.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use inos_unit::{Fault, Host, beside};

use crate::fft::{One, Plan, Sample, Tables};
use crate::number;

/// How many numbers are transformed between two looks at the host: half a millisecond or so.
pub(crate) const CHECK_COUNT: usize = 1 << 18;
/// The fewest that one of several threads takes at a time.
const TAKE_COUNT: usize = 1 << 14;

/// What the threads of one job transform by.
pub(crate) struct Lanes<T> {
    plan: Plan,
    lanes: Vec<Lane<T>>,
}

impl<T: Sample> Lanes<T> {
    pub(crate) fn new(plan: Plan, threads: usize, host: &dyn Host) -> Result<Self, Fault> {
        let make = move || {
            let tables = Tables::of(plan);
            (0..threads).map(|_| Lane::new(plan, &tables)).collect()
        };
        let lanes = if plan.is_long() { beside(host, make)? } else { make() };
        Ok(Self { plan, lanes })
    }

    /// Transforms as many as these bytes hold, from bytes to bytes.
    pub(crate) fn run(&mut self, bytes: &[u8], room: &mut [u8], host: &dyn Host) -> Result<(), Fault> {
        let plan = self.plan;
        if !plan.is_long() {
            return side_by_side(&mut self.lanes, plan, bytes, room, || host.check());
        }
        // A job that stops leaves them to their work, which nothing of the job may be lent to.
        let mut lanes = std::mem::take(&mut self.lanes);
        let (copy, mut made) = (bytes.to_vec(), vec![0; room.len()]);
        let ended = beside(host, move || {
            side_by_side(&mut lanes, plan, &copy, &mut made, || Ok(()))?;
            Ok((lanes, made))
        })?;
        let (lanes, made) = ended?;
        room.copy_from_slice(&made);
        self.lanes = lanes;
        Ok(())
    }
}

/// Has each lane take a few transforms after the other, the first on this thread, which looks between them whether to stop.
fn side_by_side<T: Sample>(
    lanes: &mut [Lane<T>],
    plan: Plan,
    bytes: &[u8],
    room: &mut [u8],
    check: impl Fn() -> Result<(), Fault>,
) -> Result<(), Fault> {
    let (takes, gives) = plan.counts();
    let Some((own, others)) = lanes.split_first_mut() else { return Ok(()) };
    // One lane alone has nobody to leave anything to.
    let count = if others.is_empty() { CHECK_COUNT } else { TAKE_COUNT } / takes;
    let count = count.max(1);
    let parts = bytes.chunks(count * takes * T::LEN).zip(room.chunks_mut(count * gives * T::LEN));
    let (parts, ended) = (Mutex::new(parts), AtomicBool::new(false));
    // Whoever is done takes the next, so that nobody waits for a thread whose core others use too.
    let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).next();
    std::thread::scope(|scope| {
        let work = |lane: &mut Lane<T>| -> Result<(), Fault> {
            while !ended.load(Relaxed)
                && let Some((bytes, room)) = next()
            {
                lane.run(bytes, room)?;
            }
            Ok(())
        };
        let others: Vec<_> = others.iter_mut().map(|lane| scope.spawn(move || work(lane))).collect();
        let mine = loop {
            if let Err(stop) = check() {
                break Err(stop);
            }
            let Some((bytes, room)) = next() else { break Ok(()) };
            if let Err(fault) = own.run(bytes, room) {
                break Err(fault);
            }
        };
        if mine.is_err() {
            ended.store(true, Relaxed);
        }
        let others = others.into_iter().map(|other| other.join().unwrap_or_else(|why| std::panic::resume_unwind(why)));
        others.fold(mine, |ended, other| ended.and(other))
    })
}

/// What one thread transforms by: a transform, and room for numbers that cannot be read or written where they lie.
struct Lane<T> {
    one: One<T>,
    takes: usize,
    gives: usize,
    copy: Vec<T>,
    result_copy: Vec<T>,
}

impl<T: Sample> Lane<T> {
    fn new(plan: Plan, tables: &Tables<T>) -> Self {
        let (takes, gives) = plan.counts();
        Self { one: plan.one(tables), takes, gives, copy: Vec::new(), result_copy: Vec::new() }
    }

    /// One transform after the other.
    fn run(&mut self, bytes: &[u8], room: &mut [u8]) -> Result<(), Fault> {
        let Self { one, takes, gives, copy, result_copy } = self;
        for (bytes, room) in bytes.chunks_exact(*takes * T::LEN).zip(room.chunks_exact_mut(*gives * T::LEN)) {
            let numbers = number::in_place(bytes, copy);
            number::made_in_place(room, result_copy, |result| one(numbers, result))?;
        }
        Ok(())
    }
}
