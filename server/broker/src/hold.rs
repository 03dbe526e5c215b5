//! Credits put aside for a job before it runs.

use std::sync::Arc;

use inos_ledger::{CommitError, Purse, Reservation, ReserveError};
use inos_protocols::{Microcredits, Refusal, refusal::Kind};

use crate::Inside;

impl Inside {
    /// Puts `amount` aside: from memory where the purse has it, else from the database.
    pub(crate) async fn hold(&self, purse: &Arc<Purse>, amount: Microcredits) -> Result<Reservation, Refusal> {
        if let Some(reservation) = self.ledger.reserve(purse, amount) {
            return Ok(reservation);
        }
        self.ledger.reserve_slowly(purse, amount).await.map_err(|error| match error {
            ReserveError::TooPoor { required, available } => too_poor(required, available),
            ReserveError::Database(error) => database(error),
        })
    }
}

pub(crate) fn too_poor(required: Microcredits, available: Microcredits) -> Refusal {
    Refusal::new(
        Kind::InsufficientCredits,
        format!("This needs {required} credits and {available} are available. Nothing was run or charged. Ask the operator for a grant, or lower the budget."),
    )
    .amounts(required, available)
}

/// What the ledger refused or could not do, as callers may hear of it; a broken database goes to the log.
pub(crate) fn database(error: inos_ledger::Error) -> Refusal {
    match error {
        inos_ledger::Error::TooPoor { required, available } => return too_poor(required, available),
        inos_ledger::Error::Stronger => {
            return Refusal::new(Kind::Forbidden, "A key cannot replace a key that has scopes which it lacks itself.");
        }
        inos_ledger::Error::NoAccount => return Refusal::new(Kind::NotFound, "There is no such account."),
        inos_ledger::Error::Amount => return Refusal::field(Kind::InvalidParams, "/amount", error.to_string()),
        inos_ledger::Error::Cursor => return Refusal::field(Kind::InvalidParams, "/cursor", error.to_string()),
        _ => {}
    }
    tracing::error!(error = &error as &dyn std::error::Error, "the ledger did not answer");
    Refusal::new(
        Kind::DatabaseUnavailable,
        "The ledger's database does not answer just now. Nothing was charged; try again.",
    )
    .retry_after_ms(1000)
}

/// A commit that did not happen, as callers may hear of it.
pub(crate) fn uncommitted(error: CommitError) -> Refusal {
    match error {
        CommitError::TooPoor { required, available } => too_poor(required, available),
        CommitError::Duplicate(job) => Refusal::new(
            Kind::IdempotencyConflict,
            format!(
                "This idempotency key was used by {job} at the same moment. Nothing was charged here; send the request again to get that job's answer."
            ),
        ),
        CommitError::AlreadyFinal => Refusal::new(Kind::Conflict, "The job has already ended."),
        CommitError::LeaseLost | CommitError::Unavailable => Refusal::new(
            Kind::DatabaseUnavailable,
            "The result could not be recorded, so it is not given out and nothing was charged; try again.",
        )
        .retry_after_ms(1000),
    }
}
