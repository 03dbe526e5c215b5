//! Epochs: everyone who waits is told, and nobody is told for nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::{MIB, Small};
use crate::epoch::Line;
use crate::layout;
use crate::{WAIT_ANY_MAX, wait_any};

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

#[test]
fn whoever_waits_for_any_of_many_is_told_which_changed() {
    let arena = Small::new(4 * MIB);
    let epochs: Vec<_> = (64..64 + WAIT_ANY_MAX).map(|index| arena.epoch(index)).collect();
    let mut seen = vec![0; epochs.len()];
    for (turn, changing) in [0, 127, 64, 3, 3, 126].into_iter().enumerate() {
        let asked: Vec<_> = epochs.iter().zip(seen.iter().copied()).collect();
        let told = thread::scope(|scope| {
            let waiter = scope.spawn(|| wait_any(&asked, None));
            // Now it sleeps already, now it does not: told it is either way.
            if turn % 2 == 0 {
                until(|| epochs.iter().all(|epoch| epoch.waiters() == 1));
            }
            epochs[changing].advance();
            waiter.join().unwrap()
        });
        assert_eq!(told, Some(changing));
        seen[changing] += 1;
    }
    assert!(epochs.iter().all(|epoch| epoch.waiters() == 0));
}

#[test]
fn a_wait_for_any_ends_with_its_time() {
    let arena = Small::new(4 * MIB);
    let (one, two) = (arena.epoch(64), arena.epoch(65));
    for timeout in [Duration::ZERO, Duration::from_millis(5)] {
        assert_eq!(wait_any(&[(&one, 0), (&two, 0)], Some(timeout)), None);
        assert_eq!(wait_any(&[], Some(timeout)), None);
    }
    two.advance();
    assert_eq!(wait_any(&[(&one, 0), (&two, 0)], None), Some(1));
    assert_eq!((one.waiters(), two.waiters()), (0, 0));
}

#[test]
fn any_of_two_that_take_turns_is_never_missed() {
    const TURNS: u64 = 5_000;
    let arena = Small::new(4 * MIB);
    let (ping, pong, never) = (arena.epoch(64), arena.epoch(65), arena.epoch(66));
    thread::scope(|scope| {
        scope.spawn(|| {
            for turn in 0..TURNS {
                assert_eq!(wait_any(&[(&never, 0), (&ping, turn)], None), Some(1));
                pong.advance();
            }
        });
        for turn in 0..TURNS {
            ping.advance();
            assert_eq!(wait_any(&[(&never, 0), (&pong, turn)], None), Some(1));
        }
    });
}

#[test]
fn a_counter_whose_low_half_begins_anew_is_another_value_and_wakes() {
    use crate::epoch::Line;
    const ROUND: u64 = 1 << 32;
    let line = Line::new(ROUND - 1);
    std::thread::scope(|scope| {
        let waiters: Vec<_> = (0..4).map(|_| scope.spawn(|| line.wait(ROUND - 1, None))).collect();
        while line.waiters() < 4 {
            std::thread::yield_now();
        }
        assert_eq!(line.advance(), ROUND);
        assert!(waiters.into_iter().all(|waiter| waiter.join().unwrap() == ROUND));
    });
    // The kernel compares low halves alone; whoever missed a whole round of them does not fall asleep over it.
    let line = Line::new(7 + ROUND);
    assert_eq!(line.wait(7, None), 7 + ROUND);
    // Nor does whoever is overtaken by a round in the instant before it sleeps: the next advance wakes it.
    std::thread::scope(|scope| {
        let sleeper = scope.spawn(|| {
            let _counted = line.enter();
            line.sleep(7, None);
            line.value()
        });
        while line.waiters() == 0 {
            std::thread::yield_now();
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
        line.advance();
        assert_eq!(sleeper.join().unwrap(), 8 + ROUND);
    });
}
