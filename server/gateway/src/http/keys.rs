//! Keys of the caller's own account.

use inos_ledger::Terms;
use inos_protocols::{KeyId, Microcredits, account::Scope, time::Time};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    auth::Visitor,
    call::Call,
    media::JSON,
    refusal::Answer,
    reply::{self, Page},
};

/// How long a replaced key goes on working unless its owner says otherwise: a day.
const OVERLAP_MS: u64 = 86_400_000;

/// What a new key should be good for.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKeyForm {
    /// Its name.
    #[schemars(length(min = 1, max = 128))]
    name: String,
    /// What it may do: a part of what the present key may do.
    scopes: Vec<Scope>,
    /// When it ends; without it, it does not.
    #[serde(default)]
    expires: Option<Time>,
    /// How many requests a second it may make; without it, as many as its account.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1_000_000))]
    rate_limit: Option<u32>,
    /// What its jobs may cost in all, in microcredits; without it, whatever the account has.
    #[serde(default)]
    budget: Option<Microcredits>,
}

/// How a key gives way to a new one.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rotation {
    /// How long the old key goes on working beside the new one, in milliseconds: a day unless said otherwise, at most 30.
    #[serde(default = "overlap_ms")]
    #[schemars(range(max = 2_592_000_000_u64))]
    overlap_ms: u64,
}

fn overlap_ms() -> u64 {
    OVERLAP_MS
}

/// `POST /v1/keys`.
pub(crate) async fn create(mut call: Call, visitor: Visitor) -> Answer {
    let NewKeyForm { name, scopes, expires, rate_limit, budget } = call.json().await?;
    let terms = Terms { expires, rate_limit, budget };
    let made = call.app.broker.create_key(&visitor.caller, call.cause(), &name, &scopes, terms).await?;
    Ok(reply::created(&made, &format!("/v1/keys/{}", made.key.id)))
}

/// `GET /v1/keys`.
pub(crate) async fn list(call: Call, visitor: Visitor) -> Answer {
    call.accepted(&[JSON])?;
    let items = call.app.broker.keys(&visitor.caller).await?;
    Ok(reply::json(&Page { items, next_cursor: None }))
}

/// `POST /v1/keys/{id}/rotate`.
pub(crate) async fn rotate(mut call: Call, visitor: Visitor) -> Answer {
    let id: KeyId = call.id("id", "key")?;
    let Rotation { overlap_ms } = call.json().await?;
    let made = call.app.broker.rotate_key(&visitor.caller, call.cause(), id, overlap_ms).await?;
    Ok(reply::created(&made, &format!("/v1/keys/{}", made.key.id)))
}

/// `DELETE /v1/keys/{id}`.
pub(crate) async fn revoke(call: Call, visitor: Visitor) -> Answer {
    let id: KeyId = call.id("id", "key")?;
    call.app.broker.revoke_key(&visitor.caller, call.cause(), id).await?;
    Ok(reply::nothing())
}
