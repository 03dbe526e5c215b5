//! Sounds at places, against what the model says.

use super::*;

const RATE: u32 = 48_000;

/// What both ears hear of one input.
fn placed(mut given: Value, row: &[f64]) -> Rows {
    given["output"] = json!({ "sample": "f32" });
    heard(&file("spatial", given, &[&wav(RATE, &vec![row.to_vec()])])).1
}

fn still(position: [f64; 3]) -> Value {
    json!([{ "path": [{ "position": position }] }])
}

fn power(row: &[f64]) -> f64 {
    row.iter().map(|sample| sample * sample).sum::<f64>() / row.len() as f64
}

/// By how many samples one row is later than another: where they are most alike.
fn later(one: &[f64], other: &[f64]) -> i64 {
    let alike = |lag: i64| -> f64 { (200..4000_i64).map(|at| one[(at + lag) as usize] * other[at as usize]).sum() };
    (-100..=100).max_by(|a, b| alike(*a).total_cmp(&alike(*b))).unwrap()
}

/// Noise without high frequencies: these go round a head in their own ways.
fn dull(count: usize) -> Vec<f64> {
    let mut carried = 0.0;
    noise(21, count)
        .iter()
        .map(|sample| {
            carried += 0.05 * (sample - carried);
            carried
        })
        .collect()
}

#[test]
fn what_is_in_front_is_the_same_to_both_ears() {
    let ears = placed(json!({ "sources": still([0.0, 0.0, -2.0]) }), &noise(20, 8000));
    near(&ears[0], &ears[1], 1e-7);
    assert!(power(&ears[0]) > 0.0);
}

#[test]
fn what_is_at_the_side_is_later_and_softer_to_the_other_ear() {
    let row = dull(8000);
    let ears = placed(json!({ "sources": still([2.0, 0.0, 0.0]), "doppler": false, "air": false }), &row);
    // Woodworth's sphere: a / c (pi / 2 + 1), some 31 samples.
    let wanted = 0.0875 / 343.2 * (std::f64::consts::FRAC_PI_2 + 1.0) * f64::from(RATE);
    assert!((later(&ears[0], &ears[1]) as f64 - wanted).abs() <= 3.0, "{} for {wanted}", later(&ears[0], &ears[1]));
    let level = |hz: f64| {
        let ears = placed(json!({ "sources": still([2.0, 0.0, 0.0]) }), &sine(hz, RATE, 12_000));
        10.0 * (power(&ears[1][6000..12_000]) / power(&ears[0][6000..12_000])).log10()
    };
    let (low, high) = (level(200.0), level(4000.0));
    assert!(low.abs() < 3.0 && high > 8.0, "{low} dB and {high} dB");
    // The mirror image.
    let other = placed(json!({ "sources": still([-2.0, 0.0, 0.0]), "doppler": false, "air": false }), &row);
    near(&ears[0], &other[1], 1e-7);
}

#[test]
fn double_the_distance_is_half_as_loud() {
    let loud = |metres: f64| {
        let given = json!({ "sources": still([0.0, 0.0, -metres]), "air": false, "doppler": false, "mode": "stereo" });
        power(&placed(given, &sine(500.0, RATE, 9600))[0][2000..9000]).sqrt()
    };
    assert!((loud(2.0) / loud(4.0) - 2.0).abs() < 1e-3 && (loud(1.0) / loud(0.2) - 1.0).abs() < 1e-3);
}

#[test]
fn loudspeakers_share_one_power() {
    let row = sine(500.0, RATE, 9600);
    let both = |x: f64, z: f64| {
        let given = json!({ "sources": still([x, 0.0, z]), "mode": "stereo", "air": false });
        let ears = placed(given, &row);
        (power(&ears[0][2000..9000]), power(&ears[1][2000..9000]))
    };
    for turn in 0..8 {
        let (sin, cos) = (f64::from(turn) * 0.4).sin_cos();
        let (left, right) = both(sin, -cos);
        assert!((left + right - 0.5).abs() < 1e-3, "{left} {right}");
    }
    let (left, right) = both(1.0, 0.0);
    assert!(left < 1e-9 && right > 0.49);
}

