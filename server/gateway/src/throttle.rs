//! Who has shown too many wrong keys lately. It knows addresses and counts, never a key.

use std::{collections::HashMap, net::IpAddr, time::Duration};

use parking_lot::Mutex;
use tokio::time::Instant;

/// How long wrong keys are remembered.
const WINDOW: Duration = Duration::from_secs(60);
/// How many addresses are remembered at once.
const ADDRESSES_MAX: usize = 100_000;

/// Counts wrong keys by address.
pub(crate) struct Throttle {
    failures_max: u32,
    seen: Mutex<HashMap<IpAddr, Seen>>,
}

struct Seen {
    since: Instant,
    failures: u32,
}

impl Throttle {
    /// Allows this many wrong keys within a minute.
    pub(crate) fn new(failures_max: u32) -> Self {
        Self { failures_max, seen: Mutex::default() }
    }

    /// How long this address has to wait before it may show a key again.
    pub(crate) fn wait(&self, address: IpAddr) -> Option<Duration> {
        let seen = self.seen.lock();
        let seen = seen.get(&address).filter(|seen| seen.failures >= self.failures_max)?;
        WINDOW.checked_sub(seen.since.elapsed()).filter(|left| !left.is_zero())
    }

    /// A wrong key came from this address.
    pub(crate) fn failed(&self, address: IpAddr) {
        let mut all = self.seen.lock();
        if all.len() >= ADDRESSES_MAX {
            all.retain(|_, seen| seen.since.elapsed() < WINDOW);
        }
        if all.len() >= ADDRESSES_MAX {
            return;
        }
        let seen = all.entry(address).or_insert_with(|| Seen { since: Instant::now(), failures: 0 });
        if seen.since.elapsed() >= WINDOW {
            *seen = Seen { since: Instant::now(), failures: 0 };
        }
        seen.failures = seen.failures.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_address_waits_out_its_minute() {
        let throttle = Throttle::new(2);
        let (here, there) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        throttle.failed(here);
        assert_eq!(throttle.wait(here), None);
        throttle.failed(here);
        assert_eq!(throttle.wait(here), Some(WINDOW));
        assert_eq!(throttle.wait(there), None);
        tokio::time::advance(WINDOW).await;
        assert_eq!(throttle.wait(here), None);
        throttle.failed(here);
        assert_eq!(throttle.wait(here), None);
    }
}
