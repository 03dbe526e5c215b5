//! What is not as it should be: answers that do not exist, lengths that do not fit, sizes beyond all bounds, stops.

use std::sync::atomic::AtomicU64;

use super::*;

#[test]
fn what_has_no_answer_is_the_callers_mistake() {
    let flat = vec![0.0; 16];
    for (method, given, pointer) in [
        ("vector_normalize", json!({ "a": [0, 0] }), "/params/a"),
        ("vector_angle", json!({ "a": [1, 0], "b": [0, 0] }), "/params/b"),
        ("vector_slerp", json!({ "a": [1, 0], "b": [-2, 0], "t": 0.5 }), "/params/b"),
        ("vector_add", json!({ "a": [1, 0], "b": [1, 2, 3] }), "/params/b"),
        ("vector_length", json!({ "a": [1e308, 1e308, 1e308] }), ""),
        ("vector_scale", json!({ "a": [1e308, 1], "factor": 10 }), "/params"),
        ("matrix_inverse", json!({ "matrix": flat }), "/params/matrix"),
        ("matrix_decompose", json!({ "matrix": flat }), "/params/matrix"),
        ("vector_transform_normal", json!({ "matrix": flat, "normal": [1, 0, 0] }), "/params/matrix"),
        ("vector_transform_point", json!({ "matrix": flat, "point": [1, 0, 0] }), "/params/point"),
        ("matrix_look_at", json!({ "eye": [1, 1, 1], "target": [1, 1, 1], "up": [0, 1, 0] }), "/params/target"),
        ("matrix_look_at", json!({ "eye": [1, 1, 1], "target": [1, 2, 1], "up": [0, 1, 0] }), "/params/up"),
        ("matrix_perspective", json!({ "fov_y": 4, "aspect": 1, "near": 1, "far": 2 }), "/params/fov_y"),
        ("matrix_perspective", json!({ "fov_y": 1, "aspect": 1, "near": 3, "far": 2 }), "/params/far"),
        ("quaternion_normalize", json!({ "q": [0, 0, 0, 0] }), "/params/q"),
        ("quaternion_inverse", json!({ "q": [0, 0, 0, 0] }), "/params/q"),
        ("solve", json!({ "a": [[1, 2], [2, 4]], "b": [[1], [2]] }), "/params/a"),
        ("solve", json!({ "a": [[1, 2], [2]], "b": [[1], [2]] }), "/params/a/1"),
        ("solve", json!({ "a": [[1, 2], [2, 5]], "b": [[1]] }), "/params/b"),
        ("solve", json!({ "a": [[1, 2, 3], [2, 5, 3]], "b": [[1], [1]] }), "/params/a"),
        ("cholesky", json!({ "a": [[1, 2], [2, 1]] }), "/params/a"),
        ("cholesky", json!({ "a": [[1, 2], [0, 1]] }), "/params/a"),
        ("least_squares", json!({ "a": [[1, 2], [2, 4], [3, 6]], "b": [[1], [2], [1]] }), "/params/a"),
        ("matmul", json!({ "a": [[1, 2]], "b": [[1]] }), "/params/b"),
        ("statistics", json!({}), "/params/values"),
        ("statistics", json!({ "values": [1], "ddof": 1 }), "/params/ddof"),
        ("histogram", json!({ "values": [1], "minimum": 2, "maximum": 1 }), "/params/maximum"),
        ("interpolate", json!({ "x": [1, 1], "y": [1, 2], "at": [1] }), "/params/x"),
        ("interpolate", json!({ "x": [1, 2], "y": [1], "at": [1] }), "/params/y"),
        ("fft", json!({ "values": [1, 2, 3], "kind": "complex" }), "/params/values"),
        ("fft", json!({ "values": [1, 2, 3], "length": 2 }), "/params/values"),
        ("random", json!({ "minimum": 2, "maximum": 1 }), "/params/maximum"),
        ("random", json!({ "distribution": "integer", "minimum": 0.5 }), "/params/maximum"),
        ("random", json!({ "count": 5000 }), "/params/encoding"),
    ] {
        if pointer.is_empty() {
            assert!(result(method, given)[0] > 1.7e308);
        } else {
            assert_eq!(mistake(method, given.clone(), &[]), pointer, "{method} {given}");
        }
    }
}

