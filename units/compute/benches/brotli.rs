//! Brotli through the unit beside the `brotli` program and the bare C library, in one run.
//!
//! `cargo bench --bench brotli -- FILE`; without a file, 32 MiB of made-up text. Prints one JSON line per row.

mod world;

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use brotlic::encode::{BrotliEncoderOptions, CompressorWriter};
use brotlic::{Quality, WindowSize};
use inos_compute::Compute;
use inos_unit::testing::{Collected, Quiet};
use inos_unit::{Call, Unit};
use serde_json::json;
use world::Borrowed;

const ROUNDS: usize = 3;

fn main() {
    let file = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let input = file.map_or_else(made_up, |path| std::fs::read(path).expect("a readable file"));
    for window in [22, 24] {
        for quality in [1, 5, 9] {
            compare(&input, quality, window);
        }
    }
    decompress(&input);
}

/// Words drawn from a small vocabulary.
fn made_up() -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let words: Vec<Vec<u8>> = (0..20_000).map(|_| (0..2 + next(9)).map(|_| b'a' + next(26) as u8).collect()).collect();
    let mut text = Vec::new();
    while text.len() < 32 << 20 {
        let rank = next(20_000) * next(20_000) / 20_000;
        text.extend_from_slice(&words[rank as usize]);
        text.push(if next(12) == 0 { b'\n' } else { b' ' });
    }
    text
}

/// The shortest round of each contender and the length of what came out; they take turns, since the machine's load moves.
fn best<const N: usize>(mut contenders: [&mut dyn FnMut() -> usize; N]) -> [(Duration, usize); N] {
    let mut best = [(Duration::MAX, 0); N];
    for _ in 0..ROUNDS {
        for (contender, best) in contenders.iter_mut().zip(&mut best) {
            let begin = Instant::now();
            let len = contender();
            *best = (*best).min((begin.elapsed(), len));
        }
    }
    best
}

fn compare(input: &[u8], quality: u8, window: u8) {
    let params = json!({ "quality": quality, "window": window });
    let [(unit, unit_len), (bare, bare_len), program] = best([
        &mut || run("brotli_compress", params.clone(), input).len(),
        &mut || bare(input, quality, window),
        &mut || if has_program() { program(input, quality, window) } else { 0 },
    ]);
    let program = Some(program).filter(|(_, len)| *len > 0);
    let ms = |time: Duration| (time.as_secs_f64() * 1e4).round() / 10.0;
    let times = |other: Duration| (other.as_secs_f64() / unit.as_secs_f64() * 100.0).round() / 100.0;
    let row = json!({
        "quality": quality, "window": window, "bytes": input.len(),
        "unit_ms": ms(unit), "library_ms": ms(bare), "program_ms": program.map(|(time, _)| ms(time)),
        "speed_to_library": times(bare), "speed_to_program": program.map(|(time, _)| times(time)),
        "size_to_library": (unit_len as f64 / bare_len as f64 * 1e4).round() / 1e4,
    });
    println!("{row}");
}

fn decompress(input: &[u8]) {
    let stream = run("brotli_compress", json!({}), input);
    let [(unit, _), (bare, _)] =
        best([&mut || run("brotli_decompress", json!({ "ratio_max": 10_000_000 }), &stream).len(), &mut || {
            let mut decoded = Vec::new();
            let mut reader = brotlic::DecompressorReader::new(&stream[..]);
            reader.read_to_end(&mut decoded).expect("a whole stream")
        }]);
    let row = json!({
        "decompress_bytes": input.len(), "unit_ms": unit.as_millis() as u64, "library_ms": bare.as_millis() as u64,
        "speed_to_library": (bare.as_secs_f64() / unit.as_secs_f64() * 100.0).round() / 100.0,
    });
    println!("{row}");
}

fn run(method: &str, params: serde_json::Value, input: &[u8]) -> Vec<u8> {
    let params = serde_json::from_value(params).expect("an object");
    let mut output = Collected::new("application/octet-stream", u64::MAX);
    let mut inputs = Borrowed::new(input, 1 << 20);
    let mut call = Call { method, params: &params, inputs: &mut inputs, output: &mut output };
    Compute::new().run(&mut call, &Quiet::default()).expect("it can be done");
    output.into_outputs().remove(0).1
}

fn bare(input: &[u8], quality: u8, window: u8) -> usize {
    let encoder = BrotliEncoderOptions::new()
        .quality(Quality::new(quality).expect("a quality"))
        .window_size(WindowSize::new(window).expect("a window"))
        .size_hint(input.len() as u32)
        .build()
        .expect("an encoder");
    let mut writer = CompressorWriter::with_encoder(encoder, Vec::new());
    writer.write_all(input).expect("memory takes everything");
    writer.into_inner().expect("a finished stream").len()
}

fn has_program() -> bool {
    Command::new("brotli").arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn program(input: &[u8], quality: u8, window: u8) -> usize {
    let path = std::env::temp_dir().join(format!("inos-bench-brotli-{}", std::process::id()));
    if !path.exists() {
        std::fs::write(&path, input).expect("room for a file");
    }
    let begin = Command::new("brotli")
        .args(["-c", "-q", &quality.to_string(), "-w", &window.to_string()])
        .arg(&path)
        .stdout(Stdio::piped())
        .spawn();
    let mut child = begin.expect("the program was there before");
    let mut encoded = Vec::new();
    child.stdout.take().expect("a pipe").read_to_end(&mut encoded).expect("its output");
    child.wait().expect("its end");
    encoded.len()
}
