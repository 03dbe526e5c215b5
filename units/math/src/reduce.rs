//! Matrices made narrow by reflections from both sides: three diagonals of a symmetric one, two of any other. A column at a
//! time, with a look at the host before each, and what is to the right of a block all at once.

use faer::{Accum, Mat, MatMut, MatRef};
use inos_unit::{Fault, Host};

use crate::{blocks, matmul};

/// Columns of a block.
const BLOCK: usize = 32;

/// Reflections that follow one another; each column is zero above the place where its reflection begins, and 1 there.
pub(crate) struct Mirrors {
    columns: Mat<f64>,
    factors: Vec<f64>,
}

/// A symmetric matrix as three diagonals: a = q·t·qᵀ.
pub(crate) struct Tridiagonal {
    pub(crate) diagonal: Vec<f64>,
    pub(crate) beside: Vec<f64>,
    pub(crate) q: Mirrors,
}

/// A matrix with no more columns than rows as its diagonal and the one above: a = q·b·pᵀ.
pub(crate) struct Bidiagonal {
    pub(crate) diagonal: Vec<f64>,
    pub(crate) above: Vec<f64>,
    pub(crate) q: Mirrors,
    pub(crate) p: Mirrors,
}

/// Takes a symmetric matrix apart, of which both triangles are read.
pub(crate) fn tridiagonal(mut a: Mat<f64>, host: &dyn Host) -> Result<Tridiagonal, Fault> {
    let order = a.nrows();
    let (mut diagonal, mut beside) = (vec![0.0; order], vec![0.0; order.saturating_sub(1)]);
    let mut v = blocks::filled(order, order, host, |_, _| 0.0)?;
    let mut factors = vec![0.0; order];
    let mut w = Mat::<f64>::zeros(order, BLOCK);
    for begin in (0..order).step_by(BLOCK) {
        let end = order.min(begin + BLOCK);
        for j in begin..end {
            host.progress(j as u64, 2 * order as u64);
            let k = j - begin;
            let mut column = copied(a.as_ref().submatrix(j, j, order - j, 1));
            take_row(
                &mut column,
                v.as_ref().submatrix(j, begin, order - j, k),
                w.as_ref().submatrix(j, 0, 1, k),
                host,
            )?;
            take_row(
                &mut column,
                w.as_ref().submatrix(j, 0, order - j, k),
                v.as_ref().submatrix(j, begin, 1, k),
                host,
            )?;
            diagonal[j] = column[(0, 0)];
            let (next, left) = (j + 1, order - j - 1);
            if left == 0 {
                break;
            }
            let mut mirror = copied(column.as_ref().subrows(1, left));
            (beside[j], factors[j]) = reflection(mirror.as_mut());
            let before = v.as_ref().submatrix(next, begin, left, k);
            let with = w.as_ref().submatrix(next, 0, left, k);
            let mut image = times(a.as_ref().submatrix(next, next, left, left), mirror.as_ref(), host)?;
            take(&mut image, before, &times(with.transpose(), mirror.as_ref(), host)?, host)?;
            take(&mut image, with, &times(before.transpose(), mirror.as_ref(), host)?, host)?;
            let along: f64 = (0..left).map(|i| image[(i, 0)] * mirror[(i, 0)]).sum();
            let factor = factors[j];
            for i in 0..left {
                w[(next + i, k)] = factor * (image[(i, 0)] - factor / 2.0 * along * mirror[(i, 0)]);
                v[(next + i, j)] = mirror[(i, 0)];
            }
        }
        let (left, width) = (order - end, end - begin);
        let (v, w) = (v.as_ref().submatrix(end, begin, left, width), w.as_ref().submatrix(end, 0, left, width));
        take_product(a.as_mut().submatrix_mut(end, end, left, left), v, w.transpose(), host)?;
        take_product(a.as_mut().submatrix_mut(end, end, left, left), w, v.transpose(), host)?;
    }
    Ok(Tridiagonal { diagonal, beside, q: Mirrors { columns: v, factors } })
}

