//! Reading an input from front to back in slices small enough to stop between. Never holds more than the source does.

use inos_unit::{Fault, Host, Source};

/// Hands all of `source` to `take` in slices of at most `slice_len_max` bytes, none of them empty.
///
/// Before each slice the host may stop the job; between slices it hears how far the job is.
pub(crate) fn feed(
    source: &mut dyn Source,
    host: &dyn Host,
    slice_len_max: usize,
    mut take: impl FnMut(&[u8]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let total = source.len().unwrap_or(0);
    let mut done = 0;
    while let Some(chunk) = source.chunk()? {
        for slice in chunk.chunks(slice_len_max) {
            // A job of a single slice ends before anybody could look at its progress.
            if done > 0 {
                host.progress(done, total);
            }
            host.check()?;
            take(slice)?;
            done += slice.len() as u64;
        }
    }
    Ok(())
}
