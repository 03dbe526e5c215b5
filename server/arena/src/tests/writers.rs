//! Writers: whatever the length, the bytes are those that were written.

use std::fs;
use std::process::Command;

use proptest::prelude::*;

use super::{MIB, ONE, Small, TWO, is_all, is_empty_again, pattern};
use crate::{Error, Place};

#[test]
fn an_announced_length_is_never_moved() {
    let arena = Small::new(16 * MIB);
    for len in [1, 300, 5000, MIB - 1, 3 * MIB] {
        let mut writer = arena.writer(ONE, Some(len as u64));
        pattern(1, len).chunks(1000).for_each(|chunk| writer.write(chunk).unwrap());
        assert_eq!((writer.len(), writer.is_spooled()), (len as u64, false));
        let bytes = writer.finish().unwrap();
        assert!(arena.holds(bytes.as_ptr()));
        assert_eq!(bytes, pattern(1, len));
    }
    assert_eq!(arena.stats().copies().map(|(_, bytes)| bytes).sum::<u64>(), 0);
    is_empty_again(&arena);
}

#[test]
fn an_unannounced_length_moves_and_the_moves_are_counted() {
    let arena = Small::new(16 * MIB);
    let mut writer = arena.writer(ONE, None);
    let whole = pattern(2, 3 * MIB);
    whole.chunks(3000).for_each(|chunk| writer.write(chunk).unwrap());
    assert!(!writer.is_spooled());
    let bytes = writer.finish().unwrap();
    assert_eq!(bytes, whole);
    assert_eq!(arena.held(ONE), 3 * MIB, "the slabs behind the last byte are given back");
    let moved = arena.stats().copied(Place::Grow);
    assert!(moved > 0 && moved < 4 * MIB as u64);
    drop(bytes);
    is_empty_again(&arena);
}

#[test]
fn what_was_written_can_be_written_over_wherever_it_lies() {
    let arena = Small::new(16 * MIB);
    for (len, is_spooled) in [(5000, false), (20 * MIB, true)] {
        let mut whole = pattern(9, len);
        let mut writer = arena.writer(ONE, None);
        whole.chunks(100_000).for_each(|chunk| writer.write(chunk).unwrap());
        assert_eq!(writer.is_spooled(), is_spooled);
        for at in [0, 4, len / 2, len - 8] {
            assert!(writer.amend(at as u64, b"instead!").unwrap());
            whole[at..at + 8].copy_from_slice(b"instead!");
        }
        assert!(!writer.amend(len as u64 - 7, b"instead!").unwrap());
        assert!(!writer.amend(u64::MAX, b"instead!").unwrap());
        writer.write(b"and on").unwrap();
        whole.extend(b"and on");
        assert_eq!(writer.finish().unwrap(), whole);
    }
    is_empty_again(&arena);
}

#[test]
fn a_wrong_announcement_does_no_harm() {
    let arena = Small::new(16 * MIB);
    for expected in [0, 10, 10_000, 100 * MIB as u64, u64::MAX] {
        let mut writer = arena.writer(ONE, Some(expected));
        writer.write(&pattern(3, 1000)).unwrap();
        assert_eq!(writer.finish().unwrap(), pattern(3, 1000), "{expected}");
    }
    is_empty_again(&arena);
}

#[test]
fn what_outgrows_the_arena_goes_to_a_file_without_a_name() {
    let arena = Small::new(64 * MIB);
    let whole = pattern(4, 80 * MIB);
    for expected in [None, Some(80 * MIB as u64)] {
        let mut writer = arena.writer(ONE, expected);
        for chunk in whole.chunks(100_000) {
            writer.write(chunk).unwrap();
            assert_eq!(fs::read_dir(arena.spool_dir.path()).unwrap().count(), 0);
        }
        assert!(writer.is_spooled() && arena.held(ONE) == 0);
        let bytes = writer.finish().unwrap();
        assert_eq!(arena.stats().spooled, 80 * MIB as u64);
        assert!(!arena.holds(bytes.as_ptr()) && bytes == whole);
        drop(bytes);
        is_empty_again(&arena);
    }
}

#[test]
fn a_full_account_spools() {
    let arena = Small::with_cap(16 * MIB, MIB);
    let held = arena.lease(ONE, MIB).unwrap();
    let mut writer = arena.writer(ONE, None);
    writer.write(&pattern(5, 1000)).unwrap();
    assert!(writer.is_spooled() && writer.finish().unwrap() == pattern(5, 1000));
    let mut writer = arena.writer(TWO, None);
    writer.write(&pattern(5, 1000)).unwrap();
    assert!(!writer.is_spooled());
    drop((held, writer));
    is_empty_again(&arena);
}

