//! Regions: whoever reads sees one whole epoch, whoever writes never waits, and a page that changed is stamped.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use rustix::fs::{MemfdFlags, memfd_create};

use crate::{Attached, Change, Form, Quota, Region, RegionError, Regions, Revoked};

const PAGE: usize = 4096;
const ROOMY: usize = 1 << 30;

fn form(bytes_max: usize) -> Form {
    Form { bytes_max, first_epoch: 1, quota: Quota::new(ROOMY) }
}

pub(super) fn region(bytes: &[u8]) -> Region {
    Regions::default().create(form(1 << 20), bytes).unwrap()
}

pub(super) fn publish(region: &Region, bytes: &[u8]) -> u64 {
    region.write().publish(Change::Whole(bytes)).unwrap()
}

/// The region as another process would have it: through descriptors alone.
pub(super) fn attached(region: &Region) -> (crate::Attachment, Attached) {
    let (here, there) = std::os::unix::net::UnixStream::pair().unwrap();
    let attachment = region.attach().unwrap();
    crate::send(&here, b"ok\n", &attachment).unwrap();
    let (text, fds) = crate::receive(&there).unwrap();
    assert_eq!(text, b"ok\n");
    (attachment, Attached::open(fds.unwrap()).unwrap())
}

#[test]
fn a_region_holds_what_was_published_last() {
    let region = region(b"one");
    assert_eq!((region.epoch(), &*region.pin()), (1, &b"one"[..]));
    assert_eq!(publish(&region, b"second"), 2);
    let parts: &[(u64, &[u8])] = &[(0, b"S"), (5, b"D")];
    assert_eq!(region.write().publish(Change::Parts(parts)).unwrap(), 3);
    assert_eq!((region.epoch(), &*region.pin()), (3, &b"SeconD"[..]));
    let mut edit = |bytes: &mut [u8]| bytes.copy_from_slice(b"Sec");
    assert_eq!(region.write().publish(Change::Edit(3, &mut edit)).unwrap(), 4);
    assert_eq!(&*region.pin(), b"Sec");
}

#[test]
fn a_pin_keeps_its_epoch_while_others_are_published() {
    let region = region(&[1; 10_000]);
    let old = region.pin();
    for value in 2..100 {
        publish(&region, &[value; 10_000]);
    }
    assert_eq!((old.epoch(), &*old), (1, &[1; 10_000][..]));
    assert_eq!(region.figures().moved, 0);
}

#[test]
fn a_writer_goes_on_when_every_buffer_is_pinned() {
    let region = region(&[0; PAGE]);
    let pins: Vec<_> = (1..=40)
        .map(|value| {
            let pin = region.pin();
            publish(&region, &[value; PAGE]);
            pin
        })
        .collect();
    for (value, pin) in pins.iter().enumerate() {
        assert!(pin.iter().all(|byte| usize::from(*byte) == value) && pin.epoch() == value as u64 + 1);
    }
    assert!(region.figures().moved > 0 && region.figures().buffers <= 8);
}

#[test]
fn a_region_grows_up_to_its_limit_and_no_further() {
    let region = Regions::default().create(form(3 * PAGE), b"small").unwrap();
    publish(&region, &[7; 3 * PAGE]);
    assert_eq!(&*region.pin(), &[7; 3 * PAGE]);
    let refused = region.write().publish(Change::Whole(&[8; 3 * PAGE + 1])).unwrap_err();
    assert!(matches!(refused, RegionError::TooLong { max, .. } if max == 3 * PAGE));
    assert_eq!((region.epoch(), region.pin()[0]), (2, 7));
}

#[test]
fn a_part_outside_of_a_region_changes_nothing() {
    let region = region(b"0123456789");
    for (offset, bytes) in [(10_u64, &b"x"[..]), (9, b"xy"), (u64::MAX, b"x"), (u64::MAX - 1, b"xyz")] {
        let parts: &[(u64, &[u8])] = &[(0, b"new"), (offset, bytes)];
        let refused = region.write().publish(Change::Parts(parts)).unwrap_err();
        assert!(matches!(refused, RegionError::Range { .. }), "{offset}");
    }
    assert_eq!((region.epoch(), &*region.pin()), (1, &b"0123456789"[..]));
}

