//! How long a step takes, for flocks of several sizes on one and on two threads; with `INOS_BENCH_PYTHON`, a Python that has
//! numpy and numba, beside a grid with the same rules and density (`peer.py`), by turns in one run: read the ratio.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use inos_boids::Boids;
use inos_unit::{Host, Params, testing};
use serde_json::json;

/// How often ours and the peer's steps are measured by turns.
const ROUNDS: usize = 5;
/// Steps before those that count: birds are sorted, tables made, threads woken.
const WARM: usize = 5;

/// A host with so many threads that writes down when each step ended.
struct Watch {
    threads: usize,
    ends: Mutex<Vec<Instant>>,
}

impl Host for Watch {
    fn cancelled(&self) -> bool {
        false
    }

    fn progress(&self, _: u64, _: u64) {
        self.ends.lock().expect("nobody panics with it").push(Instant::now());
    }

    fn log(&self, _: &str) {}

    fn emit(&self, _: &[u8]) {}

    fn threads(&self) -> usize {
        self.threads
    }
}

/// How long each of so many steps takes.
fn ours(count: u32, steps: usize, threads: usize) -> Vec<Duration> {
    let params: Params = serde_json::from_value(
        json!({ "count": count, "steps": WARM + steps, "edge": "bounce", "output": "statistics" }),
    )
    .expect("an object");
    let watch = Watch { threads, ends: Mutex::default() };
    let outputs = testing::run(&Boids::new(), "simulate", params, &[], 1, &watch).expect("the rules are right");
    assert_eq!(outputs.len(), 1);
    let ends = watch.ends.into_inner().expect("nobody panics with it");
    ends[WARM - 1..].windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// The grid in numba, which stays compiled from one question to the next.
struct Peer {
    process: Child,
    asks: ChildStdin,
    says: BufReader<ChildStdout>,
}

impl Peer {
    fn start() -> Option<Self> {
        let python = std::env::var_os("INOS_BENCH_PYTHON")?;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peer.py");
        let mut process = Command::new(python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the Python of INOS_BENCH_PYTHON runs");
        let asks = process.stdin.take().expect("it is piped");
        let says = BufReader::new(process.stdout.take().expect("it is piped"));
        Some(Self { process, asks, says })
    }

    fn steps(&mut self, count: u32, steps: usize, threads: usize) -> Vec<Duration> {
        writeln!(self.asks, "{count} {threads} {WARM} {steps}").expect("the peer listens");
        let mut line = String::new();
        self.says.read_line(&mut line).expect("the peer answers");
        let seconds = line.split_whitespace().map(|word| word.parse().expect("the peer says seconds"));
        let steps: Vec<Duration> = seconds.map(Duration::from_secs_f64).collect();
        assert!(!steps.is_empty(), "the peer has ended: does its Python have numba?");
        steps
    }

    fn stop(self) {
        let Self { mut process, asks, .. } = self;
        drop(asks);
        process.wait().expect("the peer ends with its input");
    }
}

/// The shortest and the median, in milliseconds.
fn told(mut steps: Vec<Duration>) -> (f64, f64) {
    steps.sort();
    (steps[0].as_secs_f64() * 1e3, steps[steps.len() / 2].as_secs_f64() * 1e3)
}

fn main() {
    let mut peer = Peer::start();
    if peer.is_none() {
        println!("without INOS_BENCH_PYTHON there is no peer");
    }
    for (count, steps) in [(1000, 200), (10_000, 60), (100_000, 12), (1_000_000, 2)] {
        for threads in [1, 2] {
            let (mut own, mut others) = (Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                own.extend(ours(count, steps, threads));
                others.extend(peer.iter_mut().flat_map(|peer| peer.steps(count, steps, threads)));
            }
            let (least, median) = told(own);
            print!("{count:>9} birds, {threads} threads: {median:8.3} ms a step (at best {least:.3})");
            if !others.is_empty() {
                let (other_least, other_median) = told(others);
                print!(
                    ", numba {other_median:8.3} ({other_least:.3}): {:.2} times as fast (at best {:.2})",
                    other_median / median,
                    other_least / least
                );
            }
            println!();
        }
    }
    if let Some(peer) = peer {
        peer.stop();
    }
}
