//! Inputs that still arrive.

use std::{
    future::Future,
    pin::pin,
    sync::atomic::Ordering::SeqCst,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use inos_arena::Owner;
use inos_protocols::Hash;
use inos_unit::Fault;

use super::*;
use crate::{
    Clock, End,
    stream::{Closed, Writer, channel},
};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future on this thread.
fn wait_for<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let (mut future, mut context) = (pin!(future), Context::from_waker(&waker));
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

impl Bench {
    /// Sends a job whose only input is written by the returned writer.
    fn stream(&self, method: &str, len: Option<u64>) -> (Writer, Sent) {
        let (writer, reader) = channel(&self.arena, Owner(1), len);
        (writer, self.send(method, vec![Feed::Stream(reader)]))
    }
}

fn body(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 31 % 251) as u8).collect()
}

fn write_all(mut writer: Writer, body: &[u8], piece: usize) {
    for piece in body.chunks(piece) {
        wait_for(writer.write(piece)).unwrap();
    }
    writer.finish();
}

/// A body that arrives in pieces comes out as it was, with its hash, and leaves nothing in the arena.
fn check(method: &str, len: usize, piece: usize, known: bool) {
    let bench = Bench::new(1);
    let body = body(len);
    let (writer, sent) = bench.stream(method, known.then_some(len as u64));
    write_all(writer, &body, piece);
    let Outcome { end, outputs, inputs, bytes_in, .. } = sent.outcome();
    assert_eq!((end, bytes_in), (End::Done, len as u64), "{method} {len} {piece} {known}");
    assert!(outputs[0].bytes == body, "{method} {len} {piece} {known}");
    assert_eq!(inputs, [Hash::of(&body)]);
    drop(outputs);
    until(|| bench.arena.stats().leased == 0);
}

#[test]
fn any_body_in_any_pieces_arrives_as_it_was() {
    for known in [true, false] {
        for method in ["copy", "echo"] {
            for len in [0, 1, 65_535, 65_536, 65_537, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 7 << 20] {
                check(method, len, 60_000, known);
            }
            check(method, 1_000, 1, known);
            check(method, 7 << 20, 3 << 20, known);
        }
    }
}

#[test]
fn a_small_body_of_known_length_is_copied_once() {
    let bench = Bench::new(1);
    let (writer, sent) = bench.stream("echo", Some(300_000));
    let before = bench.arena.stats().leased;
    write_all(writer, &body(300_000), 10_000);
    assert_eq!(sent.outcome().end, End::Done);
    assert_eq!(before, 0, "nothing is leased before the first byte");
}

#[test]
fn a_unit_works_while_its_input_still_arrives() {
    let bench = Bench::new(1);
    let (mut writer, sent) = bench.stream("copy", None);
    let body = body(3 << 20);
    sent.begun();
    wait_for(writer.write(&body[..1 << 20])).unwrap();
    until(|| bench.gates.chunks.load(SeqCst) > 0);
    wait_for(writer.write(&body[1 << 20..])).unwrap();
    writer.finish();
    assert!(sent.outcome().outputs[0].bytes == body);
}

#[test]
fn input_that_a_unit_leaves_is_read_and_hashed_all_the_same() {
    let bench = Bench::new(1);
    let (writer, sent) = bench.stream("deaf", None);
    let body = body(5 << 20);
    write_all(writer, &body, 1 << 20);
    let outcome = sent.outcome();
    assert_eq!((outcome.end, outcome.inputs, outcome.bytes_in), (End::Done, vec![Hash::of(&body)], 5 << 20));
}

#[test]
fn a_unit_can_use_the_hash_of_a_stream() {
    let bench = Bench::new(1);
    let (writer, sent) = bench.stream("hash", None);
    write_all(writer, &body(3 << 20), 100_000);
    let outcome = sent.outcome();
    assert_eq!(outcome.outputs[0].bytes.as_ref(), Hash::of(&body(3 << 20)).0);
}

