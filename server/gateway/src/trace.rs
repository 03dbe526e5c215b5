//! Which request this is: its id, and its place in a W3C trace. Nothing a client sends here can make a request fail.

use std::{sync::OnceLock, time::Instant};

use http::{HeaderMap, HeaderValue};
use uuid::Uuid;

/// The header that names a request.
pub(crate) const REQUEST_ID: &str = "x-request-id";
/// The longest request id that is taken over from a client.
const REQUEST_ID_LEN_MAX: usize = 64;

/// Which request this is.
#[derive(Debug)]
pub(crate) struct Meta {
    /// Its id: the client's own where it is sane, else a new one.
    pub(crate) request_id: HeaderValue,
    /// The trace that it belongs to: 32 hex digits.
    pub(crate) trace: String,
    /// The path that was asked.
    pub(crate) path: String,
    /// When it came in.
    pub(crate) begun: Instant,
    /// The template of the path, once it has matched one.
    pub(crate) route: OnceLock<&'static str>,
}

impl Meta {
    /// Reads what a request says of itself.
    pub(crate) fn of(headers: &HeaderMap, path: &str) -> Self {
        let fresh = Uuid::now_v7();
        let given = headers.get(REQUEST_ID).filter(|id| is_sane(id.as_bytes()));
        let request_id = given
            .cloned()
            .unwrap_or_else(|| HeaderValue::from_str(&fresh.to_string()).expect("a UUID's text is visible ASCII"));
        let trace = headers.get("traceparent").and_then(|parent| trace_id(parent.as_bytes()));
        let trace = trace.map_or_else(|| fresh.simple().to_string(), str::to_owned);
        Self { request_id, trace, path: path.to_owned(), begun: Instant::now(), route: OnceLock::new() }
    }

    /// The request's id as text.
    pub(crate) fn request_id(&self) -> &str {
        self.request_id.to_str().unwrap_or_default()
    }
}

fn is_sane(id: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    (1..=REQUEST_ID_LEN_MAX).contains(&id.len()) && id.iter().all(plain)
}

/// The trace id of a `traceparent` header, if the header is valid.
fn trace_id(parent: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(parent).ok()?;
    let mut parts = text.splitn(5, '-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_hex = |part: &str, len: usize| {
        part.len() == len && part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let is_set = |part: &str| part.bytes().any(|byte| byte != b'0');
    let fits = is_hex(version, 2) && version != "ff" && is_hex(flags, 2) && (version != "00" || parts.next().is_none());
    (fits && is_hex(trace, 32) && is_set(trace) && is_hex(span, 16) && is_set(span)).then_some(trace)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn check(parent: &str, wanted: Option<&str>) {
        assert_eq!(trace_id(parent.as_bytes()), wanted, "{parent}");
    }

    #[test]
    fn a_valid_parent_gives_its_trace() {
        check("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", Some(TRACE));
        check("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-later", Some(TRACE));
    }

    #[test]
    fn a_bad_parent_begins_a_new_trace() {
        for parent in [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
        ] {
            check(parent, None);
        }
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", HeaderValue::from_static("nonsense"));
        assert_eq!(Meta::of(&headers, "/").trace.len(), 32);
    }

    #[test]
    fn a_request_keeps_its_own_id_only_if_it_is_sane() {
        let id = |given: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_static(given));
            Meta::of(&headers, "/").request_id().to_owned()
        };
        assert_eq!(id("order-17.b_2"), "order-17.b_2");
        for bad in ["", "a b", "<script>", "0123456789012345678901234567890123456789012345678901234567890123456789"] {
            assert_eq!(id(bad).len(), 36, "{bad}");
        }
    }
}
