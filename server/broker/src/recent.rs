//! Accepted jobs that ended lately: whoever waited for one asks for it next, and is answered without the database, or
//! while it is away. Never remembers more than a few megabytes, and nothing that the books do not have.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use bytes::Bytes;
use inos_ledger::Ending;
use inos_protocols::{
    AccountId, JobId, Microcredits,
    job::{Job, OutputBytes},
    receipt::SignedReceipt,
    time::Time,
};
use parking_lot::Mutex;

use crate::{done::Story, live::shown, payload::ROW_BYTES_MAX};

/// The most jobs that are remembered.
const JOBS_MAX: usize = 4096;
/// The most bytes that they may take.
const BYTES_MAX: usize = 8 << 20;
/// The most bytes that one of them may take; a larger one is read from the database.
const JOB_BYTES_MAX: usize = 64 << 10;

/// A job that ended, as the books have it.
pub(crate) struct Finished {
    pub(crate) job: Job,
    pub(crate) receipt: SignedReceipt,
    /// The outputs, where they are few bytes and kept with the job.
    pub(crate) outputs: Option<Vec<Bytes>>,
    expires: Option<Time>,
}

impl Finished {
    /// What the books say of a job that ended like this.
    pub(crate) fn new(story: &Story, ending: &Ending, outputs: &[OutputBytes], receipt: SignedReceipt) -> Self {
        let job = Job {
            params: (!story.params.is_empty()).then(|| story.params.clone()),
            state: ending.state,
            attempts: ending.attempts,
            started: ending.started,
            finished: Some(ending.finished),
            cost: ending.cost,
            held: Microcredits::ZERO,
            metrics: Some(ending.metrics),
            outputs: ending.outputs.clone(),
            outputs_kept: ending.kept.is_some(),
            error: ending.error.clone(),
            cached_from: ending.cached_from,
            ..shown(story)
        };
        let total: usize = outputs.iter().map(|output| output.bytes.len()).sum();
        // Copied: what lies in the arena is not to stay there.
        let copied = || outputs.iter().map(|output| Bytes::copy_from_slice(&output.bytes)).collect();
        let outputs = (story.is_kept_inline() && job.outputs_kept && total <= ROW_BYTES_MAX).then(copied);
        Self { job, receipt, outputs, expires: ending.expires }
    }

    /// What it takes of memory, roughly.
    fn bytes(&self) -> usize {
        let outputs: usize = self.outputs.iter().flatten().map(Bytes::len).sum();
        let job = serde_json::to_vec(&self.job).map_or(JOB_BYTES_MAX, |text| text.len());
        size_of::<Self>() + 2 * job + self.receipt.leaf.len() + 32 * self.receipt.path.len() + outputs
    }
}

/// The jobs that ended last.
#[derive(Default)]
pub(crate) struct Recent(Mutex<Shelf>);

#[derive(Default)]
struct Shelf {
    jobs: HashMap<JobId, (Arc<Finished>, usize)>,
    order: VecDeque<JobId>,
    bytes: usize,
}

impl Recent {
    /// Remembers a job, in place of the oldest if there are too many.
    pub(crate) fn remember(&self, finished: Finished) {
        let bytes = finished.bytes();
        if bytes > JOB_BYTES_MAX {
            return;
        }
        let (mut shelf, id) = (self.0.lock(), finished.job.id);
        shelf.order.push_back(id);
        shelf.bytes += bytes;
        shelf.jobs.insert(id, (Arc::new(finished), bytes));
        while shelf.order.len() > JOBS_MAX || shelf.bytes > BYTES_MAX {
            let Some(oldest) = shelf.order.pop_front() else { return };
            shelf.bytes -= shelf.jobs.remove(&oldest).map_or(0, |(_, bytes)| bytes);
        }
    }

    /// The job of that id, if it is this account's, remembered, and not past its time.
    pub(crate) fn get(&self, account: AccountId, id: JobId) -> Option<Arc<Finished>> {
        let finished = self.0.lock().jobs.get(&id).map(|(finished, _)| finished.clone())?;
        let is_due = finished.expires.is_some_and(|expires| expires <= Time::now());
        (finished.job.account == account && !is_due).then_some(finished)
    }
}

#[cfg(test)]
mod tests {
    use inos_protocols::{
        Hash, NodeId,
        job::State,
        receipt::{SignedReceipt, SignedRoot},
    };

    use super::*;

    fn finished(account: AccountId, label_len: usize, expires: Time) -> Finished {
        let (now, zero) = (Time::now(), Microcredits::ZERO);
        let job = Job {
            id: JobId::new(),
            account,
            unit: "compute".into(),
            method: "blake3".into(),
            params: None,
            state: State::Succeeded,
            attempts: 1,
            submitted: now,
            started: Some(now),
            finished: Some(now),
            cost: zero,
            held: zero,
            budget: None,
            priority: 100,
            metrics: None,
            outputs: Vec::new(),
            outputs_kept: false,
            error: None,
            cached_from: None,
            waiting: None,
            labels: [("label".into(), "x".repeat(label_len))].into(),
        };
        let (node, root) = (NodeId([0; 32]), Hash([0; 32]));
        let root = SignedRoot { node, sequence: 1, count: 1, signed: now, root, signature: [0; 64] };
        let receipt = SignedReceipt { leaf: Bytes::new(), index: 0, path: Vec::new(), root };
        Finished { job, receipt, outputs: None, expires: Some(expires) }
    }

    #[test]
    fn the_oldest_goes_first_and_never_too_much_is_remembered() {
        for (label_len, kept) in [(0, JOBS_MAX), (20_000, BYTES_MAX / 40_000)] {
            let (recent, account, later) = (Recent::default(), AccountId::new(), Time::now().plus_ms(60_000));
            let mut ids = Vec::new();
            for _ in 0..JOBS_MAX + 100 {
                let finished = finished(account, label_len, later);
                ids.push(finished.job.id);
                recent.remember(finished);
            }
            let shelf = recent.0.lock();
            assert!(shelf.bytes <= BYTES_MAX && shelf.jobs.len() <= kept && shelf.jobs.len() == shelf.order.len());
            assert!(shelf.jobs.len() > kept / 2, "{} of {kept}", shelf.jobs.len());
            assert_eq!(shelf.bytes, shelf.jobs.values().map(|(_, bytes)| bytes).sum::<usize>());
            drop(shelf);
            assert!(recent.get(account, ids[0]).is_none() && recent.get(account, ids[ids.len() - 1]).is_some());
        }
    }

    #[test]
    fn nobody_else_reads_it_and_nobody_after_its_time() {
        let (recent, account) = (Recent::default(), AccountId::new());
        let known = finished(account, 0, Time::now().plus_ms(60_000));
        let (over, large) = (finished(account, 0, Time::now()), finished(account, JOB_BYTES_MAX, Time::now()));
        let ids = [known.job.id, over.job.id, large.job.id];
        [known, over, large].into_iter().for_each(|finished| recent.remember(finished));
        assert_eq!(ids.map(|id| recent.get(account, id).is_some()), [true, false, false]);
        assert!(recent.get(AccountId::new(), ids[0]).is_none());
        assert!(recent.get(account, JobId::new()).is_none());
    }
}
