//! What is done to a sound, against what arithmetic says.

use super::*;

#[test]
fn a_gain_is_a_factor() {
    let rows: Rows = vec![noise(1, 1000), noise(2, 1000)];
    let louder = made("gain", json!({ "db": -6.0206 }), 44_100, &[&rows]);
    for (row, made) in rows.iter().zip(&louder) {
        near(made, &row.iter().map(|sample| sample * 0.5).collect::<Vec<_>>(), 1e-6);
    }
}

#[test]
fn a_part_begins_and_ends_at_its_frames() {
    let rows: Rows = vec![(0..10_000).map(|at| f64::from(at) / 16_384.0).collect()];
    let part = made("trim", json!({ "start_s": 0.1, "end_s": 0.35 }), 10_000, &[&rows]);
    assert_eq!(part[0], rows[0][1000..3500]);
    assert_eq!(made("trim", json!({ "start_s": 0.9 }), 10_000, &[&rows])[0], rows[0][9000..]);
    assert!(made("trim", json!({ "start_s": 5.0 }), 10_000, &[&rows])[0].is_empty());
    assert_eq!(refused("trim", json!({ "start_s": 1, "end_s": 0.5 }), &[&wav(8000, &rows)]).0, "/params/end_s");
}

#[test]
fn a_fade_is_a_line() {
    let rows: Rows = vec![vec![1.0; 100]];
    let faded = made("fade", json!({ "in_s": 0.1, "out_s": 0.2 }), 100, &[&rows]).remove(0);
    let wanted = (0..100_i32).map(|at| (f64::from(at) / 10.0).min(f64::from(99 - at) / 20.0).min(1.0));
    near(&faded, &wanted.collect::<Vec<_>>(), 1e-7);
}

#[test]
fn backwards_twice_is_forwards() {
    let rows: Rows = [noise(3, 20_000), noise(4, 20_000)]
        .iter()
        .map(|row| row.iter().map(|s| f64::from(*s as f32)).collect())
        .collect();
    let back = made("reverse", json!({}), 44_100, &[&rows]);
    assert!(back[1].iter().eq(rows[1].iter().rev()));
    assert_eq!(made("reverse", json!({}), 44_100, &[&back]), rows);
}

#[test]
fn channels_are_made_of_channels() {
    let rows: Rows = vec![vec![0.5, 0.25], vec![-0.5, 0.75]];
    let to = |given: Value| made("channels", given, 8000, &[&rows]);
    assert_eq!(to(json!({ "to": "mono" })), [[0.0, 0.5]]);
    assert_eq!(to(json!({ "to": "swap" })), [[-0.5, 0.75], [0.5, 0.25]]);
    assert_eq!(to(json!({ "pick": [1, 1, 0] })), [[-0.5, 0.75], [-0.5, 0.75], [0.5, 0.25]]);
    assert_eq!(to(json!({ "matrix": [[1.0, -1.0]] })), [[1.0, -0.5]]);
    let stereo = made("channels", json!({ "to": "stereo" }), 8000, &[&vec![vec![0.5]]]);
    assert_eq!(stereo, [[0.5], [0.5]]);
    let file = wav(8000, &rows);
    assert_eq!(refused("channels", json!({ "pick": [2] }), &[&file]).0, "/params/pick/0");
    assert_eq!(refused("channels", json!({ "matrix": [[1.0]] }), &[&file]).0, "/params/matrix/0");
    assert_eq!(refused("channels", json!({}), &[&file]).0, "/params");
}

#[test]
fn an_echo_comes_when_and_as_loud_as_is_said() {
    let rows: Rows = vec![vec![1.0, 0.0, 0.0]];
    let echo = made("delay", json!({ "time_s": 0.5, "feedback": 0.5, "mix": 0.25 }), 1000, &[&rows]).remove(0);
    let heard: Vec<(usize, f64)> =
        echo.iter().copied().enumerate().filter(|(_, sample)| *sample != 0.0).take(4).collect();
    assert_eq!(heard, [(0, 1.0), (500, 0.25), (1000, 0.125), (1500, 0.0625)]);
    // Until the echoes are 80 dB below the first.
    assert!((7_000..9_000).contains(&echo.len()), "{}", echo.len());
}

#[test]
fn a_room_is_sixty_decibels_softer_after_its_time() {
    let mut rows: Rows = vec![vec![0.0; 2000]];
    rows[0][0] = 1.0;
    let given = json!({ "rt60_s": 1.0, "damping": 0.0, "mix": 1.0, "size": 0.5 });
    let room = made("reverb", given, 8000, &[&rows]).remove(0);
    let power = |from: f64, to: f64| {
        let part = &room[(from * 8000.0) as usize..(to * 8000.0) as usize];
        part.iter().map(|sample| sample * sample).sum::<f64>() / part.len() as f64
    };
    let fall = 10.0 * (power(0.2, 0.3) / power(0.8, 0.9)).log10();
    assert!((fall - 36.0).abs() < 3.0, "{fall} dB in 0.6 s");
    assert!(room.len() >= 8000);
}

