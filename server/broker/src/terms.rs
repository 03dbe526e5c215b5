//! What a capsule may ask for beside its method: clocks, retries, memoisation, retention; and what those come to.

use std::time::{Duration, Instant};

use inos_engine::Entry;
use inos_protocols::{
    Refusal,
    job::{ATTEMPTS_MAX, Cache, Capsule, Retry, Store},
    refusal::Kind,
    time::Time,
};
use inos_unit::Determinism;

use crate::{Caller, Inside, done::Story, regions::check_asked_regions, session::check_session};

impl Inside {
    /// Refuses what cannot be; a capsule that asks for nothing of it costs a few comparisons.
    pub(crate) fn check_terms(&self, caller: &Caller, entry: &Entry, capsule: &Capsule) -> Result<(), Refusal> {
        check_secret(entry, capsule)?;
        check_asked_regions(caller, capsule)?;
        check_session(caller, entry, capsule)?;
        if !capsule.has_rare_terms() {
            return Ok(());
        }
        let Capsule { deadline, retry, cache, keep_ms, output, .. } = capsule;
        if let Some(deadline) = deadline {
            check_deadline(*deadline, self.options.deadline_max)?;
        }
        if let Some(retry) = retry {
            check_retry(retry)?;
        }
        if *cache != Cache::Off {
            check_cache(entry, output.store)?;
        }
        let keep_max = self.options.keep_jobs.as_millis() as u64;
        match keep_ms {
            Some(ms) if *ms > keep_max => {
                let message = format!("this server keeps outputs for at most {keep_max} ms");
                let mut refusal = Refusal::field(Kind::InvalidParams, "/keep_ms", message);
                (refusal.required, refusal.available) = (Some(*ms), Some(keep_max));
                Err(refusal)
            }
            _ => Ok(()),
        }
    }

    /// When a job that is accepted now must have ended.
    pub(crate) fn deadline(&self, capsule: &Capsule, submitted: Time) -> Time {
        let latest = submitted.plus_ms(self.options.deadline_max.as_millis() as u64);
        capsule.deadline.map_or(latest, |deadline| deadline.min(latest))
    }

    /// When what is kept of a job that ends now may go.
    pub(crate) fn expires(&self, keep_ms: Option<u64>) -> Time {
        let keep_max = self.options.keep_jobs.as_millis() as u64;
        Time::now().plus_ms(keep_ms.map_or(keep_max, |ms| ms.min(keep_max)))
    }
}

fn check_deadline(deadline: Time, longest: Duration) -> Result<(), Refusal> {
    let now = Time::now();
    let longest_ms = longest.as_millis() as u64;
    let message = if deadline <= now {
        "this time has passed".into()
    } else if deadline > now.plus_ms(longest_ms) {
        format!("a job may take at most {longest_ms} ms here, waiting included")
    } else {
        return Ok(());
    };
    Err(Refusal::field(Kind::InvalidParams, "/deadline", message))
}

/// Refuses to record what nobody may see again, and to remember an answer to a request that is recorded without its secret:
/// another secret would have it too.
fn check_secret(entry: &Entry, capsule: &Capsule) -> Result<(), Refusal> {
    let Capsule { idempotency_key, cache, keep, output, .. } = capsule;
    let gives = entry.method.gives_secret;
    let field = match (idempotency_key.is_some(), *cache != Cache::Off) {
        (true, _) => "/idempotency_key",
        (_, true) => "/cache",
        _ if gives && *keep => "/keep",
        _ if gives && output.store != Store::Inline => "/output/store",
        _ if gives && output.region.is_some() => "/output/region",
        _ => return Ok(()),
    };
    let secret = match entry.secret(&capsule.params) {
        Some(name) => format!("`{name}`"),
        None if gives => "what this method gives".into(),
        None => return Ok(()),
    };
    let message = format!("{secret} is a secret and is not recorded, so that no answer to this request is given again");
    Err(Refusal::field(Kind::InvalidParams, field, message))
}

/// Refuses to accept a job of which a secret would have to be recorded, before it is run or after.
pub(crate) fn check_durable(entry: &Entry, capsule: &Capsule) -> Result<(), Refusal> {
    let (field, what) = match entry.secret(&capsule.params) {
        Some(name) => (format!("/params/{name}"), "is"),
        None if entry.method.gives_secret => ("/method".into(), "gives what is"),
        None => return Ok(()),
    };
    let message =
        format!("{what} a secret and not recorded: run this job at once, on /v1/run, in a batch or in a session");
    Err(Refusal::field(Kind::InvalidParams, field, message))
}

fn check_retry(retry: &Retry) -> Result<(), Refusal> {
    let Retry { max_attempts, backoff_ms, backoff_max_ms } = *retry;
    if !(1..=ATTEMPTS_MAX).contains(&max_attempts) {
        let message = format!("1 to {ATTEMPTS_MAX}, not {max_attempts}");
        return Err(Refusal::field(Kind::InvalidParams, "/retry/max_attempts", message));
    }
    if backoff_ms > backoff_max_ms {
        let message = format!("at least `backoff_ms`, which is {backoff_ms}");
        return Err(Refusal::field(Kind::InvalidParams, "/retry/backoff_max_ms", message));
    }
    Ok(())
}

fn check_cache(entry: &Entry, store: Store) -> Result<(), Refusal> {
    let Entry { unit, method, .. } = entry;
    if !matches!(method.determinism, Determinism::Bitwise | Determinism::Version) {
        let message = format!("`{unit}.{}` may give other bytes for the same input; leave `cache` off", method.name);
        return Err(Refusal::field(Kind::InvalidParams, "/cache", message));
    }
    if store != Store::Inline {
        let message = "what is answered from an earlier job is kept with the job; leave `store` at `inline`";
        return Err(Refusal::field(Kind::InvalidParams, "/output/store", message));
    }
    Ok(())
}

/// The clocks of one attempt, as the engine counts.
pub(crate) struct Clocks {
    pub(crate) deadline: Instant,
    pub(crate) begin_by: Option<Instant>,
    pub(crate) timeout: Duration,
}

impl Clocks {
    /// The clocks of an attempt that is offered now; only the first one waits in the queue on its own clock.
    pub(crate) fn of(story: &Story) -> Self {
        let begin_by = story.begin_by.filter(|_| story.attempts_before() == 0);
        let longest = Duration::from_millis(story.entry.method.timeout_ms);
        Self {
            deadline: story.due,
            begin_by,
            timeout: story.timeout_ms.map_or(longest, |ms| longest.min(Duration::from_millis(u64::from(ms)))),
        }
    }
}
