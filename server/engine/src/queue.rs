//! The bounded fair queue: start-time fair queueing over accounts by cost and weight, priority within an account.
//! A value without locks or clocks: whoever calls it says what time it is.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque, binary_heap::PeekMut},
    time::{Duration, Instant},
};

use ahash::AHashMap;
use inos_protocols::JobId;

use crate::Refused;

/// A task that waited this long goes before tasks of higher priority that came later.
const AGE_MAX: Duration = Duration::from_secs(60);
/// What one unit of cost is in virtual time for an account of weight 1.
const SCALE: u64 = 1 << 20;
/// The most that one task can cost its account.
const COST_MAX: u64 = u64::MAX / SCALE;
/// So many accounts are remembered at least, even without tasks.
const RESTING_MAX: usize = 1_024;
/// Lanes that an account without tasks keeps.
const LANES_KEPT: usize = 4;
/// Room for this many tasks is kept while nobody waits.
const SLOTS_KEPT: usize = 4_096;

/// What the queue must know of a task.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticket {
    pub(crate) id: JobId,
    pub(crate) account: u64,
    pub(crate) weight: u32,
    pub(crate) priority: u8,
    pub(crate) cost: u64,
    pub(crate) deadline: Instant,
    pub(crate) since: Instant,
}

/// Where a task stands in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// How many tasks of its account go before it, those that age aside.
    pub ahead: u64,
    /// How many tasks of all accounts wait.
    pub queued: u64,
    /// Whether another account had less than its share and goes first.
    pub is_ahead: bool,
}

/// Something that can wait in the queue.
pub(crate) trait Waiting {
    /// What the queue must know of it; the same as long as it waits.
    fn ticket(&self) -> Ticket;
}

/// The queue. Accounts share by the cost of what they are given, in proportion to their weights.
pub(crate) struct Queue<T> {
    len_max: usize,
    account_len_max: usize,
    len: usize,
    /// The most that waited since the queue was empty.
    peak: usize,
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
    /// Where each task waits; made when it is first asked for and kept until nobody waits.
    index: Option<AHashMap<JobId, Place>>,
    accounts: AHashMap<u64, Account>,
    /// Each account with tasks once, by its virtual time and then by when it came.
    turns: BinaryHeap<Reverse<(u128, u64, u64)>>,
    /// The virtual time of the account served last.
    now: u128,
    /// The latest virtual time of any account.
    latest: u128,
    count: u64,
    /// How often an account came to wait that had nothing waiting.
    arrivals: usize,
}

struct Slot<T> {
    number: u64,
    held: Option<T>,
}

/// Where a task waits; the number tells it from others that had the slot before.
#[derive(Clone, Copy)]
struct Place {
    slot: u32,
    number: u64,
}

#[derive(Default)]
struct Account {
    virtual_time: u128,
    len: usize,
    in_turns: bool,
    /// By falling priority.
    lanes: Vec<Lane>,
}

struct Lane {
    priority: u8,
    places: VecDeque<Place>,
}

