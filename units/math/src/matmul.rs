//! The product of two matrices, tile by tile, so that it can be stopped between them. Packed f32 is multiplied in f32, by `panels`
//! where the processor has their vectors, else by faer.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use faer::linalg::matmul::matmul;
use faer::traits::ComplexField;
use faer::{Accum, MatMut, MatRef, Par};
use inos_unit::{Call, Determinism, Fault, Host, Method};
use pulp::Arch;
#[cfg(target_arch = "x86_64")]
use pulp::bytemuck::{try_cast_slice, try_cast_slice_mut};
use serde_json::json;

use crate::dense::{self, Dense};
use crate::number::{self, Packed, Type};
use crate::values::{self, STEP_COUNT};

/// The most multiplications of one product: two matrices of 4096 by 4096, a second or so.
const WORK_MAX: u64 = 1 << 36;
/// How many multiplications of f32 are done between two looks at the host, and a quarter of that of f64: about 5 ms.
const TILE_WORK: usize = 1 << 28;
/// The fewest rows and columns of a tile; below, arranging the factors costs more than multiplying them.
const TILE_MIN: usize = 64;
/// The most threads of one product.
const THREADS_MAX: usize = 16;
/// A thread more is not worth waking for fewer multiplications than this.
const THREAD_WORK_MIN: usize = 1 << 24;

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

/// The product where both matrices come packed, from where they lie to where it goes.
fn run_in<T: ComplexField + Packed>(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    if let Some(name) = ["a", "b"].get(call.inputs.count()) {
        return Err(Fault::invalid(format!("/params/{name}"), "is neither a parameter nor an input"));
    }
    let (a, b) = (call.inputs.get(0)?.bytes()?, call.inputs.get(1)?.bytes()?);
    let (mut a_copy, mut b_copy) = (Vec::new(), Vec::new());
    let (a, b) = (read::<T>(&a, &mut a_copy, 0)?, read::<T>(&b, &mut b_copy, 1)?);
    let inner = values::whole(call.params, "columns").unwrap_or_else(|| a.len().isqrt());
    let sides = Sides::of(a.len(), b.len(), inner)?;
    sides.check(T::LEN)?;
    let len = sides.rows * sides.columns * T::LEN;
    call.output.begin("application/octet-stream")?;
    call.output.expect(len as u64)?;
    let room = call.output.room(len)?;
    number::made_in_place(room, &mut Vec::new(), |product| {
        sides.product(a, b, product, host)?;
        // What is not finite never becomes finite again, so that the factors are looked at only where the product is not.
        if !are_finite(product, host)? {
            for (index, factor) in [a, b].into_iter().enumerate() {
                if !are_finite(factor, host)? {
                    return Err(Fault::invalid(format!("/inputs/{index}"), "holds a number that is not finite"));
                }
            }
        }
        Ok(())
    })
}

/// The numbers of an input.
fn read<'n, T: Packed>(bytes: &'n [u8], copy: &'n mut Vec<T>, index: usize) -> Result<&'n [T], Fault> {
    if !bytes.len().is_multiple_of(T::LEN) {
        let message = format!("{} bytes are no whole number of values of {}", bytes.len(), T::LEN);
        return Err(Fault::invalid(format!("/inputs/{index}"), message));
    }
    Ok(number::in_place(bytes, copy))
}

fn are_finite<T: Packed>(numbers: &[T], host: &dyn Host) -> Result<bool, Fault> {
    for numbers in numbers.chunks(STEP_COUNT) {
        host.check()?;
        let are_finite = Arch::new().dispatch(
            #[inline(always)]
            || T::are_finite(numbers),
        );
        if !are_finite {
            return Ok(false);
        }
    }
    Ok(true)
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
    let mut product = vec![0.0; sides.rows * sides.columns];
    sides.product(&a.values.numbers, &b.values.numbers, &mut product, host)?;
    if a.values.packed || b.values.packed {
        return values::write(&product, true, call, host);
    }
    let product = Dense::made(a.rows, b.columns, host, |i, j| product[i * b.columns + j])?;
    crate::batch::write_json(&json!({ "result": product.listed()? }), call.output)
}

/// The sizes of a product.
#[derive(Clone, Copy)]
pub(crate) struct Sides {
    pub(crate) rows: usize,
    pub(crate) inner: usize,
    pub(crate) columns: usize,
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

