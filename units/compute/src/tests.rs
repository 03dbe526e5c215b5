//! The laws of the unit: official vectors, the same bytes for any chunking and thread count, and hostile streams.

use std::cell::Cell;
use std::sync::atomic::AtomicU64;

use brotlic::CompressionMode;
use brotlic::decode::{BrotliDecoder, DecodeError, DecoderInfo};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use inos_unit::testing::{Collected, Quiet, source};
use inos_unit::{Call, Fault, Host, Inputs, Params, Source, Unit, testing};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::encoder::{Piece, Plan};
use crate::{Compute, compress};

fn params(value: Value) -> Params {
    serde_json::from_value(value).unwrap()
}

fn run(method: &str, given: Value, input: &[u8], chunk: usize) -> Result<(String, Vec<u8>), Fault> {
    let mut outputs = testing::run(&Compute::new(), method, params(given), &[input], chunk, &Quiet::default())?;
    assert_eq!(outputs.len(), 1, "every method has one output");
    Ok(outputs.remove(0))
}

/// The bytes that a vector's `input` or `output` describes.
fn described(value: &Value) -> Vec<u8> {
    if let Some(digits) = value["hex"].as_str() {
        return HEXLOWER.decode(digits.as_bytes()).unwrap();
    }
    if let Some(len) = value["counting"].as_u64() {
        return (0..len).map(|i| (i % 251) as u8).collect();
    }
    if let Some(text) = value["text"].as_str() {
        return text.into();
    }
    let part = HEXLOWER.decode(value["repeat"][0].as_str().unwrap().as_bytes()).unwrap();
    part.repeat(value["repeat"][1].as_u64().unwrap() as usize)
}

fn check_vector(case: &Value, chunk: usize) {
    let method = case["method"].as_str().unwrap();
    let result = run(method, case["params"].clone(), &described(&case["input"]), chunk);
    let output = &case["output"];
    match (result, output["fault"].as_str()) {
        (Err(Fault::Invalid { pointer, .. }), Some("invalid")) => assert_eq!(output["pointer"], pointer, "{case}"),
        (Err(Fault::Limit { .. }), Some("limit")) => {}
        (Ok((_, bytes)), None) if output.get("sha256").is_some() => {
            assert_eq!(output["length"], bytes.len(), "{case}");
            let (_, digest) = run("sha256", json!({}), &bytes, bytes.len()).unwrap();
            assert_eq!(output["sha256"], String::from_utf8(digest).unwrap(), "{case}");
        }
        (Ok((_, bytes)), None) => assert!(bytes == described(output), "{case}"),
        (result, _) => panic!("{case}: {result:?}"),
    }
}

#[test]
fn official_vectors_hold_for_any_chunking() {
    let vectors: Value = serde_json::from_str(include_str!("../vectors.json")).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() > 150);
    for case in cases {
        for chunk in [usize::MAX >> 1, 1000, 7] {
            check_vector(case, chunk);
        }
    }
}

#[test]
fn a_long_digest_may_be_as_long_as_the_schema_says() {
    for (encoding, len) in [("raw", 65_536), ("hex", 131_072), ("base64", 87_384)] {
        let (media, digest) = run("blake3", json!({ "length": 65_536, "encoding": encoding }), b"abc", 3).unwrap();
        assert_eq!(digest.len(), len);
        assert_eq!(media, if encoding == "raw" { "application/octet-stream" } else { "text/plain" });
    }
}

#[test]
fn a_key_and_a_context_exclude_each_other() {
    let fault = run("blake3", json!({ "key": "00".repeat(32), "context": "c" }), b"", 1).unwrap_err();
    assert!(matches!(fault, Fault::Invalid { pointer, .. } if pointer == "/params/context"));
}

#[test]
fn a_key_is_marked_as_a_secret_and_nothing_else_is() {
    for method in &Compute::new().spec().methods {
        for (name, property) in method.params["properties"].as_object().unwrap() {
            assert_eq!(property["writeOnly"] == true, name == "key", "{}.{name}", method.name);
        }
    }
}

#[test]
fn a_key_that_is_none_is_the_callers_mistake() {
    for key in ["", "00", &"0".repeat(63), &"g".repeat(64), &"00".repeat(33)] {
        let fault = run("blake3", json!({ "key": key }), b"", 1).unwrap_err();
        assert!(matches!(fault, Fault::Invalid { pointer, .. } if pointer == "/params/key"), "{key}");
    }
}

