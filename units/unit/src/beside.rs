//! Work that cannot be stopped in its middle.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{RecvTimeoutError, sync_channel},
    },
    thread,
    time::Duration,
};

use crate::{Fault, Host};

/// How long lies between two looks at the host.
const LOOK: Duration = Duration::from_millis(1);
/// How many threads were left to their work by jobs that stopped.
static LEFT: AtomicUsize = AtomicUsize::new(0);
/// The most of them, so that whoever stops job after job takes no more of the machine than this beside the job's own thread.
static LEFT_MAX: LazyLock<usize> = LazyLock::new(|| thread::available_parallelism().map_or(1, usize::from));

/// Does work of a library that asks nobody whether to go on, on a thread of its own, and leaves it there when the job stops;
/// where as many are left as may be, a job that stops waits for its own work.
///
/// What is left behind ends by itself and lets go of its memory then, so that the work has to be short (at most about a
/// second), and its memory bounded by whoever hands it over.
pub fn beside<T: Send + 'static>(host: &dyn Host, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    host.check()?;
    let (say, hear) = sync_channel(1);
    let is_over = Arc::new(AtomicBool::new(false));
    let over = Arc::clone(&is_over);
    let doing = move || {
        // What it came to goes before the thread counts as done, and with it all that it held.
        let result = catch_unwind(AssertUnwindSafe(work));
        // Nobody hears of it where the job has stopped.
        drop(say.send(result));
        if over.swap(true, Ordering::AcqRel) {
            LEFT.fetch_sub(1, Ordering::Relaxed);
        }
    };
    let thread = thread::Builder::new().name("inos-beside".into()).spawn(doing);
    thread.map_err(|error| Fault::NoRoom(format!("no thread could be started ({error}); try again shortly")))?;
    loop {
        match hear.recv_timeout(LOOK) {
            Ok(Ok(result)) => return host.check().map(|()| result),
            Ok(Err(why)) => resume_unwind(why),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(Fault::Broken("a thread ended without a word".into())),
        }
        if let Err(stop) = host.check()
            && may_leave()
        {
            // It may have ended just now.
            if is_over.swap(true, Ordering::AcqRel) {
                LEFT.fetch_sub(1, Ordering::Relaxed);
            }
            return Err(stop);
        }
    }
}

/// Counts one more that is left, where there may be one more.
fn may_leave() -> bool {
    let more = |left: usize| (left < *LEFT_MAX).then_some(left + 1);
    LEFT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Barrier, atomic::AtomicU64},
        time::Instant,
    };

    use super::*;
    use crate::testing::Quiet;

    fn stopped_after(looks: u64) -> Quiet {
        Quiet { cancel_after: Some(AtomicU64::new(looks)), ..Quiet::default() }
    }

    #[test]
    fn what_it_came_to_is_handed_back_and_a_panic_goes_on() {
        assert_eq!(beside(&Quiet::default(), || 7).ok(), Some(7));
        let broke_off = catch_unwind(|| beside(&Quiet::default(), || panic!("so it is")));
        assert_eq!(broke_off.unwrap_err().downcast_ref(), Some(&"so it is"));
        assert!(matches!(beside(&stopped_after(0), || 7), Err(Fault::Cancelled)));
    }

    #[test]
    fn a_job_that_stops_leaves_its_work_as_long_as_few_are_left() {
        let gate = Arc::new(Barrier::new(*LEFT_MAX + 1));
        for _ in 0..*LEFT_MAX {
            let gate = Arc::clone(&gate);
            let ended = beside(&stopped_after(3), move || {
                gate.wait();
            });
            assert!(matches!(ended, Err(Fault::Cancelled)));
        }
        // As many as may be left are, so that the next one that stops stays until its work is done.
        let is_done = Arc::new(AtomicBool::new(false));
        let done = Arc::clone(&is_done);
        let work = move || {
            thread::sleep(20 * LOOK);
            done.store(true, Ordering::Relaxed);
        };
        assert!(matches!(beside(&stopped_after(3), work), Err(Fault::Cancelled)));
        assert!(is_done.load(Ordering::Relaxed));
        gate.wait();
        let end = Instant::now() + Duration::from_secs(10);
        while LEFT.load(Ordering::Relaxed) > 0 {
            assert!(Instant::now() < end, "what was left behind never ended");
            thread::yield_now();
        }
    }
}
