//! Many capsules at once: small ones run here one after the other and share a commit, the rest is queued.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use inos_engine::Task;
use inos_ledger::{Claim, ClaimGuard, Commit, Committed, Entry};
use inos_protocols::{
    Hash, KeyId, Refusal,
    frame::{About, Accepted, Answer, Submission, Trouble},
    held::KEY_ID,
    job::{Cache, Capsule, Store},
};
use parking_lot::Mutex;

use crate::{
    Broker, Caller, Inside,
    done::{Told, outcome},
    hold,
    plan::{Ask, Plan, at_hand, settle_down},
    run::{check_key, crowded, digest_of, key_taken},
    session::check_at_once,
    trace::Origin,
};

/// The most jobs that run here before others get a turn.
const QUANTUM_JOBS: usize = 64;
/// The longest that jobs run here before others get a turn.
const QUANTUM: Duration = Duration::from_micros(200);

/// What becomes of submissions, as it becomes known.
pub enum Reply {
    /// These wait for a worker.
    Accepted(Vec<Accepted>),
    /// These ended, and the books know.
    Results(Vec<Answer>),
    /// These were not taken.
    Refused(Vec<Trouble>),
}

/// Where replies go: called from any thread, must not block.
pub type Replies = Arc<dyn Fn(Reply) + Send + Sync>;

/// A job that ended, under its correlation number, before its commit.
type Unanswered = (u64, inos_protocols::JobId, Told);

/// What is to be run or queued with others; its inputs are at hand.
enum Work {
    Asked(Capsule),
    /// Under the idempotency key that it has taken.
    Planned(Box<Plan>, ClaimGuard),
}

/// Jobs that ran here and wait for their common commit.
#[derive(Default)]
struct Batch {
    ended: Vec<Unanswered>,
    entries: Vec<Entry>,
    queued: Vec<(u64, Task)>,
    refused: Vec<Trouble>,
}

impl Broker {
    /// Takes submissions of one connection and tells what becomes of each, in any order.
    ///
    /// Returns when all have been run or queued, which is the door's sign to read on; answers follow their commits. What the
    /// database is asked for first goes on in tasks of its own, as many as the door's window lets in.
    pub async fn frame(&self, caller: &Caller, submissions: Vec<Submission>, origin: Origin, replies: &Replies) {
        let (mut together, mut keyed) = (Vec::new(), Vec::new());
        for Submission { correlation, capsule } in submissions {
            if is_apart(&capsule) {
                self.aside(caller, correlation, Ask { capsule, body: None, origin }, replies);
            } else if capsule.idempotency_key.is_some() {
                keyed.push((correlation, capsule));
            } else {
                together.push((correlation, Work::Asked(capsule)));
            }
        }
        if !keyed.is_empty() {
            let (this, caller, replies) = (self.clone(), caller.clone(), replies.clone());
            tokio::spawn(async move { this.keyed(&caller, keyed, origin, &replies).await });
        }
        self.0.all(caller, together, origin, replies).await;
    }

