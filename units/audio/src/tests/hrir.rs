//! Measured heads: every ear hears what the nearest answer makes of a source.

use super::*;

const RATE: u32 = 48_000;
/// How much later than its file a sound at one metre without delay is heard, in samples.
const LATE: usize = 8;

/// The answers of both ears to each direction.
type Answers = Vec<[Vec<f64>; 2]>;

/// Where and how the one source is heard; nothing but the head changes it.
fn scene(directions: Value, length: usize, path: Value) -> Value {
    json!({
        "sources": [{ "path": path }], "doppler": false, "air": false, "rolloff": 0,
        "hrir": { "input": 1, "length": length, "directions": directions },
    })
}

fn still(position: [f64; 3]) -> Value {
    json!([{ "position": position }])
}

/// Answers as one file.
fn file_of(answers: &Answers) -> Vec<u8> {
    let row = |ear: usize| answers.iter().flat_map(|answer| answer[ear].iter().copied()).collect();
    wav(RATE, &vec![row(0), row(1)])
}

fn placed(mut given: Value, row: &[f64], answers: &Answers) -> Rows {
    given["output"] = json!({ "sample": "f32" });
    heard(&file("spatial", given, &[&wav(RATE, &vec![row.to_vec()]), &file_of(answers)])).1
}

/// A click that comes so much later and so loud.
fn click(length: usize, at: usize, loud: f64) -> Vec<f64> {
    let mut row = vec![0.0; length];
    row[at] = loud;
    row
}

#[test]
fn an_ear_hears_what_its_answer_makes_of_a_sound() {
    // Both less and more than a block, and one that is not whole.
    for length in [1, 100, 256, 700] {
        let row: Vec<f64> = noise(31, 3000).iter().map(|sample| f64::from(*sample as f32)).collect();
        let answer = |seed| noise(seed, length).iter().map(|sample| f64::from((0.1 * sample) as f32)).collect();
        let answers: Answers = vec![[answer(32), answer(33)]];
        let ears = placed(scene(json!([[0, 0]]), length, still([0.0, 0.0, -1.0])), &row, &answers);
        assert!(frames(&ears) >= row.len() + LATE + length - 1, "what is under way is heard");
        for (ear, answer) in ears.iter().zip(&answers[0]) {
            let mut wanted = vec![0.0; ear.len()];
            for (at, sample) in row.iter().enumerate() {
                for (late, factor) in answer.iter().enumerate() {
                    wanted[LATE + at + late] += sample * factor;
                }
            }
            near(ear, &wanted, 1e-5);
        }
    }
}

#[test]
fn the_nearest_direction_is_heard_from_where_the_head_is_turned() {
    let directions = json!([[0, 0], [90, 0], [180, 0], [270, 0], [0, 90], [0, -90]]);
    let answers: Answers =
        (0..6).map(|at| [click(8, 0, 0.1 * (at + 1) as f64), click(8, 0, -0.1 * (at + 1) as f64)]).collect();
    let row = vec![1.0; 4000];
    let cases = [
        ([0.1, 0.2, -1.0], 1),
        ([-2.0, 0.5, 0.1], 2),
        ([0.5, 0.0, 3.0], 3),
        ([4.0, 1.0, 1.0], 4),
        ([0.2, 5.0, 0.3], 5),
        ([0.0, -1.0, 0.9], 6),
    ];
    for (position, which) in cases {
        let ears = placed(scene(directions.clone(), 8, still(position)), &row, &answers);
        let wanted = 0.1 * f64::from(which);
        assert!((ears[0][2000] - wanted).abs() < 1e-6, "{position:?}: {}", ears[0][2000]);
        assert!((ears[1][2000] + wanted).abs() < 1e-6, "{position:?}: {}", ears[1][2000]);
    }
    // Who looks to the left has on the right what was ahead.
    let mut turned = scene(directions, 8, still([0.0, 0.0, -1.0]));
    turned["listener"] = json!([{ "forward": [-1, 0, 0] }]);
    assert!((placed(turned, &row, &answers)[0][2000] - 0.4).abs() < 1e-6);
}

