//! The contract that a unit's author sees. A unit computes; it never opens a socket, a file or a database,
//! and nothing here knows how it is scheduled or who pays.

mod call;
mod fault;
mod foresight;
mod host;
mod prices;
mod spec;
pub mod testing;

pub use call::{Call, Inputs, Output, Source, read_params};
pub use fault::Fault;
pub use foresight::{Foreseen, Sight};
pub use host::Host;
pub use inos_protocols::{job::Params, quote::Basis};
pub use prices::{Amended, Metered, Price, PriceError, PriceFile, PriceTable, Used};
pub use spec::{Determinism, Method, Reading, Spec, schema_of};

/// Something that does work: it says what it can do and does it.
pub trait Unit: Send + Sync + 'static {
    /// What the unit offers; the same value for as long as it lives.
    fn spec(&self) -> &Spec;

    /// Runs one job to its end on the calling thread.
    ///
    /// Parameters have passed the method's schema. Work longer than 10 ms asks [`Host::check`] at least that often
    /// and passes its fault on, so that a cancelled job really stops.
    fn run(&self, call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault>;

    /// How many bytes a job would write, without doing its work: what a quote goes by.
    ///
    /// `None` where nobody can say. Takes at most about a millisecond, since nobody pays for it.
    fn foresee(&self, _method: &str, _params: &Params, _inputs: &[Sight<'_>]) -> Option<Foreseen> {
        None
    }
}
