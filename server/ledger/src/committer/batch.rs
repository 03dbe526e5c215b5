//! One batch from its entries to its answers, through collisions, outages and lost answers.
//! An entry is never both refused and written.

use std::{
    sync::atomic::Ordering::*,
    time::{Duration, Instant},
};

use inos_failpoints::{Point, reach};
use inos_protocols::JobId;

use super::{
    Answer, Outage, Request, Results, Turn, Vitals,
    posting::{Came, Helds, Posting, Writer},
    store::Store,
    trouble::{Cause, Fate, Trouble},
    verdict::{Questions, carefully, quickly},
};
use crate::{
    Accept, Barrier, ClaimGuard, CommitError, Entry, Settle,
    database::{PATIENCE, Soundness, pause},
    purse::uptime_ms,
};

/// How often a batch that collided with another writer is tried again.
const COLLISIONS_MAX: u32 = 5;
/// How long a lease is trusted less than the database grants it, as a part of its length.
const MARGIN_PART: u64 = 4;
/// How often a database that is away is asked while it is not waited for.
const RETRY: Duration = Duration::from_millis(500);

/// Everything that commits batches.
pub(super) struct Batch {
    store: Store,
    writer: Writer,
    barrier: Barrier,
    turn: Turn,
    vitals: Vitals,
    /// The number of the next commit, once it is known.
    sequence: Option<u64>,
    outage: Option<Outage>,
    doubts: Vec<Doubt>,
    /// Whether the database was found damaged; then nothing is written any more until somebody has looked at it.
    is_damaged: bool,
}

/// Entries that were answered "unavailable" while their commit may have happened. Their credits stay put aside until
/// the database tells.
struct Doubt {
    sequence: u64,
    entries: Vec<Entry>,
    results: Results,
}

/// How an attempt ended that did not write.
struct Failed {
    trouble: Trouble,
    /// The number and results of a commit that may have happened.
    doubted: Option<(u64, Results)>,
}

/// What became of a batch.
enum End {
    Written(Results),
    Refused,
    Doubted(u64, Results),
    /// The database refuses something in it for good.
    Poisoned,
}

impl Batch {
    pub(super) fn new(store: Store, writer: Writer, barrier: Barrier, turn: Turn, vitals: Vitals) -> Self {
        Self {
            store,
            writer,
            barrier,
            turn,
            vitals,
            sequence: None,
            outage: None,
            doubts: Vec::new(),
            is_damaged: false,
        }
    }

    /// Whether there is a reason to ask the database though nobody commits.
    pub(super) fn is_troubled(&self) -> bool {
        !self.is_damaged && (self.outage.is_some() || !self.doubts.is_empty())
    }

    /// Looks whether the database is back, and settles what was in doubt.
    pub(super) fn probe(&mut self) {
        let (begun, turn) = (Instant::now(), self.turn.clone().blocking_lock_owned());
        let done = self.store.probe().and_then(|()| self.settle_doubts());
        drop(turn);
        match done {
            Ok(()) => self.well(),
            Err(trouble) => self.ill(&trouble, begun),
        }
    }

    /// Commits requests together and answers each.
    pub(super) fn commit(&mut self, requests: Vec<Request>) {
        let entries: Vec<&Entry> = requests.iter().flat_map(|request| &request.entries).collect();
        let until_ms = uptime_ms() + self.writer.lease_ms - self.writer.lease_ms / MARGIN_PART;
        match self.drive(&entries) {
            End::Written(results) => answer(requests, results, until_ms),
            End::Refused => refuse(requests),
            End::Doubted(sequence, results) => self.doubt(sequence, requests, results),
            End::Poisoned if requests.len() > 1 => self.commit_halves(requests),
            End::Poisoned => refuse(requests),
        }
    }

    /// One bad row must not take those down that happened to share its commit.
    fn commit_halves(&mut self, mut requests: Vec<Request>) {
        let rest = requests.split_off(requests.len() / 2);
        self.commit(requests);
        self.commit(rest);
    }

