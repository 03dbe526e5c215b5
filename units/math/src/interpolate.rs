//! Values between known points of one variable. Beyond the first and the last point it stays at their values.

use inos_unit::{Call, Fault, Host, Method};
use serde_json::json;

use crate::values::{self, STEP_COUNT, Values};

/// The most known points.
const POINTS_MAX: usize = 1 << 20;

pub(crate) fn method() -> Method {
    let params = json!({
        "x": values::schema("Where values are known, rising; left out, read from the next input.", 1, &[0.0, 1.0, 2.0, 3.0]),
        "y": values::schema("The values there, as many; left out, read from the next input.", 1, &[0.0, 1.0, 4.0, 9.0]),
        "at": values::schema("Where values are wanted; left out, read from the next input.", 0, &[0.5, 2.25]),
        "type": crate::number::schema(),
        "kind": {
            "type": "string", "enum": ["nearest", "linear", "cubic", "monotone"], "default": "linear",
            "examples": ["cubic"],
            "description": "The nearest point, straight lines, the natural cubic spline, or the cubic that never \
                            overshoots (PCHIP).",
        },
    });
    values::method(
        "interpolate",
        "Values between known points: nearest, linear, natural cubic or monotone cubic.",
        values::object(params, &[]),
        (0, 3),
    )
}

/// How a value between two neighbours is made.
enum Curve {
    Nearest,
    Linear,
    /// Slopes at the points.
    Hermite(Vec<f64>),
}

pub(crate) fn run(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let mut next = 0;
    let x = values::read(call, "x", &mut next, host)?;
    let y = values::read(call, "y", &mut next, host)?;
    let mut at = values::read(call, "at", &mut next, host)?;
    values::all_read(call, next)?;
    check(&x, &y, host)?;
    let curve = match values::text(call.params, "kind") {
        Some("nearest") => Curve::Nearest,
        Some("cubic") => Curve::Hermite(spline_slopes(&x.numbers, &y.numbers)),
        Some("monotone") => Curve::Hermite(monotone_slopes(&x.numbers, &y.numbers)),
        _ => Curve::Linear,
    };
    let total = at.numbers.len() as u64;
    for (index, numbers) in at.numbers.chunks_mut(STEP_COUNT / 16).enumerate() {
        host.check()?;
        host.progress((index * (STEP_COUNT / 16)) as u64, total);
        for number in numbers {
            *number = curve.value(&x.numbers, &y.numbers, *number);
        }
    }
    values::write(&at.numbers, at.packed, call, host)
}

fn check(x: &Values, y: &Values, host: &dyn Host) -> Result<(), Fault> {
    x.finite(host)?;
    y.finite(host)?;
    if x.numbers.len() != y.numbers.len() || x.numbers.is_empty() {
        let message = format!("{} values at {} points", y.numbers.len(), x.numbers.len());
        return Err(Fault::invalid(&*y.pointer, message));
    }
    if x.numbers.len() > POINTS_MAX {
        return Err(Fault::limit(POINTS_MAX as u64, format!("{} known points", x.numbers.len())));
    }
    match x.numbers.windows(2).position(|pair| pair[0] >= pair[1]) {
        Some(at) => Err(Fault::invalid(&*x.pointer, format!("point {} does not lie above the one before", at + 1))),
        None => Ok(()),
    }
}

impl Curve {
    fn value(&self, x: &[f64], y: &[f64], at: f64) -> f64 {
        let last = x.len() - 1;
        if at.is_nan() {
            return f64::NAN;
        }
        if at <= x[0] {
            return y[0];
        }
        if at >= x[last] {
            return y[last];
        }
        let i = x.partition_point(|known| *known <= at) - 1;
        let width = x[i + 1] - x[i];
        let t = (at - x[i]) / width;
        match self {
            Self::Nearest => y[if t <= 0.5 { i } else { i + 1 }],
            Self::Linear => y[i] + (y[i + 1] - y[i]) * t,
            Self::Hermite(slopes) => {
                let (s, rise) = (1.0 - t, (y[i + 1] - y[i]) / width);
                let bend = s * (slopes[i] - rise) - t * (slopes[i + 1] - rise);
                y[i] * s + y[i + 1] * t + width * s * t * bend
            }
        }
    }
}

/// Widths of the gaps and the slope of the straight line in each.
fn gaps(x: &[f64], y: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let widths: Vec<f64> = x.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let rises = y.windows(2).zip(&widths).map(|(pair, width)| (pair[1] - pair[0]) / width).collect();
    (widths, rises)
}

/// Slopes of the cubic spline whose curvature is 0 at both ends: one sweep down and one up through three diagonals.
fn spline_slopes(x: &[f64], y: &[f64]) -> Vec<f64> {
    let count = x.len();
    if count < 3 {
        let (_, rises) = gaps(x, y);
        return vec![rises.first().copied().unwrap_or(0.0); count];
    }
    let (widths, rises) = gaps(x, y);
    let (mut upper, mut slopes) = (vec![0.0; count], vec![0.0; count]);
    upper[0] = 0.5;
    slopes[0] = 1.5 * rises[0];
    for i in 1..count - 1 {
        let (before, after) = (widths[i - 1], widths[i]);
        let pivot = 2.0 * (before + after) - after * upper[i - 1];
        upper[i] = before / pivot;
        slopes[i] = (3.0 * (after * rises[i - 1] + before * rises[i]) - after * slopes[i - 1]) / pivot;
    }
    let last = count - 1;
    slopes[last] = (3.0 * rises[last - 1] - slopes[last - 1]) / (2.0 - upper[last - 1]);
    for i in (0..last).rev() {
        slopes[i] -= upper[i] * slopes[i + 1];
    }
    slopes
}

/// Slopes that keep a rising curve rising (Fritsch and Butland's, with one-sided ends).
fn monotone_slopes(x: &[f64], y: &[f64]) -> Vec<f64> {
    let count = x.len();
    let (widths, rises) = gaps(x, y);
    if count < 3 {
        return vec![rises.first().copied().unwrap_or(0.0); count];
    }
    let mut slopes = vec![0.0; count];
    for i in 1..count - 1 {
        if rises[i - 1] * rises[i] > 0.0 {
            let (one, other) = (2.0 * widths[i] + widths[i - 1], widths[i] + 2.0 * widths[i - 1]);
            slopes[i] = (one + other) / (one / rises[i - 1] + other / rises[i]);
        }
    }
    let last = count - 1;
    slopes[0] = end_slope(widths[0], widths[1], rises[0], rises[1]);
    slopes[last] = end_slope(widths[last - 1], widths[last - 2], rises[last - 1], rises[last - 2]);
    slopes
}

/// The slope at an end by three points, held back where it would overshoot.
fn end_slope(near: f64, far: f64, rise: f64, next: f64) -> f64 {
    let slope = ((2.0 * near + far) * rise - near * next) / (near + far);
    if slope * rise <= 0.0 {
        0.0
    } else if rise * next < 0.0 && slope.abs() > 3.0 * rise.abs() {
        3.0 * rise
    } else {
        slope
    }
}
