//! The waiter protocol of epochs under every order of steps that the memory model allows.
//!
//! Run with `RUSTFLAGS="--cfg loom" cargo test -p inos-arena --release models`. A lost wake-up is a deadlock, which the
//! checker reports.
#![cfg(loom)]

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;

use crate::epoch::Line;
use crate::region::head::{BUFFERS_MAX, Head, Pins};
use crate::ring::slots::{self, Heard, SLOT_WORDS, Slots};

fn check(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(4));
    builder.check(model);
}

#[test]
fn a_waiter_is_told() {
    check(|| {
        let line = Arc::new(Line::new(0));
        let waiter = thread::spawn({
            let line = line.clone();
            move || line.wait(0, None)
        });
        assert_eq!(line.advance(), 1);
        assert_eq!(waiter.join().unwrap(), 1);
        assert_eq!(line.waiters(), 0);
    });
}

#[test]
fn two_waiters_are_told() {
    check(|| {
        let line = Arc::new(Line::new(0));
        let wait = || {
            let line = line.clone();
            thread::spawn(move || line.wait(0, None))
        };
        let waiters = [wait(), wait()];
        line.advance();
        for waiter in waiters {
            assert_eq!(waiter.join().unwrap(), 1);
        }
    });
}

#[test]
fn a_waiter_of_two_writers_is_told() {
    check(|| {
        let line = Arc::new(Line::new(0));
        let advance = || {
            let line = line.clone();
            thread::spawn(move || line.advance())
        };
        let writers = [advance(), advance()];
        let mut seen = 0;
        while seen != 2 {
            seen = line.wait(seen, None);
        }
        for writer in writers {
            writer.join().unwrap();
        }
    });
}

#[test]
fn a_waiter_sees_what_was_written_before() {
    check(|| {
        let line = Arc::new(Line::new(0));
        let written = Arc::new(AtomicU64::new(0));
        let writer = thread::spawn({
            let (line, written) = (line.clone(), written.clone());
            move || {
                written.store(7, Ordering::Relaxed);
                line.advance();
            }
        });
        line.wait(0, None);
        assert_eq!(written.load(Ordering::Relaxed), 7);
        writer.join().unwrap();
    });
}

#[test]
fn a_reader_that_never_sleeps_sees_what_was_written_before() {
    check(|| {
        let line = Arc::new(Line::new(0));
        let written = Arc::new(AtomicU64::new(0));
        let writer = thread::spawn({
            let (line, written) = (line.clone(), written.clone());
            move || {
                written.store(7, Ordering::Relaxed);
                line.advance();
            }
        });
        if line.value() == 1 {
            assert_eq!(written.load(Ordering::Relaxed), 7);
        }
        writer.join().unwrap();
    });
}

#[test]
fn a_waiter_is_told_when_the_counter_wraps() {
    check(|| {
        let line = Arc::new(Line::new(u64::MAX));
        let waiter = thread::spawn({
            let line = line.clone();
            move || line.wait(u64::MAX, None)
        });
        assert_eq!(line.advance(), 0);
        assert_eq!(waiter.join().unwrap(), 0);
    });
}

#[test]
fn a_waiter_that_comes_twice_is_told_twice() {
    check(|| {
        let line = Arc::new(Line::new(0));
        let waiter = thread::spawn({
            let line = line.clone();
            move || {
                let first = line.wait(0, None);
                if first == 1 { line.wait(1, None) } else { first }
            }
        });
        line.advance();
        line.advance();
        assert_eq!(waiter.join().unwrap(), 2);
        assert_eq!(line.waiters(), 0);
    });
}

/// A region of two words a buffer, which are the same in every whole epoch.
struct Model {
    head: Head,
    pins: Pins,
    data: [[AtomicU64; 2]; BUFFERS_MAX],
}

impl Model {
    fn new() -> Arc<Model> {
        let model = Model { head: Head::new(), pins: Pins::default(), data: Default::default() };
        model.write(0, 1);
        Arc::new(model)
    }

    fn write(&self, index: usize, epoch: u64) {
        self.data[index].iter().for_each(|word| word.store(epoch, Ordering::Relaxed));
        self.head.publish(index, epoch, 16);
    }

    /// Publishes into the first buffer that is neither current nor pinned.
    fn publish(&self) {
        let seen = self.head.seen();
        let free = (0..BUFFERS_MAX).find(|index| *index != seen.index && self.head.claim(&self.pins, *index));
        self.write(free.expect("a reader leaves most buffers free"), seen.epoch + 1);
    }

    fn words(&self, index: usize) -> [u64; 2] {
        [0, 1].map(|word| self.data[index][word].load(Ordering::Relaxed))
    }
}

