//! Another attempt for a job that broke on our side: after a pause that doubles and of which chance takes a part, as
//! often as the job asked for, and never past its deadline. Charges nothing: the attempt that ends the job does.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use inos_engine::{Done, End, Feed, Lent, Outcome, Task};
use inos_protocols::{
    Microcredits, Refusal,
    job::{Params, Retry, State},
    refusal::Kind,
    time::Time,
};
use inos_unit::Fault;

use crate::{
    Caller, Inside,
    course::Pause,
    done::Story,
    events::Happening,
    live::{Cancelled, Live},
    payload::Place,
    plan::Plan,
    submit::Asked,
    terms::Clocks,
};

/// A job that may be tried again.
struct Tries {
    inside: Arc<Inside>,
    story: Arc<Story>,
    /// What its account's turn weighs.
    weight: u32,
    retry: Retry,
    spare: Spare,
    /// What the books keep of an accepted job.
    asked: Option<Asked>,
    /// Told of the attempt that ends the job.
    done: Done,
}

/// What another attempt is made of.
struct Spare {
    params: Params,
    key: Option<Arc<Lent>>,
    inputs: Inputs,
    cost: u64,
}

/// The inputs of another attempt.
enum Inputs {
    /// Held on to.
    Held(Vec<Feed>),
    /// Read again from where an accepted job's were put, so that a pause takes up no memory.
    Away,
}

impl Spare {
    /// Nothing where an input is read while it arrives: that cannot be read twice.
    fn of(plan: &Plan, asked: Option<&Asked>) -> Option<Self> {
        let (params, key, cost) = (plan.capsule.params.clone(), plan.key.clone(), plan.hold.get().max(1));
        let is_away =
            |asked: &Asked| !asked.inputs.iter().any(|place| matches!(place, Place::Job(_) | Place::Region(_)));
        if asked.is_some_and(is_away) {
            return Some(Self { params, key, inputs: Inputs::Away, cost });
        }
        let inputs = Inputs::Held(plan.feeds.iter().map(once_more).collect::<Option<_>>()?);
        Some(Self { params, key, inputs, cost })
    }
}

impl Inside {
    /// What is to be told how an attempt ended: `done` itself where there is only one, else what tries again.
    pub(crate) fn trying(
        self: &Arc<Self>,
        caller: &Caller,
        story: &Arc<Story>,
        plan: &Plan,
        asked: impl FnOnce() -> Option<Asked>,
        done: Done,
    ) -> Done {
        let Some(retry) = story.retry.filter(|retry| retry.max_attempts > 1) else { return done };
        let asked = asked();
        let Some(spare) = Spare::of(plan, asked.as_ref()) else { return done };
        let (inside, story) = (self.clone(), story.clone());
        let weight = caller.limits.weight;
        let tries = Box::new(Tries { inside, story, weight, retry, spare, asked, done });
        Box::new(move |ran| tries.after(ran))
    }
}

impl Tries {
    /// Decides what comes after an attempt.
    fn after(self: Box<Self>, ran: Outcome) {
        let made = self.story.attempts_before() + u32::from(ran.started.is_some());
        let pause = pause(&self.retry, made, jitter());
        let again_at = Time::now().plus_ms(pause.as_millis() as u64);
        let late = made >= u32::from(self.retry.max_attempts) || Instant::now() + pause >= self.story.due;
        let Some(reason) = ours(&ran.end).filter(|_| !late && ran.started.is_some()) else { return (self.done)(ran) };
        let (inside, story) = (&self.inside, &self.story);
        let known = inside.live.get(story.purse.account, story.id);
        let live = known.unwrap_or_else(|| inside.live.insert(story));
        let Some(cancelled) = live.put_back(Pause::Backoff(again_at)) else { return (self.done)(ran) };
        story.note_attempts(made);
        inside.room_was_made();
        inside.figures.tried_again.fetch_add(1, Relaxed);
        tracing::info!(job = %story.id, attempt = made, reason = reason.slug(), pause_ms = pause.as_millis() as u64, "an attempt broke and another is to come");
        self.tell(made, reason, again_at);
        inside.runtime.clone().spawn(self.wait(live, cancelled, pause));
    }

    fn tell(&self, attempt: u32, reason: Kind, again_at: Time) {
        if self.asked.is_none() {
            return;
        }
        let (inside, story) = (&self.inside, &self.story);
        let (account, id, of) = (story.purse.account, story.id, u32::from(self.retry.max_attempts));
        inside.events.tell(account, id, Happening::Attempt { attempt, of, reason, again_at });
        let cost = Microcredits::ZERO;
        inside.events.tell(account, id, Happening::State { state: State::Queued, cost });
    }

    /// Makes the next attempt after its pause, unless somebody cancels the job or the server stops: then the books have
    /// an accepted job still, and a synchronous one is told that it was put off.
    async fn wait(mut self: Box<Self>, live: Arc<Live>, cancelled: Cancelled, pause: Duration) {
        self.note().await;
        let stopping = self.inside.stopping.clone();
        tokio::select! {
            biased;
            _ = cancelled => (self.done)(never_begun(End::Cancelled)),
            () = stopping.cancelled() => self.inside.live.remove(self.story.id),
            () = tokio::time::sleep(pause) => self.again(&live).await,
        }
    }

