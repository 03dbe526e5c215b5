//! What is found out of a sound, against what is known of it.

use super::*;

/// The shape and the numbers of a NumPy file of `f32`, or of complex numbers as pairs.
fn npy(bytes: &[u8]) -> (Vec<usize>, Vec<f32>) {
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\0");
    let head_len = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let head = std::str::from_utf8(&bytes[10..head_len]).unwrap();
    let shape = head.split_once("'shape': (").unwrap().1.split_once(')').unwrap().0;
    let shape = shape.split(", ").map(|size| size.parse().unwrap()).collect();
    (shape, bytes[head_len..].as_chunks::<4>().0.iter().map(|number| f32::from_le_bytes(*number)).collect())
}

fn mono(rate: u32, row: Vec<f64>) -> Vec<u8> {
    wav(rate, &vec![row])
}

fn scaled(row: &[f64], factor: f64) -> Vec<f64> {
    row.iter().map(|sample| sample * factor).collect()
}

#[test]
fn a_sine_is_one_line() {
    let given = json!({ "length": 4800, "window": "rectangular", "peaks": 3 });
    let tone: Vec<f64> =
        sine(1000.0, 48_000, 9600).iter().zip(sine(6000.0, 48_000, 9600)).map(|(a, b)| 0.5 * a + 0.25 * b).collect();
    let said = said("fft", given, &[&mono(48_000, tone)]);
    assert_eq!((&said["hz_per_bin"], &said["heard"]), (&json!(10.0), &json!(4800)));
    let peak = |at: usize, name: &str| said["peaks"][at][name].as_f64().unwrap();
    near(
        &[peak(0, "hz"), peak(0, "amplitude"), peak(1, "hz"), peak(1, "amplitude")],
        &[1000.0, 0.5, 6000.0, 0.25],
        1e-4,
    );
    near(&[peak(0, "db")], &[-6.0206], 1e-3);
}

#[test]
fn transforms_of_any_length_are_made_and_absurd_ones_refused() {
    let tone = mono(8000, sine(1000.0, 8000, 100));
    for length in [1, 2, 3, 4099, 65_537] {
        let said = said("fft", json!({ "length": length }), &[&tone]);
        assert_eq!(said["amplitudes"].as_array().unwrap().len(), length / 2 + 1);
    }
    for (method, given, pointer) in [
        ("fft", json!({ "length": 0 }), "/params/length"),
        ("fft", json!({ "length": 2_147_483_648_u32 }), "/params/length"),
        ("fft", json!({ "channel": 1 }), "/params/channel"),
        ("stft", json!({ "length": 0 }), "/params/length"),
        ("stft", json!({ "length": 2_147_483_648_u32 }), "/params/length"),
        ("stft", json!({ "hop": 0 }), "/params/hop"),
        ("mel", json!({ "high_hz": 5000 }), "/params/high_hz"),
        ("mfcc", json!({ "bands": 10, "coefficients": 11 }), "/params/coefficients"),
        ("spectrogram", json!({ "low_hz": 4000 }), "/params/high_hz"),
        ("pitch", json!({ "low_hz": 100, "high_hz": 90 }), "/params/high_hz"),
        ("loudness", json!({ "steps": [{ "step": "mix", "input": 9 }] }), "/params/steps/0/input"),
    ] {
        assert_eq!(refused(method, given.clone(), &[&tone]).0, pointer, "{method} {given}");
    }
}

