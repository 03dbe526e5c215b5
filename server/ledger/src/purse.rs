//! Credits that may be spent from memory: a purse holds its account's lease, a reservation a part of it.
//! Never asks the database; whether a lease still counts is decided by the fence of each commit.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::*},
    },
    time::Instant,
};

use inos_protocols::{AccountId, Microcredits};
use parking_lot::RwLock;

use crate::{Allowance, Budget, Limit, Share};

/// The dense number of an account within one database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountNo(pub i64);

/// An account's credits as this node holds them.
pub struct Purse {
    /// The account.
    pub account: AccountId,
    /// Its number in the database.
    pub no: AccountNo,
    lease: RwLock<Option<Arc<Lease>>>,
    /// Whether there is a budget: all that a job of an account without one has to look at.
    limited: AtomicBool,
    budget: RwLock<Option<Arc<Budget>>>,
    /// Whether the account wants to hear when little is left.
    watched: AtomicBool,
    /// Whether anything was reserved since the keeper last looked.
    pub(crate) used: AtomicBool,
    /// One refill at a time: those who wait for it share its answer.
    pub(crate) refill: tokio::sync::Mutex<Answer>,
}

/// What the database last said to somebody who asked for more credits than there were.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) asked: Option<Instant>,
    /// What was there; nothing when the database did not answer.
    pub(crate) available: Option<Microcredits>,
}

/// Credits under one token. All numbers are microcredits.
pub(crate) struct Lease {
    pub(crate) token: i64,
    /// Not reserved by anybody.
    credits: AtomicI64,
    /// What the database has under the token: `credits` and all reservations.
    granted: AtomicI64,
    /// When this node stops trusting it, in milliseconds of [`uptime_ms`].
    until_ms: AtomicU64,
}

/// Milliseconds of a clock that no one can set.
pub(crate) fn uptime_ms() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed().as_millis() as u64
}

impl Purse {
    pub(crate) fn new(account: AccountId, no: AccountNo) -> Self {
        let (lease, refill) = (RwLock::new(None), tokio::sync::Mutex::default());
        let (limited, budget) = (AtomicBool::new(false), RwLock::new(None));
        Self {
            account,
            no,
            lease,
            limited,
            budget,
            watched: AtomicBool::new(false),
            used: AtomicBool::new(false),
            refill,
        }
    }

    /// Puts `amount` aside from memory alone; `None` when the lease has too little or is about to expire.
    pub(crate) fn reserve(self: &Arc<Self>, amount: Microcredits) -> Option<Reservation> {
        if amount == Microcredits::ZERO {
            return Some(Reservation { purse: self.clone(), parts: Parts::None, limits: Vec::new(), share: None });
        }
        // A lease that is just being replaced counts as too small; nobody waits here.
        let lease = self.lease.try_read()?.clone()?;
        if uptime_ms() >= lease.until_ms.load(Relaxed) || !lease.take(amount.as_i64()) {
            return None;
        }
        if !self.used.load(Relaxed) {
            self.used.store(true, Relaxed);
        }
        let parts = Parts::One(lease, amount.as_i64());
        Some(Reservation { purse: self.clone(), parts, limits: Vec::new(), share: None })
    }

    /// Whether the account has a budget of its own.
    pub fn is_limited(&self) -> bool {
        self.limited.load(Relaxed)
    }

    /// The account's budget, if it has one.
    pub(crate) fn budget(&self) -> Option<Arc<Budget>> {
        if self.is_limited() { self.budget.read().clone() } else { None }
    }

    /// Whether the account wants to hear when little is left.
    pub(crate) fn is_watched(&self) -> bool {
        self.watched.load(Relaxed)
    }

    /// Says whether it does.
    pub(crate) fn set_watched(&self, watched: bool) {
        self.watched.store(watched, Relaxed);
    }

    /// Sets the account's budget, or takes it away.
    pub(crate) fn set_budget(&self, budget: Option<Arc<Budget>>) {
        let mut place = self.budget.write();
        self.limited.store(budget.is_some(), Release);
        *place = budget;
    }