#[test]
fn convolution_is_a_sum_of_products() {
    let rows: Rows = vec![noise(5, 9_000), noise(6, 9_000)];
    let answer: Rows = vec![noise(7, 5_000)];
    let made = made("convolve", json!({}), 8000, &[&rows, &answer]);
    assert_eq!(made[0].len(), 13_999);
    for at in [0, 1, 4095, 4096, 5000, 8191, 9100, 13_998] {
        let sum = |row: &Vec<f64>| -> f64 {
            (0..5_000).filter(|lag| *lag <= at && at - lag < 9_000).map(|lag| answer[0][lag] * row[at - lag]).sum()
        };
        for (row, made) in rows.iter().zip(&made) {
            assert!((sum(row) - made[at]).abs() < 2e-5, "{at}: {} {}", sum(row), made[at]);
        }
    }
    let other = super::made("convolve", json!({ "mix": 0.0 }), 8000, &[&rows, &answer]);
    near(&other[0][..9000], &rows[0], 1e-6);
    assert_eq!(refused("convolve", json!({}), &[&wav(8000, &rows), &wav(8000, &vec![Vec::new()])]).0, "/inputs/1");
}

#[test]
fn sounds_are_added_where_and_as_loud_as_is_said() {
    let (one, other): (Rows, Rows) = (vec![vec![0.25; 1000]], vec![vec![0.5; 100]]);
    let mixed = made("mix", json!({ "gains_db": [0, -6.0206], "at_s": [0, 1.5] }), 1000, &[&one, &other]).remove(0);
    let wanted = (0..1600).map(|at| {
        if at < 1000 {
            0.25
        } else if at < 1500 {
            0.0
        } else {
            0.25
        }
    });
    near(&mixed, &wanted.collect::<Vec<f64>>(), 1e-6);
    let both = made("mix", json!({ "at_s": [0, 0.5] }), 1000, &[&one, &other]).remove(0);
    assert_eq!((both[499], both[500], both[599], both[600], both.len()), (0.25, 0.75, 0.75, 0.25, 1000));
}

#[test]
fn one_sound_fades_into_another() {
    let (one, other): (Rows, Rows) = (vec![vec![0.5; 1000]], vec![vec![-0.5; 600]]);
    let crossed = made("crossfade", json!({ "duration_s": 0.2, "curve": "linear" }), 1000, &[&one, &other]).remove(0);
    assert_eq!(crossed.len(), 1400);
    assert_eq!((crossed[799], crossed[1000]), (0.5, -0.5));
    near(&[crossed[800] + crossed[999], crossed[899] + crossed[900]], &[0.0, 0.0], 1e-6);
    assert_eq!(made("crossfade", json!({ "duration_s": 0 }), 1000, &[&one, &other])[0][999..1001], [0.5, -0.5]);
    let given = json!({ "duration_s": 0.7 });
    assert_eq!(refused("crossfade", given, &[&wav(1000, &one), &wav(1000, &other)]).0, "/params/duration_s");
}

#[test]
fn a_peak_and_a_loudness_are_reached() {
    let rows: Rows = vec![noise(8, 48_000 * 4).iter().map(|sample| sample * 0.01).collect()];
    let peak = |rows: &Rows| rows.iter().flatten().fold(0.0_f64, |peak, sample| peak.max(sample.abs()));
    assert!((peak(&made("normalize", json!({ "peak_db": -6.0206 }), 48_000, &[&rows])) - 0.5).abs() < 1e-5);
    let loud = made("normalize", json!({ "lufs": -20.0 }), 48_000, &[&rows]);
    let mut meter = ebur128::EbuR128::new(1, 48_000, ebur128::Mode::I).unwrap();
    meter.add_frames_planar_f64(&[&loud[0]]).unwrap();
    assert!((meter.loudness_global().unwrap() + 20.0).abs() < 0.01);
    let bounded = made("normalize", json!({ "lufs": 0.0, "peak_db": -1.0 }), 48_000, &[&rows]);
    assert!(peak(&bounded) <= 0.8913);
    let silent: Rows = vec![vec![0.0; 48_000]];
    assert_eq!(made("normalize", json!({ "lufs": -10.0 }), 48_000, &[&silent]), silent);
    assert_eq!(made("normalize", json!({}), 48_000, &[&silent]), silent);
}

