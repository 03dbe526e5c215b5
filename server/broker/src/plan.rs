//! What is asked, checked against the catalogue and priced, before anything is held or run.

use std::sync::Arc;

use inos_arena::Arena;
use inos_engine::{Entry, Feed, Lent, Unknown, stream};
use inos_ledger::{Limit, Reservation};
use inos_protocols::{
    FieldError, Hash, Microcredits, Refusal,
    job::{Capsule, Input},
    refusal::Kind,
    time::Time,
};
use inos_unit::{Price, Used};
use parking_lot::Mutex;

use crate::{Broker, Caller, Inside, memo::Memo, session::RUN_US_DEFAULT, trace::Origin};

/// A capsule with, at most, one input that still arrives.
pub struct Ask {
    /// What to run.
    pub capsule: Capsule,
    /// The only input, where it comes as a stream; the capsule then has no inputs of its own.
    pub body: Option<Body>,
    /// Where the job belongs among traces.
    pub origin: Origin,
}

/// An input that still arrives, and what pays for its length while nobody knows it.
pub struct Body {
    reader: stream::Reader,
    len: Option<u64>,
    meter: Arc<Meter>,
}

/// How much of a body of unknown length is paid for; its door asks before it passes on more.
pub struct Meter {
    inside: Arc<Inside>,
    caller: Caller,
    state: Mutex<Metered>,
}

#[derive(Default)]
struct Metered {
    per_kib_in: u64,
    covered_bytes: u64,
    held: Vec<Reservation>,
}

/// How many bytes of a body of unknown length are held for at a time.
pub const METER_STEP_BYTES: u64 = 16 << 20;

impl Meter {
    /// Waits until `total_bytes` of the body are paid for; a refusal means that the body is to be cut here.
    pub async fn admit(&self, total_bytes: u64) -> Result<(), Refusal> {
        loop {
            let per_kib_in = {
                let state = self.state.lock();
                if total_bytes <= state.covered_bytes {
                    return Ok(());
                }
                state.per_kib_in
            };
            let step = Microcredits::saturating(per_kib_in.saturating_mul(METER_STEP_BYTES / 1024));
            let more = self.inside.hold(&self.caller, step).await?;
            let mut state = self.state.lock();
            state.held.push(more);
            state.covered_bytes += METER_STEP_BYTES;
        }
    }

    fn begin(&self, per_kib_in: u64, covered_bytes: u64) {
        let mut state = self.state.lock();
        state.per_kib_in = per_kib_in;
        state.covered_bytes = covered_bytes;
    }

    pub(crate) fn take(&self) -> Vec<Reservation> {
        std::mem::take(&mut self.state.lock().held)
    }
}

/// A job that may run: known method, right parameters, inputs at hand, priced.
pub(crate) struct Plan {
    pub(crate) entry: Arc<Entry>,
    /// What it costs, whatever becomes of the prices meanwhile.
    pub(crate) price: Price,
    pub(crate) capsule: Capsule,
    pub(crate) feeds: Vec<Feed>,
    /// The most that the job can cost.
    pub(crate) hold: Microcredits,
    /// What an accepted job has taken of budgets.
    pub(crate) limits: Vec<Limit>,
    pub(crate) meter: Option<Arc<Meter>>,
    /// What its outputs are remembered under, where they are to be.
    pub(crate) memo: Option<Box<Memo>>,
    /// Its seat among sessions, where it is one.
    pub(crate) seat: Option<inos_engine::Seat>,
    /// The key that the server holds and that the job names, if any.
    pub(crate) key: Option<Arc<Lent>>,
}

impl Plan {
    /// What was asked, where all inputs are at hand.
    pub(crate) fn capsule_at_hand(self) -> Capsule {
        let input = |feed| match feed {
            Feed::Bytes { bytes, .. } => Some(Input::Bytes(bytes)),
            Feed::Stream(_) | Feed::Later(_) => None,
        };
        Capsule { inputs: self.feeds.into_iter().filter_map(input).collect(), ..self.capsule }
    }
}

impl Broker {
    /// A stream for one body: the door writes into the first, the second goes with the [`Ask`].
    ///
    /// Where `len` is unknown the door asks [`Meter::admit`] of the third before each write.
    pub fn body(&self, caller: &Caller, len: Option<u64>) -> (stream::Writer, Body, Arc<Meter>) {
        let (writer, reader) = stream::channel(&self.0.arena, caller.owner(), len);
        let meter =
            Arc::new(Meter { inside: self.0.clone(), caller: caller.clone(), state: Mutex::new(Metered::default()) });
        (writer, Body { reader, len, meter: meter.clone() }, meter)
    }
}