#[test]
fn a_whole_number_may_be_written_with_a_point() {
    assert_eq!(run("blake3", json!({ "length": 16.0 }), b"", 1), run("blake3", json!({ "length": 16 }), b"", 1));
}

#[test]
fn schemas_say_defaults_limits_and_examples_and_refuse_the_rest() {
    for method in &Compute::new().spec().methods {
        assert_eq!(method.params["additionalProperties"], false, "{}", method.name);
        assert!(method.params.get("required").is_none(), "{}: every parameter has a default", method.name);
        for (name, property) in method.params["properties"].as_object().unwrap() {
            assert!(property["type"].is_string(), "{}.{name} has one type: {property}", method.name);
            assert!(property["description"].is_string(), "{}.{name} is described", method.name);
            assert!(property["examples"].is_array(), "{}.{name} has an example", method.name);
            let limited = ["minimum", "pattern", "maxLength", "enum"].iter().any(|word| property.get(word).is_some());
            assert!(limited || property["type"] == "boolean", "{}.{name} is limited: {property}", method.name);
        }
    }
}

/// A host with so many threads.
struct Threads(usize);

impl Host for Threads {
    fn cancelled(&self) -> bool {
        false
    }

    fn progress(&self, _: u64, _: u64) {}

    fn log(&self, _: &str) {}

    fn emit(&self, _: &[u8]) {}

    fn threads(&self) -> usize {
        self.0
    }
}

fn plan(quality: u8, window: u8, mode: CompressionMode, piece_len: usize) -> Plan {
    Plan { piece_len, ..Plan::new(quality, window, mode) }
}

fn compressed(plan: &Plan, input: &[u8], chunk: usize, threads: usize) -> Vec<u8> {
    let mut output = Collected::new("application/octet-stream", u64::MAX);
    compress::compress(plan, &mut source(input, chunk), &mut output, &Threads(threads)).unwrap();
    output.into_outputs().remove(0).1
}

/// What the C library makes of a stream, another decoder than the unit's own; no error of its own where it wants more.
fn decoded_elsewhere(stream: &[u8], len_max: usize) -> Result<Vec<u8>, Option<DecodeError>> {
    let mut bytes = vec![0; len_max];
    let result = BrotliDecoder::new().decompress(stream, &mut bytes)?;
    bytes.truncate(result.bytes_written);
    let whole = result.info == DecoderInfo::Finished && result.bytes_read == stream.len();
    whole.then_some(bytes).ok_or(None)
}

fn modes() -> impl Strategy<Value = CompressionMode> {
    prop_oneof![Just(CompressionMode::Generic), Just(CompressionMode::Text), Just(CompressionMode::Font)]
}

/// Bytes as they come: noise, words and runs.
fn inputs() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..400),
        "[a-z ]{0,200}".prop_map(String::into_bytes),
        (any::<u8>(), 0..4000_usize).prop_map(|(byte, len)| vec![byte; len]),
    ];
    (prop::collection::vec(part, 0..8), 1..6_usize).prop_map(|(parts, times)| parts.concat().repeat(times))
}

