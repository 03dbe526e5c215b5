//! Factors of matrices that are larger than one block, and products larger than one tile.

use super::*;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

fn random(count: usize, seed: u32) -> Vec<f64> {
    let given = json!({ "count": count, "seed": seed, "minimum": -1, "encoding": "packed", "type": "f64" });
    unpacked(&run("random", given, &[]).unwrap()[0])
}

fn product(a: &[f64], b: &[f64], inner: usize) -> Vec<f64> {
    let columns = b.len() / inner;
    let at = |i: usize, j: usize| (0..inner).map(|k| a[i * inner + k] * b[k * columns + j]).sum();
    (0..a.len() / inner).flat_map(|i| (0..columns).map(move |j| (i, j))).map(|(i, j)| at(i, j)).collect()
}

fn transposed(a: &[f64], columns: usize) -> Vec<f64> {
    (0..columns).flat_map(|j| a.iter().skip(j).step_by(columns)).copied().collect()
}

fn all_near(ones: &[f64], others: &[f64]) {
    assert_eq!(ones.len(), others.len());
    let worst = ones.iter().zip(others).map(|(one, other)| (one - other).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-9, "{worst}");
}

fn parts(method: &str, columns: usize, inputs: &[&[f64]]) -> Vec<Vec<f64>> {
    let bytes: Vec<Vec<u8>> = inputs.iter().map(|numbers| packed(numbers)).collect();
    let bytes: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
    let outputs = run(method, json!({ "columns": columns, "type": "f64" }), &bytes).unwrap();
    outputs.iter().map(|bytes| unpacked(bytes)).collect()
}

#[test]
fn triangles_multiply_to_the_rows_they_were_made_of() {
    for order in [64, 65, 200] {
        let a = random(order * order, 1);
        let [l, u, p] = &parts("lu", order, &[&a])[..] else { panic!("three parts") };
        let rows: Vec<f64> = p.iter().flat_map(|row| &a[*row as usize * order..][..order]).copied().collect();
        all_near(&product(l, u, order), &rows);
        assert!(l.iter().all(|number| number.abs() <= 1.0));
        let b = random(order * 3, 2);
        all_near(&product(&a, &parts("solve", order, &[&a, &b])[0], order), &b);
    }
}

#[test]
fn a_positive_matrix_is_its_triangle_twice() {
    for order in [64, 130, 330] {
        let half = random(order * order, 3);
        let mut a = product(&half, &transposed(&half, order), order);
        (0..order).for_each(|i| a[i * order + i] += 1.0);
        let l = &parts("cholesky", order, &[&a])[0];
        all_near(&product(l, &transposed(l, order), order), &a);
        a[order * order - 1] = -1.0;
        assert_eq!(mistake("cholesky", json!({ "type": "f64" }), &[&packed(&a)]), "/inputs/0");
    }
}

#[test]
fn reflections_keep_what_they_turn() {
    for (rows, columns) in [(64, 64), (200, 130), (130, 200), (300, 5)] {
        let a = random(rows * columns, 4);
        let [q, r] = &parts("qr", columns, &[&a])[..] else { panic!("two parts") };
        let short = rows.min(columns);
        all_near(&product(q, r, short), &a);
        let one: Vec<f64> = (0..short * short).map(|i| if i % (short + 1) == 0 { 1.0 } else { 0.0 }).collect();
        all_near(&product(&transposed(q, short), q, rows), &one);
        if rows >= columns {
            // What is left over stands upright on every column.
            let b = random(rows * 2, 5);
            let x = &parts("least_squares", columns, &[&a, &b])[0];
            let left: Vec<f64> = product(&a, x, columns).iter().zip(&b).map(|(made, b)| b - made).collect();
            all_near(&product(&transposed(&a, columns), &left, rows), &vec![0.0; columns * 2]);
        }
    }
}

/// Matrices that are hard to take apart: by chance, of low rank, of one number again and again, of none, of sizes that differ
/// by orders of magnitude.
fn hard(rows: usize, columns: usize) -> Vec<(&'static str, Vec<f64>)> {
    let at = |make: &dyn Fn(usize, usize) -> f64| {
        (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j))).map(|(i, j)| make(i, j)).collect::<Vec<f64>>()
    };
    let low = product(&random(rows * 3, 11), &random(3 * columns, 12), 3);
    vec![
        ("chance", random(rows * columns, 10)),
        ("rank 3", low),
        ("one", at(&|i, j| if i == j { 1.0 } else { 0.0 })),
        ("none", at(&|_, _| 0.0)),
        ("all the same", at(&|_, _| 2.0)),
        ("graded", at(&|i, j| 0.8_f64.powi((i + j) as i32) * (1.0 + ((i * 7 + j * 7) % 5) as f64))),
        (
            "glued",
            at(&|i, j| {
                if i == j {
                    (i / 10) as f64
                } else if i.abs_diff(j) == 1 {
                    1e-9
                } else {
                    0.0
                }
            }),
        ),
    ]
}

fn upright(a: &[f64], columns: usize, what: &str) {
    let near = product(&transposed(a, columns), a, a.len() / columns);
    let worst = near.iter().enumerate().map(|(i, n)| (n - if i % (columns + 1) == 0 { 1.0 } else { 0.0 }).abs());
    let worst = worst.fold(0.0, f64::max);
    assert!(worst < 1e-12, "{what}: {worst}");
}

