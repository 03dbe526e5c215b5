//! One transform of a part of a sound.

use inos_unit::{Fault, Output};
use realfft::RealFftPlanner;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::window::Window;
use super::{Ear, Listener, db, say};
use crate::sound::{Form, Rows};

/// The longest transform, in samples: it takes some 20 ms, since one cannot be stopped in its middle.
const LENGTH_MAX: u32 = 1 << 20;

/// What to transform.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct FftParams {
    /// How many samples are transformed; silence follows a sound that is shorter.
    #[serde(default = "length")]
    #[schemars(range(min = 1, max = 1_048_576), example = 4096)]
    length: u32,
    /// Where they begin, in seconds.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1e6), example = 0.0)]
    start_s: f64,
    /// How they rise and fall.
    #[serde(default)]
    window: Window,
    /// Which channel is heard, from 0; the mean of all where nothing is given.
    #[serde(default)]
    #[schemars(range(max = 15), example = 0)]
    channel: Option<u32>,
    /// How many of the strongest peaks are told.
    #[serde(default = "peaks")]
    #[schemars(range(min = 0, max = 1000), example = 10)]
    peaks: u32,
}

fn length() -> u32 {
    4096
}

fn peaks() -> u32 {
    10
}

/// `fft`: the amplitudes of a part of a sound.
pub(crate) struct Fft {
    params: FftParams,
    form: Form,
    ear: Ear,
    skip: u64,
    samples: Vec<f32>,
    heard: Vec<f32>,
}

impl Fft {
    pub(crate) fn new(params: FftParams, form: Form, _: &mut dyn Output) -> Result<Self, Fault> {
        if params.length == 0 || params.length > LENGTH_MAX {
            return Err(Fault::invalid("/params/length", format!("must be 1 to {LENGTH_MAX} samples")));
        }
        let (ear, skip) = (Ear::new(params.channel, form)?, form.frames_at(params.start_s));
        Ok(Self { params, form, ear, skip, samples: Vec::new(), heard: Vec::new() })
    }
}

impl Listener for Fft {
    fn hear(&mut self, rows: &Rows, _: &mut dyn Output) -> Result<(), Fault> {
        self.ear.hear(rows, &mut self.heard);
        let early = usize::try_from(self.skip).unwrap_or(usize::MAX).min(self.heard.len());
        self.skip -= early as u64;
        let room = self.params.length as usize - self.samples.len();
        self.samples.extend(self.heard[early..].iter().take(room));
        Ok(())
    }

    fn finish(mut self: Box<Self>, output: &mut dyn Output) -> Result<(), Fault> {
        let length = self.params.length as usize;
        let heard = self.samples.len();
        self.samples.resize(length, 0.0);
        let window = self.params.window.of(length);
        let mut samples: Vec<f64> = self.samples.iter().zip(&window).map(|(s, w)| f64::from(s * w)).collect();
        let fft = RealFftPlanner::<f64>::new().plan_fft_forward(length);
        let mut spectrum = fft.make_output_vec();
        fft.process(&mut samples, &mut spectrum)
            .map_err(|error| Fault::Broken(format!("a transform failed: {error}")))?;
        let weight: f64 = window.iter().map(|factor| f64::from(*factor)).sum();
        let last = spectrum.len() - 1;
        // A constant and the highest frequency have one line each, all others two of which one is told.
        let is_single = |bin: usize| bin == 0 || bin == last && length.is_multiple_of(2);
        let amplitude = |(bin, number): (usize, &realfft::num_complex::Complex<f64>)| {
            number.norm() / weight * if is_single(bin) { 1.0 } else { 2.0 }
        };
        let amplitudes: Vec<f64> = spectrum.iter().enumerate().map(amplitude).collect();
        let each = f64::from(self.form.rate) / length as f64;
        let is_peak = |bin: &usize| {
            let at = |bin: usize| amplitudes.get(bin).copied().unwrap_or(0.0);
            amplitudes[*bin] > 0.0 && amplitudes[*bin] >= at(bin + 1) && (*bin == 0 || amplitudes[*bin] > at(bin - 1))
        };
        let mut found: Vec<usize> = (0..amplitudes.len()).filter(is_peak).collect();
        found.sort_by(|one, other| amplitudes[*other].total_cmp(&amplitudes[*one]));
        found.truncate(self.params.peaks as usize);
        let peaks = found
            .iter()
            .map(|bin| json!({ "hz": *bin as f64 * each, "amplitude": amplitudes[*bin], "db": db(amplitudes[*bin]) }));
        let said = json!({
            "length": length, "heard": heard, "rate_hz": self.form.rate, "hz_per_bin": each,
            "peaks": peaks.collect::<Vec<_>>(), "amplitudes": amplitudes,
        });
        say(&said, output)
    }
}
