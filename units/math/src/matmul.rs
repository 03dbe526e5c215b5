//! The product of two matrices, tile by tile, so that it can be stopped between them. Packed f32 is multiplied in f32.

use inos_unit::{Call, Determinism, Fault, Host, Method};
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, Axis, LinalgScalar, ShapeError, s};
use serde_json::json;

use crate::dense::{self, Dense};
use crate::number::{Packed, Type};
use crate::values::{self, STEP_COUNT};

/// The most multiplications of one product: two matrices of 4096 by 4096, a second or so.
const WORK_MAX: u64 = 1 << 36;
/// How many multiplications are done between two looks at the host: about 4 ms.
const TILE_WORK: usize = 1 << 28;
/// The fewest rows and columns of a tile; below, arranging the factors costs more than multiplying them.
const TILE_MIN: usize = 64;
/// The most threads of one product.
const THREADS_MAX: usize = 16;

pub(crate) fn method() -> Method {
    let params = json!({
        "a": dense::schema("The matrix on the left.", &[&[1.0, 2.0], &[3.0, 4.0]]),
        "b": dense::schema("The matrix on the right, as many rows as `a` has columns.", &[&[5.0], &[6.0]]),
        "columns": dense::columns_schema(),
        "type": crate::number::schema(),
    });
    Method {
        // Faster instructions round elsewhere.
        determinism: Determinism::Tolerance,
        ..values::method("matmul", "The product of two matrices.", values::object(params, &[]), (0, 2))
    }
}

pub(crate) fn run(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let given = ["a", "b"].iter().any(|name| call.params.contains_key(*name));
    match Type::of(call.params) {
        Type::F32 if !given => run_in::<f32>(call, host),
        _ if !given => run_in::<f64>(call, host),
        _ => run_given(call, host),
    }
}

/// The product where both matrices come packed.
fn run_in<T: LinalgScalar + Packed>(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let (a, b) = (read::<T>(call, 0, host)?, read::<T>(call, 1, host)?);
    values::all_read(call, 2)?;
    let inner = values::whole(call.params, "columns").unwrap_or_else(|| a.len().isqrt());
    let sides = Sides::of(a.len(), b.len(), inner)?;
    sides.check(T::LEN)?;
    let product = sides.product(&a, &b, host)?;
    call.output.begin("application/octet-stream")?;
    call.output.expect((product.len() * T::LEN) as u64)?;
    for numbers in product.chunks(STEP_COUNT) {
        host.check()?;
        T::write(numbers, call.output.room(numbers.len() * T::LEN)?);
    }
    Ok(())
}

fn read<T: Packed>(call: &mut Call<'_>, index: usize, host: &dyn Host) -> Result<Vec<T>, Fault> {
    if index >= call.inputs.count() {
        let name = ["a", "b"][index];
        return Err(Fault::invalid(format!("/params/{name}"), "is neither a parameter nor an input"));
    }
    let bytes = call.inputs.get(index)?.slice()?;
    let wrong = |why: String| Fault::invalid(format!("/inputs/{index}"), why);
    if !bytes.len().is_multiple_of(T::LEN) {
        return Err(wrong(format!("{} bytes are no whole number of values of {}", bytes.len(), T::LEN)));
    }
    let mut numbers = vec![T::default(); bytes.len() / T::LEN];
    for (numbers, bytes) in numbers.chunks_mut(STEP_COUNT).zip(bytes.chunks(STEP_COUNT * T::LEN)) {
        host.check()?;
        T::read(bytes, numbers);
        // All are looked at, since that goes many at a time.
        if !numbers.iter().fold(true, |fine, number| fine & number.is_finite()) {
            return Err(wrong("holds a number that is not finite".into()));
        }
    }
    Ok(numbers)
}

/// The product where at least one matrix is a parameter.
fn run_given(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let mut next = 0;
    let columns = values::whole(call.params, "columns");
    let a = dense::read(call, "a", columns, &mut next, host)?;
    let mut b = dense::read(call, "b", Some(1), &mut next, host)?;
    values::all_read(call, next)?;
    if b.values.packed && b.rows % a.columns == 0 {
        (b.rows, b.columns) = (a.columns, b.rows / a.columns);
    }
    if b.rows != a.columns {
        let message = format!("has {} rows where the other has {} columns", b.rows, a.columns);
        return Err(Fault::invalid(b.values.pointer, message));
    }
    let sides = Sides { rows: a.rows, inner: a.columns, columns: b.columns };
    sides.check(Type::of(call.params).len())?;
    let product = sides.product(&a.values.numbers, &b.values.numbers, host)?;
    if a.values.packed || b.values.packed {
        return values::write(&product, true, call, host);
    }
    let product = Dense::made(a.rows, b.columns, |i, j| product[i * b.columns + j]);
    crate::batch::write_json(&json!({ "result": product.listed()? }), call.output)
}