#[test]
fn a_writer_that_dies_half_way_publishes_nothing() {
    let region = region(&[1; 2 * PAGE]);
    let mut edit = |bytes: &mut [u8]| {
        bytes[..PAGE].fill(2);
        panic!("half-way");
    };
    let died = catch_unwind(AssertUnwindSafe(|| region.write().publish(Change::Edit(2 * PAGE, &mut edit))));
    assert!(died.is_err());
    assert_eq!((region.epoch(), &*region.pin()), (1, &[1; 2 * PAGE][..]));
    for value in 2..20 {
        assert_eq!(publish(&region, &[value; 2 * PAGE]), u64::from(value));
        assert_eq!(&*region.pin(), &[value; 2 * PAGE]);
    }
}

#[test]
fn an_edit_that_panics_after_a_move_keeps_nothing_from_readers() {
    let region = region(&[1; PAGE]);
    let mut pins = vec![region.pin()];
    while pins.len() < crate::layout::REGION_BUFFER_COUNT_MAX {
        publish(&region, &[pins.len() as u8 + 1; PAGE]);
        pins.push(region.pin());
    }
    assert_eq!(region.figures().moved, 0);
    let last = region.epoch();
    let mut edit = |_: &mut [u8]| panic!("after the move");
    let died = catch_unwind(AssertUnwindSafe(|| region.write().publish(Change::Edit(PAGE, &mut edit))));
    assert!(died.is_err());
    assert_eq!(region.epoch(), last);
    assert_eq!(publish(&region, &[99; PAGE]), last + 1);
    assert_eq!((region.epoch(), &*region.pin()), (last + 1, &[99; PAGE][..]));
    assert_eq!(region.figures().moved, 1);
}

#[test]
fn a_quota_is_never_passed_and_given_back() {
    let quota = Quota::new(16 * PAGE);
    let regions = Regions::default();
    let make = || regions.create(Form { bytes_max: 64 * PAGE, first_epoch: 1, quota: quota.clone() }, &[1; PAGE]);
    let all: Vec<_> = (0..4).map(|_| make().unwrap()).collect();
    assert_eq!(quota.used(), 16 * PAGE);
    assert!(matches!(make(), Err(RegionError::Quota { .. })));
    assert!(matches!(all[0].write().publish(Change::Whole(&[2; 2 * PAGE])), Err(RegionError::Quota { .. })));
    assert_eq!(&*all[0].pin(), &[1; PAGE]);
    drop(all);
    assert_eq!(quota.used(), 0);
}

#[test]
fn a_page_is_stamped_where_it_changed() {
    let region = region(&[0; 3 * PAGE + 7]);
    let since = |epoch| region.pin().pages_since(epoch).collect::<Vec<_>>();
    assert_eq!(since(0), [0, 1, 2, 3]);
    assert_eq!(since(1), [0_u32; 0]);
    let parts: &[(u64, &[u8])] = &[(PAGE as u64 - 1, b"ab"), (3 * PAGE as u64, &[0; 7])];
    region.write().publish(Change::Parts(parts)).unwrap();
    assert_eq!(since(1), [0, 1], "what was written and is the same did not change");
    publish(&region, &[0; 2 * PAGE]);
    assert_eq!(since(2), [0, 1]);
    publish(&region, &[0; 3 * PAGE + 7]);
    assert_eq!((since(3), region.pin().page(3).len()), (vec![2, 3], 7));
}

