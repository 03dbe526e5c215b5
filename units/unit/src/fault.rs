//! Why a unit did not finish.

/// Why a unit did not finish; decides who pays and whether trying again can help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The caller's mistake.
    #[error("{pointer}: {message}")]
    Invalid {
        /// JSON Pointer into the capsule, such as `/params/key` or `/inputs/0`.
        pointer: String,
        /// What is wrong there.
        message: String,
    },
    /// A limit was hit: size, ratio, memory.
    #[error("{message} (limit {limit})")]
    Limit {
        /// The limit's value.
        limit: u64,
        /// What was limited, with its unit of measure.
        message: String,
    },
    /// The host said stop: cancelled, out of time or shutting down.
    #[error("stopped")]
    Cancelled,
    /// The host has no room for an input or output just now: logged, never charged, and trying again may help.
    #[error("{0}")]
    NoRoom(String),
    /// Whatever ran the unit is gone, through a crash or because it had to be killed: logged, never charged, and trying
    /// again may help.
    #[error("{0}")]
    Lost(String),
    /// The unit's own defect: logged, never charged, never shown in detail.
    #[error("{0}")]
    Broken(String),
}

impl Fault {
    /// The caller's mistake at a place in the capsule.
    pub fn invalid(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid { pointer: pointer.into(), message: message.into() }
    }

    /// A limit that was hit.
    pub fn limit(limit: u64, message: impl Into<String>) -> Self {
        Self::Limit { limit, message: message.into() }
    }
}
