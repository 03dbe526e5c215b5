//! What a job would cost.

use inos_protocols::{json, quote::Measured, wire};

use crate::{
    auth::Visitor,
    call::{Call, unsupported},
    media::{CAPNP, JSON},
    refusal::Answer,
    reply,
};

/// `POST /v1/quotes`.
pub(crate) async fn create(mut call: Call, visitor: Visitor) -> Answer {
    call.accepted(&[JSON])?;
    let Measured { capsule, sizes } = match call.media_type() {
        Some(JSON) => json::read_measured(&call.bytes().await?)?,
        Some(CAPNP) => Measured { capsule: wire::read_capsule(&call.bytes().await?)?, sizes: Vec::new() },
        other => return Err(unsupported(other, &[JSON, CAPNP]).into()),
    };
    Ok(reply::json(&call.app.broker.quote(&visitor.caller, capsule, &sizes).await?))
}
