//! What a server's process takes of its machine, read from `/proc` as any operator can.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use crate::{TestNode, until};

impl TestNode {
    /// Anonymous and shared memory that is resident, in bytes.
    pub fn memory(&self) -> u64 {
        (self.figure("RssAnon:") + self.figure("RssShmem:")) << 10
    }

    /// The most memory that the server takes more than before while something is done, in bytes.
    pub fn growth(&self, deed: impl FnOnce()) -> u64 {
        let (before, done) = (self.memory(), AtomicBool::new(false));
        std::thread::scope(|scope| {
            let most = scope.spawn(|| {
                let mut most = 0;
                until(Duration::from_secs(600), || {
                    most = self.memory().max(most);
                    done.load(Ordering::Relaxed)
                });
                most
            });
            // Also a deed that fails ends the watch.
            let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(deed));
            done.store(true, Ordering::Relaxed);
            let most = most.join().expect("the watch only reads files");
            if let Err(failure) = ended {
                std::panic::resume_unwind(failure);
            }
            most.saturating_sub(before)
        })
    }

    /// How many threads it has.
    pub fn threads(&self) -> u64 {
        self.figure("Threads:")
    }

    /// How many files and sockets it has open.
    pub fn files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.pid())).expect("the server runs").count()
    }

    /// The first number of a line of `/proc/PID/status`.
    fn figure(&self, name: &str) -> u64 {
        let path = format!("/proc/{}/status", self.pid());
        let status = std::fs::read_to_string(path).expect("the server runs");
        let line = status.lines().find(|line| line.starts_with(name)).expect("the kernel tells this figure");
        line.split_whitespace().nth(1).and_then(|figure| figure.parse().ok()).expect("a figure is a number")
    }
}
