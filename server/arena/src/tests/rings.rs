//! Rings: every record is heard whole and in order, or is known to be missed.

use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use rustix::fs::{MemfdFlags, memfd_create};

use crate::layout::RING_RECORD_LEN_MAX;
use crate::{AttachedRing, Heard, Ring, RingAttachment, Unheld};

fn attached(ring: &Ring) -> (RingAttachment, AttachedRing) {
    let (here, there) = UnixStream::pair().unwrap();
    let attachment = ring.attach().unwrap();
    crate::send(&here, b"ok\n", &attachment).unwrap();
    let (_, fds) = crate::receive(&there).unwrap();
    (attachment, AttachedRing::open(fds.unwrap()).unwrap())
}

#[test]
fn records_are_heard_in_order_and_what_was_written_over_is_missed() {
    let ring = Ring::create(4).unwrap();
    let ((_attachment, mut reader), mut to) = (attached(&ring), Vec::new());
    assert_eq!(reader.read(&mut to), Heard::Nothing);
    for number in 0..6_u64 {
        assert_eq!(ring.push(&vec![number as u8; number as usize]), Ok(number));
    }
    assert_eq!(reader.read(&mut to), Heard::Missed(2));
    for number in 2..6_u64 {
        assert_eq!(reader.read(&mut to), Heard::Record(number));
        assert_eq!(to, vec![number as u8; number as usize]);
    }
    assert_eq!(reader.read(&mut to), Heard::Nothing);
    assert_eq!((ring.len(), ring.dropped()), (6, 0));
    let long = [7; RING_RECORD_LEN_MAX + 1];
    assert_eq!(ring.push(&long[1..]), Ok(6));
    assert_eq!(ring.push(&long), Err(Unheld::TooLong { len: long.len(), max: RING_RECORD_LEN_MAX }));
    assert_eq!((reader.read(&mut to), &to[..], ring.dropped()), (Heard::Record(6), &long[1..], 1));
}

#[test]
fn a_ring_has_a_power_of_two_of_slots() {
    for count in [0, 3, usize::MAX, 1 << 63] {
        assert!(Ring::create(count).is_err(), "{count}");
    }
}

#[test]
fn another_process_hears_the_same_and_is_told_of_the_end() {
    let ring = Ring::create(8).unwrap();
    ring.push(b"before").unwrap();
    let (attachment, mut there) = attached(&ring);
    let mut to = Vec::new();
    assert_eq!((there.read(&mut to), &*to), (Heard::Record(0), &b"before"[..]));
    assert_eq!(there.wait(&mut to, Duration::from_millis(1)), Heard::Nothing);
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            let mut to = Vec::new();
            (there.wait(&mut to, Duration::from_secs(60)), to)
        });
        ring.push(b"while it waits").unwrap();
        assert_eq!(waiter.join().unwrap(), (Heard::Record(1), b"while it waits".to_vec()));
    });
    assert_eq!((ring.attached(), there.has_ended()), (1, false));
    thread::scope(|scope| {
        let waiter = scope.spawn(|| there.wait(&mut Vec::new(), Duration::from_secs(60)));
        drop(attachment);
        assert_eq!(waiter.join().unwrap(), Heard::Nothing);
    });
    assert_eq!((ring.attached(), there.has_ended()), (0, true));
}

#[test]
fn an_attached_process_cannot_write_a_ring_and_believes_no_other_memory() {
    let ring = Ring::create(2).unwrap();
    let attachment = ring.attach().unwrap();
    let (here, there) = UnixStream::pair().unwrap();
    crate::send(&here, b"ok\n", &attachment).unwrap();
    let [memory, control] = crate::receive(&there).unwrap().1.unwrap();
    assert!(crate::mapping::Mapping::of_file(&memory, 0, 4096, true).is_err());
    assert!(rustix::io::pwrite(&memory, b"x", 4096).is_err());
    let foreign = ["x", "y"].map(|name| memfd_create(name, MemfdFlags::ALLOW_SEALING).unwrap());
    assert!(AttachedRing::open(foreign).is_err());
    let region = super::regions::region(b"no ring");
    crate::send(&here, b"ok\n", &region.attach().unwrap()).unwrap();
    let [other, _] = crate::receive(&there).unwrap().1.unwrap();
    assert!(AttachedRing::open([other, control]).is_err());
}