impl<T: Waiting> Queue<T> {
    pub(crate) fn new(len_max: usize, account_len_max: usize) -> Self {
        Self {
            len_max,
            account_len_max,
            len: 0,
            peak: 0,
            slots: Vec::new(),
            free: Vec::new(),
            index: None,
            accounts: AHashMap::new(),
            turns: BinaryHeap::new(),
            now: 0,
            latest: 0,
            count: 0,
            arrivals: 0,
        }
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// How often an account came to wait that had nothing waiting; only ever grows.
    pub(crate) fn arrivals(&self) -> usize {
        self.arrivals
    }

    /// Whose turn it is, as far as nobody was charged meanwhile.
    pub(crate) fn next_account(&self) -> Option<u64> {
        self.turns.peek().map(|Reverse((_, _, account))| *account)
    }

    /// How many of one account wait.
    pub(crate) fn len_of(&self, account: u64) -> usize {
        self.accounts.get(&account).map_or(0, |account| account.len)
    }

    /// Takes a task in, or gives it back with the limit that it would break.
    #[inline]
    pub(crate) fn push(&mut self, task: T) -> Result<(), (T, Refused)> {
        let depth = self.len_of(task.ticket().account);
        if depth >= self.account_len_max {
            return Err((task, Refused::AccountFull { depth, cap: self.account_len_max }));
        }
        if self.len >= self.len_max {
            return Err((task, Refused::Full { depth: self.len, cap: self.len_max }));
        }
        self.readmit(task);
        Ok(())
    }

    /// Takes a task back in that had its turn and was not begun, whatever the limits say.
    #[inline]
    pub(crate) fn readmit(&mut self, task: T) {
        let Ticket { id, account: key, priority, .. } = task.ticket();
        self.count += 1;
        let place = Place { slot: self.slot(), number: self.count };
        self.slots[place.slot as usize] = Slot { number: place.number, held: Some(task) };
        let account = self.accounts.entry(key).or_default();
        account.lane(priority).places.push_back(place);
        account.len += 1;
        if !account.in_turns {
            account.in_turns = true;
            self.arrivals += 1;
            account.virtual_time = account.virtual_time.max(self.now);
            self.turns.push(Reverse((account.virtual_time, self.count, key)));
        }
        self.len += 1;
        self.peak = self.peak.max(self.len);
        if let Some(index) = &mut self.index {
            index.insert(id, place);
        }
        self.forget();
    }

    /// The next task: of the account that had the least for its weight, its highest priority, its oldest.
    ///
    /// One whose deadline has passed comes out like the others, but costs its account nothing.
    #[inline]
    pub(crate) fn pop(&mut self, now: Instant) -> Option<T> {
        self.pop_if(now, |_| true)
    }

    /// The same where it is such a task; else it stays the next.
    #[inline]
    pub(crate) fn pop_if(&mut self, now: Instant, is_wanted: impl Fn(&T) -> bool) -> Option<T> {
        loop {
            let mut top = self.turns.peek_mut()?;
            let Reverse((start, _, key)) = *top;
            let account = self.accounts.get_mut(&key).expect("an account in turns is known");
            if start < account.virtual_time {
                // It was charged for other work meanwhile.
                top.0.0 = account.virtual_time;
                continue;
            }
            let Some(place) = account.first(&self.slots, now) else {
                account.in_turns = false;
                PeekMut::pop(top);
                continue;
            };
            let held = &mut self.slots[place.slot as usize].held;
            let ticket = held.as_ref().expect("a first place is held").ticket();
            let Some(task) = held.take_if(|task| is_wanted(task)) else {
                account.lane(ticket.priority).places.push_front(place);
                return None;
            };
            self.now = self.now.max(start);
            if ticket.deadline > now {
                account.charge(self.now, &ticket);
                self.latest = self.latest.max(account.virtual_time);
            }
            account.len -= 1;
            if account.len > 0 {
                self.count += 1;
                *top = Reverse((account.virtual_time, self.count, key));
                drop(top);
            } else {
                account.rest();
                account.in_turns = false;
                PeekMut::pop(top);
            }
            self.left(place, ticket.id);
            return Some(task);
        }
    }

    /// Takes out the task of that id, if it still waits.
    pub(crate) fn remove(&mut self, id: JobId) -> Option<T> {
        let slots = &self.slots;
        let index = self.index.get_or_insert_with(|| {
            let held = slots.iter().zip(0..).filter_map(|(Slot { number, held }, slot)| {
                held.as_ref().map(|task| (task.ticket().id, Place { slot, number: *number }))
            });
            held.collect()
        });
        let place = *index.get(&id)?;
        self.take(place)
    }

    /// Where a task of this account and priority stands, if it still waits.
    ///
    /// Walks over what the account has waiting, and over nobody else's.
    pub(crate) fn standing(&self, id: JobId, account: u64, priority: u8) -> Option<Standing> {
        let lanes = &self.accounts.get(&account)?.lanes;
        let mut ahead = 0;
        for lane in lanes.iter().filter(|lane| lane.priority >= priority) {
            for place in &lane.places {
                let slot = &self.slots[place.slot as usize];
                let Some(task) = slot.held.as_ref().filter(|_| slot.number == place.number) else { continue };
                if task.ticket().id == id {
                    return Some(Standing { ahead, queued: self.len as u64, is_ahead: self.is_ahead(account) });
                }
                ahead += 1;
            }
        }
        None
    }

    /// Takes out everything whose deadline has passed; gives the earliest deadline that is left.
    pub(crate) fn sweep(&mut self, now: Instant) -> (Vec<T>, Option<Instant>) {
        let mut overdue = Vec::new();
        let mut earliest: Option<Instant> = None;
        for (slot, Slot { number, held }) in self.slots.iter().enumerate() {
            let Some(deadline) = held.as_ref().map(|task| task.ticket().deadline) else { continue };
            if deadline <= now {
                overdue.push(Place { slot: slot as u32, number: *number });
            } else {
                earliest = Some(earliest.map_or(deadline, |earliest| earliest.min(deadline)));
            }
        }
        (overdue.into_iter().filter_map(|place| self.take(place)).collect(), earliest)
    }

    /// Takes out everything.
    pub(crate) fn clear(&mut self) -> Vec<T> {
        let held: Vec<T> = self.slots.iter_mut().filter_map(|slot| slot.held.take()).collect();
        let latest = self.latest;
        let (count, arrivals) = (self.count, self.arrivals);
        *self = Self { latest, now: latest, count, arrivals, ..Self::new(self.len_max, self.account_len_max) };
        held
    }

    /// Whether another account waits that had less for its weight than this one.
    pub(crate) fn is_ahead(&self, account: u64) -> bool {
        let time = self.accounts.get(&account).map_or(self.now, |account| account.virtual_time.max(self.now));
        self.turns.peek().is_some_and(|Reverse((start, _, key))| *key != account && *start < time)
    }

    /// Counts work that an account was given outside the queue, where others wait; work beside an empty queue is free.
    pub(crate) fn charge(&mut self, ticket: &Ticket) {
        if self.len == 0 {
            return;
        }
        let account = self.accounts.entry(ticket.account).or_default();
        account.charge(self.now, ticket);
        self.latest = self.latest.max(account.virtual_time);
        self.forget();
    }

    /// How many accounts the queue remembers.
    #[cfg(test)]
    pub(crate) fn accounts_known(&self) -> usize {
        self.accounts.len()
    }

    /// A free slot.
    fn slot(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { number: 0, held: None });
            u32::try_from(self.slots.len() - 1).expect("fewer than 2^32 tasks wait")
        })
    }

    /// Forgets accounts that have neither tasks nor a debt, and where too many are left, debts as well: who has a
    /// thousand accounts gains more by them than by that.
    fn forget(&mut self) {
        let accounts_max = RESTING_MAX + 2 * self.turns.len();
        if self.accounts.len() > accounts_max {
            let now = self.now;
            self.accounts.retain(|_, account| account.in_turns || account.virtual_time > now);
            if self.accounts.len() > accounts_max / 2 {
                self.accounts.retain(|_, account| account.in_turns);
            }
        }
    }

    /// Takes a task out of its place, whoever is there first.
    fn take(&mut self, place: Place) -> Option<T> {
        let slot = &mut self.slots[place.slot as usize];
        if slot.number != place.number {
            return None;
        }
        let task = slot.held.take()?;
        let Ticket { id, account, .. } = task.ticket();
        let account = self.accounts.get_mut(&account).expect("the account of a waiting task is known");
        account.len -= 1;
        if account.len == 0 {
            account.rest();
        }
        self.left(place, id);
        Some(task)
    }

    /// Tidies up after a task that left its place.
    fn left(&mut self, place: Place, id: JobId) {
        if let Some(index) = &mut self.index {
            index.remove(&id);
        }
        self.free.push(place.slot);
        self.len -= 1;
        if self.len > 0 {
            return;
        }
        // Nobody waits: a new round begins, and what was used before it counts no more.
        self.now = self.latest;
        self.index = None;
        for Reverse((_, _, key)) in self.turns.drain() {
            if let Some(account) = self.accounts.get_mut(&key) {
                account.in_turns = false;
            }
        }
        // Room that the last round did not need is given back; giving back what the next one needs would cost more.
        if self.slots.len() > SLOTS_KEPT.max(4 * std::mem::take(&mut self.peak)) {
            self.slots = Vec::new();
            self.free = Vec::new();
        }
        if self.accounts.len() > RESTING_MAX {
            self.accounts = AHashMap::new();
        }
    }
}

