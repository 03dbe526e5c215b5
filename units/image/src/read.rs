//! Pictures from bytes. Nothing is decoded before its head has said that it fits, and no decoder is trusted to end well.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use image::codecs::tiff::TiffDecoder;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, metadata::Orientation};
use inos_unit::{Fault, Host};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use crate::picture::{PIXELS_MAX, Picture, Pixels, SIDE_MAX, fits};

mod jpeg;

/// What is read and written.
pub(crate) const MEDIA: &[&str] = &["image/png", "image/jpeg", "image/webp", "image/gif", "image/tiff", "image/bmp"];
/// How many pictures of one size lie in memory at once: the one before a step, the one after it, and one of 32-bit floats or an
/// encoder's own, which may be twice as large.
pub(crate) const COPIES: u64 = 4;
/// The longest colour profile that is kept, in bytes: those of printers may have some megabytes.
const ICC_BYTES_MAX: usize = 16 << 20;
const BROKEN_OFF: &str = "the file is damaged";

/// What becomes of a file that is damaged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Damage {
    /// It is refused.
    #[default]
    Refuse,
    /// Of a JPEG what can be read is kept; other formats have nothing to keep.
    Keep,
}

/// What decoding a file would take, and how it may be done.
pub(crate) struct Reader<'b> {
    bytes: &'b Bytes,
    damage: Damage,
    pointer: String,
    format: ImageFormat,
}

/// What a file's head says.
struct Head {
    width: u32,
    height: u32,
    channels: u8,
    bits: u16,
    orientation: Orientation,
    icc: Option<Vec<u8>>,
}

impl<'b> Reader<'b> {
    /// Looks what format it is.
    pub(crate) fn new(bytes: &'b Bytes, index: usize, damage: Damage) -> Result<Self, Fault> {
        let pointer = format!("/inputs/{index}");
        let known = image::guess_format(bytes).ok().filter(|format| MEDIA.contains(&format.to_mime_type()));
        let format = known.ok_or_else(|| Fault::invalid(pointer.clone(), "is no JPEG, PNG, WebP, GIF, TIFF or BMP"))?;
        Ok(Self { bytes, damage, pointer, format })
    }

    /// The whole picture, turned as its EXIF orientation says; of several frames the first.
    pub(crate) fn decode(&self, host: &dyn Host) -> Result<Picture, Fault> {
        let Head { orientation, icc, .. } = self.head(host)?;
        host.check()?;
        let mut pixels = match self.format {
            ImageFormat::Jpeg => self.jpeg()?,
            _ => self.guarded(|| DynamicImage::from_decoder(self.opened(host)?).map_err(|error| self.fault(&error)))?,
        };
        host.check()?;
        pixels.apply_orientation(orientation);
        Ok(Picture { pixels: Pixels::from(pixels), icc, format: self.format })
    }

    /// What the file's head says, as callers read it.
    pub(crate) fn info(&self, host: &dyn Host) -> Result<Value, Fault> {
        let Head { width, height, channels, bits, orientation, icc } = self.head(host)?;
        let is_turned = orientation.to_exif() > 4;
        let (upright_width, upright_height) = if is_turned { (height, width) } else { (width, height) };
        Ok(json!({
            "format": name_of(self.format),
            "media_type": self.format.to_mime_type(),
            "bytes": self.bytes.len(),
            "width": upright_width,
            "height": upright_height,
            "channels": channels,
            "bits": bits,
            "has_alpha": channels.is_multiple_of(2),
            "orientation": orientation.to_exif(),
            "icc_bytes": icc.as_ref().map_or(0, Vec::len),
        }))
    }

    fn head(&self, host: &dyn Host) -> Result<Head, Fault> {
        let head = self.guarded(|| match self.format {
            ImageFormat::Jpeg => self.jpeg_head(),
            _ => self.plain_head(host),
        })?;
        if head.width == 0 || head.height == 0 {
            return Err(self.bad("has no pixels"));
        }
        let pixel_len = usize::from(head.channels) * usize::from(head.bits / 8).max(1);
        fits(head.width.into(), head.height.into(), pixel_len, COPIES, host)?;
        let icc = head.icc.filter(|icc| icc.len() <= ICC_BYTES_MAX);
        Ok(Head { icc, ..head })
    }

