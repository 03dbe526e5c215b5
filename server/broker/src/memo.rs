//! Answers from outputs that an earlier job of the same account left: for methods that give the same bytes for the same
//! input. Never across accounts, and never from what is no longer kept. Which jobs those are is in memory, and taken up
//! again from their rows after a restart.

use std::{
    collections::{HashMap, VecDeque, hash_map},
    sync::{Arc, atomic::Ordering::Relaxed},
};

use inos_ledger::{ClaimGuard, Ending, Entry, Remembered, Settle};
use inos_protocols::{
    AccountId, Hash, JobId, Microcredits, Refusal,
    job::{Cache, Metrics, OutputBytes, OutputInfo, State, capsule_digest},
    refusal::Kind,
    time::Time,
};
use parking_lot::Mutex;

use crate::{
    Broker, Caller, Inside,
    done::{Story, Told},
    events::Happening,
    hold::database,
    payload::{self, Place},
    plan::{Plan, hashes},
    read::places,
    recent::Finished,
    run::{Ran, settled},
    submit::Submitted,
    trace::JobSpan,
};

/// The most jobs that are remembered.
const MEMOS_MAX: usize = 65_536;

/// How many of the newest rows are looked through for them at a start.
const ROWS_MAX: i64 = 1_000_000;

/// What a job was asked, so that another that is asked the same has the same answer: the account, and a digest over
/// the unit's version and the capsule's own digest, which covers unit, method, parameters and inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Asking(Hash);

impl Asking {
    /// The same by the present versions of a held key: after a rotation or a retirement it is another question. Rows do not
    /// say which versions there were, so such an answer does not outlive a restart.
    fn by_key(self, (newest, oldest): (u32, u32)) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"inos.memo.held-key.v1\0").update(&self.0.0);
        hasher.update(&newest.to_be_bytes()).update(&oldest.to_be_bytes());
        Self(hasher.finalize().into())
    }
}

/// What a job's outputs are remembered under.
#[derive(Debug, Clone)]
pub(crate) struct Memo {
    asking: Asking,
    inputs: Vec<Hash>,
}

/// The jobs whose outputs may be answers.
#[derive(Default)]
pub(crate) struct Memos(Mutex<Shelf>);

#[derive(Default)]
struct Shelf {
    jobs: HashMap<(AccountId, Asking), JobId>,
    order: VecDeque<(AccountId, Asking)>,
}

impl Memos {
    fn get(&self, account: AccountId, asking: Asking) -> Option<JobId> {
        self.0.lock().jobs.get(&(account, asking)).copied()
    }

    /// Remembers a job, in place of the one remembered longest if there are too many.
    fn put(&self, account: AccountId, asking: Asking, job: JobId) {
        let mut shelf = self.0.lock();
        if shelf.jobs.insert((account, asking), job).is_some() {
            return;
        }
        shelf.order.push_back((account, asking));
        while shelf.order.len() > MEMOS_MAX {
            let Some(oldest) = shelf.order.pop_front() else { return };
            shelf.jobs.remove(&oldest);
        }
    }

    /// Remembers a job that is older than all that are remembered, behind those of the same question; false when there is
    /// no room for it.
    fn put_older(&self, account: AccountId, asking: Asking, job: JobId) -> bool {
        let mut shelf = self.0.lock();
        if shelf.order.len() >= MEMOS_MAX {
            return false;
        }
        let is_new = match shelf.jobs.entry((account, asking)) {
            hash_map::Entry::Occupied(_) => false,
            hash_map::Entry::Vacant(place) => {
                place.insert(job);
                true
            }
        };
        if is_new {
            shelf.order.push_front((account, asking));
        }
        true
    }
}

/// An earlier job whose outputs are the answer.
pub(crate) struct Hit {
    from: JobId,
    infos: Vec<OutputInfo>,
    kept: Vec<u8>,
    segment: Option<u64>,
    places: Vec<Place>,
}

impl Plan {
    /// Works out what its outputs are remembered under, where they are to be and all inputs are at hand.
    pub(crate) fn note_memo(&mut self) {
        if self.capsule.cache == Cache::Off {
            return;
        }
        let inputs = hashes(&mut self.feeds);
        let (unit, method) = (self.entry.unit, self.entry.method.name);
        let capsule = capsule_digest(unit, method, &self.capsule.params, &inputs);
        let mut asking = asking(self.entry.version, capsule);
        if let Some(lent) = &self.key {
            asking = asking.by_key(lent.key.span());
        }
        self.memo = Some(Box::new(Memo { asking, inputs }));
    }
}

