//! Triangular and orthogonal factors, a block of columns at a time, so that the work can be stopped between two of them.
//! What happens within a block, and to what is beside it, is faer's.

use faer::dyn_stack::{MemBuffer, MemStack, StackReq};
use faer::linalg::cholesky::llt::factor as llt;
use faer::linalg::householder;
use faer::linalg::lu::partial_pivoting::factor as pivoted;
use faer::linalg::qr::no_pivoting::factor as reflected;
use faer::linalg::triangular_solve as triangle;
use faer::reborrow::{Reborrow, ReborrowMut};
use faer::{Accum, Conj, Mat, MatMut, MatRef, Par};
use inos_unit::{Fault, Host};

use crate::matmul;

/// Columns of a block.
const BLOCK: usize = 64;
/// How many numbers are put into a new matrix between two looks at the host.
const FILL_COUNT: usize = 1 << 17;
/// How many multiplications are done to columns beside a block, or by a triangle, between two looks at the host: about 5 ms.
const CHUNK_WORK: usize = 1 << 25;

/// Makes the factors of a square matrix in its place, both triangles in one; the order that its rows then have.
pub(crate) fn lu(a: &mut Mat<f64>, host: &dyn Host) -> Result<Vec<usize>, Fault> {
    let order = a.nrows();
    let mut rows: Vec<usize> = (0..order).collect();
    for begin in (0..order).step_by(BLOCK) {
        step(host, begin, order)?;
        let width = BLOCK.min(order - begin);
        let moved = pivoted_block(a.as_mut().submatrix_mut(begin, begin, order - begin, width));
        let below = moved.iter().map(|(to, from)| (*to, rows[begin + from])).collect::<Vec<_>>();
        below.into_iter().for_each(|(to, row)| rows[begin + to] = row);
        move_rows(a.as_mut().submatrix_mut(begin, 0, order - begin, begin), &moved);
        let rest = a.as_mut().submatrix_mut(begin, begin, order - begin, order - begin);
        let (block, mut beside) = rest.split_at_col_mut(width);
        move_rows(beside.as_mut(), &moved);
        let (corner, below) = block.rb().split_at_row(width);
        let (mut upper, trailing) = beside.split_at_row_mut(width);
        triangle::solve_unit_lower_triangular_in_place(corner, upper.as_mut(), Par::Seq);
        take(trailing, below, upper.rb(), host)?;
    }
    Ok(rows)
}

/// Factors one block of columns; which of its rows then come from where.
fn pivoted_block(mut block: MatMut<'_, f64>) -> Vec<(usize, usize)> {
    let (rows, columns) = block.shape();
    let (mut order, mut inverse) = (vec![0_usize; rows], vec![0_usize; rows]);
    let mut memory =
        MemBuffer::new(pivoted::lu_in_place_scratch::<usize, f64>(rows, columns, Par::Seq, Default::default()));
    let stack = MemStack::new(&mut memory);
    pivoted::lu_in_place(block.rb_mut(), &mut order, &mut inverse, Par::Seq, stack, Default::default());
    order.into_iter().enumerate().filter(|(to, from)| to != from).collect()
}

fn move_rows(part: MatMut<'_, f64>, moved: &[(usize, usize)]) {
    let mut numbers = vec![0.0; moved.len()];
    for column in part.col_iter_mut() {
        let mut column = column;
        numbers.iter_mut().zip(moved).for_each(|(number, (_, from))| *number = column[*from]);
        numbers.iter().zip(moved).for_each(|(number, (to, _))| column[*to] = *number);
    }
}

/// A new matrix. Even touching its memory takes long enough to be done a part at a time.
pub(crate) fn filled(
    rows: usize,
    columns: usize,
    host: &dyn Host,
    at: impl Fn(usize, usize) -> f64,
) -> Result<Mat<f64>, Fault> {
    if columns == 0 {
        return Ok(Mat::zeros(rows, 0));
    }
    let mut mat = Mat::with_capacity(rows, columns);
    let step = (FILL_COUNT / rows.max(1)).max(1);
    while mat.ncols() < columns {
        host.check()?;
        let filled = columns.min(mat.ncols() + step);
        mat.resize_with(rows, filled, &at);
    }
    Ok(mat)
}

