//! What can be done to a sound, as callers say it: one struct a step, the same for a method of its own and for one step of a
//! pipeline.

use schemars::JsonSchema;
use serde::Deserialize;

mod channels;
mod convolve;
mod echo;
mod filter;
mod level;
mod mix;
mod resample;
mod reverb;
mod reverse;
mod trim;

pub(crate) use channels::{Channels, ChannelsEffect};
pub(crate) use convolve::{ANSWER_FRAMES_MAX, Convolve, ConvolveEffect};
pub(crate) use echo::{Delay, DelayEffect};
pub(crate) use filter::{Filter, FilterEffect};
pub(crate) use level::{Fade, FadeEffect, Gain, GainEffect, Normalize};
pub(crate) use mix::{Crossfade, Crossfaded, Mix, Mixed, Pieces};
pub(crate) use resample::{Resample, ResampleEffect};
pub(crate) use reverb::{Reverb, ReverbEffect};
pub(crate) use reverse::{Reverse, Reversed};
pub(crate) use trim::{Trim, TrimEffect};

/// The most steps of a pipeline.
pub(crate) const STEPS_MAX: usize = 32;

/// One step of a pipeline.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(tag = "step", rename_all = "snake_case")]
pub(crate) enum Step {
    /// Changes the rate.
    Resample(Resample),
    /// Makes it louder or softer.
    Gain(Gain),
    /// Brings it to a loudness or a peak.
    Normalize(Normalize),
    /// Keeps a part.
    Trim(Trim),
    /// Lets it begin and end softly.
    Fade(Fade),
    /// Plays it backwards.
    Reverse(Reverse),
    /// Makes other channels of its channels.
    Channels(Channels),
    /// Lets some frequencies pass more than others.
    Filter(Filter),
    /// Repeats it, softer each time.
    Delay(Delay),
    /// Lets it sound in a room.
    Reverb(Reverb),
    /// Lets it sound as another input does.
    Convolve(Convolve),
    /// Adds another input.
    Mix(Mix),
    /// Lets another input follow, one fading into the other.
    Crossfade(Crossfade),
}
