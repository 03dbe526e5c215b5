//! Stopping: cancelling, running out of time, units that do not listen, and the end of the engine itself.

use std::sync::atomic::Ordering::SeqCst;

use super::*;
use crate::{Clock, End, WorkerState};

#[test]
fn a_waiting_job_is_cancelled_at_once_and_never_runs() {
    let bench = Bench::new(1);
    let running = bench.send("wait", vec![]);
    running.begun();
    let waiting = bench.send("note", vec![]);
    assert!(bench.engine.cancel(waiting.id));
    assert_eq!(waiting.outcome().end, End::Cancelled);
    assert!(waiting.control.is_cancelled() && !running.control.is_cancelled());
    assert!(!bench.engine.cancel(waiting.id), "it has ended");
    assert!(bench.engine.cancel(running.id));
    assert_eq!(running.outcome().end, End::Cancelled);
    assert_eq!(bench.gates.runs.load(SeqCst), 0);
}

#[test]
fn a_job_cancelled_by_its_control_alone_never_runs() {
    let bench = Bench::new(1);
    let running = bench.send("wait", vec![]);
    running.begun();
    let waiting = bench.send("note", vec![]);
    waiting.control.cancel();
    running.control.cancel();
    assert_eq!(waiting.outcome().end, End::Cancelled);
    assert!(waiting.outcome.recv().is_err(), "told once");
    assert_eq!(bench.gates.runs.load(SeqCst), 0);
}

#[test]
fn a_job_that_expires_while_it_waits_ends_then_and_never_runs() {
    let bench = Bench::new(1);
    let running = bench.send("wait", vec![]);
    running.begun();
    let (mut task, waiting) = bench.task("note", vec![]);
    task.deadline = Instant::now() + Duration::from_millis(5);
    bench.offer(task);
    let outcome = waiting.outcome();
    assert_eq!((outcome.end, outcome.started), (End::Expired(Clock::Deadline), None));
    assert!(!running.control.is_cancelled(), "the worker is still busy");
    assert_eq!(bench.gates.runs.load(SeqCst), 0);
    running.control.cancel();
}

#[test]
fn a_job_out_of_time_is_told_and_expires() {
    let bench = Bench::new(1);
    let (mut task, by_timeout) = bench.task("wait", vec![]);
    task.timeout = Duration::from_millis(5);
    bench.offer(task);
    assert_eq!(by_timeout.outcome().end, End::Expired(Clock::Attempt));
    let (mut task, by_deadline) = bench.task("wait", vec![]);
    task.deadline = Instant::now() + Duration::from_millis(5);
    bench.offer(task);
    assert_eq!(by_deadline.outcome().end, End::Expired(Clock::Deadline));
    assert!(!by_timeout.control.is_cancelled(), "nobody cancelled it");
}

#[test]
fn a_job_that_does_not_begin_in_time_expires_by_that_clock_and_one_that_began_goes_on() {
    let bench = Bench::new(1);
    let (mut task, running) = bench.task("wait", vec![]);
    task.begin_by = Some(Instant::now() + Duration::from_millis(50));
    bench.offer(task);
    running.begun();
    let (mut task, late) = bench.task("note", vec![]);
    task.begin_by = Some(Instant::now() + Duration::from_millis(60));
    bench.offer(task);
    let outcome = late.outcome();
    assert_eq!((outcome.end, outcome.started), (End::Expired(Clock::Queue), None));
    assert_eq!(running.control.stopped(), 0, "it had begun in time");
    running.control.cancel();
}

