//! Pages that are part of the program: they load nothing from anywhere else, and a policy holds them to it.

use axum::{body::Body, response::Response};
use data_encoding::BASE64;
use http::{
    HeaderName, HeaderValue,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("pages/page.css");
const DOCS: &str = include_str!("pages/docs.html");
const DOCS_STYLE: &str = include_str!("pages/docs.css");
const DOCS_SCRIPT: &str = include_str!("pages/docs.js");
/// The text at `/llms.txt`.
pub(crate) const LLMS: &str = include_str!("pages/llms.txt");
const HOME: &str = include_str!("pages/home.html");

/// A page with this body.
pub(crate) fn page(title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width,initial-scale=1\"><title>{} · INOS</title><style>{STYLE}</style><body><main>{body}</main>",
        escape(title)
    );
    answer(html, &[STYLE], &[])
}

/// The page at `/`.
pub(crate) fn home(version: &str) -> Response {
    page("INOS", &HOME.replace("{{version}}", &escape(version)))
}

/// The page at `/docs`.
pub(crate) fn docs() -> Response {
    let html = DOCS.replace("{{style}}", DOCS_STYLE).replace("{{script}}", DOCS_SCRIPT);
    answer(html, &[DOCS_STYLE], &[DOCS_SCRIPT])
}

/// Words that cannot become markup.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

fn answer(html: String, styles: &[&str], scripts: &[&str]) -> Response {
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hashes(styles),
        hashes(scripts),
    );
    let mut response = Response::new(Body::from(html));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_str(&policy).expect("hashes are base64"));
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("cross-origin-embedder-policy"), HeaderValue::from_static("require-corp"));
    response
}

/// The sources of a policy: nothing but these very texts.
fn hashes(texts: &[&str]) -> String {
    if texts.is_empty() {
        return "'none'".into();
    }
    let hash = |text: &&str| format!("'sha256-{}'", BASE64.encode(&Sha256::digest(text.as_bytes())));
    texts.iter().map(hash).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_loads_nothing_from_elsewhere() {
        for text in [STYLE, DOCS, DOCS_STYLE, DOCS_SCRIPT, HOME] {
            for outside in ["http://", "https://", "url(", "@import", "src=", "innerHTML", "eval("] {
                assert!(!text.contains(outside), "{outside} in a page");
            }
        }
    }

    #[test]
    fn a_text_between_its_tags_is_the_text_that_was_hashed() {
        let html = DOCS.replace("{{style}}", DOCS_STYLE).replace("{{script}}", DOCS_SCRIPT);
        assert!(html.contains(&format!("<style>{DOCS_STYLE}</style>")));
        assert!(html.contains(&format!("<script type=\"module\">{DOCS_SCRIPT}</script>")));
    }
}
