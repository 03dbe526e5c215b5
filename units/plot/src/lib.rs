//! A picture of numbers over two axes with their figures, as a PNG of a few colours. Its plate is light and opaque, so that it
//! can be read on any page. Knows nothing of units: it gives bytes.

mod axis;
mod glyphs;

pub use axis::Axis;
pub use glyphs::has_all;
use glyphs::{GLYPH_HEIGHT, GLYPH_WIDTH};

/// Width and height of a picture.
pub const SIZE: (usize, usize) = (960, 540);
/// Where the numbers are drawn: left, top, right, bottom.
pub const FRAME: (usize, usize, usize, usize) = (120, 40, 930, 460);
/// The colours before those of the caller: plate, lines of the grid, ink, numbers.
const PALETTE: [[u8; 3]; 4] = [[250, 250, 247], [222, 222, 216], [38, 40, 46], [28, 98, 178]];
/// The colour of the grid's lines.
pub const GRID: u8 = 1;
/// The colour of axes and letters.
pub const INK: u8 = 2;
/// The colour of numbers.
pub const NUMBERS: u8 = 3;
/// The first colour of the caller's own.
pub const OWN: u8 = 4;

/// How many points of the picture one of a letter's takes.
const ZOOM: usize = 2;
/// How long a figure's line is beyond the frame.
const TICK_LEN: usize = 6;

/// What stands around the numbers.
pub struct Plot<'p> {
    /// What it is, above it.
    pub title: &'p str,
    /// What lies along it.
    pub across: &'p Axis,
    /// What lies upwards.
    pub up: &'p Axis,
    /// Colours of the caller's own, from [`OWN`] on; at most 252.
    pub colours: &'p [[u8; 3]],
}

impl Plot<'_> {
    /// The picture as a PNG; `paint` draws the numbers between the grid and the axes.
    pub fn png(&self, paint: impl FnOnce(&mut Plate)) -> Result<Vec<u8>, png::EncodingError> {
        let plate = self.draw(paint);
        let palette: Vec<u8> = PALETTE.iter().chain(self.colours).flatten().copied().collect();
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, SIZE.0 as u32, SIZE.1 as u32);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette(palette);
        encoder.set_compression(png::Compression::Fast);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&plate.points)?;
        writer.finish()?;
        Ok(file)
    }

    fn draw(&self, paint: impl FnOnce(&mut Plate)) -> Plate {
        let mut plate = Plate { points: vec![0; SIZE.0 * SIZE.1] };
        let (left, top, right, bottom) = FRAME;
        for tick in &self.across.ticks {
            plate.fill((column(tick.part), top), (1, bottom - top + TICK_LEN), GRID);
        }
        for tick in &self.up.ticks {
            plate.fill((left - TICK_LEN, row(tick.part)), (right - left + TICK_LEN, 1), GRID);
        }
        paint(&mut plate);
        plate.fill((left, top), (1, bottom - top + 1), INK);
        plate.fill((left, bottom), (right - left + 1, 1), INK);
        for tick in &self.across.ticks {
            plate.write(&tick.figure, (column(tick.part), bottom + 2 * TICK_LEN), Side::Middle);
        }
        for tick in &self.up.ticks {
            let middle = row(tick.part).saturating_sub(GLYPH_HEIGHT * ZOOM / 2);
            plate.write(&tick.figure, (left - 2 * TICK_LEN, middle), Side::Right);
        }
        plate.write(self.title, ((left + right) / 2, 12), Side::Middle);
        plate.write(&self.across.name, ((left + right) / 2, SIZE.1 - 34), Side::Middle);
        plate.write_upward(&self.up.name, (12, (top + bottom) / 2));
        plate
    }
}

/// The column of a part of the way along, from 0 to 1.
pub fn column(part: f64) -> usize {
    FRAME.0 + (part.clamp(0.0, 1.0) * (FRAME.2 - FRAME.0) as f64) as usize
}

/// The row of a part of the way up, from 0 to 1.
pub fn row(part: f64) -> usize {
    FRAME.3 - (part.clamp(0.0, 1.0) * (FRAME.3 - FRAME.1) as f64) as usize
}

/// Where a text lies beside its place.
enum Side {
    Middle,
    Right,
}

/// Points of a picture, each of one colour of the palette.
pub struct Plate {
    points: Vec<u8>,
}

impl Plate {
    /// Fills what is within the picture of a box.
    pub fn fill(&mut self, (x, y): (usize, usize), (width, height): (usize, usize), colour: u8) {
        let (right, bottom) = ((x + width).min(SIZE.0), (y + height).min(SIZE.1));
        for y in y..bottom {
            if x < right {
                self.points[y * SIZE.0 + x..y * SIZE.0 + right].fill(colour);
            }
        }
    }

    fn write(&mut self, text: &str, (x, y): (usize, usize), side: Side) {
        let len = text.chars().count() * GLYPH_WIDTH * ZOOM;
        let x = match side {
            Side::Middle => x.saturating_sub(len / 2),
            Side::Right => x.saturating_sub(len),
        };
        for (along, down) in glyphs::points(text) {
            self.fill((x + along * ZOOM, y + down * ZOOM), (ZOOM, ZOOM), INK);
        }
    }

    /// Writes from below upwards, about its middle.
    fn write_upward(&mut self, text: &str, (x, middle): (usize, usize)) {
        let below = middle + text.chars().count() * GLYPH_WIDTH * ZOOM / 2;
        for (along, down) in glyphs::points(text) {
            self.fill((x + down * ZOOM, below.saturating_sub((along + 1) * ZOOM)), (ZOOM, ZOOM), INK);
        }
    }
}
