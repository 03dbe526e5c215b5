//! A picture of numbers: bars or a line over two axes with their figures, as a PNG of a few colours. Its plate is light and
//! opaque, so that it can be read on any page.

use inos_unit::{Call, Fault};

use crate::glyphs::{self, GLYPH_HEIGHT, GLYPH_WIDTH};

/// Width and height of a picture.
const SIZE: (usize, usize) = (960, 540);
/// Where the numbers are drawn: left, top, right, bottom.
const FRAME: (usize, usize, usize, usize) = (120, 40, 930, 460);
/// How many points of the picture one of a letter's takes.
const ZOOM: usize = 2;
/// About how many figures there are along an axis.
const TICKS: (usize, usize) = (8, 6);
/// How thick a line is.
const LINE_WIDTH: usize = 2;
/// How long a figure's line is beyond the frame.
const TICK_LEN: usize = 6;

/// The colours: plate, lines of the grid, ink, numbers.
const PALETTE: [[u8; 3]; 4] = [[250, 250, 247], [222, 222, 216], [38, 40, 46], [28, 98, 178]];
const GRID: u8 = 1;
const INK: u8 = 2;
const NUMBERS: u8 = 3;

/// What a picture shows.
pub(crate) struct Plot<'p> {
    /// What it is, above it.
    pub(crate) title: &'p str,
    /// What lies along each axis.
    pub(crate) names: (&'p str, &'p str),
    /// Where the first value begins and where the last one ends.
    pub(crate) across: (f64, f64),
    /// The least and the greatest that are shown.
    pub(crate) up: (f64, f64),
    /// From left to right, at equal distances.
    pub(crate) values: &'p [f64],
    /// Whether they stand on the ground as bars do, or are a line.
    pub(crate) is_bars: bool,
}

impl Plot<'_> {
    /// Writes the picture as the only output.
    pub(crate) fn write(&self, call: &mut Call<'_>) -> Result<(), Fault> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, SIZE.0 as u32, SIZE.1 as u32);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette(PALETTE.as_flattened());
        encoder.set_compression(png::Compression::Fast);
        let written = encoder.write_header().and_then(|mut writer| {
            writer.write_image_data(&self.draw().points)?;
            writer.finish()
        });
        written.map_err(|error| Fault::Broken(format!("a picture could not be encoded: {error}")))?;
        call.output.begin("image/png")?;
        call.output.write(&file)
    }

    fn draw(&self) -> Picture {
        let mut picture = Picture { points: vec![0; SIZE.0 * SIZE.1] };
        let (left, top, right, bottom) = FRAME;
        let (wide, high) = ((right - left) as f64, (bottom - top) as f64);
        let column =
            |x: f64| left + (((x - self.across.0) / (self.across.1 - self.across.0) * wide) as usize).min(right - left);
        let row = |y: f64| {
            let part = ((y - self.up.0) / (self.up.1 - self.up.0)).clamp(0.0, 1.0);
            bottom - (part * high) as usize
        };
        let (along, upward) = (ticks(self.across, TICKS.0), ticks(self.up, TICKS.1));
        along.iter().for_each(|tick| picture.fill((column(tick.at), top), (1, bottom - top + TICK_LEN), GRID));
        upward
            .iter()
            .for_each(|tick| picture.fill((left - TICK_LEN, row(tick.at)), (right - left + TICK_LEN, 1), GRID));
        self.draw_values(&mut picture, row);
        picture.fill((left, top), (1, bottom - top + 1), INK);
        picture.fill((left, bottom), (right - left + 1, 1), INK);
        for tick in &along {
            picture.write(&tick.figure, (column(tick.at), bottom + 2 * TICK_LEN), Side::Middle);
        }
        for tick in &upward {
            let middle = row(tick.at).saturating_sub(GLYPH_HEIGHT * ZOOM / 2);
            picture.write(&tick.figure, (left - 2 * TICK_LEN, middle), Side::Right);
        }
        picture.write(self.title, ((left + right) / 2, 12), Side::Middle);
        picture.write(self.names.0, ((left + right) / 2, SIZE.1 - 34), Side::Middle);
        picture.write_upward(self.names.1, (12, (top + bottom) / 2));
        picture
    }

    /// Every column of points shows the values that fall into it, from the least to the greatest.
    fn draw_values(&self, picture: &mut Picture, row: impl Fn(f64) -> usize) {
        let (left, _, right, bottom) = FRAME;
        let (columns, count) = (right - left, self.values.len());
        let mut before = None;
        for column in 0..columns {
            let begin = column * count / columns;
            let end = ((column + 1) * count).div_ceil(columns).min(count).max(begin + 1);
            let (least, greatest) = self.values[begin..end]
                .iter()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| (least.min(*value), most.max(*value)));
            let (high, low) = (row(greatest), row(least));
            let (from, to) = if self.is_bars {
                // A gap between bars that are wide enough for one.
                let is_gap = count * 6 <= columns && (column + 1) * count / columns != begin;
                if is_gap || greatest <= self.up.0 { continue } else { (high, bottom) }
            } else {
                let (high_before, low_before) = before.replace((high, low)).unwrap_or((high, low));
                (high.min(low_before), (low + LINE_WIDTH).max(high_before))
            };
            picture.fill((left + column, from), (1, to.max(from + 1) - from), NUMBERS);
        }
    }
}

