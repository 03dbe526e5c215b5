//! Eigenvalues and singular values of large matrices: made narrow by reflections, taken apart into halves until those are
//! small enough for faer, and joined again, so that the work can be stopped between any two parts of it.

use faer::{Mat, MatMut, Side};
use inos_unit::{Fault, Host};

use crate::blocks;
use crate::factor::Why;
use crate::reduce::{self, product};
use crate::secular::Roots;

/// The largest matrix that is left to faer as a whole: a millisecond or two.
pub(crate) const WHOLE_MAX: usize = 64;
/// Below so many roundings of the largest number two are one, and a weight is none.
const NEGLIGIBLE: f64 = 8.0 * f64::EPSILON;

/// Columns on the left, singular values, falling, and columns on the right.
pub(crate) type Thin = (Mat<f64>, Vec<f64>, Mat<f64>);

/// Eigenvalues of a symmetric matrix, rising, and their vectors as columns.
pub(crate) fn eigen(mut a: Mat<f64>, host: &dyn Host) -> Result<(Vec<f64>, Mat<f64>), Why> {
    let scale = scaled(&mut a, host)?;
    let order = a.nrows();
    for j in 0..order {
        host.check()?;
        (0..j).for_each(|i| a[(i, j)] = a[(j, i)]);
    }
    let narrow = reduce::tridiagonal(a, host)?;
    let (mut values, mut vectors) = split_eigen(&narrow.diagonal, &narrow.beside, host)?;
    narrow.q.turn(vectors.as_mut(), host)?;
    values.iter_mut().for_each(|value| *value *= scale);
    Ok((values, vectors))
}

/// Singular values, falling, and the columns on the left and on the right, of a matrix with no more columns than rows.
pub(crate) fn svd(mut a: Mat<f64>, host: &dyn Host) -> Result<Thin, Why> {
    let scale = scaled(&mut a, host)?;
    let (rows, order) = a.shape();
    let mut narrow = reduce::bidiagonal(a, host)?;
    // Turned over, the diagonal above is one below, and a row of nothing makes a half like any other.
    narrow.above.push(0.0);
    let made = split_svd(&narrow.diagonal, &narrow.above, host)?;
    let (left, right) = (&made.right, &made.left);
    let last = order - 1;
    let mut u = blocks::filled(rows, order, host, |i, j| if i < order { left[(i, last - j)] } else { 0.0 })?;
    let mut v = blocks::filled(order, order, host, |i, j| right[(i, last - j)])?;
    narrow.q.turn(u.as_mut(), host)?;
    narrow.p.turn(v.as_mut(), host)?;
    Ok((u, made.values.iter().rev().map(|value| value * scale).collect(), v))
}

/// Divides a matrix by its largest number, so that no square of one is too large or too small; says what that was.
fn scaled(a: &mut Mat<f64>, host: &dyn Host) -> Result<f64, Fault> {
    let mut largest = 0.0_f64;
    for column in a.col_iter() {
        host.check()?;
        largest = column.iter().fold(largest, |most, number| most.max(number.abs()));
    }
    if largest == 0.0 {
        return Ok(1.0);
    }
    for column in a.col_iter_mut() {
        host.check()?;
        column.iter_mut().for_each(|number| *number /= largest);
    }
    Ok(largest)
}