#[test]
fn a_pinned_epoch_is_whole_whatever_is_published() {
    check(|| {
        let model = Model::new();
        let writer = thread::spawn({
            let model = model.clone();
            move || (0..3).for_each(|_| model.publish())
        });
        let seen = model.head.enter(&model.pins);
        assert_eq!(model.words(seen.index), [seen.epoch; 2]);
        model.head.leave(&model.pins, seen.index);
        writer.join().unwrap();
        assert_eq!(model.head.seen().epoch, 4);
    });
}

#[test]
fn what_was_read_without_a_pin_is_whole_where_it_is_still_there() {
    check(|| {
        let model = Model::new();
        let writer = thread::spawn({
            let model = model.clone();
            move || (0..3).for_each(|_| model.publish())
        });
        let seen = model.head.seen();
        let words = model.words(seen.index);
        if model.head.still(seen) {
            assert_eq!(words, [seen.epoch; 2]);
        }
        writer.join().unwrap();
    });
}

#[test]
fn whoever_waits_for_an_epoch_finds_it_published() {
    check(|| {
        let model = Model::new();
        let writer = thread::spawn({
            let model = model.clone();
            move || model.publish()
        });
        let turn = model.head.line.value();
        if model.head.epoch() == 1 {
            model.head.line.wait(turn, None);
        }
        assert_eq!(model.head.epoch(), 2);
        writer.join().unwrap();
    });
}

/// A ring of two slots, whose records are two equal words.
struct RingModel {
    head: slots::Head,
    words: Vec<AtomicU64>,
}

impl RingModel {
    fn new() -> Arc<RingModel> {
        let words = (0..2 * SLOT_WORDS).map(|_| AtomicU64::new(0)).collect();
        Arc::new(RingModel { head: slots::Head::new(), words })
    }

    fn slots(&self) -> Slots<'_> {
        Slots::new(&self.head, &self.words)
    }

    fn push(&self, value: u64) -> Option<u64> {
        let record: Vec<u8> = [value; 2].iter().flat_map(|word| word.to_ne_bytes()).collect();
        self.slots().push(&record)
    }

    /// The value of the record that was read, which is one whole record.
    fn value(record: &[u8]) -> u64 {
        let words: Vec<u64> = record.chunks(8).map(|word| u64::from_ne_bytes(word.try_into().unwrap())).collect();
        assert_eq!((words.len(), words[0]), (2, words[1]), "a record of two writings");
        words[0]
    }
}

#[test]
fn a_record_that_is_written_over_while_it_is_read_is_read_whole_or_missed() {
    check(|| {
        let model = RingModel::new();
        model.push(10);
        let writer = thread::spawn({
            let model = model.clone();
            move || (11..13).for_each(|value| assert!(model.push(value).is_some()))
        });
        let (mut at, mut to) = (0, Vec::new());
        match model.slots().read(&mut at, &mut to) {
            Heard::Record(number) => assert_eq!(RingModel::value(&to), 10 + number),
            Heard::Missed(missed) => assert_eq!((missed, at), (1, 1)),
            Heard::Nothing => panic!("there was a record"),
        }
        writer.join().unwrap();
    });
}

#[test]
fn of_two_writers_each_record_has_a_slot_of_its_own_or_is_counted_as_dropped() {
    check(|| {
        let model = RingModel::new();
        let writers = [100, 200].map(|first| {
            let model = model.clone();
            thread::spawn(move || (first..first + 2).filter(|value| model.push(*value).is_some()).count() as u64)
        });
        let written: u64 = writers.into_iter().map(|writer| writer.join().unwrap()).sum();
        assert_eq!((model.head.tail(), written + model.head.dropped()), (written, 4));
        let (mut at, mut to, mut heard) = (written.saturating_sub(2), Vec::new(), Vec::new());
        while model.slots().read(&mut at, &mut to) != Heard::Nothing {
            heard.push(RingModel::value(&to));
        }
        heard.dedup();
        assert_eq!(heard.len() as u64, written.min(2), "what was written is there, once");
    });
}

#[test]
fn whoever_waits_for_a_record_hears_it() {
    check(|| {
        let model = RingModel::new();
        let writer = thread::spawn({
            let model = model.clone();
            move || model.push(7)
        });
        let (mut at, mut to) = (0, Vec::new());
        loop {
            let turn = model.head.line.value();
            if model.slots().read(&mut at, &mut to) == Heard::Record(0) {
                break;
            }
            model.head.line.wait(turn, None);
        }
        assert_eq!(RingModel::value(&to), 7);
        assert_eq!(writer.join().unwrap(), Some(0));
    });
}