/// A figure at an axis.
struct Tick {
    at: f64,
    figure: String,
}

/// Round numbers within a range, about as many as are wanted.
fn ticks((from, to): (f64, f64), wanted: usize) -> Vec<Tick> {
    let rough = (to - from) / wanted as f64;
    // Less than that has no round numbers, and more no end.
    if !rough.is_normal() {
        return Vec::new();
    }
    let exponent = libm::floor(libm::log10(rough)) as i32;
    let power = libm::pow(10.0, f64::from(exponent));
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().find(|step| step * power >= rough).unwrap_or(10.0) * power;
    let decimals = if step >= 10.0 * power { -exponent - 1 } else { -exponent };
    let (first, last) = (libm::ceil(from / step), libm::floor(to / step));
    if !step.is_finite() || step <= 0.0 || (last - first).is_nan() || last - first > 4.0 * wanted as f64 {
        return Vec::new();
    }
    (0..=(last - first) as usize)
        .map(|index| {
            let at = (first + index as f64) * step;
            Tick { at, figure: figure(at, decimals) }
        })
        .collect()
}

/// A number in as few letters as tell it from its neighbours.
fn figure(number: f64, decimals: i32) -> String {
    // Not minus zero.
    let number = if number == 0.0 { 0.0 } else { number };
    if number != 0.0 && !(1e-4..1e7).contains(&number.abs()) {
        let digits = (libm::floor(libm::log10(number.abs())) as i32 + decimals).clamp(0, 9) as usize;
        return format!("{number:.digits$e}");
    }
    format!("{number:.*}", decimals.clamp(0, 12) as usize)
}

/// Where a text lies beside its place.
enum Side {
    Middle,
    Right,
}

/// Points of a picture, each of one colour of the palette.
struct Picture {
    points: Vec<u8>,
}

impl Picture {
    /// Fills what is within the picture of a box.
    fn fill(&mut self, (x, y): (usize, usize), (width, height): (usize, usize), colour: u8) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_without_round_numbers_has_no_figures() {
        for range in [(0.0, 0.0), (0.0, 5e-324), (-f64::MAX, f64::MAX), (f64::NAN, 1.0), (1.0, f64::NEG_INFINITY)] {
            assert!(ticks(range, 5).is_empty(), "{range:?}");
        }
        let figures: Vec<String> = ticks((0.0, 1.0), 5).into_iter().map(|tick| tick.figure).collect();
        assert_eq!(figures, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
    }
}
