//! Which units run in cells, and how one is begun.

use std::{io, process::Command, sync::Arc};

use inos_arena::Arena;
use inos_sandbox::{Lane, Options};
use inos_unit::Unit;

use crate::config::Config;

/// The most memory of its own that a cell may have, in bytes.
const MEMORY_MAX: u64 = 1 << 30;

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
    let options = Options { cells_max: workers, memory_max: MEMORY_MAX };
    let weak = config.weak_cells;
    let lane = Lane::start(arena.clone(), options, turned, move || Ok(command(weak)))?;
    Ok(units.into_iter().map(|unit| if in_cells(&unit) { lane.of(unit) } else { unit }).collect())
}

/// This very program, whatever has become of its file since.
fn command(weak: bool) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.args(["cell", "--server", &std::process::id().to_string(), "--memory", &MEMORY_MAX.to_string()]);
    if weak {
        command.arg("--weak");
    }
    command
}