/// Takes any matrix apart that has no more columns than rows.
pub(crate) fn bidiagonal(mut a: Mat<f64>, host: &dyn Host) -> Result<Bidiagonal, Fault> {
    let (rows, columns) = a.shape();
    let (mut diagonal, mut above) = (vec![0.0; columns], vec![0.0; columns.saturating_sub(1)]);
    let mut v = blocks::filled(rows, columns, host, |_, _| 0.0)?;
    let mut u = blocks::filled(columns, columns, host, |_, _| 0.0)?;
    let (mut q_factors, mut p_factors) = (vec![0.0; columns], vec![0.0; columns]);
    let (mut x, mut y) = (Mat::<f64>::zeros(rows, BLOCK), Mat::<f64>::zeros(columns, BLOCK));
    for begin in (0..columns).step_by(BLOCK) {
        let end = columns.min(begin + BLOCK);
        for j in begin..end {
            host.progress(j as u64, 2 * columns as u64);
            let (k, tall) = (j - begin, rows - j);
            let mut column = copied(a.as_ref().submatrix(j, j, tall, 1));
            take_row(&mut column, v.as_ref().submatrix(j, begin, tall, k), y.as_ref().submatrix(j, 0, 1, k), host)?;
            take_row(&mut column, x.as_ref().submatrix(j, 0, tall, k), u.as_ref().submatrix(j, begin, 1, k), host)?;
            (diagonal[j], q_factors[j]) = reflection(column.as_mut());
            put(v.as_mut().submatrix_mut(j, j, tall, 1), &column, 1.0);
            let (next, wide) = (j + 1, columns - j - 1);
            if wide == 0 {
                break;
            }
            let mut image = times(a.as_ref().submatrix(j, next, tall, wide).transpose(), column.as_ref(), host)?;
            let along = times(v.as_ref().submatrix(j, begin, tall, k).transpose(), column.as_ref(), host)?;
            take(&mut image, y.as_ref().submatrix(next, 0, wide, k), &along, host)?;
            let along = times(x.as_ref().submatrix(j, 0, tall, k).transpose(), column.as_ref(), host)?;
            take(&mut image, u.as_ref().submatrix(next, begin, wide, k), &along, host)?;
            put(y.as_mut().submatrix_mut(next, k, wide, 1), &image, q_factors[j]);
            let mut row = copied(a.as_ref().submatrix(j, next, 1, wide).transpose());
            let (done, own) = (y.as_ref().submatrix(next, 0, wide, k + 1), v.as_ref().submatrix(j, begin, 1, k + 1));
            take_row(&mut row, done, own, host)?;
            let before = u.as_ref().submatrix(next, begin, wide, k);
            take_row(&mut row, before, x.as_ref().submatrix(j, 0, 1, k), host)?;
            (above[j], p_factors[j]) = reflection(row.as_mut());
            let mut image = times(a.as_ref().submatrix(next, next, tall - 1, wide), row.as_ref(), host)?;
            let along = times(done.transpose(), row.as_ref(), host)?;
            take(&mut image, v.as_ref().submatrix(next, begin, tall - 1, k + 1), &along, host)?;
            let along = times(before.transpose(), row.as_ref(), host)?;
            take(&mut image, x.as_ref().submatrix(next, 0, tall - 1, k), &along, host)?;
            put(u.as_mut().submatrix_mut(next, j, wide, 1), &row, 1.0);
            put(x.as_mut().submatrix_mut(next, k, tall - 1, 1), &image, p_factors[j]);
        }
        let (tall, wide, width) = (rows - end, columns - end, end - begin);
        let (v, x) = (v.as_ref().submatrix(end, begin, tall, width), x.as_ref().submatrix(end, 0, tall, width));
        let (u, y) = (u.as_ref().submatrix(end, begin, wide, width), y.as_ref().submatrix(end, 0, wide, width));
        take_product(a.as_mut().submatrix_mut(end, end, tall, wide), v, y.transpose(), host)?;
        take_product(a.as_mut().submatrix_mut(end, end, tall, wide), x, u.transpose(), host)?;
    }
    let (q, p) = (Mirrors { columns: v, factors: q_factors }, Mirrors { columns: u, factors: p_factors });
    Ok(Bidiagonal { diagonal, above, q, p })
}

