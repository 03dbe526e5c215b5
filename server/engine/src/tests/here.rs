//! Running where the bytes arrive.

use super::*;
use crate::{Clock, End, Entry};

fn measured(bench: &Bench, method: &str) -> Arc<Entry> {
    let entry = bench.engine.catalogue().find("trial", method).unwrap();
    (0..100).for_each(|_| entry.timing.note(0, Duration::from_micros(1)));
    entry
}

#[test]
fn a_method_runs_here_once_it_was_measured_and_small_enough() {
    let bench = Bench::new(1);
    let entry = bench.engine.catalogue().find("trial", "noop").unwrap();
    assert!(!bench.engine.may_run_here(&entry, 0, 1), "nobody knows yet");
    let entry = measured(&bench, "noop");
    assert!(bench.engine.may_run_here(&entry, 0, 1));
    assert!(!bench.engine.may_run_here(&entry, 4_096, 1), "this size was not measured");
    (0..100).for_each(|_| entry.timing.note(8_000, Duration::from_micros(1)));
    assert!(!bench.engine.may_run_here(&entry, 8_000, 1), "over what the unit declares");
}

#[test]
fn every_end_comes_back_from_here() {
    let bench = Bench::new(1);
    let run = |method: &str, change: &dyn Fn(&mut Task)| {
        let (mut task, sent) = bench.task(method, vec![]);
        change(&mut task);
        let (done, outcome) = bench.engine.run_here(task);
        let end = outcome.end.clone();
        assert!(sent.outcome.try_recv().is_err(), "told by the caller alone");
        done(outcome);
        assert_eq!(sent.outcome().end, end);
        end
    };
    assert_eq!(run("noop", &|_| ()), End::Done);
    assert_eq!(run("panic", &|_| ()), End::Panicked);
    assert_eq!(run("wait", &|task| task.timeout = Duration::from_millis(1)), End::Expired(Clock::Attempt));
    assert_eq!(run("noop", &|task| task.deadline = Instant::now()), End::Expired(Clock::Deadline));
    assert_eq!(run("noop", &|task| task.control.cancel()), End::Cancelled);
    assert!(matches!(run("invalid", &|_| ()), End::Fault(_)));
    assert_eq!(bench.engine.status().completed_here, 6);
}

#[test]
fn an_account_ahead_of_its_share_is_queued_while_others_wait() {
    let bench = Bench::new(1);
    let running = bench.send("wait", vec![]);
    running.begun();
    let entry = measured(&bench, "noop");
    assert!(bench.engine.may_run_here(&entry, 0, 1));
    // Nobody knows how long this one takes, so that it waits for the worker.
    let (task, waiting) = bench.task("echo", vec![]);
    bench.offer(Task { account: 2, ..task });
    assert!(bench.engine.may_run_here(&entry, 0, 1), "nobody had more than another so far");
    drop(bench.engine.run_here(bench.task("noop", vec![]).0));
    assert!(!bench.engine.may_run_here(&entry, 0, 1), "now the other's turn comes first");
    assert!(bench.engine.may_run_here(&entry, 0, 2));
    running.control.cancel();
    assert_eq!(waiting.outcome().end, End::Done);
    until(|| bench.engine.status().running == 0);
    assert!(bench.engine.may_run_here(&entry, 0, 1));
}

#[test]
fn nothing_runs_here_while_the_engine_drains() {
    let bench = Bench::new(1);
    let entry = measured(&bench, "noop");
    assert!(bench.engine.drain(FOREVER));
    assert!(!bench.engine.may_run_here(&entry, 0, 1));
}
