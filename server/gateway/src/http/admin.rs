//! What an operator does: accounts and grants.

use inos_ledger::Limits;
use inos_protocols::{
    AccountId, Microcredits,
    account::{Account, NewKey},
    catalogue::PriceList,
    ids::TransferId,
    time::Time,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    auth::Visitor,
    call::Call,
    http::account::{amount_or_null, unread},
    media::JSON,
    refusal::Answer,
    reply::{self, Page},
};

/// A new account.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAccount {
    /// Its name.
    #[schemars(length(min = 1, max = 128))]
    name: String,
    /// What it starts with, in microcredits.
    #[serde(default)]
    credits: Microcredits,
}

/// An account that was made, and its first key.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct AccountMade {
    /// The account.
    account: Account,
    /// Its first key; the secret is shown once.
    key: NewKey,
}

/// Credits from the issuer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewGrant {
    /// How much, in microcredits.
    amount: Microcredits,
    /// Words to go with it.
    #[serde(default)]
    note: Option<String>,
    /// Until when they are the account's; what is left of them then goes back. Without it they are its own for good.
    #[serde(default)]
    expires: Option<Time>,
}

/// What an account may do, and how its turn compares with others'.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitsForm {
    /// How its share of the workers stands to that of others who wait; without it, 1.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    weight: Option<u32>,
    /// How many requests a second all its keys may make together; without it, as many as come.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1_000_000))]
    rate_limit: Option<u32>,
}

/// Credits that have moved.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct GrantMade {
    /// The transfer.
    transfer: TransferId,
    /// To whom.
    account: AccountId,
    /// How much, in microcredits.
    amount: Microcredits,
}

/// What an account may spend.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBudget {
    /// What its jobs may cost in every month, in microcredits; `null` means whatever it has.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schemars(schema_with = "amount_or_null")]
    budget: Option<Microcredits>,
}

/// `POST /v1/admin/accounts`.
pub(crate) async fn create_account(mut call: Call, visitor: Visitor) -> Answer {
    let NewAccount { name, credits } = call.json().await?;
    let (account, key) = call.app.broker.create_account(&visitor.caller, call.cause(), &name, credits).await?;
    let location = format!("/v1/admin/accounts/{}", account.id);
    Ok(reply::created(&AccountMade { account, key }, &location))
}

/// `GET /v1/admin/accounts`.
pub(crate) async fn list_accounts(call: Call, _: Visitor) -> Answer {
    call.accepted(&[JSON])?;
    let query = call.query()?;
    let limit = query.number("limit", 1, 1_000)?.unwrap_or(50) as u32;
    let accounts = call.app.broker.books().accounts(limit, query.text("cursor")).await;
    let (items, next_cursor) = accounts.map_err(unread)?;
    Ok(reply::json(&Page { items, next_cursor }))
}

/// `GET /v1/admin/accounts/{id}`.
pub(crate) async fn show_account(call: Call, _: Visitor) -> Answer {
    call.accepted(&[JSON])?;
    let id: AccountId = call.id("id", "account")?;
    let found = call.app.broker.books().account(id).await.map_err(unread)?;
    Ok(reply::json(&found.ok_or_else(|| crate::refusal::not_found("account"))?))
}

/// `PUT /v1/admin/accounts/{id}/limits`.
pub(crate) async fn limit(mut call: Call, visitor: Visitor) -> Answer {
    let account: AccountId = call.id("id", "account")?;
    let LimitsForm { weight, rate_limit } = call.json().await?;
    let limits = Limits { weight: weight.unwrap_or(1), rate_limit };
    call.app.broker.limit(&visitor.caller, call.cause(), account, limits).await?;
    let found = call.app.broker.books().account(account).await.map_err(unread)?;
    Ok(reply::json(&found.ok_or_else(|| crate::refusal::not_found("account"))?))
}

/// `POST /v1/admin/accounts/{id}/grants`.
pub(crate) async fn grant(mut call: Call, visitor: Visitor) -> Answer {
    let account: AccountId = call.id("id", "account")?;
    let NewGrant { amount, note, expires } = call.json().await?;
    let transfer =
        call.app.broker.grant(&visitor.caller, call.cause(), account, amount, note.as_deref(), expires).await?;
    Ok(reply::made(&GrantMade { transfer, account, amount }))
}

/// `PUT /v1/admin/accounts/{id}/budget`.
pub(crate) async fn set_budget(mut call: Call, visitor: Visitor) -> Answer {
    let account: AccountId = call.id("id", "account")?;
    let NewBudget { budget } = call.json().await?;
    Ok(reply::json(&call.app.broker.set_budget(&visitor.caller, call.cause(), account, budget).await?))
}

/// `GET /v1/admin/prices`.
pub(crate) async fn prices(call: Call, _: Visitor) -> Answer {
    call.accepted(&[JSON])?;
    Ok(reply::json(&call.app.broker.prices()))
}

/// `PUT /v1/admin/prices`.
pub(crate) async fn set_prices(mut call: Call, visitor: Visitor) -> Answer {
    let list: PriceList = call.json().await?;
    Ok(reply::json(&call.app.broker.set_prices(&visitor.caller, call.cause(), list).await?))
}

/// `GET /v1/ledger/health`.
pub(crate) async fn health(call: Call, _: Visitor) -> Answer {
    call.accepted(&[JSON])?;
    Ok(reply::json(&call.app.broker.books().health().await.map_err(unread)?))
}