#[test]
fn frames_put_together_are_the_sound() {
    for (window, length, hop) in
        [("hann", 2048, 512), ("hann", 1000, 250), ("hamming", 256, 128), ("blackman_harris", 512, 64)]
    {
        let row = noise(1, 30_011);
        let cut = json!({ "window": window, "length": length, "hop": hop });
        let frames = file("stft", cut, &[&mono(44_100, row.clone())]);
        assert_eq!(npy(&frames).0, [1 + 30_011 / hop, length / 2 + 1]);
        let given = json!({ "window": window, "hop": hop, "rate_hz": 44_100, "samples": 30_011, "output": { "sample": "f32" } });
        let (_, made) = heard(&file("istft", given, &[&frames]));
        let whole = made[0].len().min(30_011 - length);
        near(&made[0][..whole], &row[..whole], 2e-6);
    }
    for (bytes, what) in [(&b"\x93NUMPY"[..], "cut off"), (b"no file", "another"), (&npy_of(9, 10, 3), "too few")] {
        assert_eq!(refused("istft", json!({ "rate_hz": 8000 }), &[bytes]).0, "/inputs/0", "{what}");
    }
}

/// A file whose head says one thing and whose numbers another.
fn npy_of(columns: usize, rows: usize, there: usize) -> Vec<u8> {
    let shape = format!("{{'descr': '<c8', 'fortran_order': False, 'shape': ({rows}, {columns}), }}\n");
    let mut bytes = b"\x93NUMPY\x01\0".to_vec();
    bytes.extend((shape.len() as u16).to_le_bytes());
    bytes.extend(shape.bytes());
    bytes.resize(bytes.len() + there * columns * 8, 0);
    bytes
}

#[test]
fn power_is_kept() {
    // Parseval: the frame's power is that of its spectrum, each line but the first and the last counted twice.
    let row = noise(2, 1024);
    let given = json!({ "length": 1024, "hop": 1024, "window": "rectangular", "center": false });
    let (shape, numbers) = npy(&file("stft", given, &[&mono(8000, row.clone())]));
    assert_eq!(shape, [1, 513]);
    let line = |bin: usize| f64::from(numbers[2 * bin]).powi(2) + f64::from(numbers[2 * bin + 1]).powi(2);
    let spectrum: f64 = (0..513).map(|bin| line(bin) * if bin == 0 || bin == 512 { 1.0 } else { 2.0 }).sum();
    let samples: f64 = row.iter().map(|sample| sample * sample).sum();
    assert!((spectrum / 1024.0 / samples - 1.0).abs() < 1e-5);
}

#[test]
fn a_spectrogram_reads_amplitudes() {
    // 1 kHz is a line of 48 frames at 48 kHz.
    let tone = mono(48_000, scaled(&sine(1000.0, 48_000, 48_000), 0.5));
    let ask = |value: &str| {
        let given = json!({ "output": "npy", "value": value, "length": 960, "db_range": 100 });
        let (shape, numbers) = npy(&file("spectrogram", given, &[&tone]));
        assert_eq!(shape, [201, 481]);
        let middle = &numbers[100 * 481..101 * 481];
        (f64::from(middle[20]), f64::from(middle[240]))
    };
    near(&[ask("amplitude").0, ask("power").0, ask("db").0, ask("db").1], &[0.5, 0.25, -6.0206, -100.0], 1e-3);
}

#[test]
fn pictures_are_pictures() {
    let tone = mono(8000, sine(440.0, 8000, 80_000));
    for scale in ["linear", "log", "mel"] {
        let picture = file("spectrogram", json!({ "scale": scale }), &[&tone]);
        assert!(picture.starts_with(b"\x89PNG") && picture.len() > 2000, "{scale}");
    }
    assert!(file("peaks", json!({ "output": "png" }), &[&tone]).starts_with(b"\x89PNG"));
    for empty in [Vec::new(), vec![0.0; 3]] {
        assert!(file("spectrogram", json!({}), &[&mono(8000, empty.clone())]).starts_with(b"\x89PNG"));
        assert!(file("peaks", json!({ "output": "png" }), &[&mono(8000, empty)]).starts_with(b"\x89PNG"));
    }
    for text in ["time, s", "amplitude", "waveform", "spectrogram, 90 dB from dark to light", "frequency, Hz"] {
        assert!(inos_plot::has_all(text), "{text}");
    }
}

