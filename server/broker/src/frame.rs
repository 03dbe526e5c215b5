//! Many capsules at once: small ones run here one after the other and share a commit, the rest is queued.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use inos_engine::Task;
use inos_ledger::{Commit, Entry};
use inos_protocols::{
    KeyId, Refusal,
    frame::{Accepted, Answer, Submission, Trouble},
    job::{Cache, Capsule, Store},
};

use crate::{
    Broker, Caller, Inside,
    done::{Told, outcome},
    hold,
    plan::{Ask, at_hand, settle_down},
    run::{bytes_of, crowded, settlement},
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
    /// Returns when all have been run or queued, which is the door's sign to read on; answers follow their commits.
    pub async fn frame(&self, caller: &Caller, submissions: Vec<Submission>, origin: Origin, replies: &Replies) {
        let (mut batch, mut begun) = (Batch::default(), Instant::now());
        for Submission { correlation, capsule } in submissions {
            if is_apart(&capsule) {
                self.aside(caller, correlation, Ask { capsule, body: None, origin }, replies);
                continue;
            }
            if let Err(refusal) = self.0.one_of_many(caller, correlation, (capsule, origin), &mut batch, replies).await
            {
                batch.refused.push(Trouble { correlation: Some(correlation), problem: refusal.problem() });
            }
            if batch.ended.len() >= QUANTUM_JOBS || begun.elapsed() >= QUANTUM {
                self.0.flush(std::mem::take(&mut batch), caller.key, origin, replies);
                tokio::task::yield_now().await;
                begun = Instant::now();
            }
        }
        self.0.flush(batch, caller.key, origin, replies);
    }

    /// A submission that may have to ask the database first gets a task of its own.
    fn aside(&self, caller: &Caller, correlation: u64, ask: Ask, replies: &Replies) {
        let (this, caller, replies) = (self.clone(), caller.clone(), replies.clone());
        tokio::spawn(async move {
            let origin = ask.origin;
            replies(match this.run(&caller, ask).await {
                Ok(ran) => Reply::Results(vec![Answer { correlation, outcome: ran.outcome }]),
                Err(refusal) => {
                    let refused = vec![Trouble { correlation: Some(correlation), problem: refusal.problem() }];
                    origin.refuse(this.recorder(), &refused);
                    Reply::Refused(refused)
                }
            });
        });
    }
}

/// Whether a capsule may have to ask the database, or to be tried again.
fn is_apart(capsule: &Capsule) -> bool {
    let Capsule { output, idempotency_key, retry, cache, .. } = capsule;
    let is_rare = output.store == Store::Blob || idempotency_key.is_some() || retry.is_some() || *cache != Cache::Off;
    is_rare || !at_hand(capsule)
}

impl Inside {
    async fn one_of_many(
        self: &Arc<Self>,
        caller: &Caller,
        correlation: u64,
        (capsule, origin): (Capsule, Origin),
        batch: &mut Batch,
        replies: &Replies,
    ) -> Result<(), Refusal> {
        self.accepting()?;
        let span = origin.begin(self.recorder.as_ref());
        let plan = self.plan_at_hand(capsule)?;
        let reservation = self.hold(caller, plan.hold).await?;
        let keep = plan.capsule.keep;
        let story = self.story(caller, &plan, keep, span);
        let mut task = self.task(caller, &story, plan, Box::new(|_| {}));
        if self.engine.may_run_here(&task.entry, bytes_of(&task), task.account) {
            let (_, ran) = self.engine.run_here(task);
            let ended = self.conclude(&story, ran, reservation.amount());
            let (told, entry) = settlement(&story, ended, reservation, None);
            batch.ended.push((correlation, story.id, told));
            batch.entries.push(entry);
            return Ok(());
        }
        task.inputs = settle_down(&self.arena, caller.owner(), std::mem::take(&mut task.inputs))?;
        let (inside, told, replies) = (self.clone(), story.clone(), replies.clone());
        let here = tokio::runtime::Handle::current();
        task.done = Box::new(move |ran| {
            inside.live.remove(told.id);
            inside.room_was_made();
            if told.was_put_off(&ran) {
                return;
            }
            let ended = inside.conclude(&told, ran, reservation.amount());
            let (end, entry) = settlement(&told, ended, reservation, None);
            let ended = vec![(correlation, told.id, end)];
            inside.answer(ended, vec![entry], &replies, &here);
        });
        self.live.insert(&story);
        batch.queued.push((correlation, task));
        Ok(())
    }

    fn flush(self: &Arc<Self>, batch: Batch, key: KeyId, origin: Origin, replies: &Replies) {
        let Batch { ended, entries, queued, mut refused } = batch;
        if !ended.is_empty() {
            self.answer(ended, entries, replies, &tokio::runtime::Handle::current());
        }
        if !queued.is_empty() {
            let correlations: std::collections::HashMap<_, _> =
                queued.iter().map(|(number, task)| (task.id, *number)).collect();
            let mut accepted: Vec<_> =
                queued.iter().map(|(correlation, task)| Accepted { correlation: *correlation, job: task.id }).collect();
            for (task, why) in self.engine.offer(queued.into_iter().map(|(_, task)| task).collect()) {
                self.live.remove(task.id);
                accepted.retain(|accepted| accepted.job != task.id);
                refused.push(Trouble {
                    correlation: correlations.get(&task.id).copied(),
                    problem: crowded(why, key).problem(),
                });
            }
            if !accepted.is_empty() {
                replies(Reply::Accepted(accepted));
            }
        }
        if !refused.is_empty() {
            origin.refuse(self.recorder.as_ref(), &refused);
            replies(Reply::Refused(refused));
        }
    }

    /// Commits jobs that ended together and tells of each once the commit is durable.
    fn answer(
        self: &Arc<Self>,
        ended: Vec<Unanswered>,
        entries: Vec<Entry>,
        replies: &Replies,
        here: &tokio::runtime::Handle,
    ) {
        let committed = self.ledger.commit(entries);
        let replies = replies.clone();
        here.spawn(async move {
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
                        refused.push(Trouble { correlation: Some(correlation), problem: refusal.problem() });
                    }
                }
            }
            if !answers.is_empty() {
                replies(Reply::Results(answers));
            }
            if !refused.is_empty() {
                replies(Reply::Refused(refused));
            }
        });
    }
}
