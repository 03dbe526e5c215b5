//! From publishing to running on, beside the bare futexes that it is made of.
#![allow(missing_docs)]

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use inos_arena::{Arena, Change, Form, Options, Quota, Region, Regions};
use rustix::thread::futex::{self, Flags};

fn arena() -> Arena {
    let spool_dir = std::env::temp_dir();
    Arena::create(Options { bytes: 4 << 20, account_bytes_max: 4 << 20, spool_dir }).expect("an arena")
}

fn region() -> Region {
    let form = Form { bytes_max: 4096, first_epoch: 1, quota: Quota::new(1 << 20) };
    Regions::default().create(form, &[7; 64]).expect("a region")
}

fn say(region: &Region) {
    region.write().publish(Change::Parts(&[(0, b"x")])).expect("an epoch");
}

/// A word that threads sleep on, without anything of ours.
#[derive(Default)]
struct Bare(AtomicU32);

impl Bare {
    fn say(&self, sleepers: u32) {
        self.0.fetch_add(1, Ordering::SeqCst);
        futex::wake(&self.0, Flags::empty(), sleepers).expect("a word can be woken");
    }

    fn hear(&self, seen: u64) {
        while self.0.load(Ordering::SeqCst) == seen as u32 {
            // Whatever ended the sleep, the word is looked at again.
            let _ = futex::wait(&self.0, Flags::empty(), seen as u32, None);
        }
    }
}

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

/// To be at most 1.2 times a bare futex between the same two threads.
fn two(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("wake one, there and back");
    group.bench_function("bare futex", |bench| {
        bench.iter_custom(|count| {
            let words = [Bare::default(), Bare::default()];
            turns(count, |side| words[side].say(1), |side, turn| words[side].hear(turn))
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
    let arena = arena();
    let epochs = [arena.epoch(64), arena.epoch(65)];
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
    let arena = arena();
    let epoch = arena.epoch(64);
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
