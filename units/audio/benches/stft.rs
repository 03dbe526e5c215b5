//! A minute of sound as a spectrogram of amplitudes (2,048 samples, a quarter from one frame to the next) on one thread, by turns
//! in one run: read the ratios, not the rows. The unit is measured twice: from samples in memory to numbers in memory, which is
//! what scipy and librosa do beside it, and as a whole job, from a WAV file to a NumPy file. `INOS_BENCH_PYTHON` is a Python that
//! has both; without it there are no other rows.

mod common;
#[path = "common/kept.rs"]
mod kept;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use bytes::Bytes;
use common::{Lying, Threads};
use inos_audio::{Audio, amplitudes};
use inos_unit::{Call, Params, Unit};
use kept::Kept;
use serde_json::json;

/// How often ours and the others' are measured by turns.
const TURNS: usize = 20;
/// How many samples the sound has, and its rate.
const SAMPLES: usize = 60 * RATE;
const RATE: usize = 44_100;

/// Noise as a WAV file of 16 bits.
fn noise() -> Bytes {
    let mut random = fastrand::Rng::with_seed(1);
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + 2 * SAMPLES as u32).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend((RATE as u32).to_le_bytes());
    wav.extend((RATE as u32 * 2).to_le_bytes());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend((2 * SAMPLES as u32).to_le_bytes());
    wav.extend((0..SAMPLES).flat_map(|_| random.i16(..).to_le_bytes()));
    wav.into()
}

fn ours(wav: &Bytes, output: &mut Kept) -> f64 {
    let given = json!({ "output": "npy", "value": "amplitude" });
    let params: Params = serde_json::from_value(given).expect("an object");
    let (audio, mut inputs) = (Audio::new(), Lying(wav.clone()));
    output.0.clear();
    let begun = Instant::now();
    let mut call = Call { method: "spectrogram", params: &params, inputs: &mut inputs, output };
    audio.run(&mut call, &Threads(1)).expect("a sound can be heard");
    begun.elapsed().as_secs_f64()
}

/// Samples in memory, and numbers in memory that is there already.
fn ours_alone(samples: &[f32], into: &mut Vec<f32>) -> f64 {
    into.clear();
    let begun = Instant::now();
    amplitudes(samples, 2048, into).expect("a length that is allowed");
    begun.elapsed().as_secs_f64()
}

/// A Python that measures when it is asked.
fn peer() -> Option<Child> {
    let python = std::env::var_os("INOS_BENCH_PYTHON")?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peer.py");
    let child = Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    Some(child.expect("the named Python can be begun"))
}

fn main() {
    let wav = noise();
    let mut peer = peer();
    let mut answers = peer.as_mut().and_then(|peer| peer.stdout.take()).map(|from| BufReader::new(from).lines());
    let mut asks = peer.as_mut().and_then(|peer| peer.stdin.take());
    let mut random = fastrand::Rng::with_seed(2);
    let samples: Vec<f32> = (0..SAMPLES).map(|_| 2.0 * random.f32() - 1.0).collect();
    let (mut best, mut output, mut numbers) = ([f64::INFINITY; 5], Kept(vec![0; 64 << 20]), vec![0.0; 16 << 20]);
    for _ in 0..TURNS {
        best[0] = best[0].min(ours_alone(&samples, &mut numbers));
        best[1] = best[1].min(ours(&wav, &mut output));
        if let (Some(asks), Some(answers)) = (&mut asks, &mut answers) {
            writeln!(asks).expect("the other program lives");
            let line = answers.next().expect("an answer").expect("an answer in UTF-8");
            for (best, seconds) in best[2..].iter_mut().zip(line.split(' ')) {
                *best = best.min(seconds.parse().expect("a number of seconds"));
            }
        }
    }
    drop(asks);
    if let Some(mut peer) = peer {
        let _ = peer.wait();
    }
    let names = ["unit, in memory", "unit, file to file", "numpy and scipy.fft", "scipy ShortTimeFFT", "librosa stft"];
    for (name, seconds) in names.iter().zip(best) {
        let (alone, whole) = (seconds / best[0], seconds / best[1]);
        println!("{name:<20} {:>8.2} ms  {alone:>6.2} x ours in memory  {whole:>6.2} x ours as a job", seconds * 1e3);
    }
}
