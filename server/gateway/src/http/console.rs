//! The console: its files, and who is signed in to it. Whoever may do something by a cookie may do it by the key behind it.

use std::time::Duration;

use axum::response::Response;
use http::{StatusCode, header::SET_COOKIE};
use inos_protocols::{AccountId, KeyId, Refusal, account::Scope, refusal::Kind, time::Time};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::Instant;

use crate::{
    auth::{self, Visitor},
    call::Call,
    console,
    media::JSON,
    refusal::{Answer, not_found},
    reply,
    seal::{Made, Seal, is_from_here},
    state::App,
};

/// Who asks.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "ConsoleSession")]
pub(crate) struct Session {
    /// Whose account it is.
    account: AccountId,
    /// The key that was shown.
    key: KeyId,
    /// What it may do.
    scopes: Vec<Scope>,
    /// When that ends, if ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<Time>,
    /// What a page shows as `Inos-Console` with each request, beside the cookie, which opens nothing without it. Told once,
    /// to who signs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// `GET /console`.
pub(crate) async fn page(call: Call) -> Answer {
    Ok(console::page(call.headers()))
}

/// `GET /console/{*file}`: a file, or the page where it is the name of a view.
pub(crate) async fn file(call: Call) -> Answer {
    let name = call.name("file");
    match console::file(call.headers(), name) {
        Some(response) => Ok(response),
        None if name.rsplit('/').next().is_some_and(|last| last.contains('.')) => Err(not_found("file").into()),
        None => Ok(console::page(call.headers())),
    }
}

/// `POST /v1/console/session`.
pub(crate) async fn open(call: Call, visitor: Visitor) -> Answer {
    if visitor.session.is_some() {
        return Err(Refusal::new(Kind::Forbidden, "A session cannot make another; show the key itself.").into());
    }
    sign_in(&call, visitor).await
}

/// `POST /v1/console/session/claim`, with what stands behind `#ticket=` in the link that the server printed; it works once.
pub(crate) async fn claim(call: Call) -> Answer {
    let Some(ticket) = auth::bearer(call.headers()) else {
        let detail = "The request shows no ticket. Send that of the link: `Authorization: Bearer inos_lnk_…`.";
        return Err(Refusal::new(Kind::Unauthorized, detail).into());
    };
    let address = call.arrival.address;
    let bearer = call.app.links.take(ticket.secret()).ok_or_else(|| {
        let detail = "The link is not valid: unknown, used or too old. Sign in with a key, or restart the server for a new link.";
        auth::wrong(&call.app, address, Refusal::new(Kind::Unauthorized, detail))
    })?;
    let visitor = auth::find(&call.app, &bearer).await?;
    sign_in(&call, visitor).await
}

async fn sign_in(call: &Call, visitor: Visitor) -> Answer {
    let seal = seal(&call.app)?;
    if !is_from_here(call.headers()) {
        // Or a page could sign somebody in as somebody else.
        return Err(Refusal::new(Kind::Forbidden, "Nobody signs in from a page of another origin.").into());
    }
    // Neither longer than the server lets anybody stay, nor than what was shown.
    let life = left(&visitor).map_or(call.app.options.console_life, |left| left.min(call.app.options.console_life));
    let expires = Time::now().plus_ms(life.as_millis() as u64);
    // Written down before anybody has it.
    call.app.broker.note_console(&visitor.caller, call.cause(), expires).await?;
    let Made { cookie, secret } = seal.made(&visitor.bearer, life)?;
    let mut response = reply::made(&Session { secret: Some(secret), ..session(&visitor, Some(expires)) });
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

/// `GET /v1/console/session`.
pub(crate) async fn show(call: Call, visitor: Visitor) -> Answer {
    call.accepted(&[JSON])?;
    let expires = left(&visitor).map(|left| Time::now().plus_ms(left.as_millis() as u64));
    Ok(reply::json(&session(&visitor, expires)))
}

/// `DELETE /v1/console/session`.
pub(crate) async fn close(call: Call, visitor: Visitor) -> Answer {
    let seal = seal(&call.app)?;
    if let (Some(id), Some(left)) = (visitor.session, left(&visitor)) {
        let until = Time::now().plus_ms(left.as_millis() as u64);
        call.app.endings.end(&call.app.broker, id, until).await?;
    }
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    response.headers_mut().insert(SET_COOKIE, seal.no_cookie()?);
    Ok(response)
}

fn session(visitor: &Visitor, expires: Option<Time>) -> Session {
    let caller = &visitor.caller;
    Session { account: caller.account, key: caller.key, scopes: caller.scopes.list(), expires, secret: None }
}

/// How long what somebody has shown still opens anything, where that ends.
fn left(visitor: &Visitor) -> Option<Duration> {
    let shown = visitor.until.map(|until| until.saturating_duration_since(Instant::now()));
    let key = visitor.caller.expires.map(|at| Duration::from_millis(at.as_ms().saturating_sub(Time::now().as_ms())));
    match (shown, key) {
        (Some(shown), Some(key)) => Some(shown.min(key)),
        (shown, key) => shown.or(key),
    }
}

fn seal(app: &App) -> Result<&Seal, Refusal> {
    app.seal.as_ref().ok_or_else(|| Refusal::new(Kind::Forbidden, "Nobody can sign in to the console of this server."))
}