    /// Settles what can be settled before the thread ends.
    pub(super) fn close(&mut self) {
        if !self.doubts.is_empty() {
            self.probe();
        }
    }

    /// Tries until the batch is written or there is no use in trying.
    fn drive(&mut self, entries: &[&Entry]) -> End {
        if self.is_damaged {
            return End::Refused;
        }
        if let Err(error) = (self.barrier)() {
            tracing::error!(error = &error as &dyn std::error::Error, "payloads could not be flushed");
            return End::Refused;
        }
        reach(Point::PayloadsFlushed);
        let (mut careful, mut collisions, mut doubted) = (false, 0, None);
        loop {
            if self.gives_up() {
                return doubted.map_or(End::Refused, |(sequence, results)| End::Doubted(sequence, results));
            }
            let (begun, turn) = (Instant::now(), self.turn.clone().blocking_lock_owned());
            let done = match doubted.take() {
                Some((sequence, results)) => self.after_doubt(sequence, results, entries, careful),
                None => self.attempt_without_doubts(entries, careful),
            };
            drop(turn);
            let failed = match done {
                Ok(results) => {
                    self.well();
                    return End::Written(results);
                }
                Err(failed) => failed,
            };
            self.sequence = None;
            doubted = failed.doubted;
            match failed.trouble {
                Trouble::Unfit if collisions < COLLISIONS_MAX => {
                    // A careful judgement that did not hold either was overtaken by another writer.
                    collisions += u32::from(careful);
                    careful = true;
                }
                Trouble::Collided(_) if collisions < COLLISIONS_MAX => {
                    std::thread::sleep(pause(collisions));
                    collisions += 1;
                }
                Trouble::Away(_) | Trouble::Doubt(_) => self.ill(&failed.trouble, begun),
                // Not even a careful judgement finds what the database does not like.
                Trouble::Unfit => return End::Poisoned,
                Trouble::Collided(cause) => return self.hopeless(cause, End::Refused),
                Trouble::Broken(cause) => return self.hopeless(cause, End::Poisoned),
                Trouble::Damaged(cause) => {
                    self.damaged(&*cause);
                    return End::Refused;
                }
            }
        }
    }

    /// Writes the batch unless its last commit turns out to have happened.
    fn after_doubt(
        &mut self,
        sequence: u64,
        results: Results,
        entries: &[&Entry],
        careful: bool,
    ) -> Result<Results, Failed> {
        match self.store.settle_doubt(self.writer.account, sequence) {
            Ok(Fate::Happened) => Ok(results),
            Ok(Fate::Never) => self.attempt(entries, careful),
            Err(trouble) => Err(Failed { trouble, doubted: Some((sequence, results)) }),
        }
    }

    /// Settles what is in doubt before anything else is written: another commit would take the number that tells what
    /// became of it.
    fn attempt_without_doubts(&mut self, entries: &[&Entry], careful: bool) -> Result<Results, Failed> {
        if !self.doubts.is_empty() {
            self.settle_doubts().map_err(|trouble| Failed { trouble, doubted: None })?;
        }
        self.attempt(entries, careful)
    }

    /// One transaction, from its beginning to its commit.
    fn attempt(&mut self, entries: &[&Entry], careful: bool) -> Result<Results, Failed> {
        let plain = |trouble| Failed { trouble, doubted: None };
        let account = self.writer.account;
        let sequence = match self.sequence {
            Some(sequence) => sequence,
            None => self.store.next_sequence(account).map_err(plain)?,
        };
        self.store.begin().map_err(plain)?;
        reach(Point::CommitBegun);
        let posting = match self.prepare(sequence, entries, careful) {
            Ok(posting) => posting,
            Err(trouble) => {
                self.store.roll_back();
                return Err(plain(trouble));
            }
        };
        match self.store.commit(&posting) {
            Ok(()) => {
                reach(Point::CommitDone);
                self.sequence = Some(sequence + 1);
                Ok(posting.results)
            }
            Err(trouble @ Trouble::Doubt(_)) => Err(Failed { trouble, doubted: Some((sequence, posting.results)) }),
            Err(trouble) => {
                self.store.roll_back();
                Err(plain(trouble))
            }
        }
    }

