//! The equation on which two halves of a spectrum are joined: where 1 + Σ w_j / (pole_j − x) is zero, once between every two
//! poles and once beyond the last. Every root is kept as its distance from the pole next to it, so that none of the
//! differences which vectors are made of loses its digits.

use faer::Mat;
use inos_unit::{Fault, Host};

use crate::blocks;

/// How many roots are found between two looks at the host: under 3 ms.
const CHECK_ROOTS: usize = 64;
/// A root takes seven steps or so; halving alone would be done by then.
const STEPS_MAX: usize = 200;

/// The roots for some poles, told by the differences of any two of them.
pub(crate) struct Roots<G> {
    gap: G,
    /// Which pole each root is nearest to, and how far beyond it.
    near: Vec<(usize, f64)>,
}

impl<G: Fn(usize, usize) -> f64> Roots<G> {
    /// Finds them. `gap(j, k)` is pole j less pole k, of which later ones are larger; no weight is 0.
    pub(crate) fn find(gap: G, weights: &[f64], host: &dyn Host) -> Result<Self, Fault> {
        let mut near = Vec::with_capacity(weights.len());
        let mut gaps = vec![0.0; weights.len()];
        for index in 0..weights.len() {
            if index % CHECK_ROOTS == 0 {
                host.check()?;
            }
            near.push(root(&gap, weights, index, &mut gaps));
        }
        Ok(Self { gap, near })
    }

    /// The pole that each root is nearest to, and how far beyond it the root is.
    pub(crate) fn near(&self) -> &[(usize, f64)] {
        &self.near
    }

    /// Root i less pole j.
    fn beyond(&self, i: usize, j: usize) -> f64 {
        let (pole, by) = self.near[i];
        (self.gap)(pole, j) + by
    }

    /// The numbers z, of the signs of those given, for whose squares as weights these roots are exact. With them vectors are
    /// upright on one another however near the roots are.
    pub(crate) fn refit(&self, signs: &[f64], host: &dyn Host) -> Result<Vec<f64>, Fault> {
        let count = signs.len();
        let mut fitted = Vec::with_capacity(count);
        for (j, sign) in signs.iter().enumerate() {
            if j % CHECK_ROOTS == 0 {
                host.check()?;
            }
            let mut square = self.beyond(count - 1, j);
            for i in 0..count - 1 {
                let other = if i < j { i } else { i + 1 };
                square *= self.beyond(i, j) / (self.gap)(other, j);
            }
            fitted.push(square.abs().sqrt().copysign(*sign));
        }
        Ok(fitted)
    }

    /// The columns z_j / (pole_j − root_i), each told through `shape` before it is made as long as 1.
    pub(crate) fn vectors(
        &self,
        z: &[f64],
        shape: impl Fn(usize, f64) -> f64,
        host: &dyn Host,
    ) -> Result<Mat<f64>, Fault> {
        let count = z.len();
        let mut made = blocks::filled(count, count, host, |j, i| shape(j, -z[j] / self.beyond(i, j)))?;
        for i in 0..count {
            if i % CHECK_ROOTS == 0 {
                host.check()?;
            }
            // As large a number as may come of a small gap has a square all the same.
            let largest = (0..count).fold(0.0_f64, |most, j| most.max(made[(j, i)].abs()));
            let length = (0..count).map(|j| (made[(j, i)] / largest).powi(2)).sum::<f64>().sqrt() * largest;
            (0..count).for_each(|j| made[(j, i)] /= length);
        }
        Ok(made)
    }
}

/// Root `index`: its nearest pole and how far beyond it.
fn root(gap: &impl Fn(usize, usize) -> f64, weights: &[f64], index: usize, gaps: &mut [f64]) -> (usize, f64) {
    let count = weights.len();
    let is_last = index + 1 == count;
    let width = if is_last { weights.iter().sum() } else { gap(index + 1, index) };
    let mut pole = index;
    let (mut low, mut high) = (0.0, width);
    fill(gap, pole, gaps);
    let mut by = width / 2.0;
    if !is_last && value(weights, gaps, index, by).value < 0.0 {
        pole = index + 1;
        fill(gap, pole, gaps);
        (low, high) = (-width / 2.0, 0.0);
        by = -width / 2.0;
    } else if !is_last {
        high = width / 2.0;
    }
    for _ in 0..STEPS_MAX {
        let here = value(weights, gaps, index, by);
        if here.value.abs() <= 2.0 * f64::EPSILON * here.size {
            break;
        }
        if here.value < 0.0 {
            low = by
        } else {
            high = by
        }
        let next = by
            + if is_last {
                here.last_step(gaps[index] - by)
            } else {
                here.step(gaps[index] - by, gaps[index + 1] - by)
            };
        let next = if next > low && next < high { next } else { halved(low, high) };
        if next == by || (next - by).abs() <= f64::EPSILON / 2.0 * by.abs() {
            break;
        }
        by = next;
    }
    (pole, by)
}

fn fill(gap: &impl Fn(usize, usize) -> f64, pole: usize, gaps: &mut [f64]) {
    gaps.iter_mut().enumerate().for_each(|(j, into)| *into = gap(j, pole));
}

/// Between two numbers; near 0, where a root may be smaller than any half says, by orders of magnitude.
fn halved(low: f64, high: f64) -> f64 {
    if low == 0.0 {
        high / 64.0
    } else if high == 0.0 {
        low / 64.0
    } else {
        low + (high - low) / 2.0
    }
}

/// The equation at some place: its value, the slopes of the poles up to it and of those beyond, and how large its parts are.
struct At {
    value: f64,
    slope_before: f64,
    slope_beyond: f64,
    size: f64,
}

fn value(weights: &[f64], gaps: &[f64], index: usize, by: f64) -> At {
    let sum = |range: std::ops::Range<usize>| {
        let (mut value, mut slope) = (0.0, 0.0);
        for (weight, gap) in weights[range.clone()].iter().zip(&gaps[range]) {
            let inverse = 1.0 / (gap - by);
            let part = weight * inverse;
            value += part;
            slope += part * inverse;
        }
        (value, slope)
    };
    let (before, slope_before) = sum(0..index + 1);
    let (beyond, slope_beyond) = sum(index + 1..weights.len());
    At { value: 1.0 + before + beyond, slope_before, slope_beyond, size: 1.0 - before + beyond }
}

impl At {
    /// How far the root is, were there but the two poles around it, whose gaps are these.
    fn step(&self, before: f64, beyond: f64) -> f64 {
        let c = self.value - before * self.slope_before - beyond * self.slope_beyond;
        let a = (before + beyond) * self.value - before * beyond * (self.slope_before + self.slope_beyond);
        let b = before * beyond * self.value;
        let root = (a * a - 4.0 * b * c).max(0.0).sqrt();
        if a <= 0.0 { (a - root) / (2.0 * c) } else { 2.0 * b / (a + root) }
    }

    /// The same beyond the last pole.
    fn last_step(&self, gap: f64) -> f64 {
        gap + self.slope_before * gap * gap / (self.value - self.slope_before * gap)
    }
}