    /// Takes submissions with idempotency keys: the database is asked once for what all of them stand for.
    async fn keyed(&self, caller: &Caller, keyed: Vec<(u64, Capsule)>, origin: Origin, replies: &Replies) {
        let inside = &self.0;
        let (mut planned, mut wishes, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for (correlation, capsule) in keyed {
            match inside.wish(caller, capsule) {
                Ok((plan, wish)) => {
                    planned.push((correlation, Box::new(plan)));
                    wishes.push(wish);
                }
                Err(refusal) => refused.push(Trouble::of_submission(correlation, refusal.problem())),
            }
        }
        let mut together = Vec::with_capacity(planned.len());
        match inside.ledger.claim_many(caller.purse.no, wishes).await {
            Ok(claims) => {
                for ((correlation, plan), claim) in planned.into_iter().zip(claims) {
                    match claim {
                        Claim::New(guard) => together.push((correlation, Work::Planned(plan, guard))),
                        Claim::Conflict => refused.push(Trouble::of_submission(correlation, key_taken().problem())),
                        // What was answered before is read, and what is under way waited for, one by one.
                        Claim::Settled(_) | Claim::Running(_) => {
                            let ask = Ask { capsule: plan.capsule_at_hand(), body: None, origin };
                            self.aside(caller, correlation, ask, replies);
                        }
                    }
                }
            }
            Err(error) => {
                let problem = hold::database(error).problem();
                refused.extend(planned.iter().map(|one| Trouble::of_submission(one.0, problem.clone())));
            }
        }
        inside.refuse(refused, origin, replies);
        inside.all(caller, together, origin, replies).await;
    }

    /// A submission that may have to ask the database first gets a task of its own.
    fn aside(&self, caller: &Caller, correlation: u64, ask: Ask, replies: &Replies) {
        let (this, caller, replies) = (self.clone(), caller.clone(), replies.clone());
        tokio::spawn(async move {
            let origin = ask.origin;
            // Whoever wants to cancel it has to know that it waits.
            let waits = |job| replies(Reply::Accepted(vec![Accepted { correlation, job }]));
            replies(match this.run_and_tell(&caller, ask, waits).await {
                Ok(ran) => Reply::Results(vec![Answer { correlation, outcome: ran.outcome }]),
                Err(refusal) => {
                    let refused = vec![Trouble::of_submission(correlation, refusal.problem())];
                    origin.refuse(this.recorder(), &refused);
                    Reply::Refused(refused)
                }
            });
        });
    }
}

/// Whether a capsule may have to ask the database for more than what its key stands for, or to be tried again.
fn is_apart(capsule: &Capsule) -> bool {
    let Capsule { params, output, retry, cache, .. } = capsule;
    let is_kept = output.store == Store::Blob || output.region.is_some();
    let is_rare = is_kept || retry.is_some() || *cache != Cache::Off;
    is_rare || params.contains_key(KEY_ID) || !at_hand(capsule)
}

impl Inside {
    /// Runs or queues jobs.
    async fn all(self: &Arc<Self>, caller: &Caller, together: Vec<(u64, Work)>, origin: Origin, replies: &Replies) {
        let (mut batch, mut begun) = (Batch::default(), Instant::now());
        let gathering = Gathering::new(self, replies);
        for (correlation, work) in together {
            if let Err(refusal) = self.one_of_many(caller, correlation, (work, origin), &mut batch, &gathering).await {
                batch.refused.push(Trouble::of_submission(correlation, refusal.problem()));
            }
            if batch.ended.len() >= QUANTUM_JOBS || begun.elapsed() >= QUANTUM {
                self.flush(std::mem::take(&mut batch), caller.key, origin, replies);
                tokio::task::yield_now().await;
                begun = Instant::now();
            }
        }
        self.flush(batch, caller.key, origin, replies);
    }

    /// A capsule with a key, planned, and what the key is to stand for.
    fn wish(&self, caller: &Caller, mut capsule: Capsule) -> Result<(Plan, (Box<str>, Hash)), Refusal> {
        self.accepting()?;
        let key = capsule.idempotency_key.take().unwrap_or_default();
        check_key(&key)?;
        let mut plan = self.plan_at_hand(caller, capsule)?;
        let digest = digest_of(&mut plan);
        plan.capsule.idempotency_key = Some(key.clone());
        Ok((plan, (key.into(), digest)))
    }

    async fn one_of_many(
        self: &Arc<Self>,
        caller: &Caller,
        correlation: u64,
        (work, origin): (Work, Origin),
        batch: &mut Batch,
        gathering: &Arc<Gathering>,
    ) -> Result<(), Refusal> {
        self.accepting()?;
        let span = origin.begin(self.recorder.as_ref());
        let (plan, claim) = match work {
            Work::Asked(capsule) => (self.plan_at_hand(caller, capsule)?, None),
            Work::Planned(plan, guard) => (*plan, Some(guard)),
        };
        check_at_once(&plan.entry)?;
        let reservation = self.hold(caller, plan.hold).await?;
        let keep = plan.capsule.keep || claim.is_some();
        let story = self.story(caller, &plan, keep, span);
        let mut task = self.task(caller, &story, plan, Box::new(|_| {}));
        if self.may_run_here(&task) {
            let (_, ran) = self.engine.run_here(task);
            let ended = self.conclude(&story, ran, reservation.amount());
            let (told, entry) = self.settlement(&story, ended, reservation, claim);
            batch.ended.push((correlation, story.id, told));
            batch.entries.push(entry);
            return Ok(());
        }
        task.inputs = settle_down(&self.arena, caller.owner(), std::mem::take(&mut task.inputs))?;
        let (inside, told, gathering) = (self.clone(), story.clone(), gathering.clone());
        task.done = Box::new(move |ran| {
            inside.live.remove(told.id);
            inside.room_was_made();
            if told.was_put_off(&ran) {
                return;
            }
            let ended = inside.conclude(&told, ran, reservation.amount());
            let (end, entry) = inside.settlement(&told, ended, reservation, claim);
            gathering.add((correlation, told.id, end), entry);
        });
        self.live.insert(&story);
        batch.queued.push((correlation, task));
        Ok(())
    }

