//! What can be done to a picture, as callers say it: one struct a step, the same for a method of its own and for one step of a
//! pipeline.

use inos_unit::{Fault, Host};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::picture::{Holding, Pixels};
use crate::read::Picked;

mod blur;
mod edges;
mod geometry;
mod light;
mod median;
mod overlay;
mod resize;
mod rotate;

pub(crate) use blur::{Blur, Unsharp};
pub(crate) use edges::Edges;
pub(crate) use geometry::{Crop, Flip, Tile};
pub(crate) use light::{Adjust, Grayscale, Invert, Levels};
pub(crate) use median::Median;
pub(crate) use overlay::{Overlay, flatten};
pub(crate) use resize::{Resize, Thumbnail, shrunk, stretched};
pub(crate) use rotate::Rotate;

/// The most steps of a pipeline.
pub(crate) const STEPS_MAX: usize = 32;

/// One step of a pipeline.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(tag = "step", rename_all = "snake_case")]
pub(crate) enum Step {
    /// Makes it larger or smaller.
    Resize(Resize),
    /// Makes it small, and never larger.
    Thumbnail(Thumbnail),
    /// Keeps a part.
    Crop(Crop),
    /// Turns it.
    Rotate(Rotate),
    /// Mirrors it.
    Flip(Flip),
    /// Repeats it side by side.
    Tile(Tile),
    /// Takes its colours away.
    Grayscale(Grayscale),
    /// Turns light into dark.
    Invert(Invert),
    /// Says what is dark, what is light and what is between.
    Levels(Levels),
    /// Changes brightness, contrast, saturation and hue.
    Adjust(Adjust),
    /// Makes it soft.
    Blur(Blur),
    /// Makes it sharper.
    Unsharp(Unsharp),
    /// Takes away what is smaller than its surroundings, and keeps edges.
    Median(Median),
    /// Shows where it changes.
    Edges(Edges),
    /// Lays another input over it.
    Overlay(Overlay),
}

impl Step {
    /// The picture after it; `pointer` is where the step stands in the capsule.
    pub(crate) fn apply(
        &self,
        pixels: Pixels,
        pointer: &str,
        others: &Picked<'_>,
        host: &dyn Host,
    ) -> Result<Pixels, Fault> {
        match self {
            Self::Resize(step) => step.apply(pixels, pointer, host),
            Self::Thumbnail(step) => step.apply(pixels, host),
            Self::Crop(step) => step.apply(pixels, pointer),
            Self::Rotate(step) => step.apply(pixels, host),
            Self::Flip(step) => Ok(step.apply(pixels)),
            Self::Tile(step) => step.apply(pixels, host),
            Self::Grayscale(Grayscale {}) => Ok(Grayscale::apply(pixels)),
            Self::Invert(Invert {}) => Ok(Invert::apply(pixels)),
            Self::Levels(step) => step.apply(pixels, pointer),
            Self::Adjust(step) => step.apply(pixels, host),
            Self::Blur(step) => step.apply(pixels, host),
            Self::Unsharp(step) => step.apply(pixels, host),
            Self::Median(step) => step.apply(pixels, host),
            Self::Edges(step) => step.apply(pixels, host),
            Self::Overlay(step) => {
                let above = others.decode(step.input, pointer, &Holding::new(host, &pixels))?;
                step.apply(pixels, above, host)
            }
        }
    }
}