/// The sizes of a product.
#[derive(Clone, Copy)]
struct Sides {
    rows: usize,
    inner: usize,
    columns: usize,
}

impl Sides {
    /// The sizes that so many numbers make with so many columns on the left.
    fn of(a: usize, b: usize, inner: usize) -> Result<Self, Fault> {
        for (index, count) in [a, b].into_iter().enumerate() {
            if count == 0 || inner == 0 || count % inner != 0 {
                let message = format!("{count} numbers are no rows or columns of {inner}");
                return Err(Fault::invalid(format!("/inputs/{index}"), message));
            }
        }
        Ok(Self { rows: a / inner, inner, columns: b / inner })
    }

    fn check(self, number_len: usize) -> Result<(), Fault> {
        let Self { rows, inner, columns } = self;
        let area = (rows as u64).saturating_mul(columns as u64);
        let (work, bytes) = (area.saturating_mul(inner as u64), area.saturating_mul(number_len as u64));
        if work > WORK_MAX || bytes > values::BYTES_MAX {
            let message = format!("{rows} by {inner} by {columns}: {work} multiplications, {bytes} bytes");
            return Err(Fault::limit(WORK_MAX, message));
        }
        Ok(())
    }

    /// How many rows and columns a tile has: as near to a square as its work and the product allow.
    fn tile(self) -> (usize, usize) {
        let area = (TILE_WORK / self.inner).max(TILE_MIN * TILE_MIN);
        let height = area.isqrt().max(TILE_MIN).max(area / self.columns).min(self.rows);
        (height, (area / height).max(TILE_MIN).min(self.columns))
    }

    fn product<T: LinalgScalar + Send + Sync>(self, a: &[T], b: &[T], host: &dyn Host) -> Result<Vec<T>, Fault> {
        let Self { rows, inner, columns } = self;
        let broken = |error: ShapeError| Fault::Broken(format!("a matrix has another shape than its numbers: {error}"));
        let a = ArrayView2::from_shape((rows, inner), a).map_err(broken)?;
        let b = ArrayView2::from_shape((inner, columns), b).map_err(broken)?;
        let mut product = vec![T::zero(); rows * columns];
        let mut result = ArrayViewMut2::from_shape((rows, columns), &mut product).map_err(broken)?;
        let (height, width) = self.tile();
        let tile_work = (height * width * inner).max(1);
        // A thread more is not worth waking for less than a whole tile or a quarter of the work of one.
        let threads =
            host.threads().min(THREADS_MAX).min(rows * columns * inner / tile_work.min(TILE_WORK / 16)).max(1);
        for top in (0..rows).step_by(height * threads) {
            let bottom = rows.min(top + height * threads);
            let share = (bottom - top).div_ceil(threads).max(1);
            for begin in (0..columns).step_by(width) {
                host.check()?;
                host.progress((top * columns + begin * (bottom - top)) as u64, (rows * columns) as u64);
                let end = columns.min(begin + width);
                let (a, b) = (a.slice(s![top..bottom, ..]), b.slice(s![.., begin..end]));
                let mut part = result.slice_mut(s![top..bottom, begin..end]);
                multiply(&a, &b, &mut part, share);
            }
        }
        Ok(product)
    }
}

/// Multiplies `share` rows on each of as many threads as that makes.
fn multiply<T: LinalgScalar + Send + Sync>(
    a: &ArrayView2<'_, T>,
    b: &ArrayView2<'_, T>,
    result: &mut ArrayViewMut2<'_, T>,
    share: usize,
) {
    std::thread::scope(|scope| {
        let mut shares = a.axis_chunks_iter(Axis(0), share).zip(result.axis_chunks_iter_mut(Axis(0), share));
        let own = shares.next();
        for (a, mut result) in shares {
            scope.spawn(move || general_mat_mul(T::one(), &a, b, T::zero(), &mut result));
        }
        if let Some((a, mut result)) = own {
            general_mat_mul(T::one(), &a, b, T::zero(), &mut result);
        }
    });
}
