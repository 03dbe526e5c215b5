//! Short tasks of who had nothing waiting, and who comes while a worker has a batch of somebody else's.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

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
    assert!(waiting.outcome.recv_timeout(Duration::from_millis(50)).is_err());
    running.control.cancel();
    assert_eq!(waiting.outcome().end, End::Done);
}

#[test]
fn a_short_task_of_who_has_something_waiting_waits_behind_it() {
    let bench = Bench::new(1);
    measured(&bench, "noop");
    let running = bench.send("wait", vec![]);
    running.begun();
    let (first, _) = of(2, bench.task("echo", vec![]));
    bench.offer(first);
    // The watch may have the queue for a moment, and nobody is asked to wait for it.
    std::thread::sleep(Duration::from_millis(50));
    let (short, waiting) = of(2, bench.task("noop", vec![]));
    bench.offer(short);
    assert!(waiting.outcome.recv_timeout(Duration::from_millis(50)).is_err());
    running.control.cancel();
    assert_eq!(waiting.outcome().end, End::Done);
}

#[test]
fn what_comes_while_it_has_one_goes_to_a_worker() {
    let bench = Bench::new(1);
    ["noop", "spin"].into_iter().for_each(|method| measured(&bench, method));
    let (held, holding) = bench.task("spin", vec![]);
    bench.offer(held);
    holding.begun();
    let (short, sent) = of(2, bench.task("noop", vec![]));
    bench.offer(short);
    assert_eq!(sent.outcome().end, End::Done);
    bench.gates.release.store(true, SeqCst);
    assert_eq!(holding.outcome().end, End::Done);
}

#[test]
fn who_comes_before_it_is_at_rest_again_is_next() {
    let bench = Bench::new(1);
    measured(&bench, "noop");
    let running = bench.send("wait", vec![]);
    running.begun();
    let (go, gone) = std::sync::mpsc::channel::<()>();
    let (first, _) = of(2, bench.task("noop", vec![]));
    let done: crate::Done = Box::new(move |_| gone.recv().unwrap());
    let begun = first.control.clone();
    bench.offer(Task { done, ..first });
    until(|| begun.begun());
    let (second, sent) = of(3, bench.task("noop", vec![]));
    bench.offer(second);
    assert!(sent.outcome.recv_timeout(Duration::from_millis(50)).is_err());
    go.send(()).unwrap();
    assert_eq!(sent.outcome().end, End::Done);
    assert!(running.outcome.try_recv().is_err(), "the worker had no part in it");
    running.control.cancel();
    assert_eq!(running.outcome().end, End::Cancelled);
}

#[test]
fn whoever_has_the_queue_holds_nobody_up_and_what_ran_meanwhile_is_charged() {
    let bench = Bench::new(1);
    measured(&bench, "noop");
    let running = bench.send("wait", vec![]);
    running.begun();
    let (other, _) = of(3, bench.task("echo", vec![]));
    bench.offer(other);
    let shared = bench.engine.shared();
    let run = || {
        std::thread::sleep(Duration::from_millis(50));
        let (short, sent) = of(2, bench.task("noop", vec![]));
        bench.offer(Task { cost: 1_000_000, ..short });
        assert_eq!(sent.outcome().end, End::Done);
        until(|| shared.express.is_idle());
    };
    let held = shared.core.lock();
    run();
    assert!(!held.queue.is_ahead(2));
    drop(held);
    // The next one finds the queue free and brings both to account.
    run();
    assert!(shared.core.lock().queue.is_ahead(2));
    // So that the one after it has to wait for the other account.
    std::thread::sleep(Duration::from_millis(50));
    let (short, waiting) = of(2, bench.task("noop", vec![]));
    bench.offer(short);
    assert!(waiting.outcome.recv_timeout(Duration::from_millis(50)).is_err());
    running.control.cancel();
    assert_eq!(waiting.outcome().end, End::Done);
}

#[test]
fn whoever_drains_waits_for_its_task_to_be_told_and_nothing_comes_after() {
    for _ in 0..50 {
        let bench = Bench::new(1);
        measured(&bench, "noop");
        let told = Arc::new(AtomicUsize::new(0));
        let offers = std::thread::scope(|scope| {
            let (bench, told) = (&bench, &told);
            let offering = scope.spawn(move || {
                (0..1_000_u64)
                    .take_while(|account| {
                        let (task, _) = of(*account, bench.task("noop", vec![]));
                        let told = told.clone();
                        let done: crate::Done = Box::new(move |_| {
                            told.fetch_add(1, SeqCst);
                        });
                        bench.engine.offer(vec![Task { done, ..task }]).is_empty()
                    })
                    .count()
            });
            std::thread::yield_now();
            assert!(bench.engine.drain(FOREVER));
            let when_drained = told.load(SeqCst);
            let offers = offering.join().unwrap();
            assert_eq!(when_drained, offers, "all that was taken was told before the drain was over");
            offers
        });
        assert_eq!(told.load(SeqCst), offers);
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
    until(|| bench.engine.shared().express.at_rest() == 1);
    let (short, sent) = of(3, bench.task("noop", vec![]));
    bench.offer(short);
    assert_eq!(sent.outcome().end, End::Done);
    bench.gates.release.store(true, SeqCst);
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
    // Keeps the express thread busy.
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
    bench.gates.release.store(true, SeqCst);
    assert_eq!(late.outcome().end, End::Done);
    sent.into_iter().for_each(|one| assert_eq!(one.outcome().end, End::Done));
    let at = order.lock().iter().position(|name| *name == "late").unwrap();
    assert!(at <= 2, "after the one that ran, and at most one more: {:?}", order.lock());
}
