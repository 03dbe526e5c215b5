//! The fair queue against simple models.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::*;
use crate::queue::{Queue, Ticket, Waiting};

impl Waiting for Ticket {
    fn ticket(&self) -> Ticket {
        *self
    }
}

fn ticket(account: u64, cost: u64, priority: u8, now: Instant) -> Ticket {
    Ticket { id: JobId::new(), account, weight: 1, priority, cost, deadline: now + FOREVER, since: now }
}

fn drain(queue: &mut Queue<Ticket>, now: Instant) -> Vec<Ticket> {
    std::iter::from_fn(|| queue.pop(now)).collect()
}

#[derive(Debug, Clone)]
enum Step {
    Push { account: u64, cost: u64, priority: u8, late: bool },
    Pop,
    PopIf(u64),
    Remove(usize),
    Sweep,
    Charge { account: u64, cost: u64 },
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..6_u64, 0..100_u64, 0..4_u8, prop::bool::weighted(0.1))
            .prop_map(|(account, cost, priority, late)| Step::Push { account, cost, priority, late }),
        6 => Just(Step::Pop),
        3 => (0..100_u64).prop_map(Step::PopIf),
        2 => (0..64_usize).prop_map(Step::Remove),
        1 => Just(Step::Sweep),
        1 => (0..8_u64, 0..100_u64).prop_map(|(account, cost)| Step::Charge { account, cost }),
        1 => prop::bool::weighted(0.1).prop_map(|clear| if clear { Step::Clear } else { Step::Pop }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// Whatever is done, each task comes out exactly once, its account's best first, and the limits hold.
    #[test]
    fn each_task_comes_out_exactly_once(steps in prop::collection::vec(step(), 1..400)) {
        let now = Instant::now();
        let mut queue = Queue::new(64, 24);
        let mut model: Vec<Ticket> = Vec::new();
        let leave = |model: &mut Vec<Ticket>, out: &Ticket| {
            let at = model.iter().position(|ticket| ticket.id == out.id);
            model.remove(at.expect("only what waits comes out"))
        };
        for step in steps {
            match step {
                Step::Push { account, cost, priority, late } => {
                    let ticket = Ticket { deadline: if late { now } else { now + FOREVER }, ..ticket(account, cost, priority, now) };
                    let depth = model.iter().filter(|other| other.account == account).count();
                    let expected = match (depth, model.len()) {
                        (24.., _) => Some(Refused::AccountFull { depth, cap: 24 }),
                        (_, 64..) => Some(Refused::Full { depth: 64, cap: 64 }),
                        _ => None,
                    };
                    prop_assert_eq!(queue.push(ticket).err().map(|(_, why)| why), expected);
                    if expected.is_none() {
                        model.push(ticket);
                    }
                }
                Step::Pop => match queue.pop(now) {
                    Some(out) => {
                        let out = leave(&mut model, &out);
                        let better = |other: &Ticket| other.account == out.account && other.priority > out.priority;
                        prop_assert!(!model.iter().any(better), "higher priority first");
                        let older = |other: &Ticket| other.account == out.account && other.priority == out.priority && other.id < out.id;
                        prop_assert!(!model.iter().any(older), "oldest first");
                    }
                    None => prop_assert!(model.is_empty()),
                },
                Step::PopIf(most) => {
                    let wanted = queue.pop_if(now, |next| next.cost <= most);
                    let len = queue.len();
                    if let Some(out) = &wanted {
                        prop_assert!(leave(&mut model, out).cost <= most);
                    } else if let Some(out) = queue.pop(now) {
                        prop_assert!(leave(&mut model, &out).cost > most, "what was not wanted stays the next");
                        prop_assert_eq!(queue.len() + 1, len);
                    }
                    prop_assert_eq!(queue.len(), model.len());
                }
                Step::Remove(at) => {
                    let id = model.get(at).map_or_else(JobId::new, |ticket| ticket.id);
                    let out = queue.remove(id);
                    prop_assert_eq!(out.is_some(), at < model.len());
                    if let Some(out) = &out {
                        leave(&mut model, out);
                    }
                    prop_assert!(queue.remove(id).is_none());
                }
                Step::Sweep => {
                    let (out, earliest) = queue.sweep(now);
                    for out in &out {
                        leave(&mut model, out);
                    }
                    prop_assert!(model.iter().all(|ticket| ticket.deadline > now));
                    prop_assert_eq!(earliest, model.iter().map(|ticket| ticket.deadline).min());
                }
                Step::Charge { account, cost } => queue.charge(&ticket(account, cost, 0, now)),
                Step::Clear => {
                    for out in queue.clear() {
                        leave(&mut model, &out);
                    }
                    prop_assert!(model.is_empty());
                }
            }
            prop_assert_eq!(queue.len(), model.len());
            for account in 0..8 {
                prop_assert_eq!(queue.len_of(account), model.iter().filter(|ticket| ticket.account == account).count());
            }
        }
    }

    /// Of two accounts that both wait all the time, neither gets ahead by more than two of the largest tasks.
    #[test]
    fn who_waits_is_served_by_weight(
        costs in prop::collection::vec((1..50_u64, 1..50_u64), 50..200),
        weights in (1..5_u32, 1..5_u32),
        seen in 0..100_usize,
    ) {
        let now = Instant::now();
        let mut queue = Queue::new(10_000, 10_000);
        // Somebody else was there before, so that virtual time does not begin at zero.
        for _ in 0..seen {
            queue.push(ticket(9, 7, 0, now)).ok();
        }
        let _ = (0..seen / 2).filter_map(|_| queue.pop(now)).count();
        for (one, other) in &costs {
            queue.push(Ticket { weight: weights.0, ..ticket(1, *one, 0, now) }).ok();
            queue.push(Ticket { weight: weights.1, ..ticket(2, *other, 0, now) }).ok();
        }
        let (mut served, mut from) = (HashMap::from([(1, 0.0), (2, 0.0)]), 0.0_f64);
        while let Some(out) = queue.pop(now) {
            let Some(sum) = served.get_mut(&out.account) else { continue };
            *sum += out.cost as f64 / f64::from(out.weight);
            let difference: f64 = served[&1] - served[&2];
            let bound = 50.0 / f64::from(weights.0) + 50.0 / f64::from(weights.1);
            if queue.len_of(1) > 0 && queue.len_of(2) > 0 {
                prop_assert!((difference - from).abs() <= bound, "{difference} is over {bound}");
            } else {
                from = difference;
            }
        }
    }
}

