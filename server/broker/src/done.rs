//! From what the engine says of a job to what the books keep and the caller reads.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use inos_engine::{Clock, Control, End, Entry, Feed, Outcome as Ran};
use inos_ledger::{Ending, JobRecord, Limit, Purse, Share};
use inos_protocols::{
    Hash, JobId, KeyId, Microcredits, Problem, Refusal,
    job::{Capsule, Metrics, Outcome, OutputBytes, OutputInfo, Params, Retry, State, Store, capsule_digest},
    receipt::SignedReceipt,
    refusal::Kind,
    time::Time,
};
use inos_unit::{Fault, Price, Used};

use crate::{
    Inside, lent,
    memo::Memo,
    payload,
    plan::Plan,
    trace::{JobSpan, Settling},
};

/// What must be known of a job while it is under way.
pub(crate) struct Story {
    pub(crate) id: JobId,
    pub(crate) purse: Arc<Purse>,
    /// The key that asked for it; none where it was taken up again, and its row has it.
    pub(crate) key: Option<KeyId>,
    pub(crate) entry: Arc<Entry>,
    /// What it costs, whatever becomes of the prices meanwhile.
    pub(crate) price: Price,
    pub(crate) params: Params,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) priority: u8,
    pub(crate) budget: Option<Microcredits>,
    pub(crate) held: Microcredits,
    /// What an accepted job has taken of budgets.
    pub(crate) limits: Vec<Limit>,
    /// What an accepted job has taken of its token's allowance.
    pub(crate) share: OnceLock<Arc<Share>>,
    pub(crate) submitted: Time,
    pub(crate) deadline: Time,
    /// The same by the clock that nobody sets; from when it was accepted, or taken up again, on.
    pub(crate) due: Instant,
    /// Until when it must have begun, by that clock, where that is limited.
    pub(crate) begin_by: Option<Instant>,
    /// Whether outputs are kept after the answer.
    pub(crate) keep: bool,
    pub(crate) keep_ms: Option<u64>,
    pub(crate) store: Store,
    /// The region whose next epoch its first output becomes.
    pub(crate) region: Option<String>,
    /// Whether some of its inputs are read only when it begins.
    pub(crate) reads_later: bool,
    /// How long one attempt may take, where that is less than the method allows.
    pub(crate) timeout_ms: Option<u32>,
    /// How long it may wait before it is first begun.
    pub(crate) queue_ttl_ms: Option<u32>,
    pub(crate) retry: Option<Retry>,
    /// How long the steps of a session took before the server was started last, in microseconds.
    pub(crate) used_us: u64,
    /// How many steps a session had made by then.
    pub(crate) steps_before: u64,
    /// How often it was begun before the present attempt.
    pub(crate) earlier: AtomicU32,
    /// What its outputs are remembered under, where they are to be.
    pub(crate) memo: Option<Box<Memo>>,
    /// The engine's handle on it.
    pub(crate) control: Arc<Control>,
    /// Its step in a trace, where that is recorded.
    pub(crate) span: Option<Box<JobSpan>>,
}

/// A job that ended, before the books know.
pub(crate) struct Ended {
    pub(crate) ending: Ending,
    pub(crate) outputs: Vec<OutputBytes>,
    /// The rest of its step in a trace.
    pub(crate) settling: Option<Box<Settling>>,
}

/// What the caller is to read of a job, once the books know.
pub(crate) struct Told {
    state: State,
    cost: Microcredits,
    error: Option<Problem>,
    metrics: Metrics,
    outputs: Vec<OutputBytes>,
    settling: Option<Box<Settling>>,
}

impl Ended {
    /// Parts what the caller reads from what the books keep.
    pub(crate) fn part(self) -> (Told, Ending) {
        let Self { ending, outputs, mut settling } = self;
        if let Some(settling) = &mut settling {
            settling.ends(&ending);
        }
        let Ending { state, cost, ref error, metrics, .. } = ending;
        (Told { state, cost, error: error.clone(), metrics, outputs, settling }, ending)
    }
}

impl Told {
    /// Whether it succeeded.
    pub(crate) fn succeeded(&self) -> bool {
        self.state == State::Succeeded
    }

    /// Takes in that the books did not take it, so that nobody is to read it.
    pub(crate) fn unsettled(mut self, refusal: &Refusal) {
        if let Some(settling) = &mut self.settling {
            settling.refused(refusal);
        }
    }
}

