//! The waiter protocol of epochs under every order of steps that the memory model allows.
//!
//! Run with `RUSTFLAGS="--cfg loom" cargo test -p inos-arena --release models`. A lost wake-up is a deadlock, which the
//! checker reports.
#![cfg(loom)]

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;

use crate::epoch::Line;

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
