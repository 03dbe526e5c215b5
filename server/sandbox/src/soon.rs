//! What comes soon is not slept for: to be woken takes longer than many a job.

use std::{
    io,
    os::fd::OwnedFd,
    thread,
    time::{Duration, Instant},
};

use inos_arena::parcel;
use rustix::net::RecvFlags;

/// About what it takes to wake a processor that has gone to sleep, on both sides of a job.
const SOON: Duration = Duration::from_micros(100);

/// A message with its descriptors, if one comes soon. Whatever else wants this processor has it meanwhile.
pub(crate) fn take_soon(from: &OwnedFd, buffer: &mut [u8]) -> io::Result<Option<(usize, Vec<OwnedFd>)>> {
    let until = Instant::now() + SOON;
    loop {
        let taken = parcel::take(from, buffer, RecvFlags::DONTWAIT)?;
        if taken.is_some() || Instant::now() >= until {
            return Ok(taken);
        }
        thread::yield_now();
    }
}
