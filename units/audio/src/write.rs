//! Sounds as files: WAV and FLAC, written block by block. The figures of a file's head that only its end tells are put in then.

use inos_unit::{Fault, Host, Output};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::flac;
use crate::read::Kept;
use crate::sound::{Form, Rows, frames};
use crate::wav;

/// The form of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FileFormat {
    /// RIFF WAVE, not compressed.
    #[default]
    Wav,
    /// FLAC, compressed without loss: up to 8 channels, `s16` or `s24`.
    Flac,
}

/// How a sample is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sample {
    /// A whole number of 16 bits.
    S16,
    /// A whole number of 24 bits.
    S24,
    /// A whole number of 32 bits.
    S32,
    /// A float of 32 bits, which may go beyond full scale.
    F32,
}

/// The file that is written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileParams {
    /// Its form.
    #[serde(default)]
    #[schemars(example = &"flac")]
    pub(crate) format: FileFormat,
    /// How its samples are written: as those of the first input where nothing is given, `s16` where that is lossy.
    #[serde(default)]
    #[schemars(example = &"s24")]
    pub(crate) sample: Option<Sample>,
    /// How hard FLAC tries, from 0 (fast) to 8 (small).
    #[serde(default = "level")]
    #[schemars(range(min = 0, max = 8), example = 5)]
    pub(crate) level: u8,
    /// Whether triangular noise of one step (TPDF dither) is added before samples become whole numbers.
    #[serde(default)]
    pub(crate) dither: bool,
}

fn level() -> u8 {
    5
}

impl Default for FileParams {
    fn default() -> Self {
        Self { format: FileFormat::default(), sample: None, level: level(), dither: false }
    }
}

impl FileParams {
    /// How samples are written, where the first input's were kept like this.
    fn sample(&self, kept: Kept) -> Sample {
        let usual = match kept {
            Kept::Whole(bits) if bits > 24 => Sample::S32,
            Kept::Whole(bits) if bits > 16 => Sample::S24,
            Kept::Float(_) => Sample::F32,
            Kept::Whole(_) | Kept::Lossy => Sample::S16,
        };
        match (self.sample, self.format, usual) {
            (Some(sample), ..) => sample,
            (None, FileFormat::Flac, Sample::S32 | Sample::F32) => Sample::S24,
            (None, _, usual) => usual,
        }
    }
}

impl Sample {
    /// Bits of a whole number; none of a float.
    pub(crate) fn bits(self) -> Option<u32> {
        match self {
            Self::S16 => Some(16),
            Self::S24 => Some(24),
            Self::S32 => Some(32),
            Self::F32 => None,
        }
    }

    /// Bytes of a sample.
    pub(crate) fn len(self) -> usize {
        self.bits().unwrap_or(32) as usize / 8
    }
}

/// A file being written.
pub(crate) struct Writer {
    coder: Coder,
    rounder: Rounder,
    bytes: Vec<u8>,
    whole: Vec<Vec<i32>>,
}

enum Coder {
    Wav(wav::Head),
    // It is many times as large as a head.
    Flac(Box<flac::Encoder>),
}

impl Writer {
    /// Begins the next output.
    pub(crate) fn begin(
        params: &FileParams,
        (form, kept): (Form, Kept),
        host: &dyn Host,
        output: &mut dyn Output,
    ) -> Result<Self, Fault> {
        let sample = params.sample(kept);
        let rounder = Rounder::new(sample, params.dither);
        let coder = match params.format {
            FileFormat::Wav => {
                output.begin("audio/wav")?;
                let head = wav::Head { form, sample };
                output.write(&head.bytes(0))?;
                Coder::Wav(head)
            }
            FileFormat::Flac => {
                let settings = flac_settings(params, sample, form, host.threads())?;
                output.begin("audio/flac")?;
                let encoder = flac::Encoder::new(settings);
                output.write(&encoder.head())?;
                Coder::Flac(Box::new(encoder))
            }
        };
        Ok(Self { coder, rounder, bytes: Vec::new(), whole: Vec::new() })
    }

