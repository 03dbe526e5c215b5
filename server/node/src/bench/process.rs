//! What a process on this machine used, from /proc.

use std::time::Duration;

/// Processor time and memory of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Usage {
    /// Time on all cores, user and kernel.
    pub(super) cpu: Duration,
    /// Resident memory, in bytes.
    pub(super) rss_bytes: u64,
}

impl Usage {
    /// What the process used so far; none if there is no such process.
    pub(super) fn of(pid: u32) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let ticks = ticks(&stat)?;
        let cpu = Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64);
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        Some(Self { cpu, rss_bytes: rss(&status)? })
    }

    /// What it used since then; the memory is what it has now.
    pub(super) fn since(self, before: Self) -> Self {
        Self { cpu: self.cpu.saturating_sub(before.cpu), rss_bytes: self.rss_bytes }
    }
}

/// User and kernel ticks; the name before them may hold spaces and brackets.
fn ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    next()?.checked_add(next()?)
}

fn rss(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_a_usage() {
        let usage = Usage::of(std::process::id()).unwrap();
        assert!(usage.rss_bytes > 1 << 20);
        assert_eq!(Usage::of(u32::MAX), None);
    }

    #[test]
    fn a_name_cannot_confuse_the_count() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 100 0 0 0 7 5 0 0 20 0 1 0 100 0 0";
        assert_eq!(ticks(stat), Some(12));
        assert_eq!(rss("Name:\tx\nVmRSS:\t    2048 kB\n"), Some(2 << 20));
    }
}
