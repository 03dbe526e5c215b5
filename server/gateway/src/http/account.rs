//! The caller's own account: what it has, what moved, what it used.

use inos_ledger::SpentBy;
use inos_protocols::{
    Microcredits, Refusal,
    account::{Spent, Usage},
    refusal::Kind,
    time::Time,
};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    auth::Visitor,
    call::Call,
    media::JSON,
    query::{Param, ParamKind},
    refusal::{Answer, not_found},
    reply::{self, Page},
};

/// How far back usage reaches unless asked otherwise: 30 days.
const USAGE_SINCE_MS: u64 = 30 * 86_400_000;

/// The query parameters of `GET /v1/account/usage`.
pub(crate) const SINCE: &[Param] =
    &[Param { name: "since", about: "From when on; without it, the last 30 days.", kind: ParamKind::Time }];

/// The query parameters of `GET /v1/account/spending`.
pub(crate) const SPENDING: &[Param] = &[
    Param { name: "by", about: "What is told apart; without it, `unit`.", kind: ParamKind::OneOf(&["key", "unit"]) },
    Param {
        name: "step",
        about: "How long a step is, in UTC; without it, `hour`.",
        kind: ParamKind::OneOf(&["hour", "day"]),
    },
    Param {
        name: "steps",
        about: "How many steps, the one that goes on now included; without it, 24.",
        kind: ParamKind::Number(1, STEPS_MAX),
    },
];
/// The most steps of time that are told at once.
const STEPS_MAX: u64 = 62;

/// What an account's jobs cost, step by step.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Spending {
    /// When the first step begins.
    since: Time,
    /// How long each is, in milliseconds.
    step_ms: u64,
    /// How many there are.
    steps: u64,
    /// By step, and by key or unit; jobs that have not ended, and those that are not kept any more, are in none.
    items: Vec<Spent>,
}

/// What an account used since some time.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct UsageSince {
    /// From when on.
    since: Time,
    /// By unit and method.
    items: Vec<Usage>,
}

/// `GET /v1/account`.
pub(crate) async fn show(call: Call, visitor: Visitor) -> Answer {
    call.accepted(&[JSON])?;
    let found = call.app.broker.books().account(visitor.caller.account).await.map_err(unread)?;
    Ok(reply::json(&found.ok_or_else(|| not_found("account"))?))
}

/// What an account wants to hear of.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wishes {
    /// Below what it gets an event of what it has left, in microcredits; `null` means never.
    #[serde(default, deserialize_with = "said")]
    #[schemars(schema_with = "amount_or_null")]
    low_balance: Option<Option<Microcredits>>,
    /// How long what its jobs leave is kept where a job does not say, in milliseconds; `null` means as long as the server
    /// keeps anything.
    #[serde(default, deserialize_with = "said")]
    #[schemars(schema_with = "amount_or_null")]
    keep_ms: Option<Option<u64>>,
}

/// A value that was said, be it `null`.
fn said<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// An amount that must be there, be it `null`.
pub(crate) fn amount_or_null(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({ "type": ["integer", "null"], "minimum": 0, "maximum": Microcredits::MAX.get() })
}

/// `PATCH /v1/account`.
pub(crate) async fn change(mut call: Call, visitor: Visitor) -> Answer {
    let Wishes { low_balance, keep_ms } = call.json().await?;
    if low_balance.is_none() && keep_ms.is_none() {
        return Err(Refusal::new(Kind::InvalidParams, "Say what is to change: `low_balance` or `keep_ms`.").into());
    }
    if let Some(keep_ms) = keep_ms {
        call.app.broker.set_keep(&visitor.caller, call.cause(), keep_ms).await?;
    }
    if let Some(low_balance) = low_balance {
        call.app.broker.set_low_balance(&visitor.caller, low_balance).await?;
    }
    show(call, visitor).await
}

/// `GET /v1/account/grants`.
pub(crate) async fn grants(call: Call, visitor: Visitor) -> Answer {
    call.accepted(&[JSON])?;
    let items = call.app.broker.books().grants(visitor.caller.account).await.map_err(unread)?;
    Ok(reply::json(&Page { items, next_cursor: None }))
}

/// `GET /v1/account/budget`.
pub(crate) async fn budget(call: Call, visitor: Visitor) -> Answer {
    call.accepted(&[JSON])?;
    let found = call.app.broker.books().budget(visitor.caller.account).await.map_err(unread)?;
    Ok(reply::json(&found.ok_or_else(|| not_found("account"))?))
}

/// `GET /v1/account/ledger`.
pub(crate) async fn ledger(call: Call, visitor: Visitor) -> Answer {
    call.accepted(&[JSON])?;
    let query = call.query()?;
    let limit = query.number("limit", 1, 1_000)?.unwrap_or(50) as u32;
    let entries = call.app.broker.books().entries(visitor.caller.account, limit, query.text("cursor")).await;
    let (items, next_cursor) = entries.map_err(unread)?;
    Ok(reply::json(&Page { items, next_cursor }))
}

/// `GET /v1/account/usage`.
pub(crate) async fn usage(call: Call, visitor: Visitor) -> Answer {
    call.accepted(&[JSON])?;
    let since = call.query()?.read_as::<Time>("since", "a time such as 2026-01-31T12:00:00.000Z")?;
    let since = since.unwrap_or_else(|| Time::from_ms(Time::now().as_ms().saturating_sub(USAGE_SINCE_MS)));
    let items = call.app.broker.books().usage(visitor.caller.account, since).await.map_err(unread)?;
    Ok(reply::json(&UsageSince { since, items }))
}

/// `GET /v1/account/spending`.
pub(crate) async fn spending(call: Call, visitor: Visitor) -> Answer {
    call.accepted(&[JSON])?;
    let query = call.query()?;
    let by = match query.text("by") {
        None | Some("unit") => SpentBy::Unit,
        Some("key") => SpentBy::Key,
        Some(_) => return Err(crate::query::wrong("by", "expected `key` or `unit`").into()),
    };
    let step_ms = match query.text("step") {
        None | Some("hour") => 3_600_000,
        Some("day") => 86_400_000,
        Some(_) => return Err(crate::query::wrong("step", "expected `hour` or `day`").into()),
    };
    let steps = query.number("steps", 1, STEPS_MAX)?.unwrap_or(24);
    let end = (Time::now().as_ms() / step_ms + 1) * step_ms;
    let since = end.saturating_sub(steps * step_ms);
    let times: Vec<_> = (0..=steps).map(|step| Time::from_ms(since + step * step_ms)).collect();
    let items = call.app.broker.books().spent(visitor.caller.account, by, &times).await.map_err(unread)?;
    Ok(reply::json(&Spending { since: Time::from_ms(since), step_ms, steps, items }))
}

/// Books that could not be read, as callers may hear of it; the cause goes to the log.
pub(crate) fn unread(error: inos_ledger::Error) -> Refusal {
    if matches!(error, inos_ledger::Error::Cursor) {
        return crate::query::wrong("cursor", error.to_string());
    }
    tracing::error!(error = &error as &dyn std::error::Error, "the books could not be read");
    Refusal::new(
        Kind::DatabaseUnavailable,
        "The ledger's database does not answer just now. Nothing was changed; try again.",
    )
    .retry_after_ms(1000)
}
