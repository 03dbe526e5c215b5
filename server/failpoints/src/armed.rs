//! What a point does in a build for tests.

use std::sync::{
    LazyLock,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use rustix::process::{Signal, getpid, kill_process};

use crate::Point;

/// The environment's word for the point that ends the process.
const VARIABLE: &str = "FAILPOINT";

/// The point that was asked for, and at which passing it ends the process.
static ASKED: LazyLock<Option<(String, u64)>> = LazyLock::new(|| {
    let asked = std::env::var(VARIABLE).ok()?;
    let (name, number) = asked.split_once('@').unwrap_or((&asked, "1"));
    assert!(Point::ALL.iter().any(|point| point.name() == name), "there is no failpoint {name}");
    Some((name.into(), number.parse().expect("a failpoint's passing is a number")))
});
static PASSED: AtomicU64 = AtomicU64::new(0);

pub(crate) fn reach(point: Point) {
    let Some((name, number)) = &*ASKED else { return };
    if point.name() != name || PASSED.fetch_add(1, Relaxed) + 1 != *number {
        return;
    }
    // No destructor, no flush, no word to anybody: as `kill -9`.
    kill_process(getpid(), Signal::KILL).expect("a process may end itself");
    loop {
        std::thread::park();
    }
}