#[test]
fn one_direction_fades_into_the_next() {
    let answers: Answers = vec![[click(4, 0, 1.0), click(4, 0, 0.5)], [click(4, 0, 0.5), click(4, 0, 1.0)]];
    let path = json!([{ "time_s": 0, "position": [-3, 0, -1] }, { "time_s": 0.2, "position": [3, 0, -1] }]);
    let ears = placed(scene(json!([[90, 0], [270, 0]]), 4, path), &vec![1.0; 9600], &answers);
    assert!((ears[0][1000] - 1.0).abs() < 1e-6 && (ears[0][9000] - 0.5).abs() < 1e-6);
    assert!((ears[1][1000] - 0.5).abs() < 1e-6 && (ears[1][9000] - 1.0).abs() < 1e-6);
    for ear in &ears {
        // From one answer to the other in the 256 frames of a block, and in no greater steps.
        let steps = ear[500..9500].windows(2).map(|pair| (pair[1] - pair[0]).abs());
        assert!(steps.fold(0.0, f64::max) < 0.5 / 256.0 + 1e-6);
    }
}

#[test]
fn a_sound_is_as_late_and_soft_as_its_way_is_long() {
    let answers: Answers = vec![[click(16, 3, 1.0), click(16, 7, 1.0)]];
    let mut given = scene(json!([[0, 0]]), 16, still([0.0, 0.0, -4.0]));
    (given["doppler"], given["rolloff"]) = (json!(true), json!(1));
    let ears = placed(given, &click(3000, 100, 1.0), &answers);
    let speed = 331.3 * (1.0_f64 + 20.0 / 273.15).sqrt();
    for (ear, own) in ears.iter().zip([3.0, 7.0]) {
        // Between samples, a click becomes several of which the sum is its loudness, and their middle its time.
        let sum: f64 = ear.iter().sum();
        let middle = ear.iter().enumerate().map(|(at, sample)| at as f64 * sample).sum::<f64>() / sum;
        assert!((sum - 0.25).abs() < 1e-3, "{sum}");
        let wanted = 100.0 + LATE as f64 + own + 4.0 / speed * f64::from(RATE);
        assert!((middle - wanted).abs() < 0.1, "{middle} for {wanted}");
    }
}

#[test]
fn heads_that_do_not_fit_are_refused() {
    let row = wav(RATE, &vec![noise(34, 3000)]);
    let answers = |frames: usize, channels: usize, rate: u32| wav(rate, &vec![vec![0.5; frames]; channels]);
    let good = scene(json!([[0, 0], [90, 0]]), 100, still([1.0, 0.0, 0.0]));
    let with = |pointer: &str, value: Value| {
        let mut given = good.clone();
        *given.pointer_mut(pointer).unwrap() = value;
        given
    };
    assert!(asked("spatial", good.clone(), &[&row, &answers(200, 2, RATE)]).is_ok());
    let mut stereo = good.clone();
    stereo["mode"] = json!("stereo");
    let cases = [
        (good.clone(), answers(199, 2, RATE), "/inputs/1"),
        (good.clone(), answers(201, 2, RATE), "/inputs/1"),
        (good.clone(), answers(0, 2, RATE), "/inputs/1"),
        (good.clone(), answers(200, 1, RATE), "/inputs/1"),
        (good.clone(), answers(200, 2, 44_100), "/inputs/1"),
        (with("/hrir/input", json!(2)), answers(200, 2, RATE), "/params/hrir/input"),
        (with("/hrir/directions/1/1", json!(91)), answers(200, 2, RATE), "/params/hrir/directions/1"),
        (with("/hrir/directions/0/0", json!(-1e300)), answers(200, 2, RATE), "/params/hrir/directions/0"),
        (with("/hrir/directions", json!([])), answers(200, 2, RATE), "/params/hrir"),
        (with("/hrir/length", json!(0)), answers(200, 2, RATE), "/params/hrir"),
        (stereo, answers(200, 2, RATE), "/params/hrir"),
    ];
    for (given, file, pointer) in cases {
        assert_eq!(refused("spatial", given.clone(), &[&row, &file]).0, pointer, "{given}");
    }
    let long = with("/hrir/length", json!(u32::MAX));
    assert!(matches!(asked("spatial", long, &[&row, &answers(200, 2, RATE)]), Err(Fault::Limit { .. })));
}
