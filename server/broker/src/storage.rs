//! Charges accounts for what they keep, by size and time, where prices say so: blobs, and outputs kept with their jobs.

use std::{collections::HashMap, time::Duration};

use inos_ledger::{AccountNo, KeptOutputs, StorageClock, StoredTime};
use inos_protocols::time::Time;

use crate::{Inside, events::Happening, payload::Place, read::places};

/// The longest time that one look charges for: what a server that was away, or whose clock was set forward, did not see
/// beyond that is nobody's to pay.
const LOOK_BACK_MAX: Duration = Duration::from_secs(86_400);

/// What each account stored in a stretch of time.
struct Tally {
    from: Time,
    upto: Time,
    accounts: HashMap<AccountNo, StoredTime>,
}

impl Inside {
    /// Charges for the time since the last look, if that is long enough ago.
    pub(crate) async fn charge_storage(&self) -> Result<(), inos_ledger::Error> {
        let (clock, rate) =
            (self.ledger.storage_clock().await?, self.engine.catalogue().priced().prices.stored_mib_day());
        // Whole seconds, as they are charged for: no part of one is lost between two looks.
        let now = Time::from_ms(Time::now().as_ms() / 1000 * 1000);
        let next = (rate > 0).then_some(StorageClock { since: now, rate });
        let Some(begun) = clock else {
            return self.ledger.set_storage_clock(None, next).await.map(drop);
        };
        if now <= begun.since {
            // The clock was set back: what it passes again was charged for already.
            if begun.since > now.plus_ms(self.options.storage_charged_every.as_millis() as u64) {
                tracing::error!(until = %begun.since, "storage is charged up to a time that is far ahead: was a clock wrong?");
            }
            return Ok(());
        }
        let every_ms = self.options.storage_charged_every.as_millis() as u64;
        if rate == begun.rate && now < begun.since.plus_ms(every_ms) {
            return Ok(());
        }
        // Where another server was in it, the next look begins where each account's time ended: what lies between the two
        // looks would be nobody's to pay.
        if self.look_at_storage(begun, now).await? {
            self.ledger.set_storage_clock(Some(begun), next).await?;
        }
        Ok(())
    }

    /// Charges everybody at the rate that stood when the time began, and tells whether nobody else did. Who was charged
    /// before this was cut off, or by another server, is not charged again.
    async fn look_at_storage(&self, begun: StorageClock, now: Time) -> Result<bool, inos_ledger::Error> {
        let earliest = Time::from_ms(now.as_ms().saturating_sub(LOOK_BACK_MAX.as_millis() as u64));
        let mut tally = Tally { from: begun.since.max(earliest), upto: now, accounts: HashMap::new() };
        for (account, from) in self.books.storage_begun(tally.from).await? {
            tally.accounts.insert(account, StoredTime { account, from, upto: now, kib_seconds: 0 });
        }
        for stored in self.books.stored(tally.from, now).await? {
            tally.accounts.insert(stored.account, stored);
        }
        let mut after = (0, 0);
        while let Some((page, end)) = self.books.kept_outputs(after).await? {
            page.iter().for_each(|kept| tally.add(kept));
            after = end;
        }
        let mut is_alone = true;
        for stored in tally.accounts.into_values().filter(|stored| stored.from < stored.upto) {
            let Some(charge) = self.ledger.charge_storage(stored, begun.rate).await? else {
                is_alone = false;
                continue;
            };
            if charge.owed.get() > 0 {
                let what = Happening::StorageOwed { paid: charge.paid, owed: charge.owed };
                self.events.tell_account(charge.account, what);
            }
        }
        Ok(is_alone)
    }
}

impl Tally {
    fn add(&mut self, kept: &KeptOutputs) {
        let (from, upto) = (self.from, self.upto);
        let stored = self.accounts.entry(kept.account);
        let stored = stored.or_insert(StoredTime { account: kept.account, from, upto, kib_seconds: 0 });
        let seconds = upto.as_ms().saturating_sub(kept.since.max(stored.from).as_ms()) / 1000;
        stored.kib_seconds = stored.kib_seconds.saturating_add(kib(kept).saturating_mul(seconds));
    }
}

/// How many KiB a job's outputs take; those that became blobs are counted as blobs.
fn kib(kept: &KeptOutputs) -> u64 {
    // What cannot be read is named by `inos check`, and nobody pays for it.
    let places = places(Some(&kept.kept)).ok().flatten().unwrap_or_default();
    let own = places.iter().zip(&kept.outputs).filter(|(place, _)| !matches!(place, Place::Blob(_) | Place::Job(_)));
    own.map(|(_, output)| output.bytes.div_ceil(1024)).sum()
}
