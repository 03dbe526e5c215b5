//! Short tasks of who had nothing waiting, and who comes while a worker has a batch of somebody else's.

use super::*;
use crate::End;

fn measured(bench: &Bench, method: &str) {
    let entry = bench.engine.catalogue().find("trial", method).unwrap();
    (0..100).for_each(|_| entry.timing.note(0, Duration::from_micros(1)));
}

fn of(account: u64, (task, sent): (Task, Sent)) -> (Task, Sent) {
    (Task { account, ..task }, sent)
}

#[test]
fn a_short_task_does_not_wait_for_a_worker_that_anothers_long_one_has() {
    let bench = Bench::new(1);
    measured(&bench, "noop");
    let running = bench.send("wait", vec![]);
    running.begun();
    for _ in 0..100 {
        let (short, sent) = of(2, bench.task("noop", vec![]));
        bench.offer(short);
        assert_eq!(sent.outcome().end, End::Done);
    }
    assert!(!running.control.is_cancelled());
    running.control.cancel();
    assert_eq!(running.outcome().end, End::Cancelled);
    assert!(bench.engine.drain(FOREVER));
}

#[test]
fn what_nobody_knows_to_be_short_waits_for_a_worker() {
    let bench = Bench::new(1);
    let running = bench.send("wait", vec![]);
    running.begun();
    let (unknown, waiting) = of(2, bench.task("echo", vec![]));
    bench.offer(unknown);
    measured(&bench, "noop");
    let (short, sent) = of(3, bench.task("noop", vec![]));
    bench.offer(short);
    // Its turn comes after the other's, who waits for the worker.
    assert!(sent.outcome.recv_timeout(Duration::from_millis(50)).is_err());
    assert!(!waiting.control.begun());
    running.control.cancel();
    assert_eq!((waiting.outcome().end, sent.outcome().end), (End::Done, End::Done));
}

#[test]
fn what_is_short_no_more_when_its_turn_comes_goes_to_a_worker() {
    // Over and over: whether the express thread or a worker sees it first is chance.
    for _ in 0..200 {
        let bench = Bench::new(1);
        measured(&bench, "noop");
        let (task, sent) = bench.task("noop", vec![]);
        let entry = Arc::clone(&task.entry);
        let slow = std::thread::spawn(move || (0..100).for_each(|_| entry.timing.note(0, Duration::from_secs(1))));
        bench.offer(task);
        assert_eq!(sent.outcome().end, End::Done);
        slow.join().unwrap();
    }
}

#[test]
fn a_unit_that_does_not_stop_on_the_express_thread_is_set_aside_and_another_takes_its_place() {
    let bench = Bench::new(1);
    ["noop", "spin"].into_iter().for_each(|method| measured(&bench, method));
    let running = bench.send("wait", vec![]);
    running.begun();
    let (task, spinning) = of(2, bench.task("spin", vec![]));
    bench.offer(Task { timeout: Duration::from_millis(10), ..task });
    assert!(matches!(spinning.outcome().end, End::Expired(_)));
    assert_eq!(bench.engine.status().quarantined, 1);
    assert_eq!(bench.engine.status().workers.len(), 1, "the express thread is none of the workers");
    let (short, sent) = of(3, bench.task("noop", vec![]));
    bench.offer(short);
    assert_eq!(sent.outcome().end, End::Done);
    bench.gates.release.store(true, std::sync::atomic::Ordering::SeqCst);
    until(|| bench.engine.status().quarantined == 0);
    running.control.cancel();
    assert!(bench.engine.drain(FOREVER));
}

#[test]
fn who_comes_later_goes_before_the_rest_of_anothers_claimed_batch() {
    let bench = Bench::new(1);
    ["noop", "spin"].into_iter().for_each(|method| measured(&bench, method));
    let order = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let ordered = |name: &'static str, task: Task| {
        let (order, done) = (order.clone(), task.done);
        let done: crate::Done = Box::new(move |outcome| {
            order.lock().push(name);
            done(outcome);
        });
        Task { done, ..task }
    };
    // Keeps the express thread busy, or the worker: the other of them claims what follows.
    let (held, holding) = bench.task("spin", vec![]);
    bench.offer(held);
    holding.begun();
    let mut sent = Vec::new();
    let mut batch = Vec::new();
    for method in ["spin"].into_iter().chain(["noop"; 10]) {
        let (task, one) = of(1, bench.task(method, vec![]));
        batch.push(ordered("flood", task));
        sent.push(one);
    }
    assert!(bench.engine.offer(batch).is_empty());
    sent[0].begun();
    let (later, late) = of(2, bench.task("echo", vec![]));
    bench.offer(ordered("late", later));
    bench.gates.release.store(true, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(late.outcome().end, End::Done);
    sent.into_iter().for_each(|one| assert_eq!(one.outcome().end, End::Done));
    let at = order.lock().iter().position(|name| *name == "late").unwrap();
    assert!(at <= 2, "after the one that ran, and at most one more: {:?}", order.lock());
}
