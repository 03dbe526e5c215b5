//! The laws of the unit: what numpy says, inverses and round trips, the same bytes for any number of threads, and
//! nothing that makes it panic.

use inos_unit::testing::{Quiet, run as run_quietly};
use inos_unit::{Fault, Host, Params, Sight, Unit, testing};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::Math;

mod blocks;
mod hostile;
mod laws;
mod pictures;
mod tables;

fn params(value: Value) -> Params {
    serde_json::from_value(value).unwrap()
}

fn run(method: &str, given: Value, inputs: &[&[u8]]) -> Result<Vec<Vec<u8>>, Fault> {
    let outputs = run_quietly(&Math::new(), method, params(given), inputs, 1 << 20, &Quiet::default())?;
    Ok(outputs.into_iter().map(|(_, bytes)| bytes).collect())
}

/// What a method says in JSON.
fn said(method: &str, given: Value) -> Value {
    let outputs = run(method, given.clone(), &[]).unwrap_or_else(|fault| panic!("{method} {given}: {fault}"));
    serde_json::from_slice(&outputs[0]).unwrap()
}

/// The member `result` of what a method says.
fn result(method: &str, given: Value) -> Vec<f64> {
    let result = &said(method, given)["result"];
    result
        .as_array()
        .map_or_else(|| vec![result.as_f64().unwrap()], |items| items.iter().map(|n| n.as_f64().unwrap()).collect())
}

fn packed(numbers: &[f64]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn packed_f32(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn unpacked(bytes: &[u8]) -> Vec<f64> {
    bytes.as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect()
}

fn unpacked_f32(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

/// The pointer of the mistake that a method finds.
fn mistake(method: &str, given: Value, inputs: &[&[u8]]) -> String {
    match run(method, given.clone(), inputs) {
        Err(Fault::Invalid { pointer, .. }) => pointer,
        other => panic!("{method} {given}: {other:?}"),
    }
}

fn near(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1.0)
}

fn compare(one: &Value, other: &Value, tolerance: f64, what: &str) {
    match (one, other) {
        (Value::Array(ones), Value::Array(others)) => {
            assert_eq!(ones.len(), others.len(), "{what}");
            ones.iter().zip(others).for_each(|(one, other)| compare(one, other, tolerance, what));
        }
        (Value::Object(ones), Value::Object(others)) => {
            assert!(ones.keys().eq(others.keys()), "{what}: {one} {other}");
            ones.iter().for_each(|(name, one)| compare(one, &others[name], tolerance, &format!("{what} {name}")));
        }
        (Value::Number(one), Value::Number(other)) => {
            assert!(near(one.as_f64().unwrap(), other.as_f64().unwrap(), tolerance), "{what}: {one} {other}");
        }
        (one, other) => assert_eq!(one, other, "{what}"),
    }
}

#[test]
fn numpy_says_the_same() {
    let vectors: Value = serde_json::from_str(include_str!("../vectors.json")).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() > 140);
    for case in cases {
        let (method, tolerance) = (case["method"].as_str().unwrap(), case["tolerance"].as_f64().unwrap());
        let what = format!("{method}, {}", case["name"]);
        let Some(inputs) = case["inputs"].as_array() else {
            compare(&said(method, case["params"].clone()), &case["json"], tolerance, &what);
            continue;
        };
        let floats = |value: &Value| value.as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect::<Vec<_>>();
        let inputs: Vec<Vec<u8>> = inputs.iter().map(|numbers| packed(&floats(numbers))).collect();
        let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
        let outputs = run(method, case["params"].clone(), &inputs).unwrap();
        let outputs: Vec<_> = outputs.iter().map(|bytes| unpacked(bytes)).collect();
        compare(&json!(outputs), &case["packed"], tolerance, &what);
    }
}

#[test]
fn every_method_has_a_case_of_numpys() {
    let vectors: Value = serde_json::from_str(include_str!("../vectors.json")).unwrap();
    let named: Vec<&str> =
        vectors["cases"].as_array().unwrap().iter().map(|case| case["method"].as_str().unwrap()).collect();
    for method in &Math::new().spec().methods {
        // Random numbers and matrices of records have laws of their own.
        let own = ["random", "instance_matrices"].contains(&method.name);
        assert!(own || named.contains(&method.name), "{}", method.name);
    }
}

#[test]
fn schemas_say_types_limits_and_examples_that_are_right() {
    for method in &Math::new().spec().methods {
        assert_eq!(method.params["additionalProperties"], false, "{}", method.name);
        for (name, property) in method.params["properties"].as_object().unwrap() {
            assert!(property["type"].is_string(), "{}.{name} has one type: {property}", method.name);
            assert!(property["description"].is_string(), "{}.{name} is described", method.name);
            assert!(property["examples"].is_array(), "{}.{name} has an example", method.name);
            let words = ["minimum", "exclusiveMinimum", "maxItems", "enum"];
            let limited = words.iter().any(|word| property.get(word).is_some());
            assert!(limited || property["type"] == "number", "{}.{name} is limited: {property}", method.name);
        }
    }
}

#[test]
fn every_example_of_a_parameter_works() {
    for op in crate::ops() {
        let given: Params =
            op.takes.iter().map(|operand| (operand.name.to_owned(), example(op.name, operand.name))).collect();
        let answer = said(op.name, given.into());
        assert!(answer.is_object(), "{}", op.name);
    }
}

fn example(method: &str, parameter: &str) -> Value {
    Math::new().spec().method(method).unwrap().params["properties"][parameter]["examples"][0].clone()
}
