//! Inputs that are other jobs' outputs: an accepted job waits until every job that it builds on has succeeded, and takes
//! what they left by its place on the disk, never by way of the client. A job can only name one that there is already,
//! so no job ever waits for itself.

use std::{collections::HashMap, sync::Arc, time::Duration};

use inos_engine::{Clock, End, Feed};
use inos_protocols::{
    AccountId, Hash, JobId, Refusal,
    job::{Capsule, Input, Job, JobOutput, State, capsule_digest},
    refusal::Kind,
    time::Time,
};
use parking_lot::Mutex;

use crate::{
    Caller, Inside,
    done::{Story, out_of_time},
    live::Live,
    plan::{Plan, check_count, check_size, hashes, price_bounds},
    regions::region_hash,
    run::{Claimed, crowded, put_off},
    submit::Asked,
    terms::Clocks,
    tries::never_begun,
};

/// The most jobs in a row that wait for each other.
pub(crate) const CHAIN_DEPTH_MAX: u32 = 64;
/// How often a job is looked at that another node has, or that the database could not tell about.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How many jobs of each account wait for others' outputs.
#[derive(Default)]
pub(crate) struct Chained(Mutex<HashMap<AccountId, usize>>);

/// A place among those that wait; free again when dropped.
pub(crate) struct Seat {
    inside: Arc<Inside>,
    account: AccountId,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut waiting = self.inside.chained.0.lock();
        if let Some(count) = waiting.get_mut(&self.account) {
            *count -= 1;
            if *count == 0 {
                waiting.remove(&self.account);
            }
        }
    }
}

/// What a job waits for that builds on jobs which have not ended.
pub(crate) struct Waits {
    /// How many jobs in a row.
    depth: u32,
    /// The most bytes that may come of them.
    bytes_max: u64,
}

/// A job that waits, and everything that is needed once it goes on.
pub(crate) struct Chain {
    pub(crate) caller: Caller,
    pub(crate) story: Arc<Story>,
    pub(crate) plan: Plan,
    pub(crate) live: Arc<Live>,
    pub(crate) asked: Asked,
    pub(crate) inputs: Vec<(usize, JobOutput)>,
    pub(crate) seat: Option<Seat>,
}

impl Waits {
    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }
}

/// The inputs of a capsule that are other jobs' outputs, with their numbers.
pub(crate) fn built_on(inputs: &[Input]) -> Vec<(usize, JobOutput)> {
    let job = |(index, input): (usize, &Input)| match input {
        Input::Job(output) => Some((index, *output)),
        Input::Bytes(_) | Input::Blob(_) | Input::Region(_) => None,
    };
    inputs.iter().enumerate().filter_map(job).collect()
}

impl Inside {
    /// Takes the idempotency key of a capsule that builds on other jobs or regions, before anything is asked of those: by
    /// their names, so that the same request is the same job whatever has become of them. Nothing where it builds on none.
    pub(crate) async fn claim_named(&self, caller: &Caller, capsule: &Capsule) -> Result<Option<Claimed>, Refusal> {
        let Some(key) = &capsule.idempotency_key else { return Ok(None) };
        if !capsule.inputs.iter().any(|input| matches!(input, Input::Job(_) | Input::Region(_))) {
            return Ok(None);
        }
        let hash = |input: &Input| match input {
            Input::Bytes(bytes) => Hash::of(bytes),
            Input::Blob(hash) => *hash,
            Input::Job(output) => name(*output),
            Input::Region(name) => region_hash(name),
        };
        let inputs: Vec<Hash> = capsule.inputs.iter().map(hash).collect();
        let digest = capsule_digest(&capsule.unit, &capsule.method, &capsule.params, &inputs);
        self.claim_key(caller, key, digest).await.map(Some)
    }

    /// A place among the account's jobs that wait for others.
    pub(crate) fn seat(self: &Arc<Self>, caller: &Caller) -> Result<Seat, Refusal> {
        let account = caller.account;
        let (mut waiting, cap) = (self.chained.0.lock(), self.options.account_queue_len_max);
        let count = waiting.entry(account).or_default();
        if *count >= cap {
            return Err(crowded(inos_engine::Refused::AccountFull { depth: *count, cap }, caller.key));
        }
        *count += 1;
        Ok(Seat { inside: self.clone(), account })
    }