impl Story {
    /// A job with this id and these times, whose outputs are kept and that no trace records.
    pub(crate) fn new(
        (id, submitted, deadline): (JobId, Time, Time),
        purse: &Arc<Purse>,
        plan: &Plan,
        held: Microcredits,
    ) -> Self {
        let Plan { entry, price, limits, capsule, .. } = plan;
        let Capsule { params, labels, priority, budget, keep_ms, output, timeout_ms, queue_ttl_ms, retry, .. } =
            capsule;
        let (now, instant) = (Time::now(), Instant::now());
        let at = |until: Time| instant + Duration::from_millis(until.as_ms().saturating_sub(now.as_ms()));
        Self {
            id,
            purse: purse.clone(),
            key: None,
            entry: entry.clone(),
            price: *price,
            limits: limits.clone(),
            share: OnceLock::new(),
            params: entry.shown(params),
            labels: labels.clone(),
            priority: *priority,
            budget: *budget,
            held,
            submitted,
            deadline,
            due: at(deadline),
            begin_by: queue_ttl_ms.map(|ms| at(submitted.plus_ms(u64::from(ms)))),
            keep: true,
            keep_ms: *keep_ms,
            store: output.store,
            region: output.region.clone(),
            reads_later: plan.feeds.iter().any(|feed| matches!(feed, Feed::Later(_))),
            timeout_ms: *timeout_ms,
            queue_ttl_ms: *queue_ttl_ms,
            retry: *retry,
            used_us: 0,
            steps_before: 0,
            earlier: AtomicU32::new(0),
            memo: None,
            control: Arc::new(Control::new()),
            span: None,
        }
    }

    /// How often it was begun before the present attempt.
    pub(crate) fn attempts_before(&self) -> u32 {
        self.earlier.load(Relaxed)
    }

    /// Notes how often it was begun, before another attempt.
    pub(crate) fn note_attempts(&self, made: u32) {
        self.earlier.store(made, Relaxed);
    }

    /// Whether its outputs are kept with the job and not as blobs.
    pub(crate) fn is_kept_inline(&self) -> bool {
        self.keep && self.store == Store::Inline
    }

    /// Whether the engine gave the job up because the server stops: it did not end, it is to be run another time.
    pub(crate) fn was_put_off(&self, ran: &Ran) -> bool {
        ran.end == End::Cancelled && !self.control.is_cancelled()
    }

    /// The job as the books keep it.
    pub(crate) fn record(&self, inputs: &[Hash]) -> JobRecord {
        JobRecord {
            id: self.id,
            purse: self.purse.clone(),
            key: self.key,
            unit: self.entry.unit.into(),
            method: self.entry.method.name.into(),
            version: self.entry.version.into(),
            priority: self.priority,
            budget: self.budget,
            capsule: capsule_digest(self.entry.unit, self.entry.method.name, &self.params, inputs),
            submitted: self.submitted,
            deadline: self.deadline,
            params: (!self.params.is_empty()).then(|| serde_json::Value::Object(self.params.clone()).to_string()),
            labels: self.labels.clone(),
            remembered: self.memo.is_some(),
            segment: None,
        }
    }
}

impl Inside {
    /// What is to be written down of a job that never began; nothing is charged.
    pub(crate) fn never_began(&self, keep_ms: Option<u64>, attempts: u32, state: State, why: &Refusal) -> Ending {
        Ending {
            state,
            cost: Microcredits::ZERO,
            started: None,
            finished: Time::now(),
            attempts,
            metrics: Metrics::default(),
            input_hashes: Vec::new(),
            outputs: Vec::new(),
            kept: None,
            segment: None,
            files: Vec::new(),
            error: Some(why.problem()),
            cached_from: None,
            expires: Some(self.expires(keep_ms)),
        }
    }

    /// What is to be written down of a job that ended: state, cost, kept outputs.
    pub(crate) fn conclude(&self, story: &Story, ran: Ran, held: Microcredits) -> Ended {
        let settling = story.span.as_ref().map(|span| span.ran(story.id, &story.entry, &ran));
        let Ran { end, outputs, inputs, bytes_in, queued_us, run_us, started } = ran;
        let run_us = run_us + story.used_us;
        let bytes_out = outputs.iter().map(|output| output.bytes.len() as u64).sum();
        let (mut state, mut trouble) = judge(story, end);
        let used = Used { bytes_in, bytes_out, run_us };
        // A session that was taken up again and never began had run before.
        let has_run = started.is_some() || story.used_us > 0;
        let cost = cost(story, state, trouble.as_ref(), has_run, used);
        if cost > held && state == State::Succeeded {
            (state, trouble) = (State::Failed, Some(over_budget(cost, held)));
        }
        let mut outputs = if state == State::Succeeded { outputs } else { Vec::new() };
        let infos = outputs.iter().map(info).collect();
        let mut ending = Ending {
            state,
            cost: cost.min(held),
            started,
            finished: Time::now(),
            attempts: story.attempts_before() + u32::from(started.is_some()),
            metrics: Metrics { bytes_in, bytes_out, queued_us, run_us },
            input_hashes: inputs,
            outputs: infos,
            kept: None,
            segment: None,
            files: Vec::new(),
            error: None,
            cached_from: None,
            expires: Some(self.expires(story.keep_ms)),
        };
        if story.is_kept_inline() && state == State::Succeeded {
            match payload::keep(&self.blobs, &outputs) {
                Ok(kept) => (ending.kept, ending.segment, ending.files) = (Some(kept.text), kept.segment, kept.files),
                Err(refusal) => {
                    outputs.clear();
                    (ending.state, ending.cost, trouble) = (State::Failed, Microcredits::ZERO, Some(refusal));
                    ending.outputs.clear();
                }
            }
        }
        ending.error = trouble.map(|refusal| refusal.problem());
        Ended { ending, outputs, settling }
    }
}

