//! What happens to an account's jobs, told in order to whoever subscribed, from the start where it is still known.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use inos_protocols::{AccountId, JobId, Microcredits, job::State, refusal::Kind, time::Time};
use parking_lot::Mutex;
use tokio::sync::broadcast::{self, error::RecvError};

/// How many past events an account keeps for those who come late.
const HISTORY_LEN_MAX: usize = 4096;
/// How many accounts keep a history before the oldest idle ones are let go.
const ACCOUNTS_MAX: usize = 10_000;

/// Something that happened to a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number; grows within an account, also over restarts.
    pub seq: u64,
    /// The job.
    pub job: JobId,
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
    /// The unit said something.
    Log {
        /// The line.
        line: String,
    },
}

/// Every account's events.
#[derive(Default)]
pub(crate) struct Hub(Mutex<HashMap<AccountId, Arc<Channel>>>);

struct Channel {
    sender: broadcast::Sender<Arc<Event>>,
    state: Mutex<(u64, VecDeque<Arc<Event>>)>,
}

impl Channel {
    fn new() -> Self {
        // Milliseconds since 1970, times 4,096, still fit a JSON number, and start above every number given out
        // before a restart unless an account had more than four million events a second.
        let first = Time::now().as_ms() << 12;
        Self { sender: broadcast::channel(256).0, state: Mutex::new((first, VecDeque::new())) }
    }
}

impl Hub {
    /// Tells an event of a job; cheap where nobody ever asked.
    pub(crate) fn tell(&self, account: AccountId, job: JobId, what: Happening) {
        let channel = self.channel(account);
        let mut state = channel.state.lock();
        state.0 += 1;
        let event = Arc::new(Event { seq: state.0, job, at: Time::now(), what });
        if state.1.len() == HISTORY_LEN_MAX {
            state.1.pop_front();
        }
        state.1.push_back(event.clone());
        // Nobody listening is no failure: the history has it.
        let _ = channel.sender.send(event);
    }

    /// Events of one job or of all, after `after`, and then those to come.
    pub(crate) fn subscribe(&self, account: AccountId, job: Option<JobId>, after: Option<u64>) -> Subscription {
        let channel = self.channel(account);
        let receiver = channel.sender.subscribe();
        let mut subscription =
            Subscription { channel, receiver, job, last: after.unwrap_or(0), known: VecDeque::new() };
        if job.is_some() || after.is_some() {
            subscription.catch_up();
        } else {
            subscription.last = subscription.channel.state.lock().0;
        }
        subscription
    }

    fn channel(&self, account: AccountId) -> Arc<Channel> {
        let mut channels = self.0.lock();
        if channels.len() >= ACCOUNTS_MAX && !channels.contains_key(&account) {
            channels.retain(|_, channel| channel.sender.receiver_count() > 0);
        }
        channels.entry(account).or_insert_with(|| Arc::new(Channel::new())).clone()
    }
}

/// A stream of events; dropping it ends the subscription.
pub struct Subscription {
    channel: Arc<Channel>,
    receiver: broadcast::Receiver<Arc<Event>>,
    job: Option<JobId>,
    last: u64,
    known: VecDeque<Arc<Event>>,
}

impl Subscription {
    /// The next event, in order and without a gap as far back as the history reaches; `None` when the server stops.
    pub async fn next(&mut self) -> Option<Arc<Event>> {
        loop {
            if let Some(event) = self.known.pop_front() {
                self.last = event.seq;
                return Some(event);
            }
            match self.receiver.recv().await {
                Ok(event) if event.seq > self.last && self.wants(&event) => {
                    self.last = event.seq;
                    return Some(event);
                }
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => self.catch_up(),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    fn catch_up(&mut self) {
        let state = self.channel.state.lock();
        let missed = state.1.iter().filter(|event| event.seq > self.last);
        self.known = missed.filter(|event| self.job.is_none_or(|job| job == event.job)).cloned().collect();
    }

    fn wants(&self, event: &Event) -> bool {
        self.job.is_none_or(|job| job == event.job)
    }
}
