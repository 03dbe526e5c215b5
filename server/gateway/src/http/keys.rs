//! Keys of the caller's own account.

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
    /// What its jobs may cost in all, in microcredits; without it, whatever the account has.
    #[serde(default)]
    budget: Option<Microcredits>,
}

/// `POST /v1/keys`.
pub(crate) async fn create(mut call: Call, visitor: Visitor) -> Answer {
    let NewKeyForm { name, scopes, expires, budget } = call.json().await?;
    let made = call.app.broker.create_key(&visitor.caller, &name, &scopes, expires, budget).await?;
    Ok(reply::created(&made, &format!("/v1/keys/{}", made.key.id)))
}

/// `GET /v1/keys`.
pub(crate) async fn list(call: Call, visitor: Visitor) -> Answer {
    call.accepted(&[JSON])?;
    let items = call.app.broker.keys(&visitor.caller).await?;
    Ok(reply::json(&Page { items, next_cursor: None }))
}

/// `DELETE /v1/keys/{id}`.
pub(crate) async fn revoke(call: Call, visitor: Visitor) -> Answer {
    let id: KeyId = call.id("id", "key")?;
    call.app.broker.revoke_key(&visitor.caller, id).await?;
    Ok(reply::nothing())
}
