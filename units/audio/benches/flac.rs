//! FLAC by the unit, from a WAV file to a FLAC file in memory, beside the program `flac -5` from file to file, by turns in one
//! run: read the ratios, not the rows. `flac` must be on the path; without it there is no other row.

mod common;
#[path = "common/kept.rs"]
mod kept;

use std::process::Command;
use std::time::{Duration, Instant};

use bytes::Bytes;
use common::{Lying, Threads};
use inos_audio::Audio;
use inos_unit::{Call, Params, Unit};
use kept::Kept;
use serde_json::json;

/// How often ours and the other's are measured by turns.
const TURNS: usize = 10;
/// How long the sound is, in seconds, and its rate.
const SECONDS: usize = 60;
const RATE: usize = 44_100;

/// Something like music: plucked tones with their partials, in both channels, over a soft noise.
fn music() -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(1);
    let count = SECONDS * RATE;
    let mut rows = [vec![0.0; count], vec![0.0; count]];
    for _ in 0..SECONDS * 4 {
        let begin = random.usize(..count - RATE);
        let hz = 110.0 * 2_f64.powf(f64::from(random.u32(..48)) / 12.0);
        let (decay, place) = (1.0 + 5.0 * random.f64(), 0.2 + 0.6 * random.f64());
        for at in 0..count.min(begin + 2 * RATE) - begin {
            let time = at as f64 / RATE as f64;
            let tones = (1..10).map(f64::from).filter(|n| hz * n < 20_000.0);
            let sum: f64 =
                tones.map(|n| (std::f64::consts::TAU * hz * n * (1.0 + 1e-4 * n * n) * time).sin() / n.powf(1.3)).sum();
            let tone = sum * (-time * decay).exp() * (time * 200.0).min(1.0);
            rows[0][begin + at] += tone * place;
            rows[1][begin + at] += tone * (1.0 - place);
        }
    }
    let peak = rows.iter().flatten().fold(0.0_f64, |peak, sample: &f64| peak.max(sample.abs()));
    let mut data = Vec::with_capacity(count * 4);
    for at in 0..count {
        for row in &rows {
            let noise = (random.f64() + random.f64() + random.f64() - 1.5) * 0.004;
            data.extend((((row[at] / peak * 0.9 + noise) * 32_767.0).clamp(-32_768.0, 32_767.0) as i16).to_le_bytes());
        }
    }
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + data.len() as u32).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x02\0");
    wav.extend((RATE as u32).to_le_bytes());
    wav.extend((RATE as u32 * 4).to_le_bytes());
    wav.extend(b"\x04\0\x10\0data");
    wav.extend((data.len() as u32).to_le_bytes());
    wav.extend(data);
    wav
}

fn ours(wav: &Bytes, threads: usize) -> (Duration, usize) {
    let params: Params = serde_json::from_value(json!({ "output": { "format": "flac" } })).expect("an object");
    let (audio, mut inputs, mut output) = (Audio::new(), Lying(wav.clone()), Kept(Vec::with_capacity(wav.len())));
    let begun = Instant::now();
    let mut call = Call { method: "convert", params: &params, inputs: &mut inputs, output: &mut output };
    audio.run(&mut call, &Threads(threads)).expect("a sound can be written");
    (begun.elapsed(), output.0.len())
}

fn theirs(from: &std::path::Path, to: &std::path::Path) -> Option<(Duration, usize)> {
    let begun = Instant::now();
    let status = Command::new("flac").args(["-5", "-f", "-s", "-o"]).arg(to).arg(from).status().ok()?;
    let took = begun.elapsed();
    status.success().then(|| (took, std::fs::metadata(to).map_or(0, |file| file.len() as usize)))
}

fn main() {
    let wav = Bytes::from(music());
    let folder = std::env::temp_dir();
    let (from, to) = (folder.join("inos-bench-flac.wav"), folder.join("inos-bench-flac.flac"));
    std::fs::write(&from, &wav).expect("a folder for passing files can be written to");
    let mut rows = [Vec::new(), Vec::new(), Vec::new()];
    let mut sizes = [0; 3];
    for _ in 0..TURNS {
        for (at, threads) in [1, 2].into_iter().enumerate() {
            let (took, len) = ours(&wav, threads);
            rows[at].push(took);
            sizes[at] = len;
        }
        if let Some((took, len)) = theirs(&from, &to) {
            rows[2].push(took);
            sizes[2] = len;
        }
    }
    let _ = (std::fs::remove_file(from), std::fs::remove_file(to));
    let samples = (SECONDS * RATE * 2) as f64;
    let best = |row: &Vec<Duration>| row.iter().min().map_or(f64::NAN, Duration::as_secs_f64);
    for (name, at) in [("unit, one thread", 0), ("unit, two threads", 1), ("flac -5", 2)] {
        let took = best(&rows[at]);
        let beside = best(&rows[2]) / took;
        println!("{name:<20} {:>7.1} M samples/s  {:>9} bytes  {beside:.2} x flac -5", samples / took / 1e6, sizes[at]);
    }
}
