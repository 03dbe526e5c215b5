//! Epochs: everyone who waits is told, and nobody is told for nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::{MIB, Small};
use crate::epoch::Line;
use crate::layout;

const STACK_LEN: usize = 64 << 10;

fn until(condition: impl Fn() -> bool) {
    while !condition() {
        thread::yield_now();
    }
}

#[test]
fn an_epoch_begins_at_zero_and_moves_by_one() {
    let arena = Small::new(4 * MIB);
    let epoch = arena.epoch(layout::EPOCH_COUNT - 1);
    assert_eq!(epoch.value(), 0);
    assert_eq!((epoch.advance(), epoch.advance(), epoch.value()), (1, 2, 2));
    assert_eq!(arena.epoch(layout::EPOCH_COUNT - 2).value(), 0);
}

#[test]
fn handles_of_one_number_are_one_epoch() {
    let arena = Small::new(4 * MIB);
    arena.epoch(70).clone().advance();
    assert_eq!(arena.epoch(70).value(), 1);
}

#[test]
#[should_panic(expected = "below layout::EPOCH_COUNT")]
fn an_epoch_beyond_the_table_is_refused() {
    Small::new(4 * MIB).epoch(layout::EPOCH_COUNT);
}

#[test]
fn a_wait_for_what_has_passed_returns_at_once() {
    let epoch = Small::new(4 * MIB).epoch(64);
    epoch.advance();
    assert_eq!(epoch.wait(0, None), 1);
    assert_eq!(epoch.wait(7, None), 1, "different is enough, greater is not asked");
}

#[test]
fn a_wait_ends_with_its_time() {
    let epoch = Small::new(4 * MIB).epoch(64);
    assert_eq!(epoch.wait(0, Some(Duration::ZERO)), 0);
    assert_eq!(epoch.wait(0, Some(Duration::from_millis(1))), 0);
    assert_eq!(epoch.waiters(), 0);
}

#[test]
fn thousands_who_wait_are_all_told() {
    const COUNT: u32 = 2000;
    let arena = Small::new(4 * MIB);
    let epoch = arena.epoch(64);
    let wait = |_| {
        let epoch = epoch.clone();
        thread::Builder::new().stack_size(STACK_LEN).spawn(move || epoch.wait(0, None)).unwrap()
    };
    let waiters: Vec<_> = (0..COUNT).map(wait).collect();
    until(|| epoch.waiters() == COUNT);
    epoch.advance();
    assert!(waiters.into_iter().all(|waiter| waiter.join().unwrap() == 1));
    assert_eq!(epoch.waiters(), 0);
}

#[test]
fn two_threads_that_take_turns_never_sleep_for_ever() {
    const TURNS: u64 = 20_000;
    let arena = Small::new(4 * MIB);
    let (ping, pong) = (arena.epoch(64), arena.epoch(65));
    thread::scope(|scope| {
        scope.spawn(|| {
            for turn in 0..TURNS {
                assert_eq!(ping.wait(turn, None), turn + 1);
                pong.advance();
            }
        });
        for turn in 0..TURNS {
            ping.advance();
            assert_eq!(pong.wait(turn, None), turn + 1);
        }
    });
}

#[test]
fn who_sees_an_epoch_sees_what_was_written_before_it() {
    let arena = Small::new(4 * MIB);
    let (epoch, written) = (arena.epoch(64), AtomicU64::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut seen = 0;
            while seen < 10_000 {
                seen = epoch.wait(seen, None);
                assert!(written.load(Ordering::Relaxed) >= seen);
            }
        });
        for value in 1..=10_000 {
            written.store(value, Ordering::Relaxed);
            epoch.advance();
        }
    });
}

#[test]
fn a_counter_that_wraps_around_is_still_different() {
    let line = Line::new(u64::MAX - 10);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut seen = u64::MAX - 10;
            while seen != 10 {
                seen = line.wait(seen, None);
            }
        });
        for _ in 0..21 {
            line.advance();
        }
    });
    assert_eq!((line.value(), line.waiters()), (10, 0));
    assert_eq!(Line::new(u64::MAX).advance(), 0);
}

#[test]
fn a_low_half_that_wraps_around_is_still_different() {
    let line = Line::new(u64::from(u32::MAX));
    thread::scope(|scope| {
        let waiter = scope.spawn(|| line.wait(u64::from(u32::MAX), None));
        until(|| line.waiters() == 1);
        line.advance();
        assert_eq!(waiter.join().unwrap(), 1 << 32);
    });
}
