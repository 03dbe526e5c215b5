//! What happens to an account's jobs, told in order to whoever subscribed, from the start where it is still known.
//! Where it is not, that is told: nobody takes a part for the whole.

mod rings;
mod said;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use bytes::Bytes;
use inos_arena::{Quota, Ring, RingAttachment};
use inos_ledger::LowBalance;
use inos_protocols::{AccountId, JobId, Microcredits, job::State, layout::RING_SLOT_COUNT, refusal::Kind, time::Time};
use parking_lot::Mutex;
use tokio::sync::broadcast::{self, error::RecvError};

use self::rings::Counted;
pub use self::rings::RingTotals;
use crate::Inside;

/// How many past events an account keeps for those who come late, and how many bytes of lines and output with them.
const HISTORY_LEN_MAX: usize = 4096;
const HISTORY_BYTES_MAX: usize = 1 << 20;
/// How many accounts keep a history before the oldest idle ones are let go.
const ACCOUNTS_MAX: usize = 10_000;

/// Something that happened to a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number; grows by one within an account, and on over restarts.
    pub seq: u64,
    /// The job; none where it happened to the account.
    pub job: Option<JobId>,
    /// When.
    pub at: Time,
    /// What.
    pub what: Happening,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// The job is in this state now.
    State {
        /// The state.
        state: State,
        /// What it cost so far.
        cost: Microcredits,
    },
    /// An attempt broke on our side, and another one is to come.
    Attempt {
        /// Which one it was, from 1.
        attempt: u32,
        /// How many there may be.
        of: u32,
        /// Why it broke.
        reason: Kind,
        /// When the next one is made.
        again_at: Time,
    },
    /// The job goes on.
    Progress {
        /// Steps done.
        done: u64,
        /// Steps in all; 0 where nobody knows.
        total: u64,
    },
    /// The account has less left than it wants to hear of.
    LowBalance {
        /// What it can still spend.
        available: Microcredits,
        /// Below what it wants to hear of it.
        threshold: Microcredits,
    },
    /// The account could not pay all that it stored.
    StorageOwed {
        /// What was taken.
        paid: Microcredits,
        /// What it still owes.
        owed: Microcredits,
    },
    /// The unit said something.
    Log {
        /// The line.
        line: String,
    },
    /// The unit gave out bytes before the job has ended.
    Output {
        /// How many it gave out before these.
        offset: u64,
        /// The bytes.
        bytes: Bytes,
    },
}

/// What a subscriber hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Something happened.
    Event(Arc<Event>),
    /// The events with these numbers are not remembered, and some of them may have been wanted.
    Gap {
        /// The first.
        first: u64,
        /// The last.
        last: u64,
    },
}

impl Happening {
    /// What it takes of a history beside its place.
    fn bytes(&self) -> usize {
        match self {
            Self::Log { line } => line.len(),
            Self::Output { bytes, .. } => bytes.len(),
            Self::State { .. } | Self::Progress { .. } | Self::Attempt { .. } => 0,
            Self::LowBalance { .. } | Self::StorageOwed { .. } => 0,
        }
    }

    fn is_beginning(&self) -> bool {
        matches!(self, Self::State { state: State::Queued, .. })
    }
}

/// Every account's events.
#[derive(Default)]
pub(crate) struct Hub {
    channels: Mutex<HashMap<AccountId, Arc<Channel>>>,
    /// What all rings were given since the start.
    counted: Counted,
}

struct Channel {
    sender: broadcast::Sender<Arc<Event>>,
    history: Mutex<History>,
}

/// What is remembered: everything after number `lost`.
struct History {
    lost: u64,
    newest: u64,
    bytes: usize,
    events: VecDeque<Arc<Event>>,
    /// The same for processes that are attached, while there are any.
    ring: Option<Ring>,
}

impl History {
    fn add(&mut self, job: Option<JobId>, what: Happening, counted: &Counted) -> Arc<Event> {
        self.newest += 1;
        let event = Arc::new(Event { seq: self.newest, job, at: Time::now(), what });
        self.bytes += event.what.bytes();
        self.events.push_back(event.clone());
        while self.events.len() > HISTORY_LEN_MAX || self.bytes > HISTORY_BYTES_MAX {
            let Some(oldest) = self.events.pop_front() else { break };
            self.bytes -= oldest.what.bytes();
            self.lost = oldest.seq;
        }
        match &self.ring {
            Some(ring) if ring.attached() > 0 => counted.write(&event, ring),
            _ => self.ring = None,
        }
        event
    }

    /// Gives the ring to one more process; a new one begins with what is remembered.
    fn attach(&mut self, quota: &Quota, counted: &Counted) -> std::io::Result<RingAttachment> {
        if let Some(ring) = self.followed() {
            return ring.attach();
        }
        // One that nobody follows any more gives back what it took.
        self.ring = None;
        let ring = Ring::create_within(quota, RING_SLOT_COUNT)?;
        let known = self.events.len().saturating_sub(RING_SLOT_COUNT);
        self.events.iter().skip(known).for_each(|event| counted.write(event, &ring));
        let attachment = ring.attach()?;
        self.ring = Some(ring);
        Ok(attachment)
    }

    /// The ring, while a process is attached to it.
    fn followed(&self) -> Option<&Ring> {
        self.ring.as_ref().filter(|ring| ring.attached() > 0)
    }
}