    /// The lease, if there is one.
    pub(crate) fn lease(&self) -> Option<Arc<Lease>> {
        self.lease.read().clone()
    }

    /// What is leased and nobody has reserved.
    pub(crate) fn free(&self) -> i64 {
        self.lease().map_or(0, |lease| lease.free())
    }

    /// What is put aside for jobs under way here and not yet in the database.
    pub(crate) fn reserved(&self) -> i64 {
        self.lease().map_or(0, |lease| (lease.granted.load(Relaxed) - lease.credits.load(Relaxed)).max(0))
    }

    /// Adds credits that the database has granted under `token`.
    pub(crate) fn granted(&self, token: i64, amount: i64, until_ms: u64) {
        let mut lease = self.lease.write();
        match &*lease {
            Some(same) if same.token == token => {
                same.granted.fetch_add(amount, AcqRel);
                same.credits.fetch_add(amount, AcqRel);
                same.until_ms.fetch_max(until_ms, AcqRel);
            }
            _ => {
                let fresh = Lease { token, credits: amount.into(), granted: amount.into(), until_ms: until_ms.into() };
                *lease = Some(Arc::new(fresh));
            }
        }
    }

    /// Forgets the lease with this token: the database no longer knows it.
    pub(crate) fn lost(&self, token: i64) {
        let mut lease = self.lease.write();
        if lease.as_ref().is_some_and(|lease| lease.token == token) {
            *lease = None;
        }
    }
}

impl Lease {
    fn take(&self, amount: i64) -> bool {
        self.credits.fetch_update(AcqRel, Acquire, |credits| (credits >= amount).then(|| credits - amount)).is_ok()
    }

    /// Takes whatever nobody has reserved, to give it back to the database.
    pub(crate) fn drain(&self) -> i64 {
        self.credits.swap(0, AcqRel)
    }

    /// Puts back what [`Lease::drain`] took.
    pub(crate) fn refund(&self, amount: i64) {
        self.credits.fetch_add(amount, AcqRel);
    }

    /// The database no longer has this much under the token.
    pub(crate) fn shrink(&self, amount: i64) {
        self.granted.fetch_sub(amount, AcqRel);
    }

    /// The database has moved the expiry.
    pub(crate) fn renewed(&self, until_ms: u64) {
        self.until_ms.fetch_max(until_ms, AcqRel);
    }

    /// What nobody has reserved.
    pub(crate) fn free(&self) -> i64 {
        self.credits.load(Acquire)
    }

    /// Whether every credit of it was given back or spent.
    pub(crate) fn is_empty(&self) -> bool {
        self.granted.load(Acquire) <= 0
    }

    /// When this node stops trusting it.
    pub(crate) fn until_ms(&self) -> u64 {
        self.until_ms.load(Acquire)
    }
}

/// Credits put aside. Dropping it gives them back to the purse.
pub struct Reservation {
    purse: Arc<Purse>,
    parts: Parts,
    /// What it takes of budgets; none for most.
    limits: Vec<Limit>,
    /// What it takes of the allowance that the job is under, if any.
    share: Option<Arc<Share>>,
}

enum Parts {
    None,
    One(Arc<Lease>, i64),
    Many(Vec<(Arc<Lease>, i64)>),
}

impl Parts {
    fn as_slice(&self) -> &[(Arc<Lease>, i64)] {
        match self {
            Self::None | Self::One(..) => &[],
            Self::Many(parts) => parts,
        }
    }

    fn into_vec(self) -> Vec<(Arc<Lease>, i64)> {
        match self {
            Self::None => Vec::new(),
            Self::One(lease, amount) => vec![(lease, amount)],
            Self::Many(parts) => parts,
        }
    }
}

impl Reservation {
    /// How much is put aside.
    pub fn amount(&self) -> Microcredits {
        let amount = match &self.parts {
            Parts::One(_, amount) => *amount,
            other => other.as_slice().iter().map(|(_, amount)| amount).sum(),
        };
        Microcredits::saturating(amount as u64)
    }

    /// Whose credits they are.
    pub fn purse(&self) -> &Arc<Purse> {
        &self.purse
    }

