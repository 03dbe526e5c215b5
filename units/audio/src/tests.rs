//! The laws of the unit: what is written is read again, what is done to a sound is what is said, and nothing that a file holds
//! makes it panic.

use std::sync::LazyLock;

use inos_unit::testing::{Quiet, run as run_quietly};
use inos_unit::{Fault, Params};
use serde_json::{Value, json};

use crate::Audio;
use crate::read::{Damage, Reader};
use crate::sound::{Form, Rows, Sound, frames, testing};

mod blocks;
mod files;
mod hostile;
mod hrir;
mod measure;
mod spatial;
mod steps;

/// The unit; to make it means to write all of its schemas.
static AUDIO: LazyLock<Audio> = LazyLock::new(Audio::new);

fn params(value: Value) -> Params {
    serde_json::from_value(value).unwrap()
}

/// All outputs of a method.
fn asked(method: &str, given: Value, inputs: &[&[u8]]) -> Result<Vec<(String, Vec<u8>)>, Fault> {
    run_quietly(&*AUDIO, method, params(given), inputs, 1 << 20, &Quiet::default())
}

/// The only file that a method writes.
fn file(method: &str, given: Value, inputs: &[&[u8]]) -> Vec<u8> {
    let mut outputs = asked(method, given.clone(), inputs).unwrap_or_else(|fault| panic!("{method} {given}: {fault}"));
    assert_eq!(outputs.len(), 1);
    outputs.remove(0).1
}

/// What a method says in JSON.
fn said(method: &str, given: Value, inputs: &[&[u8]]) -> Value {
    serde_json::from_slice(&file(method, given, inputs)).unwrap()
}

/// The pointer and the message of the mistake that a method finds.
fn refused(method: &str, given: Value, inputs: &[&[u8]]) -> (String, String) {
    match asked(method, given.clone(), inputs) {
        Err(Fault::Invalid { pointer, message }) => (pointer, message),
        other => panic!("{method} {given}: {:?}", other.map(|outputs| outputs.len())),
    }
}

/// The form and all samples of a file.
fn heard(bytes: &[u8]) -> (Form, Rows) {
    let reader = Reader::open(&bytes.to_vec().into(), 0, Damage::Refuse).unwrap();
    (reader.form(), testing::all(reader))
}

/// A WAV file of floats, which has what it is given, rounded to f32.
fn wav(rate: u32, rows: &Rows) -> Vec<u8> {
    let head = crate::wav::Head { form: Form { rate, channels: rows.len() }, sample: crate::write::Sample::F32 };
    let mut bytes = head.bytes(frames(rows) as u64);
    crate::wav::floats(rows, &mut bytes);
    bytes
}

/// What a method makes of samples, as floats.
fn made(method: &str, mut given: Value, rate: u32, inputs: &[&Rows]) -> Rows {
    given["output"] = json!({ "sample": "f32" });
    let files: Vec<Vec<u8>> = inputs.iter().map(|rows| wav(rate, rows)).collect();
    let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    heard(&file(method, given, &files)).1
}

/// A sine of full scale.
fn sine(hz: f64, rate: u32, count: usize) -> Vec<f64> {
    let omega = 2.0 * std::f64::consts::PI * hz / f64::from(rate);
    (0..count).map(|at| (omega * at as f64).sin()).collect()
}

/// Noise between -1 and 1 that is the same each time.
fn noise(seed: u64, count: usize) -> Vec<f64> {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..count).map(|_| 2.0 * random.f64() - 1.0).collect()
}

#[track_caller]
fn near(one: &[f64], other: &[f64], tolerance: f64) {
    assert_eq!(one.len(), other.len());
    let worst = one.iter().zip(other).map(|(one, other)| (one - other).abs()).fold(0.0, f64::max);
    assert!(worst <= tolerance, "off by {worst}");
}

#[test]
fn the_unit_keeps_its_vectors() {
    let vectors: Value = serde_json::from_str(include_str!("../vectors.json")).unwrap();
    let bytes = |hex: &Value| {
        let digits = hex.as_str().unwrap().as_bytes().as_chunks::<2>().0;
        digits
            .iter()
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect::<Vec<u8>>()
    };
    for case in vectors["cases"].as_array().unwrap() {
        let inputs: Vec<Vec<u8>> = case["inputs"].as_array().unwrap().iter().map(bytes).collect();
        let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
        let (method, given, output) = (case["method"].as_str().unwrap(), case["params"].clone(), &case["output"]);
        match output["fault"].as_str() {
            Some(pointer) => assert_eq!(refused(method, given, &inputs).0, pointer, "{}", case["name"]),
            None if output["hex"].is_string() => {
                assert_eq!(file(method, given, &inputs), bytes(&output["hex"]), "{}", case["name"]);
            }
            None => assert_eq!(said(method, given, &inputs), output["json"], "{}", case["name"]),
        }
    }
}
