//! How many bytes each owner holds, with a hard cap. Never knows what they are held for.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::spin::SpinLock;

const SHARD_COUNT: usize = 16;

/// The bytes held, per owner; owners without any are forgotten when their entries are needed.
#[derive(Debug)]
pub(crate) struct Accounts {
    shards: [Shard; SHARD_COUNT],
    bytes_max: usize,
}

#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard(SpinLock<Held>);

type Held = HashMap<u64, usize, BuildHasherDefault<OwnerHasher>>;

impl Accounts {
    pub(crate) fn new(bytes_max: usize) -> Accounts {
        Accounts { shards: Default::default(), bytes_max }
    }

    /// The most that one owner may hold.
    pub(crate) fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// Adds to what an owner holds; `false`, and nothing added, where that would pass the cap.
    #[inline]
    pub(crate) fn charge(&self, owner: u64, bytes: usize) -> bool {
        if bytes > self.bytes_max {
            return false;
        }
        let mut held = self.shard(owner).0.lock();
        match held.get_mut(&owner) {
            Some(present) if *present > self.bytes_max - bytes => return false,
            Some(present) => *present += bytes,
            None => insert(&mut held, owner, bytes),
        }
        true
    }

    /// Takes from what an owner holds.
    #[inline]
    pub(crate) fn release(&self, owner: u64, bytes: usize) {
        let mut held = self.shard(owner).0.lock();
        *held.get_mut(&owner).expect("who holds bytes has an entry") -= bytes;
    }

    /// What an owner holds.
    pub(crate) fn held(&self, owner: u64) -> usize {
        self.shard(owner).0.lock().get(&owner).copied().unwrap_or(0)
    }

    #[inline]
    fn shard(&self, owner: u64) -> &Shard {
        &self.shards[(mix(owner) >> 32) as usize % SHARD_COUNT]
    }
}

/// Instead of growing, the table forgets owners that hold nothing, unless they are too few to be worth it.
#[cold]
fn insert(held: &mut Held, owner: u64, bytes: usize) {
    if held.len() == held.capacity() {
        held.retain(|_, bytes| *bytes > 0);
        if held.len() > held.capacity() / 2 {
            held.reserve(held.capacity());
        }
    }
    held.insert(owner, bytes);
}

/// Owners are our own dense numbers, so that one multiplication spreads them well enough.
#[derive(Debug, Default)]
struct OwnerHasher(u64);

impl Hasher for OwnerHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| mix(hash ^ u64::from(*byte)));
    }

    fn write_u64(&mut self, owner: u64) {
        self.0 = mix(owner);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[inline]
fn mix(owner: u64) -> u64 {
    let product = owner.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    product ^ (product >> 29)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::Accounts;

    #[test]
    fn owners_that_hold_nothing_are_forgotten() {
        let accounts = Accounts::new(100);
        assert!(accounts.charge(u64::MAX, 60));
        for owner in 0..100_000 {
            assert!(accounts.charge(owner, 100) && !accounts.charge(owner, 1));
            accounts.release(owner, 100);
        }
        assert_eq!((accounts.held(u64::MAX), accounts.held(7)), (60, 0));
        let entries: usize = accounts.shards.iter().map(|shard| shard.0.lock().len()).sum();
        assert!(entries < 1000, "{entries} entries for one owner that holds bytes");
    }

    #[test]
    fn owners_that_hold_bytes_are_all_kept() {
        let accounts = Accounts::new(usize::MAX);
        assert!((0..50_000).all(|owner| accounts.charge(owner, owner as usize)));
        assert!((0..50_000).all(|owner| accounts.held(owner) == owner as usize));
        assert!(accounts.charge(1, usize::MAX - 1) && !accounts.charge(1, 1));
    }
}
