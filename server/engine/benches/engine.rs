//! The engine alone: jobs per second with a unit that does nothing, and how long a job takes from its offer to its
//! start beside a bare wake of a parked thread in the same run. Prints one line per figure; asserts nothing.

use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use inos_arena::Arena;
use inos_engine::{Control, Engine, Entry, Feed, Options, Task};
use inos_protocols::{Hash, JobId, job::Params};
use inos_unit::{Call, Determinism, Fault, Host, Method, Price, Reading, Spec, Unit};

static EPOCH: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
static ENDED: AtomicU64 = AtomicU64::new(0);
static STARTED_NS: AtomicU64 = AtomicU64::new(0);
static GO: AtomicBool = AtomicBool::new(false);

struct Bench(Spec);

impl Unit for Bench {
    fn spec(&self) -> &Spec {
        &self.0
    }

    fn run(&self, call: &mut Call<'_>, _: &dyn Host) -> Result<(), Fault> {
        match call.method {
            "noop" => Ok(()),
            "mark" => {
                STARTED_NS.store(now_ns(), SeqCst);
                Ok(())
            }
            "hold" => {
                while !GO.load(SeqCst) {
                    std::hint::spin_loop();
                }
                Ok(())
            }
            _ => {
                let hash = call.inputs.get(0)?.blake3()?.finalize();
                call.output.expect(32)?;
                call.output.write(hash.as_bytes())
            }
        }
    }
}

fn method(name: &'static str) -> Method {
    Method {
        name,
        summary: "Measured.",
        params: serde_json::json!({ "type": "object" }),
        inputs: (0, 1),
        input_media: &["*/*"],
        input_bytes_max: 1 << 40,
        reading: Reading::Chunks,
        output_media: &["application/octet-stream"],
        output_bytes_max: 1 << 20,
        determinism: Determinism::Bitwise,
        price: Price { base: 0, per_kib_in: 0, per_kib_out: 0, per_cpu_ms: 0 },
        inline_bytes_max: Some(1 << 14),
        timeout_ms: 60_000,
        heartbeat_ms: None,
        gives_secret: false,
        held_key: None,
    }
}

fn now_ns() -> u64 {
    EPOCH.elapsed().as_nanos() as u64
}

/// What all threads of this process have worked; a busy machine changes it less than the clock.
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn engine(workers: usize) -> Engine {
    let arena = inos_arena::Options { bytes: 256 << 20, account_bytes_max: 128 << 20, spool_dir: std::env::temp_dir() };
    let spec = Spec {
        lane: inos_unit::Lane::Threads,
        name: "bench",
        version: "1",
        summary: "Measured.",
        methods: ["noop", "mark", "hold", "hash"].map(method).to_vec(),
    };
    let options = Options {
        workers,
        queue_len_max: 1 << 20,
        account_queue_len_max: 1 << 20,
        sessions_max: 0,
        account_sessions_max: 0,
        stop_grace: Duration::from_secs(2),
    };
    let arena = Arena::create(arena).expect("an arena can be made");
    Engine::start(vec![Arc::new(Bench(spec))], None, arena, options).expect("the engine starts")
}

fn entry(engine: &Engine, method: &str) -> Arc<Entry> {
    engine.catalogue().find("bench", method).expect("the method is there")
}

fn task(entry: &Arc<Entry>, number: u64, inputs: Vec<Feed>) -> Task {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&number.to_le_bytes());
    Task {
        id: JobId::from_bytes(id),
        account: number % 4,
        weight: 1,
        priority: 100,
        entry: Arc::clone(entry),
        params: Params::new(),
        key: None,
        inputs,
        deadline: *EPOCH + Duration::from_secs(3_600),
        begin_by: None,
        session: None,
        timeout: Duration::from_secs(60),
        cost: 1,
        control: Arc::new(Control::new()),
        done: Box::new(|outcome| {
            black_box(&outcome);
            ENDED.fetch_add(1, SeqCst);
        }),
    }
}

/// What BLAKE3 of 1 KiB costs at this moment in processor time: the measure of how busy the machine is.
fn bare_hash() -> u64 {
    let (input, worked) = ([7_u8; 1_024], processor_time());
    for _ in 0..50_000 {
        black_box(Hash::of(black_box(&input)));
    }
    (processor_time() - worked).as_nanos() as u64 / 50_000
}