#[test]
fn a_unit_without_a_sign_of_life_is_stuck_and_one_with_signs_is_not() {
    let bench = Bench::new(2);
    let silent = bench.send("silent", vec![]);
    let alive = bench.send("alive", vec![]);
    assert_eq!(silent.outcome().end, End::Silent);
    bench.gates.release.store(true, SeqCst);
    assert_eq!(alive.outcome().end, End::Done);
    // One that looks up again within the grace is told and passes it on.
    let bench = Bench::with(Options { stop_grace: FOREVER, ..options(1) });
    let silent = bench.send("silent", vec![]);
    until(|| silent.control.stopped() != 0);
    bench.gates.release.store(true, SeqCst);
    assert_eq!(silent.outcome().end, End::Silent);
    assert!(!bench.engine.status().degraded);
}

#[test]
fn where_a_task_stands_is_told_without_disturbing_it() {
    let bench = Bench::new(1);
    let running = bench.send("wait", vec![]);
    running.begun();
    let waiting: Vec<_> = (0..3).map(|_| bench.send("wait", vec![])).collect();
    let (first, _) = bench.task("noop", vec![]);
    let urgent = Task { priority: 200, account: 1, ..first };
    let urgent_id = urgent.id;
    bench.offer(urgent);
    let ahead = |id, priority| bench.engine.standing(id, 1, priority).map(|standing| (standing.ahead, standing.queued));
    assert_eq!(ahead(urgent_id, 200), Some((0, 4)));
    for (index, waiting) in waiting.iter().enumerate() {
        assert_eq!(ahead(waiting.id, 100), Some((1 + index as u64, 4)));
    }
    assert_eq!((ahead(running.id, 100), ahead(waiting[0].id, 200)), (None, None));
    waiting.iter().for_each(|waiting| waiting.control.cancel());
    running.control.cancel();
}

#[test]
fn a_unit_that_does_not_stop_loses_its_job_and_its_place() {
    let bench = Bench::new(1);
    let (mut task, stuck) = bench.task("spin", vec![bytes("abc")]);
    task.timeout = Duration::from_millis(5);
    bench.offer(task);
    assert_eq!(stuck.outcome().end, End::Expired(Clock::Attempt));
    until(|| bench.engine.status().degraded);
    assert_eq!(bench.send("noop", vec![]).outcome().end, End::Done, "another thread has its place");
    let status = bench.engine.status();
    assert_eq!((status.quarantined, status.quarantined_total, status.workers.len()), (1, 1, 2));
    let aside = status.workers.iter().find(|worker| worker.state == WorkerState::Quarantined).unwrap();
    assert_eq!((aside.job, aside.method), (Some(stuck.id), Some("spin")));

    bench.gates.release.store(true, SeqCst);
    until(|| bench.engine.status().workers.len() == 1);
    let status = bench.engine.status();
    assert_eq!((status.quarantined, status.quarantined_total, status.degraded), (0, 1, false));
    assert!(stuck.outcome.try_recv().is_err(), "the late result is nobody's");
    assert_eq!(bench.send("noop", vec![]).outcome().end, End::Done);
}

#[test]
fn a_cancelled_unit_that_does_not_stop_ends_as_cancelled() {
    let bench = Bench::new(1);
    let stuck = bench.send("spin", vec![]);
    stuck.begun();
    assert!(bench.engine.cancel(stuck.id));
    assert_eq!(stuck.outcome().end, End::Cancelled);
    bench.gates.release.store(true, SeqCst);
}

#[test]
fn at_most_twice_the_workers_are_replaced_and_a_returned_thread_works_again() {
    let bench = Bench::new(1);
    for _ in 0..3 {
        let (mut task, stuck) = bench.task("spin", vec![]);
        task.timeout = Duration::from_millis(1);
        bench.offer(task);
        assert_eq!(stuck.outcome().end, End::Expired(Clock::Attempt));
    }
    until(|| bench.engine.status().quarantined == 3);
    assert_eq!(bench.engine.status().workers.len(), 3, "nobody took the last one's place");
    let waiting = bench.send("noop", vec![]);
    bench.gates.release.store(true, SeqCst);
    assert_eq!(waiting.outcome().end, End::Done);
    until(|| bench.engine.status().workers.len() == 1);
    assert!(!bench.engine.status().degraded);
}

