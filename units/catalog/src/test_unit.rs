//! The unit `test`: misbehaves on request, so that tests can watch what the server does about it.
//!
//! Exists only with the feature `test-units`; never part of a release.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use inos_unit::{Call, Determinism, Fault, Host, Method, Output, Price, Reading, Spec, Unit, schema_of};
use schemars::JsonSchema;
use serde::Deserialize;

/// How many bytes are written between two looks at the host.
const SLICE_LEN: usize = 1 << 20;
/// The length of what `address` writes, in bytes.
const ADDRESS_LEN: usize = 128;
/// The largest input and output in bytes.
const BYTES_MAX: u64 = 1 << 32;
/// The largest output of `emit` in bytes: less than it can be asked for.
const EMITTED_BYTES_MAX: u64 = 64 << 20;

/// How long `hush` may go without a sign of life, in milliseconds.
const HEARTBEAT_MS: u64 = 100;

pub(crate) struct TestUnit {
    spec: Spec,
    /// How often each name of `flaky` was tried.
    tries: Mutex<HashMap<String, u32>>,
}

/// No parameters.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// How long.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Span {
    /// How long, in milliseconds.
    #[schemars(range(min = 0, max = 600_000), example = 100)]
    ms: u64,
}

/// How often to fail.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Failures {
    /// Whose attempts are counted.
    name: String,
    /// How many of them panic.
    #[schemars(range(min = 0, max = 1_000), example = 1)]
    times: u32,
}

/// How much.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Amount {
    /// How much to write, in bytes.
    #[schemars(range(min = 0, max = 4_294_967_296_u64), example = 1024)]
    bytes: u64,
}

/// What to say on the way.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Tale {
    /// How many steps.
    #[schemars(range(min = 0, max = 10_000), example = 3)]
    steps: u64,
    /// What to emit and to log at each of them.
    #[serde(default)]
    #[schemars(length(max = 100_000))]
    text: String,
    /// How long each takes, in milliseconds.
    #[serde(default)]
    #[schemars(range(min = 0, max = 60_000))]
    ms: u64,
}

impl TestUnit {
    pub(crate) fn new() -> Self {
        let span = schema_of::<Span>;
        let nothing = schema_of::<Nothing>;
        let methods = vec![
            method("panic", "Panics.", nothing(), (0, 1)),
            method("broken", "Ends as the unit's own defect.", nothing(), (0, 1)),
            method("spin", "Keeps a core busy and never looks whether to stop.", span(), (0, 1)),
            method("wait", "Sleeps, and looks often whether to stop.", span(), (0, 1)),
            Method {
                output_media: &["application/json"],
                ..method("address", "Where its bytes lie.", nothing(), (1, 1))
            },
            Method {
                output_bytes_max: EMITTED_BYTES_MAX,
                ..method("emit", "Writes the bytes 0 to 255 over and over.", schema_of::<Amount>(), (0, 1))
            },
            method("tell", "Emits, logs and goes on, step by step.", schema_of::<Tale>(), (0, 1)),
            Method {
                heartbeat_ms: Some(HEARTBEAT_MS),
                gives_secret: false,
                ..method("hush", "Sleeps without a sign of life, and then looks whether to stop.", span(), (0, 1))
            },
            method(
                "flaky",
                "Panics a few times before it says how often it was tried.",
                schema_of::<Failures>(),
                (0, 1),
            ),
            method("echo", "Writes what it reads.", nothing(), (1, 1)),
            Method { inline_bytes_max: Some(64 << 10), ..method("noop", "Does nothing.", nothing(), (0, 1)) },
        ];
        let spec = Spec {
            lane: inos_unit::Lane::Threads,
            name: "test",
            version: "1.0.0",
            summary: "Misbehaves on request, for tests.",
            methods,
        };
        Self { spec, tries: Mutex::default() }
    }
}

pub(crate) fn method(
    name: &'static str,
    summary: &'static str,
    params: serde_json::Value,
    inputs: (u32, u32),
) -> Method {
    Method {
        name,
        summary,
        params,
        inputs,
        input_media: &["*/*"],
        input_bytes_max: BYTES_MAX,
        reading: Reading::Whole,
        output_media: &["application/octet-stream"],
        output_bytes_max: BYTES_MAX,
        determinism: Determinism::None,
        price: Price { base: 10, per_kib_in: 1, per_kib_out: 0, per_cpu_ms: 0 },
        inline_bytes_max: None,
        timeout_ms: 600_000,
        heartbeat_ms: None,
        gives_secret: false,
        held_key: None,
    }
}

impl Unit for TestUnit {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn run(&self, call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
        match call.method {
            "panic" => panic!("a test asked for this panic"),
            "broken" => Err(Fault::Broken("a test asked for this defect".into())),
            "spin" => spin(call.read_params()?),
            "wait" => wait(call.read_params()?, host),
            "address" => address(call),
            "emit" => emit(call.read_params()?, call.output, host),
            "tell" => tell(&call.read_params()?, host),
            "hush" => {
                std::thread::sleep(Duration::from_millis(call.read_params::<Span>()?.ms));
                host.check()
            }
            "flaky" => self.flaky(call),
            "echo" => echo(call, host),
            "noop" => Ok(()),
            other => Err(Fault::Broken(format!("the specification promises no method {other}"))),
        }
    }
}

