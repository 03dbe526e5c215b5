//! Pictures to bytes. EXIF is never written: its orientation has been applied, and the rest may say more than a caller means to.

use std::io::Cursor;

use image::codecs::{
    bmp::BmpEncoder,
    gif::GifEncoder,
    png::{CompressionType, FilterType, PngEncoder},
    tiff::TiffEncoder,
    webp::WebPEncoder,
};
use image::{DynamicImage, ExtendedColorType, ImageEncoder, ImageError, ImageFormat};
use inos_unit::{Fault, Host, Output};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::colour::Colour;
use crate::picture::{Picture, Pixels, Raster, fits, has_alpha};
use crate::read::COPIES;
use crate::steps::flatten;

const POINTER: &str = "/params/output/format";
/// The longest side of a JPEG or a GIF, in pixels.
const SIDE_MAX: u32 = 65_535;
/// The longest side of a WebP, in pixels.
const WEBP_SIDE_MAX: u32 = 16_383;
/// The longest colour profile that a JPEG has room for: 255 parts.
const JPEG_ICC_MAX: usize = 255 * 65_519;

/// How a result is written.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileParams {
    /// The format; that of the first input, where nothing is said.
    #[serde(default)]
    format: Option<Format>,
    /// How good a JPEG is; 85 where nothing is said.
    #[serde(default)]
    #[schemars(range(min = 1, max = 100), example = 85)]
    quality: Option<u8>,
    /// Whether a JPEG shows as a coarse picture before all of it is there.
    #[serde(default)]
    progressive: bool,
    /// How much of a JPEG's colour is kept: 4:2:0 keeps that of every other pixel of every other row. Below a quality of 90 it
    /// is 4:2:0 where nothing is said, and 4:4:4 from there on.
    #[serde(default)]
    chroma: Option<Chroma>,
    /// How much work goes into making a PNG small: 0 packs nothing, 1 is fast, 9 is small; 6 where nothing is said.
    #[serde(default)]
    #[schemars(range(max = 9), example = 6)]
    level: Option<u8>,
    /// What lies behind transparent pixels in a format that has none; white where nothing is said.
    #[serde(default)]
    background: Option<Colour>,
    /// Whether the colour profile is left out.
    #[serde(default)]
    strip: bool,
}

/// A format.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    /// JPEG: 8 bits a channel, nothing transparent.
    Jpeg,
    /// PNG, lossless, of 8 or 16 bits a channel.
    Png,
    /// WebP, lossless, of 8 bits a channel.
    Webp,
    /// GIF: at most 256 colours, without a profile.
    Gif,
    /// TIFF, lossless, of 8 or 16 bits a channel.
    Tiff,
    /// BMP: 8 bits a channel, without a profile.
    Bmp,
}

/// How much of a JPEG's colour is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
enum Chroma {
    /// All of it.
    #[serde(rename = "4:4:4")]
    Full,
    /// A quarter.
    #[serde(rename = "4:2:0")]
    Quarter,
}

/// Writes a picture as the only output.
pub(crate) fn write(
    picture: Picture,
    file: &FileParams,
    output: &mut dyn Output,
    host: &dyn Host,
) -> Result<(), Fault> {
    let Picture { pixels, icc, format } = picture;
    let format = file.format.map_or(format, |format| match format {
        Format::Jpeg => ImageFormat::Jpeg,
        Format::Png => ImageFormat::Png,
        Format::Webp => ImageFormat::WebP,
        Format::Gif => ImageFormat::Gif,
        Format::Tiff => ImageFormat::Tiff,
        Format::Bmp => ImageFormat::Bmp,
    });
    let icc = icc.filter(|icc| !file.strip && is_for(icc, pixels.has_colour()));
    pixels.may_have(4, host)?;
    let pixels = fitting(pixels, format, file)?;
    fits(pixels.width() as u64, pixels.height() as u64, pixels.pixel_len(), COPIES - 1, host)?;
    host.check()?;
    let bytes = match format {
        ImageFormat::Jpeg => jpeg(&pixels.eight(), icc.as_deref(), file)?,
        ImageFormat::Gif => gif(pixels)?,
        _ => plain(pixels, icc, format, file)?,
    };
    host.check()?;
    output.adopt(format.to_mime_type(), bytes.into())
}

