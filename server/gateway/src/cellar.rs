//! The memory that messages take while they are read or written, bounded for all together, and for the frames of one account.
//! Never looks at what they say.

use std::{collections::HashMap, sync::Arc};

use inos_protocols::{AccountId, Refusal, refusal::Kind};
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The part of all room that the WebSocket frames of one account may take: whoever reads slowly, on however many connections,
/// leaves the rest to others.
const ACCOUNT_PART: usize = 4;
/// When whoever found no room may come back, in milliseconds.
const RETRY_AFTER_MS: u64 = 1_000;

/// What bodies that are read as a whole, and frames that wait to be read, may hold together; a body that comes in a single
/// piece needs no room here.
pub(crate) struct Cellar {
    room: Arc<Semaphore>,
    account_kib_max: usize,
    /// The KiB of each account that has frames here.
    frames: Arc<Mutex<HashMap<AccountId, usize>>>,
}

/// The room of one account's frames.
#[derive(Clone, Copy)]
pub(crate) struct Share<'c> {
    cellar: &'c Cellar,
    account: AccountId,
}

/// The room that a frame takes; given back when this is dropped, so it is kept for as long as the frame is.
pub(crate) struct StoredFrame {
    _room: OwnedSemaphorePermit,
    frames: Arc<Mutex<HashMap<AccountId, usize>>>,
    account: AccountId,
    kib: usize,
}

impl Cellar {
    /// Room for this many bytes, counted in KiB.
    pub(crate) fn new(bytes_max: u64) -> Self {
        let kib = usize::try_from(bytes_max / 1024).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self { room: Arc::new(Semaphore::new(kib)), account_kib_max: kib / ACCOUNT_PART, frames: Arc::default() }
    }

    /// Room for `len` bytes, or a refusal where there is none.
    pub(crate) fn store(&self, len: usize) -> Result<OwnedSemaphorePermit, Refusal> {
        let kib = u32::try_from(len.div_ceil(1024)).unwrap_or(u32::MAX);
        Arc::clone(&self.room).try_acquire_many_owned(kib).map_err(|_| {
            let detail = "The server holds as many bytes of requests as it may. Nothing was run or charged; try again.";
            Refusal::new(Kind::Overloaded, detail).retry_after_ms(RETRY_AFTER_MS)
        })
    }

    /// The room of an account's frames.
    pub(crate) fn of(&self, account: AccountId) -> Share<'_> {
        Share { cellar: self, account }
    }
}

impl Share<'_> {
    /// Room for a frame of `len` bytes; a refusal where the account has taken its share, or all room is taken.
    pub(crate) fn store(&self, len: usize) -> Result<StoredFrame, Refusal> {
        let Self { cellar, account } = *self;
        let (kib, max) = (len.div_ceil(1024), cellar.account_kib_max);
        let mut frames = cellar.frames.lock();
        let taken = frames.get(&account).copied().unwrap_or_default();
        if taken.saturating_add(kib) > max {
            let detail = format!(
                "{taken} KiB of frames wait for the readers of this account, and its share of the server's room is {max} KiB; they read too slowly."
            );
            return Err(Refusal::new(Kind::Overloaded, detail).retry_after_ms(RETRY_AFTER_MS));
        }
        let room = cellar.store(len)?;
        frames.insert(account, taken + kib);
        Ok(StoredFrame { _room: room, frames: Arc::clone(&cellar.frames), account, kib })
    }
}

impl Drop for StoredFrame {
    fn drop(&mut self) {
        let mut frames = self.frames.lock();
        let Some(taken) = frames.get_mut(&self.account) else { return };
        *taken = taken.saturating_sub(self.kib);
        if *taken == 0 {
            frames.remove(&self.account);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_one_account_take_a_quarter_of_all_room_at_most() {
        let cellar = Cellar::new(16 << 10);
        let [one, other] = [AccountId::new(), AccountId::new()];
        let held: Vec<_> = (0..4).map(|_| cellar.of(one).store(1024).unwrap()).collect();
        let refused = cellar.of(one).store(1).err().unwrap();
        assert_eq!(refused.kind, Kind::Overloaded);
        assert!(refused.detail.contains("4 KiB"), "{}", refused.detail);
        let whole = cellar.of(other).store(4 << 10).unwrap();
        assert!(cellar.store(8 << 10).is_ok(), "bodies have the rest");
        assert!(cellar.store((8 << 10) + 1).is_err());
        drop(held);
        assert!(cellar.of(one).store(4 << 10).is_ok());
        drop(whole);
        assert!(cellar.frames.lock().is_empty(), "nothing is remembered of accounts that have no frames here");
    }

    #[test]
    fn a_share_is_no_promise_where_all_room_is_taken() {
        let cellar = Cellar::new(16 << 10);
        let account = AccountId::new();
        let bodies = cellar.store(15 << 10).unwrap();
        assert!(cellar.of(account).store(2 << 10).is_err());
        assert!(cellar.frames.lock().is_empty(), "what was refused is not counted");
        drop(bodies);
        assert!(cellar.of(account).store(2 << 10).is_ok());
    }
}
