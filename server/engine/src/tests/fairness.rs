//! Whole hours of the fair queue under a clock of their own: who waits gets its share, whoever comes when, and nothing
//! waits for ever. Each seed is another world; a failure names its seed.

use std::collections::BTreeMap;

use super::*;
use crate::queue::{Queue, Ticket, Waiting as _};

/// How many worlds.
const SEEDS: u64 = 1_000;
/// The largest cost of a task; it takes as many milliseconds of the one worker.
const COST_MAX: u64 = 50;
/// How many tasks each account that is backlogged keeps waiting.
const BACKLOG: usize = 4;

/// Numbers that follow from a seed.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number from 1 to `most`.
    fn up_to(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        1 + (self.0 >> 11) % most
    }
}

/// One queue, one worker, and time that passes only while the worker works.
struct World {
    queue: Queue<Ticket>,
    now: Instant,
    random: Random,
    /// What each account was given, in cost.
    served: BTreeMap<u64, u64>,
    weights: BTreeMap<u64, u32>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let weights = (1..=1 + random.up_to(5)).map(|account| (account, random.up_to(8) as u32)).collect();
        let queue = Queue::new(10_000, 1_000);
        Self { queue, now: Instant::now(), random, served: BTreeMap::new(), weights }
    }

    fn push(&mut self, account: u64, priority: u8) -> Ticket {
        let (cost, weight) = (self.random.up_to(COST_MAX), self.weights[&account]);
        let deadline = self.now + FOREVER * 1_000;
        let ticket = Ticket { id: JobId::new(), account, weight, priority, cost, deadline, since: self.now };
        assert!(self.queue.push(ticket).is_ok());
        ticket
    }

    /// Lets every backlogged account have its tasks again.
    fn fill(&mut self, priority: u8) {
        for account in self.weights.keys().copied().collect::<Vec<_>>() {
            while self.queue.len_of(account) < BACKLOG {
                self.push(account, priority);
            }
        }
    }

    /// The worker takes the next task and works for as long as it costs.
    fn serve(&mut self) -> Ticket {
        let task = self.queue.pop(self.now).expect("somebody waits");
        self.now += Duration::from_millis(task.cost);
        *self.served.entry(task.account).or_default() += task.cost;
        task.ticket()
    }

    /// What an account was given for its weight.
    fn normal(&self, account: u64) -> f64 {
        self.served.get(&account).copied().unwrap_or_default() as f64 / f64::from(self.weights[&account])
    }
}

#[test]
fn who_waits_all_the_time_gets_the_share_of_its_weight() {
    for seed in 1..=SEEDS {
        let mut world = World::new(seed);
        for _ in 0..1_000 {
            world.fill(100);
            world.serve();
        }
        let total: u64 = world.served.values().sum();
        let weights: u64 = world.weights.values().map(|weight| u64::from(*weight)).sum();
        for (one, weight) in &world.weights {
            for (other, other_weight) in &world.weights {
                let apart = (world.normal(*one) - world.normal(*other)).abs();
                let bound = COST_MAX as f64 * (1.0 / f64::from(*weight) + 1.0 / f64::from(*other_weight));
                assert!(apart <= bound, "seed {seed}: accounts {one} and {other} are {apart} apart, over {bound}");
            }
            let (share, fair) = (world.served[one] as f64 / total as f64, f64::from(*weight) / weights as f64);
            // Two of the largest tasks of everybody, of all that was done.
            let bound = 2.0 * (COST_MAX * world.weights.len() as u64) as f64 / total as f64;
            assert!((share - fair).abs() <= bound, "seed {seed}: account {one} got {share} where {fair} is fair");
        }
    }
}

#[test]
fn who_comes_now_and_then_waits_for_one_round_at_most() {
    let guest = 99;
    for seed in 1..=SEEDS {
        let mut world = World::new(seed);
        // A round gives each of the others what its weight allows beside one task of the guest's, and one task more.
        let round: u64 = world.weights.values().map(|weight| COST_MAX * (u64::from(*weight) + 1)).sum();
        for _ in 0..20 {
            for _ in 0..world.random.up_to(40) {
                world.fill(255);
                world.serve();
            }
            // Whatever priorities the others give their tasks, and however much they were given before.
            world.weights.insert(guest, 1);
            let came = world.push(guest, 0);
            world.weights.remove(&guest);
            let waited = loop {
                world.fill(255);
                let begins = world.now;
                if world.serve().id == came.id {
                    break begins - came.since;
                }
            };
            assert!(waited <= Duration::from_millis(round), "seed {seed}: it waited {waited:?}, a round is {round} ms");
        }
    }
}

#[test]
fn a_low_priority_waits_for_sixty_seconds_at_most() {
    for seed in 1..=SEEDS {
        let mut world = World::new(seed);
        world.fill(200);
        let low = world.push(1, 0);
        // All of its account's other tasks have a higher priority, and new ones keep coming.
        let round: u64 = world.weights.values().map(|weight| COST_MAX * (u64::from(*weight) + 1)).sum();
        let most = Duration::from_secs(60) + Duration::from_millis(round);
        loop {
            for account in world.weights.keys().copied().collect::<Vec<_>>() {
                let waiting = if account == 1 { BACKLOG + 1 } else { BACKLOG };
                while world.queue.len_of(account) < waiting {
                    world.push(account, 200);
                }
            }
            if world.serve().id == low.id {
                break;
            }
            let waited = world.now - low.since;
            assert!(waited <= most, "seed {seed}: it waits for {waited:?}");
        }
        // It is not that it goes before the others: it waited for its age.
        assert!(world.now - low.since >= Duration::from_secs(60), "seed {seed}");
    }
}
