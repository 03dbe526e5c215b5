//! Which entries of a batch can be committed. The quick judgement asks nothing of the database and is right when all
//! are good; the careful one goes by what the database says, entry by entry, and is made only after the quick one failed.

use std::collections::{HashMap, HashSet};

use inos_protocols::{JobId, Microcredits};

use super::posting::{Helds, Verdicts};
use crate::{ClaimGuard, CommitError, Entry, Reservation, Transfer, budget::Name};

/// An account as the database has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    pub(crate) balance: i64,
    /// What of the balance is held or leased.
    pub(crate) bound: i64,
    /// What must be left: below zero for the issuer alone.
    pub(crate) floor: i64,
}

/// What the database says of everything that a batch touches.
#[derive(Default)]
pub(crate) struct Facts {
    pub(crate) accounts: HashMap<i64, Standing>,
    /// What is left of leases, by account and token.
    pub(crate) leases: HashMap<(i64, i64), i64>,
    /// Jobs that are there already.
    pub(crate) jobs: HashSet<JobId>,
    /// Idempotency keys that have a job already.
    pub(crate) claims: HashMap<(i64, String), JobId>,
    /// What is left of limits.
    pub(crate) budgets: HashMap<Name, i64>,
}

/// What must be asked to judge a batch carefully.
#[derive(Default)]
pub(crate) struct Questions<'a> {
    pub(crate) accounts: Vec<i64>,
    /// Accounts and ids of new jobs.
    pub(crate) jobs: Vec<(i64, JobId)>,
    pub(crate) claims: Vec<(i64, &'a str)>,
    pub(crate) budgets: Vec<Name>,
}

impl<'a> Questions<'a> {
    pub(crate) fn about(entries: &[&'a Entry]) -> Self {
        let mut questions = Self::default();
        for entry in entries {
            let (job, claim, reservation) = match entry {
                Entry::Settle(settle) => (&settle.job, &settle.claim, &settle.reservation),
                Entry::Accept(accept) => (&accept.job, &accept.claim, &accept.reservation),
                Entry::Finish(_) => continue,
                Entry::Transfer(transfer) => {
                    questions.accounts.extend([transfer.debit().0, transfer.credit().0]);
                    questions.claims.extend(transfer.claim.as_ref().map(|claim| (claim.account().0, claim.key())));
                    continue;
                }
            };
            questions.accounts.push(job.purse.no.0);
            questions.jobs.push((job.purse.no.0, job.id));
            questions.claims.extend(claim.as_ref().map(|claim| (claim.account().0, claim.key())));
            questions.budgets.extend(reservation.limits().iter().map(|limit| limit.budget.name(limit.month)));
        }
        questions.budgets.sort_unstable();
        questions.budgets.dedup();
        questions.accounts.sort_unstable();
        questions.accounts.dedup();
        questions
    }
}

/// The verdicts that need nothing but the entries and the accepted jobs they end.
pub(crate) fn quickly(entries: &[&Entry], helds: &Helds) -> Verdicts {
    let mut ended = HashSet::new();
    entries.iter().map(|entry| alone(entry, helds, &mut ended).err()).collect()
}

/// The verdicts by what the database says.
pub(crate) fn carefully(entries: &[&Entry], helds: &Helds, mut facts: Facts) -> Verdicts {
    let mut ended = HashSet::new();
    let judge = |entry: &&Entry| alone(entry, helds, &mut ended).and_then(|()| facts.allow(entry)).err();
    entries.iter().map(judge).collect()
}

/// Whether an entry is good as far as it can be told from itself.
fn alone(entry: &Entry, helds: &Helds, ended: &mut HashSet<JobId>) -> Result<(), CommitError> {
    let (cost, there) = match entry {
        Entry::Settle(settle) => (settle.ending.cost, settle.reservation.amount()),
        Entry::Finish(finish) => {
            let held = helds.get(&(finish.purse.no.0, finish.id)).ok_or(CommitError::AlreadyFinal)?;
            (finish.ending.cost, Microcredits::saturating(held.hold as u64))
        }
        Entry::Accept(_) | Entry::Transfer(_) => return Ok(()),
    };
    if cost > there {
        return Err(CommitError::TooPoor { required: cost, available: there });
    }
    match entry {
        Entry::Finish(finish) if !ended.insert(finish.id) => Err(CommitError::AlreadyFinal),
        _ => Ok(()),
    }
}

impl Facts {
    /// Whether an entry is good after those before it; if it is, its effects are kept.
    fn allow(&mut self, entry: &Entry) -> Result<(), CommitError> {
        match entry {
            Entry::Settle(settle) => {
                let cost = settle.ending.cost.as_i64();
                self.allow_new(settle.job.id, settle.claim.as_ref(), &settle.reservation, cost)
            }
            Entry::Accept(accept) => {
                let hold = accept.reservation.amount().as_i64();
                self.allow_new(accept.job.id, accept.claim.as_ref(), &accept.reservation, hold)
            }
            Entry::Finish(_) => Ok(()),
            Entry::Transfer(transfer) => self.allow_transfer(transfer),
        }
    }

