//! Files: what is written is read again, and what other programs wrote is read as they would.

use super::*;

/// Files of a sine of 440 Hz and a quarter of a second, about a tenth of full scale, made by ffmpeg.
const TONES: &[(&str, &[u8], u32, usize, &str)] = &[
    ("wav", include_bytes!("files/tone.wav"), 8_000, 1, "pcm_s16le"),
    ("flac", include_bytes!("files/tone.flac"), 44_100, 2, "flac"),
    ("mp3", include_bytes!("files/tone.mp3"), 44_100, 2, "mp3"),
    ("ogg", include_bytes!("files/tone.ogg"), 44_100, 2, "vorbis"),
    ("isomp4", include_bytes!("files/tone.m4a"), 44_100, 2, "aac"),
    ("aac", include_bytes!("files/tone.aac"), 44_100, 2, "aac"),
];

pub(super) fn tones() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    TONES.iter().map(|(name, bytes, ..)| (*name, *bytes))
}

#[test]
fn whole_numbers_of_every_width_come_back_bit_by_bit() {
    for (sample, bits) in [("s16", 16), ("s24", 24), ("s32", 32)] {
        let scale = 2_f64.powi(bits - 1);
        for channels in [1, 2, 3, 6, 8, 16] {
            let mut random = fastrand::Rng::with_seed(bits as u64);
            let mut row = || -> Vec<f64> {
                let edge = [-1.0, (scale - 1.0) / scale, 0.0, 1.0 / scale];
                edge.into_iter()
                    .chain((0..997).map(|_| (random.f64() * 2.0 - 1.0) * scale).map(|n| n.trunc() / scale))
                    .collect()
            };
            let rows: Rows = (0..channels).map(|_| row()).collect();
            let exact: Rows =
                rows.iter().map(|row| row.iter().map(|sample| f64::from(*sample as f32)).collect()).collect();
            // Floats of 32 bits have room for 24.
            let rows = if bits == 32 { exact } else { rows };
            let written = file("convert", json!({ "output": { "sample": sample } }), &[&wav(44_100, &rows)]);
            let (form, read) = heard(&written);
            assert_eq!(form, Form { rate: 44_100, channels });
            let wanted: Rows =
                rows.iter().map(|row| row.iter().map(|s| s.min((scale - 1.0) / scale)).collect()).collect();
            assert_eq!(read, wanted, "{sample} {channels}");
            let info = said("info", json!({}), &[&written]);
            assert_eq!(
                (&info["sample"], &info["bits"], &info["frames"]),
                (&json!("whole"), &json!(bits), &json!(1001))
            );
            // And once more, with nothing said: the same file.
            assert_eq!(file("convert", json!({}), &[&written]), written, "{sample} {channels}");
        }
    }
}

#[test]
fn floats_go_beyond_full_scale_and_whole_numbers_say_that_they_do_not() {
    let rows: Rows = vec![vec![1.5, -3.0, 0.25]];
    let written = wav(48_000, &rows);
    assert_eq!(heard(&file("convert", json!({}), &[&written])).1, rows);
    let host = Quiet::default();
    let given = params(json!({ "output": { "sample": "s16" } }));
    let outputs = run_quietly(&*AUDIO, "convert", given, &[&written], 1 << 20, &host).unwrap();
    assert_eq!(heard(&outputs[0].1).1, [[32_767.0 / 32_768.0, -1.0, 0.25]]);
    let lines = host.lines.lock().unwrap();
    assert!(lines[0].starts_with("2 samples were beyond full scale"), "{lines:?}");
}

#[test]
fn what_others_wrote_is_heard() {
    for (name, bytes, rate, channels, codec) in TONES {
        let info = said("info", json!({ "count": true }), &[bytes]);
        assert_eq!((&info["rate_hz"], &info["channels"]), (&json!(rate), &json!(channels)), "{name}");
        assert_eq!(info["codec"], *codec, "{name}: {info}");
        let seconds = info["duration_s"].as_f64().unwrap();
        assert!((0.24..0.33).contains(&seconds), "{name}: {info}");
        let (_, rows) = heard(bytes);
        // A sine of 440 Hz crosses zero 880 times a second.
        let middle = &rows[0][frames(&rows) / 4..frames(&rows) * 3 / 4];
        let crossings = middle.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count() as f64;
        let hz = crossings * f64::from(*rate) / middle.len() as f64;
        assert!((425.0..455.0).contains(&hz), "{name}: {hz} Hz");
        let peak = middle.iter().fold(0.0_f64, |peak, sample| peak.max(sample.abs()));
        assert!((0.08..0.14).contains(&peak), "{name}: {peak}");
    }
}

