//! From publishing to running on, beside the bare futexes that it is made of.
#![allow(missing_docs)]

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use inos_arena::Region;

use self::common::{Bare, epochs, region, say};

mod common;

/// How long `count` turns of two threads take, each of which says a word and then hears the other's.
fn turns(count: u64, say: impl Fn(usize) + Sync, hear: impl Fn(usize, u64) + Sync) -> Duration {
    thread::scope(|scope| {
        scope.spawn(|| {
            for turn in 0..count {
                hear(0, turn);
                say(1);
            }
        });
        let begun = Instant::now();
        for turn in 0..count {
            say(0);
            hear(1, turn);
        }
        begun.elapsed()
    })
}

/// Who takes turns finds the other awake: to be far below a bare futex, and near to looking without end.
fn two(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("wake one, spinning, there and back");
    group.bench_function("bare futex", |bench| {
        bench.iter_custom(|count| {
            let words = [Bare::default(), Bare::default()];
            turns(count, |side| words[side].say(1), |side, turn| words[side].hear(turn))
        });
    });
    group.bench_function("bare spin", |bench| {
        bench.iter_custom(|count| {
            let words = [Bare::default(), Bare::default()];
            turns(count, |side| words[side].show(), |side, turn| words[side].look(turn))
        });
    });
    let regions = [region(), region()];
    group.bench_function("region", |bench| {
        bench.iter_custom(|count| {
            let from = regions.each_ref().map(Region::epoch);
            turns(
                count,
                |side| say(&regions[side]),
                |side, turn| {
                    regions[side].wait(from[side] + turn, None);
                },
            )
        });
    });
    let epochs = epochs::<2>();
    group.bench_function("epoch", |bench| {
        bench.iter_custom(|count| {
            let from = epochs.each_ref().map(inos_arena::Epoch::value);
            let hear = |side: usize, turn| {
                epochs[side].wait(from[side] + turn, None);
            };
            turns(
                count,
                |side| {
                    epochs[side].advance();
                },
                hear,
            )
        });
    });
    group.finish();
}

/// How many threads sleep on one epoch.
const PARKED: u32 = 64;
/// How long they are given to fall asleep.
const SETTLE: Duration = Duration::from_micros(500);

/// How long it takes, `count` times, to wake all parked threads and to have them all say that they run.
fn fan_out(count: u64, wake: impl Fn(), sleep: impl Fn(u64) + Sync) -> Duration {
    let (ran, parked, all_ran) = (AtomicU32::new(0), AtomicU32::new(0), Bare::default());
    thread::scope(|scope| {
        for _ in 0..PARKED {
            scope.spawn(|| {
                for turn in 0..count {
                    parked.fetch_add(1, Ordering::SeqCst);
                    sleep(turn);
                    if ran.fetch_add(1, Ordering::SeqCst) + 1 == PARKED * (turn as u32 + 1) {
                        all_ran.say(1);
                    }
                }
            });
        }
        let mut took = Duration::ZERO;
        for turn in 0..count {
            while parked.load(Ordering::SeqCst) != PARKED * (turn as u32 + 1) {
                thread::yield_now();
            }
            thread::sleep(SETTLE);
            let begun = Instant::now();
            wake();
            all_ran.hear(turn);
            took += begun.elapsed();
        }
        took
    })
}

/// To be at most 1.2 times a bare futex with as many sleepers.
fn many(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("wake 64 parked threads");
    group.sample_size(20);
    group.bench_function("bare futex", |bench| {
        bench.iter_custom(|count| {
            let word = Bare::default();
            fan_out(count, || word.say(i32::MAX as u32), |turn| word.hear(turn))
        });
    });
    let region = region();
    group.bench_function("region", |bench| {
        bench.iter_custom(|count| {
            let from = region.epoch();
            fan_out(
                count,
                || say(&region),
                |turn| {
                    region.wait(from + turn, None);
                },
            )
        });
    });
    let [epoch] = epochs();
    group.bench_function("epoch", |bench| {
        bench.iter_custom(|count| {
            let from = epoch.value();
            fan_out(
                count,
                || {
                    epoch.advance();
                },
                |turn| {
                    epoch.wait(from + turn, None);
                },
            )
        });
    });
    group.finish();
}

criterion_group!(benches, two, many);
criterion_main!(benches);