#[test]
fn a_chord_is_its_tones() {
    let tones = [440.0, 554.365, 659.255].map(|hz| sine(hz, 22_050, 44_100));
    let chord: Vec<f64> = (0..44_100).map(|at| tones.iter().map(|tone| tone[at] * 0.3).sum()).collect();
    let (shape, rows) = npy(&file("chroma", json!({ "length": 8192 }), &[&mono(22_050, chord)]));
    assert_eq!(shape[1], 12);
    let middle = &rows[shape[0] / 2 * 12..][..12];
    let strong: Vec<usize> = (0..12).filter(|tone| middle[*tone] > 0.3).collect();
    // C sharp, E and A.
    assert_eq!(strong, [1, 4, 9], "{middle:?}");
}

#[test]
fn clicks_are_found_where_they_are() {
    let mut row = vec![0.0; 44_100 * 8];
    (0..16).for_each(|beat| row[2205 + beat * 22_050..][..200].copy_from_slice(&scaled(&noise(3, 200), 0.8)));
    let said = said("onsets", json!({}), &[&mono(44_100, row)]);
    let onsets = said["onsets"].as_array().unwrap();
    assert_eq!(onsets.len(), 16, "{said}");
    for (beat, onset) in onsets.iter().enumerate() {
        assert!((onset["time_s"].as_f64().unwrap() - 0.05 - beat as f64 * 0.5).abs() < 0.03, "{onset}");
    }
    assert!((said["tempo_bpm"].as_f64().unwrap() - 120.0).abs() < 0.5, "{}", said["tempo_bpm"]);
    let silent = super::said("onsets", json!({}), &[&mono(8000, vec![0.0; 8000])]);
    assert_eq!((&silent["onsets"], &silent["tempo_bpm"]), (&json!([]), &Value::Null));
}

#[test]
fn a_pitch_is_found_to_a_few_cents() {
    for hz in [70.0, 110.0, 233.08, 440.0, 879.5] {
        let saw: Vec<f64> = {
            let partials: Vec<Vec<f64>> =
                (1..8).map(|n| scaled(&sine(hz * f64::from(n), 44_100, 22_050), 0.3 / f64::from(n))).collect();
            (0..22_050).map(|at| partials.iter().map(|partial| partial[at]).sum()).collect()
        };
        for row in [sine(hz, 44_100, 22_050), saw] {
            let said = said("pitch", json!({}), &[&mono(44_100, row)]);
            let cents = 1200.0 * (said["median_hz"].as_f64().unwrap() / hz).log2();
            assert!(cents.abs() < 3.0, "{hz} Hz: {cents} cents");
        }
    }
    assert_eq!(said("pitch", json!({}), &[&mono(44_100, noise(4, 20_000))])["median_hz"], Value::Null);
}

#[test]
fn loudness_is_what_the_norm_says() {
    // EBU Tech 3341, cases 1 and 2: a sine of 1 kHz in both channels is as loud as its level.
    for level in [-23.0, -33.0] {
        let row = scaled(&sine(1000.0, 48_000, 48_000 * 20), 10_f64.powf(level / 20.0));
        let said = said("loudness", json!({}), &[&wav(48_000, &vec![row.clone(), row])]);
        for name in ["integrated_lufs", "momentary_max_lufs", "short_term_max_lufs"] {
            assert!((said[name].as_f64().unwrap() - level).abs() < 0.1, "{name}: {said}");
        }
        assert!((said["true_peak_dbtp"].as_f64().unwrap() - level).abs() < 0.2, "{said}");
        assert!(said["range_lu"].as_f64().unwrap() < 0.1, "{said}");
    }
    let silent = said("loudness", json!({}), &[&mono(48_000, vec![0.0; 48_000])]);
    assert_eq!((&silent["integrated_lufs"], &silent["true_peak_dbtp"]), (&Value::Null, &json!(-200.0)));
}