    fn plain_head(&self, host: &dyn Host) -> Result<Head, Fault> {
        // Once it has limits, a decoder of TIFF reads no profile that is longer than the picture: so its head is read with its own.
        let mut decoder: Box<dyn ImageDecoder + 'b> = match self.format {
            ImageFormat::Tiff => {
                let bytes: &'b [u8] = self.bytes;
                Box::new(TiffDecoder::new(Cursor::new(bytes)).map_err(|error| self.fault(&error))?)
            }
            _ => Box::new(self.opened(host)?),
        };
        let (width, height) = decoder.dimensions();
        let colour = decoder.color_type();
        let channels = colour.channel_count();
        // A damaged note on which side is up, or on colours, does not make the picture unreadable.
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let icc = decoder.icc_profile().ok().flatten();
        Ok(Head { width, height, channels, bits: colour.bits_per_pixel() / u16::from(channels), orientation, icc })
    }

    fn opened(&self, host: &dyn Host) -> Result<impl ImageDecoder + use<'b>, Fault> {
        let mut limits = Limits::default();
        limits.max_image_width = Some(SIDE_MAX);
        limits.max_image_height = Some(SIDE_MAX);
        limits.max_alloc = Some(host.memory() / COPIES);
        let bytes: &'b [u8] = self.bytes;
        let mut reader = ImageReader::with_format(Cursor::new(bytes), self.format);
        reader.limits(limits);
        reader.into_decoder().map_err(|error| self.fault(&error))
    }

    fn jpeg_head(&self) -> Result<Head, Fault> {
        let mut decoder = self.jpeg_decoder(ColorSpace::RGB);
        decoder.decode_headers().map_err(|error| self.bad(&error.to_string()))?;
        let info = decoder.info().ok_or_else(|| self.bad(BROKEN_OFF))?;
        let channels = if decoder.input_colorspace() == Some(ColorSpace::Luma) { 1 } else { 3 };
        let orientation = decoder.exif().and_then(|exif| Orientation::from_exif_chunk(exif));
        Ok(Head {
            width: info.width.into(),
            height: info.height.into(),
            channels,
            bits: 8,
            orientation: orientation.unwrap_or(Orientation::NoTransforms),
            icc: decoder.icc_profile(),
        })
    }

    /// JPEG goes to its decoder directly: only there one can say that a file which breaks off is not a picture with a gray end.
    fn jpeg(&self) -> Result<DynamicImage, Fault> {
        self.guarded(|| {
            let advice = if self.damage == Damage::Refuse { "; damage=keep takes what can be read" } else { "" };
            let Head { width, height, channels, .. } = self.jpeg_head()?;
            // The decoder takes what is not there for gray, also when it is strict, and however much of it a head claims.
            let is_whole = jpeg::pixel_bytes(self.bytes).is_some_and(|bytes| jpeg::can_hold(bytes, width, height));
            if self.damage == Damage::Refuse && !is_whole {
                return Err(self.bad(&format!("the file breaks off{advice}")));
            }
            let mut decoder = self.jpeg_decoder(if channels == 1 { ColorSpace::Luma } else { ColorSpace::RGB });
            let samples = decoder.decode().map_err(|error| self.bad(&format!("{error:?}{advice}")))?;
            let info = decoder.info().ok_or_else(|| self.bad(BROKEN_OFF))?;
            let (width, height) = (u32::from(info.width), u32::from(info.height));
            let made = match channels {
                1 => image::GrayImage::from_raw(width, height, samples).map(DynamicImage::from),
                _ => image::RgbImage::from_raw(width, height, samples).map(DynamicImage::from),
            };
            made.ok_or_else(|| self.bad(BROKEN_OFF))
        })
    }

    fn jpeg_decoder(&self, colours: ColorSpace) -> JpegDecoder<ZCursor<&'b [u8]>> {
        let side = usize::from(u16::MAX);
        let options = DecoderOptions::default()
            .set_strict_mode(self.damage == Damage::Refuse)
            .set_max_width(side)
            .set_max_height(side)
            .jpeg_set_out_colorspace(colours);
        let bytes: &'b [u8] = self.bytes;
        JpegDecoder::new_with_options(ZCursor::new(bytes), options)
    }

    /// A decoder's panic is the file's fault: none of them is known to have been written for hostile ones alone.
    fn guarded<T>(&self, read: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(self.bad(BROKEN_OFF)))
    }

    fn bad(&self, message: &str) -> Fault {
        Fault::invalid(self.pointer.clone(), message)
    }

    fn fault(&self, error: &ImageError) -> Fault {
        match error {
            ImageError::Limits(_) => Fault::limit(PIXELS_MAX, "the picture takes too many pixels or too much memory"),
            _ => self.bad(&error.to_string()),
        }
    }
}

/// What callers call a format.
fn name_of(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Jpeg => "jpeg",
        ImageFormat::Png => "png",
        ImageFormat::WebP => "webp",
        ImageFormat::Gif => "gif",
        ImageFormat::Tiff => "tiff",
        _ => "bmp",
    }
}

/// The inputs of a job, any of which a step may name.
pub(crate) struct Picked<'b> {
    pub(crate) inputs: &'b [Bytes],
    pub(crate) damage: Damage,
}

impl Picked<'_> {
    /// The pixels of an input that a parameter at `pointer` named.
    pub(crate) fn decode(&self, index: u32, pointer: &str, host: &dyn Host) -> Result<Pixels, Fault> {
        let index = index as usize;
        let bytes = self.inputs.get(index).ok_or_else(|| {
            Fault::invalid(format!("{pointer}/input"), format!("there are {} inputs, from 0", self.inputs.len()))
        })?;
        Ok(Reader::new(bytes, index, self.damage)?.decode(host)?.pixels)
    }
}
