//! Files from strangers: damaged, lying and absurd ones. All end as a mistake of whoever sent them.

use std::time::{Duration, Instant};

use super::*;

/// A WAV file whose head says anything.
fn lying(channels: u16, rate: u32, bits: u16, data_len: u32, data: &[u8]) -> Vec<u8> {
    let align = channels.wrapping_mul(bits / 8);
    let mut bytes = b"RIFF".to_vec();
    bytes.extend(36_u32.wrapping_add(data_len).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16_u32.to_le_bytes());
    bytes.extend(1_u16.to_le_bytes());
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend(rate.wrapping_mul(u32::from(align)).to_le_bytes());
    bytes.extend(align.to_le_bytes());
    bytes.extend(bits.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend(data_len.to_le_bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn heads_that_lie_are_refused_and_nothing_is_made_for_them() {
    let data = [0; 400];
    let cases = [
        ("no channels", lying(0, 44_100, 16, 400, &data)),
        ("65,535 channels", lying(65_535, 44_100, 16, 400, &data)),
        ("17 channels", lying(17, 44_100, 16, 374, &data[..374])),
        ("no rate", lying(2, 0, 16, 400, &data)),
        ("a rate of 4 GHz", lying(2, u32::MAX, 16, 400, &data)),
        ("7 bits", lying(2, 44_100, 7, 400, &data)),
        ("65,535 bits", lying(2, 44_100, 65_535, 400, &data)),
        ("4 GB of data that are not there", lying(2, 44_100, 16, u32::MAX - 40, &data)),
        ("more data than there are", lying(2, 44_100, 16, 4000, &data)),
        ("an empty file", Vec::new()),
        ("a text", b"this is no sound at all, but a text that goes on for a while".to_vec()),
        ("a head alone", b"RIFF\x10\0\0\0WAVE".to_vec()),
        ("zeros", vec![0; 100_000]),
    ];
    for (what, bytes) in cases {
        let (pointer, message) = refused("convert", json!({}), &[&bytes]);
        assert_eq!(pointer, "/inputs/0", "{what}: {message}");
        let begun = Instant::now();
        let _ = asked("info", json!({ "count": true, "damage": "skip" }), &[&bytes]);
        assert!(begun.elapsed() < Duration::from_secs(5), "{what}");
    }
}

#[test]
fn what_is_no_number_is_named() {
    let mut bytes = wav(44_100, &vec![vec![0.0; 10]; 2]);
    let at = bytes.len() - 4;
    bytes[at..].copy_from_slice(&f32::NAN.to_le_bytes());
    let (pointer, message) = refused("gain", json!({ "db": 1 }), &[&bytes]);
    assert_eq!((pointer.as_str(), message.as_str()), ("/inputs/0", "sample 9 of channel 1 is not a number"));
}

#[test]
fn every_file_cut_anywhere_ends_as_a_file_or_a_mistake() {
    for (name, bytes) in super::files::tones() {
        for cut in (0..bytes.len()).step_by(bytes.len() / 150 + 1) {
            survives(name, &bytes[..cut]);
        }
    }
}

#[test]
fn every_file_with_wrong_bytes_ends_as_a_file_or_a_mistake() {
    // The long form looks elsewhere each time.
    let is_long = std::env::var_os("INOS_TEST_LONG").is_some();
    let (rounds, seed) = if is_long { (5_000, fastrand::u64(..)) } else { (150, 11) };
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for (name, bytes) in super::files::tones() {
        for _ in 0..rounds {
            let mut wrong = bytes.to_vec();
            for _ in 0..random.usize(1..8) {
                // Heads have more to lie about than samples.
                let reach = if random.bool() { wrong.len() } else { wrong.len().min(200) };
                let at = random.usize(..reach);
                wrong[at] = random.u8(..);
            }
            survives(name, &wrong);
        }
    }
}

#[test]
fn what_only_looks_like_a_file_ends_as_a_mistake() {
    let mut random = fastrand::Rng::with_seed(12);
    for head in [&b"RIFF"[..], b"fLaC", b"OggS", b"ID3\x04", b"\xff\xfb\x90", b"\xff\xf1\x50", b"\0\0\0\x20ftypM4A "] {
        for len in [1, 10, 100, 1000, 20_000] {
            let bytes: Vec<u8> = head.iter().copied().chain((0..len).map(|_| random.u8(..))).collect();
            survives("noise", &bytes);
        }
    }
}

/// Either way of looking at it ends, soon and without a defect.
fn survives(name: &str, bytes: &[u8]) {
    for damage in ["refuse", "skip"] {
        let begun = Instant::now();
        let outcome = asked("info", json!({ "count": true, "damage": damage }), &[bytes]);
        assert!(!matches!(outcome, Err(Fault::Broken(_) | Fault::NoRoom(_))), "{name}: {outcome:?}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{name} took {:?}", begun.elapsed());
    }
}

#[test]
fn what_is_damaged_can_be_left_out() {
    let (_, bytes) = super::files::tones().find(|(name, _)| *name == "flac").unwrap();
    let mut wrong = bytes.to_vec();
    // Most of the file is room for tags; its last frames are sound.
    let at = wrong.len() - 1000;
    wrong[at..at + 20].fill(0x55);
    let (pointer, message) = refused("convert", json!({}), &[&wrong]);
    assert!(pointer == "/inputs/0" && message.contains("damage"), "{message}");
    let left = said("info", json!({ "count": true, "damage": "skip" }), &[&wrong])["frames"].as_u64().unwrap();
    assert!(left > 4000 && left <= 11_025, "{left}");
    let host = Quiet::default();
    let given = params(json!({ "damage": "skip", "steps": [{ "step": "normalize" }] }));
    run_quietly(&*AUDIO, "levels", given, &[&wrong], 1 << 20, &host).unwrap();
    let lines = host.lines.lock().unwrap();
    assert!(lines.len() == 1 && lines[0].contains("left out"), "{lines:?}");
}

#[test]
fn a_stop_is_heard_wherever_a_sound_is_read() {
    let file = wav(8000, &vec![vec![0.25; 200_000]]);
    let late = json!({ "step": "trim", "start_s": 24 });
    for (method, given) in [
        ("pipeline", json!({ "steps": [late] })),
        (
            "pipeline",
            json!({ "steps": [late, { "step": "normalize" }, { "step": "fade", "out_s": 1 }, { "step": "reverse" }] }),
        ),
        ("loudness", json!({})),
        ("info", json!({ "count": true })),
        ("spatial", json!({ "sources": [{ "path": [{ "position": [1, 0, 0] }] }] })),
    ] {
        let host = Quiet { cancel_after: Some(std::sync::atomic::AtomicU64::new(20)), ..Quiet::default() };
        let outcome = run_quietly(&*AUDIO, method, params(given.clone()), &[&file], 1 << 20, &host);
        assert_eq!(outcome.map(|outputs| outputs.len()), Err(Fault::Cancelled), "{method} {given}");
    }
}