/// What solves a·x = b, of the factors and the order of rows that `lu` gives.
pub(crate) fn solve(lu: &Mat<f64>, rows: &[usize], b: &Mat<f64>, host: &dyn Host) -> Result<Mat<f64>, Fault> {
    let mut x = filled(b.nrows(), b.ncols(), host, |i, j| b[(rows[i], j)])?;
    for begin in (0..lu.nrows()).step_by(BLOCK) {
        let width = BLOCK.min(lu.nrows() - begin);
        let (mut block, below) = x.as_mut().subrows_mut(begin, lu.nrows() - begin).split_at_row_mut(width);
        let columns = lu.as_ref().submatrix(begin, begin, lu.nrows() - begin, width);
        chunks(block.rb_mut(), width * width, host, |part| {
            triangle::solve_unit_lower_triangular_in_place(columns.subrows(0, width), part, Par::Seq);
        })?;
        take(below, columns.subrows(width, columns.nrows() - width), block.rb(), host)?;
    }
    solve_upper(lu.as_ref(), x.as_mut(), host)?;
    Ok(x)
}

/// Has x be what solves u·y = x, for the triangle in the upper part of `u`.
fn solve_upper(u: MatRef<'_, f64>, mut x: MatMut<'_, f64>, host: &dyn Host) -> Result<(), Fault> {
    for begin in (0..u.nrows()).step_by(BLOCK).rev() {
        let width = BLOCK.min(u.nrows() - begin);
        let (above, mut block) = x.rb_mut().subrows_mut(0, begin + width).split_at_row_mut(begin);
        let columns = u.submatrix(0, begin, begin + width, width);
        chunks(block.rb_mut(), width * width, host, |part| {
            triangle::solve_upper_triangular_in_place(columns.subrows(begin, width), part, Par::Seq);
        })?;
        take(above, columns.subrows(0, begin), block.rb(), host)?;
    }
    Ok(())
}

/// Makes the lower factor of a symmetric matrix in the place of its lower triangle; none if it is not positive definite.
pub(crate) fn cholesky(a: &mut Mat<f64>, host: &dyn Host) -> Result<Option<()>, Fault> {
    let order = a.nrows();
    for begin in (0..order).step_by(BLOCK) {
        step(host, begin, order)?;
        let width = BLOCK.min(order - begin);
        let rest = a.as_mut().submatrix_mut(begin, begin, order - begin, order - begin);
        let (block, mut beside) = rest.split_at_col_mut(width);
        let (mut corner, mut below) = block.split_at_row_mut(width);
        let mut memory = MemBuffer::new(llt::cholesky_in_place_scratch::<f64>(width, Par::Seq, Default::default()));
        let stack = MemStack::new(&mut memory);
        if llt::cholesky_in_place(corner.rb_mut(), Default::default(), Par::Seq, stack, Default::default()).is_err() {
            return Ok(None);
        }
        let corner = corner.rb();
        chunks(below.rb_mut().transpose_mut(), width * width, host, |part| {
            triangle::solve_lower_triangular_in_place(corner, part, Par::Seq);
        })?;
        // Of the rest, what is on and below the diagonal.
        let (height, below) = (below.nrows(), below.rb());
        for top in (0..height).step_by(4 * BLOCK) {
            let columns = (4 * BLOCK).min(height - top);
            let part = beside.rb_mut().submatrix_mut(width + top, top, height - top, columns);
            let across = below.subrows(top, columns).transpose();
            take(part, below.subrows(top, height - top), across, host)?;
        }
    }
    Ok(Some(()))
}

/// The orthogonal and the triangular factor of a matrix, as reflections below an upper triangle.
pub(crate) struct Reflected {
    /// The triangle, and below it what the reflections are made of.
    pub(crate) made: Mat<f64>,
    factors: Mat<f64>,
}

/// Takes a matrix apart.
pub(crate) fn qr(a: Mat<f64>, host: &dyn Host) -> Result<Reflected, Fault> {
    let mut made = a;
    let short = made.nrows().min(made.ncols());
    let mut factors = Mat::zeros(BLOCK.min(short), short);
    for begin in (0..short).step_by(BLOCK) {
        step(host, begin, short)?;
        let width = BLOCK.min(short - begin);
        let (rows, columns) = (made.nrows() - begin, made.ncols() - begin);
        let rest = made.as_mut().submatrix_mut(begin, begin, rows, columns);
        let (mut block, beside) = rest.split_at_col_mut(width);
        let mut factor = factors.as_mut().submatrix_mut(0, begin, width, width);
        let scratch = reflected::qr_in_place_scratch::<f64>(rows, width, width, Par::Seq, Default::default());
        let mut memory = MemBuffer::new(scratch);
        let stack = MemStack::new(&mut memory);
        reflected::qr_in_place(block.rb_mut(), factor.rb_mut(), Par::Seq, stack, Default::default());
        reflect(block.rb(), factor.rb(), beside, true, host)?;
    }
    Ok(Reflected { made, factors })
}

