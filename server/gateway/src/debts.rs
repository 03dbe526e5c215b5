//! Answers over HTTP/2 that hold bytes which their reader does not ask for. The socket stays writable then, so only
//! the answers themselves can tell that nobody reads.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::time::{Instant, sleep_until};

/// The answers of one connection whose next bytes wait for their reader, and since when.
#[derive(Default)]
pub(crate) struct Debts {
    numbers: AtomicU64,
    since: Mutex<BTreeMap<u64, Instant>>,
}

impl Debts {
    /// A new answer, whose first bytes wait from now on.
    pub(crate) fn owe(self: &Arc<Self>) -> Debt {
        let debt = Debt { debts: Arc::clone(self), number: self.numbers.fetch_add(1, Relaxed) };
        debt.waits();
        debt
    }

    /// Completes once bytes have waited this long.
    pub(crate) async fn overdue(&self, patience: Duration) {
        loop {
            let oldest = self.since.lock().values().min().copied();
            // Where nothing waits, nothing can be overdue before that long from now.
            let due = oldest.unwrap_or_else(Instant::now) + patience;
            if due <= Instant::now() {
                return;
            }
            sleep_until(due).await;
        }
    }
}

/// One answer.
pub(crate) struct Debt {
    debts: Arc<Debts>,
    number: u64,
}

impl Debt {
    /// Its next bytes wait for the reader from now on.
    pub(crate) fn waits(&self) {
        self.debts.since.lock().insert(self.number, Instant::now());
    }

    /// It has no bytes to give just now.
    pub(crate) fn rests(&self) {
        self.debts.since.lock().remove(&self.number);
    }
}

impl Drop for Debt {
    fn drop(&mut self) {
        self.rests();
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{advance, timeout};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    async fn is_overdue(debts: &Debts) -> bool {
        timeout(Duration::ZERO, debts.overdue(PATIENCE)).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn only_bytes_that_wait_are_overdue() {
        let debts = Arc::new(Debts::default());
        let (read, unread) = (debts.owe(), debts.owe());
        advance(PATIENCE / 2).await;
        read.waits();
        assert!(!is_overdue(&debts).await);
        advance(PATIENCE / 2).await;
        assert!(is_overdue(&debts).await);
        drop(unread);
        assert!(!is_overdue(&debts).await);
        read.rests();
        advance(PATIENCE).await;
        assert!(!is_overdue(&debts).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_debt_that_begins_while_nothing_waits_is_overdue_in_its_own_time() {
        let debts = Arc::new(Debts::default());
        let begun = Instant::now();
        let late = async {
            tokio::time::sleep(PATIENCE / 3).await;
            debts.owe()
        };
        let (_debt, ()) = tokio::join!(late, debts.overdue(PATIENCE));
        assert_eq!(begun.elapsed(), PATIENCE / 3 + PATIENCE);
    }
}
