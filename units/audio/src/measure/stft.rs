//! Short-time Fourier transforms: frames of a sound, one hop apart, and back.

use std::sync::Arc;

use inos_unit::{Call, Fault, Host, Output};
use pulp::bytemuck;
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner};
use schemars::JsonSchema;
use serde::Deserialize;

use super::npy::Npy;
use super::real::{Real, powers};
use super::window::Window;
use super::{Ear, Listener};
use crate::read::Kept;
use crate::sound::{Form, Rows};
use crate::write::{FileParams, Writer};

/// The longest frame, in samples.
pub(super) const LENGTH_MAX: u32 = 1 << 16;

/// How many samples are kept that nobody needs any more.
const GONE_MAX: usize = 1 << 14;

/// How a sound is cut into frames.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
pub(crate) struct Cut {
    /// The length of a frame, in samples.
    #[serde(default = "length")]
    #[schemars(range(min = 16, max = 65_536), example = 2048)]
    pub(crate) length: u32,
    /// From one frame to the next, in samples; a quarter of the length where nothing is given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 65_536), example = 512)]
    pub(crate) hop: Option<u32>,
    /// How a frame rises and falls.
    #[serde(default)]
    pub(crate) window: Window,
    /// Whether the first frame has its middle at the first sample, silence before it; else it begins there.
    #[serde(default = "yes")]
    pub(crate) center: bool,
    /// Which channel is heard, from 0; the mean of all where nothing is given.
    #[serde(default)]
    #[schemars(range(max = 15), example = 0)]
    pub(crate) channel: Option<u32>,
}

fn length() -> u32 {
    2048
}

fn yes() -> bool {
    true
}

impl Cut {
    pub(super) fn hop(&self) -> usize {
        self.hop.unwrap_or((self.length / 4).max(1)) as usize
    }
}

/// How to transform.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct StftParams {
    #[serde(flatten)]
    cut: Cut,
}

/// What is done with the spectrum of each frame.
type Each<'e> = dyn FnMut(&[Complex<f32>]) -> Result<(), Fault> + 'e;

/// Cuts a sound into frames and transforms each.
pub(super) struct Frames {
    ear: Ear,
    real: Real,
    pub(super) window: Vec<f32>,
    pub(super) hop: usize,
    /// Samples that are still wanted, from `begin` on.
    waiting: Vec<f32>,
    begin: usize,
    heard: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    is_centred: bool,
}

impl Frames {
    pub(super) fn new(cut: &Cut, form: Form) -> Result<Self, Fault> {
        if !(16..=LENGTH_MAX).contains(&cut.length) {
            return Err(Fault::invalid("/params/length", format!("must be 16 to {LENGTH_MAX} samples")));
        }
        if cut.hop() == 0 {
            return Err(Fault::invalid("/params/hop", "must be 1 sample or more"));
        }
        let length = cut.length as usize;
        let waiting = vec![0.0; if cut.center { length / 2 } else { 0 }];
        Ok(Self {
            ear: Ear::new(cut.channel, form)?,
            window: cut.window.of(length),
            hop: cut.hop(),
            waiting,
            begin: 0,
            heard: Vec::new(),
            spectrum: vec![Complex::default(); length / 2 + 1],
            real: Real::new(length),
            is_centred: cut.center,
        })
    }

    /// How many frequencies a frame has.
    pub(super) fn bins(&self) -> usize {
        self.spectrum.len()
    }

    /// The frames that a block makes whole.
    pub(super) fn hear(&mut self, rows: &Rows, each: &mut Each<'_>) -> Result<(), Fault> {
        self.ear.hear(rows, &mut self.heard);
        self.waiting.extend_from_slice(&self.heard);
        self.make(each)
    }

    /// The frames that samples make whole.
    fn take(&mut self, samples: &[f32], each: &mut Each<'_>) -> Result<(), Fault> {
        self.waiting.extend_from_slice(samples);
        self.make(each)
    }

    /// The frames that reach beyond the end.
    pub(super) fn finish(&mut self, each: &mut Each<'_>) -> Result<(), Fault> {
        if self.is_centred {
            let silence = self.window.len() / 2;
            self.waiting.resize(self.waiting.len() + silence, 0.0);
        }
        self.make(each)
    }

