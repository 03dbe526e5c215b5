//! Products of f32 in the vectors of AVX-512. Both factors are arranged in panels first, which are read from the front to the end:
//! of the one on the right 32 columns each, of the one on the left 14 rows at most. That many sums, 28 registers, stay where they are
//! while two panels go by.
//!
//! No sum is split between threads, so that their number does not show in the bytes.

use std::arch::x86_64::__m512;
use std::cell::Cell;
use std::sync::atomic::{
    AtomicBool, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
use std::sync::{Mutex, PoisonError};
use std::thread::Thread;
use std::time::Duration;

use inos_unit::{Fault, Host};
use pulp::bytemuck::{Zeroable, cast_slice};
use pulp::x86::V4;
use pulp::{NullaryFnOnce, cast};

use crate::matmul::Sides;

/// Columns of a panel: two registers.
const WIDTH: usize = 32;
/// The most rows of a panel.
const HEIGHT: usize = 14;
/// Rows or columns of a square that is turned at once.
const SQUARE: usize = 16;
/// The most rows of a band, and how deep it goes at a time: so much of the left lies in the second cache of a core.
const BAND: usize = 8 * HEIGHT;
const DEPTH: usize = 512;
/// Factors with a shorter side are not worth arranging.
const SIDE_MIN: usize = 64;
/// The largest factor on the right, in numbers, that is arranged beside itself; and the largest whose room is kept for the next.
const RIGHT_MAX: usize = 1 << 24;
const KEPT_MAX: usize = 1 << 21;
/// A factor on the right with fewer numbers is arranged before another thread is awake.
const ALONE_MAX: usize = 1 << 19;
/// How many multiplications are done between two looks at the host: about half a millisecond.
const CHECK_WORK: usize = 1 << 26;
/// How often a thread for which no part is left looks at the host, while others work on theirs.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// Where factors are arranged. To get so much memory from the system takes as long as a tenth of a product.
#[derive(Default)]
struct Room {
    left: Vec<__m512>,
    right: Vec<Right>,
}

/// One row of a panel on the right.
type Right = [__m512; WIDTH / 16];

thread_local! {
    static ROOM: Cell<Room> = Cell::default();
}

/// Has `c` be the product of `a` and `b`, if this processor has these vectors and the sides are long enough.
pub(crate) fn product(
    sides: Sides,
    (a, b): (&[f32], &[f32]),
    c: &mut [f32],
    threads: usize,
    host: &dyn Host,
) -> Option<Result<(), Fault>> {
    let Sides { rows, inner, columns } = sides;
    let len = columns.next_multiple_of(WIDTH) * inner;
    if rows.min(inner).min(columns) < SIDE_MIN || len > RIGHT_MAX {
        return None;
    }
    let simd = V4::try_new()?;
    let mut room = ROOM.take();
    let Room { left, right } = &mut room;
    if right.len() < len / WIDTH {
        right.resize(len / WIDTH, Zeroable::zeroed());
    }
    let right = &mut right[..len / WIDTH];
    // As many bands for each thread, all but the last as high, of whole panels.
    let bands = rows.div_ceil(BAND).next_multiple_of(threads);
    let height = rows.div_ceil(bands).next_multiple_of(HEIGHT);
    let (done, total) = (AtomicUsize::new(0), rows.div_ceil(height));
    let arrangers = if len < ALONE_MAX { 1 } else { threads };
    let ended = shared(arrangers, left, right.chunks_mut(inner).enumerate(), host, |(index, into), _, _| {
        simd.vectorize(Arrange { from: b, columns, at: index * WIDTH, into });
    });
    let ended = ended.and_then(|()| {
        let right = &*right;
        let bands = a.chunks(height * inner).zip(c.chunks_mut(height * columns));
        shared(threads, left, bands, host, |(a, c), left, look| {
            simd.vectorize(Band { simd, a, right, c, inner, columns, left, look });
            let done = done.fetch_add(1, Relaxed) + 1;
            look.tell(done as u64, total as u64);
        })
    });
    if room.right.len() * WIDTH <= KEPT_MAX {
        ROOM.set(room);
    }
    Some(ended)
}

/// How a thread learns that it is to stop, and says how far all are: the job's own from the host, others from that one.
struct Look<'l> {
    host: Option<&'l dyn Host>,
    stopped: &'l AtomicBool,
    fault: Cell<Option<Fault>>,
}

impl Look<'_> {
    fn is_stopped(&self) -> bool {
        if let Some(Err(fault)) = self.host.map(|host| host.check()) {
            self.fault.set(Some(fault));
            self.stopped.store(true, Relaxed);
        }
        self.stopped.load(Relaxed)
    }

    fn tell(&self, done: u64, total: u64) {
        if let Some(host) = self.host {
            host.progress(done, total);
        }
    }
}

/// One thread more that works, until this is dropped, also by a panic.
struct Working<'c> {
    count: &'c AtomicUsize,
    /// Whoever waits until none does.
    waits: Thread,
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Release);
        self.waits.unpark();
    }
}

