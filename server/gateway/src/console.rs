//! The console's files as they were built: part of the program, found by their path, sent compressed where that is read.
//! A program that was built without them says how to get them. It knows nobody's key.

use std::borrow::Cow;

use axum::{body::Body, response::Response};
use data_encoding::HEXLOWER;
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{
        ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
        VARY,
    },
};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::pages;

/// Where the console is.
pub(crate) const PATH: &str = "/console";
/// The page that every view of the console begins with.
const PAGE: &str = "app/index.html";
/// What the console may load: itself, and nothing that anybody else wrote.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; font-src 'self'; \
    img-src 'self' blob: data:; media-src blob:; connect-src 'self'; worker-src 'self'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types default";
/// What a worker of the console may do: load its own parts and speak to this server. Workers go by the policy of their script.
const SCRIPT_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
/// A file whose name has its hash in it is never another.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
const ABSENT: &str = "<h1>Console</h1><p>This server was built without its console. To build it, with Node 20 or newer:</p>\
    <pre><code>scripts/console.sh\ncargo build --release -p inos-node</code></pre>\
    <p>Until then there are the <a href=\"/docs\">API to try</a> and <code>inos --help</code>.</p>";

#[derive(RustEmbed)]
#[folder = "../../web-console/dist"]
struct Files;

/// The page that every view begins with.
pub(crate) fn page(request: &HeaderMap) -> Response {
    let Some(mut response) = serve(request, PAGE) else { return pages::page("Console", ABSENT) };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("cross-origin-embedder-policy"), HeaderValue::from_static("require-corp"));
    response
}

/// A file under `/console/`, if there is one of this name.
pub(crate) fn file(request: &HeaderMap, name: &str) -> Option<Response> {
    let mut response = serve(request, &format!("app/{name}"))?;
    let kept = if name.starts_with("assets/") { IMMUTABLE } else { "no-cache" };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(kept));
    if name.ends_with(".js") {
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(SCRIPT_POLICY));
    }
    Some(response)
}

fn serve(request: &HeaderMap, path: &str) -> Option<Response> {
    let plain = Files::get(path)?;
    let tag = format!("\"{}\"", HEXLOWER.encode(&plain.metadata.sha256_hash()[..16]));
    let is_known = request.get_all(IF_NONE_MATCH).iter().any(|known| known.as_bytes() == tag.as_bytes());
    let mut response = Response::default();
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        let (bytes, coding) = smallest(request, path, plain);
        *response.body_mut() = match bytes {
            Cow::Borrowed(bytes) => Body::from(bytes),
            Cow::Owned(bytes) => Body::from(bytes),
        };
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
        if let Some(coding) = coding {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
    }
    let headers = response.headers_mut();
    headers.insert(ETAG, HeaderValue::from_str(&tag).ok()?);
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    // Scripts that a worker of an isolated page runs must say so themselves.
    headers.insert(HeaderName::from_static("cross-origin-embedder-policy"), HeaderValue::from_static("require-corp"));
    Some(response)
}

/// The shortest form of a file that its reader takes.
fn smallest(request: &HeaderMap, path: &str, plain: EmbeddedFile) -> (Cow<'static, [u8]>, Option<&'static str>) {
    for (coding, ending) in [("br", "br"), ("gzip", "gz")] {
        if takes(request, coding)
            && let Some(file) = Files::get(&format!("{path}.{ending}"))
        {
            return (file.data, Some(coding));
        }
    }
    (plain.data, None)
}

/// Whether a reader takes a coding; one that it gives no weight is one that it does not take.
fn takes(request: &HeaderMap, coding: &str) -> bool {
    let values = request.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let weight = weight.trim().trim_start_matches("q=").trim();
        name.trim().eq_ignore_ascii_case(coding)
            && weight.trim_matches(['0', '.']).len() + usize::from(weight.is_empty()) > 0
    })
}

/// What the files of the console are. Another one would be bytes.
fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "json" => "application/json",
        "wasm" => "application/wasm",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_without_weight_is_not_taken() {
        let check = |accepted: &'static str, wanted| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(accepted));
            assert_eq!(takes(&headers, "br"), wanted, "{accepted}");
        };
        for accepted in ["br", "gzip, br", "BR;q=0.5", "gzip;q=0, br;q=1.0"] {
            check(accepted, true);
        }
        for accepted in ["", "gzip", "br;q=0", "br; q=0.000", "brr"] {
            check(accepted, false);
        }
    }

    #[test]
    fn nothing_outside_the_folder_is_a_file() {
        for name in ["../../Cargo.toml", "..", "", "/etc/passwd", "assets"] {
            assert!(file(&HeaderMap::new(), name).is_none(), "{name}");
        }
    }
}
