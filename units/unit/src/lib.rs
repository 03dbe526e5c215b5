//! The contract that a unit's author sees. A unit computes; it never opens a socket, a file or a database,
//! and nothing here knows how it is scheduled or who pays.

mod beside;
mod call;
mod fault;
mod foresight;
mod held;
mod host;
mod prices;
mod region;
mod session;
mod spec;
pub mod testing;

pub use beside::beside;
pub use call::{Call, Inputs, Output, Source, read_params, read_parted};
pub use fault::Fault;
pub use foresight::{Foreseen, Sight};
pub use held::HeldKey;
pub use host::{Host, Scratch};
pub use inos_protocols::{held::KeyKind, job::Params, quote::Basis};
pub use prices::{Metered, Price, PriceError, PriceTable, Used};
pub use region::{Make, RegionForm, State};
pub use session::{Alone, Pace, SESSION_BYTES_MAX, SESSION_MEDIA, SESSION_TIMEOUT_MS, Stage, session_method};
pub use spec::{Determinism, Lane, Method, Reading, Spec, Standing, schema_of, schema_of_both};

/// Something that does work: it says what it can do and does it.
pub trait Unit: Send + Sync + 'static {
    /// What the unit offers; the same value for as long as it lives.
    fn spec(&self) -> &Spec;

    /// Whether what runs it is there.
    fn standing(&self) -> Standing {
        Standing::Ready
    }

    /// Runs one job to its end on the calling thread.
    ///
    /// Parameters have passed the method's schema. Work longer than 10 ms asks [`Host::check`] at least that often
    /// and passes its fault on, so that a cancelled job really stops; what a library cannot stop goes through [`beside`].
    fn run(&self, call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault>;

    /// Whether a method is a session: a job that lives on and steps a region on a pulse. It has a thread of its own, and is
    /// charged for the time that its steps take, not for what lies between them. The same answer for as long as it lives.
    fn is_session(&self, _method: &str) -> bool {
        false
    }

    /// How many bytes a job would write, without doing its work: what a quote goes by.
    ///
    /// `None` where nobody can say. Takes at most about a millisecond, since nobody pays for it.
    fn foresee(&self, _method: &str, _params: &Params, _inputs: &[Sight<'_>]) -> Option<Foreseen> {
        None
    }
}