#[test]
fn whoever_waits_for_a_region_is_told() {
    let region = region(b"");
    assert_eq!(region.wait(1, Some(Duration::from_millis(1))), 1);
    assert_eq!(region.wait(0, None), 1);
    thread::scope(|scope| {
        let waiters: Vec<_> = (0..8).map(|_| scope.spawn(|| region.wait(1, None))).collect();
        while region.figures().waiters < 8 {
            thread::yield_now();
        }
        publish(&region, b"x");
        assert!(waiters.into_iter().all(|waiter| waiter.join().unwrap() == 2));
        // What moves to other memory takes its waiters along.
        let waiter = scope.spawn(|| region.wait(2, None));
        while region.figures().waiters < 1 {
            thread::yield_now();
        }
        publish(&region, &[1; 9 * PAGE]);
        assert_eq!(waiter.join().unwrap(), 3);
        let waiter = scope.spawn(|| region.wait(3, None));
        while region.figures().waiters < 1 {
            thread::yield_now();
        }
        region.remove();
        assert_eq!(waiter.join().unwrap(), 3);
    });
    assert!(matches!(region.write().publish(Change::Whole(b"y")), Err(RegionError::Gone)));
}

/// Blocks on a future, counting how often it is polled.
pub(super) fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::sync::Arc::new(Unpark(thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            std::task::Poll::Ready(output) => return output,
            std::task::Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn thousands_who_await_different_regions_are_all_told() {
    const EACH: usize = 200;
    let regions = Regions::default();
    let all: Vec<_> = (0..20).map(|_| regions.create(form(PAGE), b"").unwrap()).collect();
    thread::scope(|scope| {
        let waiters: Vec<_> = (0..all.len())
            .flat_map(|index| {
                let all = &all;
                let wait = move || block_on(all[index].changed(1).unwrap());
                (0..EACH).map(move |_| thread::Builder::new().stack_size(64 << 10).spawn_scoped(scope, wait).unwrap())
            })
            .collect();
        while all.iter().any(|region| region.figures().waiters < EACH) {
            thread::yield_now();
        }
        for region in &all {
            publish(region, b"x");
        }
        assert!(waiters.into_iter().all(|waiter| waiter.join().unwrap() == 2));
    });
    assert!(all.iter().all(|region| region.figures().waiters == 0));
}

#[test]
fn no_awaited_change_is_missed_between_two() {
    const TURNS: u64 = 3000;
    let regions = Regions::default();
    let (ping, pong) = (regions.create(form(PAGE), b"").unwrap(), regions.create(form(PAGE), b"").unwrap());
    thread::scope(|scope| {
        scope.spawn(|| {
            for turn in 1..=TURNS {
                assert_eq!(block_on(ping.changed(turn).unwrap()), turn + 1);
                publish(&pong, b"");
            }
        });
        for turn in 1..=TURNS {
            publish(&ping, b"");
            assert_eq!(block_on(pong.changed(turn).unwrap()), turn + 1);
        }
    });
}

#[test]
fn a_dropped_wait_is_forgotten() {
    let region = region(b"");
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let mut changed = Box::pin(region.changed(1).unwrap());
    assert!(changed.as_mut().poll(&mut context).is_pending());
    assert_eq!(region.figures().waiters, 1);
    drop(changed);
    assert_eq!(region.figures().waiters, 0);
}

#[test]
fn an_attached_region_is_read_and_followed() {
    let region = region(b"one");
    let (attachment, there) = attached(&region);
    let mut bytes = Vec::new();
    assert_eq!((there.read(&mut bytes), &*bytes), (Ok(1), &b"one"[..]));
    thread::scope(|scope| {
        let waiter = scope.spawn(|| there.wait(1, None));
        publish(&region, b"second");
        assert_eq!(waiter.join().unwrap(), 2);
    });
    assert_eq!((there.read(&mut bytes), &*bytes), (Ok(2), &b"second"[..]));
    assert_eq!(there.wait(2, Some(Duration::from_millis(1))), 2);
    publish(&region, &[1; 9 * PAGE]);
    assert!(there.is_retired(), "a region that moved is attached again");
    assert_eq!(region.figures().attached, 1);
    drop(attachment);
    assert_eq!(region.figures().attached, 0);
}

#[test]
fn an_attached_process_cannot_write() {
    let region = region(&[1; PAGE]);
    let attachment = region.attach().unwrap();
    let (here, there) = std::os::unix::net::UnixStream::pair().unwrap();
    crate::send(&here, b"ok\n", &attachment).unwrap();
    let memory = crate::receive(&there).unwrap().1.unwrap();
    assert!(crate::mapping::Mapping::of_file(&memory[0], 0, PAGE, true).is_err());
    assert!(rustix::io::pwrite(&memory[0], b"x", 4096).is_err());
    assert!(rustix::fs::ftruncate(&memory[0], 0).is_err());
}

#[test]
fn more_pinning_processes_than_buffers_stop_no_writer() {
    let region = region(&[0; PAGE]);
    let all: Vec<_> = (1..=20)
        .map(|value| {
            let (attachment, there) = attached(&region);
            let pinned = there.pin_for_test();
            publish(&region, &[value; PAGE]);
            (attachment, there, pinned)
        })
        .collect();
    let figures = region.figures();
    assert!(figures.revoked > 0 && figures.moved == 0, "{figures:?}");
    assert_eq!(region.epoch(), 21);
    // Whose buffer was taken hears of it; everybody else still has the epoch.
    let kept = all.iter().filter(|(_, there, pinned)| there.still_for_test(*pinned)).count();
    assert!((1..8).contains(&kept), "{kept}");
}

#[test]
fn what_an_attached_process_scribbles_breaks_nothing() {
    let region = region(&[0; PAGE]);
    let (attachment, there) = attached(&region);
    for number in [9, 255, u32::MAX, 1, 2, 3, 8] {
        there.scribble_for_test(number);
        for value in 0..10 {
            publish(&region, &[value; PAGE]);
        }
        assert_eq!(&*region.pin(), &[9; PAGE]);
    }
    drop(attachment);
    let foreign = ["x", "y"].map(|name| memfd_create(name, MemfdFlags::ALLOW_SEALING).unwrap());
    assert!(Attached::open(foreign).is_err());
}

/// An epoch whose bytes say which it is and check themselves.
fn sealed(round: u64, len: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..len / 8).flat_map(|at| (round ^ at as u64).to_le_bytes()).collect();
    bytes[..8].copy_from_slice(&round.to_le_bytes());
    bytes
}

fn is_whole(bytes: &[u8]) -> bool {
    let word = |at: usize| u64::from_le_bytes(bytes[at * 8..at * 8 + 8].try_into().unwrap());
    (1..bytes.len() / 8).all(|at| word(at) == word(0) ^ at as u64)
}

/// How long many read and write: longer where no person waits for the tests.
fn crowd_seconds() -> u64 {
    let asked = std::env::var("INOS_REGION_SECONDS").ok().and_then(|text| text.parse().ok());
    let of = |(name, seconds)| std::env::var_os(name).map(|_| seconds);
    asked.or_else(|| [("INOS_TEST_LONG", 600), ("CI", 20)].into_iter().find_map(of)).unwrap_or(3)
}

#[test]
fn many_readers_and_writers_see_no_torn_epoch_and_lose_no_last_one() {
    const LEN: usize = 5 * PAGE;
    let region = region(&sealed(0, LEN));
    let (ended, reads, rounds) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    let until = Instant::now() + Duration::from_secs(crowd_seconds());
    thread::scope(|scope| {
        for reader in 0..64 {
            let (region, ended, reads) = (&region, &ended, &reads);
            scope.spawn(move || {
                let (mut last, mut bytes) = (0, Vec::new());
                let there = (reader % 4 == 0).then(|| attached(region));
                while !ended.load(Ordering::Relaxed) {
                    let epoch = match &there {
                        Some((_, there)) => match there.read(&mut bytes) {
                            Ok(epoch) => {
                                assert!(is_whole(&bytes), "torn");
                                epoch
                            }
                            Err(Revoked) => continue,
                        },
                        None => {
                            let pin = region.pin();
                            assert!(is_whole(&pin), "torn");
                            pin.epoch()
                        }
                    };
                    assert!(epoch >= last);
                    last = epoch;
                    reads.fetch_add(1, Ordering::Relaxed);
                    region.wait(epoch, Some(Duration::from_millis(5)));
                }
            });
        }
        let writers: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    while Instant::now() < until {
                        let round = rounds.fetch_add(1, Ordering::Relaxed) + 1;
                        publish(&region, &sealed(round, LEN));
                    }
                })
            })
            .collect();
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        let published = rounds.load(Ordering::Relaxed);
        assert_eq!(region.epoch(), published + 1);
        publish(&region, &sealed(u64::MAX, LEN));
        ended.store(true, Ordering::Relaxed);
    });
    assert!(reads.load(Ordering::Relaxed) > 64);
    assert_eq!(&*region.pin(), &sealed(u64::MAX, LEN));
}

