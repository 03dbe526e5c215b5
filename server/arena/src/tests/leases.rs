//! One lease: what it shows, what it is charged, what it becomes.

use super::{MIB, ONE, Small, TWO, is_all, is_empty_again, pattern};
use crate::{Full, Lease, Writer};

fn is_send<T: Send>() {}

#[test]
fn leases_and_writers_go_between_threads() {
    is_send::<Lease>();
    is_send::<Writer>();
}

#[test]
fn a_lease_is_zeroed_and_lies_in_the_mapping() {
    let arena = Small::new(4 * MIB);
    let mut lease = arena.lease(ONE, 1000).unwrap();
    assert_eq!((lease.len(), lease.is_empty()), (1000, false));
    assert!(is_all(&lease, 0));
    assert!(arena.holds(lease.as_ptr()) && arena.holds(&raw const lease[999]));
    assert!(!arena.holds(std::ptr::from_ref(&arena).cast()));
    lease.copy_from_slice(&pattern(1, 1000));
    assert_eq!(*lease, pattern(1, 1000));
}

#[test]
fn a_lease_may_have_no_bytes() {
    let arena = Small::new(4 * MIB);
    let lease = arena.lease(ONE, 0).unwrap();
    assert!(lease.is_empty() && lease.freeze().is_empty());
    is_empty_again(&arena);
}

#[test]
fn a_frozen_lease_stays_where_it_is_until_its_last_clone_goes() {
    let arena = Small::new(4 * MIB);
    let mut lease = arena.lease(ONE, 5000).unwrap();
    lease.copy_from_slice(&pattern(2, 5000));
    lease.truncate(3000);
    lease.truncate(4000);
    let (address, tag) = (lease.as_ptr(), lease.tag());
    let bytes = lease.freeze();
    let slice = bytes.slice(100..200);
    assert_eq!(bytes.as_ptr(), address);
    assert_eq!(bytes, pattern(2, 5000)[..3000]);
    drop(bytes);
    assert!(arena.is_live(tag));
    assert_eq!(slice, pattern(2, 5000)[100..200]);
    drop(slice);
    assert!(!arena.is_live(tag));
    is_empty_again(&arena);
}

#[test]
fn bytes_outlive_every_handle_of_their_arena() {
    let arena = Small::new(4 * MIB);
    let mut lease = arena.lease(ONE, 100).unwrap();
    lease.fill(7);
    let bytes = lease.freeze();
    drop(arena);
    assert_eq!(bytes, [7; 100][..]);
}

#[test]
fn the_bytes_of_an_earlier_lease_are_never_seen() {
    let arena = Small::new(8 * MIB);
    let lens = [1, 255, 256, 257, 4096, 5000, 65_536, 70_000, 300_000, 524_288, 600_000, MIB, 2 * MIB];
    for (round, dirty_len) in lens.into_iter().enumerate() {
        let mut dirty: Vec<_> = (0..3).map_while(|_| arena.lease(ONE, dirty_len).ok()).collect();
        dirty.iter_mut().for_each(|lease| lease.fill(0xee));
        drop(dirty);
        if round % 4 == 3 {
            arena.trim();
        }
        for len in lens {
            let lease = arena.lease(TWO, len).unwrap();
            assert!(is_all(&lease, 0), "{len} after {dirty_len}");
            let mut writer = arena.writer(TWO, Some(len as u64));
            assert!(is_all(writer.room(len).unwrap(), 0), "{len} after {dirty_len}");
            writer.room(1).unwrap().fill(0xee);
            assert_eq!(writer.finish().unwrap().iter().filter(|byte| **byte != 0).count(), 1);
        }
    }
}

#[test]
fn an_account_holds_no_more_than_its_cap() {
    let arena = Small::with_cap(16 * MIB, 3 * MIB);
    let full = Full::Account { cap: 3 * MIB };
    let first = arena.lease(ONE, 2 * MIB).unwrap();
    assert_eq!(arena.lease(ONE, 2 * MIB).unwrap_err(), full);
    let second = arena.lease(ONE, MIB).unwrap();
    assert_eq!(arena.held(ONE), 3 * MIB);
    assert_eq!(arena.lease(ONE, 1).unwrap_err(), full);
    let other = arena.lease(TWO, 2 * MIB).unwrap();
    drop(first);
    assert_eq!(arena.held(ONE), MIB);
    drop(arena.lease(ONE, 2 * MIB).unwrap());
    assert_eq!(arena.lease(TWO, 4 * MIB).unwrap_err(), full);
    drop((second, other));
    assert_eq!((arena.held(ONE), arena.held(TWO)), (0, 0));
    is_empty_again(&arena);
}

#[test]
fn no_lease_is_longer_than_a_quarter() {
    let arena = Small::new(16 * MIB);
    assert_eq!(arena.lease_len_max(), 4 * MIB);
    let too_large = Full::TooLarge { max: 4 * MIB };
    for len in [4 * MIB + 1, usize::MAX / 2, usize::MAX] {
        assert_eq!(arena.lease(ONE, len).unwrap_err(), too_large);
    }
    assert_eq!(arena.lease(ONE, 4 * MIB).unwrap().len(), 4 * MIB);
    is_empty_again(&arena);
}

#[test]
fn a_full_arena_says_so_and_recovers() {
    let arena = Small::new(8 * MIB);
    let full = Full::Arena { capacity: 8 * MIB };
    let mut leases: Vec<_> = (0..8).map(|_| arena.lease(ONE, MIB).unwrap()).collect();
    assert_eq!(arena.lease(ONE, MIB).unwrap_err(), full);
    assert_eq!(arena.lease(ONE, 1).unwrap_err(), full);
    assert_eq!(arena.held(ONE), 8 * MIB, "a refused lease is charged to nobody");
    leases.remove(3);
    assert_eq!(arena.lease(ONE, 2 * MIB).unwrap_err(), full);
    let small = arena.lease(ONE, 1).unwrap();
    assert_eq!(arena.lease(ONE, MIB).unwrap_err(), full);
    drop(small);
    // The slab that the size class kept is taken back for the long lease.
    let last = arena.lease(ONE, MIB).unwrap();
    drop((leases, last));
    is_empty_again(&arena);
}

#[test]
fn a_tag_names_one_lease_alone() {
    let arena = Small::new(8 * MIB);
    for len in [100, 2 * MIB] {
        let lease = arena.lease(ONE, len).unwrap();
        let (first, address) = (lease.tag(), lease.as_ptr());
        assert!(arena.is_live(first));
        drop(lease);
        assert!(!arena.is_live(first));
        let lease = arena.lease(TWO, len).unwrap();
        assert_eq!(lease.as_ptr(), address, "the same place");
        assert!(arena.is_live(lease.tag()) && !arena.is_live(first));
    }
}

#[test]
fn a_tag_of_another_arena_names_nothing() {
    let (large, small) = (Small::new(64 * MIB), Small::new(4 * MIB));
    for len in [1, MIB, 16 * MIB] {
        assert!(!small.is_live(large.lease(ONE, len).unwrap().tag()));
    }
}
