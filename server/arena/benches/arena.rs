//! What leases and epochs cost, beside what they are made of.
#![allow(missing_docs)]

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use inos_arena::{Arena, Change, Form, Options, Owner, Quota, Region, Regions};

fn arena() -> Arena {
    let spool_dir: PathBuf = std::env::temp_dir();
    Arena::create(Options { bytes: 256 << 20, account_bytes_max: 256 << 20, spool_dir }).expect("an arena")
}

/// To be at most 1.25 times a bare `fetch_add`.
fn epochs(criterion: &mut Criterion) {
    let bare = AtomicU64::new(0);
    criterion.bench_function("epoch/bare fetch_add", |bench| {
        bench.iter(|| black_box(&bare).fetch_add(1, Ordering::Release));
    });
    let epoch = arena().epoch(64);
    criterion.bench_function("epoch/advance, nobody waits", |bench| bench.iter(|| black_box(&epoch).advance()));
}

/// To be under 100 ns for 1 KiB.
fn leases(criterion: &mut Criterion) {
    let arena = arena();
    for len in [256, 1 << 10, 16 << 10, 256 << 10, 4 << 20] {
        criterion.bench_function(&format!("lease/{len} B zeroed"), |bench| {
            bench.iter(|| drop(black_box(arena.lease(Owner(1), black_box(len)))));
        });
    }
    criterion.bench_function("lease/1024 B zeroed, two threads at once", |bench| {
        bench.iter_custom(|count| at_once(2, |owner| drop(black_box(arena.lease(Owner(owner), 1024))), count));
    });
}

fn writers(criterion: &mut Criterion) {
    let arena = arena();
    for len in [1 << 10, 64 << 10, 4 << 20] {
        let bytes = vec![7; len];
        criterion.bench_function(&format!("writer/{len} B to Bytes"), |bench| {
            bench.iter(|| {
                let mut writer = arena.writer(Owner(1), Some(len as u64));
                writer.write(black_box(&bytes)).and_then(|()| writer.finish())
            });
        });
        criterion.bench_function(&format!("writer/{len} B by malloc and memcpy"), |bench| {
            bench.iter(|| bytes::Bytes::from(black_box(&bytes).to_vec()));
        });
    }
}

/// How long the slowest of some threads takes to work `count` times.
fn at_once(threads: u64, work: impl Fn(u64) + Sync, count: u64) -> Duration {
    let start = Barrier::new(threads as usize);
    let run = |owner| {
        start.wait();
        let begun = Instant::now();
        (0..count).for_each(|_| work(owner));
        begun.elapsed()
    };
    thread::scope(|scope| {
        let run = &run;
        let running: Vec<_> = (0..threads).map(|owner| scope.spawn(move || run(owner))).collect();
        running.into_iter().filter_map(|thread| thread.join().ok()).max().unwrap_or_default()
    })
}

fn region(len: usize) -> Region {
    let form = Form { bytes_max: 64 << 20, first_epoch: 1, quota: Quota::new(1 << 30) };
    Regions::default().create(form, &vec![7; len]).expect("a region")
}

/// A pin to be at most 30 ns; a snapshot at least 0.9 times a `memcpy` of the same length.
fn reading_regions(criterion: &mut Criterion) {
    let small = region(4096);
    criterion.bench_function("region/pin and unpin", |bench| bench.iter(|| black_box(black_box(&small).pin())));
    for mib in [1, 16, 64] {
        let (region, plain) = (region(mib << 20), vec![7_u8; mib << 20]);
        let mut to = vec![0; mib << 20];
        criterion.bench_function(&format!("region/snapshot of {mib} MiB"), |bench| {
            bench.iter(|| black_box(&mut to).copy_from_slice(&region.pin()));
        });
        criterion.bench_function(&format!("region/memcpy of {mib} MiB"), |bench| {
            bench.iter(|| black_box(&mut to).copy_from_slice(black_box(&plain)));
        });
    }
}

/// Beside copying the same bytes into memory that nobody else sees: at most 15 ns more for whoever keeps the writer's lock.
fn publishing_regions(criterion: &mut Criterion) {
    for len in [64, 4096, 256 << 10] {
        let (region, bytes, mut to) = (region(len), [vec![1_u8; len], vec![2; len]], vec![0; len]);
        let mut turn = 0;
        criterion.bench_function(&format!("region/publish {len} B, nobody waits"), |bench| {
            bench.iter(|| {
                turn ^= 1;
                region.write().publish(Change::Whole(black_box(&bytes[turn]))).expect("an epoch")
            });
        });
        criterion.bench_function(&format!("region/copy {len} B"), |bench| {
            bench.iter(|| black_box(&mut to).copy_from_slice(black_box(&bytes[0])));
        });
        let mut kept = region.write();
        criterion.bench_function(&format!("region/publish {len} B, the writer's lock kept"), |bench| {
            bench.iter(|| {
                turn ^= 1;
                kept.publish(Change::Whole(black_box(&bytes[turn]))).expect("an epoch")
            });
        });
        drop(kept);
        let part: &[(u64, &[u8])] = &[(0, &bytes[0][..16])];
        criterion.bench_function(&format!("region/publish 16 B of {len} B, nobody waits"), |bench| {
            bench.iter(|| region.write().publish(Change::Parts(black_box(part))).expect("an epoch"));
        });
    }
}

criterion_group!(benches, epochs, leases, writers, reading_regions, publishing_regions);
criterion_main!(benches);
