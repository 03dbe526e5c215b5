//! The synchronous story: hold, run, settle, answer. The answer leaves after the commit that charges for it.

use std::sync::Arc;

use inos_engine::{Done, Refused, Task};
use inos_failpoints::{Point, reach};
use inos_ledger::{Claim, ClaimGuard, Commit, Committed, Entry, Reservation, Settle};
use inos_protocols::{
    Hash, JobId, KeyId, Refusal,
    job::{Cache, Outcome, State, Store},
    refusal::Kind,
    time::Time,
};
use tokio::sync::oneshot;

use crate::{
    Broker, Caller, Inside,
    done::{Ended, Story, Told, outcome},
    hold,
    plan::{Ask, Plan, hashes, settle_down},
    session::check_at_once,
    terms::Clocks,
    trace::JobSpan,
};

/// The answer to a synchronous job.
pub struct Ran {
    /// What came of it.
    pub outcome: Outcome,
    /// Whether it is the recorded answer to an earlier request with the same idempotency key.
    pub replayed: bool,
    /// The earlier job whose outputs it was answered with.
    pub cached_from: Option<JobId>,
}

/// What the door waits for: the end, and its way into the books.
pub(crate) type Verdict = (Told, Committed);

impl Broker {
    /// Runs a job and answers after its commit.
    ///
    /// The job goes on, is charged and is recorded when this future is dropped.
    pub async fn run(&self, caller: &Caller, ask: Ask) -> Result<Ran, Refusal> {
        self.run_and_tell(caller, ask, |_| ()).await
    }

    /// As `run`, and tells the job's id at once where it has to wait for a worker.
    pub(crate) async fn run_and_tell(
        &self,
        caller: &Caller,
        ask: Ask,
        waits: impl FnOnce(JobId) + Send,
    ) -> Result<Ran, Refusal> {
        let inside = &self.0;
        inside.accepting()?;
        let span = ask.origin.begin(self.recorder());
        let named = inside.claim_named(caller, &ask.capsule).await?;
        if let Some(Claimed::Before(id)) = named {
            return self.again(caller, id).await;
        }
        let mut plan = inside.plan(caller, ask).await?;
        check_at_once(&plan.entry)?;
        let claimed = match named {
            Some(claimed) => claimed,
            None => inside.claim(caller, &mut plan).await?,
        };
        let claim = match claimed {
            Claimed::Free(claim) => claim,
            Claimed::Before(id) => return self.again(caller, id).await,
        };
        if let Some(hit) = inside.recall(caller, &plan).await? {
            return Box::pin(inside.answered(caller, plan, hit, claim, span)).await;
        }
        let reservation = inside.hold(caller, plan.hold).await?;
        let (task, story, receiver) = inside.prepare(caller, plan, reservation, claim, span)?;
        let id = story.id;
        if inside.start(task, &story, caller.key)? {
            waits(id);
        }
        let (told, committed) = receiver.await.map_err(|_| put_off())?;
        match settled(committed).await {
            Ok(receipt) => {
                reach(Point::AnswerDue);
                inside.remember(&story, &told);
                Ok(Ran { outcome: outcome(id, told, receipt), replayed: false, cached_from: None })
            }
            Err(refusal) => {
                told.unsettled(&refusal);
                Err(refusal)
            }
        }
    }
}

impl Broker {
    /// The recorded answer to an earlier request.
    async fn again(&self, caller: &Caller, id: JobId) -> Result<Ran, Refusal> {
        let cached_from = self.job(caller, id).await?.cached_from;
        Ok(Ran { outcome: self.recorded(caller, id).await?, replayed: true, cached_from })
    }
}

/// Whose an idempotency key is.
pub(crate) enum Claimed {
    /// This request's; none where it has no key.
    Free(Option<ClaimGuard>),
    /// An earlier one's.
    Before(JobId),
}

