//! Two hours of CD sound (1.3 GB as WAV) through a pipeline to FLAC, and as a picture: how long it takes, and how much memory beside
//! the input, which lies in memory here as it does on a server; the output goes to a file. It fails where that is more than 256 MiB.
//! The figures of memory are Linux's.

mod common;

use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::time::Instant;

use bytes::Bytes;
use common::{Lying, Threads};
use inos_audio::Audio;
use inos_unit::{Call, Fault, Output, Params, Unit};
use serde_json::{Value, json};

const RATE: u32 = 44_100;
const CHANNELS: u16 = 2;
const FRAMES: u32 = 2 * 60 * 60 * RATE;
/// The most memory that a job may take beside its input and output, in KiB.
const BESIDE_KIB_MAX: u64 = 256 << 10;

/// Noise of slowly changing loudness, frame by frame as 16 bits.
fn noise() -> Bytes {
    let (align, mut random) = (CHANNELS * 2, fastrand::Rng::with_seed(1));
    let len = FRAMES * u32::from(align);
    let mut wav = Vec::with_capacity(len as usize + 44);
    wav.extend(b"RIFF");
    wav.extend((36 + len).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0");
    wav.extend(CHANNELS.to_le_bytes());
    wav.extend(RATE.to_le_bytes());
    wav.extend((RATE * u32::from(align)).to_le_bytes());
    wav.extend(align.to_le_bytes());
    wav.extend(b"\x10\0data");
    wav.extend(len.to_le_bytes());
    for frame in 0..FRAMES {
        let loud = 200 + (frame / RATE % 60) as i16 * 100;
        for _ in 0..CHANNELS {
            wav.extend(random.i16(-loud..loud).to_le_bytes());
        }
    }
    wav.into()
}

/// The only output, in a file.
struct Filed {
    file: BufWriter<File>,
    len: u64,
}

/// What a file's mistake is to a unit.
fn full(error: std::io::Error) -> Fault {
    Fault::Broken(format!("a file cannot be written: {error}"))
}

impl Output for Filed {
    fn begin(&mut self, _: &str) -> Result<(), Fault> {
        Ok(())
    }

    fn expect(&mut self, _: u64) -> Result<(), Fault> {
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.len += bytes.len() as u64;
        self.file.write_all(bytes).map_err(full)
    }

    fn amend(&mut self, at: u64, bytes: &[u8]) -> Result<(), Fault> {
        self.file.seek(SeekFrom::Start(at)).map_err(full)?;
        self.file.write_all(bytes).map_err(full)?;
        self.file.seek(SeekFrom::End(0)).map_err(full)?;
        Ok(())
    }

    fn room(&mut self, _: usize) -> Result<&mut [u8], Fault> {
        Err(Fault::Broken("a sound is written block by block".into()))
    }
}

/// A figure of this process's memory, in KiB.
fn memory(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Runs a method, and tells what it took.
fn measured(method: &str, given: Value, wav: &Bytes, file: &std::path::Path) {
    let params: Params = serde_json::from_value(given).expect("an object");
    let made = File::create(file).expect("a folder for passing files can be written to");
    let (audio, mut inputs) = (Audio::new(), Lying(wav.clone()));
    let mut output = Filed { file: BufWriter::new(made), len: 0 };
    // From here on the highest is counted anew.
    let is_counted = std::fs::write("/proc/self/clear_refs", "5").is_ok();
    let (before, begun) = (memory("VmRSS"), Instant::now());
    let mut call = Call { method, params: &params, inputs: &mut inputs, output: &mut output };
    audio.run(&mut call, &Threads(2)).expect("a long sound is a sound");
    output.file.flush().expect("a file can be written");
    let took = begun.elapsed().as_secs_f64();
    print!("{method:<12} {took:>6.1} s  {:>11} bytes out", output.len);
    match (before, memory("VmHWM")) {
        (Some(before), Some(most)) if is_counted => {
            let beside = most.saturating_sub(before);
            println!("  at most {:.1} MiB beside the input", beside as f64 / 1024.0);
            assert!(beside <= BESIDE_KIB_MAX, "more than {} MiB", BESIDE_KIB_MAX >> 10);
        }
        _ => println!("  and nobody here tells how much memory"),
    }
}

fn main() {
    let wav = noise();
    let file = std::env::temp_dir().join("inos-bench-long");
    let steps =
        json!([{ "step": "filter", "kind": "highpass", "frequency_hz": 80 }, { "step": "normalize", "lufs": -16 }]);
    measured("pipeline", json!({ "steps": steps, "output": { "format": "flac" } }), &wav, &file);
    measured("spectrogram", json!({}), &wav, &file);
    let _ = std::fs::remove_file(file);
}
