//! `POST /mcp`: the door for language models (Model Context Protocol, streamable HTTP). Each request stands alone: there
//! are no sessions, and what lasts is a job. Never runs anything but what the broker lets in.

mod guest;
mod outcome;
mod resources;
mod tools;

use std::sync::Arc;

use axum::{body::Body, response::Response};
use http::{
    HeaderMap, HeaderValue, StatusCode, Uri,
    header::{ACCEPT, CONTENT_TYPE, HOST, ORIGIN},
};
use http_body_util::{BodyExt, Full};
use inos_protocols::{Refusal, refusal::Kind};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
};

use self::guest::Guest;
use crate::{
    auth::Visitor,
    call::{Call, unsupported},
    media::{self, EVENTS, JSON},
    refusal::{Answer, internal},
    state::App,
};

/// The headers that the door reads.
pub(crate) const HEADERS: &[(&str, &str)] = &[
    ("Mcp-Protocol-Version", "The version of the protocol that client and server agreed on."),
    ("Mcp-Method", "The method of the message, where the version asks for it."),
    ("Mcp-Name", "The name of the tool or resource, where the version asks for it."),
];
/// The longest word of why that the library gives, in bytes.
const WHY_BYTES_MAX: usize = 4 << 10;

/// `POST /mcp`.
pub(crate) async fn post(mut call: Call, visitor: Visitor) -> Answer {
    check_host(&call.app, &call.parts.uri, call.headers())?;
    check_origin(&call.app, call.headers())?;
    if !call.media_type().is_some_and(media::is_json) {
        return Err(unsupported(call.media_type(), &[JSON]).into());
    }
    call.accepted(&[JSON])?;
    call.accepted(&[EVENTS])?;
    let bytes = call.bytes().await?;
    if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(&bytes) {
        return Err(Refusal::new(Kind::InvalidJson, format!("The body is no JSON: {error}.")).into());
    }
    let mut request = http::Request::new(Full::new(bytes));
    *request.method_mut() = call.parts.method.clone();
    *request.uri_mut() = call.parts.uri.clone();
    *request.headers_mut() = call.parts.headers.clone();
    // Both were found to be accepted, in whatever words: the library knows only these.
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
    let response = service(&call, visitor).handle(request).await.map(Body::new);
    let status = response.status();
    if status.is_success() || response.headers().get(CONTENT_TYPE).and_then(media::essence).is_some_and(media::is_json)
    {
        return Ok(response);
    }
    Err(refused(status, response).await.into())
}

/// What answers one request: the hosts and origins are checked before it is made.
fn service(call: &Call, visitor: Visitor) -> StreamableHttpService<Guest, NeverSessionManager> {
    let config = StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .disable_allowed_origins()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_sse_retry(None)
        .with_max_request_body_bytes(usize::try_from(call.app.options.message_bytes_max).unwrap_or(usize::MAX))
        .with_cancellation_token(call.arrival.stop.child_token());
    let guest = Guest::new(Arc::clone(&call.app), visitor, call.meta.origin());
    StreamableHttpService::new(move || Ok(guest.clone()), Arc::default(), config)
}

/// What the library said in words of its own, as a problem.
async fn refused(status: StatusCode, response: Response) -> Refusal {
    let why = match http_body_util::Limited::new(response.into_body(), WHY_BYTES_MAX).collect().await {
        Ok(body) => String::from_utf8_lossy(&body.to_bytes()).into_owned(),
        Err(_) => "The message was refused.".to_owned(),
    };
    let kind = match status {
        StatusCode::NOT_ACCEPTABLE => Kind::NotAcceptable,
        StatusCode::UNSUPPORTED_MEDIA_TYPE | StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
            Kind::BadRequest
        }
        StatusCode::PAYLOAD_TOO_LARGE => Kind::PayloadTooLarge,
        _ => return internal(&std::io::Error::other(why)),
    };
    Refusal::new(kind, why)
}

/// Refuses a name that leads here and is not known: a page could have had it point here (DNS rebinding).
fn check_host(app: &App, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
    let host =
        headers.get(HOST).and_then(|host| host.to_str().ok()).or_else(|| uri.authority().map(|one| one.as_str()));
    match host.and_then(name_of) {
        Some(name)
            if is_loopback(name) || app.options.mcp_hosts.iter().any(|known| known.eq_ignore_ascii_case(name)) =>
        {
            Ok(())
        }
        _ => {
            let detail = "This name is not one under which /mcp answers. Name it with --mcp-hosts.";
            Err(Refusal::new(Kind::Forbidden, detail))
        }
    }
}

fn check_origin(app: &App, headers: &HeaderMap) -> Result<(), Refusal> {
    match headers.get(ORIGIN) {
        Some(origin) if !app.origins.allow(origin) => {
            let detail = "Pages of this origin may not call /mcp. Name it with --cors-origins.";
            Err(Refusal::new(Kind::Forbidden, detail))
        }
        _ => Ok(()),
    }
}

/// The name of a host without its port; an address in brackets without them.
fn name_of(host: &str) -> Option<&str> {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split_once(']').map(|(name, _)| name);
    }
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    (!name.is_empty()).then_some(name)
}

fn is_loopback(name: &str) -> bool {
    let address: Option<std::net::IpAddr> = name.parse().ok();
    name.eq_ignore_ascii_case("localhost") || address.is_some_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_its_name_whatever_its_port() {
        for (host, name) in [
            ("localhost:4667", Some("localhost")),
            ("LOCALHOST", Some("LOCALHOST")),
            ("127.0.0.1:1", Some("127.0.0.1")),
            ("[::1]:4667", Some("::1")),
            ("[::1", None),
            (":4667", None),
            ("", None),
        ] {
            assert_eq!(name_of(host), name, "{host}");
        }
        let near = ["localhost", "127.0.0.1", "127.9.9.9", "::1"];
        assert!(near.into_iter().all(is_loopback));
        let far = ["localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "0.0.0.0", "127.1"];
        assert!(!far.into_iter().any(is_loopback));
    }
}
