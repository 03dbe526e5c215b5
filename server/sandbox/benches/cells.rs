//! What a cell costs beside a thread of the server, how soon one that is lost is replaced, and whether many that are killed
//! leave anything behind. This program is its own cell.
//!
//! `INOS_BENCH_KILLS` says how many are killed (200).
#![allow(missing_docs)]

use std::{
    fs, io,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use criterion::{Criterion, Throughput};
use inos_arena::Arena;
use inos_sandbox::{Fence, Lane, Options};
use inos_unit::{
    Call, Determinism, Fault, Host, Method, Price, Reading, Spec, Unit,
    testing::{Quiet, run},
};

const MEMORY_MAX: u64 = 1 << 30;

/// Gives back what it got, or ends its process.
struct Echo(Spec);

impl Echo {
    fn new() -> Self {
        let method = |name| Method {
            name,
            summary: "",
            params: serde_json::json!({}),
            inputs: (0, 1),
            input_media: &["*/*"],
            input_bytes_max: 1 << 30,
            reading: Reading::Whole,
            output_media: &["application/octet-stream"],
            output_bytes_max: 1 << 30,
            determinism: Determinism::Bitwise,
            price: Price { base: 0, per_kib_in: 0, per_kib_out: 0, per_cpu_ms: 0 },
            inline_bytes_max: None,
            timeout_ms: 60_000,
            heartbeat_ms: None,
            gives_secret: false,
            held_key: None,
        };
        let methods = vec![method("echo"), method("abort")];
        Self(Spec { lane: inos_unit::Lane::Cells, name: "echo", version: "1", summary: "", methods })
    }
}

impl Unit for Echo {
    fn spec(&self) -> &Spec {
        &self.0
    }

    fn run(&self, call: &mut Call<'_>, _: &dyn Host) -> Result<(), Fault> {
        if call.method == "abort" {
            std::process::abort();
        }
        let bytes = call.inputs.get(0)?.bytes()?;
        call.output.write(&bytes)
    }
}

fn cell(server: &str) -> io::Result<()> {
    let server = server.parse().map_err(io::Error::other)?;
    inos_sandbox::cell::serve(vec![Arc::new(Echo::new())], Fence { memory_max: MEMORY_MAX, weak: false }, server)
}

fn lane() -> Lane {
    let options = inos_arena::Options { bytes: 1 << 28, account_bytes_max: 1 << 27, spool_dir: std::env::temp_dir() };
    let arena = Arena::create(options).expect("an arena");
    let options = Options { cells_max: 2, memory_max: MEMORY_MAX };
    let begin = || {
        let mut command = Command::new("/proc/self/exe");
        command.args(["cell", &std::process::id().to_string()]);
        Ok(command)
    };
    Lane::start(arena, options, || {}, begin).expect("a lane")
}

/// One job.
fn ask(unit: &dyn Unit, method: &str, input: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Fault> {
    run(unit, method, Default::default(), &[input], 1 << 20, &Quiet::default())
}

/// Loses a cell, and says how long it takes until another has done a job.
fn lose(unit: &dyn Unit) -> Duration {
    assert!(matches!(ask(unit, "abort", b""), Err(Fault::Lost(_))), "a cell is lost");
    let begun = Instant::now();
    ask(unit, "echo", b"x").expect("the next job runs");
    begun.elapsed()
}

/// A job of a thread and of a cell that is warm: the goal is at most 100 us between them for 1 KiB.
fn beside(criterion: &mut Criterion, celled: &dyn Unit) {
    let bare = Echo::new();
    for len in [1 << 10, 1 << 20] {
        let mut group = criterion.benchmark_group(format!("{} KiB there and back", len >> 10));
        group.throughput(Throughput::Bytes(len as u64));
        let input = vec![7; len];
        group.bench_function("thread", |bench| bench.iter(|| ask(&bare, "echo", &input)));
        group.bench_function("warm cell", |bench| bench.iter(|| ask(celled, "echo", &input)));
    }
}

/// What this process holds: descriptors, threads, resident bytes.
fn held() -> io::Result<(usize, usize, u64)> {
    let count = |of: &str| Ok::<_, io::Error>(fs::read_dir(format!("/proc/self/{of}"))?.count());
    let statm = fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    Ok((count("fd")?, count("task")?, pages * 4096))
}

/// Kills many: nothing of them is to be left. A new one is to be at work within 150 ms.
fn kills(unit: &dyn Unit) -> io::Result<()> {
    let count: usize = std::env::var("INOS_BENCH_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(200);
    // The first ones make what stays.
    for _ in 0..20 {
        lose(unit);
    }
    let before = held()?;
    let mut took: Vec<Duration> = (0..count).map(|_| lose(unit)).collect();
    let after = held()?;
    took.sort_unstable();
    let at = |share: f64| took.get((count as f64 * share) as usize).copied().unwrap_or_default();
    println!("after a kill, the next job is done in: p50 {:?}, p99 {:?}, most {:?}", at(0.5), at(0.99), at(0.999_999));
    println!("descriptors, threads, resident bytes before {count} kills: {before:?}, after: {after:?}");
    Ok(())
}

fn main() -> io::Result<()> {
    let args: Vec<String> = std::env::args().collect();
    if let [_, what, server] = &args[..]
        && what == "cell"
    {
        return cell(server);
    }
    let lane = lane();
    let celled = lane.of(Arc::new(Echo::new()));
    let mut criterion = Criterion::default().configure_from_args();
    beside(&mut criterion, &*celled);
    criterion.final_summary();
    kills(&*celled)
}