/// A record that says which it is and checks itself.
fn sealed(writer: u64, round: u64) -> Vec<u8> {
    let len = 16 + (round % 60) as usize * 8;
    [writer, round]
        .into_iter()
        .chain((0..).map(|at| writer ^ round ^ at))
        .flat_map(u64::to_le_bytes)
        .take(len)
        .collect()
}

const WRITERS: u64 = 4;

/// Reads until nothing more comes, and tells how many records there were, heard or missed.
fn hear(ended: &AtomicBool, mut read: impl FnMut(&mut Vec<u8>) -> Heard) -> u64 {
    let (mut to, mut all, mut last) = (Vec::new(), 0, [None; WRITERS as usize]);
    loop {
        let is_last = ended.load(Ordering::Acquire);
        match read(&mut to) {
            Heard::Record(number) => {
                assert_eq!(number, all, "in order");
                all += 1;
                let word = |at: usize| u64::from_le_bytes(to[8 * at..8 * at + 8].try_into().unwrap());
                let (writer, round) = (word(0), word(1));
                assert_eq!(to, sealed(writer, round), "whole");
                assert!(last[writer as usize] < Some(round), "each writer's own order");
                last[writer as usize] = Some(round);
            }
            Heard::Missed(count) => all += count,
            Heard::Nothing if is_last => return all,
            Heard::Nothing => {}
        }
    }
}

#[test]
fn many_writers_and_readers_hear_whole_records_of_each_writer_in_its_order() {
    let ring = Ring::create(16).unwrap();
    let (ended, written) = (AtomicBool::new(false), AtomicU64::new(0));
    let readers = [attached(&ring), attached(&ring)];
    thread::scope(|scope| {
        let mut writers = Vec::new();
        for writer in 0..WRITERS {
            let (ring, written) = (&ring, &written);
            writers.push(scope.spawn(move || {
                for round in 0..20_000 {
                    if ring.push(&sealed(writer, round)).is_ok() {
                        written.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }));
        }
        let ended = &ended;
        let readers = readers.map(|(attachment, mut there)| {
            scope.spawn(move || {
                let _attachment = attachment;
                hear(ended, |to| there.wait(to, Duration::from_millis(20)))
            })
        });
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        ended.store(true, Ordering::Release);
        for reader in readers {
            assert_eq!(reader.join().unwrap(), written.load(Ordering::Relaxed), "each record was heard or missed");
        }
    });
    assert_eq!(ring.len() + ring.dropped(), WRITERS * 20_000);
}

proptest! {
    #[test]
    fn a_ring_is_a_bounded_list(steps in proptest::collection::vec((any::<bool>(), 0..RING_RECORD_LEN_MAX + 9), 1..200)) {
        let ring = Ring::create(8).unwrap();
        let ((_attachment, mut reader), mut to) = (attached(&ring), Vec::new());
        let (mut all, mut at) = (Vec::<Vec<u8>>::new(), 0);
        for (index, (push, len)) in steps.into_iter().enumerate() {
            if push {
                let record = vec![index as u8; len];
                let pushed = ring.push(&record);
                prop_assert_eq!(pushed.is_ok(), len <= RING_RECORD_LEN_MAX);
                if pushed.is_ok() {
                    all.push(record);
                }
                continue;
            }
            let oldest = all.len().saturating_sub(8);
            match reader.read(&mut to) {
                Heard::Record(number) => {
                    prop_assert_eq!((number as usize, &to), (at, &all[at]));
                    at += 1;
                }
                Heard::Missed(missed) => {
                    prop_assert_eq!(at + missed as usize, oldest);
                    at = oldest;
                }
                Heard::Nothing => prop_assert_eq!(at, all.len()),
            }
        }
    }
}
