//! The asynchronous story: durable before it is acknowledged, run when a worker is free, settled whatever happens.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Waker},
    time::{Duration, Instant},
};

use inos_engine::{Clock, Control, Done, End, Feed, Outcome, Refused, Said, Task};
use inos_failpoints::{Point, reach};
use inos_ledger::{Accept, Entry, Limit};
use inos_protocols::{
    Hash, JobId, KeyId, Refusal,
    job::{Capsule, Job, State, Store},
    refusal::Kind,
    time::Time,
    trace::TraceContext,
};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::{runtime::Handle, sync::oneshot};

use crate::{
    Broker, Caller, Inside,
    chain::{Chain, Waits, built_on},
    course::{Course, Pause},
    done::Story,
    events::Happening,
    live::Live,
    payload::{self, Place, Put},
    plan::{Ask, Plan, hashes, settle_down},
    run::{Claimed, crowded, settled},
    session::Usage,
    terms::check_durable,
    trace::Origin,
};

/// An accepted job.
#[derive(Debug)]
pub struct Submitted {
    /// The job as it stands.
    pub job: Job,
    /// Whether an earlier request with the same idempotency key had made it.
    pub replayed: bool,
}

/// Accepted jobs that the engine had no room for; they are offered again as others end.
#[derive(Default)]
pub(crate) struct Backlog {
    waiting: Mutex<VecDeque<Waiting>>,
    /// How many they are, for those who only want to know whether there are any.
    len: AtomicUsize,
}

struct Waiting {
    task: Task,
    since: Instant,
    /// Why there was no room for it.
    refused: Refused,
}

impl Backlog {
    pub(crate) fn len(&self) -> usize {
        self.len.load(Relaxed)
    }

    fn change<T>(&self, change: impl FnOnce(&mut VecDeque<Waiting>) -> T) -> T {
        let mut waiting = self.waiting.lock();
        let changed = change(&mut waiting);
        self.len.store(waiting.len(), Relaxed);
        changed
    }

    /// How many wait before the job of that id, if it waits here, and whether its own account's cap keeps it.
    pub(crate) fn standing(&self, id: JobId) -> Option<(u64, bool)> {
        if self.len() == 0 {
            return None;
        }
        let waiting = self.waiting.lock();
        let at = waiting.iter().position(|one| one.task.id == id)?;
        Some((at as u64, matches!(waiting[at].refused, Refused::AccountFull { .. })))
    }

    fn remove(&self, id: JobId) -> Option<Waiting> {
        self.change(|all| all.iter().position(|one| one.task.id == id).and_then(|at| all.remove(at)))
    }
}

