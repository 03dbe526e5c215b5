//! Which pages of other origins may call. Never with credentials: a key is shown, not sent along by a browser.

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
    },
};

/// What a page of another origin may read of an answer.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "Inos-Job-Id, Inos-Cost, Inos-Receipt, Inos-Epoch, Inos-Hash, Inos-Cached-From, Idempotency-Replayed, \
     Preference-Applied, ETag, Location, Content-Range, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id",
);
/// What it may send.
const HEADERS: HeaderValue = HeaderValue::from_static(
    "Authorization, Content-Type, Accept, Idempotency-Key, Prefer, Range, If-Match, If-None-Match, Content-Range, \
     Last-Event-ID, Inos-Budget, Inos-Priority, Inos-Timeout-Ms, Inos-Queue-Ttl-Ms, Inos-Deadline, Inos-Attempts, \
     Inos-Cache, Inos-Keep, Mcp-Protocol-Version, Mcp-Method, Mcp-Name, X-Request-Id, traceparent, tracestate",
);
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
const PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// The origins that may call.
#[derive(Debug, Clone)]
pub(crate) struct Origins {
    listed: Vec<String>,
    any: bool,
}

impl Origins {
    /// The origins of this list; an empty list means loopback origins, `*` every one.
    pub(crate) fn new(listed: &[String]) -> Self {
        let any = listed.iter().any(|origin| origin == "*");
        let listed = listed.iter().map(|origin| origin.trim_end_matches('/').to_ascii_lowercase()).collect();
        Self { listed, any }
    }

    /// Whether pages of this origin may call.
    pub(crate) fn allow(&self, origin: &HeaderValue) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        if origin == "null" {
            return false;
        }
        self.any || if self.listed.is_empty() { is_loopback(origin) } else { self.has(origin) }
    }

    fn has(&self, origin: &str) -> bool {
        self.listed.iter().any(|listed| listed.eq_ignore_ascii_case(origin))
    }

    /// The answer to a browser's question before a request, if this is one.
    pub(crate) fn preflight<B, T: Default>(&self, request: &Request<B>) -> Option<Response<T>> {
        let asked = request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        let origin = request.headers().get(ORIGIN).filter(|_| asked && request.method() == Method::OPTIONS)?;
        let mut response = Response::new(T::default());
        *response.status_mut() = StatusCode::NO_CONTENT;
        if self.allow(origin) {
            let headers = response.headers_mut();
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
            headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
            if request.headers().contains_key("access-control-request-private-network") {
                headers.insert(PRIVATE_NETWORK, HeaderValue::from_static("true"));
            }
        }
        Some(response)
    }

    /// Adds to an answer what lets an allowed page read it.
    pub(crate) fn mark(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        headers.append(VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = origin.filter(|origin| self.allow(origin)) {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }
}

/// Whether an origin is a page of this very machine, on whatever port.
fn is_loopback(origin: &str) -> bool {
    let Some(authority) = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")) else {
        return false;
    };
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() => host,
        _ => authority,
    };
    matches!(host, "localhost" | "127.0.0.1" | "[::1]") || host.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(listed: &[&str], origin: &'static str, wanted: bool) {
        let origins = Origins::new(&listed.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(origins.allow(&HeaderValue::from_static(origin)), wanted, "{origin} by {listed:?}");
    }

    #[test]
    fn by_default_only_loopback_may_call() {
        for origin in ["http://localhost:5173", "https://localhost", "http://127.0.0.1:80", "http://[::1]:3000"] {
            check(&[], origin, true);
        }
        for origin in
            ["https://evil.test", "null", "http://localhost.evil.test", "http://127.0.0.1.evil.test:80", "file://", ""]
        {
            check(&[], origin, false);
        }
    }

    #[test]
    fn a_page_may_say_whatever_a_route_reads() {
        let (methods, headers) = (METHODS, HEADERS);
        let (methods, headers) = (methods.to_str().unwrap(), headers.to_str().unwrap().to_ascii_lowercase());
        let may = |list: &str, word: &str| list.split(',').any(|one| one.trim() == word);
        for row in crate::routes::table() {
            assert!(may(methods, row.method.as_str()), "{} of {}", row.method, row.path);
            for (name, _) in row.headers {
                assert!(may(&headers, &name.to_ascii_lowercase()), "{name} of {}", row.path);
            }
        }
    }

    #[test]
    fn a_list_is_exact_and_null_never_matches() {
        check(&["https://app.test"], "https://app.test", true);
        check(&["https://app.test/"], "https://app.test", true);
        check(&["https://app.test"], "https://app.test.evil", false);
        check(&["https://app.test"], "http://localhost:5173", false);
        check(&["*"], "https://anything.test", true);
        check(&["*"], "null", false);
    }
}