/// Whether a profile is for such a picture: one for colours says nothing of grays, and none for inks fits what was read.
fn is_for(icc: &[u8], has_colour: bool) -> bool {
    // The space that the profile is for stands in its head: ICC.1:2022, 7.2.
    let space: &[u8] = if has_colour { b"RGB " } else { b"GRAY" };
    icc.get(16..20) == Some(space)
}

/// The picture in the deepest colours that a format can hold.
fn fitting(pixels: Pixels, format: ImageFormat, file: &FileParams) -> Result<Pixels, Fault> {
    let side_max = match format {
        ImageFormat::Jpeg | ImageFormat::Gif => SIDE_MAX,
        ImageFormat::WebP => WEBP_SIDE_MAX,
        _ => u32::MAX,
    };
    if pixels.width().max(pixels.height()) > side_max as usize {
        return Err(Fault::limit(u64::from(side_max), "a picture of this format has no longer side, in pixels"));
    }
    Ok(match format {
        ImageFormat::Jpeg => {
            let background = file.background.unwrap_or(Colour::WHITE);
            Pixels::Eight(flatten(pixels, background).eight())
        }
        ImageFormat::WebP | ImageFormat::Bmp => {
            let raster = pixels.eight();
            // Both keep grays, but read pairs of gray and how opaque as four channels again.
            let channels = if has_alpha(raster.channels) { 4 } else { raster.channels };
            Pixels::Eight(raster.with_channels(channels))
        }
        ImageFormat::Gif => Pixels::Eight(pixels.eight().with_channels(4)),
        ImageFormat::Tiff if pixels.channels() == 2 => pixels.with_channels(4),
        _ => pixels,
    })
}

fn jpeg(raster: &Raster<u8>, icc: Option<&[u8]>, file: &FileParams) -> Result<Vec<u8>, Fault> {
    let (width, height) = (raster.width as u16, raster.height as u16);
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, file.quality.unwrap_or(85).clamp(1, 100));
    encoder.set_progressive(file.progressive);
    match file.chroma {
        Some(Chroma::Full) => encoder.set_sampling_factor(SamplingFactor::F_1_1),
        Some(Chroma::Quarter) => encoder.set_sampling_factor(SamplingFactor::F_2_2),
        None => (),
    }
    let broken = |error: jpeg_encoder::EncodingError| Fault::Broken(error.to_string());
    if let Some(icc) = icc.filter(|icc| icc.len() <= JPEG_ICC_MAX) {
        encoder.add_icc_profile(icc).map_err(broken)?;
    }
    let colours = if raster.channels == 1 { ColorType::Luma } else { ColorType::Rgb };
    encoder.encode(&raster.samples, width, height, colours).map_err(broken)?;
    Ok(bytes)
}

fn gif(pixels: Pixels) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let frame = image::Frame::new(DynamicImage::from(pixels).into_rgba8());
    GifEncoder::new(&mut bytes).encode_frame(frame).map_err(|error| fault(&error))?;
    Ok(bytes)
}

fn plain(pixels: Pixels, icc: Option<Vec<u8>>, format: ImageFormat, file: &FileParams) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let into = &mut Cursor::new(&mut bytes);
    let image = DynamicImage::from(pixels);
    match format {
        ImageFormat::WebP => put(WebPEncoder::new_lossless(into), &image, icc)?,
        ImageFormat::Tiff => put(TiffEncoder::new(into), &image, icc)?,
        ImageFormat::Bmp => put(BmpEncoder::new(into), &image, None)?,
        _ => {
            let level = match file.level.unwrap_or(6) {
                0 => CompressionType::Uncompressed,
                1 => CompressionType::Fast,
                level => CompressionType::Level(level.min(9)),
            };
            put(PngEncoder::new_with_quality(into, level, FilterType::Adaptive), &image, icc)?;
        }
    }
    Ok(bytes)
}

fn put(mut encoder: impl ImageEncoder, image: &DynamicImage, icc: Option<Vec<u8>>) -> Result<(), Fault> {
    if let Some(icc) = icc {
        encoder.set_icc_profile(icc).map_err(|error| Fault::Broken(error.to_string()))?;
    }
    let colour: ExtendedColorType = image.color().into();
    encoder.write_image(image.as_bytes(), image.width(), image.height(), colour).map_err(|error| fault(&error))
}

/// What a format cannot hold.
fn fault(error: &ImageError) -> Fault {
    match error {
        ImageError::Unsupported(_) | ImageError::Parameter(_) => Fault::invalid(POINTER, error.to_string()),
        _ => Fault::Broken(error.to_string()),
    }
}
