//! Keys that the server holds for the caller's account. No answer has a secret.

use inos_protocols::{
    HeldKeyId,
    held::{NewHeldKey, Retirement},
};

use crate::{
    auth::Visitor,
    call::Call,
    media::JSON,
    refusal::Answer,
    reply::{self, Page},
};

/// `POST /v1/crypto/keys`.
pub(crate) async fn create(mut call: Call, visitor: Visitor) -> Answer {
    let form: NewHeldKey = call.json().await?;
    let made = call.app.broker.create_held_key(&visitor.caller, call.cause(), form).await?;
    Ok(reply::created(&made, &format!("/v1/crypto/keys/{}", made.id)))
}

/// `GET /v1/crypto/keys`.
pub(crate) async fn list(call: Call, visitor: Visitor) -> Answer {
    call.accepted(&[JSON])?;
    let items = call.app.broker.held_keys(&visitor.caller).await?;
    Ok(reply::json(&Page { items, next_cursor: None }))
}

/// `GET /v1/crypto/keys/{id}`.
pub(crate) async fn show(call: Call, visitor: Visitor) -> Answer {
    call.accepted(&[JSON])?;
    let id: HeldKeyId = call.id("id", "key")?;
    Ok(reply::json(&call.app.broker.held_key(&visitor.caller, id).await?))
}

/// `POST /v1/crypto/keys/{id}/rotate`.
pub(crate) async fn rotate(call: Call, visitor: Visitor) -> Answer {
    let id: HeldKeyId = call.id("id", "key")?;
    Ok(reply::json(&call.app.broker.rotate_held_key(&visitor.caller, call.cause(), id).await?))
}

/// `POST /v1/crypto/keys/{id}/retire`.
pub(crate) async fn retire(mut call: Call, visitor: Visitor) -> Answer {
    let id: HeldKeyId = call.id("id", "key")?;
    let Retirement { below } = call.json().await?;
    Ok(reply::json(&call.app.broker.retire_held_key(&visitor.caller, call.cause(), id, below).await?))
}

/// `DELETE /v1/crypto/keys/{id}`.
pub(crate) async fn delete(call: Call, visitor: Visitor) -> Answer {
    let id: HeldKeyId = call.id("id", "key")?;
    call.app.broker.delete_held_key(&visitor.caller, call.cause(), id).await?;
    Ok(reply::nothing())
}
