//! What the mapping takes of the machine.

use rustix::fs::SealFlags;
use rustix::io::Errno;

use super::{MIB, ONE, Small};
use crate::{Arena, mapping};

/// What the kernel says is resident of the mapping at an address.
fn resident(arena: &Arena) -> usize {
    let address = arena.inner().mapping().at(0).as_ptr() as usize;
    let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
    let mut lines = maps.lines();
    lines.find(|line| line.starts_with(&format!("{address:x}-"))).unwrap();
    let kib = lines.find_map(|line| line.strip_prefix("Rss:")).unwrap().trim().strip_suffix(" kB").unwrap();
    kib.parse::<usize>().unwrap() * 1024
}

#[test]
fn the_memory_can_neither_shrink_nor_grow() {
    let memory = mapping::sealed_memory(MIB).unwrap();
    assert_eq!(rustix::fs::ftruncate(&memory, 4096), Err(Errno::PERM));
    assert_eq!(rustix::fs::ftruncate(&memory, 2 * MIB as u64), Err(Errno::PERM));
    assert_eq!(rustix::fs::fcntl_add_seals(&memory, SealFlags::WRITE), Err(Errno::PERM));
    let seals = rustix::fs::fcntl_get_seals(&memory).unwrap();
    assert_eq!(seals, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL);
}

#[test]
fn untouched_pages_are_not_resident() {
    let arena = Small::new(1024 * MIB);
    assert!(resident(&arena) <= 4096);
    let lease = arena.lease(ONE, 1000).unwrap();
    assert!((4096..=128 << 10).contains(&resident(&arena)));
    let writer = arena.writer(ONE, Some(200 * MIB as u64));
    assert!(resident(&arena) <= 128 << 10, "an announced length takes nothing");
    drop((lease, writer));
}

#[test]
fn freed_memory_goes_back_to_the_system() {
    let arena = Small::new(512 * MIB);
    let mut leases: Vec<_> = (0..4).map(|_| arena.lease(ONE, 60 * MIB).unwrap()).collect();
    leases.iter_mut().for_each(|lease| lease.fill(1));
    assert!(resident(&arena) >= 240 * MIB && arena.stats().resident >= 240 * MIB);
    drop(leases);
    assert!(resident(&arena) <= 33 * MIB, "only a little is kept for the next lease");
    drop(arena.lease(ONE, 8 * MIB).unwrap());
    let before = arena.stats().resident;
    assert!(before >= 8 * MIB && resident(&arena) >= 8 * MIB);
    assert_eq!(arena.trim(), before);
    assert!(resident(&arena) <= 2 * 4096);
}

#[test]
fn copies_are_counted_where_they_happen() {
    use crate::Place;
    let arena = Small::new(4 * MIB);
    arena.count_copy(Place::SocketIn, 10);
    arena.count_copy(Place::SocketIn, 5);
    arena.count_copy(Place::FrameOut, 1);
    let stats = arena.stats();
    assert_eq!((stats.copied(Place::SocketIn), stats.copied(Place::FrameOut)), (15, 1));
    assert_eq!(stats.copies().map(|(_, bytes)| bytes).sum::<u64>(), 16);
    let mut names: Vec<_> = Place::ALL.iter().map(|place| place.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Place::ALL.len());
}