/// Eigenvalues and vectors of three diagonals.
fn split_eigen(diagonal: &[f64], beside: &[f64], host: &dyn Host) -> Result<(Vec<f64>, Mat<f64>), Why> {
    host.check()?;
    let order = diagonal.len();
    if order <= WHOLE_MAX {
        let whole = Mat::from_fn(order, order, |i, j| match i.abs_diff(j) {
            0 => diagonal[i],
            1 => beside[i.min(j)],
            _ => 0.0,
        });
        let made = whole.self_adjoint_eigen(Side::Lower).map_err(|_| Why::Flaw("its eigenvalues were not found"))?;
        return Ok((made.S().column_vector().iter().copied().collect(), made.U().to_owned()));
    }
    let split = order / 2;
    let (weight, sign) = (beside[split - 1].abs(), 1.0_f64.copysign(beside[split - 1]));
    let mut reduced = diagonal.to_vec();
    reduced[split - 1] -= weight;
    reduced[split] -= weight;
    let (upper_values, upper) = split_eigen(&reduced[..split], &beside[..split - 1], host)?;
    let (lower_values, lower) = split_eigen(&reduced[split..], &beside[split..], host)?;
    let mut poles = [upper_values, lower_values].concat();
    let mut z: Vec<f64> = (0..split).map(|j| upper[(split - 1, j)]).collect();
    z.extend((0..order - split).map(|j| sign * lower[(0, j)]));
    let mut basis = Basis::of(order, order, split, host)?;
    basis.put(&upper, (0, 0), host)?;
    basis.put(&lower, (split, split), host)?;
    let largest = poles.iter().fold(weight, |most, pole| most.max(pole.abs()));
    let mut kept: Vec<usize> = Vec::with_capacity(order);
    let mut settled = Vec::new();
    for j in rising(&poles) {
        if (weight * z[j]).abs() <= NEGLIGIBLE * largest {
            settled.push(j);
            continue;
        }
        if let Some(&before) = kept.last() {
            let length = z[before].hypot(z[j]);
            let (c, s) = (z[j] / length, -z[before] / length);
            if ((poles[j] - poles[before]) * c * s).abs() <= NEGLIGIBLE * largest {
                basis.rotate(before, j, c, s);
                (z[before], z[j]) = (0.0, length);
                let (low, high) = (poles[before], poles[j]);
                (poles[before], poles[j]) = (c * c * low + s * s * high, s * s * low + c * c * high);
                kept.pop();
                settled.push(before);
            }
        }
        kept.push(j);
    }
    let (at, signs): (Vec<f64>, Vec<f64>) = kept.iter().map(|j| (poles[*j], z[*j])).unzip();
    let weights: Vec<f64> = signs.iter().map(|z| weight * z * z).collect();
    let roots = Roots::find(|j, k| at[j] - at[k], &weights, host)?;
    let mut values: Vec<f64> = roots.near().iter().map(|(pole, by)| at[*pole] + by).collect();
    values.extend(settled.iter().map(|j| poles[*j]));
    let fitted = roots.refit(&signs, host)?;
    let made = basis.times(&kept, &roots.vectors(&fitted, |_, number| number, host)?, host)?;
    let order = rising(&values);
    let vectors = basis.arranged(&made, &settled, &order, host)?;
    Ok((order.iter().map(|i| values[*i]).collect(), vectors))
}

/// What a matrix of n + 1 rows and n columns is made of. `left` has a column more than there are values, which stands
/// upright on all that the matrix makes.
struct Halves {
    left: Mat<f64>,
    /// Rising.
    values: Vec<f64>,
    right: Mat<f64>,
}

