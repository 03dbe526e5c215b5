//! The unit `audio`: sound read, measured, changed and written. It runs in a cell, since what it reads is not to be trusted,
//! and keeps nothing from one job to the next.

mod chain;
mod flac;
mod info;
mod measure;
mod methods;
mod parted;
mod plain;
mod read;
mod sound;
mod spatial;
mod steps;
#[cfg(test)]
mod tests;
mod wav;
mod write;

use inos_unit::{Call, Fault, Host, Lane, Spec, Unit};

#[doc(hidden)]
pub use measure::amplitudes;

/// Sounds: decoded, encoded, measured and changed.
pub struct Audio {
    spec: Spec,
}

impl Audio {
    /// The unit; cheap, and starts nothing.
    pub fn new() -> Self {
        let summary = "Sound: files read and written, measured, changed and placed in space.";
        let methods = methods::all();
        Self { spec: Spec { lane: Lane::Cells, name: "audio", version: "1.0.0", summary, methods } }
    }
}

impl Default for Audio {
    fn default() -> Self {
        Self::new()
    }
}

impl Unit for Audio {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn run(&self, call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
        methods::run(call, host)
    }
}
