//! What a stand-in for a key may still spend: in memory alone, as the stand-in is.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use inos_protocols::Microcredits;

/// What may still be spent, in microcredits.
pub struct Allowance {
    left: AtomicU64,
}

/// A part of an allowance that a job may spend. What it has not spent comes back when it is dropped.
pub struct Share {
    allowance: Arc<Allowance>,
    amount: AtomicU64,
}

impl Allowance {
    /// An allowance of this much.
    pub fn new(amount: Microcredits) -> Arc<Self> {
        Arc::new(Self { left: AtomicU64::new(amount.get()) })
    }

    /// What nobody has taken.
    pub fn left(&self) -> Microcredits {
        Microcredits::saturating(self.left.load(Relaxed))
    }

    /// Takes a part, or says how little there is.
    pub(crate) fn take(self: &Arc<Self>, amount: Microcredits) -> Result<Share, Microcredits> {
        let rest = |left: u64| left.checked_sub(amount.get());
        match self.left.fetch_update(Relaxed, Relaxed, rest) {
            Ok(_) => Ok(Share { allowance: self.clone(), amount: AtomicU64::new(amount.get()) }),
            Err(left) => Err(Microcredits::saturating(left)),
        }
    }
}

impl Share {
    /// The job has cost this much; the rest comes back. Only the first time counts.
    pub fn spent(&self, cost: Microcredits) {
        let amount = self.amount.swap(0, Relaxed);
        self.allowance.left.fetch_add(amount.saturating_sub(cost.get()), Relaxed);
    }

    /// Takes over what another share of the same allowance has.
    pub(crate) fn absorb(&self, other: &Self) {
        debug_assert!(Arc::ptr_eq(&self.allowance, &other.allowance), "a job is under one allowance");
        self.amount.fetch_add(other.amount.swap(0, Relaxed), Relaxed);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.spent(Microcredits::ZERO);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credits(amount: u64) -> Microcredits {
        Microcredits::saturating(amount)
    }

    #[test]
    fn what_is_taken_is_spent_or_comes_back() {
        let allowance = Allowance::new(credits(100));
        let (one, two) = (allowance.take(credits(60)).unwrap(), allowance.take(credits(40)).unwrap());
        assert_eq!(allowance.take(credits(1)).err(), Some(credits(0)));
        one.spent(credits(25));
        one.spent(credits(0));
        assert_eq!(allowance.left(), credits(35));
        let more = allowance.take(credits(30)).unwrap();
        two.absorb(&more);
        drop(more);
        assert_eq!(allowance.left(), credits(5), "it went over to the other");
        two.spent(credits(70));
        drop((one, two));
        assert_eq!(allowance.left(), credits(5));
    }
}