/// Singular values and vectors of a diagonal and the one below it, which is as long.
fn split_svd(diagonal: &[f64], below: &[f64], host: &dyn Host) -> Result<Halves, Why> {
    host.check()?;
    let order = diagonal.len();
    if order <= WHOLE_MAX {
        return whole_svd(diagonal, below);
    }
    let middle = order / 2;
    let upper = split_svd(&diagonal[..middle], &below[..middle], host)?;
    let lower = split_svd(&diagonal[middle + 1..], &below[middle + 1..], host)?;
    let (alpha, beta) = (diagonal[middle], below[middle]);
    let behind = order - middle - 1;
    // The two columns that stand upright on the halves: one is joined to the middle, the other stays so.
    let (one, other) = (alpha * upper.left[(middle, middle)], beta * lower.left[(0, behind)]);
    let first = one.hypot(other);
    let (c, s) = if first == 0.0 { (1.0, 0.0) } else { (one / first, other / first) };
    let split = middle + 1;
    let mut left = Basis::of(order + 1, order, split, host)?;
    let mut right = Basis::of(order, order, split, host)?;
    let mut upright = vec![0.0; order + 1];
    for (i, upright) in upright.iter_mut().enumerate() {
        let below = i.checked_sub(split);
        let number = below.map_or_else(|| upper.left[(i, middle)], |i| lower.left[(i, behind)]);
        (left.columns[(i, 0)], *upright) =
            if below.is_some() { (s * number, c * number) } else { (c * number, -s * number) };
    }
    (left.above[0], left.below[0]) = (true, true);
    right.columns[(middle, 0)] = 1.0;
    right.above[0] = true;
    left.put_columns(&upper.left, middle, (0, 1), host)?;
    left.put_columns(&lower.left, behind, (split, split), host)?;
    right.put(&upper.right, (0, 1), host)?;
    right.put(&lower.right, (split, split), host)?;
    let poles = [&[0.0], &*upper.values, &*lower.values].concat();
    let mut z = vec![first];
    z.extend((0..middle).map(|j| alpha * upper.left[(middle, j)]));
    z.extend((0..behind).map(|j| beta * lower.left[(0, j)]));
    let largest = poles.iter().fold(alpha.abs().max(beta.abs()), |most, pole| most.max(*pole));
    let least = (NEGLIGIBLE * largest).max(f64::MIN_POSITIVE.sqrt());
    if z[0] <= least {
        z[0] = least;
    }
    let (mut kept, mut settled) = (vec![0], Vec::new());
    let mut others = rising(&poles[1..]);
    others.iter_mut().for_each(|j| *j += 1);
    for j in others {
        let before = kept[kept.len() - 1];
        if z[j].abs() <= least {
            settled.push(j);
        } else if poles[j] <= least {
            // As good as the pole at 0, whose column on the right is another.
            let length = z[0].hypot(z[j]);
            left.rotate(j, 0, z[0] / length, -z[j] / length);
            (z[0], z[j]) = (length, 0.0);
            settled.push(j);
        } else if before != 0 && poles[j] - poles[before] <= least {
            let length = z[before].hypot(z[j]);
            let (c, s) = (z[j] / length, -z[before] / length);
            left.rotate(before, j, c, s);
            right.rotate(before, j, c, s);
            (z[before], z[j]) = (0.0, length);
            kept.pop();
            settled.push(before);
            kept.push(j);
        } else {
            kept.push(j);
        }
    }
    let (at, signs): (Vec<f64>, Vec<f64>) = kept.iter().map(|j| (poles[*j], z[*j])).unzip();
    let weights: Vec<f64> = signs.iter().map(|z| z * z).collect();
    let roots = Roots::find(|j, k| (at[j] - at[k]) * (at[j] + at[k]), &weights, host)?;
    let mut values: Vec<f64> =
        roots.near().iter().map(|(pole, by)| (at[*pole] * at[*pole] + by).max(0.0).sqrt()).collect();
    values.extend(settled.iter().map(|j| poles[*j]));
    let fitted = roots.refit(&signs, host)?;
    let made_left = left.times(&kept, &roots.vectors(&fitted, |_, number| number, host)?, host)?;
    let shape = |j: usize, number: f64| if j == 0 { -1.0 } else { at[j] * number };
    let made_right = right.times(&kept, &roots.vectors(&fitted, shape, host)?, host)?;
    let order = rising(&values);
    let mut left = left.arranged(&made_left, &settled, &order, host)?;
    left.resize_with(upright.len(), upright.len(), |i, _| upright[i]);
    let right = right.arranged(&made_right, &settled, &order, host)?;
    Ok(Halves { left, values: order.iter().map(|i| values[*i]).collect(), right })
}

fn whole_svd(diagonal: &[f64], below: &[f64]) -> Result<Halves, Why> {
    let order = diagonal.len();
    let whole = Mat::from_fn(order + 1, order, |i, j| match i.checked_sub(j) {
        Some(0) => diagonal[j],
        Some(1) => below[j],
        _ => 0.0,
    });
    let made = whole.svd().map_err(|_| Why::Flaw("its singular values were not found"))?;
    let (u, v) = (made.U(), made.V());
    let turned = |j: usize| if j < order { order - 1 - j } else { j };
    Ok(Halves {
        left: Mat::from_fn(order + 1, order + 1, |i, j| u[(i, turned(j))]),
        values: made.S().column_vector().iter().rev().copied().collect(),
        right: Mat::from_fn(order, order, |i, j| v[(i, turned(j))]),
    })
}

