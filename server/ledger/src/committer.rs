//! The group commit: one thread takes everything that waits when the last flush returns and commits it together.
//! Only what its owner gave time waits for company. Credits leave a purse for good only here, after the database has them.

mod batch;
mod checkpoint;
mod company;
mod fold;
mod postgres;
mod posting;
pub(crate) mod rows;
mod sqlite;
mod store;
mod trouble;
mod verdict;

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::*},
    },
    task::{Context, Poll},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use inos_protocols::JobId;
use tokio::sync::{Mutex, Notify, oneshot};

pub(crate) use self::posting::Writer;
use self::{batch::Batch, company::Company, posting::Came, store::Store};
use crate::{
    Barrier, Commit, CommitError, Entry, Error,
    database::{Database, Soundness},
};

/// The most entries that one commit takes, unless a single request has more.
const BATCH_ENTRIES_MAX: usize = 8192;
/// From so many entries on a commit takes those along that wait for company: it is hardly longer for them.
const COMPANY_ENTRIES_MIN: usize = 8;
/// The most entries that wait for a commit before new ones are refused.
const WAITING_ENTRIES_MAX: usize = 1 << 18;
/// How often an idle committer looks whether a database that was away is back.
const PROBE: Duration = Duration::from_secs(1);

/// What comes of the entries of one request, in their order.
pub(crate) type Results = Vec<Result<Came, CommitError>>;

/// The answer to a request.
pub(crate) struct Answer {
    results: Results,
    /// The entries, from which nothing is wanted any more: whoever made them lets them go, because memory that another
    /// thread lets go costs both of them a lock.
    _closed: Vec<Entry>,
}

/// How the committer is; a clone is another handle to the same.
#[derive(Clone)]
pub(crate) struct Vitals {
    healthy: Arc<AtomicBool>,
    doubts: Arc<AtomicUsize>,
    found: Arc<Found>,
}

/// Jobs that turned out to be accepted after whoever asked had been told that nobody knew.
#[derive(Default)]
struct Found {
    jobs: parking_lot::Mutex<Vec<JobId>>,
    news: Notify,
}

impl Vitals {
    fn new() -> Self {
        Self { healthy: Arc::new(AtomicBool::new(true)), doubts: Arc::default(), found: Arc::default() }
    }

    /// Waits for jobs whose acceptance came to light late, and takes them.
    pub(crate) async fn found(&self) -> Vec<JobId> {
        loop {
            let news = self.found.news.notified();
            let jobs = std::mem::take(&mut *self.found.jobs.lock());
            if !jobs.is_empty() {
                return jobs;
            }
            news.await;
        }
    }

    fn find(&self, jobs: impl Iterator<Item = JobId>) {
        self.found.jobs.lock().extend(jobs);
        self.found.news.notify_one();
    }

    /// Whether the database took the last commit.
    pub(crate) fn is_healthy(&self) -> bool {
        self.healthy.load(Acquire)
    }

    /// How many commits may have happened or not.
    pub(crate) fn doubts(&self) -> u64 {
        self.doubts.load(Relaxed) as u64
    }
}

/// Entries that wait for a commit.
pub(crate) struct Request {
    pub(crate) entries: Vec<Entry>,
    pub(crate) done: oneshot::Sender<Answer>,
}

enum Message {
    Commit(Request),
    /// Something waits for company that is due before all else that does.
    Company,
    /// Somebody waits now for what may wait for company.
    Hurry,
    Stop,
}

/// The way to the committer's thread.
pub(crate) struct Committer {
    sender: Sender<Message>,
    waiting: Arc<AtomicUsize>,
    company: Arc<Company>,
    vitals: Vitals,
    thread: parking_lot::Mutex<Option<JoinHandle<()>>>,
}

/// The outcome of a commit: one result for each entry, in their order, once they are durable or refused.
///
/// Dropping it changes nothing: the entries are on their way.
#[must_use = "the commit is durable only when this says so"]
pub struct Committed {
    receiver: Option<oneshot::Receiver<Answer>>,
    len: usize,
}

impl Future for Committed {
    type Output = Vec<Result<Commit, CommitError>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let len = self.len;
        let unavailable = || vec![Err(CommitError::Unavailable); len];
        match &mut self.receiver {
            Some(receiver) => Pin::new(receiver).poll(context).map(|answer| match answer {
                Ok(Answer { results, .. }) => results.into_iter().map(|result| result.map(Came::told)).collect(),
                Err(_) => unavailable(),
            }),
            None => Poll::Ready(unavailable()),
        }
    }
}

/// The thread's own side.
struct Worker {
    batch: Batch,
    receiver: Receiver<Message>,
    waiting: Arc<AtomicUsize>,
    healthy: Arc<AtomicBool>,
    stopping: bool,
    /// A request that was taken from the channel and found the batch full.
    over: Option<Request>,
    company: Arc<Company>,
    /// When the first of those who wait for company has waited long enough, or somebody asked for them.
    due: Option<Instant>,
}

impl Committer {
    /// Starts the thread; it ends when everything that waits is committed and nobody can add more.
    pub(crate) fn start(database: &Database, writer: Writer, barrier: Barrier) -> Result<Self, Error> {
        let failed =
            |source: std::io::Error| Error::OpenForWriting { url: database.shown().into(), source: source.into() };
        let (sender, receiver) = unbounded();
        let (waiting, company) = (Arc::new(AtomicUsize::new(0)), Arc::<Company>::default());
        let vitals = Vitals::new();
        let store = Store::new(database.home()).map_err(failed)?;
        let batch = Batch::new(store, writer, barrier, database.writer().clone(), vitals.clone());
        let mut worker = Worker {
            batch,
            receiver,
            waiting: waiting.clone(),
            healthy: vitals.healthy.clone(),
            stopping: false,
            over: None,
            company: company.clone(),
            due: None,
        };
        let thread =
            std::thread::Builder::new().name("inos-committer".into()).spawn(move || worker.run()).map_err(failed)?;
        Ok(Self { sender, waiting, company, vitals, thread: Some(thread).into() })
    }

