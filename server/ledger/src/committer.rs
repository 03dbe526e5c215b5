//! The group commit: one thread takes everything that waits when the last flush returns and commits it together.
//! There is no timer. Credits leave a purse for good only here, after the database has them.

mod batch;
mod checkpoint;
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
use tokio::sync::{Mutex, oneshot};

pub(crate) use self::posting::Writer;
use self::{batch::Batch, posting::Came, store::Store};
use crate::{
    Barrier, Commit, CommitError, Entry, Error,
    database::{Database, Soundness},
};

/// The most entries that one commit takes, unless a single request has more.
const BATCH_ENTRIES_MAX: usize = 8192;
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
}

impl Vitals {
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
    Stop,
}

/// The way to the committer's thread.
pub(crate) struct Committer {
    sender: Sender<Message>,
    waiting: Arc<AtomicUsize>,
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
}

impl Committer {
    /// Starts the thread; it ends when everything that waits is committed and nobody can add more.
    pub(crate) fn start(database: &Database, writer: Writer, barrier: Barrier) -> Result<Self, Error> {
        let failed =
            |source: std::io::Error| Error::OpenForWriting { url: database.shown().into(), source: source.into() };
        let (sender, receiver) = unbounded();
        let waiting = Arc::new(AtomicUsize::new(0));
        let vitals = Vitals { healthy: Arc::new(AtomicBool::new(true)), doubts: Arc::default() };
        let store = Store::new(database.home()).map_err(failed)?;
        let batch = Batch::new(store, writer, barrier, database.writer().clone(), vitals.clone());
        let mut worker = Worker {
            batch,
            receiver,
            waiting: waiting.clone(),
            healthy: vitals.healthy.clone(),
            stopping: false,
            over: None,
        };
        let thread =
            std::thread::Builder::new().name("inos-committer".into()).spawn(move || worker.run()).map_err(failed)?;
        Ok(Self { sender, waiting, vitals, thread: Some(thread).into() })
    }

    /// Hands entries over; never blocks.
    pub(crate) fn commit(&self, entries: Vec<Entry>) -> Committed {
        let (len, (done, receiver)) = (entries.len(), oneshot::channel());
        if len == 0 || self.waiting.fetch_add(len, AcqRel) > WAITING_ENTRIES_MAX {
            self.waiting.fetch_sub(len, AcqRel);
            return Committed { receiver: None, len };
        }
        // A thread that is gone drops the request, and with it the sender that the receiver waits for.
        let _ = self.sender.send(Message::Commit(Request { entries, done }));
        Committed { receiver: Some(receiver), len }
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

    /// Everything that waits, at least one request; `None` at the end.
    fn gather(&mut self) -> Option<Vec<Request>> {
        let first = match self.over.take() {
            Some(request) => request,
            None => self.first()?,
        };
        let mut count = first.entries.len();
        let mut requests = vec![first];
        while count < BATCH_ENTRIES_MAX {
            match self.receiver.try_recv() {
                Ok(Message::Commit(request)) if count + request.entries.len() > BATCH_ENTRIES_MAX => {
                    self.over = Some(request);
                    break;
                }
                Ok(Message::Commit(request)) => {
                    count += request.entries.len();
                    requests.push(request);
                }
                Ok(Message::Stop) => self.stopping = true,
                Err(_) => break,
            }
        }
        Some(requests)
    }

    /// Waits for a request. Sleeps without a timer unless something is to be found out about the database.
    fn first(&mut self) -> Option<Request> {
        loop {
            if self.stopping {
                // What came before the stop was asked for is still taken.
                return match self.receiver.try_recv() {
                    Ok(Message::Commit(request)) => Some(request),
                    _ => None,
                };
            }
            let received = match self.batch.is_troubled() {
                true => self.receiver.recv_timeout(PROBE),
                false => self.receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match received {
                Ok(Message::Commit(request)) => return Some(request),
                Ok(Message::Stop) => self.stopping = true,
                Err(RecvTimeoutError::Timeout) => self.batch.probe(),
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }
}

/// When the database was last seen to be away.
#[derive(Clone, Copy)]
struct Outage {
    since: Instant,
    tried: Instant,
}

/// The lock that keeps other writers of this process away from a commit.
type Turn = Arc<Mutex<Soundness>>;
