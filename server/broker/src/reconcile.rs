//! After a restart: every accepted job that had not ended is taken up again, once. So is one whose acceptance came to
//! light late.

use std::{sync::Arc, time::Duration};

use inos_engine::Feed;
use inos_ledger::{Ending, Finish, Limit, Limits, Purse, Unfinished};
use inos_protocols::{
    JobId, KeyId, Microcredits, Refusal,
    account::Scopes,
    job::{Capsule, JobOutput, State},
    refusal::Kind,
    time::Time,
};
use inos_unit::{Price, Used};

use crate::{
    Broker, Caller, Happening, Inside,
    chain::Chain,
    course::{Course, Pause},
    done::Story,
    payload::{self, Place},
    submit::Asked,
    trace::Origin,
};

/// How long after its end a job is left to the node that accepted it, in milliseconds.
const OVERDUE_MS: u64 = 60_000;
/// When what came to light late is tried again after the database could not be asked about it.
const FOUND_AGAIN: Duration = Duration::from_secs(1);

impl Broker {
    /// Takes up every accepted job that had not ended; returns how many.
    ///
    /// A job whose time ran out meanwhile, or whose unit is gone, ends here and its hold is freed.
    pub async fn resume(&self) -> Result<usize, inos_ledger::Error> {
        let unfinished = self.0.books.unfinished().await?;
        self.0.take_up_again(unfinished).await
    }

    /// Takes up, until its runtime ends, what was accepted while nobody knew: whoever asked was told that the database
    /// was away, and the commit turned out to have happened.
    pub fn resume_found_forever(&self) {
        let inside = self.0.clone();
        self.0.runtime.spawn(async move {
            loop {
                let found = inside.ledger.found().await;
                while let Err(error) = inside.take_up_found(&found).await {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "jobs whose acceptance came to light late wait to be taken up"
                    );
                    tokio::time::sleep(FOUND_AGAIN).await;
                }
            }
        });
    }
}

/// The output of another job that an input is.
fn built_on((index, place): (usize, &Place)) -> Option<(usize, JobOutput)> {
    match place {
        Place::Job(output) => Some((index, *output)),
        Place::Row(_) | Place::Pack(_) | Place::File(_) | Place::Blob(_) | Place::Region(_) => None,
    }
}

impl Inside {
    async fn take_up_found(self: &Arc<Self>, found: &[JobId]) -> Result<(), inos_ledger::Error> {
        let mut unfinished = self.books.unfinished().await?;
        // All others are, or were just now, under way.
        unfinished.retain(|job| found.contains(&job.id));
        let jobs = self.take_up_again(unfinished).await?;
        tracing::info!(jobs, "took up jobs whose acceptance came to light late");
        Ok(())
    }

    async fn take_up_again(self: &Arc<Self>, all: Vec<Unfinished>) -> Result<usize, inos_ledger::Error> {
        let mut count = 0;
        for unfinished in all {
            if self.live.get(unfinished.account, unfinished.id).is_some() {
                continue;
            }
            count += 1;
            let purse = self.ledger.purse(unfinished.account).await?;
            let caller = Caller {
                account: unfinished.account,
                key: KeyId::from_bytes([0; 16]),
                expires: None,
                scopes: Scopes::default(),
                rate_limit: None,
                limits: Limits { weight: unfinished.weight, ..Limits::default() },
                purse,
                keep_ms: None,
                budget: None,
                allowance: None,
            };
            match self.again(&caller, &unfinished).await {
                Ok(()) => {}
                Err(refusal) if matches!(refusal.kind, Kind::DatabaseUnavailable | Kind::KeysUnavailable) => {
                    tracing::warn!(job = %unfinished.id, refusal.detail, "a job is left to the next start");
                }
                Err(refusal) => self.give_up(caller.purse, &unfinished, refusal).await,
            }
        }
        Ok(count)
    }

