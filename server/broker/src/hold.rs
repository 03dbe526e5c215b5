//! Credits put aside for a job before it runs.

use inos_ledger::{CommitError, Reservation, ReserveError};
use inos_protocols::{Microcredits, Refusal, refusal::Kind};

use crate::{Caller, Inside};

impl Inside {
    /// Puts `amount` aside: from memory where the purse has it, else from the database; never beyond a budget.
    pub(crate) async fn hold(&self, caller: &Caller, amount: Microcredits) -> Result<Reservation, Refusal> {
        let purse = &caller.purse;
        let mut reservation = match self.ledger.reserve(purse, amount) {
            Some(reservation) => reservation,
            None => self.ledger.reserve_slowly(purse, amount).await.map_err(unreserved)?,
        };
        if purse.is_limited() || caller.budget.is_some() {
            self.ledger.limit(&mut reservation, caller.budget.as_ref()).await.map_err(unreserved)?;
        }
        if let Some(allowance) = &caller.allowance {
            reservation.put_within(allowance).map_err(|left| used_up(amount, left))?;
        }
        Ok(reservation)
    }
}

/// What a token may still spend is less than a job needs.
pub(crate) fn used_up(required: Microcredits, left: Microcredits) -> Refusal {
    let told = format!("This token may still spend {left} credits. Nothing was run or charged.");
    Refusal::new(Kind::InsufficientCredits, told).amounts(required, left)
}

fn unreserved(error: ReserveError) -> Refusal {
    match error {
        ReserveError::TooPoor { required, available } => too_poor(required, available),
        ReserveError::OverBudget { is_keys, required, available } => over_budget(
            if is_keys { "this key's budget" } else { "the account's budget of this month" },
            required,
            available,
        ),
        ReserveError::Database(error) => database(error),
    }
}

fn over_budget(of: &str, required: Microcredits, available: Microcredits) -> Refusal {
    let told = format!(
        "This needs {required} credits and {available} are left of {of}. Nothing was charged. Lower the job's `budget`, or ask for a larger one."
    );
    Refusal::new(Kind::BudgetExceeded, told).amounts(required, available)
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
        inos_ledger::Error::Budgeted => {
            let told =
                "A key with a budget is not replaced, because both would spend it. Make another for what is left.";
            return Refusal::new(Kind::Conflict, told);
        }
        inos_ledger::Error::Stronger => {
            return Refusal::new(Kind::Forbidden, "A key cannot replace a key that has scopes which it lacks itself.");
        }
        inos_ledger::Error::NoAccount => return Refusal::new(Kind::NotFound, "There is no such account."),
        inos_ledger::Error::Amount => return Refusal::field(Kind::InvalidParams, "/amount", error.to_string()),
        inos_ledger::Error::KeyTaken => {
            let told = "This idempotency key was used with another request. Use a new key for a new request.";
            return Refusal::new(Kind::IdempotencyConflict, told);
        }
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
        CommitError::OverBudget { required, available } => over_budget("a budget", required, available),
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
