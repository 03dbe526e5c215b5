//! Sessions: on threads of their own, paid for their steps, ended by budgets, stops and drains, and never in a worker's way.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use inos_unit::{Fault, RegionForm, State};

use super::*;
use crate::{Clock, End, Session, SessionRegions};

/// No regions; whether somebody follows is a matter of a switch.
#[derive(Default)]
struct Switch(AtomicBool);

impl SessionRegions for Switch {
    fn open(&self, _: &str, _: &RegionForm<'_>, _: &[u8]) -> Result<Box<dyn State>, Fault> {
        Err(Fault::Broken("no regions".into()))
    }

    fn are_followed(&self) -> bool {
        self.0.load(SeqCst)
    }
}

/// A session of that method whose steps may take so long.
fn session(bench: &Bench, method: &str, allowance: Duration) -> (Task, Sent, Arc<Switch>) {
    let (mut task, sent) = bench.task(method, vec![]);
    let switch = Arc::new(Switch::default());
    let seat = bench.engine.seat(task.account, false).unwrap();
    task.session = Some(Session { seat, regions: switch.clone(), allowance, steps_before: 0 });
    (task, sent, switch)
}

fn begin(bench: &Bench, method: &str) -> (Sent, Arc<Switch>) {
    let (task, sent, switch) = session(bench, method, FOREVER);
    bench.offer(task);
    (sent, switch)
}

/// An engine that gives sessions the time that a busy machine takes.
fn bench() -> Bench {
    Bench::with(Options { stop_grace: FOREVER, ..options(1) })
}

#[test]
fn a_session_has_a_thread_of_its_own_and_leaves_the_workers_to_others() {
    let bench = bench();
    let (stepping, _) = begin(&bench, "steps");
    until(|| bench.gates.runs.load(SeqCst) > 3);
    assert_eq!(bench.send("noop", vec![]).outcome().end, End::Done);
    let status = bench.engine.status();
    assert_eq!((status.workers.len(), status.running, status.sessions), (1, 1, 1));
    assert!(bench.engine.cancel(stepping.id));
    let outcome = stepping.outcome();
    assert_eq!(outcome.end, End::Cancelled);
    assert!(outcome.run_us >= 3 * 2_000, "what its steps took: {}", outcome.run_us);
    assert_eq!(bench.engine.status().sessions, 0, "the seat is free before the end is told");
}

#[test]
fn only_steps_count_as_the_run_of_a_session() {
    let bench = bench();
    let (resting, _) = begin(&bench, "rests");
    resting.begun();
    let begun = Instant::now();
    std::thread::sleep(Duration::from_millis(200));
    resting.control.cancel();
    let outcome = resting.outcome();
    let lived = crate::task::micros(begun.elapsed());
    assert!(outcome.end == End::Cancelled && outcome.run_us < lived / 2, "{outcome:?} in {lived} µs");
}

#[test]
fn a_session_that_used_its_budget_up_ends_as_that() {
    let bench = bench();
    let (task, spent, _) = session(&bench, "steps", Duration::from_millis(20));
    bench.offer(task);
    let outcome = spent.outcome();
    assert_eq!(outcome.end, End::Spent);
    assert!(outcome.run_us >= 20_000, "{}", outcome.run_us);
    let (task, nothing, _) = session(&bench, "steps", Duration::ZERO);
    let before = bench.gates.runs.load(SeqCst);
    bench.offer(task);
    assert_eq!(nothing.outcome().end, End::Spent);
    assert_eq!(bench.gates.runs.load(SeqCst), before, "not one step is made that nobody pays for");
}

#[test]
fn a_session_that_rests_is_woken_by_a_follower_and_by_a_stop() {
    let bench = bench();
    let (resting, switch) = begin(&bench, "rests");
    resting.begun();
    resting.control.nudge();
    assert_eq!(bench.gates.runs.load(SeqCst), 0, "a nudge alone is no reason");
    switch.0.store(true, SeqCst);
    resting.control.nudge();
    assert_eq!(resting.outcome().end, End::Done);
    assert_eq!(bench.gates.runs.load(SeqCst), 1);
    let (mut task, late, _) = session(&bench, "rests", FOREVER);
    task.timeout = Duration::from_millis(30);
    bench.offer(task);
    assert_eq!(late.outcome().end, End::Expired(Clock::Attempt));
}

#[test]
fn a_session_that_does_not_stop_is_ended_without_it_and_keeps_its_seat() {
    let bench = Bench::new(1);
    let (stuck, _) = begin(&bench, "stuck");
    stuck.begun();
    assert!(bench.engine.cancel(stuck.id));
    assert_eq!(stuck.outcome().end, End::Cancelled);
    let status = bench.engine.status();
    assert_eq!((status.sessions, status.degraded, status.quarantined, status.workers.len()), (1, true, 0, 1));
    assert_eq!(bench.send("noop", vec![]).outcome().end, End::Done);
    bench.gates.release.store(true, SeqCst);
    until(|| !bench.engine.status().degraded && bench.engine.status().sessions == 0);
}

#[test]
fn a_drain_puts_sessions_off_at_once_and_begins_no_more() {
    let bench = bench();
    let all = [begin(&bench, "steps").0, begin(&bench, "rests").0];
    let (late, refused, _) = {
        let (mut task, sent) = bench.task("steps", vec![]);
        let seat = bench.engine.seat(2, false).unwrap();
        task.session =
            Some(Session { seat, regions: Arc::new(Switch::default()), allowance: FOREVER, steps_before: 0 });
        (task, sent, ())
    };
    assert!(bench.engine.drain(FOREVER), "nobody has to wait for them");
    for sent in all {
        assert_eq!(sent.outcome().end, End::Cancelled);
        assert!(!sent.control.is_cancelled(), "put off is not cancelled");
    }
    let back = bench.engine.offer(vec![late]);
    assert_eq!(back.into_iter().map(|(_, why)| why).collect::<Vec<_>>(), [Refused::Draining]);
    drop(refused);
    assert_eq!(bench.engine.status().sessions, 0, "the seat came back with the task");
}

#[test]
fn what_is_no_session_has_no_pulse() {
    let bench = bench();
    let (task, sent) = bench.task("steps", vec![]);
    bench.offer(task);
    assert!(matches!(sent.outcome().end, End::Fault(Fault::Broken(_))));
}