#[test]
fn eigenvectors_make_the_matrix_again_and_stand_upright() {
    for order in [65, 130, 200] {
        for (what, half) in hard(order, order) {
            let other = transposed(&half, order);
            let a: Vec<f64> = half.iter().zip(&other).map(|(a, b)| (a + b) / 2.0).collect();
            let [values, vectors] = &parts("eigen_symmetric", order, &[&a])[..] else { panic!("two parts") };
            assert!(values.is_sorted(), "{what}");
            upright(vectors, order, what);
            let scaled: Vec<f64> = vectors.iter().enumerate().map(|(i, n)| n * values[i % order]).collect();
            all_near(&product(&scaled, &transposed(vectors, order), order), &a);
        }
    }
}

#[test]
fn singular_vectors_make_the_matrix_again_and_stand_upright() {
    for (rows, columns) in [(65, 65), (200, 130), (130, 200), (200, 200), (300, 5)] {
        for (what, a) in hard(rows, columns) {
            let [u, s, v] = &parts("svd", columns, &[&a])[..] else { panic!("three parts") };
            let short = rows.min(columns);
            assert!(s.is_sorted_by(|a, b| a >= b) && s.iter().all(|s| *s >= 0.0), "{what}");
            upright(u, short, what);
            upright(v, short, what);
            let scaled: Vec<f64> = u.iter().enumerate().map(|(i, n)| n * s[i % short]).collect();
            all_near(&product(&scaled, &transposed(v, short), short), &a);
        }
    }
}

#[test]
fn a_product_of_many_tiles_is_that_of_one() {
    let (rows, inner, columns) = (700, 300, 900);
    let (a, b) = (random(rows * inner, 6), random(inner * columns, 7));
    let wanted = product(&a, &b, inner);
    for threads in [1, 2, 5] {
        let outputs = run_with_threads(
            threads,
            "matmul",
            json!({ "columns": inner, "type": "f64" }),
            &[&packed(&a), &packed(&b)],
        );
        all_near(&unpacked(&outputs), &wanted);
    }
    // At an address that suits no number.
    let moved = [&[0], &*packed(&a)].concat();
    let outputs = run("matmul", json!({ "columns": inner, "type": "f64" }), &[&moved[1..], &packed(&b)]).unwrap();
    all_near(&unpacked(&outputs[0]), &wanted);
}

#[test]
fn a_product_of_f32_is_what_its_sums_say_whatever_its_sides() {
    // Long sides and short ones, whole panels and parts of them, one depth and two.
    for (rows, inner, columns) in
        [(64, 64, 64), (65, 1100, 97), (113, 515, 64), (300, 579, 257), (14, 200, 300), (225, 64, 33)]
    {
        let [a, b] = [random(rows * inner, 6), random(inner * columns, 7)]
            .map(|numbers| numbers.into_iter().map(|number| number as f32).collect::<Vec<_>>());
        let wanted = product(
            &a.iter().map(|n| f64::from(*n)).collect::<Vec<_>>(),
            &b.iter().map(|n| f64::from(*n)).collect::<Vec<_>>(),
            inner,
        );
        for threads in [1, 2, 5] {
            let outputs =
                run_with_threads(threads, "matmul", json!({ "columns": inner }), &[&packed_f32(&a), &packed_f32(&b)]);
            let made = unpacked_f32(&outputs);
            assert_eq!(made.len(), rows * columns);
            let worst = made.iter().zip(&wanted).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
            assert!(worst < 1e-3, "{rows} by {inner} by {columns}, {threads} threads: off by {worst}");
            assert!(made.iter().all(|number| number.is_finite()));
        }
    }
}

#[test]
fn a_product_stops_whoever_works_on_it() {
    struct Stopping(AtomicU64);

    impl Host for Stopping {
        fn cancelled(&self) -> bool {
            self.0.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_err()
        }

        fn progress(&self, _: u64, _: u64) {}

        fn log(&self, _: &str) {}

        fn emit(&self, _: &[u8]) {}

        fn threads(&self) -> usize {
            3
        }
    }

    let numbers = packed_f32(&vec![1.5; 1 << 19]);
    for (method, given, inputs) in [
        ("matmul", json!({ "columns": 512 }), vec![&*numbers, &*numbers]),
        ("fft", json!({ "length": 4096 }), vec![&*numbers]),
    ] {
        for after in [0, 1] {
            let host = Stopping(AtomicU64::new(after));
            let ended = run_quietly(&Math::new(), method, params(given.clone()), &inputs, 1 << 20, &host);
            assert_eq!(ended, Err(Fault::Cancelled), "{method} after {after}");
        }
    }
}

fn run_with_threads(threads: usize, method: &str, given: Value, inputs: &[&[u8]]) -> Vec<u8> {
    super::laws::with_threads(threads, method, &given, inputs)
}

#[test]
fn factors_stop_between_two_blocks() {
    let order = 256;
    let half = random(order * order, 8);
    let mut a = product(&half, &transposed(&half, order), order);
    (0..order).for_each(|i| a[i * order + i] += 1.0);
    let (a, b) = (packed(&a), packed(&half));
    for (method, inputs) in [
        ("lu", vec![&*a]),
        ("solve", vec![&*a, &*b]),
        ("cholesky", vec![&*a]),
        ("qr", vec![&*a]),
        ("least_squares", vec![&*a, &*b]),
        ("svd", vec![&*a]),
        ("eigen_symmetric", vec![&*a]),
    ] {
        let stopped_after = |after: u64| {
            let host = Quiet { cancel_after: Some(AtomicU64::new(after)), ..Quiet::default() };
            run_quietly(&Math::new(), method, params(json!({ "type": "f64" })), &inputs, 1 << 20, &host).is_err()
        };
        let most = 4 + 2 * 256 / 64;
        assert!(stopped_after(0) && stopped_after(most), "{method} looks up less than {most} times");
        assert!(!stopped_after(1 << 40), "{method}");
    }
}