impl Inside {
    /// Refuses new work while the server is about to stop or cannot record it.
    pub(crate) fn accepting(&self) -> Result<(), Refusal> {
        if self.draining.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(Refusal::new(Kind::Overloaded, "The server is about to stop; try another or come back.")
                .retry_after_ms(2000));
        }
        if !self.ledger.healthy() {
            return Err(Refusal::new(
                Kind::DatabaseUnavailable,
                "The ledger's database does not answer just now. Nothing was run or charged; try again.",
            )
            .retry_after_ms(1000));
        }
        Ok(())
    }

    /// Takes the idempotency key of a plan, if it has one; waits for a racer that has it.
    pub(crate) async fn claim(&self, caller: &Caller, plan: &mut Plan) -> Result<Claimed, Refusal> {
        let Some(key) = plan.capsule.idempotency_key.clone() else { return Ok(Claimed::Free(None)) };
        let digest = digest_of(plan);
        self.claim_key(caller, &key, digest).await
    }

    /// Takes an idempotency key for a request with this digest.
    pub(crate) async fn claim_key(&self, caller: &Caller, key: &str, digest: Hash) -> Result<Claimed, Refusal> {
        check_key(key)?;
        loop {
            match self.ledger.claim(caller.purse.no, key, digest).await.map_err(hold::database)? {
                Claim::New(guard) => return Ok(Claimed::Free(Some(guard))),
                Claim::Settled(id) => return Ok(Claimed::Before(id)),
                Claim::Conflict => return Err(key_taken()),
                Claim::Running(mut racer) => {
                    // The racer ends with an id, or lets the key go and somebody else may have it.
                    let _ = racer.wait_for(Option::is_some).await;
                }
            }
        }
    }

    /// Everything that the engine and the books will want of this job.
    fn prepare(
        self: &Arc<Self>,
        caller: &Caller,
        plan: Plan,
        reservation: Reservation,
        claim: Option<ClaimGuard>,
        span: Option<Box<JobSpan>>,
    ) -> Result<(Task, Arc<Story>, oneshot::Receiver<Verdict>), Refusal> {
        let keep = plan.capsule.keep || claim.is_some() || plan.capsule.cache != Cache::Off;
        let story = self.story(caller, &plan, keep, span);
        let (sender, receiver) = oneshot::channel();
        let (inside, told, meter) = (self.clone(), story.clone(), plan.meter.clone());
        let done: Done = Box::new(move |ran| {
            inside.live.remove(told.id);
            inside.room_was_made();
            if told.was_put_off(&ran) {
                return;
            }
            let mut reservation = reservation;
            for more in meter.iter().flat_map(|meter| meter.take()) {
                reservation.absorb(more);
            }
            let ended = inside.conclude(&told, ran, reservation.amount());
            if told.store == Store::Inline && told.region.is_none() {
                // A door that went away changes nothing: the commit is on its way.
                let _ = sender.send(inside.settle(&told, ended, reservation, claim));
                return;
            }
            let this = inside.clone();
            let storing = async move {
                let ended = this.put_out(&told, ended).await;
                let _ = sender.send(this.settle(&told, ended, reservation, claim));
            };
            inside.tasks.spawn_on(storing, &inside.runtime);
        });
        let done = self.trying(caller, &story, &plan, || None, done);
        let task = self.task(caller, &story, plan, done);
        Ok((task, story, receiver))
    }

    /// What must be known of a planned job while it is under way.
    pub(crate) fn story(&self, caller: &Caller, plan: &Plan, keep: bool, span: Option<Box<JobSpan>>) -> Arc<Story> {
        let Plan { capsule, hold, memo, .. } = plan;
        let submitted = Time::now();
        let deadline = self.deadline(capsule, submitted);
        let story = Story::new((JobId::new(), submitted, deadline), &caller.purse, plan, *hold);
        Arc::new(Story { key: Some(caller.key), keep, memo: memo.clone(), span, ..story })
    }

    /// The job as the engine takes it.
    pub(crate) fn task(self: &Arc<Self>, caller: &Caller, story: &Story, mut plan: Plan, done: Done) -> Task {
        let Clocks { deadline, begin_by, timeout } = Clocks::of(story);
        let session = self.session(story, &mut plan);
        Task {
            id: story.id,
            account: caller.owner().0,
            weight: caller.limits.weight,
            priority: story.priority,
            entry: plan.entry,
            params: plan.capsule.params,
            key: plan.key,
            inputs: plan.feeds,
            deadline,
            begin_by,
            timeout,
            cost: plan.hold.get().max(1),
            session,
            control: story.control.clone(),
            done,
        }
    }

    /// Whether a job is so small that it runs on the calling thread.
    pub(crate) fn may_run_here(&self, task: &Task) -> bool {
        self.engine.may_run_here(&task.entry, bytes_of(task), task.account)
    }

    /// Runs a small job here and hands over any other: whether it did.
    fn start(&self, mut task: Task, story: &Story, key: KeyId) -> Result<bool, Refusal> {
        if self.may_run_here(&task) {
            let (done, ran) = self.engine.run_here(task);
            done(ran);
            return Ok(false);
        }
        let owner = inos_arena::Owner(task.account);
        task.inputs = settle_down(&self.arena, owner, std::mem::take(&mut task.inputs))?;
        self.live.insert(story);
        match self.engine.offer(vec![task]).pop() {
            None => Ok(true),
            Some((_, refused)) => {
                self.live.remove(story.id);
                Err(crowded(refused, key))
            }
        }
    }

    /// Writes down how a job ended; the returned future tells when it is durable.
    fn settle(&self, story: &Story, ended: Ended, reservation: Reservation, claim: Option<ClaimGuard>) -> Verdict {
        let (told, entry) = self.settlement(story, ended, reservation, claim);
        (told, self.ledger.commit(vec![entry]))
    }

    /// How a job ended, for its caller and for the books.
    pub(crate) fn settlement(
        &self,
        story: &Story,
        ended: Ended,
        reservation: Reservation,
        claim: Option<ClaimGuard>,
    ) -> (Told, Entry) {
        let (told, ending) = ended.part();
        self.pace.count(&ending, story.entry.is_session());
        let job = story.record(&ending.input_hashes);
        (told, Entry::Settle(Settle { job, reservation, ending, claim }))
    }
}