#[test]
fn levels_and_outlines_are_those_of_the_samples() {
    let mut row = scaled(&sine(100.0, 8000, 8000), 0.5);
    row[4000] = 1.0;
    row[4001] = -0.75;
    let file = mono(8000, row);
    let level = said("levels", json!({}), &[&file])["channels"][0].clone();
    assert_eq!((&level["max"], &level["min"], &level["full_scale_samples"]), (&json!(1.0), &json!(-0.75), &json!(1)));
    assert!((level["rms_dbfs"].as_f64().unwrap() + 9.03).abs() < 0.01, "{level}");
    let outline = said("peaks", json!({ "points": 80 }), &[&file]);
    assert_eq!((&outline["points"], &outline["frames"]), (&json!(80), &json!(8000)));
    assert_eq!((&outline["max"][40], &outline["min"][40]), (&json!(1.0), &json!(-0.75)));
    assert!((outline["rms"][10].as_f64().unwrap() - 0.3536).abs() < 0.01);
    // Longer than there are parts on the way.
    let long = said("peaks", json!({ "points": 7 }), &[&mono(8000, noise(5, 100_000))]);
    assert_eq!((long["max"].as_array().unwrap().len(), &long["frames"]), (7, &json!(100_000)));
}

#[test]
fn silence_is_told_to_the_sample() {
    let mut row = vec![0.5; 8000];
    row[1000..3000].fill(0.0);
    row[5000..5100].fill(0.0);
    row[7000..].fill(0.0);
    let said = said("silence", json!({ "min_s": 0.1, "threshold_db": -60 }), &[&wav(8000, &vec![row.clone(), row])]);
    let told: Vec<_> = said["silences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| (s["start_frame"].clone(), s["end_frame"].clone()))
        .collect();
    assert_eq!(told, [(json!(1000), json!(3000)), (json!(7000), json!(8000))]);
}

#[test]
fn steps_come_before_what_is_asked() {
    let given = json!({ "steps": [{ "step": "trim", "end_s": 0.5 }, { "step": "gain", "db": -6.0206 }] });
    let levels = said("levels", given, &[&mono(8000, vec![0.5; 8000])]);
    assert_eq!(levels["frames"], 4000);
    assert!((levels["channels"][0]["max"].as_f64().unwrap() - 0.25).abs() < 1e-6);
}

#[test]
fn other_programs_say_the_same() {
    let goldens: Value = serde_json::from_str(include_str!("../../goldens.json")).unwrap();
    let golden = include_bytes!("files/golden.wav");
    let numbers = |value: &Value| value.as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect::<Vec<f64>>();
    for case in goldens["spectra"].as_array().unwrap() {
        let (method, tolerance) = (case["method"].as_str().unwrap(), case["tolerance"].as_f64().unwrap());
        let (shape, made) = npy(&file(method, case["params"].clone(), &[golden]));
        assert_eq!(json!(shape), case["shape"], "{method} {}", case["params"]);
        let width = made.len() / shape[0];
        for (frame, wanted) in numbers(&goldens["frames"]).iter().zip(case["rows"].as_array().unwrap()) {
            let row: Vec<f64> = made[*frame as usize * width..][..width].iter().map(|n| f64::from(*n)).collect();
            let wanted = numbers(wanted);
            let most = wanted.iter().fold(1.0_f64, |most, number| most.max(number.abs()));
            near(&row, &wanted, tolerance * most);
        }
    }
    for case in goldens["filters"].as_array().unwrap() {
        let mut given = case["params"].clone();
        given["output"] = json!({ "sample": "f32" });
        let (_, made) = heard(&file("filter", given, &[golden]));
        near(&made[0][1000..1032], &numbers(&case["samples"]), 1e-6);
    }
    let given = json!({ "rate_hz": 24_000, "output": { "sample": "f32" } });
    let (_, made) = heard(&file("resample", given, &[golden]));
    // Two filters, of which neither is perfect just below half of the rate, where the noise still is.
    near(&made[0][6000..6032], &numbers(&goldens["resampled"]), 0.02);
}