#[test]
fn what_comes_nearer_is_higher() {
    // 20 m/s towards the listener: the frequency is that of c / (c - v).
    let path = json!([{ "path": [{ "time_s": 0, "position": [0, 0, -45] }, { "time_s": 2, "position": [0, 0, -5] }] }]);
    let ears = placed(
        json!({ "sources": path, "mode": "stereo", "rolloff": 0, "air": false }),
        &sine(1000.0, RATE, 2 * RATE as usize),
    );
    let middle = &ears[0][30_000..78_000];
    let crossings: Vec<usize> = (1..middle.len()).filter(|at| middle[at - 1] < 0.0 && middle[*at] >= 0.0).collect();
    let hz = (crossings.len() - 1) as f64 * f64::from(RATE) / (crossings[crossings.len() - 1] - crossings[0]) as f64;
    let speed = 331.3 * (1.0_f64 + 20.0 / 273.15).sqrt();
    assert!((hz - 1000.0 * speed / (speed - 20.0)).abs() < 0.5, "{hz}");
}

#[test]
fn air_takes_high_frequencies() {
    let level = |hz: f64, air: bool| {
        let given = json!({ "sources": still([0.0, 0.0, -100.0]), "mode": "stereo", "doppler": false, "air": air });
        10.0 * power(&placed(given, &sine(hz, RATE, 9600))[0][2000..9000]).log10()
    };
    let lost = |hz: f64| level(hz, false) - level(hz, true);
    // ISO 9613-1 at 20 degrees and 50 %: 8 kHz loses 10.6 dB in 100 m (table 1: 1.06e2 dB/km).
    assert!((lost(8000.0) - 10.6).abs() < 0.6, "{}", lost(8000.0));
    assert!(lost(250.0) < 0.5, "{}", lost(250.0));
}

#[test]
fn a_turned_head_hears_what_is_turned_the_other_way() {
    let row = noise(22, 6000);
    let one = placed(json!({ "sources": still([2.0, 0.0, 0.0]) }), &row);
    let turned = json!({ "sources": still([0.0, 0.0, -2.0]), "listener": [{ "forward": [-1, 0, 0] }] });
    let other = placed(turned, &row);
    near(&one[0], &other[0], 1e-6);
    near(&one[1], &other[1], 1e-6);
}

#[test]
fn what_is_above_sounds_different_and_behind_as_before() {
    let row = noise(24, 6000);
    let from = |position| placed(json!({ "sources": still(position) }), &row);
    let (ahead, behind, above) = (from([1.0, 0.0, -2.0]), from([1.0, 0.0, 2.0]), from([1.0, 2.0, 0.0]));
    for ear in 0..2 {
        near(&ahead[ear], &behind[ear], 1e-9);
        let off: Vec<f64> = ahead[ear].iter().zip(&above[ear]).map(|(one, other)| one - other).collect();
        assert!(power(&off) > 0.1 * power(&ahead[ear]), "the echoes of the outer ear tell above from ahead");
    }
}

#[test]
fn odd_scenes_are_sounds_or_mistakes() {
    let row = noise(23, 4000);
    for position in [[0.0; 3], [0.0, 5.0, 0.0], [1e-12, 0.0, 0.0]] {
        let ears = placed(json!({ "sources": still(position) }), &row);
        assert!(ears.iter().flatten().all(|sample| sample.is_finite()));
    }
    let tone = wav(RATE, &vec![row]);
    for (given, pointer) in [
        (json!({ "sources": still([2000.0, 0.0, 0.0]) }), "/params/sources/0/path/0"),
        (json!({ "sources": [{ "input": 1, "path": [{ "position": [1, 0, 0] }] }] }), "/params/sources/0/input"),
        (
            json!({ "sources": [{ "path": [{ "time_s": 1, "position": [1, 0, 0] }, { "time_s": 1, "position": [1, 0, 0] }] }] }),
            "/params/sources/0/path/1/time_s",
        ),
        (json!({ "sources": still([1.0, 0.0, 0.0]), "listener": [{ "up": [0, 0, 1] }] }), "/params/listener/0"),
    ] {
        assert_eq!(refused("spatial", given.clone(), &[&tone]).0, pointer, "{given}");
    }
}
