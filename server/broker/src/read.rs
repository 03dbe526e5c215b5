//! What callers read: jobs, outputs, receipts, events. An id of another account is as absent as one that never was.

use bytes::Bytes;
use inos_arena::RingAttachment;
use inos_ledger::{JobFilter, cursor_after};
use inos_protocols::{
    Hash, JobId, Refusal,
    account::Scope,
    job::{Job, Outcome, OutputBytes, State},
    receipt::SignedReceipt,
    refusal::Kind,
};

use crate::{
    Broker, Caller, Inside,
    events::Subscription,
    hold::database,
    payload::{self, Place},
    run::has_outputs,
};

/// How many jobs are looked at at a time where it is known here alone which are wanted, and how often for one page.
const LOOK_JOBS: u32 = 1_000;
const LOOKS_MAX: usize = 16;

/// One output of a job, with its bytes.
#[derive(Debug, Clone)]
pub struct OutputPart {
    /// Its media type.
    pub media_type: String,
    /// Its BLAKE3.
    pub hash: Hash,
    /// The bytes.
    pub bytes: Bytes,
}

impl Broker {
    /// A job of the caller's.
    pub async fn job(&self, caller: &Caller, id: JobId) -> Result<Job, Refusal> {
        self.0.job_of(caller, id).await
    }

    /// The caller's jobs, newest first, and where the next page begins.
    pub async fn jobs(
        &self,
        caller: &Caller,
        filter: &JobFilter,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<(Vec<Job>, Option<String>), Refusal> {
        let (books, most) = (&self.0.books, limit.max(1) as usize);
        let Some(state) = filter.state.filter(|state| !state.is_final()) else {
            let (mut jobs, next) = books.jobs(caller.purse.no, filter, limit, cursor).await.map_err(database)?;
            jobs.iter_mut().for_each(|job| self.0.as_it_stands(caller, job));
            return Ok((jobs, next));
        };
        // In the books a job is queued until it has ended; which ones run is known here alone.
        let open = JobFilter { state: Some(State::Queued), ..filter.clone() };
        let (mut found, mut next) = (Vec::new(), cursor.map(str::to_owned));
        for _ in 0..LOOKS_MAX {
            let (jobs, more) =
                books.jobs(caller.purse.no, &open, LOOK_JOBS, next.as_deref()).await.map_err(database)?;
            found.extend(jobs.into_iter().filter_map(|mut job| {
                self.0.as_it_stands(caller, &mut job);
                (job.state == state).then_some(job)
            }));
            next = more;
            if found.len() >= most || next.is_none() {
                break;
            }
        }
        if found.len() > most {
            found.truncate(most);
            next = found.last().map(|last| cursor_after(last.id));
        }
        Ok((found, next))
    }

    /// Output number `index` of a job.
    pub async fn output(&self, caller: &Caller, id: JobId, index: usize) -> Result<OutputPart, Refusal> {
        let job = self.job(caller, id).await?;
        if !job.state.is_final() {
            return Err(Refusal::new(
                Kind::Conflict,
                format!("The job is {}; it has no outputs yet.", job.state.word()),
            ));
        }
        let Some(info) = job.outputs.get(index) else {
            return Err(Refusal::new(
                Kind::NotFound,
                format!("The job has {} outputs; there is no output {index}.", job.outputs.len()),
            ));
        };
        let not_kept = || {
            Refusal::new(
                Kind::OutputNotKept,
                "This output was not kept, or its time is over. Ask with `keep`, an idempotency key or as an asynchronous job to have outputs kept.",
            )
        };
        let bytes = self.0.kept_bytes(caller, id, index).await?.ok_or_else(not_kept)?;
        Ok(OutputPart { media_type: info.media_type.clone(), hash: info.hash, bytes })
    }

    /// A job's receipt, once it has ended.
    pub async fn receipt(&self, caller: &Caller, id: JobId) -> Result<SignedReceipt, Refusal> {
        if let Some(finished) = self.0.recent.get(caller.account, id) {
            return Ok(finished.receipt.clone());
        }
        if let Some(receipt) = self.0.books.receipt(caller.purse.no, id).await.map_err(database)? {
            return Ok(receipt);
        }
        let job = self.job(caller, id).await?;
        Err(Refusal::new(Kind::Conflict, format!("The job is {}; its receipt is made when it ends.", job.state.word())))
    }

    /// What happens to one job of the caller's or to all of them, after event `after` where it is given.
    pub async fn events(
        &self,
        caller: &Caller,
        job: Option<JobId>,
        after: Option<u64>,
    ) -> Result<Subscription, Refusal> {
        if let Some(id) = job {
            self.job(caller, id).await?;
        }
        Ok(self.0.events.subscribe(caller.account, job, after))
    }

    /// The caller's events as a ring for another process, for as long as the attachment lives.
    pub fn attach_events(&self, caller: &Caller) -> Result<RingAttachment, Refusal> {
        caller.need(Scope::Jobs)?;
        let quota = self.0.regions.quota(caller.account);
        self.0.events.attach(caller.account, &quota).map_err(|error| {
            if error.kind() == std::io::ErrorKind::QuotaExceeded {
                let (used, max) = (quota.used(), quota.max());
                let detail = format!(
                    "The account's regions take {used} of {max} bytes, and a ring of its events has no room beside them. Delete some, or follow the events over HTTP."
                );
                return Refusal::new(Kind::StorageFull, detail);
            }
            tracing::error!(error = &error as &dyn std::error::Error, "a ring's memory could not be made");
            let detail = "The server has no memory for a ring at this moment; try again.";
            Refusal::new(Kind::Overloaded, detail).retry_after_ms(1000)
        })
    }

    /// The recorded answer of a job that was run before.
    pub(crate) async fn recorded(&self, caller: &Caller, id: JobId) -> Result<Outcome, Refusal> {
        let job = self.wait(caller, id, self.options().deadline_max).await?;
        let mut outputs = Vec::with_capacity(job.outputs.len());
        if has_outputs(job.state) {
            for index in 0..job.outputs.len() {
                let OutputPart { media_type, hash, bytes } = self.output(caller, id, index).await?;
                outputs.push(OutputBytes { media_type, hash, bytes });
            }
        }
        let receipt = if job.state.is_final() { Some(self.receipt(caller, id).await?) } else { None };
        Ok(Outcome {
            job: id,
            state: job.state,
            cost: job.cost,
            outputs,
            error: job.error,
            metrics: job.metrics.unwrap_or_default(),
            receipt,
        })
    }

    /// How many jobs are under way.
    pub fn jobs_under_way(&self) -> usize {
        self.0.live.len()
    }
}

impl Inside {
    /// Puts what is known here of a job that is under way in the place of what the books have.
    fn as_it_stands(&self, caller: &Caller, job: &mut Job) {
        if let Some(live) = self.live.get(caller.account, job.id) {
            live.hurry(&self.ledger);
            *job = live.job();
        }
    }