    /// What a capsule waits for; nothing where all that it builds on have succeeded. A job that is not this account's,
    /// has not such an output or did not succeed is refused at once.
    pub(crate) async fn waits(&self, caller: &Caller, capsule: &Capsule) -> Result<Option<Waits>, Refusal> {
        let (mut depth, mut bytes_max, mut is_open) = (0, 0_u64, false);
        for (index, output) in built_on(&capsule.inputs) {
            let job = self.job_of(caller, output.job).await.map_err(|refusal| absent(refusal, index, output.job))?;
            if ended(&job, index, output)? {
                bytes_max = bytes_max.saturating_add(job.outputs[output.output as usize].bytes);
                continue;
            }
            is_open = true;
            let live = self.live.get(caller.account, output.job);
            let waits_itself = |live: Arc<Live>| {
                live.pause().filter(|pause| *pause == crate::course::Pause::Input).map(|_| live.depth)
            };
            depth = depth.max(1 + live.and_then(waits_itself).unwrap_or_default());
            let entry = self.engine.catalogue().find(&job.unit, &job.method).ok();
            bytes_max = bytes_max.saturating_add(entry.map_or(0, |entry| entry.method.output_bytes_max));
        }
        if depth > CHAIN_DEPTH_MAX {
            let message = format!("at most {CHAIN_DEPTH_MAX} jobs in a row wait for each other; send this one later");
            return Err(Refusal::field(Kind::InvalidParams, "/inputs", message));
        }
        Ok(is_open.then_some(Waits { depth, bytes_max }))
    }

    /// A plan in which what other jobs will give is only named; it is priced for the most that may come of them.
    pub(crate) async fn plan_waiting(
        self: &Arc<Self>,
        caller: &Caller,
        mut capsule: Capsule,
        waits: &Waits,
    ) -> Result<Plan, Refusal> {
        let entry = self.entry(&capsule)?;
        self.check_terms(caller, &entry, &capsule)?;
        caller.complete(&entry, &mut capsule)?;
        // Only whether there is such a key: the job takes it when it begins.
        self.lend_to(caller, &entry, &capsule.params).await?;
        let mut inputs = std::mem::take(&mut capsule.inputs);
        let outputs = built_on(&inputs);
        check_count(&entry, inputs.len())?;
        for (index, _) in &outputs {
            inputs[*index] = Input::Bytes(bytes::Bytes::new());
        }
        let mut feeds = self.fetch(caller, &entry, inputs, Time::now()).await?;
        let known: u64 = feeds.iter().map(len).sum();
        let most = entry.method.input_bytes_max.saturating_mul(outputs.len() as u64).min(waits.bytes_max);
        let price = entry.price();
        let (_, hold) = price_bounds(&entry, &price, &capsule, known.saturating_add(most))?;
        for (index, output) in outputs {
            feeds[index] = Feed::Bytes { bytes: bytes::Bytes::new(), hash: Some(name(output)) };
        }
        let (limits, meter, memo, seat, key) = (Vec::new(), None, None, None, None);
        Ok(Plan { entry, price, capsule, feeds, hold, limits, meter, memo, seat, key })
    }

    /// The bytes that another job left, waiting for its end where that has not come.
    pub(crate) async fn output_of(
        &self,
        caller: &Caller,
        index: usize,
        output: JobOutput,
        deadline: Time,
    ) -> Result<Feed, Refusal> {
        let left = Duration::from_millis(deadline.as_ms().saturating_sub(Time::now().as_ms()));
        let ended = tokio::select! {
            ended = tokio::time::timeout(left, self.succeeded(caller, index, output)) => ended,
            () = self.stopping.cancelled() => return Err(put_off()),
        };
        let late = |_| {
            let message = format!("job {} did not end in time for this one; nothing was charged", output.job);
            Refusal::field(Kind::DeadlineExceeded, "/deadline", message)
        };
        self.left_by(caller, index, output, &ended.map_err(late)??).await
    }

    /// The bytes that a job left which succeeded.
    async fn left_by(&self, caller: &Caller, index: usize, output: JobOutput, job: &Job) -> Result<Feed, Refusal> {
        let JobOutput { job: id, output: number } = output;
        let bytes = self.kept_bytes(caller, id, number as usize).await?;
        let gone = || {
            let message = format!("output {number} of {id} is not kept any more; run that job again");
            Refusal::field(Kind::OutputNotKept, format!("/inputs/{index}"), message)
        };
        Ok(Feed::Bytes { bytes: bytes.ok_or_else(gone)?, hash: Some(job.outputs[number as usize].hash) })
    }

    /// Waits until a job has succeeded; a refusal says why it never will.
    async fn succeeded(&self, caller: &Caller, index: usize, output: JobOutput) -> Result<Job, Refusal> {
        loop {
            if let Some(live) = self.live.get(caller.account, output.job) {
                live.ended(&self.ledger).await;
            }
            match self.job_of(caller, output.job).await {
                Ok(job) if ended(&job, index, output)? => return Ok(job),
                Err(refusal) if refusal.kind != Kind::DatabaseUnavailable => {
                    return Err(absent(refusal, index, output.job));
                }
                Ok(_) | Err(_) => tokio::time::sleep(LOOK_EVERY).await,
            }
        }
    }

    /// Hands an accepted job to the engine once all that it builds on have succeeded.
    pub(crate) fn take_up_later(self: &Arc<Self>, chain: Chain) {
        let this = self.clone();
        // It ends at once when the server stops, unless it has an end to write down: a stop waits for that.
        self.tasks.spawn_on(async move { this.follow(chain).await }, &self.runtime);
    }

