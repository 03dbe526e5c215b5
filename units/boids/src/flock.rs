//! Birds in flat memory. A step reads one state and writes another, each bird by
//! itself and in a fixed order, so that neither threads nor the order of birds shows in the result.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use inos_unit::{Fault, Host};
use pulp::Arch;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::forces::{Minds, Mover, Part, Piece, Scene};
use crate::rules::Rules;
use crate::sorted::Sorted;

/// The most threads of one flock.
const THREADS_MAX: usize = 16;
/// A thread more is not worth waking for fewer birds.
const THREAD_BIRDS_MIN: usize = 2048;
/// How many pieces of the world there are for each of several threads: they end together, as nearly as a piece is short.
const THREAD_PIECES: usize = 32;

/// How often a thread that has no more pieces looks whether to stop, while others have one.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// Fewer birds are sorted on one thread: waking others takes longer.
const SORT_BIRDS_MIN: usize = 1 << 16;

/// Where birds are and how they fly, one list for each number.
#[derive(Debug, Clone, Default)]
pub(crate) struct Birds {
    pub(crate) place: [Vec<f32>; 3],
    pub(crate) speed: [Vec<f32>; 3],
    /// Whose place and speed it is.
    pub(crate) id: Vec<u32>,
    /// How many others of its kind each saw in the last step, and how many birds were too near.
    pub(crate) seen: Vec<f32>,
    pub(crate) crowd: Vec<f32>,
}

/// A flock on its way.
pub(crate) struct Flock {
    pub(crate) rules: Rules,
    pub(crate) birds: Birds,
    /// Place and speed of each predator.
    pub(crate) predators: Vec<[f32; 6]>,
    pub(crate) minds: Minds,
    /// The vectors that its birds are moved in; none of them shows in the bytes.
    pub(crate) arch: Arch,
    sorted: Sorted,
    /// How many pairs of birds were looked at so far.
    pub(crate) looked: u64,
}

impl Birds {
    /// So many birds that stand at the corner of the world.
    pub(crate) fn with(count: usize) -> Self {
        let zeros = || std::array::from_fn(|_| vec![0.0; count]);
        Self {
            place: zeros(),
            speed: zeros(),
            id: (0..count as u32).collect(),
            seen: vec![0.0; count],
            crowd: vec![0.0; count],
        }
    }
}

impl Flock {
    /// A flock that begins: places and directions by chance, from the seed.
    pub(crate) fn new(rules: Rules, minds: Minds) -> Self {
        let count = rules.count as usize;
        let mut source = ChaCha8Rng::seed_from_u64(rules.seed);
        // From 0 up to but not including 1, in steps of 2^-24.
        let mut chance = || (source.next_u32() >> 8) as f32 / (1 << 24) as f32;
        let mut birds = Birds::with(count);
        let cruise = rules.cruise();
        let mut one = || {
            let place = [chance(), chance(), chance()].map(|part| part * rules.side);
            let way = [chance(), chance(), chance()].map(|part| part - 0.5);
            let len = (way[0] * way[0] + way[1] * way[1] + way[2] * way[2]).sqrt().max(1e-6);
            (place, way.map(|part| part / len * cruise))
        };
        for index in 0..count {
            let (place, speed) = one();
            for axis in 0..3 {
                birds.place[axis][index] = place[axis];
                birds.speed[axis][index] = speed[axis];
            }
        }
        let predators = (0..rules.predators).map(|_| {
            let ([x, y, z], [u, v, w]) = one();
            [x, y, z, u, v, w]
        });
        let predators = predators.collect();
        let cells = rules.cells().pow(3);
        let sorted = Sorted::with(count, cells);
        Self { rules, arch: Arch::new(), sorted, birds, predators, minds, looked: 0 }
    }

    /// Lets one step of time pass; a stop leaves the flock between two states, to be thrown away.
    pub(crate) fn step(&mut self, host: &dyn Host) -> Result<(), Fault> {
        let count = self.birds.id.len();
        let threads = host.threads().min(THREADS_MAX).min(count / THREAD_BIRDS_MIN).max(1);
        let sorters = if count < SORT_BIRDS_MIN { 1 } else { threads };
        self.sorted.sort(&self.birds, &self.rules, &self.minds, sorters);
        host.check()?;
        self.fly(threads, host)?;
        self.hunt();
        Ok(())
    }