impl TestUnit {
    fn flaky(&self, call: &mut Call<'_>) -> Result<(), Fault> {
        let Failures { name, times } = call.read_params()?;
        let tried = {
            let mut tries = self.tries.lock().map_err(|_| Fault::Broken("the counter is broken".into()))?;
            let tried = tries.entry(name).or_default();
            *tried += 1;
            *tried
        };
        assert!(tried > times, "a test asked for {times} panics");
        call.output.write(tried.to_string().as_bytes())
    }
}

fn spin(span: Span) -> Result<(), Fault> {
    let end = Instant::now() + Duration::from_millis(span.ms);
    while Instant::now() < end {
        std::hint::spin_loop();
    }
    Ok(())
}

fn wait(span: Span, host: &dyn Host) -> Result<(), Fault> {
    let begin = Instant::now();
    let whole = Duration::from_millis(span.ms);
    while let Some(left) = whole.checked_sub(begin.elapsed()).filter(|left| !left.is_zero()) {
        host.check()?;
        host.progress(u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX), span.ms);
        std::thread::sleep(left.min(Duration::from_millis(2)));
    }
    host.check()
}

/// Writes `{"input":…,"output":…}`, both numbers, padded with spaces to a length known before the output's room is.
fn address(call: &mut Call<'_>) -> Result<(), Fault> {
    let input = call.inputs.get(0)?.slice()?.as_ptr().addr();
    let room = call.output.room(ADDRESS_LEN)?;
    let text = serde_json::json!({ "input": input, "output": room.as_ptr().addr() }).to_string();
    room.fill(b' ');
    room[..text.len()].copy_from_slice(text.as_bytes());
    Ok(())
}

fn emit(amount: Amount, output: &mut dyn Output, host: &dyn Host) -> Result<(), Fault> {
    output.expect(amount.bytes)?;
    let slice: Vec<u8> = (0..=255).cycle().take(SLICE_LEN).collect();
    let mut left = amount.bytes;
    while left > 0 {
        host.check()?;
        let len = usize::try_from(left).unwrap_or(SLICE_LEN).min(SLICE_LEN);
        output.write(&slice[..len])?;
        left -= len as u64;
    }
    Ok(())
}

fn tell(tale: &Tale, host: &dyn Host) -> Result<(), Fault> {
    for step in 1..=tale.steps {
        host.check()?;
        host.emit(tale.text.as_bytes());
        host.log(&tale.text);
        host.progress(step, tale.steps);
        std::thread::sleep(Duration::from_millis(tale.ms));
    }
    Ok(())
}

fn echo(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let input = call.inputs.get(0)?.slice()?;
    call.output.expect(input.len() as u64)?;
    for slice in input.chunks(SLICE_LEN) {
        host.check()?;
        call.output.write(slice)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use inos_unit::testing::{Quiet, run};
    use serde_json::{Value, json};

    use super::*;

    fn outcome(method: &str, params: Value, inputs: &[&[u8]], host: &Quiet) -> Result<Vec<u8>, Fault> {
        let params = serde_json::from_value(params).unwrap();
        Ok(run(&TestUnit::new(), method, params, inputs, 10, host)?.remove(0).1)
    }

    #[test]
    fn every_method_does_what_it_is_called() {
        let quiet = Quiet::default();
        assert_eq!(outcome("echo", json!({}), &[b"abc"], &quiet).unwrap(), b"abc");
        assert_eq!(outcome("emit", json!({ "bytes": 258 }), &[], &quiet).unwrap()[254..], [254, 255, 0, 1]);
        assert_eq!(outcome("tell", json!({ "steps": 2, "text": "x" }), &[], &quiet).unwrap(), b"");
        assert_eq!(outcome("noop", json!({}), &[], &quiet).unwrap(), b"");
        assert_eq!(outcome("spin", json!({ "ms": 1 }), &[], &quiet).unwrap(), b"");
        assert_eq!(outcome("wait", json!({ "ms": 1 }), &[], &quiet).unwrap(), b"");
        assert_eq!(outcome("hush", json!({ "ms": 1 }), &[], &quiet).unwrap(), b"");
        assert_eq!(outcome("flaky", json!({ "name": "a", "times": 0 }), &[], &quiet).unwrap(), b"1");
        assert!(matches!(outcome("broken", json!({}), &[], &quiet), Err(Fault::Broken(_))));
        let addresses: Value =
            serde_json::from_slice(&outcome("address", json!({}), &[b"abc"], &quiet).unwrap()).unwrap();
        assert!(addresses["input"].as_u64() > Some(0) && addresses["output"].as_u64() > Some(0));
    }

    #[test]
    fn a_wait_ends_when_the_host_says_so() {
        let host = Quiet { cancel_after: Some(AtomicU64::new(3)), ..Quiet::default() };
        assert_eq!(outcome("wait", json!({ "ms": 600_000 }), &[], &host), Err(Fault::Cancelled));
    }

    #[test]
    #[should_panic = "a test asked for this panic"]
    fn a_panic_is_a_panic() {
        let _ = outcome("panic", json!({}), &[], &Quiet::default());
    }
}
