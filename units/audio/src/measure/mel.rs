//! Bands: mel, MFCC and chroma, each a sum over the power spectrum of a frame.

use inos_unit::{Fault, Output};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Listener;
use super::npy::Npy;
use super::real::powers;
use super::stft::{Cut, Frames};
use crate::sound::{Form, Rows};

/// The least power that has a logarithm here: -100 dB.
const POWER_MIN: f32 = 1e-10;

/// The bands of a mel scale.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct MelParams {
    #[serde(flatten)]
    cut: Cut,
    /// How many bands.
    #[serde(default = "bands")]
    #[schemars(range(min = 1, max = 512), example = 128)]
    bands: u32,
    /// The lowest frequency, in Hz.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 384_000.0), example = 0.0)]
    low_hz: f64,
    /// The highest frequency, in Hz; half of the rate where nothing is given.
    #[serde(default)]
    #[schemars(range(min = 1.0, max = 384_000.0), example = 8000.0)]
    high_hz: Option<f64>,
    /// Whether values are decibels of the power, at least -100, and not the power itself.
    #[serde(default)]
    db: bool,
}

fn bands() -> u32 {
    128
}

/// Cepstral coefficients of the mel scale.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct MfccParams {
    #[serde(flatten)]
    mel: MelParams,
    /// How many coefficients, at most as many as there are bands.
    #[serde(default = "coefficients")]
    #[schemars(range(min = 1, max = 512), example = 20)]
    coefficients: u32,
}

fn coefficients() -> u32 {
    20
}

/// The power of each of the twelve tones of an octave.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ChromaParams {
    #[serde(flatten)]
    cut: Cut,
    /// The pitch of the A above middle C, in Hz.
    #[serde(default = "concert_pitch")]
    #[schemars(range(min = 400.0, max = 480.0), example = 440.0)]
    tuning_hz: f64,
}

fn concert_pitch() -> f64 {
    440.0
}

/// A band: where it begins among the frequencies, and how much of each is in it.
struct Band {
    begin: usize,
    shares: Vec<f32>,
}

/// What becomes of the power in bands.
enum Then {
    Nothing,
    Decibels,
    /// A cosine transform of their decibels: a row of factors for each coefficient.
    Cosines(Vec<Vec<f32>>),
    /// The strongest is one.
    Shares,
}

/// `mel`, `mfcc` and `chroma`: a row of a NumPy file for each frame.
pub(crate) struct Bands {
    frames: Frames,
    filter: Filter,
    npy: Npy,
}

/// What makes a row of a spectrum.
struct Filter {
    bands: Vec<Band>,
    then: Then,
    power: Vec<f32>,
    row: Vec<f32>,
}

impl Bands {
    pub(crate) fn mel(params: MelParams, form: Form, output: &mut dyn Output) -> Result<Self, Fault> {
        let bands = mel_bands(&params, form)?;
        let then = if params.db { Then::Decibels } else { Then::Nothing };
        Self::new(&params.cut, form, (bands, then), output)
    }

    pub(crate) fn mfcc(params: MfccParams, form: Form, output: &mut dyn Output) -> Result<Self, Fault> {
        let bands = mel_bands(&params.mel, form)?;
        let (count, wanted) = (bands.len(), params.coefficients as usize);
        if wanted > count {
            return Err(Fault::invalid("/params/coefficients", format!("are more than the {count} bands")));
        }
        // The cosine transform of the second kind, its rows of length one.
        let cosines = (0..wanted).map(|row| {
            let scale = (if row == 0 { 1.0 } else { 2.0 } / count as f64).sqrt();
            let turn = std::f64::consts::PI * row as f64 / count as f64;
            (0..count).map(|band| (scale * (turn * (band as f64 + 0.5)).cos()) as f32).collect()
        });
        Self::new(&params.mel.cut, form, (bands, Then::Cosines(cosines.collect())), output)
    }

    pub(crate) fn chroma(params: ChromaParams, form: Form, output: &mut dyn Output) -> Result<Self, Fault> {
        let bands = chroma_bands(&params, form);
        Self::new(&params.cut, form, (bands, Then::Shares), output)
    }

    fn new(cut: &Cut, form: Form, (bands, then): (Vec<Band>, Then), output: &mut dyn Output) -> Result<Self, Fault> {
        let columns = match &then {
            Then::Cosines(rows) => rows.len(),
            _ => bands.len(),
        };
        let frames = Frames::new(cut, form)?;
        let npy = Npy::begin("<f4", columns, output)?;
        Ok(Self { frames, filter: Filter { bands, then, power: Vec::new(), row: Vec::new() }, npy })
    }
}

