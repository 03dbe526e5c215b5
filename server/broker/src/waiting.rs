//! Why a queued job has not begun: asked of the queue when somebody asks, and kept nowhere.

use inos_protocols::{
    JobId, Refusal,
    job::{Job, State, WaitReason, Waiting},
};

use crate::{Broker, Caller, Inside, course::Pause, live::Live};

impl Broker {
    /// A job of the caller's, and what it waits for where it is queued on this node.
    pub async fn job_and_why(&self, caller: &Caller, id: JobId) -> Result<Job, Refusal> {
        let mut job = self.job(caller, id).await?;
        if job.state == State::Queued {
            let live = self.0.live.get(caller.account, id).filter(|live| live.is_queued());
            job.waiting = live.map(|live| Box::new(self.0.why(&live)));
        }
        Ok(job)
    }
}

impl Inside {
    fn why(&self, live: &Live) -> Waiting {
        let queued = (self.engine.queued() + self.backlog.len()) as u64;
        let told = |reason, ahead, detail| Waiting { reason, ahead, queued, until: None, detail };
        match live.pause() {
            Some(Pause::Backoff(until)) => {
                let detail = format!("An attempt broke on our side; the next one is made at {until}.");
                return Waiting { until: Some(until), ..told(WaitReason::Backoff, 0, detail) };
            }
            Some(Pause::Input) => {
                let detail = "It waits for the jobs whose outputs it takes.".into();
                return told(WaitReason::Input, 0, detail);
            }
            None => {}
        }
        let (id, owner, priority) = (live.shown.id, live.owner, live.shown.priority);
        if let Some((ahead, is_own)) = self.backlog.standing(id) {
            let (reason, whose) = if is_own {
                (WaitReason::AccountCap, "its account's")
            } else {
                (WaitReason::ServerCap, "the server's")
            };
            let detail =
                format!("The queue has {whose} most jobs; {ahead} that were accepted before it wait for room, too.");
            return told(reason, ahead, detail);
        }
        match self.engine.standing(id, owner, priority) {
            Some(standing) if standing.ahead > 0 || standing.is_ahead => {
                let others = if standing.is_ahead { ", and accounts that had less go first" } else { "" };
                let detail =
                    format!("{} jobs of its account go before it{others}; {queued} wait in all.", standing.ahead);
                told(WaitReason::Behind, standing.ahead, detail)
            }
            _ => {
                let detail = format!("It is its account's next and waits for a worker; {queued} wait in all.");
                told(WaitReason::LaneBusy, 0, detail)
            }
        }
    }
}
