//! Takes secrets out of text: API keys, bearer headers, tickets and the passwords of URLs.
//! What is not recognised here must never be logged in the first place.

use std::borrow::Cow;

/// What stands where a secret stood.
const GONE: &str = "[redacted]";
/// The shortest id and secret that make `inos_<id>_<secret>` a key rather than a name such as `inos_gateway`.
const KEY_ID_LEN_MIN: usize = 12;
/// What stands in the place of the id where a token or a ticket stands in for a key.
const STAND_INS: [&str; 2] = ["tok", "tkt"];
const KEY_SECRET_LEN_MIN: usize = 16;

/// The text without its secrets; text without any is returned as it is.
pub fn secrets(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut kept = 0;
    let mut at = 0;
    while let Some(step) = next_mark(&text[at..]) {
        at += step;
        match secret_at(text, at) {
            Some((from, to)) => {
                out.push_str(&text[kept..from]);
                out.push_str(GONE);
                (kept, at) = (to, to);
            }
            None => at += 1,
        }
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[kept..]);
    Cow::Owned(out)
}

/// The bytes to the next character at which a secret could begin.
fn next_mark(text: &str) -> Option<usize> {
    text.bytes().position(|byte| matches!(byte, b'i' | b':' | b't' | b'B' | b'b'))
}

/// From where to where a secret stands, if one begins with a mark at `at`.
fn secret_at(text: &str, at: usize) -> Option<(usize, usize)> {
    let rest = &text[at..];
    let span = key(rest).or_else(|| password(rest)).or_else(|| ticket(rest)).or_else(|| bearer(rest))?;
    Some((at + span.0, at + span.1))
}

/// The secret of `inos_<id>_<secret>`.
fn key(rest: &str) -> Option<(usize, usize)> {
    let id = rest.strip_prefix("inos_")?;
    let id_len = len_while(id, |byte| byte.is_ascii_alphanumeric());
    let secret = id[id_len..].strip_prefix('_')?;
    let secret_len = len_while(secret, |byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    let from = "inos_".len() + id_len + 1;
    let is_id = id_len >= KEY_ID_LEN_MIN || STAND_INS.contains(&&id[..id_len]);
    (is_id && secret_len >= KEY_SECRET_LEN_MIN).then_some((from, from + secret_len))
}

/// The password of `scheme://user:password@host`.
fn password(rest: &str) -> Option<(usize, usize)> {
    let authority = rest.strip_prefix("://")?;
    let len =
        len_while(authority, |byte| !byte.is_ascii_whitespace() && !matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\''));
    let at = authority[..len].rfind('@')?;
    let colon = authority[..at].find(':')?;
    (colon + 1 < at).then_some((3 + colon + 1, 3 + at))
}

/// The value of a query's `ticket=`.
fn ticket(rest: &str) -> Option<(usize, usize)> {
    let value = rest.strip_prefix("ticket=")?;
    let len = len_while(value, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'%' | b'='));
    (len > 0).then_some((7, 7 + len))
}

/// The token behind `Bearer `.
fn bearer(rest: &str) -> Option<(usize, usize)> {
    let token = rest.strip_prefix("Bearer ").or_else(|| rest.strip_prefix("bearer "))?;
    let len = len_while(token, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'+' | b'/' | b'=')
    });
    (len > 0).then_some((7, 7 + len))
}

fn len_while(text: &str, belongs: impl Fn(u8) -> bool) -> usize {
    text.bytes().position(|byte| !belongs(byte)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, wanted: &str) {
        assert_eq!(secrets(text), wanted);
    }

    #[test]
    fn a_key_loses_its_secret() {
        let id = "0198f3c27a6b7c5d8e9fa0b1c2d3e4f5";
        check(&format!("key inos_{id}_Zm9vYmFyYmF6cXV1eA-_x is new"), &format!("key inos_{id}_[redacted] is new"));
    }

    #[test]
    fn a_token_and_a_ticket_lose_theirs() {
        check("inos_tok_0123456789abcdef01", "inos_tok_[redacted]");
        check("inos_tkt_0123456789abcdef01.", "inos_tkt_[redacted].");
    }

    #[test]
    fn a_url_loses_its_password() {
        check("postgres://inos:s3cr:et@db:5432/inos", "postgres://inos:[redacted]@db:5432/inos");
        check("postgres://inos@db/inos sqlite://./x.db", "postgres://inos@db/inos sqlite://./x.db");
        check("http://[::1]:4667/a@b:c", "http://[::1]:4667/a@b:c");
    }

    #[test]
    fn headers_and_tickets_lose_their_secrets() {
        check("authorization: Bearer abc.def", "authorization: Bearer [redacted]");
        check("GET /v1/ws?ticket=abc-123&x=1", "GET /v1/ws?ticket=[redacted]&x=1");
    }

    #[test]
    fn ordinary_words_stay() {
        for text in
            ["inos_gateway::refusal", "inos_arena_bytes_copied_total{place=\"frame_in\"} 3", "a: b", "", "ticket = 4"]
        {
            assert!(matches!(secrets(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_secret_is_found_between_any_words(before in "\\PC{0,40}", after in "[ ,;\"}]\\PC{0,40}") {
            let secret = "c4n4ryc4n4ryc4n4ryc4n4ryc4n4ry";
            let text = format!("{before} inos_0198f3c27a6b7c5d8e9fa0b1c2d3e4f5_{secret}{after}");
            prop_assert!(!secrets(&text).contains(secret));
        }

        #[test]
        fn any_text_survives(text in ".{0,200}") {
            let _ = secrets(&text);
        }
    }
}
