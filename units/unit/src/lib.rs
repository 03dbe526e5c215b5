//! The contract that a unit's author sees. A unit computes; it never opens a socket, a file or a database,
//! and nothing here knows how it is scheduled or paid.

mod call;
mod fault;
mod host;
mod spec;
pub mod testing;

pub use call::{Call, Inputs, Output, Source};
pub use fault::Fault;
pub use host::Host;
pub use inos_protocols::job::Params;
pub use spec::{Determinism, Method, Price, Reading, Spec, schema_of};

/// Something that does work: it says what it can do and does it.
pub trait Unit: Send + Sync + 'static {
    /// What the unit offers; the same value for as long as it lives.
    fn spec(&self) -> &Spec;

    /// Runs one job to its end on the calling thread.
    ///
    /// Parameters have passed the method's schema. Work longer than 10 ms asks [`Host::check`] at least that often
    /// and passes its fault on, so that a cancelled job really stops.
    fn run(&self, call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault>;
}
