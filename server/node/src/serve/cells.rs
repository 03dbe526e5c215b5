//! Which units run in cells, and how one is begun.

use std::{io, process::Command, sync::Arc};

use inos_arena::Arena;
use inos_sandbox::{Lane, Options};
use inos_unit::Unit;

use crate::config::Config;

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
    let (memory_max, weak) = (config.cell_bytes_max as u64, config.weak_cells);
    let options = Options { cells_max: workers, memory_max };
    let lane = Lane::start(arena.clone(), options, turned, move || Ok(command(memory_max, weak)))?;
    Ok(units.into_iter().map(|unit| if in_cells(&unit) { lane.of(unit) } else { unit }).collect())
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