    fn flush(self: &Arc<Self>, batch: Batch, key: KeyId, origin: Origin, replies: &Replies) {
        let Batch { ended, entries, queued, mut refused } = batch;
        if !ended.is_empty() {
            let (committed, replies) = (self.ledger.commit(entries), replies.clone());
            tokio::spawn(async move { answer(ended, committed, &replies).await });
        }
        if !queued.is_empty() {
            let correlations: std::collections::HashMap<_, _> =
                queued.iter().map(|(number, task)| (task.id, *number)).collect();
            let mut accepted: Vec<_> =
                queued.iter().map(|(correlation, task)| Accepted { correlation: *correlation, job: task.id }).collect();
            for (task, why) in self.engine.offer(queued.into_iter().map(|(_, task)| task).collect()) {
                self.live.remove(task.id);
                accepted.retain(|accepted| accepted.job != task.id);
                let about = correlations.get(&task.id).map_or(About::Frame, |number| About::Submission(*number));
                refused.push(Trouble { about, problem: crowded(why, key).problem() });
            }
            if !accepted.is_empty() {
                replies(Reply::Accepted(accepted));
            }
        }
        self.refuse(refused, origin, replies);
    }

    fn refuse(&self, refused: Vec<Trouble>, origin: Origin, replies: &Replies) {
        if !refused.is_empty() {
            origin.refuse(self.recorder.as_ref(), &refused);
            replies(Reply::Refused(refused));
        }
    }
}

/// Tells of jobs that ended together once their commit is durable.
async fn answer(ended: Vec<Unanswered>, committed: Committed, replies: &Replies) {
    let (mut answers, mut refused) = (Vec::with_capacity(ended.len()), Vec::new());
    for ((correlation, id, told), commit) in ended.into_iter().zip(committed.await) {
        match commit {
            Ok(Commit::Receipt(receipt)) => {
                answers.push(Answer { correlation, outcome: outcome(id, told, Some(receipt)) })
            }
            Ok(Commit::Accepted | Commit::Transferred(_)) => {}
            Err(error) => {
                let refusal = hold::uncommitted(error);
                told.unsettled(&refusal);
                refused.push(Trouble::of_submission(correlation, refusal.problem()));
            }
        }
    }
    if !answers.is_empty() {
        replies(Reply::Results(answers));
    }
    if !refused.is_empty() {
        replies(Reply::Refused(refused));
    }
}

/// The jobs of one frame that end on workers. The first is committed at once; what ends while a commit is under way goes
/// with the next one, so that a thousand small jobs are a few commits and wake-ups and not a thousand.
struct Gathering {
    inside: Arc<Inside>,
    replies: Replies,
    here: tokio::runtime::Handle,
    gathered: Mutex<Gathered>,
}

#[derive(Default)]
struct Gathered {
    ended: Vec<Unanswered>,
    entries: Vec<Entry>,
    /// Whether a task will come for what is here.
    is_awaited: bool,
}

impl Drop for Gathering {
    fn drop(&mut self) {
        // The thread that would have answered has ended with the server; what ran is charged all the same.
        let entries = std::mem::take(&mut self.gathered.get_mut().entries);
        if !entries.is_empty() {
            drop(self.inside.ledger.commit(entries));
        }
    }
}

impl Gathering {
    /// Of jobs that are answered from the calling thread's runtime.
    fn new(inside: &Arc<Inside>, replies: &Replies) -> Arc<Self> {
        let (inside, replies, here) = (inside.clone(), replies.clone(), tokio::runtime::Handle::current());
        Arc::new(Self { inside, replies, here, gathered: Mutex::default() })
    }

    fn add(self: &Arc<Self>, ended: Unanswered, entry: Entry) {
        let mut gathered = self.gathered.lock();
        if gathered.is_awaited {
            gathered.ended.push(ended);
            gathered.entries.push(entry);
            return;
        }
        gathered.is_awaited = true;
        drop(gathered);
        let (this, committed) = (self.clone(), self.inside.ledger.commit(vec![entry]));
        self.here.spawn(async move { this.answer(vec![ended], committed).await });
    }

    /// Answers, and goes on with what came meanwhile.
    async fn answer(&self, mut ended: Vec<Unanswered>, mut committed: Committed) {
        loop {
            answer(ended, committed, &self.replies).await;
            let mut gathered = self.gathered.lock();
            if gathered.ended.is_empty() {
                gathered.is_awaited = false;
                return;
            }
            ended = std::mem::take(&mut gathered.ended);
            committed = self.inside.ledger.commit(std::mem::take(&mut gathered.entries));
        }
    }
}
