//! A picture in memory: rows of pixels of one to four channels, of 8 or 16 bits each. The last of two or four channels says how
//! opaque a pixel is.

use image::{DynamicImage, ImageBuffer, ImageFormat};
use inos_unit::{Fault, Host};

/// The most pixels of a picture, read or made.
pub(crate) const PIXELS_MAX: u64 = 100_000_000;
/// The longest side of a picture, in pixels.
pub(crate) const SIDE_MAX: u32 = 100_000;

/// A picture, upright.
pub(crate) struct Picture {
    pub(crate) pixels: Pixels,
    /// What its colours mean, where it says so.
    pub(crate) icc: Option<Vec<u8>>,
    /// What it was read from.
    pub(crate) format: ImageFormat,
}

/// Pixels of either depth.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Pixels {
    Eight(Raster<u8>),
    Sixteen(Raster<u16>),
}

/// Pixels of one depth, row by row from the top.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Raster<T> {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) channels: usize,
    pub(crate) samples: Vec<T>,
}

/// One number of a pixel.
pub(crate) trait Sample: Copy + Default + PartialEq + Send + Sync + 'static {
    /// How many different ones there are.
    const LEVELS: usize;

    fn level(self) -> usize;

    /// The sample of a level below [`Self::LEVELS`].
    fn of_level(level: usize) -> Self;

    /// As a part of full light.
    fn part(self) -> f32 {
        self.level() as f32 / (Self::LEVELS - 1) as f32
    }

    /// The nearest sample to a part of full light; what is beyond is cut off, and what is no number is dark.
    fn of_part(part: f32) -> Self {
        // `as` does both: it ends at the bounds of the type, and makes nothing of NaN.
        let level = (part * (Self::LEVELS - 1) as f32 + 0.5) as usize;
        Self::of_level(level.min(Self::LEVELS - 1))
    }
}

impl Sample for u8 {
    const LEVELS: usize = 1 << 8;

    fn level(self) -> usize {
        usize::from(self)
    }

    fn of_level(level: usize) -> Self {
        level as Self
    }
}

impl Sample for u16 {
    const LEVELS: usize = 1 << 16;

    fn level(self) -> usize {
        usize::from(self)
    }

    fn of_level(level: usize) -> Self {
        level as Self
    }
}

/// Does the same with pixels of either depth: once with a name for the raster, and what comes of it.
macro_rules! either {
    ($pixels:expr, $raster:ident => $made:expr) => {
        match $pixels {
            $crate::picture::Pixels::Eight($raster) => $made,
            $crate::picture::Pixels::Sixteen($raster) => $made,
        }
    };
}

/// Makes pixels of the same depth of pixels.
macro_rules! alike {
    ($pixels:expr, $raster:ident => $made:expr) => {
        match $pixels {
            $crate::picture::Pixels::Eight($raster) => $crate::picture::Pixels::Eight($made),
            $crate::picture::Pixels::Sixteen($raster) => $crate::picture::Pixels::Sixteen($made),
        }
    };
}

pub(crate) use {alike, either};

impl Pixels {
    pub(crate) fn width(&self) -> usize {
        either!(self, raster => raster.width)
    }

    pub(crate) fn height(&self) -> usize {
        either!(self, raster => raster.height)
    }

    pub(crate) fn channels(&self) -> usize {
        either!(self, raster => raster.channels)
    }

    pub(crate) fn has_alpha(&self) -> bool {
        has_alpha(self.channels())
    }

    pub(crate) fn has_colour(&self) -> bool {
        self.channels() > 2
    }

    /// How many bytes a pixel takes.
    pub(crate) fn pixel_len(&self) -> usize {
        let sample_len = if matches!(self, Self::Eight(_)) { 1 } else { 2 };
        self.channels() * sample_len
    }

    /// The same picture with other channels.
    pub(crate) fn with_channels(self, channels: usize) -> Self {
        alike!(self, raster => raster.with_channels(channels))
    }

    /// Whether there is room to become a picture of so many channels.
    pub(crate) fn may_have(&self, channels: usize, host: &dyn Host) -> Result<(), Fault> {
        let both = self.pixel_len() + self.pixel_len() / self.channels() * channels;
        fits(self.width() as u64, self.height() as u64, both, 1, host)
    }

