//! Where tones begin, and how fast they follow: what a spectrum gains from frame to frame (spectral flux, after Sebastian Böck,
//! Florian Krebs and Markus Schedl, "Evaluating the online capabilities of onset detection methods", 2012).

use inos_unit::{Fault, Output};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::stft::{Cut, Frames};
use super::window::Window;
use super::{Listener, say};
use crate::sound::{Form, Rows};

/// The most frames that are looked at: some three hours at 44.1 kHz.
const FRAMES_MAX: usize = 1 << 20;
/// From one frame to the next, in samples at 44.1 kHz.
const HOP_S: f64 = 0.01;
/// How far around a frame it must be the strongest, and the mean is taken, in frames.
const NEAR: usize = 3;
const AROUND: usize = 10;
/// Beats a minute that are looked for, and what is taken for the likeliest.
const BPM: (f64, f64) = (40.0, 240.0);
const LIKELY_BPM: f64 = 120.0;

/// What counts as a beginning.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct OnsetsParams {
    /// By how much a frame must gain more than those around it, as a part of the strongest gain of the sound.
    #[serde(default = "threshold")]
    #[schemars(range(min = 0.0, max = 1.0), example = 0.1)]
    threshold: f64,
    /// The shortest time from one beginning to the next, in seconds.
    #[serde(default = "gap")]
    #[schemars(range(min = 0.0, max = 10.0), example = 0.05)]
    min_gap_s: f64,
    /// Which channel is heard, from 0; the mean of all where nothing is given.
    #[serde(default)]
    #[schemars(range(max = 15), example = 0)]
    channel: Option<u32>,
}

fn threshold() -> f64 {
    0.1
}

fn gap() -> f64 {
    0.05
}

/// `onsets`: when tones begin, and the tempo.
pub(crate) struct Onsets {
    params: OnsetsParams,
    frames: Frames,
    hop_s: f64,
    flux: Flux,
}

/// What each frame gained on the one before it.
#[derive(Default)]
struct Flux {
    before: Vec<f32>,
    gained: Vec<f64>,
}

impl Flux {
    fn push(&mut self, spectrum: &[realfft::num_complex::Complex<f32>]) -> Result<(), Fault> {
        if self.gained.len() == FRAMES_MAX {
            return Err(Fault::limit(FRAMES_MAX as u64, "frames to look for beginnings in"));
        }
        // What is softer than -80 dB is no gain.
        let level = |number: &realfft::num_complex::Complex<f32>| (1.0 + 100.0 * number.norm()).ln();
        let now: Vec<f32> = spectrum.iter().map(level).collect();
        let gain = now.iter().zip(&self.before).map(|(now, before)| f64::from((now - before).max(0.0))).sum();
        self.gained.push(gain);
        self.before = now;
        Ok(())
    }
}

impl Onsets {
    pub(crate) fn new(params: OnsetsParams, form: Form, _: &mut dyn Output) -> Result<Self, Fault> {
        let hop = (form.frames_at(HOP_S) as u32).max(1);
        let length = (4 * hop).next_power_of_two().clamp(64, super::stft::LENGTH_MAX);
        let cut = Cut { length, hop: Some(hop), window: Window::Hann, center: true, channel: params.channel };
        let frames = Frames::new(&cut, form)?;
        Ok(Self { params, frames, hop_s: f64::from(hop) / f64::from(form.rate), flux: Flux::default() })
    }

    /// Frames that gain more than those around them.
    fn beginnings(&self) -> Vec<usize> {
        let gained = &self.flux.gained;
        let strongest = gained.iter().fold(0.0_f64, |most, gain| most.max(*gain));
        let gap = (self.params.min_gap_s / self.hop_s).round() as usize;
        let mut found: Vec<usize> = Vec::new();
        for at in 0..gained.len() {
            let near = &gained[at.saturating_sub(NEAR)..(at + NEAR + 1).min(gained.len())];
            let around = &gained[at.saturating_sub(AROUND)..(at + AROUND + 1).min(gained.len())];
            let mean = around.iter().sum::<f64>() / around.len() as f64;
            let is_peak = gained[at] > 0.0 && near.iter().all(|other| *other <= gained[at]);
            let is_far = found.last().is_none_or(|last| at - last > gap.max(1));
            if is_peak && is_far && gained[at] - mean >= self.params.threshold * strongest {
                found.push(at);
            }
        }
        found
    }

    /// Beats a minute: how far apart gains resemble each other, the usual tempo preferred (Daniel Ellis, "Beat tracking by
    /// dynamic programming", 2007).
    fn tempo(&self) -> Option<f64> {
        let gained = &self.flux.gained;
        let mean = gained.iter().sum::<f64>() / gained.len().max(1) as f64;
        let level: Vec<f64> = gained.iter().map(|gain| gain - mean).collect();
        let lag_of = |bpm: f64| 60.0 / bpm / self.hop_s;
        let (short, long) = (lag_of(BPM.1).floor() as usize, lag_of(BPM.0).ceil() as usize);
        let alike = |lag: usize| {
            let (one, other) = (&level[..level.len().saturating_sub(lag)], level.get(lag..).unwrap_or(&[]));
            one.iter().zip(other).map(|(one, other)| one * other).sum::<f64>()
        };
        let score = |lag: usize| {
            let octaves = (60.0 / (lag as f64 * self.hop_s) / LIKELY_BPM).log2();
            alike(lag) * (-0.5 * octaves * octaves).exp()
        };
        let scores: Vec<f64> = (short.saturating_sub(1)..=long + 1).map(score).collect();
        let best = (1..scores.len().saturating_sub(1)).max_by(|one, other| scores[*one].total_cmp(&scores[*other]))?;
        if scores[best] <= 0.0 {
            return None;
        }
        let (a, b, c) = (scores[best - 1], scores[best], scores[best + 1]);
        let bend = a - 2.0 * b + c;
        let shift = if bend < 0.0 { (0.5 * (a - c) / bend).clamp(-0.5, 0.5) } else { 0.0 };
        Some(60.0 / ((short.saturating_sub(1) + best) as f64 + shift) / self.hop_s)
    }
}

impl Listener for Onsets {
    fn hear(&mut self, rows: &Rows, _: &mut dyn Output) -> Result<(), Fault> {
        let Self { frames, flux, .. } = self;
        frames.hear(rows, &mut |spectrum| flux.push(spectrum))
    }

    fn finish(mut self: Box<Self>, output: &mut dyn Output) -> Result<(), Fault> {
        let Self { frames, flux, .. } = &mut *self;
        frames.finish(&mut |spectrum| flux.push(spectrum))?;
        let found = self.beginnings();
        let strongest = self.flux.gained.iter().fold(0.0_f64, |most, gain| most.max(*gain));
        let told =
            |at: &usize| json!({ "time_s": *at as f64 * self.hop_s, "strength": self.flux.gained[*at] / strongest });
        let onsets: Vec<Value> = found.iter().map(told).collect();
        // Of one beginning nobody knows a tempo.
        let tempo = if found.len() > 1 { self.tempo() } else { None };
        say(&json!({ "tempo_bpm": tempo, "onsets": onsets, "hop_s": self.hop_s }), output)
    }
}
