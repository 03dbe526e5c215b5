//! How what lasts ends: regions, attachments and pulses say so, and nobody waits for ever or in vain.

use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Wake};
use std::thread;
use std::time::Duration;

use super::regions::{attached, block_on, publish, region};
use super::{MIB, Small};
use crate::{Pulse, wait_any};

const PAGE: usize = 4096;

#[test]
fn an_attachment_that_ends_is_told_and_wakes_who_sleeps() {
    let region = region(b"one");
    let (attachment, there) = attached(&region);
    assert!(!there.has_ended());
    thread::scope(|scope| {
        let sleepers: Vec<_> = (0..4).map(|_| scope.spawn(|| there.wait(1, None))).collect();
        drop(attachment);
        assert!(sleepers.into_iter().all(|sleeper| sleeper.join().unwrap() == 1));
    });
    assert!(there.has_ended() && !there.is_retired());
    let (attachment, there) = attached(&region);
    publish(&region, &[1; 9 * PAGE]);
    // By now the region lies elsewhere, and the process is told where it is.
    drop(attachment);
    assert!(there.has_ended() && there.is_retired());
}

#[test]
fn no_attachment_ends_unseen_whenever_its_process_falls_asleep() {
    let region = region(b"");
    for turn in 0..200 {
        let (attachment, there) = attached(&region);
        thread::scope(|scope| {
            scope.spawn(|| assert_eq!(there.wait(1, None), 1));
            for _ in 0..turn {
                std::hint::spin_loop();
            }
            drop(attachment);
        });
    }
}

#[test]
fn a_region_that_is_gone_is_not_given_away() {
    let region = region(b"");
    region.remove();
    assert!(matches!(region.attach(), Err(crate::RegionError::Gone)));
    assert_eq!(region.figures().attached, 0);
}

/// Counts how often it was woken.
#[derive(Default)]
struct Woken(AtomicU64, Option<thread::Thread>);

impl Wake for Woken {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
        self.1.iter().for_each(thread::Thread::unpark);
    }
}

#[test]
fn whoever_awaits_the_end_of_a_region_is_woken_by_nothing_else() {
    let region = region(b"");
    let woken = std::sync::Arc::new(Woken(AtomicU64::new(0), Some(thread::current())));
    let waker = woken.clone().into();
    let mut removed = Box::pin(region.removed().unwrap());
    assert!(removed.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    for _ in 0..100 {
        // This one is woken each time, by the same thread.
        let changed = region.changed(region.epoch()).unwrap();
        publish(&region, b"x");
        block_on(changed);
    }
    assert_eq!((woken.0.load(Ordering::SeqCst), region.figures().waiters), (0, 1));
    region.remove();
    while woken.0.load(Ordering::SeqCst) == 0 {
        thread::park();
    }
    assert!(removed.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
    assert_eq!(block_on(region.removed().unwrap()), 101);
}

#[test]
fn what_a_region_takes_is_known_while_it_is_being_written() {
    let region = region(b"abc");
    let _writing = region.write();
    thread::scope(|scope| {
        let figures = scope.spawn(|| region.figures()).join().unwrap();
        assert_eq!((figures.bytes, figures.buffers), (3, 3));
        let (attachment, there) = scope.spawn(|| attached(&region)).join().unwrap();
        assert_eq!((there.epoch(), region.figures().attached), (1, 1));
        scope.spawn(|| drop(attachment)).join().unwrap();
    });
}

#[test]
fn a_pulse_ends_at_once_whatever_it_sleeps_for() {
    const LONG: Duration = Duration::from_secs(3600);
    let pulse = Pulse::start(LONG).unwrap();
    assert_eq!(pulse.wait(0, Some(Duration::from_millis(20))), 0);
    // Would this join a thread that sleeps for an hour, the test would not end.
    drop(pulse);
}

/// Has a system call refused to the calling thread from here on, as a sandbox would.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
fn refuse(call: libc::c_long) {
    let step = |code: u32, jt, jf, k| libc::sock_filter { code: code as u16, jt, jf, k };
    let mut steps = [
        step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        step(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 1, call as u32),
        step(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32),
        step(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog { len: steps.len() as u16, filter: steps.as_mut_ptr() };
    // SAFETY: the program lies on the stack for as long as the kernel reads it, and only refuses one call to this thread.
    let refused = unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
            && libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) == 0
    };
    assert!(refused, "this kernel has no filters");
}

/// How often the calling thread gave up its core by itself.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
fn sleeps() -> i64 {
    // SAFETY: zeros are a valid record, which the call fills.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the record is alive during the call.
    assert_eq!(unsafe { libc::getrusage(libc::RUSAGE_THREAD, &raw mut usage) }, 0);
    usage.ru_nvcsw
}

#[test]
#[cfg(target_arch = "x86_64")]
fn where_a_filter_refuses_to_wait_for_several_the_wait_goes_on_and_does_not_spin() {
    let arena = Small::new(4 * MIB);
    let (first, second) = (arena.epoch(64), arena.epoch(65));
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            refuse(libc::SYS_futex_waitv);
            let before = sleeps();
            assert_eq!(wait_any(&[(&first, 0), (&second, 0)], Some(Duration::from_millis(200))), None);
            assert!(sleeps() >= before + 10, "whoever asks again and again never sleeps");
            wait_any(&[(&first, 0), (&second, 0)], None)
        });
        thread::sleep(Duration::from_millis(250));
        second.advance();
        assert_eq!(waiter.join().unwrap(), Some(1));
    });
}