    /// The same picture with 8 bits a channel.
    pub(crate) fn eight(self) -> Raster<u8> {
        match self {
            Self::Eight(raster) => raster,
            Self::Sixteen(raster) => raster.of_depth(),
        }
    }

    /// The same picture with 16 bits a channel.
    pub(crate) fn sixteen(self) -> Raster<u16> {
        match self {
            Self::Eight(raster) => raster.of_depth(),
            Self::Sixteen(raster) => raster,
        }
    }
}

pub(crate) fn has_alpha(channels: usize) -> bool {
    channels.is_multiple_of(2)
}

impl<T: Sample> Raster<T> {
    /// Dark pixels, which are transparent where they can be.
    pub(crate) fn new(width: usize, height: usize, channels: usize) -> Self {
        Self { width, height, channels, samples: vec![T::default(); width * height * channels] }
    }

    pub(crate) fn row_len(&self) -> usize {
        self.width * self.channels
    }

    pub(crate) fn row(&self, y: usize) -> &[T] {
        &self.samples[y * self.row_len()..(y + 1) * self.row_len()]
    }

    /// The channels that are light: all but how opaque a pixel is.
    pub(crate) fn lights(&self) -> usize {
        if has_alpha(self.channels) { self.channels - 1 } else { self.channels }
    }

    fn of_depth<U: Sample>(self) -> Raster<U> {
        // 65,535 is 257 times 255: a level of one depth is one of the other, rounded, without a table.
        let (from, to) = (T::LEVELS - 1, U::LEVELS - 1);
        let samples = self.samples.iter().map(|sample| U::of_level((sample.level() * to + from / 2) / from)).collect();
        Raster { width: self.width, height: self.height, channels: self.channels, samples }
    }

    /// Grays become colours, colours the gray that is as light (Rec. 709); what was opaque without saying so says it.
    pub(crate) fn with_channels(self, channels: usize) -> Self {
        if channels == self.channels {
            return self;
        }
        let mut made = Self::new(self.width, self.height, channels);
        match self.channels {
            1 => repaint::<T, 1>(&self.samples, &mut made.samples, channels),
            2 => repaint::<T, 2>(&self.samples, &mut made.samples, channels),
            3 => repaint::<T, 3>(&self.samples, &mut made.samples, channels),
            _ => repaint::<T, 4>(&self.samples, &mut made.samples, channels),
        }
        made
    }
}

/// Pixels with other channels. Both numbers of them are known when it is compiled, or each pixel would be a loop.
fn repaint<T: Sample, const FROM: usize>(from: &[T], to: &mut [T], channels: usize) {
    match channels {
        1 => repaint_as::<T, FROM, 1>(from, to),
        2 => repaint_as::<T, FROM, 2>(from, to),
        3 => repaint_as::<T, FROM, 3>(from, to),
        _ => repaint_as::<T, FROM, 4>(from, to),
    }
}

fn repaint_as<T: Sample, const FROM: usize, const TO: usize>(from: &[T], to: &mut [T]) {
    let lights = if has_alpha(FROM) { FROM - 1 } else { FROM };
    for (from, to) in from.as_chunks::<FROM>().0.iter().zip(to.as_chunks_mut::<TO>().0) {
        match (lights, TO > 2) {
            (1, true) => to[..3].fill(from[0]),
            (3, false) => to[0] = T::of_part(luma(from)),
            _ => to[..lights].copy_from_slice(&from[..lights]),
        }
        if has_alpha(TO) {
            to[TO - 1] = if has_alpha(FROM) { from[FROM - 1] } else { T::of_level(T::LEVELS - 1) };
        }
    }
}

/// How light a pixel of red, green and blue looks, by Rec. ITU-R BT.709, of values as they are stored.
pub(crate) fn luma<T: Sample>(pixel: &[T]) -> f32 {
    0.2126 * pixel[0].part() + 0.7152 * pixel[1].part() + 0.0722 * pixel[2].part()
}

/// What a cell takes to work at all, beside its pictures, in bytes.
const RESERVE: u64 = 64 << 20;