impl Inside {
    /// Checks and prices what is asked.
    pub(crate) async fn plan(self: &Arc<Self>, caller: &Caller, ask: Ask) -> Result<Plan, Refusal> {
        let Ask { mut capsule, body, .. } = ask;
        let entry = self.entry(&capsule)?;
        self.check_terms(caller, &entry, &capsule)?;
        caller.complete(&entry, &mut capsule)?;
        let key = self.lend_to(caller, &entry, &capsule.params).await?;
        let inputs = std::mem::take(&mut capsule.inputs);
        match body {
            Some(Body { reader, len, meter }) => {
                check_count(&entry, 1)?;
                let feeds = vec![Feed::Stream(reader)];
                let covered = len.unwrap_or(METER_STEP_BYTES);
                check_size(&entry, 0, len.unwrap_or(0))?;
                let price = entry.price();
                meter.begin(price.per_kib_in, if len.is_some() { u64::MAX } else { covered });
                let (_, hold) = price_bounds(&entry, &price, &capsule, covered)?;
                let (limits, meter, memo, seat) = (Vec::new(), Some(meter), None, None);
                Ok(Plan { entry, price, capsule, feeds, hold, limits, meter, memo, seat, key })
            }
            None => {
                let feeds = match feeds_at_hand(&inputs) {
                    Some(feeds) => feeds,
                    None => self.fetch(caller, &entry, inputs, self.deadline(&capsule, Time::now())).await?,
                };
                let price = entry.price();
                self.plan_with(entry, price, capsule, feeds, key)
            }
        }
    }

    /// The same where every input is at hand ([`at_hand`]), and no key is named.
    pub(crate) fn plan_at_hand(&self, caller: &Caller, mut capsule: Capsule) -> Result<Plan, Refusal> {
        let entry = self.entry(&capsule)?;
        self.check_terms(caller, &entry, &capsule)?;
        caller.complete(&entry, &mut capsule)?;
        let feeds = feeds_at_hand(&std::mem::take(&mut capsule.inputs)).unwrap_or_default();
        let price = entry.price();
        self.plan_with(entry, price, capsule, feeds, None)
    }

    /// The same at a price that was agreed on before.
    pub(crate) fn plan_with(
        &self,
        entry: Arc<Entry>,
        price: Price,
        capsule: Capsule,
        feeds: Vec<Feed>,
        key: Option<Arc<Lent>>,
    ) -> Result<Plan, Refusal> {
        check_count(&entry, feeds.len())?;
        let mut bytes_in = 0;
        for (index, feed) in feeds.iter().enumerate() {
            bytes_in += match feed {
                Feed::Bytes { bytes, .. } => {
                    check_size(&entry, index, bytes.len() as u64)?;
                    bytes.len() as u64
                }
                // What it will be nobody knows; what it may be is put aside for.
                Feed::Later(later) => later.bytes_max.min(entry.method.input_bytes_max),
                Feed::Stream(_) => 0,
            };
        }
        let (_, hold) = price_bounds(&entry, &price, &capsule, bytes_in)?;
        let (limits, meter, memo, seat) = (Vec::new(), None, None, None);
        let mut plan = Plan { entry, price, capsule, feeds, hold, limits, meter, memo, seat, key };
        plan.note_memo();
        Ok(plan)
    }

    /// The method that a capsule names, with its parameters checked.
    pub(crate) fn entry(&self, capsule: &Capsule) -> Result<Arc<Entry>, Refusal> {
        let entry = self.engine.catalogue().find(&capsule.unit, &capsule.method).map_err(|unknown| match unknown {
            Unknown::Unit { near } => Refusal::field(
                Kind::UnknownUnit,
                "/unit",
                format!("there is no unit `{}`{}", printable(&capsule.unit), meant(&near)),
            ),
            Unknown::Method { near } => Refusal::field(
                Kind::UnknownMethod,
                "/method",
                format!("the unit `{}` has no method `{}`{}", capsule.unit, printable(&capsule.method), meant(&near)),
            ),
        })?;
        entry.check(&capsule.params).map_err(invalid_params)?;
        Ok(entry)
    }

    /// Inputs that lie elsewhere, opened; what is another account's is as absent as what never was.
    ///
    /// What a job has not left yet is waited for until `deadline`.
    pub(crate) async fn fetch(
        self: &Arc<Self>,
        caller: &Caller,
        entry: &Arc<Entry>,
        inputs: Vec<Input>,
        deadline: Time,
    ) -> Result<Vec<Feed>, Refusal> {
        let mut feeds = Vec::with_capacity(inputs.len());
        for (index, input) in inputs.into_iter().enumerate() {
            feeds.push(match input {
                Input::Bytes(bytes) => Feed::Bytes { bytes, hash: None },
                Input::Blob(hash) => {
                    let pointer = format!("/inputs/{index}/blob");
                    let bytes = self.blob_bytes(caller.account, hash).await.map_err(|refusal| match refusal.kind {
                        Kind::NotFound => Refusal::field(Kind::NotFound, pointer, format!("there is no blob {hash}")),
                        _ => refusal,
                    })?;
                    Feed::Bytes { bytes, hash: Some(hash) }
                }
                Input::Region(name) => self.region_feed(caller, index, &name, entry, true)?,
                Input::Job(output) => Box::pin(self.output_of(caller, index, output, deadline)).await?,
            });
        }
        Ok(feeds)
    }
}

