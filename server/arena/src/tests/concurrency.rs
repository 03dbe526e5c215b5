//! Leases of many threads, given back by others.

use std::sync::mpsc;
use std::thread;

use super::{MIB, ONE, Small, is_all, is_empty_again};
use crate::{Lease, Owner};

const THREADS: u64 = 6;
const ROUNDS: usize = 4000;

/// A small generator of lengths, so that a failure can be repeated.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

fn filled(mut lease: Lease, fill: u8) -> Lease {
    assert!(is_all(&lease, 0));
    lease.fill(fill);
    lease
}

#[test]
fn leases_that_cross_threads_keep_their_bytes() {
    let arena = Small::new(64 * MIB);
    thread::scope(|scope| {
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..THREADS).map(|_| mpsc::channel::<(Lease, u8)>()).unzip();
        for (number, receiver) in receivers.into_iter().enumerate() {
            let (arena, next_thread) = (&arena, senders[(number + 1) % senders.len()].clone());
            scope.spawn(move || {
                let mut state = number as u64 + 1;
                for round in 0..ROUNDS {
                    let len = 1 << (next(&mut state) % 18);
                    let Ok(lease) = arena.lease(Owner(state % 5), len + round % 100) else { continue };
                    let fill = (round % 255) as u8 + 1;
                    let _ = next_thread.send((filled(lease, fill), fill));
                    if let Ok((lease, fill)) = receiver.try_recv() {
                        assert!(is_all(&lease, fill));
                    }
                }
                drop(next_thread);
                receiver.iter().for_each(|(lease, fill)| assert!(is_all(&lease, fill)));
            });
        }
        drop(senders);
    });
    is_empty_again(&arena);
}

#[test]
fn a_cap_holds_against_many_threads() {
    let arena = Small::with_cap(64 * MIB, 64 << 10);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut leases = Vec::new();
                for round in 0..ROUNDS {
                    match arena.lease(ONE, 1024) {
                        Ok(lease) => leases.push(lease),
                        Err(_) => drop(leases.pop()),
                    }
                    assert!(arena.held(ONE) <= 64 << 10);
                    if round % 97 == 0 {
                        leases.clear();
                    }
                }
            });
        }
    });
    is_empty_again(&arena);
}

#[test]
fn the_last_slabs_are_shared_by_all_threads() {
    let arena = Small::new(4 * MIB);
    let held: Vec<_> = (0..3).map(|_| arena.lease(ONE, MIB).unwrap()).collect();
    let first = arena.lease(ONE, 1000).unwrap();
    // The last slab belongs to this thread's shard now; others still find room in it.
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| arena.lease(ONE, 1000).unwrap());
        }
    });
    drop((held, first));
    is_empty_again(&arena);
}
