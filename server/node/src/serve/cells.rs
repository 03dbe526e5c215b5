//! Which units run in cells, and how one is begun.

use std::{fs, io, path::Path, process::Command, sync::Arc};

use inos_arena::Arena;
use inos_sandbox::{Lane, Options};
use inos_unit::Unit;

use crate::config::Config;

/// The least memory that a cell is given where nobody says.
const MEMORY_MIN: u64 = 256 << 20;
/// The most.
const MEMORY_MAX: u64 = 16 << 30;

/// The units as the engine runs them: those that ask for it in cells, of which there are none where no unit does.
pub(super) fn lanes(
    units: Vec<Arc<dyn Unit>>,
    config: &Config,
    workers: usize,
    arena: &Arena,
    turned: impl Fn() + Send + Sync + 'static,
) -> io::Result<Vec<Arc<dyn Unit>>> {
    let in_cells = |unit: &Arc<dyn Unit>| unit.spec().lane == inos_unit::Lane::Cells;
    if !units.iter().any(in_cells) {
        return Ok(units);
    }
    let memory_max = config.cell_bytes_max.map_or_else(|| usual_memory(workers), |bytes| bytes as u64);
    let weak = config.weak_cells;
    let options = Options { cells_max: workers, memory_max };
    let lane = Lane::start(arena.clone(), options, turned, move || Ok(command(memory_max, weak)))?;
    Ok(units.into_iter().map(|unit| if in_cells(&unit) { lane.of(unit) } else { unit }).collect())
}

/// What a cell may take where nobody says: as many as may work at once take half of the machine's memory.
fn usual_memory(workers: usize) -> u64 {
    let system = rustix::system::sysinfo();
    let machine = (system.totalram as u64).saturating_mul(system.mem_unit.into());
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let allowed = allowed(Path::new("/sys/fs/cgroup"), &groups);
    share(allowed.map_or(machine, |limit| limit.min(machine)), workers)
}

/// One worker's part of the half of this memory.
fn share(memory: u64, workers: usize) -> u64 {
    (memory / 2 / workers.max(1) as u64).clamp(MEMORY_MIN, MEMORY_MAX)
}

/// The most memory that a container or a service may have: the least of all limits of the groups that this process is in,
/// which `groups` lists as `/proc/self/cgroup` does, below where they are mounted. What cannot be read or is no number sets no
/// limit.
fn allowed(mounted: &Path, groups: &str) -> Option<u64> {
    let limits = groups.lines().flat_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (kinds, path) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        // The second version has one tree without a name, the first one for each kind.
        let (tree, file) = match kinds {
            "" => (mounted.to_owned(), "memory.max"),
            _ if kinds.split(',').any(|kind| kind == "memory") => (mounted.join("memory"), "memory.limit_in_bytes"),
            _ => return Vec::new(),
        };
        // Within a container the path may be as it is outside, while what is mounted begins with the container's own group: of
        // the folders on the way at least the first is there.
        let above = Path::new(path.trim_start_matches('/')).ancestors().map(|group| tree.join(group).join(file));
        above.filter_map(|file| fs::read_to_string(file).ok()?.trim().parse::<u64>().ok()).collect()
    });
    limits.min()
}

/// This very program, whatever has become of its file since.
fn command(memory_max: u64, weak: bool) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.args(["cell", "--server", &std::process::id().to_string(), "--memory", &memory_max.to_string()]);
    if weak {
        command.arg("--weak");
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn workers_share_half_of_the_memory_within_bounds() {
        assert_eq!(share(16 * GIB, 4), 2 * GIB);
        assert_eq!(share(16 * GIB, 0), 8 * GIB);
        assert_eq!(share(GIB, 64), MEMORY_MIN);
        assert_eq!(share(1024 * GIB, 2), MEMORY_MAX);
    }

    /// What is allowed where these files hold these texts.
    fn check(files: &[(&str, &str)], groups: &str, wanted: Option<u64>) {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        assert_eq!(allowed(folder.path(), groups), wanted, "{files:?} {groups}");
    }

    #[test]
    fn the_least_limit_of_all_groups_on_the_way_counts() {
        check(&[], "", None);
        check(&[], "0::/", None);
        check(&[("memory.max", "4294967296\n")], "0::/\n", Some(4 * GIB));
        check(&[("memory.max", "max\n")], "0::/\n", None);
        let service = [("system.slice/memory.max", "4294967296\n"), ("system.slice/inos.service/memory.max", "max\n")];
        check(&service, "0::/system.slice/inos.service\n", Some(4 * GIB));
        // The first version, as a container sees it whose groups have their outer names.
        let first = [("memory/memory.limit_in_bytes", "2147483648\n")];
        check(&first, "5:cpu,cpuacct:/docker/1f\n4:memory:/docker/1f\n0::/\n", Some(2 * GIB));
        check(&first, "4:hugetlb,memory:/\n", Some(2 * GIB));
        check(&first, "4:cpu:/\n", None);
        let nested =
            [("memory/a/memory.limit_in_bytes", "9\n"), ("memory/a/b:c/memory.limit_in_bytes", "7\n"), first[0]];
        check(&nested, "4:memory:/a/b:c\n", Some(7));
        check(&nested, "4:memory:/a/other\n", Some(9));
    }
}