    fn make(&mut self, each: &mut Each<'_>) -> Result<(), Fault> {
        let length = self.window.len();
        while self.begin + length <= self.waiting.len() {
            let samples = &self.waiting[self.begin..self.begin + length];
            self.real.spectrum(samples, &self.window, &mut self.spectrum)?;
            each(&self.spectrum)?;
            self.begin += self.hop;
        }
        let gone = self.begin.min(self.waiting.len());
        // To move what is left every time takes longer than to keep for a while what is gone.
        if gone >= GONE_MAX {
            self.waiting.drain(..gone);
            self.begin -= gone;
        }
        Ok(())
    }
}

/// Appends the amplitudes of all frames of samples in memory: what the bench holds against other libraries.
pub fn amplitudes(samples: &[f32], length: u32, into: &mut Vec<f32>) -> Result<(), Fault> {
    /// As many as a file gives at once.
    const BLOCK: usize = 1152;
    let cut = Cut { length, hop: None, window: Window::Hann, center: true, channel: None };
    let mut frames = Frames::new(&cut, Form { rate: 1, channels: 1 })?;
    let mut row = Vec::new();
    let mut each = |spectrum: &[Complex<f32>]| {
        powers(spectrum, 1.0, true, &mut row);
        into.extend_from_slice(&row);
        Ok(())
    };
    for block in samples.chunks(BLOCK) {
        frames.take(block, &mut each)?;
    }
    frames.finish(&mut each)
}

/// `stft`: all frames as complex numbers.
pub(crate) struct Transformed {
    frames: Frames,
    npy: Npy,
}

impl Transformed {
    pub(crate) fn new(params: StftParams, form: Form, output: &mut dyn Output) -> Result<Self, Fault> {
        let frames = Frames::new(&params.cut, form)?;
        let npy = Npy::begin("<c8", frames.bins(), output)?;
        Ok(Self { frames, npy })
    }
}

impl Listener for Transformed {
    fn hear(&mut self, rows: &Rows, output: &mut dyn Output) -> Result<(), Fault> {
        let Self { frames, npy } = self;
        frames.hear(rows, &mut |spectrum| npy.push(bytemuck::cast_slice(spectrum), output))
    }

    fn finish(mut self: Box<Self>, output: &mut dyn Output) -> Result<(), Fault> {
        let npy = &mut self.npy;
        self.frames.finish(&mut |spectrum| npy.push(bytemuck::cast_slice(spectrum), output))?;
        self.npy.finish(output)
    }
}

/// How a sound was cut whose frames are put together again.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct IstftParams {
    /// From one frame to the next, in samples; a quarter of the length where nothing is given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 65_536), example = 512)]
    hop: Option<u32>,
    /// How a frame rises and falls.
    #[serde(default)]
    window: Window,
    /// Whether the first frame has its middle at the first sample.
    #[serde(default = "yes")]
    center: bool,
    /// The rate of the sound, in Hz.
    #[schemars(range(min = 1, max = 768_000), example = 44_100)]
    rate_hz: u32,
    /// How many samples the sound has; as many as its frames reach where nothing is given.
    #[serde(default)]
    #[schemars(range(min = 0, max = 400_000_000))]
    samples: Option<u64>,
}

/// `istft`: the sound of frames, by weighted overlap-add (Daniel Griffin and Jae Lim, 1984).
pub(crate) struct Istft;

impl Istft {
    pub(crate) fn run(
        call: &mut Call<'_>,
        host: &dyn Host,
        file: &FileParams,
        params: &IstftParams,
    ) -> Result<(), Fault> {
        let bytes = call.inputs.get(0)?.bytes()?;
        let (bins, spectra) = complex_rows(&bytes)?;
        let mut adding = Adding::new(params, (bins - 1) * 2);
        let form = Form { rate: params.rate_hz, channels: 1 };
        let mut writer = Writer::begin(file, (form, Kept::Lossy), host, call.output)?;
        let (mut rows, mut left) = (vec![Vec::new()], params.samples.unwrap_or(u64::MAX));
        let count = spectra.len() / (bins * SPECTRUM_LEN);
        for (at, spectrum) in spectra.chunks_exact(bins * SPECTRUM_LEN).enumerate() {
            host.check()?;
            host.progress(at as u64, count as u64);
            adding.add(spectrum)?;
            adding.take(at + 1 == count, &mut rows[0]);
            rows[0].truncate(usize::try_from(left).unwrap_or(usize::MAX));
            left -= rows[0].len() as u64;
            writer.write(&rows, call.output)?;
        }
        writer.finish(host, call.output)
    }
}

/// Frames put one over the other.
struct Adding {
    back: Arc<dyn ComplexToReal<f32>>,
    window: Vec<f32>,
    hop: usize,
    is_centred: bool,
    /// How many samples that come first are silence which was put there.
    early: usize,
    spectrum: Vec<Complex<f32>>,
    frame: Vec<f32>,
    sum: Vec<f64>,
    /// How much of each sample the windows let pass.
    weight: Vec<f64>,
}