fn asking(version: &str, capsule: Hash) -> Asking {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"inos.memo.v1\0").update(version.as_bytes()).update(&[0]).update(&capsule.0);
    Asking(hasher.finalize().into())
}

impl Broker {
    /// Takes up, beside everything else, what earlier jobs left that may answer others.
    pub fn take_up_answers(&self) {
        let inside = self.0.clone();
        self.0.runtime.spawn(async move {
            match inside.take_up_answers().await {
                Ok(answers) => tracing::info!(answers, "took up what may be answered from"),
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "what may be answered from could not be read; jobs are run once more instead"
                ),
            }
        });
    }
}

impl Inside {
    /// The newest first, and no more than there is room for.
    async fn take_up_answers(&self) -> Result<u64, inos_ledger::Error> {
        let newest = self.books.newest_row().await?;
        let (from, mut before, mut count) = (newest - ROWS_MAX, Some(newest + 1), 0);
        while let Some(next) = before {
            let (page, end) = self.books.remembered(next, from).await?;
            for Remembered { account, id, version, capsule } in page {
                if !self.memos.put_older(account, asking(&version, capsule), id) {
                    return Ok(count);
                }
                count += 1;
            }
            before = end;
        }
        Ok(count)
    }

    /// The earlier job whose outputs answer this one, where it asks for such and they are still kept.
    pub(crate) async fn recall(&self, caller: &Caller, plan: &Plan) -> Result<Option<Hit>, Refusal> {
        let Some(memo) = plan.memo.as_ref().filter(|_| plan.capsule.cache == Cache::Use) else { return Ok(None) };
        let Some(from) = self.memos.get(caller.account, memo.asking) else { return Ok(None) };
        // Apart, so that those who ask for nothing of this carry no room for it.
        Box::pin(self.look_up(caller, from)).await
    }

    /// What a job left, where that is still kept.
    async fn look_up(&self, caller: &Caller, from: JobId) -> Result<Option<Hit>, Refusal> {
        let Some(known) = self.books.job(caller.purse.no, from).await.map_err(database)? else { return Ok(None) };
        let Some(kept) = known.kept.filter(|_| known.job.state == State::Succeeded) else { return Ok(None) };
        let places = places(Some(&kept))?.unwrap_or_default();
        let (segment, infos) = (known.segment, known.job.outputs);
        // A job that was itself answered from another stands for that one.
        let from = known.job.cached_from.unwrap_or(from);
        Ok(Some(Hit { from, infos, kept, segment, places }))
    }

    /// Remembers a synchronous job that succeeded, once the books have it.
    pub(crate) fn remember(&self, story: &Story, told: &Told) {
        if let Some(memo) = story.memo.as_ref().filter(|_| told.succeeded()) {
            self.memos.put(story.purse.account, memo.asking, story.id);
        }
    }

    /// The same of an accepted job.
    pub(crate) fn remember_ended(&self, story: &Story, ending: &Ending) {
        if let Some(memo) = story.memo.as_ref().filter(|_| ending.state == State::Succeeded) {
            self.memos.put(story.purse.account, memo.asking, story.id);
        }
    }

    /// Answers a synchronous job from an earlier one's outputs.
    pub(crate) async fn answered(
        self: &Arc<Self>,
        caller: &Caller,
        plan: Plan,
        hit: Hit,
        claim: Option<ClaimGuard>,
        span: Option<Box<JobSpan>>,
    ) -> Result<Ran, Refusal> {
        let (places, infos, from) = (hit.places.clone(), hit.infos.clone(), hit.from);
        // Read before anything is charged: what is no longer there is no answer.
        let mut outputs = Vec::with_capacity(places.len());
        for (place, OutputInfo { media_type, hash, .. }) in places.iter().zip(infos) {
            let gone = || Refusal::new(Kind::OutputNotKept, "The earlier job's output went away at this moment.");
            let bytes = payload::get(&self.blobs, place)?.ok_or_else(gone)?;
            outputs.push(OutputBytes { media_type, hash, bytes });
        }
        let Finished { job, receipt, .. } = self.settle_hit(caller, plan, hit, claim, span).await?;
        let outcome = inos_protocols::job::Outcome {
            job: job.id,
            state: job.state,
            cost: job.cost,
            outputs,
            error: None,
            metrics: job.metrics.unwrap_or_default(),
            receipt: Some(receipt),
        };
        Ok(Ran { outcome, replayed: false, cached_from: Some(from) })
    }

