//! The usual and the slowest wakes, in turns with bare peers in one run; prints a table and the ratios.
#![allow(missing_docs)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use self::common::{Bare, epochs, region, say};

mod common;

/// Rounds that count, after a tenth as many that do not.
const ROUNDS: [u64; 3] = [12_000, 1_000, 200_000];
/// Longer than any look before falling asleep.
const SETTLE: Duration = Duration::from_micros(120);
const SETTLE_MANY: Duration = Duration::from_micros(800);
const MANY: u64 = 64;

/// One way to wake others.
struct Way {
    name: &'static str,
    say: Box<dyn Fn() + Send + Sync>,
    /// Waits for what is said in one round.
    hear: Box<dyn Fn(u64) + Send + Sync>,
}

impl Way {
    fn new(
        name: &'static str,
        say: impl Fn() + Send + Sync + 'static,
        hear: impl Fn(u64) + Send + Sync + 'static,
    ) -> Way {
        Way { name, say: Box::new(say), hear: Box::new(hear) }
    }

    fn bare_futex() -> Way {
        let word = Arc::new(Bare::default());
        let of_sayer = word.clone();
        Way::new("bare futex", move || of_sayer.say(i32::MAX as u32), move |round| word.hear(round))
    }

    fn bare_spin() -> Way {
        let word = Arc::new(Bare::default());
        let of_sayer = word.clone();
        Way::new("bare spin", move || of_sayer.show(), move |round| word.look(round))
    }

    fn region() -> Way {
        let region = region();
        let (of_sayer, first) = (region.clone(), region.epoch());
        let hear = move |round| {
            region.wait(first + round, None);
        };
        Way::new("region", move || say(&of_sayer), hear)
    }

    fn epoch() -> Way {
        let [epoch] = epochs();
        let (of_sayer, first) = (epoch.clone(), epoch.value());
        let say = move || {
            of_sayer.advance();
        };
        let hear = move |round| {
            epoch.wait(first + round, None);
        };
        Way::new("epoch", say, hear)
    }
}

/// Threads that wait for one way, round after round.
struct Sleepers {
    way: Way,
    count: u64,
    waiting: AtomicU64,
    running: AtomicU64,
    /// When the last of them ran, in nanoseconds.
    ran_at: AtomicU64,
    all_ran: Bare,
}

impl Sleepers {
    fn new(way: Way, count: u64) -> Sleepers {
        let [waiting, running, ran_at] = Default::default();
        Sleepers { way, count, waiting, running, ran_at, all_ran: Bare::default() }
    }

    fn sleep(&self, rounds: u64, origin: Instant) {
        for round in 0..rounds {
            self.waiting.fetch_add(1, Ordering::SeqCst);
            (self.way.hear)(round);
            if self.running.fetch_add(1, Ordering::SeqCst) + 1 == self.count * (round + 1) {
                self.ran_at.store(origin.elapsed().as_nanos() as u64, Ordering::SeqCst);
                self.all_ran.say(1);
            }
        }
    }

    /// How many nanoseconds it takes until all run.
    fn wake(&self, round: u64, settle: Duration, origin: Instant) -> u64 {
        while self.waiting.load(Ordering::SeqCst) != self.count * (round + 1) {
            thread::yield_now();
        }
        thread::sleep(settle);
        let begun = origin.elapsed().as_nanos() as u64;
        (self.way.say)();
        self.all_ran.hear(round);
        self.ran_at.load(Ordering::SeqCst) - begun
    }
}

/// From saying to the last of `count` sleepers running, for each way in turns.
fn asleep(rounds: u64, count: u64, settle: Duration) -> Vec<Tail> {
    let all = [Way::bare_futex(), Way::region(), Way::epoch()].map(|way| Sleepers::new(way, count));
    let (origin, warm) = (Instant::now(), rounds / 10);
    let mut tails = all.each_ref().map(|sleepers| Tail::new(sleepers.way.name));
    thread::scope(|scope| {
        for sleepers in &all {
            (0..count).for_each(|_| drop(scope.spawn(|| sleepers.sleep(warm + rounds, origin))));
        }
        for round in 0..warm + rounds {
            for (sleepers, tail) in all.iter().zip(&mut tails) {
                let took = sleepers.wake(round, settle, origin);
                tail.note(took, round >= warm);
            }
        }
    });
    tails.into()
}

/// Two threads that take turns, there and back, a stretch of each way after the other.
fn awake(rounds: u64) -> Vec<Tail> {
    const STRETCHES: u64 = 10;
    let ways: [fn() -> Way; 4] = [Way::bare_spin, Way::region, Way::epoch, Way::bare_futex];
    let mut tails = ways.map(|way| Tail::new(way().name));
    let stretch = rounds / STRETCHES;
    for _ in 0..STRETCHES {
        for (way, tail) in ways.iter().zip(&mut tails) {
            // Sleeping takes fifty times as long, and is here for its order of magnitude alone.
            let rounds = if tail.name == "bare futex" { stretch / 50 } else { stretch };
            take_turns(way(), way(), rounds, tail);
        }
    }
    tails.into()
}

fn take_turns(there: Way, back: Way, rounds: u64, tail: &mut Tail) {
    let warm = rounds / 10;
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..warm + rounds {
                (there.hear)(round);
                (back.say)();
            }
        });
        for round in 0..warm + rounds {
            let begun = Instant::now();
            (there.say)();
            (back.hear)(round);
            tail.note(begun.elapsed().as_nanos() as u64, round >= warm);
        }
    });
}

/// How long each wake of one way took, in nanoseconds.
struct Tail {
    name: &'static str,
    took: Vec<u64>,
}

impl Tail {
    fn new(name: &'static str) -> Tail {
        Tail { name, took: Vec::new() }
    }

    fn note(&mut self, took: u64, counts: bool) {
        if counts {
            self.took.push(took);
        }
    }

    /// What so many of a hundred wakes stay below; the tail is sorted.
    fn at(&self, percent: usize) -> f64 {
        self.took[(self.took.len() * percent / 100).min(self.took.len() - 1)] as f64
    }
}

/// Prints the tails, and how each stands to the first.
fn print(title: &str, mut tails: Vec<Tail>) {
    tails.iter_mut().for_each(|tail| tail.took.sort_unstable());
    println!("\n{title:<28} {:>10} {:>10} {:>9} {:>9}", "p50 µs", "p99 µs", "ratio p50", "ratio p99");
    for tail in &tails {
        let [half, most] = [50, 99].map(|percent| tail.at(percent));
        let [of_half, of_most] = [half / tails[0].at(50), most / tails[0].at(99)];
        let name = tail.name;
        println!("  {name:<26} {:>10.3} {:>10.3} {of_half:>9.2} {of_most:>9.2}", half / 1e3, most / 1e3);
    }
}

fn main() {
    // `cargo test --benches` only wants to know that it runs.
    let is_test = std::env::args().any(|argument| argument == "--test");
    let [one, many, turns] = if is_test { [10, 10, 1000] } else { ROUNDS };
    print("wake one", asleep(one, 1, SETTLE));
    print("wake 64", asleep(many, MANY, SETTLE_MANY));
    print("wake one, spinning, and back", awake(turns));
}
