//! `inos cell`: what a server begins for units that run in processes of their own. Nobody calls it by hand.

use std::io;

use clap::Args;
use inos_sandbox::Fence;

use crate::exit::{Exit, Failure};

/// A process for jobs of the server that began it.
#[derive(Debug, Args)]
pub(super) struct Cell {
    /// The server's process
    #[arg(long)]
    server: u32,
    /// The most memory of its own, in bytes
    #[arg(long)]
    memory: u64,
    /// Puts up with a kernel that cannot fence it in
    #[arg(long)]
    weak: bool,
}

impl Cell {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        let fence = Fence { memory_max: self.memory, weak: self.weak };
        let failed = |error: io::Error| Failure::new(Exit::Internal, format!("a cell could not work: {error}"));
        inos_sandbox::cell::serve(inos_catalog::builtin(), fence, self.server).map_err(failed)?;
        Ok(Exit::Done)
    }
}
