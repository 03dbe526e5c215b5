//! Who is asking: a key or a page's token behind `Authorization: Bearer`, or the console's cookie. A wrong one is refused
//! in constant words.

use std::{net::IpAddr, sync::Arc};

use http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION};
use inos_broker::{Broker, Caller, KeyWatch};
use inos_protocols::{Refusal, account::Scope, refusal::Kind};

use tokio::time::{Instant, timeout_at};

use crate::{endings::Endings, refusal::Refused, seal::SessionId, state::App};

/// Somebody who has shown a key or a token.
#[derive(Clone)]
pub(crate) struct Visitor {
    /// Whose account it is, and what may be done.
    pub(crate) caller: Caller,
    /// When the token that was shown ends, if it was one.
    pub(crate) until: Option<Instant>,
    /// What was shown; a token that is made of it ends with it.
    pub(crate) bearer: Bearer,
    /// Which session of the console asks, or made the token that does.
    pub(crate) session: Option<SessionId>,
}

/// Waits for the end of what a visitor has shown.
pub(crate) struct Vigil {
    key: KeyWatch,
    until: Option<Instant>,
    session: Option<(Arc<Endings>, Broker, SessionId)>,
}

impl Vigil {
    /// Watches the visitor's key, the clock for a token, and whether somebody signs out.
    pub(crate) fn over(app: &App, visitor: &Visitor) -> Self {
        let session = visitor.session.map(|id| (Arc::clone(&app.endings), app.broker.clone(), id));
        Self { key: app.broker.watch(&visitor.caller), until: visitor.until, session }
    }

    /// Waits until what was shown opens nothing any more. Dropping the wait loses nothing.
    pub(crate) async fn ended(&mut self) {
        // Boxed, because timer and session would lie in every connection and few need them.
        match (self.until, &self.session) {
            (Some(until), Some((endings, broker, id))) => {
                let signed_out = Box::pin(Arc::clone(endings).over(broker.clone(), *id));
                let over = Box::pin(timeout_at(until, self.key.ended()));
                tokio::select! {
                    () = signed_out => {}
                    _ = over => {}
                }
            }
            (Some(until), None) => drop(Box::pin(timeout_at(until, self.key.ended())).await),
            (None, _) => self.key.ended().await,
        }
    }
}

/// A secret that is never printed.
#[derive(Clone)]
pub(crate) struct Bearer(Arc<str>);

impl Bearer {
    /// The secret itself.
    pub(crate) fn secret(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Bearer {
    fn from(secret: &str) -> Self {
        Self(secret.into())
    }
}

/// The visitor behind a request's key; `scope` is what the key must be good for.
pub(crate) async fn admit(
    app: &App,
    headers: &HeaderMap,
    address: IpAddr,
    scope: Option<Scope>,
) -> Result<Visitor, Refused> {
    let visitor = match bearer(headers) {
        Some(bearer) => identify(app, &bearer, address).await?,
        None => by_cookie(app, headers).await?,
    };
    if let Some(scope) = scope {
        visitor.caller.need(scope)?;
    }
    Ok(visitor)
}

/// The visitor behind the console's cookie. A wrong one is not counted against anybody: it is what a browser still has of a
/// server that was, and nobody can guess one.
async fn by_cookie(app: &App, headers: &HeaderMap) -> Result<Visitor, Refusal> {
    let Some(session) = app.seal.as_ref().map(|seal| seal.session(headers)).transpose()?.flatten() else {
        return Err(Refusal::new(Kind::Unauthorized, "The request shows no key. Send `Authorization: Bearer inos_…`."));
    };
    if app.endings.has_now(&app.broker, session.id).await? {
        return Err(signed_out());
    }
    let visitor = find(app, &session.bearer).await?;
    let until = visitor.until.map_or(session.until, |until| until.min(session.until));
    Ok(Visitor { until: Some(until), session: Some(session.id), ..visitor })
}

/// The visitor behind a key or token that somebody shows; a wrong one is counted against its address.
pub(crate) async fn identify(app: &App, bearer: &Bearer, address: IpAddr) -> Result<Visitor, Refused> {
    find(app, bearer).await.map_err(|refusal| match refusal.kind {
        Kind::Unauthorized => wrong(app, address, refusal),
        _ => refusal.into(),
    })
}

/// The refusal of something wrong that was shown; it is counted against its address, and from some number on says so.
pub(crate) fn wrong(app: &App, address: IpAddr, refusal: Refusal) -> Refused {
    app.throttle.failed(address);
    app.throttle.wait(address).map_or_else(|| refusal.into(), |wait| too_many(app, wait))
}

/// The visitor behind a key or token.
pub(crate) async fn find(app: &App, bearer: &Bearer) -> Result<Visitor, Refusal> {
    let Some((until, token)) = app.tokens.find(bearer.secret()) else {
        let caller = app.broker.authenticate(bearer.secret()).await?;
        return Ok(Visitor { caller, until: None, bearer: bearer.clone(), session: None });
    };
    if token.session.is_some_and(|id| app.endings.has(id)) {
        return Err(signed_out());
    }
    let caller = app.broker.authenticate(token.parent.secret()).await?;
    let caller = Caller { scopes: token.scopes, allowance: token.allowance.clone(), ..caller };
    Ok(Visitor { caller, until: Some(until), bearer: bearer.clone(), session: token.session })
}

/// What somebody hears who shows a session that ended before its time, or what it made.
pub(crate) fn signed_out() -> Refusal {
    Refusal::new(Kind::Unauthorized, "You are not signed in any more. Sign in again.")
}

/// The bearer of an `Authorization` header.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<Bearer> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, secret) = value.to_str().ok()?.split_once(' ')?;
    let secret = secret.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !secret.is_empty()).then(|| secret.into())
}

fn too_many(app: &App, wait: std::time::Duration) -> Refused {
    let (quota, seconds) = (app.options.wrong_keys_per_minute_max, wait.as_secs().max(1));
    let text = |text: String| HeaderValue::from_str(&text).expect("digits and quotes are visible ASCII");
    let detail = "Too many wrong keys came from this address within a minute. Wait before the next attempt.";
    let refusal = Refusal::new(Kind::RateLimited, detail).retry_after_ms(seconds * 1000);
    Refused::from(refusal)
        .with(HeaderName::from_static("ratelimit-policy"), text(format!("\"wrong-keys\";q={quota};w=60")))
        .with(HeaderName::from_static("ratelimit"), text(format!("\"wrong-keys\";r=0;t={seconds}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[&'static str], wanted: Option<&str>) {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_static(value));
        }
        let found = bearer(&headers);
        assert_eq!(found.as_ref().map(Bearer::secret), wanted, "{values:?}");
    }

    #[test]
    fn a_key_is_one_bearer() {
        check(&["Bearer inos_a_b"], Some("inos_a_b"));
        check(&["bearer  inos_a_b"], Some("inos_a_b"));
        for bad in [&[][..], &["inos_a_b"], &["Basic inos_a_b"], &["Bearer "], &["Bearer a", "Bearer b"]] {
            check(bad, None);
        }
    }
}