/// Successes pay for all that they used; what the caller got wrong pays for its input and its time once it was run;
/// what never ran, and what broke on our side, is free.
fn cost(story: &Story, state: State, trouble: Option<&Refusal>, ran: bool, used: Used) -> Microcredits {
    let price = &story.price;
    let ours =
        trouble.is_some_and(|trouble| matches!(trouble.kind, Kind::Internal | Kind::WorkerLost | Kind::Overloaded));
    match state {
        State::Succeeded => Microcredits::saturating(price.of(used)),
        _ if ran && !ours => Microcredits::saturating(price.of(Used { bytes_out: 0, ..used })),
        _ => Microcredits::ZERO,
    }
}

fn info(output: &OutputBytes) -> OutputInfo {
    OutputInfo { media_type: output.media_type.clone(), bytes: output.bytes.len() as u64, hash: output.hash }
}

fn judge(story: &Story, end: End) -> (State, Option<Refusal>) {
    match end {
        End::Done => (State::Succeeded, None),
        End::Cancelled => {
            (State::Cancelled, Some(Refusal::new(Kind::Cancelled, "The job was cancelled before it ended.")))
        }
        End::Expired(clock) => (State::Expired, Some(out_of_time(story, clock))),
        End::KeyGone => (State::Failed, Some(lent::gone(&story.params))),
        End::Silent => (State::Failed, Some(silent(story))),
        End::Spent => (State::Failed, Some(spent(story))),
        End::Panicked => (State::Failed, Some(broken())),
        End::Fault(fault) => (State::Failed, Some(refusal(fault))),
    }
}

/// Which clock ended a job, and which field sets it.
pub(crate) fn out_of_time(story: &Story, clock: Clock) -> Refusal {
    let (pointer, told) = match clock {
        Clock::Queue => {
            let ms = story.queue_ttl_ms.unwrap_or_default();
            ("/queue_ttl_ms", format!("the job was not begun within {ms} ms of its acceptance; nothing was charged"))
        }
        Clock::Attempt => {
            let method_ms = story.entry.method.timeout_ms;
            let ms = story.timeout_ms.map_or(method_ms, |ms| method_ms.min(u64::from(ms)));
            ("/timeout_ms", format!("an attempt may run for {ms} ms, and the job was not done by then"))
        }
        Clock::Deadline => ("/deadline", format!("the job had to end by {} and had not", story.deadline)),
    };
    Refusal::field(Kind::DeadlineExceeded, pointer, told)
}

/// A session came to the end of what is held for it.
fn spent(story: &Story) -> Refusal {
    let told = format!(
        "The session's steps took as long as the {} credits pay for that were set aside for it. Its region stays as it was stepped last; give it a larger `budget`, or a smaller `busy_ms`.",
        story.held
    );
    Refusal::new(Kind::BudgetExceeded, told).amounts(story.held, story.held)
}

fn silent(story: &Story) -> Refusal {
    let ms = story.entry.method.heartbeat_ms.unwrap_or_default();
    Refusal::new(
        Kind::Internal,
        format!(
            "The unit gave no sign of life for {ms} ms, which its method promises. Nothing was charged; try again."
        ),
    )
}

fn refusal(fault: Fault) -> Refusal {
    match fault {
        Fault::Invalid { pointer, message } => Refusal::field(Kind::InvalidParams, pointer, message),
        Fault::Limit { limit, message } => {
            let mut refusal = Refusal::new(Kind::PayloadTooLarge, format!("{message} (limit {limit})"));
            refusal.available = Some(limit);
            refusal
        }
        Fault::Cancelled => Refusal::new(Kind::Cancelled, "The job was stopped before it ended."),
        Fault::NoRoom(_) => no_room(),
        Fault::Lost(_) => Refusal::new(
            Kind::WorkerLost,
            "The process that ran this job ended before the job did. Nothing was charged, no other job was touched; try again, with less input if it ends the same way.",
        ),
        Fault::Broken(_) => broken(),
    }
}

/// What there was no room for is in the log already: the worker has said it.
fn no_room() -> Refusal {
    Refusal::new(
        Kind::Overloaded,
        "The server had no room for the job's bytes just now. Nothing was charged; try again.",
    )
    .retry_after_ms(1000)
}

/// Why it broke is in the log already: the worker has said it.
fn broken() -> Refusal {
    Refusal::new(Kind::Internal, "The unit broke while it ran this job. Nothing was charged.")
}

fn over_budget(cost: Microcredits, held: Microcredits) -> Refusal {
    Refusal::new(
        Kind::BudgetExceeded,
        format!("The job came to {cost} credits and only {held} were set aside for it; its output is not given out."),
    )
    .amounts(cost, held)
}

/// What the caller reads once the books know.
pub(crate) fn outcome(id: JobId, told: Told, receipt: Option<SignedReceipt>) -> Outcome {
    let Told { state, cost, error, metrics, outputs, settling } = told;
    drop(settling);
    Outcome { job: id, state, cost, outputs, error, metrics, receipt }
}