#[test]
fn what_waited_behind_a_stuck_job_runs_elsewhere() {
    let bench = Bench::new(1);
    let running = bench.send("wait", vec![]);
    running.begun();
    // Measured as quick, so that both are claimed as one batch.
    let entry = bench.engine.catalogue().find("trial", "spin").unwrap();
    entry.timing.note(0, Duration::from_nanos(100));
    let (mut task, stuck) = bench.task("spin", vec![]);
    task.timeout = Duration::from_millis(5);
    let (behind, after) = bench.task("note", vec![]);
    assert!(bench.engine.offer(vec![task, behind]).is_empty());
    running.control.cancel();
    assert_eq!(stuck.outcome().end, End::Expired(Clock::Attempt));
    assert_eq!(after.outcome().end, End::Done);
    bench.gates.release.store(true, SeqCst);
}

#[test]
fn a_drained_engine_has_ended_everything_and_takes_no_more() {
    let bench = Bench::new(2);
    let sent: Vec<Sent> = (0..1_000).map(|_| bench.send("note", vec![])).collect();
    assert!(bench.engine.drain(FOREVER));
    assert_eq!(bench.gates.runs.load(SeqCst), 1_000);
    assert!(sent.iter().all(|sent| sent.outcome.try_recv().unwrap().end == End::Done));
    let refused = bench.engine.offer(vec![bench.task("note", vec![]).0]);
    assert_eq!(refused[0].1, Refused::Draining);
    assert!(bench.engine.status().draining);
}

#[test]
fn what_a_drain_cannot_wait_for_ends_without_being_cancelled() {
    let bench = Bench::new(1);
    let running = bench.send("wait", vec![]);
    running.begun();
    let waiting = bench.send("note", vec![]);
    assert!(!bench.engine.drain(Duration::from_millis(1)));
    for sent in [waiting, running] {
        assert_eq!(sent.outcome().end, End::Cancelled);
        assert!(!sent.control.is_cancelled());
    }
    assert_eq!(bench.gates.runs.load(SeqCst), 0);
}

#[test]
fn a_dropped_engine_leaves_no_job_without_an_end() {
    let bench = Bench::new(1);
    let stuck = bench.send("spin", vec![]);
    stuck.begun();
    let waiting = bench.send("note", vec![]);
    drop(bench.engine);
    assert_eq!(stuck.outcome().end, End::Cancelled);
    assert_eq!(waiting.outcome().end, End::Cancelled);
    bench.gates.release.store(true, SeqCst);
}

#[test]
fn the_last_handle_may_go_with_a_job() {
    let Bench { engine, arena, gates, _dir } = Bench::new(1);
    let bench = Bench { engine: engine.clone(), arena, gates, _dir };
    let (mut task, _) = bench.task("noop", vec![]);
    let (tell, told) = mpsc::channel();
    let gone = mpsc::channel::<()>();
    task.done = Box::new(move |_| {
        gone.1.recv().unwrap_err();
        drop(engine);
        tell.send(()).unwrap();
    });
    bench.offer(task);
    drop(bench);
    drop(gone.0);
    told.recv_timeout(FOREVER).unwrap();
}

#[test]
fn the_watch_has_nothing_to_wake_for_while_nothing_runs() {
    let bench = Bench::new(1);
    let patrol = || crate::watch::patrol(bench.engine.shared(), Instant::now());
    assert_eq!(patrol(), None);
    let running = bench.send("wait", vec![]);
    running.begun();
    assert!(patrol().is_some());
    running.control.cancel();
    assert_eq!(running.outcome().end, End::Cancelled);
    assert!(bench.engine.drain(FOREVER));
    // What was set for the queue's deadlines passes with them.
    assert_eq!(crate::watch::patrol(bench.engine.shared(), Instant::now() + 2 * FOREVER), None);
    assert_eq!(bench.engine.queue_wait(), Duration::ZERO);
}