/// The digest of what a plan is to do.
pub(crate) fn digest_of(plan: &mut Plan) -> Hash {
    let inputs = hashes(&mut plan.feeds);
    let (entry, capsule) = (&plan.entry, &plan.capsule);
    inos_protocols::job::capsule_digest(entry.unit, entry.method.name, &capsule.params, &inputs)
}

/// Refuses an idempotency key that cannot be one.
pub(crate) fn check_key(key: &str) -> Result<(), Refusal> {
    // A zero byte is no text to Postgres, and no other control character helps anybody to find the key again.
    match key.chars().any(char::is_control) {
        true => {
            let told = "an idempotency key has no control characters";
            Err(Refusal::field(Kind::InvalidParams, "/idempotency_key", told))
        }
        false => Ok(()),
    }
}

/// An idempotency key that stands for another request.
pub(crate) fn key_taken() -> Refusal {
    let told = "This idempotency key was used with another request. Use a new key for a new request.";
    Refusal::new(Kind::IdempotencyConflict, told)
}

/// How many bytes the inputs have; too many for any method to run here where they are not at hand.
fn bytes_of(task: &Task) -> u64 {
    let len = |feed: &inos_engine::Feed| match feed {
        inos_engine::Feed::Bytes { bytes, .. } => bytes.len() as u64,
        inos_engine::Feed::Stream(_) | inos_engine::Feed::Later(_) => u64::MAX,
    };
    task.inputs.iter().map(len).fold(0, u64::saturating_add)
}

/// Waits until a single entry is durable.
pub(crate) async fn settled(committed: Committed) -> Result<Option<inos_protocols::receipt::SignedReceipt>, Refusal> {
    match committed.await.pop() {
        Some(Ok(Commit::Receipt(receipt))) => Ok(Some(receipt)),
        Some(Ok(Commit::Accepted | Commit::Transferred(_))) => Ok(None),
        Some(Err(error)) => Err(hold::uncommitted(error)),
        None => Err(lost()),
    }
}

/// The engine let go of a job without an end: the server stops.
pub(crate) fn put_off() -> Refusal {
    let told = "The server stops and could not finish this job. Nothing was charged; send it again.";
    Refusal::new(Kind::Overloaded, told).retry_after_ms(2000)
}

fn lost() -> Refusal {
    Refusal::new(Kind::Internal, "The job was lost on our side. Nothing was charged; try again.")
}

/// Whether a state may be answered with outputs.
pub(crate) fn has_outputs(state: State) -> bool {
    state == State::Succeeded
}

/// A queue that took no more, as callers may hear of it. It names the key that asked, since others of its account may have filled the queue.
pub(crate) fn crowded(refused: Refused, key: KeyId) -> Refusal {
    let (kind, detail, depth, cap) = match refused {
        Refused::AccountFull { depth, cap } => (
            Kind::QueueFull,
            format!(
                "{depth} jobs of this account are waiting and its cap is {cap}; {key} asked for one more. Nothing was charged; wait for some to end."
            ),
            depth,
            cap,
        ),
        Refused::Full { depth, cap } => (
            Kind::Overloaded,
            format!(
                "{depth} jobs are waiting on this server and its cap is {cap}. Nothing was charged; try again shortly."
            ),
            depth,
            cap,
        ),
        Refused::AccountSessions { depth, cap } => (
            Kind::QueueFull,
            format!(
                "{depth} sessions of this account run and its cap is {cap}; {key} asked for one more. Nothing was charged; cancel one, or wait for one to end."
            ),
            depth,
            cap,
        ),
        Refused::Sessions { depth, cap } => (
            Kind::Overloaded,
            format!("{depth} sessions run on this server and its cap is {cap}. Nothing was charged; try again later."),
            depth,
            cap,
        ),
        Refused::Draining => {
            return Refusal::new(Kind::Overloaded, "The server is about to stop; try another or come back.")
                .retry_after_ms(2000);
        }
    };
    let mut refusal = Refusal::new(kind, detail).retry_after_ms(500);
    (refusal.required, refusal.available) = (Some(depth as u64), Some(cap as u64));
    refusal
}
