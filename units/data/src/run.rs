//! Work of the engine on threads of its own, while the job's thread asks whether to stop and writes what comes.

use std::{sync::Arc, time::Duration};

use arrow::array::RecordBatch;
use inos_unit::{Fault, Host};
use tokio::{
    runtime::{Builder, Runtime},
    sync::mpsc,
    time::timeout,
};

use crate::{faults::of_memory, session::pool, store::Files, tables::Table};

/// How often the host is asked whether to stop.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// The stack of a thread, in bytes: plans are trees, and some of the engine walks them by calling itself.
const STACK_LEN: usize = 16 << 20;
/// How many batches wait for being written.
const BATCHES_WAITING: usize = 2;
/// The most threads for what blocks.
const BLOCKING_MAX: usize = 4;

/// Where work sends its batches.
pub(crate) type Batches = mpsc::Sender<RecordBatch>;

/// Runs `work` to its end and gives each batch that it sends to `take`. `blame` is the place of whatever may have made the
/// engine break off, if not its own defect.
///
/// When the host says stop, this returns once the threads have really ended: those that do not are left to whoever can end
/// the process.
pub(crate) fn drive<T, F>(
    host: &dyn Host,
    (files, blame): (&Arc<Files>, Option<&str>),
    work: impl FnOnce(Batches) -> F,
    take: impl FnMut(RecordBatch) -> Result<(), Fault>,
) -> Result<T, Fault>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Fault>> + Send + 'static,
{
    let done = follow(host, (&**files, blame), work, take);
    // Of a file with columns, often a small part.
    host.needed(files.bytes_read().min(files.bytes()));
    done.map_err(|fault| of_memory(fault, pool(host)))
}

fn follow<T, F>(
    host: &dyn Host,
    (files, blame): (&Files, Option<&str>),
    work: impl FnOnce(Batches) -> F,
    mut take: impl FnMut(RecordBatch) -> Result<(), Fault>,
) -> Result<T, Fault>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Fault>> + Send + 'static,
{
    let runtime = runtime(host.threads())?;
    let (sender, mut batches) = mpsc::channel(BATCHES_WAITING);
    let task = runtime.spawn(work(sender));
    let total = files.bytes();
    loop {
        host.check()?;
        match runtime.block_on(async { timeout(LOOK_EVERY, batches.recv()).await }) {
            Ok(Some(batch)) => take(batch)?,
            Ok(None) => break,
            Err(_) => {}
        }
        host.progress(files.bytes_read().min(total), total);
    }
    // Work that has dropped its sender may still be about to end.
    let mut task = task;
    loop {
        match runtime.block_on(async { timeout(LOOK_EVERY, &mut task).await }) {
            Ok(Ok(done)) => return done,
            Ok(Err(error)) => return Err(broken_off(&error.to_string(), blame)),
            Err(_) => host.check()?,
        }
    }
}

/// Readers of binary files check most of what a file says, and break off where they find the rest out.
fn broken_off(why: &str, blame: Option<&str>) -> Fault {
    match blame {
        Some(pointer) => Fault::invalid(pointer, "cannot be read: the file contradicts itself"),
        None => Fault::Broken(format!("the engine broke off: {why}")),
    }
}

/// Where the files lie whose layout may lead a reader astray.
pub(crate) fn blame(tables: &[Table]) -> Option<&'static str> {
    tables.iter().any(Table::has_layout).then_some("/inputs")
}

fn runtime(threads: usize) -> Result<Runtime, Fault> {
    let built = Builder::new_multi_thread()
        .worker_threads(threads.max(1))
        .max_blocking_threads(BLOCKING_MAX)
        .thread_name("inos-data")
        .thread_stack_size(STACK_LEN)
        .enable_time()
        .build();
    built.map_err(|error| Fault::NoRoom(format!("no threads for the engine: {error}")))
}
