//! Waiting for the first of several epochs. Never advances one.

use std::time::{Duration, Instant};

use crate::Epoch;
use crate::word::Word;

/// The most epochs that are waited for at once: the kernel knows no more.
pub const WAIT_ANY_MAX: usize = 128;

/// Sleeps until one of these epochs differs from what was seen of it, and answers which; none after `timeout`.
///
/// Blocks the calling thread and takes no processor time meanwhile. Of several that differ it is the first.
///
/// # Panics
///
/// When there are more than [`WAIT_ANY_MAX`].
pub fn wait_any(epochs: &[(&Epoch, u64)], timeout: Option<Duration>) -> Option<usize> {
    assert!(epochs.len() <= WAIT_ANY_MAX, "as many epochs are waited for as the kernel knows");
    let until = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let _waiters: Vec<_> = epochs.iter().map(|(epoch, _)| epoch.line().enter()).collect();
    let words: Vec<(&Word, u64)> = epochs.iter().map(|(epoch, seen)| (epoch.line().word(), *seen)).collect();
    loop {
        let changed = epochs.iter().position(|(epoch, seen)| epoch.line().value_now() != *seen);
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        if changed.is_some() || left.is_some_and(|left| left.is_zero()) {
            return changed;
        }
        match words.is_empty() {
            // Nothing can come but the end of the time.
            true => std::thread::sleep(left.unwrap_or(Duration::from_secs(1))),
            false => Word::sleep_any(&words, left),
        }
    }
}