#[test]
fn a_full_arena_spools() {
    let arena = Small::new(4 * MIB);
    let mut writer = arena.writer(TWO, None);
    writer.write(&pattern(6, 1000)).unwrap();
    let held: Vec<_> = (0..3).map(|_| arena.lease(ONE, MIB).unwrap()).collect();
    writer.write(&pattern(7, 10_000)).unwrap();
    assert!(writer.is_spooled());
    assert_eq!(arena.stats().copied(Place::Spool), 1000);
    assert_eq!(writer.finish().unwrap(), [pattern(6, 1000), pattern(7, 10_000)].concat());
    drop(held);
    is_empty_again(&arena);
}

#[test]
fn a_limit_is_kept_and_what_was_written_stays() {
    let arena = Small::new(4 * MIB);
    let mut writer = arena.writer(ONE, None).limit(100);
    writer.write(&[1; 60]).unwrap();
    assert!(matches!(writer.write(&[2; 41]), Err(Error::TooLong { max: 100 })));
    assert!(matches!(writer.room(41), Err(Error::TooLong { max: 100 })));
    assert!(matches!(writer.room(usize::MAX), Err(Error::TooLong { max: 100 })));
    writer.room(40).unwrap().fill(3);
    assert_eq!(writer.finish().unwrap(), [[1; 60].as_slice(), &[3; 40]].concat());
}

#[test]
fn nothing_written_is_nothing() {
    let arena = Small::new(4 * MIB);
    let mut writer = arena.writer(ONE, Some(1000));
    writer.write(&[]).unwrap();
    assert!(writer.room(0).unwrap().is_empty() && writer.is_empty());
    assert!(writer.finish().unwrap().is_empty());
    is_empty_again(&arena);
}

#[test]
fn an_abandoned_writer_leaves_nothing() {
    let arena = Small::new(4 * MIB);
    for len in [1000, 3 * MIB] {
        arena.writer(ONE, None).write(&pattern(8, len)).unwrap();
    }
    is_empty_again(&arena);
}

#[test]
fn a_missing_spool_folder_is_an_error() {
    let arena = Small::new(4 * MIB);
    fs::remove_dir(arena.spool_dir.path()).unwrap();
    let mut writer = arena.writer(ONE, None);
    writer.write(&[1; 100]).unwrap();
    assert!(matches!(writer.write(&pattern(9, 2 * MIB)), Err(Error::Spool { attempt: "create", .. })));
    assert_eq!(writer.finish().unwrap(), [1; 100][..]);
}

/// Runs itself again where no file may pass a few MiB, which the kernel answers like a full disk.
#[test]
fn a_full_disk_is_an_error_and_no_signal() {
    const INSIDE: &str = "INOS_TEST_FILES_ARE_SHORT";
    if std::env::var_os(INSIDE).is_none() {
        let limited =
            "trap '' XFSZ; ulimit -f 16384; exec \"$0\" --exact tests::writers::a_full_disk_is_an_error_and_no_signal";
        let test = std::env::current_exe().unwrap();
        let status = Command::new("sh").arg("-c").arg(limited).arg(test).env(INSIDE, "1").status().unwrap();
        return assert!(status.success());
    }
    let arena = Small::new(4 * MIB);
    let mut writer = arena.writer(ONE, None);
    writer.write(&pattern(1, 2 * MIB)).unwrap();
    assert!(matches!(writer.write(&pattern(2, 32 * MIB)), Err(Error::SpoolFull { .. })));
    assert!(matches!(writer.room(32 * MIB), Err(Error::SpoolFull { .. })));
    assert_eq!(writer.finish().unwrap(), pattern(1, 2 * MIB));
    is_empty_again(&arena);
}

#[derive(Debug, Clone)]
enum Step {
    Write(usize),
    Room(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let len = prop_oneof![8 => 0..2000_usize, 3 => 0..200_000_usize, 1 => 0..3 * MIB];
    prop_oneof![len.clone().prop_map(Step::Write), len.prop_map(Step::Room)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn what_is_read_is_what_was_written(
        expected in proptest::option::of(prop_oneof![0..10_000_u64, 0..4 * MIB as u64]),
        cap in prop_oneof![Just(usize::MAX), 0..MIB],
        steps in proptest::collection::vec(step(), 0..30),
    ) {
        let arena = Small::with_cap(8 * MIB, cap);
        let mut writer = arena.writer(ONE, expected);
        let mut model = Vec::new();
        for (seed, step) in steps.into_iter().enumerate() {
            let (Step::Write(len) | Step::Room(len)) = step;
            let bytes = pattern(seed as u64, len);
            match step {
                Step::Write(_) => writer.write(&bytes).unwrap(),
                Step::Room(_) => {
                    let room = writer.room(len).unwrap();
                    prop_assert!(room.len() == len && is_all(room, 0));
                    room.copy_from_slice(&bytes);
                }
            }
            model.extend_from_slice(&bytes);
            prop_assert_eq!(writer.len(), model.len() as u64);
        }
        prop_assert!(writer.finish().unwrap() == model);
        is_empty_again(&arena);
    }
}
