//! How many files and sockets the process may have open, and how many of them connections may take.

use rustix::process::{Resource, getrlimit, setrlimit};

/// The most files that are left for the ledger, payloads and spools; a process with few leaves a quarter of them.
const KEPT_MAX: u64 = 1_024;
/// The most connections at once where the operator names no number: while they rest they take less than 2 GiB together.
const CONNECTIONS_MAX: u64 = 100_000;

/// How many mappings a process may have where the kernel does not say: what Linux begins with.
const MAPPINGS_DEFAULT: u64 = 65_530;

/// Takes as many open files as this process may have: each connection is one.
pub(crate) fn raise_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        limit.current = limit.maximum;
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            tracing::warn!(%error, "could not raise the limit of open files");
        }
    }
}

/// How many connections there may be at once: what the operator says, else what the limit of open files leaves.
pub(crate) fn connections_max(wanted: Option<usize>) -> usize {
    let room = room(getrlimit(Resource::Nofile).current, mappings_max());
    match wanted {
        Some(wanted) if wanted > room => {
            tracing::warn!(
                connections_max = wanted,
                "the limit of open files leaves {room} connections: raise it (ulimit -n), or lower connections-max"
            );
            wanted
        }
        Some(wanted) => wanted,
        None => room.min(usize::try_from(CONNECTIONS_MAX).unwrap_or(usize::MAX)),
    }
}

/// How many regions there may be: each is an open file, and a mapping, of which the kernel allows a process so many.
pub(crate) fn regions_max() -> usize {
    let regions = regions(getrlimit(Resource::Nofile).current, mappings_max());
    usize::try_from(regions).unwrap_or(usize::MAX)
}

/// How many mappings the kernel allows a process.
fn mappings_max() -> u64 {
    let said = std::fs::read_to_string("/proc/sys/vm/max_map_count").ok();
    said.and_then(|said| said.trim().parse().ok()).unwrap_or(MAPPINGS_DEFAULT)
}

/// The regions that fit under a limit of open files, where `None` is no limit, and one of mappings.
fn regions(files: Option<u64>, mappings: u64) -> u64 {
    (files.unwrap_or(u64::MAX) / 2).min(mappings / 4)
}

/// The connections that fit under a limit of open files beside as many regions as there may be; `None` is no limit.
fn room(files: Option<u64>, mappings: u64) -> usize {
    let left = files.map_or(u64::MAX, |some| some - KEPT_MAX.min(some / 4) - regions(files, mappings));
    usize::try_from(left).unwrap_or(usize::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_take_a_part_of_files_and_mappings() {
        let max = regions_max() as u64;
        assert!((1..=mappings_max() / 4).contains(&max), "{max}");
    }

    #[test]
    fn regions_connections_and_everything_else_share_the_files() {
        let few = [(0, 0, 1), (64, 32, 16), (256, 128, 64), (1_024, 512, 256), (20_000, 10_000, 8_976)];
        // There are no more regions than the kernel allows mappings for: the files beyond are for connections.
        let many = [(100_000, 16_382, 82_594), (1 << 20, 16_382, (1 << 20) - 1_024 - 16_382)];
        for (files, for_regions, for_connections) in few.into_iter().chain(many) {
            let shares = (regions(Some(files), MAPPINGS_DEFAULT), room(Some(files), MAPPINGS_DEFAULT));
            assert_eq!(shares, (for_regions, for_connections), "{files}");
        }
        assert_eq!(connections_max(Some(7)), 7);
        assert!(connections_max(None) as u64 <= CONNECTIONS_MAX);
    }
}