/// How an accepted job is run again after a restart.
#[derive(Serialize, Deserialize)]
pub(crate) struct Asked {
    /// The capsule without its inputs.
    pub(crate) capsule: Capsule,
    /// What it costs, whatever becomes of the prices meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) price: Option<[u64; 4]>,
    /// Which budgets it has taken a part of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) limits: Vec<(Option<KeyId>, i64)>,
    /// How often it was begun.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) attempts: u32,
    /// How long a session's steps took so far, in microseconds.
    #[serde(default, skip_serializing_if = "is_none")]
    pub(crate) used_us: u64,
    /// How many steps a session has made so far.
    #[serde(default, skip_serializing_if = "is_none")]
    pub(crate) steps: u64,
    /// Where it belongs among traces, if one is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trace: Option<TraceContext>,
    /// Where the inputs lie.
    pub(crate) inputs: Vec<Place>,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

fn is_none(of: &u64) -> bool {
    *of == 0
}

/// What is asked of an accepted job, and where its bytes were put.
struct Away {
    asked: Asked,
    text: Vec<u8>,
    segment: Option<u64>,
    files: Vec<Hash>,
}

impl Broker {
    /// Accepts a job; when this answers, the job survives anything but the loss of the database.
    pub async fn submit(&self, caller: &Caller, capsule: Capsule, origin: Origin) -> Result<Submitted, Refusal> {
        let inside = &self.0;
        inside.accepting()?;
        let span = origin.begin(self.recorder());
        let inputs = capsule.inputs.clone();
        let outputs = built_on(&inputs);
        let named = inside.claim_named(caller, &capsule).await?;
        if let Some(Claimed::Before(id)) = named {
            return Ok(Submitted { job: self.job(caller, id).await?, replayed: true });
        }
        let waits = if outputs.is_empty() { None } else { inside.waits(caller, &capsule).await? };
        let seat = waits.as_ref().map(|_| inside.seat(caller)).transpose()?;
        let mut plan = match &waits {
            Some(waits) => inside.plan_waiting(caller, capsule, waits).await?,
            None => inside.plan(caller, Ask { capsule, body: None, origin }).await?,
        };
        check_durable(&plan.entry, &plan.capsule)?;
        let claimed = match named {
            Some(claimed) => claimed,
            None => inside.claim(caller, &mut plan).await?,
        };
        let claim = match claimed {
            Claimed::Free(claim) => claim,
            Claimed::Before(id) => return Ok(Submitted { job: self.job(caller, id).await?, replayed: true }),
        };
        if let Some(hit) = inside.recall(caller, &plan).await? {
            return Box::pin(inside.accepted_answered(caller, plan, hit, claim, span)).await;
        }
        match plan.entry.is_session() {
            true => inside.seat_session(caller, &mut plan, false)?,
            false => inside.room(caller)?,
        }
        plan.feeds = settle_down(&inside.arena, caller.owner(), plan.feeds)?;
        let reservation = inside.hold(caller, plan.hold).await?;
        plan.limits = reservation.limits().to_vec();
        let story = inside.story(caller, &plan, true, span);
        reservation.share().into_iter().for_each(|share| drop(story.share.set(share)));
        let Away { asked, text, segment, files } = inside.put_away(&plan, &inputs, origin)?;
        let job = inos_ledger::JobRecord { segment, ..story.record(&hashes(&mut plan.feeds)) };
        let accept = Accept { job, reservation, asked: text, files, claim };
        let (this, caller) = (inside.clone(), caller.clone());
        // Known before its commit: whoever then asks under the same key finds it under way and can wait for it.
        let course = Course::accepted(0, waits.as_ref().map(|_| Pause::Input));
        let live = inside.live.insert_at(&story, course, waits.as_ref().map_or(0, Waits::depth));
        let (tell, told) = oneshot::channel();
        // Before anything else that this thread has to do.
        let committed = inside.ledger.commit(vec![Entry::Accept(accept)]);
        // From here on the job belongs to this task, whether or not anybody still waits for the answer.
        // It runs on this thread: a wake-up of another would take as long as the commit itself.
        inside.tasks.spawn(async move {
            if let Err(refusal) = settled(committed).await {
                this.live.remove(story.id);
                // Whoever has gone hears of it when it asks again.
                return drop(tell.send(Err(refusal)));
            }
            reach(Point::JobAccepted);
            this.tell(&story, State::Queued);
            // Whoever has gone can ask for it.
            drop(tell.send(Ok(live.job())));
            match waits {
                Some(_) => this.take_up_later(Chain { caller, story, plan, live, asked, inputs: outputs, seat }),
                None => this.take_up(&caller, story, plan, &live, || Some(asked)),
            }
        });
        let job = told.await.map_err(|_| Refusal::new(Kind::Internal, "The job could not be accepted."))??;
        Ok(Submitted { job, replayed: false })
    }

    /// The job once it has ended, or as it stands after `patience`.
    pub async fn wait(&self, caller: &Caller, id: JobId, patience: Duration) -> Result<Job, Refusal> {
        if let Some(live) = self.0.live.get(caller.account, id) {
            // Running out of patience is an answer, too: the job as it stands.
            let _ = tokio::time::timeout(patience, live.ended(&self.0.ledger)).await;
        }
        self.job(caller, id).await
    }
}

impl Inside {
    /// Refuses a job that would only wait behind too many, of the same account or of all.
    fn room(&self, caller: &Caller) -> Result<(), Refusal> {
        let waiting = self.backlog.len();
        if waiting > 0 {
            let detail = format!(
                "The queue is full, and {waiting} accepted jobs wait for room in it. Nothing was charged; try again shortly."
            );
            return Err(Refusal::new(Kind::Overloaded, detail).retry_after_ms(500));
        }
        let (depth, cap) = (self.engine.queued_of(caller.owner().0), self.options.account_queue_len_max);
        if depth < cap { Ok(()) } else { Err(crowded(Refused::AccountFull { depth, cap }, caller.key)) }
    }