    /// Judges the entries and works out what the good ones write.
    fn prepare<'a>(&mut self, sequence: u64, entries: &[&'a Entry], careful: bool) -> Result<Posting<'a>, Trouble> {
        let mut ending = Vec::new();
        for entry in entries {
            if let Entry::Finish(finish) = entry {
                ending.push((finish.purse.no.0, finish.id));
            }
        }
        let helds = if ending.is_empty() { Helds::new() } else { self.store.helds(&ending)? };
        let verdicts = if careful {
            let facts = self.store.facts(self.writer.account, &Questions::about(entries))?;
            carefully(entries, &helds, facts)
        } else {
            quickly(entries, &helds)
        };
        Ok(self.writer.post(sequence, entries, &helds, verdicts))
    }

    fn hopeless(&mut self, cause: Cause, end: End) -> End {
        tracing::error!(error = &*cause as &dyn std::error::Error, "the database refuses a commit");
        end
    }

    /// Whether the database has been away for too long, and was asked too recently, to be worth another try now.
    fn gives_up(&mut self) -> bool {
        let Some(outage) = self.outage else { return false };
        if outage.since.elapsed() >= PATIENCE {
            return outage.tried.elapsed() < RETRY || {
                self.probe();
                self.outage.is_some()
            };
        }
        std::thread::sleep(RETRY.min(outage.since.elapsed() / 4).max(Duration::from_millis(10)));
        false
    }

    fn well(&mut self) {
        if self.outage.take().is_some() {
            tracing::info!("the ledger's database is back");
        }
        self.vitals.healthy.store(true, Release);
    }

    /// Ends all writing; the turn must be free.
    fn damaged(&mut self, cause: &(dyn std::error::Error + 'static)) {
        tracing::error!(
            error = cause,
            "the ledger's database is damaged: nothing is written any more; stop the server, see `inos check`, restore a copy"
        );
        self.is_damaged = true;
        *self.turn.blocking_lock() = Soundness::Damaged;
        self.vitals.healthy.store(false, Release);
    }

    fn ill(&mut self, trouble: &Trouble, begun: Instant) {
        if let Trouble::Damaged(cause) = trouble {
            return self.damaged(&**cause);
        }
        if self.outage.is_none() {
            let error = trouble.cause().map(|cause| cause as &dyn std::error::Error);
            tracing::warn!(error, "the ledger's database is away");
        }
        let tried = Instant::now();
        let since = self.outage.map_or_else(|| noticed(begun, tried), |outage| outage.since);
        self.outage = Some(Outage { since, tried });
        self.vitals.healthy.store(false, Release);
    }

    /// Answers requests whose commit may have happened, and remembers them until it is known.
    fn doubt(&mut self, sequence: u64, requests: Vec<Request>, results: Results) {
        let mut entries = Vec::new();
        for request in requests {
            let results = vec![Err(CommitError::Unavailable); request.entries.len()];
            entries.extend(request.entries);
            // Nobody has to wait for the answer.
            let _ = request.done.send(Answer { results, _closed: Vec::new() });
        }
        self.doubts.push(Doubt { sequence, entries, results });
        self.vitals.doubts.store(self.doubts.len(), Relaxed);
    }

    /// Spends or frees what commits in doubt had put aside.
    fn settle_doubts(&mut self) -> Result<(), Trouble> {
        while let Some(doubt) = self.doubts.pop() {
            match self.store.settle_doubt(self.writer.account, doubt.sequence) {
                Ok(Fate::Never) => {}
                Ok(Fate::Happened) => {
                    let Doubt { mut entries, results, .. } = doubt;
                    self.vitals.find(accepted(&entries, &results));
                    entries.iter_mut().zip(&results).for_each(|(entry, result)| close(entry, result, 0));
                }
                Err(trouble) => {
                    self.doubts.push(doubt);
                    return Err(trouble);
                }
            }
        }
        self.sequence = None;
        self.vitals.doubts.store(0, Relaxed);
        Ok(())
    }
}

