//! The laws of the unit: what is written is read again, what is done to a picture is what other programs do, and nothing that a
//! file holds makes it panic.

use std::io::Cursor;
use std::sync::LazyLock;

use image::{DynamicImage, ImageFormat};
use inos_unit::testing::{Quiet, run as run_quietly};
use inos_unit::{Fault, Params};
use serde_json::{Value, json};

use crate::Image;
use crate::picture::{Pixels, Raster, Sample};

mod files;
mod goldens;
mod hostile;
mod measure;
mod steps;

/// The unit; to make it means to write all of its schemas.
static IMAGE: LazyLock<Image> = LazyLock::new(Image::new);

const SOURCE: &[u8] = include_bytes!("tests/files/golden-source.png");
const SOFT: &[u8] = include_bytes!("tests/files/golden-soft.png");
const TOP: &[u8] = include_bytes!("tests/files/golden-top.png");

fn params(value: Value) -> Params {
    serde_json::from_value(value).unwrap()
}

/// All outputs of a method.
fn asked(method: &str, given: Value, inputs: &[&[u8]]) -> Result<Vec<(String, Vec<u8>)>, Fault> {
    run_quietly(&*IMAGE, method, params(given), inputs, 1 << 20, &Quiet::default())
}

/// The only output of a method.
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

/// A file's pixels, read by the library itself.
fn seen(bytes: &[u8]) -> Pixels {
    image::load_from_memory(bytes).unwrap().into()
}

/// A PNG written by the library itself.
fn png(pixels: &Pixels) -> Vec<u8> {
    encoded(pixels, ImageFormat::Png)
}

fn encoded(pixels: &Pixels, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(pixels.clone()).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// What a method makes of pixels, as pixels.
fn made(method: &str, given: Value, inputs: &[&Pixels]) -> Pixels {
    let files: Vec<Vec<u8>> = inputs.iter().map(|pixels| png(pixels)).collect();
    let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    seen(&file(method, given, &files))
}

/// Noise that is the same each time.
fn noise<T: Sample>(width: usize, height: usize, channels: usize) -> Raster<T> {
    let mut random = fastrand::Rng::with_seed(width as u64 * 31 + height as u64 * 7 + channels as u64);
    let samples = (0..width * height * channels).map(|_| T::of_level(random.usize(..T::LEVELS))).collect();
    Raster { width, height, channels, samples }
}

/// One picture of each kind: one to four channels of either depth.
fn kinds(width: usize, height: usize) -> Vec<Pixels> {
    let eight = (1..=4).map(|channels| Pixels::Eight(noise(width, height, channels)));
    let sixteen = (1..=4).map(|channels| Pixels::Sixteen(noise(width, height, channels)));
    eight.chain(sixteen).collect()
}

/// The mean and the largest distance of two pictures' samples, of 255.
fn apart(one: &Pixels, other: &Pixels) -> (f64, f64) {
    assert_eq!((one.width(), one.height(), one.channels()), (other.width(), other.height(), other.channels()));
    let parts = |pixels: &Pixels| match pixels {
        Pixels::Eight(raster) => raster.samples.iter().map(|sample| f64::from(sample.part())).collect::<Vec<_>>(),
        Pixels::Sixteen(raster) => raster.samples.iter().map(|sample| f64::from(sample.part())).collect(),
    };
    let apart: Vec<f64> = parts(one).iter().zip(parts(other)).map(|(one, other)| (one - other).abs() * 255.0).collect();
    (apart.iter().sum::<f64>() / apart.len() as f64, apart.iter().copied().fold(0.0, f64::max))
}

#[test]
fn the_unit_keeps_its_vectors() {
    let vectors: Value = serde_json::from_str(include_str!("../vectors.json")).unwrap();
    let bytes = |hex: &Value| data_encoding::HEXLOWER.decode(hex.as_str().unwrap().as_bytes()).unwrap();
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