    /// Writes down how often an accepted job was tried, so that a restart does not begin to count anew.
    async fn note(&mut self) {
        let Some(asked) = &mut self.asked else { return };
        asked.attempts = self.story.attempts_before();
        let Ok(text) = serde_json::to_vec(asked) else { return };
        let (account, id) = (self.story.purse.no, self.story.id);
        if let Err(error) = self.inside.ledger.amend_asked(account, id, &text).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(job = %id, error, "an attempt could not be written down; a restart will not count it");
        }
    }

    /// The inputs once more.
    fn inputs(&self) -> Result<Vec<Feed>, Refusal> {
        match (&self.spare.inputs, &self.asked) {
            (Inputs::Held(inputs), _) => Ok(inputs.iter().filter_map(once_more).collect()),
            (Inputs::Away, Some(asked)) => asked.inputs.iter().map(|place| self.inside.feed(place)).collect(),
            (Inputs::Away, None) => Ok(Vec::new()),
        }
    }

    async fn again(self: Box<Self>, live: &Arc<Live>) {
        let (inside, story) = (self.inside.clone(), self.story.clone());
        let inputs = match self.inputs() {
            Ok(inputs) => inputs,
            Err(refusal) => return inside.never_begun(&story, State::Failed, &refusal).await,
        };
        let Some(control) = live.go_on() else { return (self.done)(never_begun(End::Cancelled)) };
        if self.asked.is_some() {
            inside.tell_of(&story, &control, live, None);
        }
        let Clocks { deadline, begin_by, timeout } = Clocks::of(&story);
        let task = Task {
            id: story.id,
            account: story.purse.no.0 as u64,
            weight: self.weight,
            priority: story.priority,
            entry: story.entry.clone(),
            params: self.spare.params.clone(),
            key: self.spare.key.clone(),
            inputs,
            deadline,
            begin_by,
            timeout,
            cost: self.spare.cost,
            session: None,
            control,
            done: Box::new(move |ran| self.after(ran)),
        };
        inside.offer(task);
    }
}

/// The same input for another attempt; none where it is read while it arrives. A region is read anew.
fn once_more(feed: &Feed) -> Option<Feed> {
    match feed {
        Feed::Bytes { bytes, hash } => Some(Feed::Bytes { bytes: bytes.clone(), hash: *hash }),
        Feed::Later(later) => Some(Feed::Later(later.clone())),
        Feed::Stream(_) => None,
    }
}

/// The outcome of an attempt that was never begun.
pub(crate) fn never_begun(end: End) -> Outcome {
    let (outputs, inputs) = (Vec::new(), Vec::new());
    Outcome { end, outputs, inputs, bytes_in: 0, queued_us: 0, run_us: 0, started: None }
}

/// Why another attempt may help: what broke on our side. The caller's faults, cancelling and every clock that the caller
/// set are no reason.
fn ours(end: &End) -> Option<Kind> {
    match end {
        End::Panicked | End::Silent | End::Fault(Fault::Broken(_)) => Some(Kind::Internal),
        End::Fault(Fault::Lost(_)) => Some(Kind::WorkerLost),
        End::Fault(Fault::NoRoom(_)) => Some(Kind::Overloaded),
        End::Done | End::Cancelled | End::Expired(_) | End::Spent | End::KeyGone => None,
        End::Fault(Fault::Invalid { .. } | Fault::Limit { .. } | Fault::Cancelled) => None,
    }
}

/// The pause after so many attempts: anything up to a limit that doubles with each, so that jobs that broke together do
/// not come back together.
fn pause(retry: &Retry, attempts: u32, chance: u32) -> Duration {
    let doubled = u64::from(retry.backoff_ms) << attempts.saturating_sub(1).min(u32::BITS);
    let limit = doubled.min(u64::from(retry.backoff_max_ms));
    Duration::from_millis(limit * u64::from(chance) / u64::from(u32::MAX))
}

fn jitter() -> u32 {
    let mut bytes = [0; 4];
    // Without random bytes the pause is merely the longest that it may be.
    if getrandom::fill(&mut bytes).is_ok() { u32::from_le_bytes(bytes) } else { u32::MAX }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_their_limit_and_chance_takes_a_part() {
        let retry = Retry { max_attempts: 10, backoff_ms: 100, backoff_max_ms: 1_000 };
        let longest: Vec<u128> = (1..=6).map(|made| pause(&retry, made, u32::MAX).as_millis()).collect();
        assert_eq!(longest, [100, 200, 400, 800, 1_000, 1_000]);
        assert_eq!((pause(&retry, 3, 0).as_millis(), pause(&retry, 3, u32::MAX / 2).as_millis()), (0, 199));
        let endless = Retry { backoff_ms: u32::MAX, backoff_max_ms: u32::MAX, ..retry };
        assert_eq!(pause(&endless, 255, u32::MAX).as_millis(), u128::from(u32::MAX));
    }

    #[test]
    fn only_what_broke_on_our_side_is_tried_again() {
        let broke = [
            End::Panicked,
            End::Silent,
            End::Fault(Fault::NoRoom("full".into())),
            End::Fault(Fault::Broken("b".into())),
        ];
        assert!(broke.iter().all(|end| ours(end).is_some_and(Kind::retryable)));
        let clocks = [inos_engine::Clock::Queue, inos_engine::Clock::Attempt, inos_engine::Clock::Deadline];
        let mut others =
            vec![End::Done, End::Cancelled, End::Fault(Fault::Cancelled), End::Fault(Fault::invalid("/", "no"))];
        others.push(End::Fault(Fault::limit(1, "bytes")));
        others.extend(clocks.map(End::Expired));
        assert!(others.iter().all(|end| ours(end).is_none()));
    }
}
