//! The unit `image`: pictures read, measured, changed and written. It runs in a cell, since what it reads is not to be trusted,
//! and keeps nothing from one job to the next.

mod bands;
mod colour;
mod measure;
mod methods;
mod picture;
mod read;
mod steps;
#[cfg(test)]
mod tests;
mod write;

use inos_unit::{Call, Fault, Host, Lane, Spec, Unit};

/// Pictures: decoded, encoded, measured and changed.
pub struct Image {
    spec: Spec,
}

impl Image {
    /// The unit; cheap, and starts nothing.
    pub fn new() -> Self {
        let summary = "Pictures: files read and written, resized, changed, laid over each other, compared.";
        let methods = methods::all();
        Self { spec: Spec { lane: Lane::Cells, name: "image", version: "1.0.0", summary, methods } }
    }
}

impl Default for Image {
    fn default() -> Self {
        Self::new()
    }
}

impl Unit for Image {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn run(&self, call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
        methods::run(call, host)
    }
}
