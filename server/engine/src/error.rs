//! Why an engine could not start.

/// Why an engine could not start. Once it runs, nothing here can happen any more.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A unit's description contradicts itself or another's.
    #[error("unit {unit} cannot be offered: {reason}")]
    Unit {
        /// The unit, and the method where one is at fault.
        unit: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A method's schema is no JSON Schema.
    #[error("could not compile the schema of {unit}.{method}")]
    Schema {
        /// The unit.
        unit: &'static str,
        /// The method.
        method: &'static str,
        /// Why.
        source: Box<jsonschema::ValidationError<'static>>,
    },
    /// Prices that an operator amended cannot be used.
    #[error("the prices cannot be used")]
    Prices(#[source] inos_unit::PriceError),
    /// An option outside its range.
    #[error("option {name} is out of range: {reason}")]
    Option {
        /// The option.
        name: &'static str,
        /// What it must be.
        reason: &'static str,
    },
    /// The system gave no thread.
    #[error("could not start thread {name}")]
    Thread {
        /// The thread's name.
        name: String,
        /// Why.
        source: std::io::Error,
    },
}
