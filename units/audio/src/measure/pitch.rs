//! The pitch of a voice or an instrument that sounds alone: YIN (Alain de Cheveigné and Hideki Kawahara, "YIN, a fundamental
//! frequency estimator for speech and music", 2002), its differences found by a transform.

use std::sync::Arc;

use inos_unit::{Fault, Output};
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Ear, Listener, say};
use crate::sound::{Form, Rows};

/// The most frames that are told.
const FRAMES_MAX: usize = 1 << 20;

/// Where to look for a pitch.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct PitchParams {
    /// The lowest pitch, in Hz.
    #[serde(default = "low")]
    #[schemars(range(min = 20.0, max = 5000.0), example = 60.0)]
    low_hz: f64,
    /// The highest pitch, in Hz.
    #[serde(default = "high")]
    #[schemars(range(min = 40.0, max = 10_000.0), example = 1000.0)]
    high_hz: f64,
    /// From one pitch to the next, in seconds.
    #[serde(default = "hop")]
    #[schemars(range(min = 0.001, max = 10.0), example = 0.01)]
    hop_s: f64,
    /// How much of a frame may differ from itself one period later: less is stricter.
    #[serde(default = "threshold")]
    #[schemars(range(min = 0.01, max = 0.9), example = 0.15)]
    threshold: f64,
    /// Which channel is heard, from 0; the mean of all where nothing is given.
    #[serde(default)]
    #[schemars(range(max = 15), example = 0)]
    channel: Option<u32>,
}

fn low() -> f64 {
    60.0
}

fn high() -> f64 {
    1000.0
}

fn hop() -> f64 {
    0.01
}

fn threshold() -> f64 {
    0.15
}

/// `pitch`: a pitch for each frame that has one.
pub(crate) struct Pitch {
    ear: Ear,
    rate: f64,
    threshold: f64,
    /// The shortest and the longest period, in samples; a frame is compared over the longest.
    lags: (usize, usize),
    hop: usize,
    waiting: Vec<f32>,
    begin: usize,
    heard: Vec<f32>,
    forward: Arc<dyn RealToComplex<f64>>,
    back: Arc<dyn ComplexToReal<f64>>,
    found: Vec<(f64, f64)>,
}

impl Pitch {
    pub(crate) fn new(params: PitchParams, form: Form, _: &mut dyn Output) -> Result<Self, Fault> {
        let rate = f64::from(form.rate);
        if params.high_hz <= params.low_hz || params.high_hz > rate / 4.0 {
            let message =
                format!("must be above `low_hz`, and at most a quarter of the sound's rate, {} Hz", rate / 4.0);
            return Err(Fault::invalid("/params/high_hz", message));
        }
        let lags = (((rate / params.high_hz).floor() as usize).max(2), (rate / params.low_hz).ceil() as usize + 2);
        let mut planner = RealFftPlanner::new();
        let length = (4 * lags.1).next_power_of_two();
        Ok(Self {
            ear: Ear::new(params.channel, form)?,
            rate,
            threshold: params.threshold,
            lags,
            hop: (form.frames_at(params.hop_s) as usize).max(1),
            waiting: Vec::new(),
            begin: 0,
            heard: Vec::new(),
            forward: planner.plan_fft_forward(length),
            back: planner.plan_fft_inverse(length),
            found: Vec::new(),
        })
    }

    /// The period of a frame of twice the longest, in samples, and how much it differs from itself then.
    fn period(&self, frame: &[f32]) -> Result<(f64, f64), Fault> {
        let normal = self.normal_differences(frame)?;
        let (short, long) = self.lags;
        let below = (short..long).find(|lag| normal[*lag] < self.threshold && normal[*lag] <= normal[lag + 1]);
        let lag = match below {
            Some(lag) => lag,
            None => (short..long).min_by(|one, other| normal[*one].total_cmp(&normal[*other])).unwrap_or(short),
        };
        // The lowest point of a parabola through the three.
        let (a, b, c) = (normal[lag - 1], normal[lag], normal[lag + 1]);
        let bend = a - 2.0 * b + c;
        let shift = if bend > 0.0 { (0.5 * (a - c) / bend).clamp(-1.0, 1.0) } else { 0.0 };
        Ok((lag as f64 + shift, b.clamp(0.0, 1.0)))
    }

