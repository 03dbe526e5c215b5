//! Hard limits on what jobs may cost: an account's for every month, a key's in all. Parts are taken from memory like
//! leases; each commit is fenced on what the database has, so that no number of servers spends more than the limit.

use std::{collections::HashMap, sync::Arc, time::Instant};

use inos_protocols::{KeyId, Microcredits, month::Month, time::Time};
use parking_lot::Mutex;

use crate::AccountNo;

/// The month of a limit that has none.
const EVER: i64 = 0;

/// A limit as this node knows it.
pub struct Budget {
    pub(crate) account: AccountNo,
    /// The key that it is for; none where it is the account's own.
    pub(crate) key: Option<KeyId>,
    state: Mutex<State>,
    /// One question to the database at a time: those who wait share its answer.
    pub(crate) asking: tokio::sync::Mutex<()>,
}

/// All amounts are microcredits.
#[derive(Default)]
struct State {
    /// What the database said last, and when.
    read: Option<Instant>,
    /// The month it is about, and its end.
    month: i64,
    until: Time,
    /// The limit; none where it was taken away.
    cap: Option<i64>,
    /// Used by others, or by this node before it asked.
    others: i64,
    /// Written by this node since it first asked.
    own: i64,
    /// Taken and not yet written.
    taken: i64,
}

/// A part of a limit that a job has taken.
#[derive(Clone)]
pub struct Limit {
    pub(crate) budget: Arc<Budget>,
    pub(crate) month: i64,
    pub(crate) amount: i64,
}

/// What there is of a limit.
pub(crate) enum Taken {
    Part(Limit),
    /// There is no limit any more.
    Free,
    TooLittle(Microcredits),
}

/// Limits by account and key.
pub(crate) type Budgets = Mutex<HashMap<(AccountNo, Option<KeyId>), Arc<Budget>>>;

/// A limit's name in the database: account, key (empty for the account's own) and month.
pub(crate) type Name = (i64, Vec<u8>, i64);

impl Budget {
    pub(crate) fn new(account: AccountNo, key: Option<KeyId>) -> Self {
        Self { account, key, state: Mutex::default(), asking: tokio::sync::Mutex::default() }
    }

    /// The month that counts at that time.
    pub(crate) fn month_at(&self, now: Time) -> i64 {
        if self.key.is_some() { EVER } else { i64::from(Month::of(now).number()) }
    }

    /// The limit's name for the database.
    pub(crate) fn name(&self, month: i64) -> Name {
        (self.account.0, self.key_bytes().to_vec(), month)
    }

    /// The key as the database has it.
    pub(crate) fn key_bytes(&self) -> &[u8] {
        self.key.as_ref().map_or(&[], |key| key.as_bytes())
    }

    /// Takes a part from memory.
    pub(crate) fn take(self: &Arc<Self>, amount: i64) -> Taken {
        let mut state = self.state.lock();
        if state.read.is_none() {
            return Taken::TooLittle(Microcredits::ZERO);
        }
        let Some(cap) = state.cap else { return Taken::Free };
        let left = cap - state.others - state.own - state.taken;
        if left < amount {
            return Taken::TooLittle(Microcredits::saturating(left.max(0) as u64));
        }
        state.taken += amount;
        Taken::Part(Limit { budget: self.clone(), month: state.month, amount })
    }

    /// Whether the database must be asked: never asked, the month is over, or others may have changed it meanwhile.
    pub(crate) fn is_stale(&self, now: Time, trusted: std::time::Duration) -> bool {
        let state = self.state.lock();
        now >= state.until || state.read.is_none_or(|read| read.elapsed() >= trusted)
    }

    /// Whether what memory says of the month still counts.
    pub(crate) fn is_current(&self, now: Time) -> bool {
        now < self.state.lock().until
    }

    /// What the database says.
    pub(crate) fn loaded(&self, month: i64, cap: Option<i64>, used: i64) {
        let mut state = self.state.lock();
        if state.month != month || state.read.is_none() {
            let until = if self.key.is_some() { Time::MAX } else { end_of(month) };
            *state = State { month, until, ..State::default() };
        }
        (state.read, state.cap, state.others) = (Some(Instant::now()), cap, used - state.own);
    }

    /// The limit was changed here, and so much of it is used.
    pub(crate) fn changed(&self, month: i64, cap: Option<i64>, used: i64) {
        match cap {
            Some(_) => self.loaded(month, cap, used),
            None => self.state.lock().cap = None,
        }
    }

    fn change(&self, month: i64, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock();
        // What was taken in a month that is over counts there and no longer here.
        if state.month == month && state.read.is_some() {
            change(&mut state);
        }
    }
}

impl Limit {
    /// A part that an accepted job took before a restart: it stands in the database.
    pub(crate) fn held(budget: Arc<Budget>, month: i64, amount: i64) -> Self {
        Self { budget, month, amount }
    }

    /// The key whose limit it is, and the month; for whoever must find it again after a restart.
    pub fn of(&self) -> (Option<KeyId>, i64) {
        (self.budget.key, self.month)
    }

    /// The database has `amount` of it; the rest is free again.
    pub(crate) fn written(&self, amount: i64) {
        self.budget.change(self.month, |state| {
            state.taken -= self.amount;
            state.own += amount;
        });
    }

    /// Nothing of it was used.
    pub(crate) fn put_back(&self) {
        self.budget.change(self.month, |state| state.taken -= self.amount);
    }

    /// Of what the database has of it, only `cost` was used.
    pub(crate) fn ended(&self, cost: i64) {
        self.budget.change(self.month, |state| state.own -= self.amount - cost);
    }
}

fn end_of(month: i64) -> Time {
    Month::from_number(month).map_or(Time::MAX, |month| month.next().begins())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(budget: &Arc<Budget>) -> u64 {
        match budget.take(i64::MAX / 2) {
            Taken::TooLittle(left) => left.get(),
            _ => unreachable!("nobody has that much"),
        }
    }

    fn part(budget: &Arc<Budget>, amount: i64) -> Limit {
        match budget.take(amount) {
            Taken::Part(part) => part,
            _ => panic!("there is less than {amount}"),
        }
    }

    #[test]
    fn what_is_taken_is_written_or_comes_back() {
        let budget = Arc::new(Budget::new(AccountNo(1), None));
        assert_eq!(left(&budget), 0, "before it is known, nothing may be taken");
        let month = budget.month_at(Time::now());
        budget.loaded(month, Some(100), 10);
        let (one, two, three) = (part(&budget, 40), part(&budget, 30), part(&budget, 20));
        assert_eq!(left(&budget), 0);
        one.written(25);
        two.put_back();
        assert_eq!(left(&budget), 45);
        three.written(20);
        three.ended(5);
        assert_eq!(left(&budget), 60);
        // What this node wrote is in what the database says; what others used is found out.
        budget.loaded(month, Some(100), 10 + 25 + 5 + 7);
        assert_eq!(left(&budget), 53);
        let late = part(&budget, 3);
        budget.loaded(month + 1, Some(100), 0);
        late.written(3);
        assert_eq!(left(&budget), 100, "another month is another limit");
    }
}