    fn fly(&mut self, threads: usize, host: &dyn Host) -> Result<(), Fault> {
        let Self { rules, arch, birds, sorted, predators, minds, looked: looked_at, .. } = self;
        let (arch, cells) = (*arch, rules.cells());
        let scene = Scene { rules, birds: sorted, start: &sorted.start, cells, predators, minds };
        let count = if threads == 1 { 1 } else { threads * THREAD_PIECES };
        let pieces = Mutex::new(pieces(Part::whole(birds), scene.start, cells, count).into_iter());
        let (stop, looked, working) = (AtomicBool::new(false), AtomicU64::new(0), AtomicUsize::new(threads - 1));
        std::thread::scope(|scope| {
            let (scene, pieces, looked, stop, working) = (&scene, &pieces, &looked, &stop, &working);
            let own = std::thread::current();
            let begin = |thread: usize| {
                // From both ends, so that two threads are near each other's birds only at the last.
                let is_back = thread % 2 == 1;
                let (own, stopped) = (own.clone(), || stop.load(Ordering::Relaxed));
                scope.spawn(move || {
                    arch.dispatch(Mover { scene, pieces, is_back, looked, stopped });
                    working.fetch_sub(1, Ordering::Release);
                    own.unpark();
                })
            };
            let others: Vec<_> = (1..threads).map(begin).collect();
            let stopped = || {
                if host.cancelled() {
                    stop.store(true, Ordering::Relaxed);
                }
                stop.load(Ordering::Relaxed)
            };
            arch.dispatch(Mover { scene, pieces, is_back: false, looked, stopped });
            // Another may be left with a crowd, and hears of a stop by this thread alone.
            let work = || working.load(Ordering::Acquire) > 0 && others.iter().any(|other| !other.is_finished());
            while work() && !stopped() {
                std::thread::park_timeout(LOOK_EVERY);
            }
        });
        std::mem::swap(&mut birds.id, &mut sorted.id);
        *looked_at += looked.into_inner();
        if stop.into_inner() { Err(Fault::Cancelled) } else { Ok(()) }
    }

    /// Predators fly to the middle of the birds in the cells around them.
    fn hunt(&mut self) {
        let (cells, side) = (self.rules.cells(), self.rules.side);
        let fastest = self.rules.speed_max * 1.2;
        for predator in &mut self.predators {
            let at = |axis: usize| ((predator[axis] * cells as f32 / side) as usize).min(cells - 1);
            let (mut middle, mut count) = ([0.0_f32; 3], 0.0_f32);
            for (z, y) in around(at(2), cells).flat_map(|z| around(at(1), cells).map(move |y| (z, y))) {
                let row = (z * cells + y) * cells;
                let xs = around(at(0), cells);
                let birds = self.sorted.start[row + xs.start] as usize..self.sorted.start[row + xs.end] as usize;
                for index in birds {
                    for (middle, list) in middle.iter_mut().zip(&self.sorted.place) {
                        *middle += list[index];
                    }
                    count += 1.0;
                }
            }
            let [_, _, _, speed @ ..] = predator;
            let mut speed = *speed;
            if count > 0.0 {
                for axis in 0..3 {
                    speed[axis] += (middle[axis] / count - predator[axis]) * 2.0 * self.rules.dt;
                }
            }
            let len = (speed[0] * speed[0] + speed[1] * speed[1] + speed[2] * speed[2]).sqrt().max(1e-6);
            for axis in 0..3 {
                let moved = speed[axis] / len * fastest;
                predator[3 + axis] = moved;
                predator[axis] = crate::forces::wrapped(predator[axis] + moved * self.rules.dt, side);
            }
        }
    }
}

/// So many pieces with as many birds in each, as nearly as rows of cells allow.
fn pieces<'a>(birds: Part<'a>, start: &[u32], cells: usize, count: usize) -> Vec<Piece<'a>> {
    let (mut rest, mut row) = (birds, 0);
    let total = start[cells * cells * cells] as usize;
    let piece = |index: usize| {
        let wanted = (total * (index + 1) / count) as u32;
        let end = (row..cells * cells).find(|row| start[row * cells] >= wanted).unwrap_or(cells * cells);
        let end = if index + 1 == count { cells * cells } else { end };
        let len = (start[end * cells] - start[row * cells]) as usize;
        let (part, others) = std::mem::take(&mut rest).split(len);
        rest = others;
        Piece { rows: std::mem::replace(&mut row, end)..end, part }
    };
    (0..count).map(piece).filter(|piece| !piece.rows.is_empty()).collect()
}

/// The cells next to one, as far as the world goes.
fn around(cell: usize, cells: usize) -> std::ops::Range<usize> {
    cell.saturating_sub(1)..(cell + 2).min(cells)
}

/// Runs something on a thread of its own, or at once where there is but one.
pub(crate) fn on_another<'scope>(
    scope: &'scope std::thread::Scope<'scope, '_>,
    threads: usize,
    work: impl FnOnce() + Send + 'scope,
) {
    if threads == 1 {
        work();
    } else {
        scope.spawn(work);
    }
}