/// A stream with a few bytes changed, cut out or put in.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let edits = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..5);
    (inputs(), 0..=9_u8, edits).prop_map(|(input, quality, edits)| {
        let mut stream = compressed(&plan(quality, 18, CompressionMode::Generic, 1 << 20), &input, 1 << 20, 1);
        for (index, byte, edit) in edits {
            let at = index.index(stream.len().max(1)).min(stream.len().saturating_sub(1));
            match edit {
                _ if stream.is_empty() => stream.push(byte),
                0 => stream[at] = byte,
                1 => stream.truncate(at),
                _ => stream.insert(at, byte),
            }
        }
        stream
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_digest_does_not_depend_on_chunks(input in inputs(), chunk in 1..3000_usize, key in any::<[u8; 32]>()) {
        let key = json!({ "key": HEXLOWER_PERMISSIVE.encode(&key) });
        for (method, given) in [("blake3", key), ("sha256", json!({})), ("sha512", json!({}))] {
            prop_assert_eq!(run(method, given.clone(), &input, chunk), run(method, given, &input, usize::MAX >> 1));
        }
    }

    #[test]
    fn any_input_survives_a_round_trip(
        input in inputs(), quality in 0..=11_u8, window in 10..=24_u8, mode in modes(),
        piece_len in 1..5000_usize, chunk in 1..3000_usize, threads in 1..4_usize,
    ) {
        let plan = plan(quality, window, mode, piece_len.max(input.len() / 64 + 1));
        let stream = compressed(&plan, &input, chunk, threads);
        prop_assert!(decoded_elsewhere(&stream, input.len() + 1).as_ref() == Ok(&input));
        let (_, back) = run("brotli_decompress", json!({}), &stream, chunk).unwrap();
        prop_assert!(back == input);
        prop_assert!(stream == compressed(&plan, &input, usize::MAX >> 1, 1), "threads or chunks show in the bytes");
    }

    #[test]
    fn parameters_reach_the_stream(input in inputs(), quality in 0..=11_u8, window in 10..=24_u8) {
        let given = json!({ "quality": quality, "window": window, "mode": "text" });
        let (_, stream) = run("brotli_compress", given, &input, 4096).unwrap();
        let (_, back) = run("brotli_decompress", json!({}), &stream, 100).unwrap();
        prop_assert!(back == input);
    }

    #[test]
    fn a_mutated_stream_means_the_same_to_two_decoders(stream in mutated(), chunk in 1..500_usize) {
        let cap = 1 << 20;
        let ours = run("brotli_decompress", json!({ "output_bytes_max": cap }), &stream, chunk);
        prop_assert_eq!(&ours, &run("brotli_decompress", json!({ "output_bytes_max": cap }), &stream, usize::MAX >> 1));
        match (ours, decoded_elsewhere(&stream, cap + 1)) {
            (Err(Fault::Limit { .. }), _) => {}
            (Err(Fault::Invalid { pointer, .. }), Err(_)) => prop_assert_eq!(pointer, "/inputs/0"),
            (Ok((_, bytes)), Ok(theirs)) => prop_assert!(bytes == theirs),
            // The unit's decoder lets the last copy of a block overrun the block's length; the C library refuses it.
            (Ok(_), Err(Some(DecodeError::FormatBlockLength1 | DecodeError::FormatBlockLength2))) => {}
            (ours, theirs) => prop_assert!(false, "{:?} here, {:?} there", ours, theirs),
        }
    }

    #[test]
    fn noise_is_refused_or_decoded_and_never_panics(stream in prop::collection::vec(any::<u8>(), 0..2000)) {
        let result = run("brotli_decompress", json!({ "output_bytes_max": 1 << 20 }), &stream, 100);
        let ended = matches!(result, Ok(_) | Err(Fault::Invalid { .. } | Fault::Limit { .. }));
        prop_assert!(ended, "{:?}", result);
    }
}

/// One input for a call that is made by hand.
struct One<S>(S);

impl<S: Source> Inputs for One<S> {
    fn count(&self) -> usize {
        1
    }

    fn get(&mut self, _: usize) -> Result<&mut dyn Source, Fault> {
        Ok(&mut self.0)
    }
}

#[test]
fn a_bomb_is_stopped_at_the_cap() {
    let zeros = vec![0; 64 << 20];
    let (_, bomb) = run("brotli_compress", json!({}), &zeros, 1 << 20).unwrap();
    assert!(bomb.len() < 4096);
    let fault = run("brotli_decompress", json!({}), &bomb, 100).unwrap_err();
    assert!(matches!(fault, Fault::Limit { limit: 1000, .. }), "{fault:?}");

    let cap = 8 << 20;
    let given = params(json!({ "output_bytes_max": cap, "ratio_max": 10_000_000 }));
    let mut output = Collected::new("application/octet-stream", u64::MAX);
    let mut inputs = One(source(&bomb, 100));
    let mut call = Call { method: "brotli_decompress", params: &given, inputs: &mut inputs, output: &mut output };
    let fault = Compute::new().run(&mut call, &Quiet::default()).unwrap_err();
    assert!(matches!(fault, Fault::Limit { limit, .. } if limit == cap), "{fault:?}");
    assert!(output.into_outputs().remove(0).1.len() as u64 <= cap);
}

#[test]
fn a_stream_that_fills_the_cap_exactly_is_whole() {
    let input = vec![7; 1 << 16];
    let (_, stream) = run("brotli_compress", json!({}), &input, 1 << 16).unwrap();
    assert_eq!(run("brotli_decompress", json!({ "output_bytes_max": 1 << 16 }), &stream, 9).unwrap().1, input);
    assert!(run("brotli_decompress", json!({ "output_bytes_max": (1 << 16) - 1 }), &stream, 9).is_err());
}

/// An input that never ends: a chunk, then all of it but its first byte for ever. Counts the bytes it has given.
struct Endless {
    chunk: Vec<u8>,
    given: u64,
}

impl Source for Endless {
    fn len(&self) -> Option<u64> {
        None
    }

    fn slice(&mut self) -> Result<&[u8], Fault> {
        panic!("an endless input is never read as a whole")
    }

    fn chunk(&mut self) -> Result<Option<&[u8]>, Fault> {
        let chunk = &self.chunk[usize::from(self.given > 0)..];
        self.given += chunk.len() as u64;
        Ok(Some(chunk))
    }

    fn blake3(&mut self) -> Result<::blake3::Hasher, Fault> {
        panic!("an endless input has no digest")
    }
}

fn read_until_stopped(method: &str, given: Value, chunk: Vec<u8>, cancel_after: u64) -> u64 {
    let given = params(given);
    let host = Quiet { cancel_after: Some(AtomicU64::new(cancel_after)), ..Quiet::default() };
    let mut output = Collected::new("application/octet-stream", u64::MAX);
    let mut inputs = One(Endless { chunk, given: 0 });
    let mut call = Call { method, params: &given, inputs: &mut inputs, output: &mut output };
    assert_eq!(Compute::new().run(&mut call, &host), Err(Fault::Cancelled), "{method}");
    inputs.0.given
}

#[test]
fn a_stop_ends_every_method_within_a_few_slices() {
    let slice = 4 << 20;
    let noise: Vec<u8> = (0..slice).map(|i: u32| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for (method, given) in [
        ("blake3", json!({ "key": "00".repeat(32) })),
        ("sha256", json!({})),
        ("sha512", json!({})),
        ("brotli_compress", json!({ "quality": 1 })),
        ("brotli_compress", json!({ "quality": 5, "window": 10 })),
    ] {
        let read = read_until_stopped(method, given, noise.clone(), 20);
        assert!(read <= 21 * u64::from(slice), "{method} went on for {read} bytes");
    }
    // A stream that goes on for ever: its header within the first of endless empty blocks of metadata.
    let mut blocks = vec![0x06; 1 << 16];
    blocks[0] = 0x0c;
    let read = read_until_stopped("brotli_decompress", json!({}), blocks, 20);
    assert!(read <= 21 << 16, "brotli_decompress went on for {read} bytes");
}

#[test]
fn the_encoder_asks_whether_to_stop_at_every_step() {
    let plan = Plan::new(11, 22, CompressionMode::Generic);
    let piece = Piece { bytes: vec![1; 1 << 20], offset: 0, last: true };
    let asked = Cell::new(0);
    let stopped = || {
        asked.set(asked.get() + 1);
        asked.get() > 5
    };
    assert_eq!(plan.encode(&piece, stopped), Err(Fault::Cancelled));
    assert_eq!(asked.get(), 6);
    asked.set(i32::MIN);
    plan.encode(&piece, stopped).unwrap();
    assert_eq!(asked.get() - i32::MIN, 16);
}

#[test]
fn pieces_far_into_a_stream_are_encoded_alike() {
    let plan = Plan::new(5, 24, CompressionMode::Generic);
    let piece = |offset| Piece { bytes: b"far away".repeat(1000), offset, last: false };
    let far = plan.encode(&piece(1 << 30), || false).unwrap();
    assert_eq!(plan.encode(&piece(1 << 40), || false).unwrap(), far);
}

#[test]
fn progress_rises_towards_the_known_length() {
    for method in ["sha256", "sha512", "brotli_compress"] {
        let host = Quiet::default();
        testing::run(&Compute::new(), method, Params::new(), &[&[0; 3000]], 1000, &host).unwrap();
        assert_eq!(*host.steps.lock().unwrap(), [(1000, 3000), (2000, 3000)], "{method}");
    }
}
