//! Stand-ins for a key: a page's token, and the ticket that opens one WebSocket.

use std::{sync::Arc, time::Duration};

use inos_broker::Allowance;
use inos_protocols::{
    Microcredits, Refusal,
    account::{Scope, Scopes},
    refusal::Kind,
    time::Time,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{auth::Visitor, call::Call, refusal::Answer, reply, tokens::Token};

/// How long a token lives unless its maker says otherwise.
const LIFE_S_DEFAULT: u64 = 900;

/// What a token should be good for.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// What it may do: a part of what the key may do.
    scopes: Vec<Scope>,
    /// How long it lives, in seconds; at most 3,600.
    #[serde(default)]
    #[schemars(range(min = 1, max = 3600))]
    expires_in_s: Option<u64>,
    /// What it may spend, in microcredits. A job that names no budget gets all that is left until it ends.
    #[serde(default)]
    budget: Option<Microcredits>,
}

/// A token, shown once.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct TokenMade {
    /// What goes behind `Authorization: Bearer`.
    token: String,
    /// What it may do.
    scopes: Vec<Scope>,
    /// When it ends.
    expires: Time,
    /// What it may spend, in microcredits.
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<Microcredits>,
}

/// A ticket, good once.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct TicketMade {
    /// What goes behind `/v1/ws?ticket=`.
    ticket: String,
    /// When it ends.
    expires: Time,
}

/// `POST /v1/tokens`.
pub(crate) async fn create(mut call: Call, visitor: Visitor) -> Answer {
    if call.app.tokens.find(visitor.bearer.secret()).is_some() {
        return Err(Refusal::new(Kind::Forbidden, "A token cannot make another; show the key itself.").into());
    }
    let NewToken { scopes, expires_in_s, budget } = call.json().await?;
    let wanted = Scopes::of(&scopes);
    if scopes.is_empty() {
        return Err(Refusal::field(Kind::InvalidParams, "/scopes", "a token needs at least one scope").into());
    }
    if !visitor.caller.scopes.cover(wanted) {
        return Err(Refusal::new(Kind::Forbidden, "A token cannot have scopes that its key lacks.").into());
    }
    let life = Duration::from_secs(expires_in_s.unwrap_or(LIFE_S_DEFAULT));
    if life.is_zero() || life > call.app.options.token_life_max {
        let message = format!("expected 1 to {}", call.app.options.token_life_max.as_secs());
        return Err(Refusal::field(Kind::InvalidParams, "/expires_in_s", message).into());
    }
    // It ends with what was shown for it, at the latest.
    let left = visitor.until.map(|until| until.saturating_duration_since(tokio::time::Instant::now()));
    let life = left.map_or(life, |left| life.min(left));
    let expires = Time::now().plus_ms(life.as_millis() as u64);
    // Written down before anybody has it.
    call.app.broker.note_token(&visitor.caller, call.cause(), wanted, expires, budget).await?;
    let allowance = budget.map(Allowance::new);
    let token = Arc::new(Token { parent: visitor.bearer, scopes: wanted, allowance, session: visitor.session });
    let token = call.app.tokens.put(token, life)?;
    Ok(reply::made(&TokenMade { token, scopes: wanted.list(), expires, budget }))
}

/// `POST /v1/ws-tickets`.
pub(crate) async fn ticket(call: Call, visitor: Visitor) -> Answer {
    let life = call.app.options.ticket_life;
    let expires = Time::now().plus_ms(life.as_millis() as u64);
    call.app.broker.note_ticket(&visitor.caller, call.cause(), expires).await?;
    let ticket = call.app.tickets.put(visitor, life)?;
    Ok(reply::made(&TicketMade { ticket, expires }))
}
