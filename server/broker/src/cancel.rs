//! Stopping a job that somebody no longer wants.

use inos_engine::End;
use inos_protocols::{JobId, Refusal, job::Job, refusal::Kind};

use crate::{Broker, Caller};

impl Broker {
    /// Asks a job to stop. It ends as cancelled once its unit really stopped, unless it ends by itself before.
    pub async fn cancel(&self, caller: &Caller, id: JobId) -> Result<Job, Refusal> {
        if let Some(live) = self.0.live.get(caller.account, id) {
            // Whoever waits for a pause of it ends it; else it is in the engine, or waits for room there.
            if !live.cancel() && !self.0.engine.cancel(id) {
                self.0.end_waiting(id, End::Cancelled);
            }
            return Ok(live.job());
        }
        let job = self.job(caller, id).await?;
        Err(Refusal::new(
            Kind::JobNotCancellable,
            format!("The job has already ended as `{}`; it was not touched.", job.state.word()),
        ))
    }
}
