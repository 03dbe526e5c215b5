//! Jobs that are queued or running on this node: who they belong to and how to reach them.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use inos_engine::Control;
use inos_ledger::Ledger;
use inos_protocols::{
    AccountId, JobId, Microcredits,
    job::{Job, State},
    time::Time,
};
use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::{
    course::{Course, Pause},
    done::Story,
};

/// A job under way.
pub(crate) struct Live {
    pub(crate) account: AccountId,
    /// Whose share of the machine it uses.
    pub(crate) owner: u64,
    pub(crate) shown: Job,
    /// How many jobs in a row it waits for, at most.
    pub(crate) depth: u32,
    now: Mutex<Now>,
    /// Told once the job's end is in the books.
    ended: CancellationToken,
    /// How many wait for that.
    waiting: AtomicUsize,
}

/// What changes of it.
struct Now {
    course: Course,
    /// The handle on its first attempt, by which the engine's own stops are told from a wish.
    first: Arc<Control>,
    /// The handle on its present attempt.
    control: Arc<Control>,
    /// When a worker began its present attempt, once that is known.
    began: Option<Time>,
    cancelled: bool,
    /// Wakes whoever waits while the job is paused.
    waker: Option<oneshot::Sender<()>>,
}

/// What comes when somebody cancels a paused job.
pub(crate) type Cancelled = oneshot::Receiver<()>;

impl Live {
    fn new(story: &Story, course: Course, depth: u32) -> Self {
        let (first, control) = (story.control.clone(), story.control.clone());
        Self {
            account: story.purse.account,
            owner: story.purse.no.0 as u64,
            shown: shown(story),
            depth,
            now: Mutex::new(Now { course, first, control, began: None, cancelled: false, waker: None }),
            ended: CancellationToken::new(),
            waiting: AtomicUsize::new(0),
        }
    }

    /// The job as its owner sees it now.
    pub(crate) fn job(&self) -> Job {
        let now = self.now.lock();
        let mut course = now.course;
        if now.control.begun() {
            course.begin();
        }
        let state = match course.state() {
            // An end is told once the books have it, and then this is not asked any more.
            state if state.is_final() && course.attempts() > 0 => State::Running,
            state if state.is_final() => State::Queued,
            state => state,
        };
        Job { state, attempts: course.attempts(), started: now.began, ..self.shown.clone() }
    }

    /// What keeps it from being offered to the engine.
    pub(crate) fn pause(&self) -> Option<Pause> {
        self.now.lock().course.pause()
    }

    /// Whether it waits for its turn.
    pub(crate) fn is_queued(&self) -> bool {
        let now = self.now.lock();
        now.course.state() == State::Queued && !now.control.begun()
    }

    /// Notes that a worker has begun the present attempt.
    pub(crate) fn begin(&self, at: Time) {
        let mut now = self.now.lock();
        if now.course.begin() {
            now.began = Some(at);
        }
    }

    /// Notes that an attempt broke and that the next one has to wait; `None` where somebody cancelled it meanwhile.
    pub(crate) fn put_back(&self, pause: Pause) -> Option<Cancelled> {
        let mut now = self.now.lock();
        // Of a job that began and broke between two looks nobody has noted the beginning.
        now.course.begin();
        if now.cancelled || !now.course.put_back(pause) {
            return None;
        }
        (now.control, now.began) = (Arc::new(now.control.again()), None);
        Some(now.wait())
    }

    /// What comes when somebody cancels a job that was accepted with a pause; `None` where somebody already has.
    pub(crate) fn paused(&self) -> Option<Cancelled> {
        let mut now = self.now.lock();
        (!now.cancelled && now.course.pause().is_some()).then(|| now.wait())
    }

    /// Notes that what it waited for has come, and gives the handle on the attempt that is made now; `None` where
    /// somebody cancelled it meanwhile.
    pub(crate) fn go_on(&self) -> Option<Arc<Control>> {
        let mut now = self.now.lock();
        now.waker = None;
        (!now.cancelled && now.course.go_on()).then(|| now.control.clone())
    }

    /// Cancels it; true where it was paused, so that whoever waits for its pause ends it.
    pub(crate) fn cancel(&self) -> bool {
        let mut now = self.now.lock();
        now.cancelled = true;
        now.first.cancel();
        now.control.cancel();
        now.waker.take().is_some_and(|waker| waker.send(()).is_ok())
    }

    /// Waits until its end is in the books; may be dropped at any time.
    pub(crate) async fn ended(&self, ledger: &Ledger) {
        self.waiting.fetch_add(1, Relaxed);
        let _one_less = Leave(&self.waiting);
        self.hurry(ledger);
        self.ended.cancelled().await;
    }

    /// Has its end written down at once, if it has ended and that waits for other ends.
    pub(crate) fn hurry(&self, ledger: &Ledger) {
        if self.now.lock().course.state().is_final() {
            ledger.hurry();
        }
    }

    /// Notes that its end is in the books, before anybody is told.
    pub(crate) fn settled(&self) {
        self.ended.cancel();
    }

    /// Whether anybody waits for its end just now; whoever has cancelled it does as well.
    pub(crate) fn is_awaited(&self) -> bool {
        self.waiting.load(Relaxed) > 0 || self.now.lock().cancelled
    }

    /// Notes how it ended; false where it had ended before, so that nobody may end it again.
    pub(crate) fn end(&self, state: State) -> bool {
        let mut now = self.now.lock();
        if now.control.begun() {
            now.course.begin();
        }
        let (had_ended, ended) = (now.course.state().is_final(), now.course.end(state));
        if !ended && !had_ended {
            tracing::error!(job = %self.shown.id, ?state, "a job ended in a way that it cannot; its end is recorded");
        }
        !had_ended
    }
}

/// Counts one down that waited.
struct Leave<'a>(&'a AtomicUsize);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Now {
    fn wait(&mut self) -> Cancelled {
        let (waker, cancelled) = oneshot::channel();
        self.waker = Some(waker);
        cancelled
    }
}

/// Every job under way, by id.
#[derive(Default)]
pub(crate) struct Registry(Mutex<HashMap<JobId, Arc<Live>>>);

impl Registry {
    /// Takes up a job; it stays until [`Registry::remove`].
    pub(crate) fn insert(&self, story: &Story) -> Arc<Live> {
        self.insert_at(story, Course::accepted(story.attempts_before(), None), 0)
    }

    /// Takes up a job that has come this far, and waits for so many in a row.
    pub(crate) fn insert_at(&self, story: &Story, course: Course, depth: u32) -> Arc<Live> {
        let live = Arc::new(Live::new(story, course, depth));
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

    /// The job of that id, if it is this account's and under way. One whose end is in the books is not: whoever has heard
    /// of the end must find it.
    pub(crate) fn get(&self, account: AccountId, id: JobId) -> Option<Arc<Live>> {
        let is_wanted = |live: &&Arc<Live>| live.account == account && !live.ended.is_cancelled();
        self.0.lock().get(&id).filter(is_wanted).cloned()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().len()
    }

    #[cfg(test)]
    pub(crate) fn ids(&self) -> Vec<JobId> {
        self.0.lock().keys().copied().collect()
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
        cached_from: None,
        waiting: None,
        labels: story.labels.clone(),
    }
}