    /// Writes a block.
    pub(crate) fn write(&mut self, rows: &Rows, output: &mut dyn Output) -> Result<(), Fault> {
        self.bytes.clear();
        match &mut self.coder {
            Coder::Wav(head) if head.sample == Sample::F32 => wav::floats(rows, &mut self.bytes),
            Coder::Wav(head) => {
                self.rounder.round(rows, &mut self.whole);
                wav::wholes(&self.whole, head.sample.len(), &mut self.bytes);
            }
            Coder::Flac(encoder) => {
                self.rounder.round(rows, &mut self.whole);
                let rows: Vec<&[i32]> = self.whole.iter().map(Vec::as_slice).collect();
                encoder.push(&rows, &mut self.bytes);
            }
        }
        self.rounder.frames += frames(rows) as u64;
        output.write(&self.bytes)
    }

    /// Ends the file, and says how many samples were beyond full scale.
    pub(crate) fn finish(mut self, host: &dyn Host, output: &mut dyn Output) -> Result<(), Fault> {
        self.bytes.clear();
        match self.coder {
            Coder::Wav(head) => {
                let count = self.rounder.frames;
                if !head.data_len(count).is_multiple_of(2) {
                    output.write(&[0])?;
                }
                output.amend(0, &head.bytes(count))?;
            }
            Coder::Flac(encoder) => {
                let info = encoder.finish(&mut self.bytes);
                output.write(&self.bytes)?;
                output.amend(flac::STREAMINFO_AT, &info)?;
            }
        }
        if self.rounder.clipped > 0 {
            let clipped = self.rounder.clipped;
            host.log(&format!(
                "{clipped} samples were beyond full scale and are cut off there: lower the gain, or write f32"
            ));
        }
        Ok(())
    }
}

fn flac_settings(params: &FileParams, sample: Sample, form: Form, threads: usize) -> Result<flac::Settings, Fault> {
    let Some(bits @ (16 | 24)) = sample.bits() else {
        return Err(Fault::invalid("/params/output/sample", "must be s16 or s24: FLAC has no others here"));
    };
    if form.channels > flac::CHANNELS_MAX {
        let message = format!("FLAC has up to {} channels, the sound {}", flac::CHANNELS_MAX, form.channels);
        return Err(Fault::invalid("/params/output/format", message));
    }
    if form.rate > flac::RATE_MAX {
        let message = format!("FLAC has rates up to {} Hz, the sound {}", flac::RATE_MAX, form.rate);
        return Err(Fault::invalid("/params/output/format", message));
    }
    Ok(flac::Settings { rate: form.rate, channels: form.channels, bits, level: params.level, threads })
}

/// Makes whole numbers of samples.
struct Rounder {
    scale: f64,
    dither: Option<u64>,
    clipped: u64,
    frames: u64,
}

impl Rounder {
    fn new(sample: Sample, dither: bool) -> Self {
        let scale = 2_f64.powi(sample.bits().map_or(0, |bits| bits as i32 - 1));
        // Any number but 0 begins; the same one always, so that the same sound gives the same file.
        Self { scale, dither: dither.then_some(0x9e37_79b9_7f4a_7c15), clipped: 0, frames: 0 }
    }

    fn round(&mut self, rows: &Rows, whole: &mut Vec<Vec<i32>>) {
        whole.resize_with(rows.len(), Vec::new);
        let (least, most) = (-self.scale, self.scale - 1.0);
        for (row, whole) in rows.iter().zip(whole) {
            whole.clear();
            let (scale, mut clipped) = (self.scale, 0);
            // It was cut to what fits.
            let mut cut = |rounded: f64| {
                let within = rounded.clamp(least, most);
                clipped += u64::from(within != rounded);
                within as i32
            };
            match &mut self.dither {
                None => whole.extend(row.iter().map(|sample| cut(nearest(sample * scale)))),
                Some(state) => whole.extend(row.iter().map(|sample| {
                    let noise = uniform(state) - uniform(state);
                    cut(nearest(sample * scale + noise))
                })),
            }
            self.clipped += clipped;
        }
    }
}

/// The nearest whole number, of two the even one: what is added leaves no room for a fraction, and costs no call.
fn nearest(number: f64) -> f64 {
    const NO_FRACTION: f64 = 6_755_399_441_055_744.0;
    if number.abs() < 4e15 { (number + NO_FRACTION) - NO_FRACTION } else { number }
}

/// The next of evenly spread numbers from 0 to 1 (xorshift64*, Sebastiano Vigna, 2014).
fn uniform(state: &mut u64) -> f64 {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
}
