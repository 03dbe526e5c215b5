//! How alike two pictures look: Zhou Wang, A. C. Bovik, H. R. Sheikh and E. P. Simoncelli, "Image quality assessment: from error
//! visibility to structural similarity" (IEEE TIP 13, 2004), with their window of 11 x 11 and their constants.

use inos_unit::{Fault, Host};

use crate::bands;

/// How far the window reaches from its middle, in pixels.
const REACH: usize = 5;
/// The side of the window.
const SIDE: usize = 2 * REACH + 1;
/// The window's standard deviation in pixels.
const SIGMA: f64 = 1.5;
/// What keeps the quotients from nothing: (0.01 L)² and (0.03 L)² for full light L = 1.
const C1: f64 = 0.0001;
const C2: f64 = 0.0009;

/// Two pictures of how light they are, of one size.
pub(super) struct Pair<'p> {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) one: &'p [f32],
    pub(super) other: &'p [f32],
}

/// Weighed sums of a row: of each picture, of their squares and of their product.
type Sums = [f64; 5];

/// The mean over all places where the window lies inside; none where there is no such place.
pub(super) fn ssim(pair: &Pair<'_>, host: &dyn Host) -> Result<Option<f64>, Fault> {
    if pair.width < SIDE || pair.height < SIDE {
        return Ok(None);
    }
    let (across, down) = (pair.width - SIDE + 1, pair.height - SIDE + 1);
    let window = window();
    let mut rows = vec![0.0_f64; down];
    bands::each(&mut rows, 1, across * 10 * SIDE, host, |first, rows| {
        // Each row of the pictures is summed up along the window once, and stays while the window goes over it.
        let mut ring: Vec<Vec<Sums>> = (first..first + SIDE - 1).map(|y| along(pair, y, &window)).collect();
        for (at, row) in rows.iter_mut().enumerate() {
            ring.push(along(pair, first + at + SIDE - 1, &window));
            *row = (0..across).map(|x| place(&ring, x, &window)).sum();
            ring.remove(0);
        }
    })?;
    Ok(Some(rows.iter().sum::<f64>() / (across * down) as f64))
}

fn window() -> [f64; SIDE] {
    let heights: [f64; SIDE] = std::array::from_fn(|at| (-0.5 * ((at as f64 - REACH as f64) / SIGMA).powi(2)).exp());
    let sum: f64 = heights.iter().sum();
    heights.map(|height| height / sum)
}

fn along(pair: &Pair<'_>, y: usize, window: &[f64; SIDE]) -> Vec<Sums> {
    let row = y * pair.width..(y + 1) * pair.width;
    let (one, other) = (&pair.one[row.clone()], &pair.other[row]);
    let sums = |(one, other): (&[f32], &[f32])| {
        let mut sums = [0.0; 5];
        for ((one, other), weight) in one.iter().zip(other).zip(window) {
            let (one, other) = (f64::from(*one), f64::from(*other));
            sums[0] += weight * one;
            sums[1] += weight * other;
            sums[2] += weight * one * one;
            sums[3] += weight * other * other;
            sums[4] += weight * one * other;
        }
        sums
    };
    one.windows(SIDE).zip(other.windows(SIDE)).map(sums).collect()
}

/// The index of one place of the window.
fn place(ring: &[Vec<Sums>], x: usize, window: &[f64; SIDE]) -> f64 {
    let mut sums = [0.0; 5];
    for (row, weight) in ring.iter().zip(window) {
        for (sum, part) in sums.iter_mut().zip(row[x]) {
            *sum += weight * part;
        }
    }
    let [one, other, one_squares, other_squares, products] = sums;
    let (one_variance, other_variance) = (one_squares - one * one, other_squares - other * other);
    let covariance = products - one * other;
    let alike = (2.0 * one * other + C1) * (2.0 * covariance + C2);
    alike / ((one * one + other * other + C1) * (one_variance + other_variance + C2))
}