impl Reflected {
    /// As many columns of the orthogonal factor as the matrix has rows or columns, whichever are fewer.
    pub(crate) fn thin_q(&self, host: &dyn Host) -> Result<Mat<f64>, Fault> {
        let (rows, short) = (self.made.nrows(), self.factors.ncols());
        let mut q = filled(rows, short, host, |i, j| if i == j { 1.0 } else { 0.0 })?;
        for begin in (0..short).step_by(BLOCK).rev() {
            step(host, short - begin, short)?;
            // What is left of it has nothing in these rows yet.
            let part = q.as_mut().submatrix_mut(begin, begin, rows - begin, short - begin);
            self.reflect(begin, part, false, host)?;
        }
        Ok(q)
    }

    /// What comes nearest to solving a·x = b for the matrix that was taken apart, which has no more columns than rows.
    pub(crate) fn solve(&self, b: &Mat<f64>, host: &dyn Host) -> Result<Mat<f64>, Fault> {
        let short = self.factors.ncols();
        let mut b = filled(b.nrows(), b.ncols(), host, |i, j| b[(i, j)])?;
        for begin in (0..short).step_by(BLOCK) {
            step(host, begin, short)?;
            let (rows, columns) = (b.nrows() - begin, b.ncols());
            self.reflect(begin, b.as_mut().submatrix_mut(begin, 0, rows, columns), true, host)?;
        }
        let mut x = filled(short, b.ncols(), host, |i, j| b[(i, j)])?;
        let triangle = self.made.as_ref().submatrix(0, 0, short, short);
        solve_upper(triangle, x.as_mut(), host)?;
        Ok(x)
    }

    fn reflect(&self, begin: usize, part: MatMut<'_, f64>, back: bool, host: &dyn Host) -> Result<(), Fault> {
        let width = BLOCK.min(self.factors.ncols() - begin);
        let block = self.made.as_ref().submatrix(begin, begin, self.made.nrows() - begin, width);
        reflect(block, self.factors.as_ref().submatrix(0, begin, width, width), part, back, host)
    }
}

/// Applies the reflections of one block, or takes them back.
fn reflect(
    block: MatRef<'_, f64>,
    factor: MatRef<'_, f64>,
    part: MatMut<'_, f64>,
    back: bool,
    host: &dyn Host,
) -> Result<(), Fault> {
    let width = block.ncols();
    chunks(part, 2 * block.nrows() * width, host, |part| {
        let scratch = if back {
            householder::apply_block_householder_sequence_transpose_on_the_left_in_place_scratch::<f64>
        } else {
            householder::apply_block_householder_sequence_on_the_left_in_place_scratch::<f64>
        };
        let scratch: StackReq = scratch(block.nrows(), width, part.ncols());
        let mut memory = MemBuffer::new(scratch);
        let stack = MemStack::new(&mut memory);
        let apply = if back {
            householder::apply_block_householder_sequence_transpose_on_the_left_in_place_with_conj::<f64>
        } else {
            householder::apply_block_householder_sequence_on_the_left_in_place_with_conj::<f64>
        };
        apply(block, factor, Conj::No, part, Par::Seq, stack);
    })
}

/// Takes a·b away from `part`.
fn take(part: MatMut<'_, f64>, a: MatRef<'_, f64>, b: MatRef<'_, f64>, host: &dyn Host) -> Result<(), Fault> {
    matmul::into(part, Accum::Add, (a, b), -1.0, host, |_, _| ())
}

fn step(host: &dyn Host, done: usize, total: usize) -> Result<(), Fault> {
    host.progress(done as u64, total as u64);
    host.check()
}

/// Has `work` done to columns, each of which takes so many multiplications, as many at a time as may go unseen.
fn chunks(
    mut part: MatMut<'_, f64>,
    each: usize,
    host: &dyn Host,
    mut work: impl FnMut(MatMut<'_, f64>),
) -> Result<(), Fault> {
    let together = (CHUNK_WORK / each.max(1)).max(1);
    while part.ncols() > 0 {
        host.check()?;
        let width = together.min(part.ncols());
        let (these, rest) = part.split_at_col_mut(width);
        work(these);
        part = rest;
    }
    Ok(())
}