    fn allow_new(
        &mut self,
        id: JobId,
        claim: Option<&ClaimGuard>,
        reservation: &Reservation,
        amount: i64,
    ) -> Result<(), CommitError> {
        if self.jobs.contains(&id) {
            return Err(CommitError::Duplicate(id));
        }
        let key = claim.map(|claim| (claim.account().0, claim.key().to_owned()));
        if let Some(job) = key.as_ref().and_then(|key| self.claims.get(key)) {
            return Err(CommitError::Duplicate(*job));
        }
        let mut parts = Vec::new();
        reservation.pay(amount, |token, paid| parts.push(((reservation.purse().no.0, token), paid)));
        let covered = |(lease, paid): &((i64, i64), i64)| self.leases.get(lease).is_some_and(|left| left >= paid);
        if !parts.iter().all(covered) {
            return Err(CommitError::LeaseLost);
        }
        self.allow_within(reservation, amount)?;
        for (lease, paid) in parts {
            *self.leases.entry(lease).or_default() -= paid;
        }
        self.jobs.insert(id);
        self.claims.extend(key.map(|key| (key, id)));
        Ok(())
    }

    /// Every limit must have as much left; all of them are used, or none.
    fn allow_within(&mut self, reservation: &Reservation, amount: i64) -> Result<(), CommitError> {
        let names = || reservation.limits().iter().map(|limit| limit.budget.name(limit.month));
        for name in names() {
            let left = self.budgets.get(&name).copied().unwrap_or_default();
            if amount > 0 && left < amount {
                let credits = |amount: i64| Microcredits::saturating(amount.max(0) as u64);
                return Err(CommitError::OverBudget { required: credits(amount), available: credits(left) });
            }
        }
        names().for_each(|name| *self.budgets.entry(name).or_default() -= amount);
        Ok(())
    }

    /// A transfer may use what is neither held nor leased, and may not overfill an account.
    fn allow_transfer(&mut self, transfer: &Transfer) -> Result<(), CommitError> {
        let key = transfer.claim.as_ref().map(|claim| (claim.account().0, claim.key().to_owned()));
        if let Some(before) = key.as_ref().and_then(|key| self.claims.get(key)) {
            return Err(CommitError::Duplicate(*before));
        }
        let required = transfer.amount();
        let poor = |available: i64| CommitError::TooPoor {
            required,
            available: Microcredits::saturating(available.max(0) as u64),
        };
        let (debit, credit) = (transfer.debit().0, transfer.credit().0);
        let payer = *self.accounts.get(&debit).ok_or_else(|| poor(0))?;
        let payee = *self.accounts.get(&credit).ok_or_else(|| poor(0))?;
        let amount = required.as_i64();
        let available = payer.balance - payer.bound - payer.floor;
        if available < amount {
            return Err(poor(available));
        }
        let room = Microcredits::MAX.as_i64() - payee.balance;
        if room < amount {
            return Err(poor(room));
        }
        self.accounts.insert(debit, Standing { balance: payer.balance - amount, ..payer });
        self.accounts.insert(credit, Standing { balance: payee.balance + amount, ..payee });
        // Its id is made when it is written; until then it is enough that the key is taken.
        self.claims.extend(key.map(|key| (key, JobId::from_bytes([0; 16]))));
        Ok(())
    }
}
