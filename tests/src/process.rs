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

    /// The most memory that it ever had, in bytes.
    pub fn memory_peak(&self) -> u64 {
        self.figure("VmHWM:") << 10
    }

    /// How many threads it has.
    pub fn threads(&self) -> u64 {
        self.figure("Threads:")
    }

    /// The processor time that it has taken so far, and how often one of its threads has gone to sleep.
    pub fn exertion(&self) -> (Duration, u64) {
        let read = |path: std::path::PathBuf| std::fs::read_to_string(path).expect("the server runs");
        let folder = std::path::PathBuf::from(format!("/proc/{}", self.pid()));
        let stat = read(folder.join("stat"));
        // The name in parentheses may hold spaces; user and system time are the 14th and 15th field, in ticks.
        let fields = stat.rsplit(')').next().expect("a line has an end").split_whitespace();
        let ticks: u64 = fields.skip(11).take(2).map(|field| field.parse::<u64>().expect("a number")).sum();
        let threads = std::fs::read_dir(folder.join("task")).expect("the server runs");
        let sleeps = threads.map(|thread| {
            let status = read(thread.expect("a thread").path().join("status"));
            let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
            line.and_then(|figure| figure.trim().parse::<u64>().ok()).expect("the kernel tells this figure")
        });
        (
            Duration::from_secs(ticks) / u32::try_from(rustix::param::clock_ticks_per_second()).expect("it is 100"),
            sleeps.sum(),
        )
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
