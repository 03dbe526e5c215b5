//! How a job ends, and what comes with each end.

use inos_protocols::Hash;
use inos_unit::Fault;

use super::*;
use crate::{End, WorkerState};

#[test]
fn a_job_that_writes_nothing_has_one_empty_output() {
    let Outcome { end, outputs, inputs, bytes_in, started, .. } = Bench::new(1).send("noop", vec![]).outcome();
    assert_eq!((end, inputs, bytes_in), (End::Done, vec![], 0));
    assert!(started.is_some());
    assert_eq!(outputs.len(), 1);
    assert_eq!((outputs[0].media_type.as_str(), outputs[0].hash), ("text/plain", Hash::of(b"")));
}

#[test]
fn outputs_and_inputs_come_with_their_hashes() {
    let bench = Bench::new(1);
    let large = vec![3_u8; 3 << 20];
    let claimed = Hash([9; 32]);
    let known = Feed::Bytes { bytes: "known".into(), hash: Some(claimed) };
    let Outcome { end, outputs, inputs, bytes_in, .. } =
        bench.send("echo", vec![bytes("small"), bytes(large.clone()), known]).outcome();
    assert_eq!(end, End::Done);
    assert_eq!(bytes_in, 10 + large.len() as u64);
    assert_eq!(inputs, [Hash::of(b"small"), Hash::of(&large), claimed], "a known hash is not taken again");
    assert_eq!(outputs[0].bytes, "small");
    assert_eq!(outputs[1].bytes, large);
    assert!(outputs.iter().all(|output| output.hash == Hash::of(&output.bytes)));
    assert!(outputs.iter().all(|output| bench.arena.holds(output.bytes.as_ptr())), "outputs lie in the arena");
}

#[test]
fn every_begun_output_counts() {
    let outputs = Bench::new(1).send("three", vec![]).outcome().outputs;
    let seen: Vec<(&str, &[u8])> = outputs.iter().map(|output| (output.media_type.as_str(), &*output.bytes)).collect();
    assert_eq!(seen, [("text/plain", &b"first"[..]), ("text/html", b""), ("text/csv", b"third")]);
}

#[test]
fn a_unit_can_use_the_hash_that_is_taken_anyway() {
    let bench = Bench::new(1);
    let outcome = bench.send("hash", vec![bytes("abc")]).outcome();
    assert_eq!(outcome.outputs[0].bytes.as_ref(), outcome.inputs[0].0);
    assert_eq!(outcome.inputs[0], Hash::of(b"abc"));
}

#[test]
fn faults_come_out_as_they_are() {
    let bench = Bench::new(1);
    let outcome = bench.send("invalid", vec![bytes("abc")]).outcome();
    assert_eq!(outcome.end, End::Fault(Fault::invalid("/params/count", "on purpose")));
    assert_eq!((outcome.outputs.len(), outcome.inputs), (0, vec![Hash::of(b"abc")]));
    assert_eq!(bench.send("broken", vec![]).outcome().end, End::Fault(Fault::Broken("on purpose".into())));
    let quitter = bench.send("quitter", vec![]).outcome().end;
    assert!(matches!(quitter, End::Fault(Fault::Broken(_))), "nobody had asked it to stop: {quitter:?}");
}

#[test]
fn an_output_over_the_limit_is_a_fault_without_outputs() {
    let bench = Bench::new(1);
    let outcome = bench.send("flood", vec![]).outcome();
    assert_eq!(outcome.end, End::Fault(Fault::limit(units::OUTPUT_MAX, "output bytes")));
    assert!(outcome.outputs.is_empty());
    until(|| bench.arena.stats().leased == 0);
}

#[test]
fn ten_thousand_panics_end_ten_thousand_jobs_and_no_other() {
    let bench = Bench::new(2);
    let mut sent = Vec::new();
    for _ in 0..10_000 {
        sent.push((bench.send("panic", vec![]), End::Panicked));
        sent.push((bench.send("noop", vec![]), End::Done));
    }
    for (sent, end) in sent {
        assert_eq!(sent.outcome().end, end);
    }
    let status = bench.engine.status();
    assert_eq!((status.workers.len(), status.degraded), (2, false));
    until(|| bench.engine.status().completed == 20_000);
}

#[test]
fn a_receiver_that_panics_harms_no_worker() {
    let bench = Bench::new(1);
    let (mut task, _) = bench.task("noop", vec![]);
    task.done = Box::new(|_| std::panic::resume_unwind(Box::new("on purpose")));
    bench.offer(task);
    assert_eq!(bench.send("noop", vec![]).outcome().end, End::Done);
}

#[test]
fn a_refused_task_comes_back_with_its_limit() {
    let bench = Bench::with(Options { queue_len_max: 3, account_queue_len_max: 2, ..options(1) });
    let running = bench.send("wait", vec![]);
    running.begun();
    let tasks = (0..5).map(|account| Task { account: account / 3, ..bench.task("noop", vec![]).0 });
    let refused: Vec<Refused> = bench.engine.offer(tasks.collect()).into_iter().map(|(_, why)| why).collect();
    assert_eq!(refused, [Refused::AccountFull { depth: 2, cap: 2 }, Refused::Full { depth: 3, cap: 3 }]);
    assert_eq!((bench.engine.queued_of(0), bench.engine.queued_of(1), bench.engine.queued_of(2)), (2, 1, 0));
    running.control.cancel();
    assert_eq!(running.outcome().end, End::Cancelled);
}

#[test]
fn the_status_names_what_runs() {
    let bench = Bench::new(1);
    let running = bench.send("wait", vec![]);
    running.begun();
    until(|| running.control.said_since(0) == [crate::Said::Line("waiting".into())]);
    let _queued = bench.send("noop", vec![]);
    let status = bench.engine.status();
    assert_eq!((status.queued, status.running, status.completed), (1, 1, 0));
    let worker = &status.workers[0];
    assert_eq!((worker.state, worker.unit, worker.method), (WorkerState::Running, Some("trial"), Some("wait")));
    assert_eq!(worker.job, Some(running.id));
    running.control.cancel();
    until(|| bench.engine.status().completed == 2);
    until(|| bench.engine.status().workers[0].state == WorkerState::Idle);
}
