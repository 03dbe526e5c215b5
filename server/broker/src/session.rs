//! Sessions: which jobs may be one, what their budget pays for, and what they have used, written down as they go, so that
//! a restart neither forgets it nor charges it twice.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicU64, Ordering::Relaxed},
};
use std::time::Duration;

use inos_engine::{Control, Entry, Session};
use inos_protocols::{JobId, Refusal, account::Scope, job::Capsule, refusal::Kind};
use inos_unit::Used;

use crate::{Caller, Inside, done::Story, plan::Plan, regions::Opened, run::crowded, submit::Asked};

/// How long the steps of a session may take together where nobody says how much it may cost, in microseconds: a minute.
pub(crate) const RUN_US_DEFAULT: u64 = 60_000_000;
/// What a session has used is written down whenever its steps took so much longer, in microseconds.
const NOTE_EVERY_US: u64 = 1_000_000;

/// Refuses a session that may not be one, or asks for what there is not.
pub(crate) fn check_session(caller: &Caller, entry: &Entry, capsule: &Capsule) -> Result<(), Refusal> {
    if !entry.is_session() {
        return Ok(());
    }
    caller.need(Scope::Regions)?;
    if capsule.retry.is_some_and(|retry| retry.max_attempts > 1) {
        let message = "a session that broke is not tried again; submit it anew";
        return Err(Refusal::field(Kind::InvalidParams, "/retry/max_attempts", message));
    }
    Ok(())
}

/// Refuses a session where a job is waited for.
pub(crate) fn check_at_once(entry: &Entry) -> Result<(), Refusal> {
    if !entry.is_session() {
        return Ok(());
    }
    let message = format!(
        "`{}.{}` is a session, which lives on: submit it by `POST /v1/jobs` and follow its region",
        entry.unit, entry.method.name
    );
    Err(Refusal::field(Kind::InvalidParams, "/method", message))
}

impl Inside {
    /// Takes a seat for a plan that is a session, over the caps only where it `must` be.
    pub(crate) fn seat_session(&self, caller: &Caller, plan: &mut Plan, must: bool) -> Result<(), Refusal> {
        if plan.entry.is_session() {
            let seat = self.engine.seat(caller.owner().0, must).map_err(|refused| crowded(refused, caller.key))?;
            plan.seat = Some(seat);
        }
        Ok(())
    }

    /// What the engine needs of a planned session.
    pub(crate) fn session(self: &Arc<Self>, story: &Story, plan: &mut Plan) -> Option<Session> {
        let seat = plan.seat.take()?;
        let control = Arc::downgrade(&story.control);
        let bell = Arc::new(move || control.upgrade().iter().for_each(|control: &Arc<Control>| control.nudge()));
        let regions = Arc::new(Opened::new(self, story.purse.account, bell));
        Some(Session { seat, regions, allowance: allowance(story), steps_before: story.steps_before })
    }
}

/// How long its steps may still take together, by what is held for it.
fn allowance(story: &Story) -> Duration {
    let price = &story.price;
    if price.per_cpu_ms == 0 {
        return Duration::MAX;
    }
    let end = Used { bytes_out: inos_unit::SESSION_BYTES_MAX, ..Used::default() };
    let left = story.held.get().saturating_sub(price.of(end)) / price.per_cpu_ms;
    Duration::from_millis(left).saturating_sub(Duration::from_micros(story.used_us))
}

/// Writes down what a session has used.
pub(crate) struct Usage {
    inside: Weak<Inside>,
    account: inos_ledger::AccountNo,
    id: JobId,
    /// What its steps took before the server was started last.
    before_us: u64,
    noted_us: AtomicU64,
    asked: tokio::sync::Mutex<Asked>,
}

impl Usage {
    pub(crate) fn of(inside: &Arc<Inside>, story: &Story, asked: Asked) -> Arc<Self> {
        Arc::new(Self {
            inside: Arc::downgrade(inside),
            account: story.purse.no,
            id: story.id,
            before_us: story.used_us,
            noted_us: AtomicU64::new(0),
            asked: tokio::sync::Mutex::new(asked),
        })
    }

    /// Looks at what it has used since it began, and at the steps it has made; called by its own thread, which this does
    /// not hold up.
    pub(crate) fn look(self: &Arc<Self>, (busy_us, steps): (u64, u64)) {
        if busy_us >= self.noted_us.load(Relaxed) + NOTE_EVERY_US {
            self.note((busy_us, steps));
        }
    }

    /// Writes it down, unless more has been meanwhile.
    pub(crate) fn note(self: &Arc<Self>, (busy_us, steps): (u64, u64)) {
        self.noted_us.fetch_max(busy_us, Relaxed);
        let Some(inside) = self.inside.upgrade() else { return };
        let (this, kept) = (self.clone(), inside.clone());
        inside.tasks.spawn_on(async move { this.write(&kept, (busy_us, steps)).await }, &inside.runtime);
    }

    async fn write(&self, inside: &Inside, (busy_us, steps): (u64, u64)) {
        let mut asked = self.asked.lock().await;
        let used_us = self.before_us + busy_us;
        if used_us <= asked.used_us {
            return;
        }
        asked.used_us = used_us;
        asked.steps = steps;
        let Ok(text) = serde_json::to_vec(&*asked) else { return };
        if let Err(error) = inside.ledger.amend_asked(self.account, self.id, &text).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(job = %self.id, error, "what a session used could not be written down; a restart would not charge it");
        }
    }
}