#[test]
fn many_go_on_where_one_has_no_answer() {
    let bytes = packed(&[3.0, 4.0, 0.0, 0.0, 0.0, 0.0, f64::NAN, 1.0, 1.0]);
    let answer = unpacked(&run("vector_normalize", json!({ "type": "f64" }), &[&bytes]).unwrap()[0]);
    assert_eq!(answer[..3], [0.6, 0.8, 0.0]);
    assert!(answer[3..].iter().all(|number| number.to_bits() == f64::NAN.to_bits()), "{answer:?}");
    let flat = packed_f32(&[0.0; 16]);
    let answer = run("matrix_inverse", json!({}), &[&flat]).unwrap().remove(0);
    assert!(unpacked_f32(&answer).iter().all(|number| number.is_nan()));
}

#[test]
fn inputs_that_do_not_fit_are_named() {
    for (method, given, inputs, pointer) in [
        ("vector_length", json!({}), vec![13], "/inputs/0"),
        ("vector_add", json!({}), vec![24, 12], "/inputs/1"),
        ("vector_add", json!({}), vec![24], "/inputs"),
        ("vector_add", json!({ "a": [1, 2, 3], "b": [1, 2, 3] }), vec![24], "/inputs"),
        ("vector_length", json!({ "strides": [8] }), vec![24], "/params/strides/0"),
        ("vector_length", json!({ "strides": [20], "offsets": [9] }), vec![40], "/params/strides/0"),
        ("vector_length", json!({ "dimension": 2 }), vec![12], "/inputs/0"),
        ("statistics", json!({}), vec![0], "/inputs/0"),
        ("statistics", json!({}), vec![6], "/inputs/0"),
        ("statistics", json!({ "values": [1] }), vec![4], "/inputs"),
        ("solve", json!({}), vec![12, 4], "/inputs/0"),
        ("solve", json!({}), vec![16, 12], "/inputs/1"),
        ("matmul", json!({ "columns": 5 }), vec![16, 4], "/inputs/0"),
        ("svd", json!({}), vec![0], "/inputs/0"),
        ("fft", json!({}), vec![0], "/inputs/0"),
        ("fft", json!({ "length": 4 }), vec![12], "/inputs/0"),
        ("instance_matrices", json!({}), vec![31], "/inputs/0"),
    ] {
        let bytes: Vec<Vec<u8>> = inputs.iter().map(|len| vec![0; *len]).collect();
        let bytes: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
        assert_eq!(mistake(method, given.clone(), &bytes), pointer, "{method} {given}");
    }
    let nan = packed_f32(&[f32::NAN; 16]);
    for method in ["solve", "matmul", "svd", "qr", "eigen_symmetric", "statistics", "histogram"] {
        let inputs: &[&[u8]] = if ["solve", "matmul"].contains(&method) { &[&nan, &nan] } else { &[&nan] };
        assert_eq!(mistake(method, json!({}), inputs), "/inputs/0", "{method}");
    }
}

#[test]
fn nothing_makes_nothing() {
    assert_eq!(run("vector_length", json!({}), &[b""]).unwrap(), [b""]);
    assert_eq!(run("instance_matrices", json!({}), &[b""]).unwrap(), [b""]);
    assert_eq!(run("interpolate", json!({ "x": [1], "y": [1] }), &[b""]).unwrap(), [b""]);
}

#[test]
fn what_would_take_too_long_is_refused_before_it_begins() {
    let limit = |method: &str, given: Value, inputs: &[&[u8]]| match run(method, given, inputs) {
        Err(Fault::Limit { limit, message }) => (limit, message),
        other => panic!("{method}: {other:?}"),
    };
    let large = vec![0; 4 * 2049 * 2049];
    assert_eq!(limit("lu", json!({}), &[&large]).0, 2048);
    assert_eq!(limit("svd", json!({}), &[&large]).0, 1024);
    let long = vec![0; 4 * (1 << 21)];
    let (work, message) = limit("matmul", json!({ "columns": 1 }), &[&long, &long[..4 << 16]]);
    assert!(work == 1 << 36 && message.contains("2097152 by 1 by 65536: 137438953472 multiplications"), "{message}");
    assert_eq!(limit("fft", json!({}), &[&long]).0, 1 << 20);
    let points = vec![0; 1 << 24];
    let strides = json!({ "strides": [4], "matrix": 0, "dimension": 2 });
    assert!(run("vector_length", strides, &[&points]).is_err());
    let small = json!({ "stride": 28, "parts": vec![vec![0.0; 16]; 32] });
    assert_eq!(limit("instance_matrices", small, &[&vec![0; 28 * 600_000]]).0, 1 << 30);
}

