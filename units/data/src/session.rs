//! The engine as a job has it: its own memory, disk, inputs and functions, and nothing that another job could see.

use std::sync::Arc;

use datafusion::{
    common::DataFusionError,
    execution::{
        SessionStateBuilder, SessionStateDefaults,
        context::SessionContext,
        disk_manager::{DiskManagerBuilder, DiskManagerMode},
        memory_pool::FairSpillPool,
        runtime_env::RuntimeEnvBuilder,
    },
    prelude::SessionConfig,
};
use inos_unit::Host;

use crate::{
    fence::functions,
    spill::{Factory, Space},
    store::{Files, Only},
};

/// What a sort keeps at most for merging what it put aside, in bytes: rows may be long, and a batch of them is read at once.
const MERGE_BYTES_MAX: usize = 48 << 20;
/// How many files that were put aside are merged at once.
const FAN_IN: usize = 8;

/// Up to so many bytes and rows the smaller side of a join is built once for all threads, instead of parting both sides
/// among them. With the engine's own 1 MiB and 128 Ki rows some of TPC-H's queries take half as long again.
const ONE_BUILD_BYTES_MAX: usize = 32 << 20;
const ONE_BUILD_ROWS_MAX: usize = 2 << 20;
/// Whole numbers as keys that span up to so many values are looked up in an array of as many places instead of being hashed.
const PERFECT_KEYS_MAX: usize = 4 << 20;

/// The memory that operators share, in bytes, of what the unit may take: the rest is for what nobody reserves.
pub(crate) fn pool(host: &dyn Host) -> usize {
    usize::try_from(host.memory() / 2).unwrap_or(usize::MAX)
}

/// A session over these files, with the threads and the memory that the host gives.
pub(crate) fn session(files: &Arc<Files>, host: &dyn Host) -> Result<SessionContext, DataFusionError> {
    let (threads, pool) = (host.threads(), pool(host));
    let mode = host
        .scratch()
        .map_or(DiskManagerMode::Disabled, |scratch| DiskManagerMode::Custom(Arc::new(Factory(Space::new(scratch)))));
    let runtime = RuntimeEnvBuilder::new()
        .with_object_store_registry(Arc::new(Only(files.clone())))
        .with_memory_pool(Arc::new(FairSpillPool::new(pool)))
        .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(mode))
        .with_max_spill_merge_fan_in(FAN_IN)
        .build_arc()?;
    let mut config = SessionConfig::new().with_target_partitions(threads).with_information_schema(false);
    let options = config.options_mut();
    options.execution.sort_spill_reservation_bytes = MERGE_BYTES_MAX.min(pool / 8);
    options.optimizer.hash_join_single_partition_threshold = ONE_BUILD_BYTES_MAX;
    options.optimizer.hash_join_single_partition_threshold_rows = ONE_BUILD_ROWS_MAX;
    options.execution.perfect_hash_join_small_build_threshold = PERFECT_KEYS_MAX;
    options.catalog.create_default_catalog_and_schema = true;
    options.execution.planning_concurrency = threads;
    // Paths of partitions are folders below a table's own.
    options.execution.listing_table_ignore_subdirectory = false;
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_expr_planners(SessionStateDefaults::default_expr_planners())
        .with_scalar_functions(functions::scalar())
        .with_higher_order_functions(functions::higher_order())
        .with_aggregate_functions(functions::aggregate())
        .with_window_functions(functions::window())
        .with_table_function_list(functions::table())
        .build();
    Ok(SessionContext::new_with_state(state))
}