    /// Hands entries over; never blocks.
    pub(crate) fn commit(&self, entries: Vec<Entry>) -> Committed {
        self.hand_over(entries, None)
    }

    /// The same for entries that may wait so long for others.
    pub(crate) fn commit_in_company(&self, entries: Vec<Entry>, patience: Duration) -> Committed {
        self.hand_over(entries, Some(Instant::now() + patience))
    }

    fn hand_over(&self, entries: Vec<Entry>, patient_until: Option<Instant>) -> Committed {
        let (len, (done, receiver)) = (entries.len(), oneshot::channel());
        if len == 0 || self.waiting.fetch_add(len, AcqRel) > WAITING_ENTRIES_MAX {
            self.waiting.fetch_sub(len, AcqRel);
            return Committed { receiver: None, len };
        }
        let request = Request { entries, done };
        let message = match patient_until {
            Some(until) => self.company.join(request, until).then_some(Message::Company),
            None => Some(Message::Commit(request)),
        };
        // A thread that is gone drops the request, and with it the sender that the receiver waits for.
        message.into_iter().for_each(|message| drop(self.sender.send(message)));
        Committed { receiver: Some(receiver), len }
    }

    /// Has what waits for company written at once; costs one look where nothing does.
    pub(crate) fn hurry(&self) {
        if self.company.due().is_some() {
            // A thread that is gone has nothing that waits.
            let _ = self.sender.send(Message::Hurry);
        }
    }

    /// Whether the database took the last commit.
    pub(crate) fn healthy(&self) -> bool {
        self.vitals.is_healthy()
    }

    /// How it is, for those who want to know without it.
    pub(crate) fn vitals(&self) -> Vitals {
        self.vitals.clone()
    }

    /// Commits what waits and ends the thread. Blocks.
    pub(crate) fn stop(&self) {
        // A thread that is gone needs no message.
        let _ = self.sender.send(Message::Stop);
        let thread = self.thread.lock().take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the committer died");
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Whatever ended the thread, nothing is committed from now on.
        self.healthy.store(false, Release);
        self.company.close();
    }
}

impl Worker {
    fn run(&mut self) {
        while let Some(requests) = self.gather() {
            let taken = requests.iter().map(|request| request.entries.len()).sum();
            self.batch.commit(requests);
            self.waiting.fetch_sub(taken, AcqRel);
        }
        self.batch.close();
    }

    /// Everything that waits, at least one request; `None` at the end. What may wait for company goes along where it adds
    /// little, and stays where it would make a commit longer that somebody waits for.
    fn gather(&mut self) -> Option<Vec<Request>> {
        let (mut requests, mut count) = (Vec::new(), 0);
        loop {
            let message = match self.over.take() {
                Some(request) => Some(Message::Commit(request)),
                None if count == 0 && !self.company_is_due() => match self.wait() {
                    Waited::For(message) => Some(message),
                    Waited::Enough => continue,
                    Waited::ToTheEnd => return None,
                },
                None => self.receiver.try_recv().ok(),
            };
            match message {
                Some(Message::Commit(request)) if count > 0 && count + request.entries.len() > BATCH_ENTRIES_MAX => {
                    self.over = Some(request);
                    break;
                }
                Some(Message::Commit(request)) => {
                    count += request.entries.len();
                    requests.push(request);
                }
                Some(Message::Company) => self.due = [self.due, self.company.due()].into_iter().flatten().min(),
                Some(Message::Hurry) => self.due = self.company.due().map(|_| Instant::now()),
                Some(Message::Stop) => self.stopping = true,
                None => break,
            }
            if count >= BATCH_ENTRIES_MAX {
                break;
            }
        }
        if count >= COMPANY_ENTRIES_MIN || self.company_is_due() {
            self.company.take(&mut requests, BATCH_ENTRIES_MAX.saturating_sub(count));
            self.due = self.company.due();
        }
        Some(requests)
    }

    /// Whether one of those who wait for company has waited long enough.
    fn company_is_due(&self) -> bool {
        self.due.is_some_and(|due| self.stopping || due <= Instant::now())
    }

    /// Waits for a message. Sleeps without a timer unless somebody waits for company, or something is to be found out about
    /// the database.
    fn wait(&mut self) -> Waited {
        loop {
            if self.stopping {
                // What came before the stop was asked for is still taken.
                return self.receiver.try_recv().map_or(Waited::ToTheEnd, Waited::For);
            }
            let received = match (self.due, self.batch.is_troubled()) {
                (Some(until), _) => self.receiver.recv_deadline(until),
                (None, true) => self.receiver.recv_timeout(PROBE),
                (None, false) => self.receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match received {
                Ok(message) => return Waited::For(message),
                Err(RecvTimeoutError::Timeout) if self.due.is_some() => return Waited::Enough,
                Err(RecvTimeoutError::Timeout) => self.batch.probe(),
                Err(RecvTimeoutError::Disconnected) => {
                    self.stopping = true;
                    if self.due.is_some() {
                        return Waited::Enough;
                    }
                }
            }
        }
    }
}

/// What waiting for a message came to.
enum Waited {
    For(Message),
    /// Those who wait for company have waited long enough.
    Enough,
    /// Nothing more comes.
    ToTheEnd,
}

/// When the database was last seen to be away.
#[derive(Clone, Copy)]
struct Outage {
    since: Instant,
    tried: Instant,
}

/// The lock that keeps other writers of this process away from a commit.
type Turn = Arc<Mutex<Soundness>>;