impl Adding {
    fn new(params: &IstftParams, length: usize) -> Self {
        let back = RealFftPlanner::<f32>::new().plan_fft_inverse(length);
        Self {
            window: params.window.of(length),
            hop: params.hop.map_or(length / 4, |hop| hop as usize).max(1),
            is_centred: params.center,
            early: if params.center { length / 2 } else { 0 },
            spectrum: back.make_input_vec(),
            frame: back.make_output_vec(),
            sum: vec![0.0; length],
            weight: vec![0.0; length],
            back,
        }
    }

    fn add(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        for (number, bytes) in self.spectrum.iter_mut().zip(bytes.as_chunks::<SPECTRUM_LEN>().0) {
            let [a, b, c, d, e, f, g, h] = *bytes;
            *number = Complex::new(f32::from_le_bytes([a, b, c, d]), f32::from_le_bytes([e, f, g, h]));
        }
        // The spectrum of real samples has no imaginary part there; what is given is not looked at.
        let last = self.spectrum.len() - 1;
        (self.spectrum[0].im, self.spectrum[last].im) = (0.0, 0.0);
        let done = self.back.process(&mut self.spectrum, &mut self.frame);
        done.map_err(|error| Fault::Broken(format!("a transform failed: {error}")))?;
        let shrink = 1.0 / self.window.len() as f64;
        for (at, factor) in self.window.iter().enumerate() {
            self.sum[at] += f64::from(self.frame[at] * factor) * shrink;
            self.weight[at] += f64::from(factor * factor);
        }
        Ok(())
    }

    /// The samples that no later frame reaches.
    fn take(&mut self, is_last: bool, row: &mut Vec<f64>) {
        let length = self.window.len();
        // What the last frame has beyond its middle is silence which was put there.
        let whole = if self.is_centred { length / 2 } else { length };
        let ready = if is_last { whole } else { self.hop.min(length) };
        row.clear();
        row.extend(
            self.sum
                .iter()
                .zip(&self.weight)
                .take(ready)
                .map(|(sum, weight)| if *weight > 1e-8 { sum / weight } else { 0.0 }),
        );
        row.resize(if is_last { ready } else { self.hop }, 0.0);
        let early = self.early.min(row.len());
        self.early -= early;
        row.drain(..early);
        let shift = self.hop.min(length);
        for kept in [&mut self.sum, &mut self.weight] {
            kept.copy_within(shift.., 0);
            kept[length - shift..].fill(0.0);
        }
    }
}

/// Bytes of a complex number.
const SPECTRUM_LEN: usize = 8;

/// The rows of a NumPy file of complex numbers.
fn complex_rows(bytes: &[u8]) -> Result<(usize, &[u8]), Fault> {
    let bad =
        |what: &str| Fault::invalid("/inputs/0", format!("is no NumPy file of frames (`<c8`, two dimensions): {what}"));
    let head_len = match bytes {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _, low, high, ..] => {
            10 + usize::from(u16::from_le_bytes([*low, *high]))
        }
        _ => return Err(bad("it begins with no head of version 1")),
    };
    let head = bytes
        .get(10..head_len)
        .and_then(|head| std::str::from_utf8(head).ok())
        .ok_or_else(|| bad("its head is cut off"))?;
    if !head.contains("'<c8'") || head.contains("'fortran_order': True") {
        return Err(bad("its numbers are of another type or order"));
    }
    let shape = head.split_once("'shape': (").and_then(|(_, rest)| rest.split_once(')')).map_or("", |(shape, _)| shape);
    let sizes: Vec<usize> =
        shape.split(',').map(str::trim).filter(|size| !size.is_empty()).map_while(|size| size.parse().ok()).collect();
    let [count, bins] = sizes[..] else { return Err(bad("its shape is another")) };
    if !(9..=LENGTH_MAX as usize / 2 + 1).contains(&bins) {
        return Err(bad("a frame has 9 to 32,769 frequencies"));
    }
    let data = &bytes[head_len..];
    if count.checked_mul(bins * 8) != Some(data.len()) {
        return Err(bad("it has more or fewer numbers than its shape says"));
    }
    if data.as_chunks::<4>().0.iter().any(|number| !f32::from_le_bytes(*number).is_finite()) {
        return Err(bad("some of its numbers are none"));
    }
    Ok((bins, data))
}