/// How much of a sound is neither a sine of this frequency nor a constant, in decibels below it, its ends left out.
fn distortion_db(row: &[f64], hz: f64, rate: u32) -> f64 {
    let row = &row[row.len() / 8..row.len() * 7 / 8];
    let omega = 2.0 * std::f64::consts::PI * hz / f64::from(rate);
    let waves: Vec<(f64, f64)> = (0..row.len()).map(|at| (omega * at as f64).sin_cos()).collect();
    // Least squares: two equations with two unknowns.
    let sum = |of: &dyn Fn(usize) -> f64| (0..row.len()).map(of).sum::<f64>();
    let (ss, sc, cc) =
        (sum(&|i| waves[i].0 * waves[i].0), sum(&|i| waves[i].0 * waves[i].1), sum(&|i| waves[i].1 * waves[i].1));
    let (ys, yc) = (sum(&|i| row[i] * waves[i].0), sum(&|i| row[i] * waves[i].1));
    let det = ss * cc - sc * sc;
    let (a, b) = ((ys * cc - yc * sc) / det, (yc * ss - ys * sc) / det);
    let rest = sum(&|i| (row[i] - a * waves[i].0 - b * waves[i].1).powi(2));
    10.0 * (rest / sum(&|i| (a * waves[i].0 + b * waves[i].1).powi(2))).log10()
}

#[test]
fn another_rate_is_the_same_sound() {
    for (from, to) in
        [(44_100, 48_000), (48_000, 44_100), (44_100, 96_000), (96_000, 44_100), (8_000, 48_000), (44_100, 44_101)]
    {
        for hz in [997.0, 3_000.0] {
            let rows: Rows = vec![sine(hz, from, from as usize * 2)];
            let made = made("resample", json!({ "rate_hz": to }), from, &[&rows]).remove(0);
            assert_eq!(made.len() as u64, (rows[0].len() as u64 * u64::from(to)).div_ceil(u64::from(from)));
            let db = distortion_db(&made, hz, to);
            // Floats of 32 bits alone are 150 dB below. Of rates with little in common the filter is as long as the sound here.
            let most = if to == 44_101 { -120.0 } else { -145.0 };
            assert!(db < most, "{from} to {to}, {hz} Hz: THD+N {db:.1} dB");
            // The same phase: nothing comes earlier or later.
            let middle = made.len() / 2;
            let wanted = sine(hz, to, made.len());
            near(&made[middle..middle + 100], &wanted[middle..middle + 100], 1e-4);
        }
    }
    // What the lower rate cannot carry is gone.
    let rows: Rows = vec![sine(30_000.0, 96_000, 48_000)];
    let made = made("resample", json!({ "rate_hz": 44_100 }), 96_000, &[&rows]).remove(0);
    let rest = made[2000..20_000].iter().fold(0.0_f64, |most, sample| most.max(sample.abs()));
    assert!(rest < 1e-5, "{rest}");
}

#[test]
fn a_pipeline_is_its_steps() {
    let rows: Rows = vec![noise(9, 30_000), noise(10, 30_000)];
    let one = made("gain", json!({ "db": -12 }), 44_100, &[&rows]);
    let two = made("filter", json!({ "kind": "lowpass", "frequency_hz": 2000 }), 44_100, &[&one]);
    let three = made("fade", json!({ "in_s": 0.1, "out_s": 0.1 }), 44_100, &[&two]);
    let four = made("normalize", json!({ "peak_db": -3 }), 44_100, &[&three]);
    let steps = json!({ "steps": [
        { "step": "gain", "db": -12 },
        { "step": "filter", "kind": "lowpass", "frequency_hz": 2000 },
        { "step": "fade", "in_s": 0.1, "out_s": 0.1 },
        { "step": "normalize", "peak_db": -3 },
    ] });
    let at_once = made("pipeline", steps, 44_100, &[&rows]);
    for (one, other) in four.iter().zip(&at_once) {
        near(one, other, 1e-5);
    }
    let given = json!({ "steps": [{ "step": "gain", "db": 0 }, { "step": "mix", "input": 3 }] });
    assert_eq!(refused("pipeline", given, &[&wav(8000, &rows)]).0, "/params/steps/1/input");
    let given = json!({ "steps": [{ "step": "filter", "kind": "notch", "frequency_hz": 4000 }] });
    assert_eq!(refused("pipeline", given, &[&wav(8000, &rows)]).0, "/params/steps/0/frequency_hz");
}

#[test]
fn inputs_of_other_forms_are_brought_to_the_first_ones() {
    let stereo: Rows = vec![vec![0.0; 48_000]; 2];
    let files = [wav(48_000, &stereo), wav(44_100, &vec![sine(1000.0, 44_100, 44_100)])];
    let given = json!({ "output": { "sample": "f32" } });
    let (form, mixed) = heard(&file("mix", given, &[&files[0], &files[1]]));
    assert_eq!((form, mixed[0].len()), (Form { rate: 48_000, channels: 2 }, 48_000));
    assert!(distortion_db(&mixed[1], 1000.0, 48_000) < -120.0);
    assert_eq!(mixed[0], mixed[1]);
}