#[test]
fn a_flood_of_tiny_tasks_does_not_delay_another_account() {
    let now = Instant::now();
    let mut queue = Queue::new(200_000, 100_000);
    for _ in 0..100_000 {
        queue.push(ticket(1, 1, 255, now)).ok().unwrap();
    }
    for round in 0..1_000 {
        queue.push(ticket(2, 1, 0, now)).ok().unwrap();
        let turn = (0..3).position(|_| queue.pop(now).is_some_and(|out| out.account == 2));
        assert!(turn.is_some_and(|turn| turn <= 1), "round {round}: {turn:?}");
    }
}

#[test]
fn a_large_task_pays_for_itself() {
    let now = Instant::now();
    let mut queue = Queue::new(1_000, 1_000);
    for _ in 0..3 {
        queue.push(ticket(1, 100, 0, now)).ok();
    }
    for _ in 0..150 {
        queue.push(ticket(2, 1, 0, now)).ok();
    }
    let order: Vec<u64> = drain(&mut queue, now).iter().map(|out| out.account).collect();
    let turns: Vec<usize> = order.iter().enumerate().filter(|(_, account)| **account == 1).map(|(at, _)| at).collect();
    assert_eq!(turns.len(), 3);
    assert!(turns[1] > 90 && turns[2] - turns[1] >= 50, "{turns:?}");
}

#[test]
fn who_comes_late_gets_no_past_share_and_who_rests_keeps_its_debt() {
    let now = Instant::now();
    let mut queue = Queue::new(1_000, 1_000);
    for _ in 0..100 {
        queue.push(ticket(1, 1, 0, now)).ok();
    }
    let _ = (0..50).filter_map(|_| queue.pop(now)).count();
    for _ in 0..50 {
        queue.push(ticket(2, 1, 0, now)).ok();
    }
    let first: Vec<u64> = (0..20).filter_map(|_| queue.pop(now)).map(|out| out.account).collect();
    let late = first.iter().filter(|account| **account == 2).count();
    assert!((9..=11).contains(&late), "an even share from now on: {first:?}");

    queue.charge(&ticket(3, 1_000, 0, now));
    assert!(queue.is_ahead(3) && !queue.is_ahead(4));
    queue.push(ticket(3, 1, 0, now)).ok();
    assert_eq!(drain(&mut queue, now).last().map(|out| out.account), Some(3));
    assert!(!queue.is_ahead(3), "nobody waits, so nobody is ahead");
}

#[test]
fn old_tasks_go_before_higher_priorities() {
    let past = Instant::now();
    let now = past + Duration::from_secs(61);
    let mut queue = Queue::new(100, 100);
    let old = ticket(1, 1, 0, past);
    let late = Ticket { deadline: now + FOREVER, ..old };
    queue.push(late).ok();
    queue.push(ticket(1, 1, 255, now)).ok();
    assert_eq!(queue.pop(now).map(|out| out.id), Some(late.id));
}

#[test]
fn accounts_that_matter_no_more_are_forgotten() {
    let now = Instant::now();
    let mut queue = Queue::new(1_000_000, 10);
    queue.push(ticket(0, u64::MAX, 0, now)).ok();
    for account in 1..100_000 {
        queue.push(ticket(account, 1, 0, now)).ok();
        queue.pop(now);
    }
    assert!(queue.accounts_known() <= 1_100, "{}", queue.accounts_known());
    let left: HashSet<u64> = drain(&mut queue, now).iter().map(|out| out.account).collect();
    assert_eq!(left.len(), 1);
}