/// A host with less memory: some of it is taken already.
pub(crate) struct Holding<'h> {
    host: &'h dyn Host,
    held: u64,
}

impl<'h> Holding<'h> {
    /// Beside these pixels.
    pub(crate) fn new(host: &'h dyn Host, pixels: &Pixels) -> Self {
        Self { host, held: (pixels.width() * pixels.height() * pixels.pixel_len()) as u64 }
    }
}

impl Host for Holding<'_> {
    fn cancelled(&self) -> bool {
        self.host.cancelled()
    }

    fn progress(&self, done: u64, total: u64) {
        self.host.progress(done, total);
    }

    fn log(&self, line: &str) {
        self.host.log(line);
    }

    fn emit(&self, bytes: &[u8]) {
        self.host.emit(bytes);
    }

    fn threads(&self) -> usize {
        self.host.threads()
    }

    fn memory(&self) -> u64 {
        self.host.memory().saturating_sub(self.held)
    }
}

/// Whether pictures of this size have room: `copies` of them at once, of so many bytes a pixel.
pub(crate) fn fits(width: u64, height: u64, bytes_per_pixel: usize, copies: u64, host: &dyn Host) -> Result<(), Fault> {
    let side = width.max(height);
    if side > u64::from(SIDE_MAX) {
        return Err(Fault::limit(u64::from(SIDE_MAX), format!("a side of {side} pixels is too long")));
    }
    let pixels = width * height;
    if pixels > PIXELS_MAX {
        return Err(Fault::limit(PIXELS_MAX, format!("{width} x {height} are too many pixels")));
    }
    let bytes = pixels * bytes_per_pixel as u64 * copies;
    let room = host.memory().saturating_sub(RESERVE);
    if bytes > room {
        return Err(Fault::limit(room, format!("{width} x {height} pixels would take {bytes} bytes of memory")));
    }
    Ok(())
}

impl From<DynamicImage> for Pixels {
    fn from(image: DynamicImage) -> Self {
        let (width, height) = (image.width() as usize, image.height() as usize);
        let channels = usize::from(image.color().channel_count());
        let eight = |samples| Self::Eight(Raster { width, height, channels, samples });
        let sixteen = |samples| Self::Sixteen(Raster { width, height, channels, samples });
        match image {
            DynamicImage::ImageLuma8(image) => eight(image.into_raw()),
            DynamicImage::ImageLumaA8(image) => eight(image.into_raw()),
            DynamicImage::ImageRgb8(image) => eight(image.into_raw()),
            DynamicImage::ImageRgba8(image) => eight(image.into_raw()),
            DynamicImage::ImageLuma16(image) => sixteen(image.into_raw()),
            DynamicImage::ImageLumaA16(image) => sixteen(image.into_raw()),
            DynamicImage::ImageRgb16(image) => sixteen(image.into_raw()),
            DynamicImage::ImageRgba16(image) => sixteen(image.into_raw()),
            // Floats come from TIFF alone.
            other if channels == 3 => sixteen(other.into_rgb16().into_raw()),
            other => Self::Sixteen(Raster { width, height, channels: 4, samples: other.into_rgba16().into_raw() }),
        }
    }
}

impl From<Pixels> for DynamicImage {
    fn from(pixels: Pixels) -> Self {
        macro_rules! buffer {
            ($raster:ident) => {
                ImageBuffer::from_raw($raster.width as u32, $raster.height as u32, $raster.samples)
                    .expect("a raster has as many samples as its sides say")
            };
        }
        match pixels {
            Pixels::Eight(raster) => match raster.channels {
                1 => Self::ImageLuma8(buffer!(raster)),
                2 => Self::ImageLumaA8(buffer!(raster)),
                3 => Self::ImageRgb8(buffer!(raster)),
                _ => Self::ImageRgba8(buffer!(raster)),
            },
            Pixels::Sixteen(raster) => match raster.channels {
                1 => Self::ImageLuma16(buffer!(raster)),
                2 => Self::ImageLumaA16(buffer!(raster)),
                3 => Self::ImageRgb16(buffer!(raster)),
                _ => Self::ImageRgba16(buffer!(raster)),
            },
        }
    }
}