/// Has so many threads take one part after the other, so that nobody waits for one whose core others use too.
fn shared<P: Send>(
    threads: usize,
    left: &mut Vec<__m512>,
    parts: impl Iterator<Item = P> + Send,
    host: &dyn Host,
    work: impl Fn(P, &mut Vec<__m512>, &Look<'_>) + Sync,
) -> Result<(), Fault> {
    let (parts, stopped) = (Mutex::new(parts), AtomicBool::new(false));
    let by_turns = |left: &mut Vec<__m512>, look: &Look<'_>| {
        let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).next();
        while !look.is_stopped()
            && let Some(part) = next()
        {
            work(part, left, look);
        }
    };
    let working = AtomicUsize::new(threads.saturating_sub(1));
    std::thread::scope(|scope| {
        for _ in 1..threads {
            let (by_turns, stopped) = (&by_turns, &stopped);
            let working = Working { count: &working, waits: std::thread::current() };
            scope.spawn(move || {
                let _working = working;
                by_turns(&mut Vec::new(), &Look { host: None, stopped, fault: Cell::default() });
            });
        }
        let look = Look { host: Some(host), stopped: &stopped, fault: Cell::default() };
        by_turns(left, &look);
        // Others may have their last parts yet, and hear of a stop by this thread alone.
        while working.load(Acquire) > 0 && !look.is_stopped() {
            std::thread::park_timeout(LOOK_EVERY);
        }
        look.fault.take().map_or(Ok(()), Err)
    })
}

/// Arranges a panel of the factor on the right; columns behind its last are zero.
struct Arrange<'p> {
    from: &'p [f32],
    columns: usize,
    at: usize,
    into: &'p mut [Right],
}

impl NullaryFnOnce for Arrange<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { from, columns, at, into } = self;
        for (into, row) in into.iter_mut().zip(from.chunks_exact(columns)) {
            let row = &row[at..];
            *into = match row.first_chunk::<WIDTH>() {
                Some(numbers) => cast(*numbers),
                None => {
                    let mut numbers = [0.0_f32; WIDTH];
                    numbers[..row.len()].copy_from_slice(row);
                    cast(numbers)
                }
            };
        }
    }
}

/// Some rows of a product.
struct Band<'p> {
    simd: V4,
    a: &'p [f32],
    right: &'p [Right],
    c: &'p mut [f32],
    inner: usize,
    columns: usize,
    left: &'p mut Vec<__m512>,
    look: &'p Look<'p>,
}

impl NullaryFnOnce for Band<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { simd, a, right, c, inner, columns, left, look } = self;
        let rows = c.len() / columns;
        let panels = rows.div_ceil(HEIGHT);
        let rows_of = |panel: usize| panel * rows / panels..(panel + 1) * rows / panels;
        if left.len() < panels * DEPTH {
            left.resize(panels * DEPTH, Zeroable::zeroed());
        }
        let mut work = 0;
        for begin in (0..inner).step_by(DEPTH) {
            let depth = DEPTH.min(inner - begin);
            for (panel, into) in left.chunks_mut(depth).take(panels).enumerate() {
                let rows = rows_of(panel);
                turn(simd, &a[rows.start * inner..rows.end * inner], inner, begin, into);
            }
            for (index, right) in right.chunks(inner).enumerate() {
                work += rows * depth * WIDTH;
                if work > CHECK_WORK {
                    work = 0;
                    if look.is_stopped() {
                        return;
                    }
                }
                let right = &right[begin..begin + depth];
                for (panel, left) in left.chunks(depth).take(panels).enumerate() {
                    let rows = rows_of(panel);
                    let c = &mut c[rows.start * columns..rows.end * columns];
                    macro_rules! by_height {
                        ($($height:literal)+) => {
                            match rows.len() {
                                $($height => add::<$height>(simd, cast_slice(left), right, c, columns, index * WIDTH, begin > 0),)+
                                _ => {}
                            }
                        };
                    }
                    by_height!(1 2 3 4 5 6 7 8 9 10 11 12 13 14);
                }
            }
        }
    }
}