    /// How much a frame differs from itself each lag later, by the mean of all shorter lags.
    fn normal_differences(&self, frame: &[f32]) -> Result<Vec<f64>, Fault> {
        let broken = |error| Fault::Broken(format!("a transform failed: {error}"));
        let (size, length) = (self.lags.1, self.forward.len());
        let (mut whole, mut first) = (self.forward.make_input_vec(), self.forward.make_input_vec());
        whole.iter_mut().zip(frame).for_each(|(to, sample)| *to = f64::from(*sample));
        first[..size].copy_from_slice(&whole[..size]);
        let (mut one, mut other) = (self.forward.make_output_vec(), self.forward.make_output_vec());
        self.forward.process(&mut whole, &mut one).map_err(broken)?;
        self.forward.process(&mut first, &mut other).map_err(broken)?;
        let mut product: Vec<Complex<f64>> = one.iter().zip(&other).map(|(one, other)| one * other.conj()).collect();
        let (last, ends) = (product.len() - 1, 0.0);
        (product[0].im, product[last].im) = (ends, ends);
        let mut alike = self.back.make_output_vec();
        self.back.process(&mut product, &mut alike).map_err(broken)?;
        let square = |at: usize| f64::from(frame[at]).powi(2);
        let own: f64 = (0..size).map(square).sum();
        let (mut later, mut sum, mut normal) = (own, 0.0, vec![1.0; size + 1]);
        for lag in 1..=size {
            later += square(lag + size - 1) - square(lag - 1);
            let difference = (own + later - 2.0 * alike[lag] / length as f64).max(0.0);
            sum += difference;
            normal[lag] = if sum > 0.0 { difference * lag as f64 / sum } else { 1.0 };
        }
        Ok(normal)
    }

    fn make(&mut self) -> Result<(), Fault> {
        let length = 2 * self.lags.1;
        while self.begin + length <= self.waiting.len() {
            if self.found.len() == FRAMES_MAX {
                return Err(Fault::limit(FRAMES_MAX as u64, "pitches: a longer `hop_s` gives fewer"));
            }
            let found = self.period(&self.waiting[self.begin..self.begin + length])?;
            self.found.push(found);
            self.begin += self.hop;
        }
        let gone = self.begin.min(self.waiting.len());
        self.waiting.drain(..gone);
        self.begin -= gone;
        Ok(())
    }
}

impl Listener for Pitch {
    fn hear(&mut self, rows: &Rows, _: &mut dyn Output) -> Result<(), Fault> {
        self.ear.hear(rows, &mut self.heard);
        self.waiting.extend_from_slice(&self.heard);
        self.make()
    }

    fn finish(self: Box<Self>, output: &mut dyn Output) -> Result<(), Fault> {
        let told = |(at, (period, difference)): (usize, &(f64, f64))| {
            // A frame's time is that of its middle.
            let time = (at * self.hop + self.lags.1) as f64 / self.rate;
            let is_voiced = *difference < self.threshold;
            let hz = if is_voiced { json!(self.rate / period) } else { Value::Null };
            json!({ "time_s": time, "hz": hz, "confidence": 1.0 - difference })
        };
        let frames: Vec<Value> = self.found.iter().enumerate().map(told).collect();
        let mut voiced: Vec<f64> = self
            .found
            .iter()
            .filter(|(_, difference)| *difference < self.threshold)
            .map(|(period, _)| self.rate / period)
            .collect();
        voiced.sort_by(f64::total_cmp);
        let median = voiced.get(voiced.len() / 2).map_or(Value::Null, |hz| json!(hz));
        say(
            &json!({ "median_hz": median, "voiced": voiced.len(), "hop_s": self.hop as f64 / self.rate, "frames": frames }),
            output,
        )
    }
}