#[derive(Debug, Clone)]
enum Step {
    Whole(usize, u8),
    Part(usize, usize, u8),
    Pin,
    Unpin(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => (0..6 * PAGE, any::<u8>()).prop_map(|(len, fill)| Step::Whole(len, fill)),
        3 => (0..6 * PAGE, 0..2 * PAGE, any::<u8>()).prop_map(|(at, len, fill)| Step::Part(at, len, fill)),
        1 => Just(Step::Pin),
        1 => any::<usize>().prop_map(Step::Unpin),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn a_region_does_as_its_model(steps in proptest::collection::vec(step(), 1..60)) {
        let region = region(b"");
        let mut history = vec![Vec::new()];
        let mut pins = Vec::new();
        for step in steps {
            let last = history.last().unwrap().clone();
            match step {
                Step::Whole(len, fill) => {
                    publish(&region, &vec![fill; len]);
                    history.push(vec![fill; len]);
                }
                Step::Part(at, len, fill) => {
                    let (start, end) = (at.min(last.len()), (at + len).min(last.len()));
                    let (fill, mut next) = (vec![fill; end.saturating_sub(start)], last);
                    let parts: &[(u64, &[u8])] = &[(start as u64, &fill)];
                    region.write().publish(Change::Parts(parts)).unwrap();
                    next[start..start + fill.len()].copy_from_slice(&fill);
                    history.push(next);
                }
                Step::Pin => pins.push(region.pin()),
                Step::Unpin(which) if !pins.is_empty() => drop(pins.swap_remove(which % pins.len())),
                Step::Unpin(_) => {}
            }
            for pin in &pins {
                prop_assert_eq!(&**pin, &history[pin.epoch() as usize - 1][..]);
            }
            // Whoever has an epoch and puts the stamped pages over it has the newest.
            let pin = region.pin();
            let base = history.len().saturating_sub(4);
            let mut copy = history[base].clone();
            copy.resize(pin.len(), 0xee);
            for page in pin.pages_since(base as u64 + 1) {
                let start = page as usize * PAGE;
                copy[start..start + pin.page(page).len()].copy_from_slice(pin.page(page));
            }
            prop_assert_eq!(&copy, history.last().unwrap());
        }
    }
}

#[test]
fn whoever_follows_is_counted_and_the_first_is_told_of() {
    let region = region(b"x");
    let rung = std::sync::Arc::new(AtomicU64::new(0));
    let bell = rung.clone();
    region.on_follow(Some(std::sync::Arc::new(move || {
        bell.fetch_add(1, Ordering::SeqCst);
    })));
    let (one, other) = (region.follow(), region.clone().follow());
    assert_eq!((region.followers(), rung.load(Ordering::SeqCst)), (2, 1));
    drop(one);
    assert_eq!(region.followers(), 1);
    drop(other);
    let again = region.follow();
    assert_eq!((region.followers(), rung.load(Ordering::SeqCst)), (1, 2));
    region.on_follow(None);
    drop(again);
    drop(region.follow());
    assert_eq!((region.followers(), rung.load(Ordering::SeqCst)), (0, 2), "a bell that was taken off is silent");
}
