//! Looks after leases: renews those in use, gives idle ones back. Asks nothing while nothing is leased.

use std::{
    sync::{Arc, Weak, atomic::Ordering::Relaxed},
    time::Duration,
};

use crate::{Error, Purse, ledger::Shared, purse::uptime_ms};

/// Runs until the ledger is gone.
pub(crate) async fn keep(shared: Weak<Shared>) {
    loop {
        let Some(strong) = shared.upgrade() else { return };
        let round = Duration::from_millis((strong.lease_ms / 4).max(10));
        if !strong.has_leases() {
            // Holding on to the ledger here would keep it alive for good: it aborts this task when it goes.
            strong.leased.notified().await;
        }
        drop(strong);
        tokio::time::sleep(round).await;
        let Some(strong) = shared.upgrade() else { return };
        strong.look_after_leases().await;
        strong.forget_idle_purses();
    }
}

impl Shared {
    fn has_leases(&self) -> bool {
        self.purses.lock().values().any(|purse| purse.lease().is_some())
    }

    /// Purses that nobody holds and that lease nothing.
    fn forget_idle_purses(&self) {
        self.purses.lock().retain(|_, purse| Arc::strong_count(purse) > 1 || purse.lease().is_some());
    }

    async fn look_after_leases(&self) {
        let purses: Vec<Arc<Purse>> = self.purses.lock().values().cloned().collect();
        for purse in purses {
            if let Err(error) = self.look_after(&purse).await {
                tracing::debug!(error = &error as &dyn std::error::Error, "a lease was left as it is");
            }
        }
    }

    async fn look_after(&self, purse: &Purse) -> Result<(), Error> {
        let Some(lease) = purse.lease() else { return Ok(()) };
        self.look_at_balance(purse).await?;
        let in_use = purse.used.swap(false, Relaxed) || purse.reserved() > 0;
        if !in_use {
            // Nobody may take what is being given back, and no refill may add to it.
            let _alone = purse.refill.lock().await;
            return self.give_back(purse).await;
        }
        if lease.until_ms() < uptime_ms() + self.lease_ms / 2 {
            return self.renew(purse).await;
        }
        Ok(())
    }
}
