//! Credits that one account gives another.

use http::{HeaderName, HeaderValue};
use inos_broker::Moved;
use inos_protocols::{AccountId, Microcredits, Refusal, ids::TransferId, refusal::Kind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{auth::Visitor, call::Call, http::jobs::idempotency_key, refusal::Answer, reply};

/// The headers that `POST /v1/transfers` reads.
pub(crate) const HEADERS: &[(&str, &str)] =
    &[("Idempotency-Key", "The same key with the same body is the same transfer for 24 hours.")];

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Credits to give.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTransfer {
    /// To whom.
    to: AccountId,
    /// How much, in microcredits.
    amount: Microcredits,
    /// Words to go with it.
    #[serde(default)]
    note: Option<String>,
}

/// Credits that have moved.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct TransferMade {
    /// The transfer.
    transfer: TransferId,
    /// Whose they were.
    from: AccountId,
    /// Whose they are.
    to: AccountId,
    /// How much, in microcredits.
    amount: Microcredits,
}

/// `POST /v1/transfers`.
pub(crate) async fn create(mut call: Call, visitor: Visitor) -> Answer {
    let key = idempotency_key(&call)?;
    let NewTransfer { to, amount, note } = call.json().await?;
    if visitor.caller.allowance.is_some() {
        let told = "What has a budget of its own gives no credits away; show a key without one.";
        return Err(Refusal::new(Kind::Forbidden, told).into());
    }
    let caller = &visitor.caller;
    let moved = call.app.broker.transfer(caller, call.cause(), to, amount, note.as_deref(), key.as_deref()).await?;
    let Moved { id: transfer, replayed } = moved;
    let mut response = reply::made(&TransferMade { transfer, from: caller.account, to, amount });
    if replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}
