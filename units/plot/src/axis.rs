//! An axis: what lies along it, and round figures at their places.

/// What lies along a side of a picture.
pub struct Axis {
    /// Its name, with its unit of measure.
    pub name: String,
    pub(crate) ticks: Vec<Tick>,
}

/// A figure at an axis.
pub(crate) struct Tick {
    /// How much of the way it is from the beginning, from 0 to 1.
    pub(crate) part: f64,
    pub(crate) figure: String,
}

impl Axis {
    /// Numbers from one to another, at equal distances, about as many figures as are wanted.
    pub fn linear(name: impl Into<String>, (from, to): (f64, f64), wanted: usize) -> Self {
        let tick = |(at, figure)| Tick { part: (at - from) / (to - from), figure };
        Self { name: name.into(), ticks: figures((from, to), wanted).into_iter().map(tick).collect() }
    }

    /// Figures at places of the caller's, each a part of the way from 0 to 1; those beyond are left out.
    pub fn of(name: impl Into<String>, figures: impl IntoIterator<Item = (f64, String)>) -> Self {
        let within = figures.into_iter().filter(|(part, _)| (0.0..=1.0).contains(part));
        Self { name: name.into(), ticks: within.map(|(part, figure)| Tick { part, figure }).collect() }
    }
}

/// Round numbers within a range with their figures, about as many as are wanted.
fn figures((from, to): (f64, f64), wanted: usize) -> Vec<(f64, String)> {
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
            (at, figure(at, decimals))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_without_round_numbers_has_no_figures() {
        for range in [(0.0, 0.0), (0.0, 5e-324), (-f64::MAX, f64::MAX), (f64::NAN, 1.0), (1.0, f64::NEG_INFINITY)] {
            assert!(figures(range, 5).is_empty(), "{range:?}");
        }
        let told: Vec<String> = figures((0.0, 1.0), 5).into_iter().map(|(_, figure)| figure).collect();
        assert_eq!(told, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
    }
}
