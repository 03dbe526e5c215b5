//! Louder and softer: by a factor, to a loudness or a peak, and at both ends.

use inos_unit::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sound::{Effect, Rows, factor, frames};

/// Makes a sound louder or softer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Gain {
    /// By how much, in decibels.
    #[schemars(range(min = -120.0, max = 60.0), example = -6.0)]
    pub(crate) db: f64,
}

/// Brings a sound to a loudness or a peak; one of the two is wanted. Silence stays as it is.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Normalize {
    /// The highest sample, in decibels below full scale (dBFS); -1 where neither is given.
    #[serde(default)]
    #[schemars(range(min = -96.0, max = 0.0), example = -1.0)]
    pub(crate) peak_db: Option<f64>,
    /// The integrated loudness after EBU R 128, in LUFS. Samples may then go beyond full scale: the highest true peak is
    /// looked at where `peak_db` is given as well, and the sound stays softer than that.
    #[serde(default)]
    #[schemars(range(min = -70.0, max = 0.0), example = -16.0)]
    pub(crate) lufs: Option<f64>,
}

/// How a fade rises.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Curve {
    /// Evenly in amplitude.
    #[default]
    Linear,
    /// Along a quarter of a sine: two sounds that have nothing in common cross at one power.
    EqualPower,
}

impl Curve {
    /// The factor where `part` of a fade has passed, from 0 to 1.
    pub(crate) fn factor(self, part: f64) -> f64 {
        let part = part.clamp(0.0, 1.0);
        match self {
            Self::Linear => part,
            Self::EqualPower => (part * std::f64::consts::FRAC_PI_2).sin(),
        }
    }
}

/// Lets a sound begin and end softly.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fade {
    /// How long it takes to full loudness at the beginning, in seconds.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 3600.0), example = 0.5)]
    pub(crate) in_s: f64,
    /// How long it takes to silence at the end, in seconds.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 3600.0), example = 2.0)]
    pub(crate) out_s: f64,
    /// How it rises and falls.
    #[serde(default)]
    pub(crate) curve: Curve,
}

/// Multiplies every sample.
pub(crate) struct GainEffect(pub(crate) f64);

impl GainEffect {
    pub(crate) fn new(gain: &Gain) -> Self {
        Self(factor(gain.db))
    }
}

impl Effect for GainEffect {
    fn apply(&mut self, rows: &mut Rows) -> Result<(), Fault> {
        rows.iter_mut().flatten().for_each(|sample| *sample *= self.0);
        Ok(())
    }
}

/// Multiplies the samples at both ends.
pub(crate) struct FadeEffect {
    curve: Curve,
    rise: u64,
    fall: u64,
    /// How many frames the sound has.
    whole: u64,
    at: u64,
}

impl FadeEffect {
    /// Fades over so many frames at each end of a sound of `whole` frames.
    pub(crate) fn new(curve: Curve, (rise, fall): (u64, u64), whole: u64) -> Self {
        Self { curve, rise, fall, whole, at: 0 }
    }

    /// The factor of one frame.
    fn factor(&self, at: u64) -> f64 {
        let part = |passed: u64, whole: u64| if whole == 0 { 1.0 } else { passed as f64 / whole as f64 };
        let rise = self.curve.factor(part(at, self.rise));
        let left = self.whole.saturating_sub(at + 1);
        rise * self.curve.factor(part(left, self.fall))
    }
}

impl Effect for FadeEffect {
    fn apply(&mut self, rows: &mut Rows) -> Result<(), Fault> {
        let count = frames(rows);
        let end = self.at + count as u64;
        if self.at < self.rise || end + self.fall > self.whole {
            for row in rows.iter_mut() {
                for (index, sample) in row.iter_mut().enumerate() {
                    *sample *= self.factor(self.at + index as u64);
                }
            }
        }
        self.at = end;
        Ok(())
    }
}