/// What a job costs at least if it succeeds, and what is put aside for it.
pub(crate) fn price_bounds(
    entry: &Entry,
    price: &Price,
    capsule: &Capsule,
    bytes_in: u64,
) -> Result<(Microcredits, Microcredits), Refusal> {
    let least = Used { bytes_in, ..Used::default() };
    let most = Used { bytes_in, bytes_out: entry.method.output_bytes_max, run_us: run_us_max(entry, capsule) };
    let (least, most) = (Microcredits::saturating(price.of(least)), Microcredits::saturating(price.of(most)));
    match capsule.budget {
        Some(budget) if budget < least => Err(Refusal::new(
            Kind::BudgetExceeded,
            format!("This job costs at least {least} credits and its budget is {budget}. Nothing was run or charged."),
        )
        .amounts(least, budget)),
        Some(budget) => Ok((least, most.min(budget))),
        None => Ok((least, most)),
    }
}

/// How long a job may run, in microseconds; of a session, how long its steps may take together where it has no budget.
pub(crate) fn run_us_max(entry: &Entry, capsule: &Capsule) -> u64 {
    let asked = capsule.timeout_ms.map_or(u64::MAX, u64::from);
    let longest = asked.min(entry.method.timeout_ms).saturating_mul(1000);
    if entry.is_session() && capsule.budget.is_none() { longest.min(RUN_US_DEFAULT) } else { longest }
}

pub(crate) fn invalid_params(errors: Vec<FieldError>) -> Refusal {
    let detail = errors.first().map_or_else(String::new, |first| format!("{}: {}", first.pointer, first.message));
    Refusal { errors, ..Refusal::new(Kind::InvalidParams, detail) }
}

/// Whether every input's bytes came with the capsule.
pub(crate) fn at_hand(capsule: &Capsule) -> bool {
    capsule.inputs.iter().all(|input| matches!(input, Input::Bytes(_)))
}

fn feeds_at_hand(inputs: &[Input]) -> Option<Vec<Feed>> {
    inputs
        .iter()
        .map(|input| match input {
            Input::Bytes(bytes) => Some(Feed::Bytes { bytes: bytes.clone(), hash: None }),
            Input::Blob(_) | Input::Job(_) | Input::Region(_) => None,
        })
        .collect()
}

pub(crate) fn check_count(entry: &Entry, count: usize) -> Result<(), Refusal> {
    let (min, max) = entry.method.inputs;
    if (min as usize..=max as usize).contains(&count) {
        return Ok(());
    }
    let wanted = if min == max { format!("{min}") } else { format!("{min} to {max}") };
    let message = format!("`{}.{}` takes {wanted} inputs, not {count}", entry.unit, entry.method.name);
    Err(Refusal::field(Kind::InvalidParams, "/inputs", message))
}

pub(crate) fn check_size(entry: &Entry, index: usize, bytes: u64) -> Result<(), Refusal> {
    let max = entry.method.input_bytes_max;
    if bytes <= max {
        return Ok(());
    }
    let message = format!("an input of `{}.{}` has at most {max} bytes, not {bytes}", entry.unit, entry.method.name);
    let mut refusal = Refusal::field(Kind::PayloadTooLarge, format!("/inputs/{index}"), message);
    (refusal.required, refusal.available) = (Some(bytes), Some(max));
    Err(refusal)
}

fn printable(text: &str) -> String {
    text.chars().take(64).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn meant(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(" or ")) }
}

/// Bytes that a queued job may hold on to: copied into a lease of its account unless they lie in the arena already.
pub(crate) fn settle_down(arena: &Arena, owner: inos_arena::Owner, feeds: Vec<Feed>) -> Result<Vec<Feed>, Refusal> {
    feeds
        .into_iter()
        .map(|feed| match feed {
            Feed::Bytes { bytes, hash: None } if !bytes.is_empty() && !arena.holds(bytes.as_ptr()) => {
                let mut writer = arena.writer(owner, Some(bytes.len() as u64));
                writer.write(&bytes).map_err(no_room)?;
                arena.count_copy(inos_arena::Place::FrameIn, bytes.len());
                Ok(Feed::Bytes { bytes: writer.finish().map_err(no_room)?, hash: None })
            }
            other => Ok(other),
        })
        .collect()
}

pub(crate) fn no_room(error: inos_arena::Error) -> Refusal {
    tracing::warn!(error = &error as &dyn std::error::Error, "no room for a payload");
    Refusal::new(Kind::Overloaded, "The server has no memory left for this payload just now; nothing was charged.")
        .retry_after_ms(1000)
}

pub(crate) fn hashes(feeds: &mut [Feed]) -> Vec<Hash> {
    feeds
        .iter_mut()
        .map(|feed| match feed {
            Feed::Bytes { bytes, hash } => *hash.get_or_insert_with(|| Hash::of(bytes)),
            Feed::Stream(_) => Hash::of(b""),
            Feed::Later(later) => later.name,
        })
        .collect()
}