    /// Puts an accepted job's inputs where a restart finds them.
    fn put_away(&self, plan: &Plan, inputs: &[inos_protocols::job::Input], origin: Origin) -> Result<Away, Refusal> {
        let mut own = Vec::new();
        for (feed, input) in plan.feeds.iter().zip(inputs) {
            if let (Feed::Bytes { bytes, .. }, inos_protocols::job::Input::Bytes(_)) = (feed, input) {
                own.push(bytes);
            }
        }
        let Put { places, segment, files } = payload::put(&self.blobs, &own)?;
        let mut places = places.into_iter();
        let inputs = inputs
            .iter()
            .filter_map(|input| match input {
                inos_protocols::job::Input::Blob(hash) => Some(Place::Blob(*hash)),
                inos_protocols::job::Input::Job(output) => Some(Place::Job(*output)),
                inos_protocols::job::Input::Region(name) => Some(Place::Region(name.clone())),
                inos_protocols::job::Input::Bytes(_) => places.next(),
            })
            .collect();
        let price = Some(plan.price.numbers());
        let limits = plan.limits.iter().map(Limit::of).collect();
        let capsule = plan.capsule.clone();
        let asked = Asked { capsule, price, limits, attempts: 0, used_us: 0, steps: 0, trace: origin.part(), inputs };
        let text = serde_json::to_vec(&asked).map_err(|error| Refusal::new(Kind::Internal, error.to_string()))?;
        Ok(Away { asked, text, segment, files })
    }

    /// Runs a small accepted job here and hands any other to the engine.
    pub(crate) fn take_up(
        self: &Arc<Self>,
        caller: &Caller,
        story: Arc<Story>,
        plan: Plan,
        live: &Arc<Live>,
        asked: impl FnOnce() -> Option<Asked>,
    ) {
        let (inside, told) = (self.clone(), story.clone());
        let (id, control) = (story.id, story.control.clone());
        let mut asked = Some(asked);
        let usage = match story.entry.is_session() {
            true => asked.take().and_then(|asked| asked()).map(|asked| Usage::of(self, &story, asked)),
            false => None,
        };
        let used = usage.clone();
        let done: Done = Box::new(move |ran| {
            // Put off is not ended: the books still have it, and the next start takes it up.
            if told.was_put_off(&ran) {
                used.iter().for_each(|usage| usage.note((ran.run_us, told.control.progress().0)));
                return;
            }
            let this = inside.clone();
            inside.end_soon(&told.clone(), async move { this.finish(&told, ran).await });
        });
        let done = self.trying(caller, &story, &plan, || asked.and_then(|asked| asked()), done);
        let task = self.task(caller, &story, plan, done);
        self.tell_of(&story, &story.control, live, usage);
        if self.may_run_here(&task) {
            let (done, ran) = self.engine.run_here(task);
            done(ran);
            return;
        }
        self.offer(task);
        // Who cancelled it before did not find it there.
        if control.is_cancelled() && !self.engine.cancel(id) {
            self.end_waiting(id, End::Cancelled);
        }
    }

    /// Sees to the end of a job: as far as its commit at once, where this thread has a runtime, so that no other has to wake
    /// for it. What takes more than a commit is left to others.
    fn end_soon(&self, story: &Story, end: impl Future<Output = ()> + Send + 'static) {
        let is_plain = story.store != Store::Blob && story.region.is_none() && !story.reads_later;
        let Some(here) = Handle::try_current().ok().filter(|_| is_plain) else {
            drop(self.tasks.spawn_on(end, &self.runtime));
            return;
        };
        let mut end = Box::pin(end);
        if end.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
            drop(self.tasks.spawn_on(end, &here));
        }
    }