    /// What it takes of budgets.
    pub fn limits(&self) -> &[Limit] {
        &self.limits
    }

    /// Takes a part of a budget along.
    pub(crate) fn put_under(&mut self, limit: Limit) {
        self.limits.push(limit);
    }

    /// Puts the job under an allowance, or says how little is left of it.
    pub fn put_within(&mut self, allowance: &Arc<Allowance>) -> Result<(), Microcredits> {
        self.share = Some(Arc::new(allowance.take(self.amount())?));
        Ok(())
    }

    /// What the job has of its allowance, for whoever knows what it comes to in the end. Where nobody does, since
    /// whoever asked was told that the database was away, it has spent all of it if it was accepted after all.
    pub fn share(&self) -> Option<Arc<Share>> {
        self.share.clone()
    }

    /// Adds another reservation of the same purse to this one.
    pub fn absorb(&mut self, mut more: Reservation) {
        debug_assert_eq!(self.purse.no, more.purse.no, "a reservation grows from its own purse");
        let limits = std::mem::take(&mut more.limits);
        if let Some(share) = more.share.take() {
            match &self.share {
                Some(own) => own.absorb(&share),
                None => self.share = Some(share),
            }
        }
        let more = std::mem::replace(&mut more.parts, Parts::None).into_vec();
        let mut parts = std::mem::replace(&mut self.parts, Parts::None).into_vec();
        for (lease, amount) in more {
            match parts.iter_mut().find(|(known, _)| Arc::ptr_eq(known, &lease)) {
                Some((_, sum)) => *sum += amount,
                None => parts.push((lease, amount)),
            }
        }
        self.parts = Parts::Many(parts);
        for limit in limits {
            match self.limits.iter_mut().find(|known| known.of() == limit.of()) {
                Some(known) => known.amount += limit.amount,
                None => self.limits.push(limit),
            }
        }
    }

    /// Calls `each` with the token of every lease that pays for `amount` and what it pays.
    pub(crate) fn pay(&self, amount: i64, mut each: impl FnMut(i64, i64)) {
        let mut due = amount;
        let mut pay = |lease: &Lease, there: i64| {
            let paid = due.min(there);
            due -= paid;
            if paid > 0 {
                each(lease.token, paid);
            }
        };
        match &self.parts {
            Parts::One(lease, there) => pay(lease, *there),
            other => other.as_slice().iter().for_each(|(lease, there)| pay(lease, *there)),
        }
    }

    /// Calls `each` with the token of every lease it is a part of.
    pub(crate) fn tokens(&self, mut each: impl FnMut(i64)) {
        match &self.parts {
            Parts::One(lease, _) => each(lease.token),
            other => other.as_slice().iter().for_each(|(lease, _)| each(lease.token)),
        }
    }

    /// The database has taken `amount` and renewed its leases; the rest goes back to the purse.
    pub(crate) fn spent(&mut self, amount: i64, until_ms: u64) {
        let mut due = amount;
        let mut spend = |lease: &Lease, there: i64| {
            let paid = due.min(there);
            due -= paid;
            if paid > 0 {
                lease.shrink(paid);
                lease.renewed(until_ms);
            }
            lease.refund(there - paid);
        };
        match std::mem::replace(&mut self.parts, Parts::None) {
            Parts::One(lease, there) => spend(&lease, there),
            other => other.as_slice().iter().for_each(|(lease, there)| spend(lease, *there)),
        }
        std::mem::take(&mut self.limits).iter().for_each(|limit| limit.written(amount));
        if let Some(alone) = self.share.take().and_then(Arc::into_inner) {
            alone.spent(Microcredits::saturating(amount as u64));
        }
    }

    /// Everything goes back to the purse; what is left is a reservation of nothing.
    pub(crate) fn give_back(&mut self) {
        match std::mem::replace(&mut self.parts, Parts::None) {
            Parts::One(lease, amount) => lease.refund(amount),
            other => other.as_slice().iter().for_each(|(lease, amount)| lease.refund(*amount)),
        }
        std::mem::take(&mut self.limits).iter().for_each(Limit::put_back);
        self.share = None;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.give_back();
    }
}