/// Since when a database is away that was first missed by a try of this length. No try is as long as twice the
/// patience: then this process stood still, and how the database is has yet to be found out.
fn noticed(begun: Instant, failed: Instant) -> Instant {
    if failed - begun > 2 * PATIENCE { failed } else { begun }
}

/// The jobs that these entries, which were written, have accepted.
fn accepted(entries: &[Entry], results: &Results) -> impl Iterator<Item = JobId> {
    entries.iter().zip(results).filter_map(|(entry, result)| match (entry, result) {
        (Entry::Accept(accept), Ok(_)) => Some(accept.job.id),
        _ => None,
    })
}

/// Hands each request its results; what was reserved is spent first, so that an answer never comes too early.
fn answer(requests: Vec<Request>, results: Results, until_ms: u64) {
    let mut results = results.into_iter();
    for Request { mut entries, done, .. } in requests {
        let results: Results = results.by_ref().take(entries.len()).collect();
        entries.iter_mut().zip(&results).for_each(|(entry, result)| close(entry, result, until_ms));
        // Nobody has to wait for the answer.
        let _ = done.send(Answer { results, _closed: entries });
    }
}

fn refuse(requests: Vec<Request>) {
    for Request { entries, done, .. } in requests {
        let results = vec![Err(CommitError::Unavailable); entries.len()];
        drop(entries);
        // Nobody has to wait for the answer.
        let _ = done.send(Answer { results, _closed: Vec::new() });
    }
}

/// Spends an entry's reservation and settles its key, if it was written; else both are free again.
fn close(entry: &mut Entry, result: &Result<Came, CommitError>, until_ms: u64) {
    let (job, reservation, amount, claim) = match entry {
        Entry::Settle(Settle { job, reservation, ending, claim }) => {
            (job, reservation, ending.cost.as_i64(), claim.take())
        }
        Entry::Accept(Accept { job, reservation, claim, .. }) => {
            let amount = reservation.amount().as_i64();
            (job, reservation, amount, claim.take())
        }
        Entry::Transfer(transfer) => return close_key(transfer.claim.take(), result),
        Entry::Finish(finish) => {
            if result.is_ok() {
                finish.limits.iter().for_each(|limit| limit.ended(finish.ending.cost.as_i64()));
            }
            return;
        }
    };
    match result {
        Ok(_) => {
            reservation.spent(amount, until_ms);
            claim.into_iter().for_each(|claim| claim.settled(job.id));
        }
        Err(CommitError::LeaseLost) => reservation.tokens(|token| job.purse.lost(token)),
        Err(CommitError::Duplicate(job)) => claim.into_iter().for_each(|claim| claim.settled(*job)),
        Err(_) => {}
    }
    reservation.give_back();
}

/// Settles a transfer's key, if it was written; else it is free again.
fn close_key(claim: Option<ClaimGuard>, result: &Result<Came, CommitError>) {
    let stands_for = match result {
        Ok(Came::Transferred(id)) => JobId::from_bytes(*id.as_bytes()),
        Err(CommitError::Duplicate(id)) => *id,
        _ => return,
    };
    claim.into_iter().for_each(|claim| claim.settled(stands_for));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_stood_still_has_not_waited() {
        let begun = Instant::now();
        let after = |patiences: u32| noticed(begun, begun + patiences * PATIENCE) - begun;
        assert_eq!([after(1), after(2), after(3)], [Duration::ZERO, Duration::ZERO, 3 * PATIENCE]);
    }
}