#[test]
fn tags_are_told() {
    for (name, bytes) in tones().filter(|(name, _)| ["flac", "mp3", "ogg", "isomp4"].contains(name)) {
        let tags = said("info", json!({}), &[bytes])["tags"].clone();
        assert!(tags.as_object().unwrap().values().any(|text| text == "A tone"), "{name}: {tags}");
    }
}

#[test]
fn a_sound_without_samples_is_a_file_without_samples() {
    let empty = wav(44_100, &vec![Vec::new(); 2]);
    let written = file("convert", json!({}), &[&empty]);
    let info = said("info", json!({ "count": true }), &[&written]);
    assert_eq!((&info["frames"], &info["rate_hz"], &info["channels"]), (&json!(0), &json!(44_100), &json!(2)));
}

#[test]
fn a_flac_file_without_frames_is_a_sound_without_samples() {
    for (sample, channels, bits) in [("s16", 1, 16), ("s16", 2, 16), ("s24", 8, 24)] {
        let given = json!({ "output": { "format": "flac", "sample": sample } });
        let flac = file("convert", given.clone(), &[&wav(96_000, &vec![Vec::new(); channels])]);
        let info = said("info", json!({ "count": true }), &[&flac]);
        assert_eq!((&info["frames"], &info["bits"], &info["codec"]), (&json!(0), &json!(bits), &json!("flac")));
        assert_eq!(heard(&flac), (Form { rate: 96_000, channels }, vec![Vec::new(); channels]));
        assert_eq!(file("convert", given, &[&flac]), flac);
        // Others write blocks of several lengths.
        let mut other = flac.clone();
        other[8..10].copy_from_slice(&16_u16.to_be_bytes());
        assert_eq!(heard(&other), heard(&flac));
        // Room for tags after the tags, as most programs leave it.
        let mut roomy = flac.clone();
        roomy[8 + 34] = 4;
        roomy.extend([0x81, 0, 0, 5, 0, 0, 0, 0, 0]);
        assert_eq!(heard(&roomy), heard(&flac));
        // A sum of samples that are not there, and a number of them, are a file that was cut off.
        for (at, byte) in [(8 + 18, 0x55), (8 + 17, 9)] {
            let mut wrong = flac.clone();
            wrong[at] = byte;
            assert_eq!(refused("info", json!({}), &[&wrong]).0, "/inputs/0", "{at}");
        }
        for cut in 0..flac.len() {
            assert_eq!(refused("info", json!({}), &[&flac[..cut]]).0, "/inputs/0", "{cut}");
        }
    }
}

#[test]
fn flac_has_what_wav_has() {
    for (sample, channels) in [("s16", 1), ("s16", 2), ("s24", 2), ("s24", 8)] {
        let rows: Rows = (0..channels).map(|seed| noise(seed, 10_007)).collect();
        let whole = file("convert", json!({ "output": { "sample": sample } }), &[&wav(96_000, &rows)]);
        let flac = file("convert", json!({ "output": { "format": "flac" } }), &[&whole]);
        assert_eq!(heard(&flac), heard(&whole));
        let info = said("info", json!({}), &[&flac]);
        assert_eq!((&info["codec"], &info["frames"]), (&json!("flac"), &json!(10_007)));
    }
    let (pointer, message) =
        refused("convert", json!({ "output": { "format": "flac" } }), &[&wav(44_100, &vec![vec![0.0]; 9])]);
    assert_eq!((pointer.as_str(), message.contains("8 channels")), ("/params/output/format", true), "{message}");
    let given = json!({ "output": { "format": "flac", "sample": "f32" } });
    assert_eq!(refused("convert", given, &[&wav(44_100, &vec![vec![0.0]])]).0, "/params/output/sample");
}

#[test]
fn dither_makes_of_a_distortion_a_noise() {
    // A sine of half a step: without dither it is silence or a square.
    let soft: Rows = vec![sine(1000.0, 48_000, 48_000).iter().map(|sample| sample * 0.4 / 32_768.0).collect()];
    let whole = |dither: bool| {
        let given = json!({ "output": { "sample": "s16", "dither": dither } });
        heard(&file("convert", given, &[&wav(48_000, &soft)])).1.remove(0)
    };
    assert!(whole(false).iter().all(|sample| *sample == 0.0));
    let dithered = whole(true);
    let correlation: f64 = dithered.iter().zip(&soft[0]).map(|(one, other)| one * other).sum();
    let power: f64 = soft[0].iter().map(|sample| sample * sample).sum();
    assert!((0.9..1.1).contains(&(correlation / power)), "{}", correlation / power);
    assert_eq!(whole(true), dithered);
}
