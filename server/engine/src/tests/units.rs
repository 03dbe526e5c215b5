//! The trial unit: one method for each thing that a unit may do to an engine.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use inos_unit::{Call, Determinism, Fault, Host, Method, Price, Reading, Spec, Unit};
use serde_json::json;

/// What tests hold in their hands while the unit runs.
#[derive(Default)]
pub(super) struct Gates {
    /// Lets `spin` end, which listens to nothing else.
    pub(super) release: AtomicBool,
    /// How many runs of `note` there were.
    pub(super) runs: AtomicU64,
    /// The chunk that `copy` has come to.
    pub(super) chunks: AtomicU64,
}

pub(super) struct Trial {
    spec: Spec,
    gates: Arc<Gates>,
}

/// The most bytes of one output.
pub(super) const OUTPUT_MAX: u64 = 8 << 20;
/// The most bytes of one input.
pub(super) const INPUT_MAX: u64 = 48 << 20;

const METHODS: [(&str, Reading); 19] = [
    ("noop", Reading::Whole),
    ("note", Reading::Whole),
    ("echo", Reading::Whole),
    ("copy", Reading::Chunks),
    ("hash", Reading::Chunks),
    ("deaf", Reading::Chunks),
    ("wait", Reading::Whole),
    ("spin", Reading::Whole),
    ("panic", Reading::Whole),
    ("flood", Reading::Whole),
    ("three", Reading::Whole),
    ("invalid", Reading::Whole),
    ("broken", Reading::Whole),
    ("silent", Reading::Whole),
    ("alive", Reading::Whole),
    ("quitter", Reading::Whole),
    ("steps", Reading::Whole),
    ("rests", Reading::Whole),
    ("stuck", Reading::Whole),
];

impl Trial {
    pub(super) fn new(gates: Arc<Gates>) -> Self {
        let methods = METHODS.map(|(name, reading)| method(name, reading)).to_vec();
        Self {
            spec: Spec {
                lane: inos_unit::Lane::Threads,
                name: "trial",
                version: "1",
                summary: "Tries an engine.",
                methods,
            },
            gates,
        }
    }
}

pub(super) fn method(name: &'static str, reading: Reading) -> Method {
    Method {
        name,
        summary: "Tries one thing.",
        params: json!({
            "type": "object",
            "properties": {
                "count": { "type": "integer", "minimum": 0, "maximum": 10 },
                "ratio": { "type": ["number", "null"] },
                "exact": { "type": "boolean" },
                "mode": { "anyOf": [{ "enum": ["fast", "small"] }, { "type": "null" }] },
            },
            "additionalProperties": false,
        }),
        inputs: (0, 4),
        input_media: &["*/*"],
        input_bytes_max: INPUT_MAX,
        reading,
        output_media: &["text/plain"],
        output_bytes_max: OUTPUT_MAX,
        determinism: Determinism::Bitwise,
        price: Price { base: 1, per_kib_in: 0, per_kib_out: 0, per_cpu_ms: 0 },
        inline_bytes_max: Some(4_096),
        timeout_ms: 1_000,
        heartbeat_ms: ["silent", "alive"].contains(&name).then_some(20),
        gives_secret: false,
        held_key: None,
    }
}

impl Unit for Trial {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn is_session(&self, method: &str) -> bool {
        ["steps", "rests", "stuck"].contains(&method)
    }

    fn run(&self, call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
        match call.method {
            "noop" => Ok(()),
            "note" => {
                self.gates.runs.fetch_add(1, SeqCst);
                Ok(())
            }
            "echo" => echo(call),
            "copy" => self.copy(call),
            "hash" => {
                let hash = call.inputs.get(0)?.blake3()?.finalize();
                call.output.write(hash.as_bytes())
            }
            "deaf" => Ok(()),
            "wait" => wait(host),
            "spin" => {
                while !self.gates.release.load(SeqCst) {
                    std::thread::park_timeout(Duration::from_millis(1));
                }
                call.output.write(b"too late")
            }
            "silent" => {
                while !self.gates.release.load(SeqCst) {
                    std::thread::park_timeout(Duration::from_millis(1));
                }
                host.check()
            }
            "alive" => {
                while !self.gates.release.load(SeqCst) {
                    host.check()?;
                    std::thread::park_timeout(Duration::from_millis(1));
                }
                Ok(())
            }
            // Without the panic hook, which would write each of thousands to the test's output.
            "panic" => std::panic::resume_unwind(Box::new("on purpose")),
            "flood" => loop {
                host.check()?;
                call.output.room(1 << 20)?.fill(7);
            },
            "steps" => self.step(host),
            "rests" => {
                host.rest()?;
                self.gates.runs.fetch_add(1, SeqCst);
                host.rest()
            }
            "stuck" => {
                while !self.gates.release.load(SeqCst) {
                    std::thread::park_timeout(Duration::from_millis(1));
                }
                host.pulse(1.0)
            }
            "three" => three(call),
            "invalid" => Err(Fault::invalid("/params/count", "on purpose")),
            "broken" => Err(Fault::Broken("on purpose".into())),
            _ => Err(Fault::Cancelled),
        }
    }
}

impl Trial {
    /// Counts beats, each of which takes two milliseconds of work.
    fn step(&self, host: &dyn Host) -> Result<(), Fault> {
        loop {
            host.pulse(100.0)?;
            self.gates.runs.fetch_add(1, SeqCst);
            let begun = std::time::Instant::now();
            while begun.elapsed() < Duration::from_millis(2) {
                std::hint::spin_loop();
            }
        }
    }

    fn copy(&self, call: &mut Call<'_>) -> Result<(), Fault> {
        let Call { inputs, output, .. } = call;
        let input = inputs.get(0)?;
        while let Some(chunk) = input.chunk()? {
            self.gates.chunks.fetch_add(1, SeqCst);
            output.write(chunk)?;
        }
        Ok(())
    }
}

fn echo(call: &mut Call<'_>) -> Result<(), Fault> {
    let Call { inputs, output, .. } = call;
    for index in 0..inputs.count() {
        output.begin("application/octet-stream")?;
        output.write(inputs.get(index)?.slice()?)?;
    }
    Ok(())
}

fn wait(host: &dyn Host) -> Result<(), Fault> {
    host.log("waiting");
    loop {
        host.check()?;
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

fn three(call: &mut Call<'_>) -> Result<(), Fault> {
    call.output.expect(10)?;
    call.output.write(b"first")?;
    call.output.begin("text/html")?;
    call.output.begin("text/csv")?;
    call.output.room(5)?.copy_from_slice(b"third");
    Ok(())
}
