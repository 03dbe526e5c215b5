//! Whether the process may have the threads that a server needs. Asked before anything opens: what cannot start a thread
//! half-way through its start, or on the first request that needs one, can only break off.

use std::{
    io,
    sync::{Arc, Mutex},
    thread,
};

use inos_engine::express_threads;

/// Threads that go neither by cores nor by workers: of the program, the acceptor, the committer and the checkpoint, the
/// watch over jobs, the pulse, the regions, the exporter of traces, and some that wait for disks and databases.
const OTHERS: usize = 16;

/// How many threads a server with so many workers has while it serves; without a number it has one for each core.
pub(crate) fn needed(workers: Option<usize>) -> usize {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let workers = workers.unwrap_or(cores);
    OTHERS + cores + workers + express_threads(workers)
}

/// Starts so many threads, all of which are there at once, and lets them go.
pub(crate) fn probe(count: usize) -> io::Result<()> {
    let gate = Arc::new(Mutex::new(()));
    let shut = gate.lock();
    let start = |_| {
        let gate = gate.clone();
        thread::Builder::new().name("inos-probe".into()).spawn(move || drop(gate.lock()))
    };
    let (started, refused): (Vec<_>, Vec<_>) = (0..count).map(start).partition(Result::is_ok);
    drop(shut);
    for thread in started.into_iter().flatten() {
        // It did nothing that could have gone wrong.
        drop(thread.join());
    }
    refused.into_iter().find_map(Result::err).map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_needs_more_threads_the_more_workers_it_has() {
        assert!(needed(Some(7)) - needed(Some(1)) >= 6);
        assert!(needed(None) >= needed(Some(1)));
        probe(needed(None)).unwrap();
    }
}
