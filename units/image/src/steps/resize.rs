//! Larger and smaller pictures, by the kernels of fast_image_resize: weighed with how opaque pixels are.

use bytemuck::Pod;
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::pixels::{U8x4, U16x4};
use fast_image_resize::{FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};
use inos_unit::{Fault, Host};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::picture::{PIXELS_MAX, Pixels, Raster, Sample, fits};
use crate::read::COPIES;

/// Parameters of `resize`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resize {
    /// The new width in pixels; by the shape of the picture, where only the height is given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 100_000), example = 640)]
    width: Option<u32>,
    /// The new height in pixels; by the shape of the picture, where only the width is given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 100_000))]
    height: Option<u32>,
    /// What happens where width and height have another shape than the picture.
    #[serde(default)]
    mode: Mode,
    /// How pixels are weighed.
    #[serde(default)]
    filter: Filter,
}

/// What happens where a wanted size has another shape than the picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Mode {
    /// It becomes as large as fits inside.
    #[default]
    Fit,
    /// It fills the size, and what hangs over is cut off on both sides.
    Fill,
    /// It is stretched.
    Exact,
}

/// How pixels are weighed.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Filter {
    /// The nearest pixel.
    Nearest,
    /// The mean of an area.
    Box,
    /// Along straight lines.
    Bilinear,
    /// Catmull and Rom's cubic curve.
    CatmullRom,
    /// Mitchell and Netravali's cubic curve.
    Mitchell,
    /// Lanczos' window over three pixels: the sharpest.
    #[default]
    Lanczos3,
}

/// Parameters of `thumbnail`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Thumbnail {
    /// The longest side in pixels.
    #[serde(default = "usual_size")]
    #[schemars(range(min = 1, max = 4096))]
    size: u32,
    /// Whether it becomes a square, of which what hangs over is cut off.
    #[serde(default)]
    square: bool,
}

fn usual_size() -> u32 {
    256
}

impl Resize {
    pub(crate) fn apply(&self, pixels: Pixels, pointer: &str, host: &dyn Host) -> Result<Pixels, Fault> {
        let size = self.size(&pixels, pointer)?;
        resized(pixels, size, self.filter, self.mode == Mode::Fill, host)
    }

    /// The size that is wanted of this picture.
    fn size(&self, pixels: &Pixels, pointer: &str) -> Result<(u64, u64), Fault> {
        let (from_width, from_height) = (pixels.width() as u64, pixels.height() as u64);
        Ok(match (self.width.map(u64::from), self.height.map(u64::from)) {
            (None, None) => return Err(Fault::invalid(pointer, "a width or a height is needed")),
            (Some(width), None) => (width, scaled(width, from_height, from_width)),
            (None, Some(height)) => (scaled(height, from_width, from_height), height),
            (Some(width), Some(height)) if self.mode == Mode::Fit => inside((width, height), (from_width, from_height)),
            (Some(width), Some(height)) => (width, height),
        })
    }
}

impl Thumbnail {
    pub(crate) fn apply(&self, pixels: Pixels, host: &dyn Host) -> Result<Pixels, Fault> {
        let (width, height) = (pixels.width() as u64, pixels.height() as u64);
        let side = u64::from(self.size).max(1);
        let size = if self.square {
            let side = side.min(width.min(height));
            (side, side)
        } else if width.max(height) <= side {
            return Ok(pixels);
        } else {
            inside((side, side), (width, height))
        };
        resized(pixels, size, Filter::Lanczos3, self.square, host)
    }
}

/// The picture so small that no side is longer, by the mean of areas; as it is where it is small already.
pub(crate) fn shrunk(pixels: Pixels, side: u64, host: &dyn Host) -> Result<Pixels, Fault> {
    let (width, height) = (pixels.width() as u64, pixels.height() as u64);
    if width.max(height) <= side {
        return Ok(pixels);
    }
    resized(pixels, inside((side, side), (width, height)), Filter::Box, false, host)
}

/// The picture stretched to a size.
pub(crate) fn stretched(pixels: Pixels, size: (u64, u64), host: &dyn Host) -> Result<Pixels, Fault> {
    resized(pixels, size, Filter::Lanczos3, false, host)
}