impl Filter {
    fn row(&mut self, spectrum: &[realfft::num_complex::Complex<f32>]) -> &[f32] {
        powers(spectrum, 1.0, false, &mut self.power);
        let power = &self.power;
        let sum =
            |band: &Band| power[band.begin..].iter().zip(&band.shares).map(|(power, share)| power * share).sum::<f32>();
        self.row.clear();
        self.row.extend(self.bands.iter().map(sum));
        match &self.then {
            Then::Nothing => {}
            Then::Shares => {
                let most = self.row.iter().fold(POWER_MIN, |most, value| most.max(*value));
                self.row.iter_mut().for_each(|value| *value /= most);
            }
            Then::Decibels => self.row.iter_mut().for_each(|value| *value = 10.0 * value.max(POWER_MIN).log10()),
            Then::Cosines(rows) => {
                let levels: Vec<f32> = self.row.iter().map(|value| 10.0 * value.max(POWER_MIN).log10()).collect();
                let product = |row: &Vec<f32>| row.iter().zip(&levels).map(|(factor, level)| factor * level).sum();
                self.row = rows.iter().map(product).collect();
            }
        }
        &self.row
    }
}

impl Listener for Bands {
    fn hear(&mut self, rows: &Rows, output: &mut dyn Output) -> Result<(), Fault> {
        let Self { frames, filter, npy } = self;
        frames.hear(rows, &mut |spectrum| npy.push(filter.row(spectrum), output))
    }

    fn finish(mut self: Box<Self>, output: &mut dyn Output) -> Result<(), Fault> {
        let Self { frames, filter, npy } = &mut *self;
        frames.finish(&mut |spectrum| npy.push(filter.row(spectrum), output))?;
        self.npy.finish(output)
    }
}

/// A frequency on the mel scale of Malcolm Slaney's "Auditory Toolbox" (1998): a line up to 1 kHz, then a logarithm.
pub(super) fn mel(hz: f64) -> f64 {
    if hz < 1000.0 { hz * 3.0 / 200.0 } else { 15.0 + (hz / 1000.0).ln() * 27.0 / 6.4_f64.ln() }
}

/// The frequency of a place on that scale.
pub(super) fn hz(mel: f64) -> f64 {
    if mel < 15.0 { mel * 200.0 / 3.0 } else { 1000.0 * (6.4_f64.ln() / 27.0 * (mel - 15.0)).exp() }
}

/// Where `count` places lie, as far from each other on the scale, from one frequency to another.
pub(super) fn mel_places(low: f64, high: f64, count: usize) -> Vec<f64> {
    let (from, to) = (mel(low), mel(high));
    (0..count).map(|at| hz(from + (to - from) * at as f64 / (count - 1) as f64)).collect()
}

/// Triangles that overlap by halves, each of one area.
fn mel_bands(params: &MelParams, form: Form) -> Result<Vec<Band>, Fault> {
    let half = f64::from(form.rate) / 2.0;
    let high = params.high_hz.unwrap_or(half);
    if high > half || params.low_hz >= high {
        let message = format!("must be above `low_hz`, and at most half of the sound's rate, {half} Hz");
        return Err(Fault::invalid("/params/high_hz", message));
    }
    let places = mel_places(params.low_hz, high, params.bands as usize + 2);
    let each = f64::from(form.rate) / f64::from(params.cut.length);
    let bins = params.cut.length as usize / 2 + 1;
    let band = |edges: &[f64]| {
        let [low, middle, high] = [edges[0], edges[1], edges[2]];
        let begin = ((low / each).ceil() as usize).min(bins);
        let end = ((high / each).floor() as usize + 1).clamp(begin, bins);
        let share = |bin: usize| {
            let hz = bin as f64 * each;
            let height = ((hz - low) / (middle - low)).min((high - hz) / (high - middle)).max(0.0);
            (height * 2.0 / (high - low)) as f32
        };
        Band { begin, shares: (begin..end).map(share).collect() }
    };
    Ok(places.windows(3).map(band).collect())
}

/// Each frequency from 55 Hz to 7 kHz belongs to its nearest tone; C is the first.
fn chroma_bands(params: &ChromaParams, form: Form) -> Vec<Band> {
    let each = f64::from(form.rate) / f64::from(params.cut.length);
    let bins = params.cut.length as usize / 2 + 1;
    let tone = |bin: usize| {
        let hz = bin as f64 * each;
        let steps = 12.0 * (hz / params.tuning_hz).log2() + 9.0;
        (55.0..7040.0).contains(&hz).then(|| steps.round().rem_euclid(12.0) as usize)
    };
    let tones: Vec<Option<usize>> = (0..bins).map(tone).collect();
    let band = |wanted| Band {
        begin: 0,
        shares: tones.iter().map(|tone| f32::from(u8::from(*tone == Some(wanted)))).collect(),
    };
    (0..12).map(band).collect()
}