impl Mirrors {
    /// Has the last reflection turn the columns of a matrix first, and the first one last.
    pub(crate) fn turn(&self, mut part: MatMut<'_, f64>, host: &dyn Host) -> Result<(), Fault> {
        let (rows, count) = self.columns.shape();
        for begin in (0..count).step_by(BLOCK).rev() {
            let width = BLOCK.min(count - begin);
            let v = self.columns.as_ref().submatrix(begin, begin, rows - begin, width);
            let wide = part.ncols();
            let part = part.as_mut().submatrix_mut(begin, 0, rows - begin, wide);
            // All reflections of a block at once: 1 − v·t·vᵀ with an upper triangle t.
            let near = product(v.transpose(), v, host)?;
            let mut t = Mat::<f64>::zeros(width, width);
            for j in 0..width {
                let factor = self.factors[begin + j];
                for i in 0..j {
                    let along: f64 = (i..j).map(|k| t[(i, k)] * near[(k, j)]).sum();
                    t[(i, j)] = -factor * along;
                }
                t[(j, j)] = factor;
            }
            let along = product(v.transpose(), part.as_ref(), host)?;
            let along = product(t.as_ref(), along.as_ref(), host)?;
            take_product(part, v, along.as_ref(), host)?;
        }
        Ok(())
    }
}

/// What reflects a column onto its first number: makes it of the column, and says what that number becomes and the factor
/// of the reflection 1 − factor·v·vᵀ.
fn reflection(mut column: MatMut<'_, f64>) -> (f64, f64) {
    let first = column[(0, 0)];
    let rest: f64 = (1..column.nrows()).map(|i| column[(i, 0)] * column[(i, 0)]).sum();
    column[(0, 0)] = 1.0;
    if rest == 0.0 {
        return (first, 0.0);
    }
    let becomes = -(first * first + rest).sqrt().copysign(first);
    let shrink = 1.0 / (first - becomes);
    (1..column.nrows()).for_each(|i| column[(i, 0)] *= shrink);
    (becomes, (becomes - first) / becomes)
}

fn copied(part: MatRef<'_, f64>) -> Mat<f64> {
    Mat::from_fn(part.nrows(), part.ncols(), |i, j| part[(i, j)])
}

fn put(mut part: MatMut<'_, f64>, column: &Mat<f64>, factor: f64) {
    (0..column.nrows()).for_each(|i| part[(i, 0)] = factor * column[(i, 0)]);
}

/// The product of two matrices, as new ones.
pub(crate) fn product(a: MatRef<'_, f64>, b: MatRef<'_, f64>, host: &dyn Host) -> Result<Mat<f64>, Fault> {
    let mut made = blocks::filled(a.nrows(), b.ncols(), host, |_, _| 0.0)?;
    matmul::into(made.as_mut(), Accum::Replace, (a, b), 1.0, host, |_, _| ())?;
    Ok(made)
}

fn times(a: MatRef<'_, f64>, column: MatRef<'_, f64>, host: &dyn Host) -> Result<Mat<f64>, Fault> {
    product(a, column, host)
}

fn take(from: &mut Mat<f64>, a: MatRef<'_, f64>, column: &Mat<f64>, host: &dyn Host) -> Result<(), Fault> {
    take_product(from.as_mut(), a, column.as_ref(), host)
}

/// Takes a·rowᵀ away from a column.
fn take_row(from: &mut Mat<f64>, a: MatRef<'_, f64>, row: MatRef<'_, f64>, host: &dyn Host) -> Result<(), Fault> {
    take_product(from.as_mut(), a, row.transpose(), host)
}

fn take_product(from: MatMut<'_, f64>, a: MatRef<'_, f64>, b: MatRef<'_, f64>, host: &dyn Host) -> Result<(), Fault> {
    matmul::into(from, Accum::Add, (a, b), -1.0, host, |_, _| ())
}
