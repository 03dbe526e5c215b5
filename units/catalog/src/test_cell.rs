//! The unit `test_cell`: what `test` does, and what only a process survives, so that tests can watch what becomes of it.
//!
//! Exists only with the feature `test-units`; never part of a release.

use std::time::{Duration, Instant};

use inos_unit::{Call, Fault, Host, Lane, Method, Spec, Unit, schema_of};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::test_unit::{TestUnit, method};

/// What of `test` it does as well.
const AS_BEFORE: &[&str] = &["panic", "spin", "wait", "emit", "tell", "echo", "noop"];

pub(crate) struct TestCell {
    inner: TestUnit,
    spec: Spec,
}

/// Nothing.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// How much memory.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Memory {
    /// How much to take and to write to, in bytes.
    #[schemars(range(min = 0, max = 1_099_511_627_776_u64), example = 1024)]
    bytes: u64,
}

/// How many threads.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Threads {
    /// How many to begin; none of them ever ends.
    #[schemars(range(min = 0, max = 100_000), example = 10)]
    count: usize,
    /// How long to stay then, in milliseconds.
    #[schemars(range(min = 0, max = 600_000), example = 10)]
    ms: u64,
}

/// What to try to reach.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Aim {
    /// A path, a program or an address with its port.
    #[schemars(length(min = 1, max = 4096), example = "/etc/hostname")]
    at: String,
}

impl TestCell {
    pub(crate) fn new() -> Self {
        let inner = TestUnit::new();
        let mut methods: Vec<Method> = AS_BEFORE.iter().filter_map(|name| inner.spec().method(name).cloned()).collect();
        let nothing = schema_of::<Nothing>;
        methods.extend([
            method("abort", "Ends its process.", nothing(), (0, 1)),
            method("overflow", "Calls itself until its stack is used up.", nothing(), (0, 1)),
            method("take", "Takes memory.", schema_of::<Memory>(), (0, 1)),
            method(
                "strew",
                "Takes memory in parts, gives it up, and keeps a little beside each.",
                schema_of::<Memory>(),
                (0, 1),
            ),
            method("begin_threads", "Begins threads and leaves them.", schema_of::<Threads>(), (0, 1)),
            method("read", "Tries to read a file.", schema_of::<Aim>(), (0, 1)),
            method("dial", "Tries to connect.", schema_of::<Aim>(), (0, 1)),
            method("begin", "Tries to begin a program.", schema_of::<Aim>(), (0, 1)),
            method("process", "Says which process runs it.", nothing(), (0, 1)),
        ]);
        let spec = Spec {
            lane: Lane::Cells,
            name: "test_cell",
            version: "1.0.0",
            summary: "Misbehaves in a process of its own.",
            methods,
        };
        Self { inner, spec }
    }
}

impl Unit for TestCell {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn run(&self, call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
        let told = match call.method {
            "abort" => std::process::abort(),
            "overflow" => format!("{}", deeper(1)),
            "take" => take(call.read_params::<Memory>()?.bytes),
            "strew" => strew(call.read_params::<Memory>()?.bytes),
            "begin_threads" => begin_threads(&call.read_params()?, host),
            "read" => said(std::fs::read(call.read_params::<Aim>()?.at).map(|bytes| bytes.len())),
            "dial" => said(std::net::TcpStream::connect(call.read_params::<Aim>()?.at)),
            "begin" => said(std::process::Command::new(call.read_params::<Aim>()?.at).spawn()),
            "process" => std::process::id().to_string(),
            _ => return self.inner.run(call, host),
        };
        call.output.write(told.as_bytes())
    }
}

fn said<T: std::fmt::Debug>(tried: std::io::Result<T>) -> String {
    match tried {
        Ok(got) => format!("done: {got:?}"),
        Err(error) => format!("refused: {error}"),
    }
}

fn deeper(depth: u64) -> u64 {
    let room = std::hint::black_box([depth; 512]);
    if depth == u64::MAX { room[0] } else { deeper(depth + 1) + room[1] % 2 }
}

fn take(bytes: u64) -> String {
    let len = usize::try_from(bytes).unwrap_or(usize::MAX);
    let memory = std::hint::black_box(vec![1_u8; len]);
    format!("{}", memory.len())
}

/// What is freed between blocks that are not can be had again by this process alone, until its allocator is told otherwise.
fn strew(bytes: u64) -> String {
    const BLOCK_LEN: usize = 64 << 10;
    let count = usize::try_from(bytes).unwrap_or(usize::MAX) / BLOCK_LEN;
    let taken: Vec<Vec<u8>> = (0..count)
        .map(|_| {
            let block = std::hint::black_box(vec![1_u8; BLOCK_LEN]);
            std::mem::forget(std::hint::black_box(vec![1_u8; 64]));
            block
        })
        .collect();
    format!("{}", taken.len())
}

fn begin_threads(wanted: &Threads, host: &dyn Host) -> String {
    // As little memory as a thread can have: it is not what ends this one.
    let begin = || std::thread::Builder::new().stack_size(32 << 10).spawn(std::thread::park);
    let begun = (0..wanted.count).map_while(|_| begin().ok()).count();
    let until = Instant::now() + Duration::from_millis(wanted.ms);
    while Instant::now() < until && !host.cancelled() {
        std::thread::sleep(Duration::from_millis(5));
    }
    begun.to_string()
}