    /// Answers a job that was to be accepted from an earlier one's outputs.
    pub(crate) async fn accepted_answered(
        self: &Arc<Self>,
        caller: &Caller,
        plan: Plan,
        hit: Hit,
        claim: Option<ClaimGuard>,
        span: Option<Box<JobSpan>>,
    ) -> Result<Submitted, Refusal> {
        let finished = self.settle_hit(caller, plan, hit, claim, span).await?;
        let job = finished.job.clone();
        self.events.tell(job.account, job.id, Happening::State { state: job.state, cost: job.cost });
        self.recent.remember(finished);
        Ok(Submitted { job, replayed: false })
    }

    /// Writes a job down that was answered from another's outputs: it costs the method's base price, and its receipt
    /// states the same outputs.
    async fn settle_hit(
        self: &Arc<Self>,
        caller: &Caller,
        plan: Plan,
        hit: Hit,
        claim: Option<ClaimGuard>,
        span: Option<Box<JobSpan>>,
    ) -> Result<Finished, Refusal> {
        let cost = Microcredits::saturating(plan.price.base);
        let reservation = self.hold(caller, cost).await?;
        let story = self.story(caller, &plan, true, span);
        let Hit { from, infos, kept, segment, places } = hit;
        let inputs = plan.memo.map(|memo| memo.inputs).unwrap_or_default();
        let files = places.iter().filter_map(|place| match place {
            Place::File(hash) => Some(*hash),
            Place::Row(_) | Place::Pack(_) | Place::Blob(_) | Place::Job(_) | Place::Region(_) => None,
        });
        let bytes_in = plan.feeds.iter().map(|feed| match feed {
            inos_engine::Feed::Bytes { bytes, .. } => bytes.len() as u64,
            inos_engine::Feed::Stream(_) | inos_engine::Feed::Later(_) => 0,
        });
        let (bytes_in, bytes_out) = (bytes_in.sum(), infos.iter().map(|info| info.bytes).sum());
        let ending = Ending {
            state: State::Succeeded,
            cost,
            started: None,
            finished: Time::now(),
            attempts: 0,
            metrics: Metrics { bytes_in, bytes_out, ..Metrics::default() },
            input_hashes: inputs.clone(),
            outputs: infos,
            kept: Some(kept),
            segment,
            files: files.collect(),
            error: None,
            cached_from: Some(from),
            expires: Some(self.expires(story.keep_ms)),
        };
        let settle = Settle { job: story.record(&inputs), reservation, ending: ending.clone(), claim };
        let (this, told) = (self.clone(), story.clone());
        // Committed by a task of its own, so that a door that goes away changes nothing.
        let settled = self
            .tasks
            .spawn_on(async move { settled(this.ledger.commit(vec![Entry::Settle(settle)])).await }, &self.runtime);
        let lost = || Refusal::new(Kind::Internal, "The job was lost on our side. Nothing was charged; try again.");
        let receipt = settled.await.map_err(|_| lost())??.ok_or_else(lost)?;
        self.figures.answered.fetch_add(1, Relaxed);
        self.pace.count(&ending, false);
        Ok(Finished::new(&told, &ending, &[], receipt))
    }
}

#[cfg(test)]
mod tests {
    use inos_protocols::job::Params;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever two accounts ask, neither is answered with what only the other has asked.
        #[test]
        fn nobody_is_answered_from_another_account(asked in prop::collection::vec((0..3_usize, 0..4_u8), 1..60)) {
            let (memos, accounts) = (Memos::default(), [0; 3].map(|_| AccountId::new()));
            let mut theirs = std::collections::HashMap::new();
            for (account, what) in asked {
                let digest = capsule_digest("u", "m", &Params::new(), &[Hash::of(&[what])]);
                let asking = asking("1", digest);
                prop_assert_eq!(memos.get(accounts[account], asking), theirs.get(&(account, what)).copied());
                let job = JobId::new();
                // What comes from the books changes nothing for who has asked since.
                if what == 0 {
                    memos.put_older(accounts[account], asking, job);
                    theirs.entry((account, what)).or_insert(job);
                } else {
                    memos.put(accounts[account], asking, job);
                    theirs.insert((account, what), job);
                }
            }
        }
    }

    #[test]
    fn the_version_counts_and_the_oldest_are_forgotten() {
        let (memos, account, digest) = (Memos::default(), AccountId::new(), Hash::of(b"x"));
        assert_ne!(asking("1", digest), asking("2", digest));
        for number in 0..MEMOS_MAX + 10 {
            memos.put(account, asking(&number.to_string(), digest), JobId::new());
        }
        assert!(!memos.put_older(account, asking("old", digest), JobId::new()), "what is old makes no room for itself");
        let shelf = memos.0.lock();
        assert_eq!((shelf.jobs.len(), shelf.order.len()), (MEMOS_MAX, MEMOS_MAX));
    }
}