impl Account {
    /// Drops places whose tasks are gone, since none is left.
    fn rest(&mut self) {
        if self.lanes.len() > LANES_KEPT {
            self.lanes = Vec::new();
        }
        self.lanes.iter_mut().for_each(|lane| lane.places.clear());
    }

    fn charge(&mut self, now: u128, ticket: &Ticket) {
        let cost = ticket.cost.clamp(1, COST_MAX) * SCALE / u64::from(ticket.weight.max(1));
        self.virtual_time = self.virtual_time.max(now) + u128::from(cost);
    }

    fn lane(&mut self, priority: u8) -> &mut Lane {
        let at = self.lanes.partition_point(|lane| lane.priority > priority);
        if self.lanes.get(at).is_none_or(|lane| lane.priority != priority) {
            self.lanes.insert(at, Lane { priority, places: VecDeque::new() });
        }
        &mut self.lanes[at]
    }

    /// Takes the place of its next task; places whose task is gone are dropped on the way.
    fn first<T: Waiting>(&mut self, slots: &[Slot<T>], now: Instant) -> Option<Place> {
        let mut best: Option<(usize, Instant)> = None;
        for (at, lane) in self.lanes.iter_mut().enumerate() {
            let Some(since) = lane.since(slots) else { continue };
            let aged = || now.saturating_duration_since(since) >= AGE_MAX;
            if best.is_none_or(|(_, oldest)| since < oldest && aged()) {
                best = Some((at, since));
            }
        }
        best.and_then(|(at, _)| self.lanes[at].places.pop_front())
    }
}

impl Lane {
    /// Since when its first task waits.
    fn since<T: Waiting>(&mut self, slots: &[Slot<T>]) -> Option<Instant> {
        while let Some(place) = self.places.front() {
            let slot = &slots[place.slot as usize];
            match &slot.held {
                Some(task) if slot.number == place.number => return Some(task.ticket().since),
                _ => drop(self.places.pop_front()),
            }
        }
        None
    }
}
