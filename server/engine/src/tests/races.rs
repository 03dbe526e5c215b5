//! Everything at once: whatever happens in whatever order, each task that was taken is told of exactly once.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst},
    thread,
};

use proptest::prelude::*;

use super::*;
use crate::End;

#[derive(Debug, Clone, Copy)]
struct Plan {
    method: usize,
    account: u64,
    priority: u8,
    timeout_ms: u64,
    deadline_ms: u64,
    cancel: bool,
}

fn plan() -> impl Strategy<Value = Plan> {
    let times = prop_oneof![4 => Just(60_000_u64), 1 => 0..3_u64];
    (0..6_usize, 0..4_u64, any::<u8>(), times.clone(), times, any::<bool>()).prop_map(
        |(method, account, priority, timeout_ms, deadline_ms, cancel)| {
            // A job that would wait for ever is always stopped somehow.
            let timeout_ms = if method == 3 { timeout_ms.min(2) } else { timeout_ms };
            Plan { method, account, priority, timeout_ms, deadline_ms, cancel }
        },
    )
}

/// What came of one task: how often it was told, and whether its unit ran.
#[derive(Default)]
struct Told {
    times: AtomicUsize,
    unrun_ends: AtomicUsize,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn each_task_is_told_of_exactly_once(
        plans in prop::collection::vec(prop::collection::vec(plan(), 1..120), 3),
        workers in 1..4_usize,
        drains in any::<bool>(),
        together in prop_oneof![Just(1), Just(7)],
    ) {
        let bench = Bench::with(Options { queue_len_max: 120, account_queue_len_max: 60, ..options(workers) });
        let (told, taken) = (Arc::new(Told::default()), AtomicU64::new(0));
        thread::scope(|scope| {
            for plans in &plans {
                let (bench, told, taken) = (&bench, &told, &taken);
                scope.spawn(move || offer_all(bench, plans, together, told, taken));
            }
            if drains {
                bench.engine.drain(Duration::from_millis(2));
            }
        });
        // Every worker may be stuck by now.
        bench.gates.release.store(true, SeqCst);
        bench.engine.drain(FOREVER);
        prop_assert_eq!(told.times.load(SeqCst) as u64, taken.load(SeqCst));
        let status = bench.engine.status();
        prop_assert_eq!((status.queued, status.running), (0, 0));
        until(|| !bench.engine.status().degraded);
        until(|| bench.engine.status().completed == taken.load(SeqCst));
    }
}

/// Offers a thread's tasks so many at a time, and cancels some of them.
fn offer_all(bench: &Bench, plans: &[Plan], together: usize, told: &Arc<Told>, taken: &AtomicU64) {
    const METHODS: [&str; 6] = ["noop", "note", "echo", "wait", "panic", "spin"];
    for plans in plans.chunks(together) {
        let mut cancel = Vec::new();
        let tasks = plans.iter().map(|plan| {
            let spins = plan.method == 5;
            let (mut task, sent) = bench.task(METHODS[plan.method], vec![bytes("input")]);
            (task.account, task.priority) = (plan.account, plan.priority);
            task.timeout = Duration::from_millis(if spins { 1 } else { plan.timeout_ms });
            task.deadline = Instant::now() + Duration::from_millis(plan.deadline_ms);
            let told = Arc::clone(told);
            task.done = Box::new(move |outcome| {
                told.times.fetch_add(1, SeqCst);
                if outcome.started.is_none() && !matches!(outcome.end, End::Cancelled | End::Expired(_)) {
                    told.unrun_ends.fetch_add(1, SeqCst);
                }
            });
            if plan.cancel {
                cancel.push(sent.id);
            }
            task
        });
        let tasks: Vec<Task> = tasks.collect();
        let count = tasks.len();
        let refused = bench.engine.offer(tasks);
        taken.fetch_add((count - refused.len()) as u64, SeqCst);
        for id in cancel {
            bench.engine.cancel(id);
        }
    }
    assert_eq!(told.unrun_ends.load(SeqCst), 0);
}