    async fn follow(self: Arc<Self>, chain: Chain) {
        let Chain { caller, story, mut plan, live, asked, inputs, seat } = chain;
        let Some(cancelled) = live.paused() else { return self.finish(&story, never_begun(End::Cancelled)).await };
        let Clocks { deadline, begin_by, .. } = Clocks::of(&story);
        let (until, clock) = match begin_by {
            Some(begin_by) if begin_by < deadline => (begin_by, Clock::Queue),
            _ => (deadline, Clock::Deadline),
        };
        let come = tokio::select! {
            biased;
            _ = cancelled => return self.finish(&story, never_begun(End::Cancelled)).await,
            // The books have it still.
            () = self.stopping.cancelled() => return,
            come = self.gather(&caller, &inputs) => come,
            () = tokio::time::sleep_until(until.into()) => {
                let mut refusal = out_of_time(&story, clock);
                refusal.detail.push_str(" It waited for jobs whose outputs it takes.");
                return self.never_begun(&story, State::Expired, &refusal).await;
            }
        };
        drop(seat);
        let ready = come.and_then(|feeds| put_in(&mut plan, feeds));
        if let Err(refusal) = ready {
            return self.never_begun(&story, State::Failed, &refusal).await;
        }
        if !self.note_inputs(&story, &mut plan).await {
            return;
        }
        match self.lend_in_time(&caller, &plan.entry, &plan.capsule.params).await {
            Ok(key) => plan.key = key,
            Err(refusal) => return self.never_begun(&story, State::Failed, &refusal).await,
        }
        if live.go_on().is_none() {
            return self.finish(&story, never_begun(End::Cancelled)).await;
        }
        self.take_up(&caller, story, plan, &live, || Some(asked));
    }

    /// What all of these jobs left, once they have ended; nothing is read before the last has.
    async fn gather(&self, caller: &Caller, inputs: &[(usize, JobOutput)]) -> Result<Vec<(usize, Feed)>, Refusal> {
        let jobs = inputs.iter().map(|(index, output)| self.succeeded(caller, *index, *output));
        let jobs = futures_util::future::try_join_all(jobs).await?;
        let mut feeds = Vec::with_capacity(inputs.len());
        for ((index, output), job) in inputs.iter().zip(&jobs) {
            feeds.push((*index, self.left_by(caller, *index, *output, job).await?));
        }
        Ok(feeds)
    }

    /// Writes down what the job's inputs turned out to be, so that its receipt states it; false where it has ended.
    async fn note_inputs(&self, story: &Story, plan: &mut Plan) -> bool {
        self.note_request(story, &hashes(&mut plan.feeds)).await
    }

    /// The same once it is known what they are; false where the job has ended.
    pub(crate) async fn note_request(&self, story: &Story, inputs: &[Hash]) -> bool {
        let record = story.record(inputs);
        loop {
            match self.ledger.amend_request(&record).await {
                Ok(is_open) => return is_open,
                Err(error) => tracing::warn!(
                    job = %story.id,
                    error = &error as &dyn std::error::Error,
                    "a job's inputs could not be written down; trying again"
                ),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// Puts what has come in its place.
fn put_in(plan: &mut Plan, feeds: Vec<(usize, Feed)>) -> Result<(), Refusal> {
    for (index, feed) in feeds {
        check_size(&plan.entry, index, len(&feed))?;
        plan.feeds[index] = feed;
    }
    Ok(())
}

fn len(feed: &Feed) -> u64 {
    match feed {
        Feed::Bytes { bytes, .. } => bytes.len() as u64,
        Feed::Stream(_) => 0,
        Feed::Later(later) => later.bytes_max,
    }
}

/// What stands for an output that there is not yet, in the digest of what was asked.
fn name(output: JobOutput) -> Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"inos.job-output.v1\0").update(output.job.as_bytes()).update(&output.output.to_le_bytes());
    hasher.finalize().into()
}

/// Whether a job has ended with the wanted output; a refusal where it never will have it.
fn ended(job: &Job, index: usize, output: JobOutput) -> Result<bool, Refusal> {
    match job.state {
        State::Queued | State::Running => Ok(false),
        State::Succeeded if (output.output as usize) < job.outputs.len() => Ok(true),
        State::Succeeded => {
            let message = format!("job {} has {} outputs; they are numbered from 0", job.id, job.outputs.len());
            Err(Refusal::field(Kind::InvalidParams, format!("/inputs/{index}/output"), message))
        }
        State::Failed | State::Cancelled | State::Expired => {
            let why = job.error.as_ref().map_or("", |error| error.detail.as_str());
            let message = format!("job {} ended as `{}`, so this one cannot run: {why}", job.id, job.state.word());
            Err(Refusal::field(Kind::InputFailed, format!("/inputs/{index}/job"), message))
        }
    }
}

fn absent(refusal: Refusal, index: usize, job: JobId) -> Refusal {
    match refusal.kind {
        Kind::NotFound => {
            let message = format!("there is no job {job} in this account");
            Refusal::field(Kind::NotFound, format!("/inputs/{index}/job"), message)
        }
        _ => refusal,
    }
}
