//! What holds for any numbers: inverses, lengths, orders, round trips; and for any number of threads and any layout.

use super::*;

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

pub(super) fn with_threads(threads: usize, method: &str, given: &Value, inputs: &[&[u8]]) -> Vec<u8> {
    let mut outputs =
        testing::run(&Math::new(), method, params(given.clone()), inputs, 1 << 20, &Threads(threads)).unwrap();
    outputs.remove(0).1
}

fn numbers(count: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-10.0..10.0_f64, count)
}

/// A matrix that scales, turns and moves, and so has an inverse.
fn moved() -> impl Strategy<Value = Value> {
    let scale = prop::collection::vec(prop_oneof![0.1..4.0_f64, -4.0..-0.1_f64], 3);
    (numbers(3), numbers(3), scale).prop_map(|(translation, angles, scale)| {
        let rotation = result("quaternion_from_euler", json!({ "angles": angles }));
        json!(result("matrix_compose", json!({ "translation": translation, "rotation": rotation, "scale": scale })))
    })
}

fn all_near(ones: &[f64], others: &[f64], tolerance: f64) -> bool {
    ones.len() == others.len() && ones.iter().zip(others).all(|(one, other)| near(*one, *other, tolerance))
}

fn identity(order: usize) -> Vec<f64> {
    (0..order * order).map(|i| if i % (order + 1) == 0 { 1.0 } else { 0.0 }).collect()
}

fn flat(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(flat).collect(),
        other => vec![other.as_f64().unwrap()],
    }
}

fn rows(numbers: &[f64], columns: usize) -> Value {
    json!(numbers.chunks(columns).collect::<Vec<_>>())
}

fn transposed(rows: &Value) -> Value {
    let columns = rows[0].as_array().unwrap().len();
    json!(
        (0..columns)
            .map(|j| rows.as_array().unwrap().iter().map(|row| row[j].clone()).collect())
            .collect::<Vec<Value>>()
    )
}

fn product(a: &Value, b: &Value) -> Vec<f64> {
    flat(&said("matmul", json!({ "a": a, "b": b }))["result"])
}

