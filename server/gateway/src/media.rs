//! Media types: what a body is, and what a client would like to get.

use http::{HeaderMap, HeaderValue, header::ACCEPT};

/// JSON.
pub(crate) const JSON: &str = "application/json";
/// A Cap'n Proto message in plain framing.
pub(crate) const CAPNP: &str = "application/capnp";
/// One JSON value a line.
pub(crate) const NDJSON: &str = "application/x-ndjson";
/// Rows of cells with commas between them (RFC 4180).
pub(crate) const CSV: &str = "text/csv";
/// Bytes of which nothing is known.
pub(crate) const BYTES: &str = "application/octet-stream";
/// Bytes of whatever type a job or a blob has.
pub(crate) const ANY: &str = "*/*";
/// A page.
pub(crate) const HTML: &str = "text/html";
/// Words.
pub(crate) const TEXT: &str = "text/plain";
/// Server-sent events.
pub(crate) const EVENTS: &str = "text/event-stream";
/// An RFC 9457 problem.
pub(crate) const PROBLEM: &str = "application/problem+json";

/// The type and subtype of a header's value, without parameters.
pub(crate) fn essence(value: &HeaderValue) -> Option<&str> {
    let text = value.to_str().ok()?;
    let essence = text.split(';').next().unwrap_or_default().trim();
    (!essence.is_empty()).then_some(essence)
}

/// Whether a media type is JSON.
pub(crate) fn is_json(essence: &str) -> bool {
    essence.eq_ignore_ascii_case(JSON)
}

/// The offered media type that the client likes best; the first of the offered where it likes several alike.
pub(crate) fn accepted(headers: &HeaderMap, offered: &[&'static str]) -> Option<&'static str> {
    let mut wishes = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    if wishes.peek().is_none() {
        return offered.first().copied();
    }
    let wishes: Vec<(&str, f32)> = wishes.flat_map(|value| value.split(',')).filter_map(wish).collect();
    let mut best: Option<(&'static str, f32)> = None;
    for media in offered {
        let liked = liking(&wishes, media);
        if liked > best.map_or(0.0, |(_, liked)| liked) {
            best = Some((media, liked));
        }
    }
    best.map(|(media, _)| media)
}

/// One range of an `Accept` header and its weight.
fn wish(part: &str) -> Option<(&str, f32)> {
    let mut parts = part.split(';');
    let range = parts.next()?.trim();
    let weight = parts.find_map(|parameter| parameter.trim().strip_prefix("q="));
    let weight = weight.map_or(Some(1.0), |weight| weight.trim().parse().ok())?;
    (!range.is_empty()).then_some((range, weight))
}

/// How much these wishes like a media type: by the most exact range that covers it.
fn liking(wishes: &[(&str, f32)], media: &str) -> f32 {
    let media = media.split(';').next().unwrap_or_default().trim();
    let exactness = |range: &str| match range.split_once('/') {
        Some(("*", "*")) => Some(0),
        Some((family, "*")) if media.split('/').next() == Some(family) => Some(1),
        Some(_) if range.eq_ignore_ascii_case(media) => Some(2),
        _ => None,
    };
    let covering = wishes.iter().filter_map(|(range, weight)| exactness(range).map(|exact| (exact, *weight)));
    covering.max_by_key(|(exact, _)| *exact).map_or(0.0, |(_, weight)| weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(accept: &'static str, wanted: Option<&str>) {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        assert_eq!(accepted(&headers, &[JSON, CAPNP]), wanted, "{accept}");
    }

    #[test]
    fn a_client_gets_what_it_likes_best() {
        assert_eq!(accepted(&HeaderMap::new(), &[JSON, CAPNP]), Some(JSON));
        check("*/*", Some(JSON));
        check("application/capnp", Some(CAPNP));
        check("application/capnp, */*;q=0.1", Some(CAPNP));
        check("application/json;q=0.5, application/capnp;q=0.4", Some(JSON));
        check("application/*;q=0.2, application/json;q=0", Some(CAPNP));
        check("text/html", None);
        check("application/json;q=0", None);
        assert_eq!(accepted(&HeaderMap::new(), &["text/plain; charset=utf-8"]), Some("text/plain; charset=utf-8"));
    }
}