/// Arranges a panel of the factor on the left: its columns from `begin` on as registers, zero behind the last row.
#[inline(always)]
fn turn(simd: V4, rows: &[f32], inner: usize, begin: usize, into: &mut [__m512]) {
    let avx = simd.avx512f;
    let zeros = [avx._mm512_setzero_ps(); SQUARE];
    macro_rules! pair {
        ($how:ident, $a:expr, $b:expr) => {
            avx._mm512_castpd_ps(avx.$how(avx._mm512_castps_pd($a), avx._mm512_castps_pd($b)))
        };
    }
    let (whole, rest) = into.as_chunks_mut::<SQUARE>();
    let behind = begin + whole.len() * SQUARE;
    for (index, into) in whole.iter_mut().enumerate() {
        let (mut square, mut twos, mut fours) = (zeros, zeros, zeros);
        for (register, row) in square.iter_mut().zip(rows.chunks_exact(inner)) {
            if let Some(numbers) = row[begin + index * SQUARE..].first_chunk::<SQUARE>() {
                *register = cast(*numbers);
            }
        }
        for i in (0..SQUARE).step_by(2) {
            twos[i] = avx._mm512_unpacklo_ps(square[i], square[i + 1]);
            twos[i + 1] = avx._mm512_unpackhi_ps(square[i], square[i + 1]);
        }
        for i in (0..SQUARE).step_by(4) {
            fours[i] = pair!(_mm512_unpacklo_pd, twos[i], twos[i + 2]);
            fours[i + 1] = pair!(_mm512_unpackhi_pd, twos[i], twos[i + 2]);
            fours[i + 2] = pair!(_mm512_unpacklo_pd, twos[i + 1], twos[i + 3]);
            fours[i + 3] = pair!(_mm512_unpackhi_pd, twos[i + 1], twos[i + 3]);
        }
        // The quarters of a register at even places, and those at odd ones.
        const EVEN: i32 = 0x88;
        const ODD: i32 = 0xdd;
        for i in 0..4 {
            let even = avx._mm512_shuffle_f32x4::<EVEN>(fours[i], fours[4 + i]);
            let odd = avx._mm512_shuffle_f32x4::<ODD>(fours[i], fours[4 + i]);
            let more_even = avx._mm512_shuffle_f32x4::<EVEN>(fours[8 + i], fours[12 + i]);
            let more_odd = avx._mm512_shuffle_f32x4::<ODD>(fours[8 + i], fours[12 + i]);
            into[i] = avx._mm512_shuffle_f32x4::<EVEN>(even, more_even);
            into[4 + i] = avx._mm512_shuffle_f32x4::<EVEN>(odd, more_odd);
            into[8 + i] = avx._mm512_shuffle_f32x4::<ODD>(even, more_even);
            into[12 + i] = avx._mm512_shuffle_f32x4::<ODD>(odd, more_odd);
        }
    }
    for (index, into) in rest.iter_mut().enumerate() {
        let mut column = [0.0_f32; SQUARE];
        for (number, row) in column.iter_mut().zip(rows.chunks_exact(inner)) {
            *number = row[behind + index];
        }
        *into = cast(column);
    }
}

/// Has the product of two panels be those columns of `c`, or where `adds` says so, added to them.
#[inline(always)]
fn add<const ROWS: usize>(
    simd: V4,
    left: &[[f32; SQUARE]],
    right: &[Right],
    c: &mut [f32],
    columns: usize,
    at: usize,
    adds: bool,
) {
    let avx = simd.avx512f;
    let mut sums = [[avx._mm512_setzero_ps(); WIDTH / 16]; ROWS];
    for (left, right) in left.iter().zip(right) {
        for (sums, left) in sums.iter_mut().zip(left) {
            let left = avx._mm512_set1_ps(*left);
            sums[0] = avx._mm512_fmadd_ps(left, right[0], sums[0]);
            sums[1] = avx._mm512_fmadd_ps(left, right[1], sums[1]);
        }
    }
    for (sums, row) in sums.iter().zip(c.chunks_exact_mut(columns)) {
        let row = &mut row[at..];
        if let Some(row) = row.first_chunk_mut::<WIDTH>() {
            let mut made = *sums;
            if adds {
                let before: Right = cast(*row);
                made = [avx._mm512_add_ps(before[0], sums[0]), avx._mm512_add_ps(before[1], sums[1])];
            }
            *row = cast(made);
        } else {
            let sums: [f32; WIDTH] = cast(*sums);
            for (number, sum) in row.iter_mut().zip(sums) {
                *number = if adds { *number + sum } else { sum };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use inos_unit::testing::Quiet;

    use super::*;

    /// The asking thread has no part any more when the stop comes: the host is to be looked at more often than it would be
    /// for this thread's own work.
    #[test]
    fn a_stop_is_heard_while_another_thread_has_the_last_part() {
        let host = Quiet { cancel_after: Some(20.into()), ..Quiet::default() };
        let (is_held, is_in_vain) = (AtomicBool::new(false), AtomicBool::new(false));
        let ended = shared(2, &mut Vec::new(), 0..2, &host, |_, _, look| {
            if look.host.is_some() {
                while !is_held.load(Relaxed) {
                    std::thread::yield_now();
                }
                return;
            }
            is_held.store(true, Relaxed);
            let begun = Instant::now();
            while !look.is_stopped() && !is_in_vain.load(Relaxed) {
                is_in_vain.store(begun.elapsed() > Duration::from_secs(60), Relaxed);
                std::thread::yield_now();
            }
        });
        assert_eq!((ended, is_in_vain.into_inner()), (Err(Fault::Cancelled), false));
    }

    #[test]
    fn whoever_has_no_part_waits_for_those_that_have_one() {
        let made = AtomicUsize::new(0);
        shared(3, &mut Vec::new(), 0..9, &Quiet::default(), |_, _, _| {
            std::thread::sleep(Duration::from_millis(2));
            made.fetch_add(1, Relaxed);
        })
        .unwrap();
        assert_eq!(made.into_inner(), 9);
    }
}
