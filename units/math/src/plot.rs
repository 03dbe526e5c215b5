//! Numbers as a picture: bars or a line over two axes.

use inos_plot::{Axis, FRAME, NUMBERS, Plate};
use inos_unit::{Call, Fault};

/// About how many figures there are along an axis.
const TICKS: (usize, usize) = (8, 6);
/// How thick a line is.
const LINE_WIDTH: usize = 2;

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
        let across = Axis::linear(self.names.0, self.across, TICKS.0);
        let up = Axis::linear(self.names.1, self.up, TICKS.1);
        let plot = inos_plot::Plot { title: self.title, across: &across, up: &up, colours: &[] };
        let file = plot.png(|plate| self.draw_values(plate));
        let file = file.map_err(|error| Fault::Broken(format!("a picture could not be encoded: {error}")))?;
        call.output.begin("image/png")?;
        call.output.write(&file)
    }

    /// Every column of points shows the values that fall into it, from the least to the greatest.
    fn draw_values(&self, plate: &mut Plate) {
        let (left, _, right, bottom) = FRAME;
        let row = |y: f64| inos_plot::row((y - self.up.0) / (self.up.1 - self.up.0));
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
            plate.fill((left + column, from), (1, to.max(from + 1) - from), NUMBERS);
        }
    }
}