#[test]
fn transforms_of_a_large_prime_are_what_their_definition_says() {
    const LENGTH: usize = 4099;
    let samples: Vec<f64> = (0..3 * LENGTH).map(|i| ((i * i) % 1009) as f64 / 500.0 - 1.0).collect();
    let given = json!({ "length": LENGTH, "type": "f64" });
    let spectra = unpacked(&run("fft", given, &[&packed(&samples)]).unwrap()[0]);
    for (samples, spectrum) in samples.chunks(LENGTH).zip(spectra.chunks(LENGTH + 1)) {
        for bin in [0, 1, 1000, LENGTH / 2] {
            let turn = |i: usize| std::f64::consts::TAU * ((i * bin) % LENGTH) as f64 / LENGTH as f64;
            let (re, im) = samples.iter().enumerate().fold((0.0, 0.0), |(re, im), (i, sample)| {
                (re + sample * libm::cos(turn(i)), im - sample * libm::sin(turn(i)))
            });
            assert!(all_near(&spectrum[2 * bin..2 * bin + 2], &[re, im], 1e-8), "bin {bin}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_matrix_times_its_inverse_changes_nothing(matrix in moved()) {
        let inverse = result("matrix_inverse", json!({ "matrix": matrix }));
        let product = result("matrix_multiply", json!({ "a": matrix, "b": inverse }));
        prop_assert!(all_near(&product, &identity(4), 1e-9), "{:?}", product);
    }

    #[test]
    fn what_is_taken_apart_is_put_together_again(matrix in moved()) {
        let parts = said("matrix_decompose", json!({ "matrix": matrix }));
        let again = result("matrix_compose", parts);
        prop_assert!(all_near(&again, &flat(&matrix), 1e-9), "{:?} {}", again, matrix);
    }

    #[test]
    fn a_normal_stays_upright_on_its_plane(matrix in moved(), along in numbers(3), across in numbers(3)) {
        let normal = result("vector_cross", json!({ "a": along, "b": across }));
        prop_assume!(normal.iter().any(|n| n.abs() > 1e-3));
        let normal = result("vector_transform_normal", json!({ "matrix": matrix, "normal": normal }));
        let along = result("vector_transform_direction", json!({ "matrix": matrix, "direction": along }));
        let dot = result("vector_dot", json!({ "a": normal, "b": along }))[0];
        prop_assert!(dot.abs() < 1e-7, "{}", dot);
        let length = result("vector_length", json!({ "a": normal }))[0];
        prop_assert!(near(length, 1.0, 1e-12));
    }

    #[test]
    fn a_turned_vector_is_as_long_as_before(q in numbers(4), vector in numbers(3)) {
        prop_assume!(q.iter().any(|n| n.abs() > 1e-3));
        let turned = result("quaternion_rotate", json!({ "q": q, "vector": vector }));
        let back = result("quaternion_inverse", json!({ "q": q }));
        let turned_back = result("quaternion_rotate", json!({ "q": back, "vector": turned }));
        prop_assert!(all_near(&turned_back, &vector, 1e-9));
        let length = |vector: &[f64]| result("vector_length", json!({ "a": vector }))[0];
        prop_assert!(near(length(&turned), length(&vector), 1e-12));
    }

    #[test]
    fn a_matrix_turns_as_its_quaternion_does(q in numbers(4), vector in numbers(3)) {
        prop_assume!(q.iter().any(|n| n.abs() > 1e-3));
        let matrix = result("matrix_from_quaternion", json!({ "rotation": q }));
        let one = result("vector_transform_direction", json!({ "matrix": matrix, "direction": vector }));
        let other = result("quaternion_rotate", json!({ "q": q, "vector": vector }));
        prop_assert!(all_near(&one, &other, 1e-9));
        let again = result("quaternion_from_matrix", json!({ "matrix": matrix }));
        let other = result("quaternion_rotate", json!({ "q": again, "vector": vector }));
        prop_assert!(all_near(&one, &other, 1e-9));
    }

    #[test]
    fn factors_multiply_to_what_they_were_made_of(numbers in numbers(48), columns in 1..8_usize) {
        let a = rows(&numbers[..48 / columns * columns], columns);
        let qr = said("qr", json!({ "a": a }));
        prop_assert!(all_near(&product(&qr["q"], &qr["r"]), &flat(&a), 1e-9));
        let gram = product(&transposed(&qr["q"]), &qr["q"]);
        prop_assert!(all_near(&gram, &identity(gram.len().isqrt()), 1e-9));
        let svd = said("svd", json!({ "a": a }));
        let s = flat(&svd["s"]);
        prop_assert!(s.is_sorted_by(|a, b| a >= b) && s.iter().all(|value| *value >= 0.0));
        let scaled: Vec<Vec<f64>> = svd["u"].as_array().unwrap().iter().map(|row| flat(row).iter().zip(&s).map(|(u, s)| u * s).collect()).collect();
        prop_assert!(all_near(&product(&json!(scaled), &transposed(&svd["v"])), &flat(&a), 1e-9));
    }

    #[test]
    fn what_solves_a_system_solves_it(numbers in numbers(36), b in numbers(12)) {
        let a: Vec<f64> = numbers.iter().enumerate().map(|(i, n)| n + if i % 7 == 0 { 70.0 } else { 0.0 }).collect();
        let (a, b) = (rows(&a, 6), rows(&b, 2));
        let x = &said("solve", json!({ "a": a, "b": b }))["x"];
        prop_assert!(all_near(&product(&a, x), &flat(&b), 1e-9));
        let lu = said("lu", json!({ "a": a }));
        let permuted: Vec<Value> = flat(&lu["p"]).iter().map(|row| a[*row as usize].clone()).collect();
        prop_assert!(all_near(&product(&lu["l"], &lu["u"]), &flat(&json!(permuted)), 1e-9));
    }

    #[test]
    fn a_transform_and_its_inverse_change_nothing(samples in prop::collection::vec(-1e3..1e3_f64, 1..300)) {
        let spectrum = result("fft", json!({ "values": samples }));
        let back = result("fft", json!({ "values": spectrum, "kind": "inverse_real", "length": samples.len() }));
        prop_assert!(all_near(&back, &samples, 1e-10));
        let bytes = packed_f32(&samples.iter().map(|n| *n as f32).collect::<Vec<_>>());
        let there = run("fft", json!({ "length": samples.len() }), &[&bytes]).unwrap().remove(0);
        let given = json!({ "length": samples.len(), "kind": "inverse_real" });
        let back = unpacked_f32(&run("fft", given, &[&there]).unwrap()[0]);
        prop_assert!(back.iter().zip(&samples).all(|(a, b)| (f64::from(*a) - b).abs() < 1e-2));
    }

    #[test]
    fn quantiles_are_those_of_the_sorted_numbers(mut numbers in prop::collection::vec(prop_oneof![Just(0.0), Just(-0.0), -1e300..1e300_f64, -1.0..1.0], 1..60), rank in any::<prop::sample::Index>()) {
        let rank = rank.index(numbers.len());
        let quantile = if numbers.len() == 1 { 0.0 } else { rank as f64 / (numbers.len() - 1) as f64 };
        let bytes = packed(&numbers);
        numbers.sort_by(f64::total_cmp);
        let output = run("statistics", json!({ "quantiles": [quantile], "type": "f64" }), &[&bytes]);
        // The fourth powers of large numbers are beyond all numbers, and are said to be.
        let Ok(output) = output else { return Ok(()) };
        let answer: Value = serde_json::from_slice(&output[0]).unwrap();
        prop_assert!(near(answer["quantiles"][0].as_f64().unwrap(), numbers[rank], 1e-9));
        prop_assert_eq!(answer["minimum"].as_f64().unwrap(), numbers[0]);
    }

    #[test]
    fn a_curve_goes_through_its_points_and_a_monotone_one_never_overshoots(gaps in prop::collection::vec(0.1..2.0_f64, 2..20), y in numbers(20), at in numbers(10)) {
        let x: Vec<f64> = gaps.iter().scan(-8.0, |x, gap| { *x += gap; Some(*x) }).collect();
        let y = &y[..x.len()];
        for kind in ["nearest", "linear", "cubic", "monotone"] {
            let there = result("interpolate", json!({ "x": x, "y": y, "at": x, "kind": kind }));
            prop_assert!(all_near(&there, y, 1e-12), "{}", kind);
        }
        let between = result("interpolate", json!({ "x": x, "y": y, "at": at, "kind": "monotone" }));
        for (at, value) in at.iter().zip(between) {
            let i = x.partition_point(|x| x <= at).clamp(1, x.len() - 1);
            let (low, high) = (y[i - 1].min(y[i]), y[i - 1].max(y[i]));
            prop_assert!((low - 1e-9..=high + 1e-9).contains(&value), "{} at {}", value, at);
        }
    }

    #[test]
    fn many_are_what_each_is_by_itself(numbers in numbers(60), matrix in moved()) {
        let bytes = packed(&numbers);
        for method in ["vector_transform_point", "vector_transform_direction", "vector_transform_normal"] {
            let name = method.strip_prefix("vector_transform_").unwrap();
            let many = unpacked(&run(method, json!({ "matrix": matrix, "type": "f64" }), &[&bytes]).unwrap()[0]);
            for (one, many) in numbers.chunks(3).zip(many.chunks(3)) {
                prop_assert_eq!(&result(method, json!({ "matrix": matrix, name: one })), &many.to_vec());
            }
        }
    }

    #[test]
    fn what_goes_straight_from_bytes_to_bytes_is_the_same_to_the_bit(bits in prop::collection::vec(any::<u32>(), 3..90), matrix in moved(), by in prop::collection::vec(-2.0..2.0_f64, 16)) {
        let bytes: Vec<u8> = bits.chunks_exact(3).flatten().flat_map(|bits| bits.to_le_bytes()).collect();
        let wide: Vec<u8> = bytes.chunks(12).flat_map(|value| [value, &[0xee; 4]].concat()).collect();
        for (method, matrix) in [
            ("vector_transform_point", &matrix), ("vector_transform_point", &json!(by)),
            ("vector_transform_direction", &matrix), ("vector_transform_direction", &json!(by)),
        ] {
            let straight = run(method, json!({ "matrix": matrix }), &[&bytes]).unwrap();
            let by_blocks = run(method, json!({ "matrix": matrix, "strides": [16] }), &[&wide]).unwrap();
            prop_assert_eq!(straight, by_blocks, "{} {}", method, matrix);
        }
    }

    #[test]
    fn neither_stride_nor_offset_nor_address_matters(numbers in numbers(30), offset in 0..9_usize, gap in 0..9_usize) {
        let tight = run("vector_normalize", json!({ "type": "f64" }), &[&packed(&numbers)]).unwrap();
        let stride = offset + 24 + gap;
        let wide: Vec<u8> = packed(&numbers).chunks(24).flat_map(|value| [&vec![0xee; offset], value, &vec![0xdd; gap]].concat()).collect();
        let given = json!({ "type": "f64", "strides": [stride], "offsets": [offset] });
        prop_assert_eq!(tight, run("vector_normalize", given, &[&wide]).unwrap());
    }
}

#[test]
fn many_vectors_have_the_directions_that_each_has_alone() {
    for dimension in 2..=4 {
        let sizes = [1.0, 1e-96, 1e-94, 1e94, 1e96, 1e-300, 1e300, 5e-324, -3.5];
        let number = |i: usize| sizes[i % 9] * ((i * 7919 % 997) as f64 - 400.5);
        let vectors: Vec<f64> = (0..dimension * 600).map(number).collect();
        let given = json!({ "type": "f64", "dimension": dimension });
        let many = unpacked(&run("vector_normalize", given, &[&packed(&vectors)]).unwrap()[0]);
        for (vector, direction) in vectors.chunks(dimension).zip(many.chunks(dimension)) {
            assert_eq!(result("vector_normalize", json!({ "a": vector })), direction, "{vector:?}");
        }
    }
}

#[test]
fn the_number_of_threads_does_not_show_in_the_bytes() {
    let points: Vec<f32> = (0..900_000_u64).map(|i| ((i * 7919) % 10_007) as f32 / 100.0 - 50.0).collect();
    let points = packed_f32(&points);
    let matrix = result("matrix_perspective", json!({ "fov_y": 1, "aspect": 2, "near": 0.5, "far": 80 }));
    for (method, given, inputs) in [
        ("vector_transform_point", json!({ "matrix": matrix }), vec![&*points]),
        ("vector_transform_point", json!({ "matrix": identity(4) }), vec![&*points]),
        ("fft", json!({ "length": 1000 }), vec![&*points]),
        ("fft", json!({ "length": 900, "kind": "complex" }), vec![&*points]),
        ("vector_cross", json!({}), vec![&*points, &*points]),
        ("vector_distance", json!({ "b": [1, 2, 3] }), vec![&*points]),
    ] {
        let one = with_threads(1, method, &given, &inputs);
        assert!(!one.is_empty());
        for threads in [2, 3, 16] {
            assert!(one == with_threads(threads, method, &given, &inputs), "{method} with {threads} threads");
        }
    }
}

#[test]
fn random_numbers_follow_their_distribution_and_their_seed() {
    let draw = |given: Value| {
        let mut given = given;
        given["encoding"] = json!("packed");
        given["type"] = json!("f64");
        given["count"] = json!(200_001);
        unpacked(&run("random", given, &[]).unwrap()[0])
    };
    let moments = |numbers: &[f64]| {
        let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
        (mean, numbers.iter().map(|n| (n - mean).powi(2)).sum::<f64>() / numbers.len() as f64)
    };
    let uniform = draw(json!({ "seed": 1, "minimum": -1, "maximum": 3 }));
    assert!(uniform.iter().all(|n| (-1.0..3.0).contains(n)));
    let check = |(mean, variance): (f64, f64), wanted: (f64, f64)| {
        assert!((mean - wanted.0).abs() < 0.02 && (variance - wanted.1).abs() < 0.05, "{mean} {variance} {wanted:?}");
    };
    check(moments(&uniform), (1.0, 16.0 / 12.0));
    check(moments(&draw(json!({ "distribution": "normal", "mean": 5, "standard_deviation": 2 }))), (5.0, 4.0));
    check(moments(&draw(json!({ "distribution": "exponential", "rate": 2 }))), (0.5, 0.25));
    let dice = draw(json!({ "distribution": "integer", "minimum": 1, "maximum": 6 }));
    check(moments(&dice), (3.5, 35.0 / 12.0));
    assert!((1..=6).all(|face| dice.contains(&f64::from(face))) && dice.iter().all(|n| n.fract() == 0.0));
    assert_eq!(draw(json!({ "seed": 1 })), draw(json!({ "seed": 1 })));
    assert_ne!(draw(json!({ "seed": 1 })), draw(json!({ "seed": 2 })));
    let few = result("random", json!({ "seed": 1, "count": 100 }));
    assert_eq!(few, draw(json!({ "seed": 1 }))[..100]);
}

#[test]
fn records_are_drawn_where_they_are() {
    let records: Vec<f32> = (0..50).flat_map(|i| [i as f32, 2.0, -3.0, 0.0, 0.6, 0.0, 0.8, 9.0]).collect();
    let part = result("matrix_from_translation", json!({ "translation": [0, 0, 1] }));
    let given = json!({ "parts": [identity(4), part], "scale": 2 });
    let bytes = run("instance_matrices", given, &[&packed_f32(&records)]).unwrap().remove(0);
    let matrices = unpacked_f32(&bytes);
    assert_eq!(matrices.len(), 2 * 50 * 16);
    for (index, record) in records.chunks(8).enumerate() {
        let turn: Vec<f64> = record[3..7].iter().map(|n| f64::from(*n)).collect();
        let place: Vec<f64> = record[..3].iter().map(|n| f64::from(*n)).collect();
        let whole = result("matrix_compose", json!({ "translation": place, "rotation": turn, "scale": [2, 2, 2] }));
        for (number, parted) in [(0, whole.clone()), (1, result("matrix_multiply", json!({ "a": whole, "b": part })))] {
            let drawn = &matrices[(number * 50 + index) * 16..][..16];
            assert!(drawn.iter().zip(parted).all(|(one, other)| (f64::from(*one) - other).abs() < 1e-5));
        }
    }
}

#[test]
fn what_is_foreseen_is_what_is_written() {
    let bytes = packed_f32(&[1.0; 60]);
    for (method, given) in [
        ("vector_normalize", json!({})),
        ("vector_length", json!({ "dimension": 4 })),
        ("vector_transform_point", json!({ "matrix": identity(4), "type": "f64" })),
        ("matrix_decompose", json!({ "strides": [120] })),
        ("instance_matrices", json!({ "stride": 60, "parts": [identity(4), identity(4)] })),
    ] {
        let inputs = [Sight { bytes: bytes.len() as u64, head: &[] }];
        let foreseen = Math::new().foresee(method, &params(given.clone()), &inputs).unwrap();
        let written: usize = run(method, given, &[&bytes]).unwrap().iter().map(Vec::len).sum();
        assert_eq!(foreseen.bytes_out, written as u64, "{method}");
    }
}
