//! Windows: how much each sample of a frame counts. They are periodic, as a frame among others wants them.

use std::f64::consts::TAU;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a frame rises and falls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Window {
    /// A raised cosine.
    #[default]
    Hann,
    /// A raised cosine on a step, with a lower first lobe.
    Hamming,
    /// Three terms: lobes below -58 dB.
    Blackman,
    /// Four terms: lobes below -92 dB.
    BlackmanHarris,
    /// None.
    Rectangular,
}

impl Window {
    /// The window of a length.
    pub(crate) fn of(self, len: usize) -> Vec<f32> {
        let terms: &[f64] = match self {
            Self::Hann => &[0.5, 0.5],
            Self::Hamming => &[0.54, 0.46],
            Self::Blackman => &[0.42, 0.5, 0.08],
            Self::BlackmanHarris => &[0.358_75, 0.488_29, 0.141_28, 0.011_68],
            Self::Rectangular => &[1.0],
        };
        let value = |at: usize| {
            let turn = TAU * at as f64 / len as f64;
            let term = |(index, factor): (usize, &f64)| {
                let sign = if index % 2 == 0 { 1.0 } else { -1.0 };
                sign * factor * (turn * index as f64).cos()
            };
            terms.iter().enumerate().map(term).sum::<f64>() as f32
        };
        (0..len).map(value).collect()
    }
}