#[test]
fn a_stop_ends_every_long_method() {
    let numbers = packed_f32(&vec![1.5; 1 << 20]);
    // A prime: one transform alone, and its tables, take longer than a job may go on unasked.
    let prime = packed_f32(&vec![1.5; 524_287]);
    // More than all threads do between two looks.
    let many = packed_f32(&vec![1.5; 1 << 22]);
    let values = packed_f32(&(0..1 << 16).map(|i| i as f32).collect::<Vec<_>>());
    for (method, given, inputs) in [
        ("vector_normalize", json!({ "dimension": 2 }), vec![&*many]),
        ("matmul", json!({ "columns": 1024 }), vec![&*numbers, &*numbers]),
        ("statistics", json!({}), vec![&*numbers]),
        ("histogram", json!({}), vec![&*numbers]),
        ("fft", json!({ "length": 1024 }), vec![&*many]),
        ("fft", json!({}), vec![&*prime]),
        ("fft", json!({ "output": "png" }), vec![&*prime]),
        ("interpolate", json!({}), vec![&*values, &*values, &*numbers]),
        ("random", json!({ "encoding": "packed", "count": 1 << 24 }), vec![]),
        ("solve", json!({ "columns": 1 }), vec![&*numbers, &*numbers]),
    ] {
        for after in [0, 1] {
            let host = Quiet { cancel_after: Some(AtomicU64::new(after)), ..Quiet::default() };
            let ended = run_quietly(&Math::new(), method, params(given.clone()), &inputs, 1 << 20, &host);
            assert_eq!(ended, Err(Fault::Cancelled), "{method} after {after}");
        }
    }
}

#[test]
fn those_that_look_at_many_numbers_say_how_far_they_are() {
    let numbers = packed_f32(&(0..140_000).map(|i| i as f32).collect::<Vec<_>>());
    for (method, given) in [
        ("statistics", json!({ "quantiles": [0.3] })),
        ("histogram", json!({})),
        ("instance_matrices", json!({ "stride": 28 })),
    ] {
        let host = Quiet::default();
        run_quietly(&Math::new(), method, params(given), &[&numbers], 1 << 20, &host).unwrap();
        let steps = host.steps.into_inner().unwrap();
        assert!(steps.len() > 1 && steps.is_sorted(), "{method}: {steps:?}");
        assert!(steps.last().is_some_and(|(done, total)| done == total), "{method}: {steps:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_a_method_panic(index in any::<prop::sample::Index>(), one in prop::collection::vec(any::<u8>(), 0..600), other in prop::collection::vec(any::<u8>(), 0..300), whole: bool) {
        let math = Math::new();
        let method = &math.spec().methods[index.index(math.spec().methods.len())];
        let mut inputs: Vec<Vec<u8>> = vec![one, other, vec![0; 64]];
        inputs.resize(method.inputs.1 as usize, vec![1; 128]);
        if whole {
            inputs.iter_mut().for_each(|input| input.resize(input.len() / 64 * 64, 0));
        }
        let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
        let ended = run(method.name, json!({ "columns": 3 }), &inputs);
        let fine = matches!(ended, Ok(_) | Err(Fault::Invalid { .. } | Fault::Limit { .. }));
        prop_assert!(fine, "{}: {:?}", method.name, ended);
    }

    #[test]
    fn no_numbers_make_an_operation_panic(index in any::<prop::sample::Index>(), numbers in prop::collection::vec(prop_oneof![any::<f64>(), Just(0.0), -2.0..2.0_f64], 96)) {
        let ops: Vec<_> = crate::ops().collect();
        let op = ops[index.index(ops.len())];
        let operands: Vec<&[f64]> = op.takes.iter().zip(numbers.chunks(16)).map(|(operand, numbers)| &numbers[..operand.width.unwrap_or(3)]).collect();
        let mut result = vec![0.0; op.result_width(3)];
        // What it says is held elsewhere; here, that it says something.
        let _ = (op.run)(&operands, &mut result);
    }
}