    /// A job of the caller's.
    pub(crate) async fn job_of(&self, caller: &Caller, id: JobId) -> Result<Job, Refusal> {
        if let Some(live) = self.live.get(caller.account, id) {
            live.hurry(&self.ledger);
            return Ok(live.job());
        }
        if let Some(finished) = self.recent.get(caller.account, id) {
            return Ok(finished.job.clone());
        }
        let known = self.books.job(caller.purse.no, id).await.map_err(database)?;
        known.map(|known| known.job).ok_or_else(|| no_job(id))
    }

    /// The bytes of an output of a job of the caller's, where they are kept.
    pub(crate) async fn kept_bytes(&self, caller: &Caller, id: JobId, index: usize) -> Result<Option<Bytes>, Refusal> {
        let recent = self.recent.get(caller.account, id);
        if let Some(bytes) = recent.and_then(|finished| finished.outputs.as_ref()?.get(index).cloned()) {
            return Ok(Some(bytes));
        }
        let known = self.books.job(caller.purse.no, id).await.map_err(database)?.ok_or_else(|| no_job(id))?;
        if known.node != self.ledger.node_account() {
            return Err(Refusal::new(
                Kind::OutputNotKept,
                "Another server of this database ran the job and keeps its outputs: ask there.",
            ));
        }
        let places = places(known.kept.as_deref())?.unwrap_or_default();
        places.get(index).map_or(Ok(None), |place| payload::get(&self.blobs, place))
    }
}

/// Where kept outputs lie, as the books have it.
pub(crate) fn places(kept: Option<&[u8]>) -> Result<Option<Vec<Place>>, Refusal> {
    kept.map(|text| serde_json::from_slice(text).map_err(|error| payload::damaged(&error))).transpose()
}

fn no_job(id: JobId) -> Refusal {
    Refusal::new(Kind::NotFound, format!("There is no job {id} in this account."))
}
