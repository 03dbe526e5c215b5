//! Who is asking: a key or a page's token behind `Authorization: Bearer`. A wrong one is refused in constant words.

use std::{net::IpAddr, sync::Arc};

use http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION};
use inos_broker::{Caller, KeyWatch};
use inos_protocols::{Refusal, account::Scope, refusal::Kind};

use tokio::time::{Instant, timeout_at};

use crate::{refusal::Refused, state::App, tokens::Allowance};

/// Somebody who has shown a key or a token.
#[derive(Clone)]
pub(crate) struct Visitor {
    /// Whose account it is, and what may be done.
    pub(crate) caller: Caller,
    /// What is left to spend, where a token set a limit.
    pub(crate) allowance: Option<Arc<Allowance>>,
    /// When the token that was shown ends, if it was one.
    pub(crate) until: Option<Instant>,
    /// What was shown; a token that is made of it ends with it.
    pub(crate) bearer: Bearer,
}

/// Waits for the end of what a visitor has shown.
pub(crate) struct Vigil {
    key: KeyWatch,
    until: Option<Instant>,
}

impl Vigil {
    /// Watches the visitor's key, and the clock for a token.
    pub(crate) fn over(app: &App, visitor: &Visitor) -> Self {
        Self { key: app.broker.watch(&visitor.caller), until: visitor.until }
    }

    /// Waits until neither key nor token opens anything any more. Dropping the wait loses nothing.
    pub(crate) async fn ended(&mut self) {
        match self.until {
            // Boxed, because the timer would lie in every connection and few need it.
            Some(until) => drop(Box::pin(timeout_at(until, self.key.ended())).await),
            None => self.key.ended().await,
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
    let Some(bearer) = bearer(headers) else {
        return Err(
            Refusal::new(Kind::Unauthorized, "The request shows no key. Send `Authorization: Bearer inos_…`.").into()
        );
    };
    let visitor = identify(app, &bearer, address).await?;
    if let Some(scope) = scope {
        visitor.caller.need(scope)?;
    }
    Ok(visitor)
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

async fn find(app: &App, bearer: &Bearer) -> Result<Visitor, Refusal> {
    let Some((until, token)) = app.tokens.find(bearer.secret()) else {
        let caller = app.broker.authenticate(bearer.secret()).await?;
        return Ok(Visitor { caller, allowance: None, until: None, bearer: bearer.clone() });
    };
    let caller = app.broker.authenticate(token.parent.secret()).await?;
    let caller = Caller { scopes: token.scopes, ..caller };
    Ok(Visitor { caller, allowance: token.allowance.clone(), until: Some(until), bearer: bearer.clone() })
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