#[test]
fn a_body_that_ends_early_is_its_senders_fault() {
    let early = End::Fault(Fault::invalid("/inputs/0", "the body ended early"));
    let bench = Bench::new(1);
    for (method, len) in [("copy", None), ("echo", Some(10)), ("deaf", Some(2 << 20))] {
        let (mut writer, sent) = bench.stream(method, len);
        wait_for(writer.write(b"begin")).unwrap();
        drop(writer);
        assert_eq!(sent.outcome().end, early);
    }
    let (mut writer, sent) = bench.stream("copy", Some(10));
    wait_for(writer.write(b"begin")).unwrap();
    writer.finish();
    assert_eq!(sent.outcome().end, early, "finished, but short of what was announced");
    let (writer, sent) = bench.stream("copy", None);
    writer.fail("it came too slowly");
    assert_eq!(sent.outcome().end, End::Fault(Fault::invalid("/inputs/0", "it came too slowly")));
}

#[test]
fn a_body_longer_than_announced_is_refused() {
    let bench = Bench::new(1);
    let (mut writer, sent) = bench.stream("copy", Some(3));
    assert_eq!(wait_for(writer.write(b"four")), Err(Closed));
    assert!(matches!(sent.outcome().end, End::Fault(Fault::Invalid { .. })));
}

#[test]
fn a_stream_over_the_methods_limit_is_cut() {
    let bench = Bench::new(1);
    let (mut writer, sent) = bench.stream("deaf", None);
    let piece = body(4 << 20);
    while wait_for(writer.write(&piece)).is_ok() {}
    assert!(writer.written() <= units::INPUT_MAX + (9 << 20), "the writer is told soon");
    assert_eq!(sent.outcome().end, End::Fault(Fault::limit(units::INPUT_MAX, "input bytes")));
}

#[test]
fn a_slow_reader_slows_its_writer() {
    let bench = Bench::new(1);
    let running = bench.send("wait", vec![]);
    running.begun();
    let (mut writer, sent) = bench.stream("copy", None);
    let body = body(32 << 20);
    let mut write = Box::pin(async move {
        writer.write(&body).await.unwrap();
        writer.finish();
    });
    let mut context = Context::from_waker(Waker::noop());
    assert!(write.as_mut().poll(&mut context).is_pending());
    assert!(bench.arena.stats().leased <= 5 << 18, "four blocks at most");
    drop(write);
    running.control.cancel();
    assert_eq!(sent.outcome().end, End::Fault(Fault::invalid("/inputs/0", "the body ended early")));
}

#[test]
fn a_job_stops_while_it_waits_for_its_input() {
    let bench = Bench::new(1);
    let (mut writer, sent) = bench.stream("copy", None);
    sent.begun();
    bench.engine.cancel(sent.id);
    assert_eq!(sent.outcome().end, End::Cancelled);
    until(|| wait_for(writer.write(b"more")) == Err(Closed));

    let (writer, reader) = channel(&bench.arena, Owner(1), None);
    let (mut task, sent) = bench.task("echo", vec![Feed::Stream(reader)]);
    task.timeout = Duration::from_millis(5);
    bench.offer(task);
    assert_eq!(sent.outcome().end, End::Expired(Clock::Attempt));
    drop(writer);
}

#[test]
fn a_writer_that_waits_is_woken_when_its_reader_goes() {
    let bench = Bench::new(1);
    let (mut writer, reader) = channel(&bench.arena, Owner(1), None);
    let writing = thread::spawn(move || wait_for(writer.write(&body(32 << 20))));
    until(|| bench.arena.stats().leased > 0);
    drop(reader);
    assert_eq!(writing.join().unwrap(), Err(Closed));
}

#[test]
fn a_full_arena_slows_a_body_but_does_not_stop_it() {
    let bench = Bench::new(1);
    let mut leases = Vec::new();
    for len in [1 << 20, 64 << 10, 4 << 10, 64] {
        while let Ok(lease) = bench.arena.lease(Owner(1), len) {
            leases.push(lease);
        }
    }
    let (writer, sent) = bench.stream("hash", None);
    let body = body(3 << 20);
    write_all(writer, &body, 500_000);
    assert_eq!(sent.outcome().inputs, [Hash::of(&body)]);
}
