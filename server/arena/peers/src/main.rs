//! Our regions beside iceoryx2, in turns in one run: waking who sleeps, taking turns, and 64 bytes to who looks for them.
//!
//! Each end has its thread, its node and its ports, as if it were a process of its own; `attached` is a region that is read
//! through a mapping of its own, as other processes do. Prints a table and how ours stand to theirs.
//!
//! `cargo run --release --locked --manifest-path server/arena/peers/Cargo.toml`

mod ends;

use std::error::Error;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use self::ends::{End, Regions, events, pubsub};

/// What makes the two ends of one way to talk; made on the thread that uses it.
type Ends<'a> = &'a (dyn Fn(usize) -> Result<End, Box<dyn Error>> + Sync);

/// Longer than anybody of these looks before it sleeps.
const SETTLE: Duration = Duration::from_micros(150);
/// How often each way has its turn.
const STRETCHES: u64 = 10;

fn main() {
    iceoryx2::prelude::set_log_level(iceoryx2::prelude::LogLevel::Error);
    let regions = Regions::default();
    let waiting = |side| Ok(regions.waiting(side));
    let attached = |side| regions.attached(side);
    let looking = |side| Ok(regions.looking(side));
    let ways: [(&str, Ends<'_>); 3] =
        [("iceoryx2 event", &events), ("region", &waiting), ("region, attached", &attached)];
    print("wake who sleeps", &ways, |ends, tail| wake(ends, 500, tail));
    print("wait in turns, and back", &ways, |ends, tail| take_turns(ends, 2_000, tail));
    let ways: [(&str, Ends<'_>); 2] = [("iceoryx2 publish", &pubsub), ("region", &looking)];
    print("64 B to who looks, and back", &ways, |ends, tail| take_turns(ends, 50_000, tail));
}

/// From saying to the sleeper running, in nanoseconds.
fn wake(ends: Ends<'_>, rounds: u64, tail: &mut Vec<u64>) {
    let (ready, origin, ran_at) = (Barrier::new(2), Instant::now(), AtomicU64::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut end = ends(1).expect("the second end");
            ready.wait();
            for _ in 0..rounds {
                (end.hear)();
                ran_at.store(origin.elapsed().as_nanos() as u64, Ordering::SeqCst);
            }
        });
        let mut end = ends(0).expect("the first end");
        ready.wait();
        for _ in 0..rounds {
            thread::sleep(SETTLE);
            let begun = origin.elapsed().as_nanos() as u64;
            (end.say)();
            while ran_at.load(Ordering::SeqCst) < begun {
                thread::yield_now();
            }
            tail.push(ran_at.load(Ordering::SeqCst) - begun);
        }
    });
}

/// There and back between two threads, in nanoseconds.
fn take_turns(ends: Ends<'_>, rounds: u64, tail: &mut Vec<u64>) {
    // A waiter to whom looking was in vain before tries it again within 256 waits.
    let (ready, warm) = (Barrier::new(2), 300 + rounds / 10);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut end = ends(1).expect("the second end");
            ready.wait();
            for _ in 0..warm + rounds {
                (end.hear)();
                (end.say)();
            }
        });
        let mut end = ends(0).expect("the first end");
        ready.wait();
        for round in 0..warm + rounds {
            let begun = Instant::now();
            (end.say)();
            (end.hear)();
            if round >= warm {
                tail.push(begun.elapsed().as_nanos() as u64);
            }
        }
    });
}

/// Measures all ways in turns and prints them, and how each stands to the first.
fn print(title: &str, ways: &[(&str, Ends<'_>)], measure: impl Fn(Ends<'_>, &mut Vec<u64>)) {
    let mut tails = vec![Vec::new(); ways.len()];
    for _ in 0..STRETCHES {
        ways.iter().zip(&mut tails).for_each(|((_, ends), tail)| measure(*ends, tail));
    }
    println!("\n{title:<28} {:>10} {:>10} {:>9} {:>9}", "p50 µs", "p99 µs", "ratio p50", "ratio p99");
    let at = |tail: &[u64], percent: usize| tail[tail.len() * percent / 100] as f64;
    tails.iter_mut().for_each(|tail| tail.sort_unstable());
    for ((name, _), tail) in ways.iter().zip(&tails) {
        let [half, most] = [50, 99].map(|percent| at(tail, percent));
        let [of_half, of_most] = [half / at(&tails[0], 50), most / at(&tails[0], 99)];
        println!("  {name:<26} {:>10.3} {:>10.3} {of_half:>9.2} {of_most:>9.2}", half / 1e3, most / 1e3);
    }
}