    /// Takes a job up again, or says why that cannot be.
    async fn again(self: &Arc<Self>, caller: &Caller, unfinished: &Unfinished) -> Result<(), Refusal> {
        if unfinished.deadline <= Time::now() {
            return Err(Refusal::new(Kind::DeadlineExceeded, "The job's time ran out while the server was down."));
        }
        let asked = asked(unfinished)?;
        let outputs: Vec<(usize, JobOutput)> = asked.inputs.iter().enumerate().filter_map(built_on).collect();
        let capsule = Capsule { inputs: Vec::new(), ..asked.capsule.clone() };
        let entry = self.entry(&capsule)?;
        let feed = |(index, place): (usize, &Place)| match place {
            Place::Region(name) => self.region_feed(caller, index, name, &entry, false),
            place => self.feed(place),
        };
        let feeds = asked.inputs.iter().enumerate().map(feed).collect::<Result<Vec<_>, _>>()?;
        // A job that was accepted before prices were pinned has those of now.
        let price = asked.price.map_or_else(|| entry.price(), Price::from);
        let key = self.lend_again(caller, &entry, &capsule.params).await?;
        let mut plan = self.plan_with(entry, price, capsule, feeds, key)?;
        self.seat_session(caller, &mut plan, true)?;
        plan.limits = self.limits(&caller.purse, unfinished, &asked.limits);
        let Unfinished { id, submitted, deadline, held, .. } = *unfinished;
        let story = Story::new((id, submitted, deadline), &caller.purse, &plan, held);
        let story = Story { used_us: asked.used_us, steps_before: asked.steps, ..story };
        story.note_attempts(asked.attempts);
        let span = asked.trace.map(Origin::Part).unwrap_or_default().resume(self.recorder.as_ref(), submitted);
        if outputs.is_empty() {
            let story = Arc::new(Story { span, memo: plan.memo.take(), ..story });
            let live = self.live.insert(&story);
            self.tell(&story, State::Queued);
            self.take_up(caller, story, plan, &live, || Some(asked));
            return Ok(());
        }
        plan.memo = None;
        let (story, caller) = (Arc::new(Story { span, ..story }), caller.clone());
        let course = Course::accepted(asked.attempts, Some(Pause::Input));
        // What it waits for was accepted before it, and so has been taken up already.
        let depth = outputs.iter().filter_map(|(_, output)| self.live.get(caller.account, output.job));
        let depth = 1 + depth.map(|live| live.depth).max().unwrap_or_default();
        let live = self.live.insert_at(&story, course, depth);
        let seat = self.seat(&caller).ok();
        self.tell(&story, State::Queued);
        self.take_up_later(Chain { caller, story, plan, live, asked, inputs: outputs, seat });
        Ok(())
    }

    /// What an accepted job has taken of budgets.
    fn limits(&self, purse: &Purse, unfinished: &Unfinished, of: &[(Option<KeyId>, i64)]) -> Vec<Limit> {
        of.iter().map(|of| self.ledger.held_limit(purse, *of, unfinished.held)).collect()
    }

    /// An input of an accepted job, from where it was put; one that another job left, or a region, is only named here.
    pub(crate) fn feed(&self, place: &Place) -> Result<Feed, Refusal> {
        if let Place::Job(_) | Place::Region(_) = place {
            return Ok(Feed::Bytes { bytes: bytes::Bytes::new(), hash: None });
        }
        let hash = match place {
            Place::Blob(hash) | Place::File(hash) => Some(*hash),
            Place::Row(_) | Place::Pack(_) | Place::Job(_) | Place::Region(_) => None,
        };
        let bytes = payload::get(&self.blobs, place)?;
        let bytes =
            bytes.ok_or_else(|| Refusal::new(Kind::NotFound, "An input of the job is gone: its blob was deleted."))?;
        Ok(Feed::Bytes { bytes, hash })
    }

    /// Ends what no node has ended long after its time: the one that accepted it is gone, and its hold is to be freed.
    pub(crate) async fn end_overdue(&self) -> Result<(), inos_ledger::Error> {
        let before = Time::from_ms(Time::now().as_ms().saturating_sub(OVERDUE_MS));
        for overdue in self.books.overdue(before).await? {
            if self.live.get(overdue.account, overdue.id).is_none() {
                let purse = self.ledger.purse(overdue.account).await?;
                let told = "The job's time ran out, and the server that had accepted it is gone.";
                self.give_up(purse, &overdue, Refusal::new(Kind::DeadlineExceeded, told)).await;
            }
        }
        Ok(())
    }

    /// Ends a job that cannot be run again; nothing is charged.
    async fn give_up(&self, purse: Arc<Purse>, unfinished: &Unfinished, refusal: Refusal) {
        let state = if refusal.kind == Kind::DeadlineExceeded { State::Expired } else { State::Failed };
        let asked = asked(unfinished).ok();
        let attempts = asked.as_ref().map_or(0, |asked| asked.attempts);
        let limits = asked.as_ref().map(|asked| self.limits(&purse, unfinished, &asked.limits)).unwrap_or_default();
        let mut ending = self.never_began(None, attempts, state, &refusal);
        // A session has run before: what it used then is paid for, up to what is held.
        if let Some(Asked { price: Some(price), used_us: run_us @ 1.., .. }) = &asked {
            let cost = Price::from(*price).of(Used { run_us: *run_us, ..Used::default() });
            ending.cost = Microcredits::saturating(cost).min(unfinished.held);
            ending.metrics.run_us = *run_us;
        }
        let told = ending.clone();
        let finish = Finish { id: unfinished.id, purse, ending, limits };
        match self.ledger.commit(vec![inos_ledger::Entry::Finish(finish)]).await.pop() {
            Some(Ok(_)) => self.tell_given_up(unfinished, &told),
            // It has not ended: it lies there as it was, and is found again.
            error => tracing::error!(job = %unfinished.id, ?error, "a job that cannot be run again could not be ended"),
        }
    }

    /// Tells an end as others are told: among those of late, and to who follows the account. It has no times: nothing of
    /// it was begun here.
    fn tell_given_up(&self, unfinished: &Unfinished, ending: &Ending) {
        self.pace.count(ending, false);
        let what = Happening::State { state: ending.state, cost: ending.cost };
        self.events.tell(unfinished.account, unfinished.id, what);
    }
}

/// How a job is run again.
fn asked(unfinished: &Unfinished) -> Result<Asked, Refusal> {
    serde_json::from_slice(&unfinished.asked).map_err(|error| payload::damaged(&error))
}
