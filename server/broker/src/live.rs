//! Jobs that are queued or running on this node: who they belong to and how to reach them.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use inos_engine::Control;
use inos_protocols::{
    AccountId, JobId, Microcredits,
    job::{Job, State},
    time::Time,
};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use crate::done::Story;

/// A job under way.
pub(crate) struct Live {
    pub(crate) account: AccountId,
    pub(crate) control: Arc<Control>,
    pub(crate) shown: Job,
    /// When a worker began it, once that is known.
    pub(crate) began: OnceLock<Time>,
    /// Told once the job's end is in the books.
    pub(crate) ended: CancellationToken,
}

impl Live {
    /// The job as its owner sees it now.
    pub(crate) fn job(&self) -> Job {
        let running = self.control.begun();
        Job {
            state: if running { State::Running } else { State::Queued },
            attempts: u32::from(running),
            started: self.began.get().copied(),
            ..self.shown.clone()
        }
    }
}

/// Every job under way, by id.
#[derive(Default)]
pub(crate) struct Registry(Mutex<HashMap<JobId, Arc<Live>>>);

impl Registry {
    /// Takes up a job; it stays until [`Registry::remove`].
    pub(crate) fn insert(&self, story: &Story) -> Arc<Live> {
        let control = story.control.clone();
        let live = Arc::new(Live {
            account: story.purse.account,
            control,
            began: OnceLock::new(),
            shown: shown(story),
            ended: CancellationToken::new(),
        });
        self.0.lock().insert(story.id, live.clone());
        live
    }

    /// Lets a job go whose end is in the books, and tells whoever waits for it.
    pub(crate) fn remove(&self, id: JobId) {
        let gone = self.0.lock().remove(&id);
        if let Some(live) = gone {
            live.ended.cancel();
        }
    }

    /// The job of that id, if it is this account's and under way.
    pub(crate) fn get(&self, account: AccountId, id: JobId) -> Option<Arc<Live>> {
        self.0.lock().get(&id).filter(|live| live.account == account).cloned()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().len()
    }
}

/// A job as it is shown before anything happened to it.
pub(crate) fn shown(story: &Story) -> Job {
    Job {
        id: story.id,
        account: story.purse.account,
        unit: story.entry.unit.into(),
        method: story.entry.method.name.into(),
        params: Some(story.params.clone()),
        state: State::Queued,
        attempts: 0,
        submitted: story.submitted,
        started: None::<Time>,
        finished: None,
        cost: Microcredits::ZERO,
        held: story.held,
        budget: story.budget,
        priority: story.priority,
        metrics: None,
        outputs: Vec::new(),
        outputs_kept: false,
        error: None,
        labels: story.labels.clone(),
    }
}