    pub(crate) fn tell(&self, story: &Story, state: State) {
        let cost = inos_protocols::Microcredits::ZERO;
        self.events.tell(story.purse.account, story.id, Happening::State { state, cost });
    }

    /// Makes an accepted job's progress, and what its unit says, events.
    pub(crate) fn tell_of(
        self: &Arc<Self>,
        story: &Story,
        control: &Arc<Control>,
        live: &Arc<Live>,
        usage: Option<Arc<Usage>>,
    ) {
        let (inside, account, id) = (Arc::downgrade(self), story.purse.account, story.id);
        let (live, watched, seen) = (Arc::downgrade(live), Arc::downgrade(control), Mutex::new((false, 0, (0, 0))));
        control.on_change(Box::new(move || {
            let (Some(inside), Some(live), Some(control)) = (inside.upgrade(), live.upgrade(), watched.upgrade())
            else {
                return;
            };
            usage.iter().for_each(|usage| usage.look((control.busy_us(), control.progress().0)));
            let mut seen = seen.lock();
            if control.begun() && !seen.0 {
                seen.0 = true;
                live.begin(Time::now());
                let cost = inos_protocols::Microcredits::ZERO;
                inside.events.tell(account, id, Happening::State { state: State::Running, cost });
            }
            for said in control.said_since(seen.1) {
                seen.1 += 1;
                let what = match said {
                    Said::Line(line) => Happening::Log { line },
                    Said::Piece(offset, bytes) => Happening::Output { offset, bytes },
                };
                inside.events.tell(account, id, what);
            }
            let progress = control.progress();
            if progress != seen.2 {
                seen.2 = progress;
                inside.events.tell(account, id, Happening::Progress { done: progress.0, total: progress.1 });
            }
        }));
    }

    /// Offers an accepted job; one that finds no room waits here and in the books.
    pub(crate) fn offer(self: &Arc<Self>, task: Task) {
        let since = Instant::now();
        for (task, refused) in self.engine.offer(vec![task]) {
            if !matches!(refused, Refused::Draining) {
                self.end_in_time(&task);
                self.backlog.change(|all| all.push_back(Waiting { task, since, refused }));
            }
        }
    }

    /// Sees to it that a job does not wait for room longer than it may.
    fn end_in_time(self: &Arc<Self>, task: &Task) {
        let (inside, id, until) = (Arc::downgrade(self), task.id, task.waits_until());
        let clock = task.overdue(until).unwrap_or(Clock::Deadline);
        self.runtime.spawn(async move {
            tokio::time::sleep_until(until.into()).await;
            if let Some(inside) = inside.upgrade() {
                inside.end_waiting(id, End::Expired(clock));
            }
        });
    }

    /// Ends a job that still waits for room in the queue, if it does.
    pub(crate) fn end_waiting(&self, id: JobId, end: End) {
        let Some(Waiting { task, since, .. }) = self.backlog.remove(id) else { return };
        let queued_us = u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX);
        let (outputs, inputs) = (Vec::new(), Vec::new());
        (task.done)(Outcome { end, outputs, inputs, bytes_in: 0, queued_us, run_us: 0, started: None });
    }

    /// Offers again what found no room before, away from the engine's thread that has just made some.
    pub(crate) fn room_was_made(self: &Arc<Self>) {
        if self.backlog.len() > 0 {
            let this = self.clone();
            self.tasks.spawn_on(async move { this.offer_backlog() }, &self.runtime);
        }
    }

    /// Offers again what found no room before.
    pub(crate) fn offer_backlog(&self) {
        loop {
            let Some(Waiting { task, since, .. }) = self.backlog.change(VecDeque::pop_front) else { return };
            if let Some((task, refused)) = self.engine.offer(vec![task]).pop() {
                if !matches!(refused, Refused::Draining) {
                    self.backlog.change(|all| all.push_front(Waiting { task, since, refused }));
                }
                return;
            }
        }
    }
}
