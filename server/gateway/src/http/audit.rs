//! What was done to money and access: an account sees its own, an admin everything.

use inos_protocols::account::Scope;

use crate::{
    auth::Visitor,
    call::Call,
    http::account::unread,
    media::JSON,
    refusal::Answer,
    reply::{self, Page},
};

/// `GET /v1/audit`.
pub(crate) async fn list(call: Call, visitor: Visitor) -> Answer {
    call.accepted(&[JSON])?;
    let query = call.query()?;
    let limit = query.number("limit", 1, 1_000)?.unwrap_or(50) as u32;
    let of = (!visitor.caller.scopes.allow(Scope::Admin)).then_some(visitor.caller.account);
    let entries = call.app.broker.books().audit(of, limit, query.text("cursor")).await;
    let (items, next_cursor) = entries.map_err(unread)?;
    Ok(reply::json(&Page { items, next_cursor }))
}