/// Where the numbers are, from the smallest to the largest.
fn rising(numbers: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|i, j| numbers[*i].total_cmp(&numbers[*j]));
    order
}

/// The columns of two halves, one above the other, most of which are zero in one of them.
struct Basis {
    columns: Mat<f64>,
    /// The first row of the lower half.
    split: usize,
    /// Which columns are not zero above it, and which not below.
    above: Vec<bool>,
    below: Vec<bool>,
}

impl Basis {
    fn of(rows: usize, columns: usize, split: usize, host: &dyn Host) -> Result<Self, Fault> {
        let (above, below) = (vec![false; columns], vec![false; columns]);
        Ok(Self { columns: blocks::filled(rows, columns, host, |_, _| 0.0)?, split, above, below })
    }

    /// Puts a half where it belongs.
    fn put(&mut self, half: &Mat<f64>, at: (usize, usize), host: &dyn Host) -> Result<(), Fault> {
        self.put_columns(half, half.ncols(), at, host)
    }

    /// The same with the first columns of a half.
    fn put_columns(&mut self, half: &Mat<f64>, count: usize, at: (usize, usize), host: &dyn Host) -> Result<(), Fault> {
        for j in 0..count {
            host.check()?;
            (0..half.nrows()).for_each(|i| self.columns[(at.0 + i, at.1 + j)] = half[(i, j)]);
            let is_above = at.0 < self.split;
            (self.above[at.1 + j], self.below[at.1 + j]) = (is_above, !is_above);
        }
        Ok(())
    }

    /// Has column p be c·p + s·j, and column j be c·j − s·p.
    fn rotate(&mut self, p: usize, j: usize, c: f64, s: f64) {
        for i in 0..self.columns.nrows() {
            let (one, other) = (self.columns[(i, p)], self.columns[(i, j)]);
            self.columns[(i, p)] = c * one + s * other;
            self.columns[(i, j)] = c * other - s * one;
        }
        for half in [&mut self.above, &mut self.below] {
            let either = half[p] || half[j];
            (half[p], half[j]) = (either, either);
        }
    }

    /// The product of some of the columns and a matrix, without the zeros of either half.
    fn times(&self, kept: &[usize], turn: &Mat<f64>, host: &dyn Host) -> Result<Mat<f64>, Fault> {
        let rows = self.columns.nrows();
        let mut made = blocks::filled(rows, turn.ncols(), host, |_, _| 0.0)?;
        for (is_here, begin, end) in [(&self.above, 0, self.split), (&self.below, self.split, rows)] {
            let here: Vec<usize> = (0..kept.len()).filter(|k| is_here[kept[*k]]).collect();
            let columns =
                blocks::filled(end - begin, here.len(), host, |i, j| self.columns[(begin + i, kept[here[j]])])?;
            let turn = blocks::filled(here.len(), turn.ncols(), host, |i, j| turn[(here[i], j)])?;
            let part = product(columns.as_ref(), turn.as_ref(), host)?;
            copy(part, made.as_mut().subrows_mut(begin, end - begin), host)?;
        }
        Ok(made)
    }

    /// The columns that were made and those that were settled before, in this order.
    fn arranged(
        &self,
        made: &Mat<f64>,
        settled: &[usize],
        order: &[usize],
        host: &dyn Host,
    ) -> Result<Mat<f64>, Fault> {
        let count = made.ncols();
        blocks::filled(self.columns.nrows(), order.len(), host, |i, j| match order[j].checked_sub(count) {
            None => made[(i, order[j])],
            Some(at) => self.columns[(i, settled[at])],
        })
    }
}

fn copy(from: Mat<f64>, mut into: MatMut<'_, f64>, host: &dyn Host) -> Result<(), Fault> {
    for j in 0..from.ncols() {
        host.check()?;
        (0..from.nrows()).for_each(|i| into[(i, j)] = from[(i, j)]);
    }
    Ok(())
}
