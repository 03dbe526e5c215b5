//! Bytes that have a hash: whole, in part, or not again. They are sent from where they lie.

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{
        ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_NONE_MATCH, IF_RANGE,
        RANGE,
    },
};
use inos_protocols::{Hash, Refusal, refusal::Kind};

use crate::{
    media::BYTES,
    refusal::{Answer, Refused},
};

const HASH: HeaderName = HeaderName::from_static("inos-hash");

/// Bytes to be sent.
pub(crate) struct Content<'a> {
    /// The bytes.
    pub(crate) bytes: Bytes,
    /// What somebody says they are.
    pub(crate) media_type: &'a str,
    /// Their BLAKE3.
    pub(crate) hash: Hash,
    /// What a file of them would be called.
    pub(crate) name: &'a str,
}

/// Which part of the bytes is wanted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    From(usize, usize),
    Outside,
}

/// Answers with bytes, or with the news that the client has them.
pub(crate) fn serve(request: &HeaderMap, content: Content<'_>) -> Answer {
    let Content { bytes, media_type, hash, name } = content;
    let tag = format!("\"blake3:{hash}\"");
    let len = bytes.len();
    if request.get_all(IF_NONE_MATCH).iter().any(|known| matches(known, &tag)) {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        describe(response.headers_mut(), &tag, hash);
        return Ok(response);
    }
    let same = request.get(IF_RANGE).is_none_or(|known| known.as_bytes() == tag.as_bytes());
    let wanted = request.get(RANGE).filter(|_| same).and_then(|range| range.to_str().ok());
    let part = wanted.map_or(Part::Whole, |range| part(range, len));
    let (status, bytes, range) = match part {
        Part::Whole => (StatusCode::OK, bytes, None),
        Part::From(start, end) => {
            (StatusCode::PARTIAL_CONTENT, bytes.slice(start..end), Some(format!("bytes {start}-{}/{len}", end - 1)))
        }
        Part::Outside => {
            let refusal =
                Refusal::new(Kind::RangeNotSatisfiable, format!("There are {len} bytes; the range lies behind them."));
            return Err(Refused::from(refusal).with(CONTENT_RANGE, ascii(&format!("bytes */{len}"))));
        }
    };
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    describe(headers, &tag, hash);
    // What a user stored is shown as a file, never as a page of this origin.
    headers.insert(CONTENT_DISPOSITION, ascii(&format!("attachment; filename=\"{name}\"")));
    headers.insert(CONTENT_TYPE, HeaderValue::from_str(media_type).unwrap_or(HeaderValue::from_static(BYTES)));
    if let Some(range) = range {
        headers.insert(CONTENT_RANGE, ascii(&range));
    }
    Ok(response)
}

fn describe(headers: &mut HeaderMap, tag: &str, hash: Hash) {
    headers.insert(ETAG, ascii(tag));
    headers.insert(HASH, ascii(&hash.to_string()));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
}

fn ascii(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("hashes, ids and numbers are visible ASCII")
}

/// Whether an `If-None-Match` names this tag.
pub(super) fn matches(known: &HeaderValue, tag: &str) -> bool {
    let Ok(known) = known.to_str() else { return false };
    known.split(',').map(|one| one.trim().trim_start_matches("W/")).any(|one| one == "*" || one == tag)
}

/// What a `Range` means for `len` bytes; several ranges, and what is no range, mean the whole (RFC 9110 §14.2).
pub(super) fn part(range: &str, len: usize) -> Part {
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Part::Whole;
    };
    if range.contains(',') {
        return Part::Whole;
    }
    let number = |text: &str| text.trim().parse::<usize>().ok();
    match (first.trim(), last.trim()) {
        ("", last) => match number(last) {
            None => Part::Whole,
            Some(0) => Part::Outside,
            Some(_) if len == 0 => Part::Outside,
            Some(count) => Part::From(len - count.min(len), len),
        },
        (first, last) => match (number(first), number(last)) {
            (Some(start), None) if last.is_empty() => from(start, len, len),
            (Some(start), Some(end)) if start <= end => from(start, end.saturating_add(1).min(len), len),
            _ => Part::Whole,
        },
    }
}

fn from(start: usize, end: usize, len: usize) -> Part {
    if start < len { Part::From(start, end) } else { Part::Outside }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_one_part_the_whole_or_outside() {
        let check = |range, wanted| assert_eq!(part(range, 10), wanted, "{range}");
        check("bytes=0-3", Part::From(0, 4));
        check("bytes=3-", Part::From(3, 10));
        check("bytes=-4", Part::From(6, 10));
        check("bytes=-40", Part::From(0, 10));
        check("bytes=5-99999999999999999", Part::From(5, 10));
        check("bytes=10-", Part::Outside);
        check("bytes=10-12", Part::Outside);
        check("bytes=-0", Part::Outside);
        for whole in ["bytes=4-2", "bytes=a-b", "bytes=", "bytes", "rows=1-2", "bytes=0-1,3-4", "bytes=-", "bytes=1-x"]
        {
            check(whole, Part::Whole);
        }
        assert_eq!(part("bytes=0-", 0), Part::Outside);
        assert_eq!(part("bytes=-5", 0), Part::Outside);
    }

    #[test]
    fn a_known_tag_is_not_sent_again() {
        let check = |known: &'static str| matches(&HeaderValue::from_static(known), "\"blake3:ab\"");
        assert!(check("\"blake3:ab\""));
        assert!(check("\"x\", W/\"blake3:ab\""));
        assert!(check("*"));
        assert!(!check("\"blake3:cd\""));
    }
}
