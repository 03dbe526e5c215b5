//! Messages that cost work and carry none: pings, and frames that cannot be read. A few are fine, a flood is not.

use std::time::Duration;

use tokio::time::Instant;

/// Over how long they are counted.
const WINDOW: Duration = Duration::from_secs(1);
/// How many are fine within it.
const IDLE_TALK_MAX: u32 = 200;

/// Counts idle talk.
pub(crate) struct Flood {
    since: Instant,
    count: u32,
}

impl Flood {
    /// Nothing was said yet.
    pub(crate) fn new() -> Self {
        Self { since: Instant::now(), count: 0 }
    }

    /// One more; whether this was one too many.
    pub(crate) fn is_too_much(&mut self) -> bool {
        if self.since.elapsed() >= WINDOW {
            *self = Self::new();
        }
        self.count += 1;
        self.count > IDLE_TALK_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_many_within_a_second() {
        let mut flood = Flood::new();
        assert!((0..IDLE_TALK_MAX).all(|_| !flood.is_too_much()));
        assert!(flood.is_too_much());
        tokio::time::advance(WINDOW).await;
        assert!(!flood.is_too_much());
    }
}