    /// How many rows and columns a tile of so much work has: as near to a square as the product allows, and all of a product
    /// about the same, so that threads end together.
    fn tile(self, work: usize) -> (usize, usize) {
        let area = (work / self.inner).max(TILE_MIN * TILE_MIN);
        let height = area.isqrt().max(TILE_MIN).max(area / self.columns).min(self.rows);
        let width = (area / height).max(TILE_MIN).min(self.columns);
        let even = |side: usize, most: usize| side.div_ceil(side.div_ceil(most));
        (even(self.rows, height), even(self.columns, width))
    }

    fn work(self) -> usize {
        self.rows * self.inner * self.columns
    }

    fn threads(self, host: &dyn Host) -> usize {
        host.threads().min(THREADS_MAX).min(self.work() / THREAD_WORK_MIN).max(1)
    }

    fn product<T: ComplexField + Packed>(self, a: &[T], b: &[T], c: &mut [T], host: &dyn Host) -> Result<(), Fault> {
        #[cfg(target_arch = "x86_64")]
        if T::LEN == f32::LEN
            && let (Ok(a), Ok(b), Ok(c)) = (try_cast_slice(a), try_cast_slice(b), try_cast_slice_mut(c))
            && let Some(ended) = crate::panels::product(self, (a, b), c, self.threads(host), host)
        {
            return ended;
        }
        let a = MatRef::from_row_major_slice(a, self.rows, self.inner);
        let b = MatRef::from_row_major_slice(b, self.inner, self.columns);
        let c = MatMut::from_row_major_slice_mut(c, self.rows, self.columns);
        into(c, Accum::Replace, (a, b), T::one_impl(), host, |done, total| host.progress(done, total))
    }
}

/// Has `factor`·a·b be `c` or added to it, on as many threads as have nothing else to do.
pub(crate) fn into<T: ComplexField + Packed>(
    c: MatMut<'_, T>,
    accum: Accum,
    (a, b): (MatRef<'_, T>, MatRef<'_, T>),
    factor: T,
    host: &dyn Host,
    progress: impl Fn(u64, u64),
) -> Result<(), Fault> {
    let sides = Sides { rows: a.nrows(), inner: a.ncols(), columns: b.ncols() };
    let work = sides.work();
    if work == 0 {
        return Ok(());
    }
    let threads = sides.threads(host);
    let tiles = tiles(a, b, c, sides.tile((TILE_WORK * 16 / (T::LEN * T::LEN)).min(work / threads)));
    let (total, done) = (tiles.len() as u64, AtomicU64::new(0));
    let (tiles, stopped) = (Mutex::new(tiles.into_iter()), AtomicBool::new(false));
    // Whoever is done with a tile takes the next, so that nobody waits for a thread whose core others use too.
    let multiply = || {
        let next = tiles.lock().unwrap_or_else(PoisonError::into_inner).next();
        let Some(Tile { a, b, c }) = next else { return false };
        matmul(c, accum, a, b, factor, Par::Seq);
        done.fetch_add(1, Relaxed);
        true
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| {
                loop {
                    if stopped.load(Relaxed) || !multiply() {
                        return;
                    }
                }
            });
        }
        loop {
            if let Err(stop) = host.check() {
                stopped.store(true, Relaxed);
                return Err(stop);
            }
            progress(done.load(Relaxed), total);
            if !multiply() {
                return Ok(());
            }
        }
    })
}

/// A part of a product, and what it is made of.
struct Tile<'p, T> {
    a: MatRef<'p, T>,
    b: MatRef<'p, T>,
    c: MatMut<'p, T>,
}

/// A product as tiles of so many rows and columns at most, row by row.
fn tiles<'p, T>(
    a: MatRef<'p, T>,
    b: MatRef<'p, T>,
    mut c: MatMut<'p, T>,
    (height, width): (usize, usize),
) -> Vec<Tile<'p, T>> {
    let mut tiles = Vec::new();
    for top in (0..a.nrows()).step_by(height) {
        let (mut band, below) = c.split_at_row_mut(height.min(a.nrows() - top));
        let a = a.subrows(top, band.nrows());
        for left in (0..b.ncols()).step_by(width) {
            let (c, rest) = band.split_at_col_mut(width.min(b.ncols() - left));
            tiles.push(Tile { a, b: b.subcols(left, c.ncols()), c });
            band = rest;
        }
        c = below;
    }
    tiles
}
