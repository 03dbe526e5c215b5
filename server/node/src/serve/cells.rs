//! Which units run in cells, and how one is begun.

use std::{io, process::Command, sync::Arc};

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
    // A container may have less than the machine; what cannot be read or is no number sets no limit.
    let container = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    let memory = container.map_or(machine, |limit: u64| limit.min(machine));
    (memory / 2 / workers.max(1) as u64).clamp(MEMORY_MIN, MEMORY_MAX)
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