fn throughput(workers: usize, batch: u64, window: u64, jobs: u64) {
    let engine = engine(workers);
    let entry = entry(&engine, "noop");
    ENDED.store(0, SeqCst);
    let (start, worked) = (Instant::now(), processor_time());
    let mut sent = 0;
    while sent < jobs {
        while sent - ENDED.load(SeqCst) > window - batch {
            thread::park_timeout(Duration::from_micros(50));
        }
        let tasks = (sent..sent + batch).map(|number| task(&entry, number, Vec::new())).collect();
        assert!(engine.offer(tasks).is_empty());
        sent += batch;
    }
    while ENDED.load(SeqCst) < sent {
        thread::park_timeout(Duration::from_micros(50));
    }
    let rate = sent as f64 / start.elapsed().as_secs_f64();
    let each = (processor_time() - worked).as_nanos() as u64 / sent;
    let hash = bare_hash();
    println!(
        "noop, {workers} workers, {batch} an offer: {rate:.0} jobs/s, {each} ns of processor time each \
         (BLAKE3 of 1 KiB now: {hash} ns)"
    );
}

fn report(name: &str, mut ns: Vec<u64>) {
    ns.sort_unstable();
    let at = |share: f64| ns[((ns.len() - 1) as f64 * share) as usize] as f64 / 1_000.0;
    println!("{name}: p50 {:.2} us, p90 {:.2} us, p99 {:.2} us", at(0.5), at(0.9), at(0.99));
}

/// The engine's parked worker and a bare parked thread, woken in turns.
fn wake(rounds: u64) {
    let engine = engine(1);
    let mark = entry(&engine, "mark");
    let bare_ns = Arc::new(AtomicU64::new(0));
    let (kept, stop) = (Arc::clone(&bare_ns), Arc::new(AtomicBool::new(false)));
    let stopped = Arc::clone(&stop);
    let bare = thread::spawn(move || {
        while !stopped.load(SeqCst) {
            thread::park();
            kept.store(now_ns(), SeqCst);
        }
    });
    let (mut of_engine, mut of_bare) = (Vec::new(), Vec::new());
    let wait = |started: &AtomicU64, since: u64| loop {
        let ns = started.load(SeqCst);
        if ns > since {
            return ns - since;
        }
        thread::yield_now();
    };
    for round in 0..rounds {
        thread::sleep(Duration::from_micros(300));
        let since = now_ns();
        bare.thread().unpark();
        of_bare.push(wait(&bare_ns, since));
        thread::sleep(Duration::from_micros(300));
        let tasks = vec![task(&mark, round, Vec::new())];
        let since = now_ns();
        engine.offer(tasks);
        of_engine.push(wait(&STARTED_NS, since));
    }
    stop.store(true, SeqCst);
    bare.thread().unpark();
    drop(bare.join());
    report("bare wake of a parked thread", of_bare);
    report("offer to start, worker parked", of_engine);
}

/// From an offer to the start on a worker that runs something else until that moment.
fn running(rounds: u64) {
    let engine = engine(1);
    let (mark, hold) = (entry(&engine, "mark"), entry(&engine, "hold"));
    let mut times = Vec::new();
    for round in 0..rounds {
        GO.store(false, SeqCst);
        let holding = task(&hold, 2 * round, Vec::new());
        let begun = Arc::clone(&holding.control);
        engine.offer(vec![holding]);
        while !begun.begun() {
            thread::yield_now();
        }
        let tasks = vec![task(&mark, 2 * round + 1, Vec::new())];
        let since = now_ns();
        engine.offer(tasks);
        GO.store(true, SeqCst);
        while STARTED_NS.load(SeqCst) < since {
            std::hint::spin_loop();
        }
        times.push(STARTED_NS.load(SeqCst) - since);
    }
    report("offer to start, worker running", times);
}

fn here(rounds: u64) {
    let engine = engine(1);
    let input = bytes::Bytes::from(vec![7_u8; 1_024]);
    for name in ["noop", "hash"] {
        let entry = entry(&engine, name);
        let worked = processor_time();
        for round in 0..rounds {
            let feed = Feed::Bytes { bytes: input.clone(), hash: Some(Hash([0; 32])) };
            drop(black_box(engine.run_here(task(&entry, round, vec![feed]))));
        }
        let each = (processor_time() - worked).as_nanos() as u64 / rounds;
        println!("run_here {name} of 1 KiB: {each} ns (bare BLAKE3 {} ns)", bare_hash());
    }
}

fn main() {
    std::sync::LazyLock::force(&EPOCH);
    let wanted = |part: &str| std::env::args().skip(1).all(|other| other.starts_with('-') || other == part);
    for (workers, batch) in [(1, 1), (1, 64), (1, 256), (2, 64), (2, 256)] {
        if wanted("throughput") {
            throughput(workers, batch, 8_192, 2_000_000);
        }
    }
    if wanted("start") {
        wake(2_000);
        running(20_000);
    }
    if wanted("here") {
        here(500_000);
    }
}
