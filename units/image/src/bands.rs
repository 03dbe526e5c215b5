//! Rows worked on side by side. How they are split never shows in the result.

use inos_unit::{Fault, Host};

use crate::picture::{Raster, Sample};

/// How many steps of arithmetic a band takes, about: some milliseconds, after which the host is asked whether to go on.
const BAND_COST: usize = 8_000_000;

/// Fills the rows of a raster, each from nothing but its number; `cost` is how many steps of arithmetic a sample takes.
pub(crate) fn fill<T: Sample>(
    raster: &mut Raster<T>,
    cost: usize,
    host: &dyn Host,
    row: impl Fn(usize, &mut [T]) + Sync,
) -> Result<(), Fault> {
    let row_len = raster.row_len().max(1);
    each(&mut raster.samples, row_len, cost, host, |first, rows| {
        for (at, samples) in rows.chunks_exact_mut(row_len).enumerate() {
            row(first + at, samples);
        }
    })
}

/// Hands out bands of rows, with the number of the first row of each.
pub(crate) fn each<T: Send>(
    samples: &mut [T],
    row_len: usize,
    cost: usize,
    host: &dyn Host,
    work: impl Fn(usize, &mut [T]) + Sync,
) -> Result<(), Fault> {
    let threads = host.threads().max(1);
    let rows = (BAND_COST / (row_len * cost.max(1)).max(1)).max(1);
    let mut first = 0;
    // A round is as many bands as there are threads.
    for round in samples.chunks_mut(rows * row_len * threads) {
        host.check()?;
        if round.len() <= rows * row_len {
            work(first, round);
        } else {
            std::thread::scope(|scope| {
                for (at, band) in round.chunks_mut(rows * row_len).enumerate() {
                    let work = &work;
                    scope.spawn(move || work(first + at * rows, band));
                }
            });
        }
        first += rows * threads;
    }
    Ok(())
}