impl Channel {
    fn new() -> Self {
        // Milliseconds since 1970, times 4,096, still fit a JSON number, and start above every number given out
        // before a restart unless an account had more than four million events a second.
        let first = Time::now().as_ms() << 12;
        let history = History { lost: first, newest: first, bytes: 0, events: VecDeque::new(), ring: None };
        Self { sender: broadcast::channel(256).0, history: Mutex::new(history) }
    }

    /// Whether somebody subscribed, or a process is attached.
    fn is_heard(&self) -> bool {
        self.sender.receiver_count() > 0 || self.history.lock().followed().is_some()
    }
}

impl Hub {
    /// Tells an event of a job; cheap where nobody ever asked.
    pub(crate) fn tell(&self, account: AccountId, job: JobId, what: Happening) {
        self.tell_all(account, Some(job), what);
    }

    /// Tells an event of the account itself.
    pub(crate) fn tell_account(&self, account: AccountId, what: Happening) {
        self.tell_all(account, None, what);
    }

    /// Tells an event of a job, or of the account itself.
    fn tell_all(&self, account: AccountId, job: Option<JobId>, what: Happening) {
        let channel = self.channel(account);
        let mut history = channel.history.lock();
        let event = history.add(job, what, &self.counted);
        // Nobody listening is no failure: the history has it.
        let _ = channel.sender.send(event);
    }

    /// Events of one job or of all, after `after`, and then those to come.
    pub(crate) fn subscribe(&self, account: AccountId, job: Option<JobId>, after: Option<u64>) -> Subscription {
        let channel = self.channel(account);
        let receiver = channel.sender.subscribe();
        let mut subscription = Subscription { channel, receiver, job, last: 0, known: VecDeque::new() };
        match (job, after) {
            (_, Some(after)) => subscription.go_on_after(after),
            (Some(job), None) => subscription.begin_with(job),
            (None, None) => subscription.last = subscription.channel.history.lock().newest,
        }
        subscription
    }

    /// Whether anybody hears of an account's events just now.
    pub(crate) fn are_heard(&self, account: AccountId) -> bool {
        let channel = self.channels.lock().get(&account).cloned();
        channel.is_some_and(|channel| channel.is_heard())
    }

    /// The ring of all events of an account, for another process to follow: on this quota, if it is the first.
    pub(crate) fn attach(&self, account: AccountId, quota: &Quota) -> std::io::Result<RingAttachment> {
        self.channel(account).history.lock().attach(quota, &self.counted)
    }

    fn channel(&self, account: AccountId) -> Arc<Channel> {
        let mut channels = self.channels.lock();
        if channels.len() >= ACCOUNTS_MAX && !channels.contains_key(&account) {
            channels.retain(|_, channel| channel.is_heard());
        }
        channels.entry(account).or_insert_with(|| Arc::new(Channel::new())).clone()
    }
}

impl Inside {
    /// Makes an event of every account that goes below what it wants to hear of.
    pub(crate) fn tell_of_low_balances(self: &Arc<Self>) {
        let inside = Arc::downgrade(self);
        self.ledger.on_low_balance(move |LowBalance { account, available, threshold }| {
            if let Some(inside) = inside.upgrade() {
                inside.events.tell_account(account, Happening::LowBalance { available, threshold });
            }
        });
    }
}

/// A stream of events; dropping it ends the subscription.
pub struct Subscription {
    channel: Arc<Channel>,
    receiver: broadcast::Receiver<Arc<Event>>,
    job: Option<JobId>,
    last: u64,
    known: VecDeque<Told>,
}

impl Subscription {
    /// Whether it begins with the start of its job, so that what comes tells the whole story.
    pub fn is_whole(&self) -> bool {
        matches!(self.known.front(), Some(Told::Event(event)) if event.what.is_beginning())
    }

    /// The next event, in order, or where some are not remembered, which; `None` when the server stops.
    pub async fn next(&mut self) -> Option<Told> {
        loop {
            if let Some(told) = self.known.pop_front() {
                self.last = match &told {
                    Told::Event(event) => event.seq,
                    Told::Gap { last, .. } => *last,
                };
                return Some(told);
            }
            match self.receiver.recv().await {
                Ok(event) if event.seq > self.last && self.wants(&event) => {
                    self.last = event.seq;
                    return Some(Told::Event(event));
                }
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => self.catch_up(),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// Begins after an event that the subscriber has seen.
    fn go_on_after(&mut self, after: u64) {
        let newest = self.channel.history.lock().newest;
        // A number that was never given out here is of a clock that was set back: what it stands for is not known.
        self.last = if after > newest { 0 } else { after };
        self.catch_up();
    }

    /// Begins with the start of a job.
    fn begin_with(&mut self, job: JobId) {
        let history = self.channel.history.lock();
        let mut events = history.events.iter().filter(|event| event.job == Some(job)).peekable();
        let begins = events.peek().is_some_and(|event| event.what.is_beginning());
        let gap = (!begins).then_some(Told::Gap { first: 0, last: history.lost });
        self.known = gap.into_iter().chain(events.cloned().map(Told::Event)).collect();
    }

    /// Takes what is remembered of everything after the last that was told.
    fn catch_up(&mut self) {
        let history = self.channel.history.lock();
        let gap = (self.last < history.lost).then_some(Told::Gap { first: self.last + 1, last: history.lost });
        let missed = history.events.iter().filter(|event| event.seq > self.last);
        let wanted = missed.filter(|event| self.job.is_none_or(|job| Some(job) == event.job));
        self.known = gap.into_iter().chain(wanted.cloned().map(Told::Event)).collect();
    }

    fn wants(&self, event: &Event) -> bool {
        self.job.is_none_or(|job| Some(job) == event.job)
    }
}
