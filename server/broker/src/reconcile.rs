//! After a restart: every accepted job that had not ended is taken up again, once.

use std::sync::Arc;

use inos_engine::Feed;
use inos_ledger::{Finish, Limit, Limits, Purse, Unfinished};
use inos_protocols::{
    KeyId, Refusal,
    account::Scopes,
    job::{Capsule, Metrics, State},
    refusal::Kind,
    time::Time,
};
use inos_unit::Price;

use crate::{
    Broker, Caller, Inside,
    done::Story,
    payload::{self, Place},
    plan::Plan,
    submit::Asked,
    trace::Origin,
};

/// How long after its end a job is left to the node that accepted it, in milliseconds.
const OVERDUE_MS: u64 = 60_000;

impl Broker {
    /// Takes up every accepted job that had not ended; returns how many.
    ///
    /// A job whose time ran out meanwhile, or whose unit is gone, ends here and its hold is freed.
    pub async fn resume(&self) -> Result<usize, inos_ledger::Error> {
        let mut count = 0;
        for unfinished in self.0.books.unfinished().await? {
            if self.0.live.get(unfinished.account, unfinished.id).is_some() {
                continue;
            }
            count += 1;
            let purse = self.0.ledger.purse(unfinished.account).await?;
            let caller = Caller {
                account: unfinished.account,
                key: KeyId::from_bytes([0; 16]),
                expires: None,
                scopes: Scopes::default(),
                rate_limit: None,
                limits: Limits { weight: unfinished.weight, ..Limits::default() },
                purse,
                budget: None,
            };
            match self.0.again(&caller, &unfinished) {
                Ok((story, plan)) => {
                    let live = self.0.live.insert(&story);
                    self.0.take_up(&caller, story, plan, &live);
                }
                Err(refusal) => self.0.give_up(caller.purse, &unfinished, refusal).await,
            }
        }
        Ok(count)
    }
}

impl Inside {
    fn again(&self, caller: &Caller, unfinished: &Unfinished) -> Result<(Arc<Story>, Plan), Refusal> {
        if unfinished.deadline <= Time::now() {
            return Err(Refusal::new(Kind::DeadlineExceeded, "The job's time ran out while the server was down."));
        }
        let Asked { capsule, price, limits, trace, inputs } = asked(unfinished)?;
        let capsule = Capsule { inputs: Vec::new(), ..capsule };
        let entry = self.entry(&capsule)?;
        let feeds = inputs.iter().map(|place| self.feed(place)).collect::<Result<Vec<_>, _>>()?;
        // A job that was accepted before prices were pinned has those of now.
        let price = price.map_or(entry.method.price, Price::from);
        let plan = self.plan_with(entry, price, capsule, feeds)?;
        let story = Arc::new(Story {
            id: unfinished.id,
            purse: caller.purse.clone(),
            entry: plan.entry.clone(),
            price: plan.price,
            limits: self.limits(&caller.purse, unfinished, &limits),
            params: plan.capsule.params.clone(),
            labels: plan.capsule.labels.clone(),
            priority: plan.capsule.priority,
            budget: plan.capsule.budget,
            held: unfinished.held,
            submitted: unfinished.submitted,
            deadline: unfinished.deadline,
            keep: true,
            store: plan.capsule.output.store,
            control: Arc::new(inos_engine::Control::new()),
            span: trace.map(Origin::Part).unwrap_or_default().resume(self.recorder.as_ref(), unfinished.submitted),
        });
        Ok((story, plan))
    }

    /// What an accepted job has taken of budgets.
    fn limits(&self, purse: &Purse, unfinished: &Unfinished, of: &[(Option<KeyId>, i64)]) -> Vec<Limit> {
        of.iter().map(|of| self.ledger.held_limit(purse, *of, unfinished.held)).collect()
    }

    fn feed(&self, place: &Place) -> Result<Feed, Refusal> {
        let hash = match place {
            Place::Blob(hash) | Place::File(hash) => Some(*hash),
            Place::Row(_) | Place::Pack(_) => None,
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
        let ending = inos_ledger::Ending {
            state,
            cost: inos_protocols::Microcredits::ZERO,
            started: None,
            finished: Time::now(),
            attempts: 0,
            metrics: Metrics::default(),
            input_hashes: Vec::new(),
            outputs: Vec::new(),
            kept: None,
            segment: None,
            files: Vec::new(),
            error: Some(refusal.problem()),
            expires: Some(Time::now().plus_ms(self.options.keep_jobs.as_millis() as u64)),
        };
        let limits = asked(unfinished).map(|asked| self.limits(&purse, unfinished, &asked.limits)).unwrap_or_default();
        let finish = Finish { id: unfinished.id, purse, ending, limits };
        if let Some(Err(error)) = self.ledger.commit(vec![inos_ledger::Entry::Finish(finish)]).await.pop() {
            tracing::error!(job = %unfinished.id, ?error, "a job that cannot be run again could not be ended");
        }
    }
}

/// How a job is run again.
fn asked(unfinished: &Unfinished) -> Result<Asked, Refusal> {
    serde_json::from_slice(&unfinished.asked).map_err(|error| payload::damaged(&error))
}
