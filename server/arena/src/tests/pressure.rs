//! High and low water.

use super::{MIB, ONE, Small};
use crate::layout::EPOCH_LEASES;

#[test]
fn pressure_begins_at_four_fifths_and_ends_at_half() {
    let arena = Small::new(20 * MIB);
    let epoch = arena.epoch(EPOCH_LEASES);
    let mut leases: Vec<_> = (0..15).map(|_| arena.lease(ONE, MIB).unwrap()).collect();
    assert!(!arena.under_pressure(), "75 %");
    leases.push(arena.lease(ONE, MIB).unwrap());
    assert!(arena.under_pressure(), "80 %");
    leases.truncate(11);
    assert!(arena.under_pressure(), "55 %, from above");
    assert_eq!(epoch.value(), 1);
    leases.truncate(10);
    assert_eq!(epoch.value(), 2, "who waits for room is told");
    assert!(!arena.under_pressure(), "50 %");
    leases.extend((0..5).map(|_| arena.lease(ONE, MIB).unwrap()));
    assert!(!arena.under_pressure(), "75 %, from below");
    assert_eq!(arena.stats().under_pressure, arena.under_pressure());
}

#[test]
fn small_leases_press_too() {
    let arena = Small::new(4 * MIB);
    let leases: Vec<_> = (0..(4096_usize * 4).div_ceil(5)).map(|_| arena.lease(ONE, 1024).unwrap()).collect();
    assert!(arena.under_pressure());
    drop(leases);
    assert!(!arena.under_pressure());
}

#[test]
fn a_peak_that_nobody_asked_about_is_remembered() {
    let arena = Small::new(20 * MIB);
    let mut leases: Vec<_> = (0..16).map(|_| arena.lease(ONE, MIB).unwrap()).collect();
    leases.truncate(12);
    assert!(arena.under_pressure());
}