/// A side by the shape of the picture, rounded, and never nothing.
fn scaled(side: u64, to: u64, from: u64) -> u64 {
    ((side * to + from / 2) / from).max(1)
}

/// The largest size of a shape inside another.
fn inside((width, height): (u64, u64), (from_width, from_height): (u64, u64)) -> (u64, u64) {
    if width * from_height <= height * from_width {
        (width, scaled(width, from_height, from_width).min(height))
    } else {
        (scaled(height, from_width, from_height).min(width), height)
    }
}

fn resized(
    pixels: Pixels,
    (width, height): (u64, u64),
    filter: Filter,
    is_cut: bool,
    host: &dyn Host,
) -> Result<Pixels, Fault> {
    // With one side given, the other may come out as anything.
    let (width_short, height_short) = match (u32::try_from(width), u32::try_from(height)) {
        (Ok(width), Ok(height)) => (width, height),
        _ => return Err(Fault::limit(PIXELS_MAX, "the picture would have too many pixels")),
    };
    fits(width, height, pixels.pixel_len(), COPIES, host)?;
    if (width, height) == (pixels.width() as u64, pixels.height() as u64) {
        return Ok(pixels);
    }
    pixels.may_have(4, host)?;
    let least = (width.min(pixels.width() as u64), height.min(pixels.height() as u64));
    if !is_cut && least != (width, height) && least != (pixels.width() as u64, pixels.height() as u64) {
        // One side grows and the other shrinks: were the first to come first, what lies between would be larger than both.
        let narrow = resized(pixels, least, filter, false, host)?;
        return resized(narrow, (width, height), filter, false, host);
    }
    let mut options = ResizeOptions::new().resize_alg(filter.algorithm()).use_alpha(pixels.has_alpha());
    if is_cut {
        options = options.fit_into_destination(Some((0.5, 0.5)));
    }
    let (channels, size) = (pixels.channels(), (width_short, height_short));
    // The library is made for each kind of pixel anew, which takes longer than all the rest of this unit: so there are two.
    let made = match pixels.with_channels(4) {
        Pixels::Eight(raster) => Pixels::Eight(convolved::<u8, U8x4>(&raster, size, &options)?),
        Pixels::Sixteen(raster) => Pixels::Sixteen(convolved::<u16, U16x4>(&raster, size, &options)?),
    };
    Ok(made.with_channels(channels))
}

/// Four channels of either depth, as the library sees them.
fn convolved<T: Sample + Pod, P: PixelTrait>(
    raster: &Raster<T>,
    (width, height): (u32, u32),
    options: &ResizeOptions,
) -> Result<Raster<T>, Fault> {
    let mut made = Raster::<T>::new(width as usize, height as usize, 4);
    let broken = |error: &dyn std::fmt::Display| Fault::Broken(error.to_string());
    let bytes = bytemuck::cast_slice(&raster.samples);
    let from = ImageRef::new(raster.width as u32, raster.height as u32, bytes, P::pixel_type());
    let from = from.map_err(|error| broken(&error))?;
    let to = Image::from_slice_u8(width, height, bytemuck::cast_slice_mut(&mut made.samples), P::pixel_type());
    let mut to = to.map_err(|error| broken(&error))?;
    let (Some(from), Some(mut to)) = (from.typed_image::<P>(), to.typed_image_mut::<P>()) else {
        return Err(Fault::Broken("pixels are no pixels to the library".into()));
    };
    Resizer::new().resize_typed(&from, &mut to, options).map_err(|error| broken(&error))?;
    Ok(made)
}

impl Filter {
    fn algorithm(self) -> ResizeAlg {
        ResizeAlg::Convolution(match self {
            Self::Nearest => return ResizeAlg::Nearest,
            Self::Box => FilterType::Box,
            Self::Bilinear => FilterType::Bilinear,
            Self::CatmullRom => FilterType::CatmullRom,
            Self::Mitchell => FilterType::Mitchell,
            Self::Lanczos3 => FilterType::Lanczos3,
        })
    }
}
