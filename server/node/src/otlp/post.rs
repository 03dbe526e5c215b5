//! One message to the collector and what it says to that (OTLP/HTTP, binary protobuf). Never retries by itself.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use ureq::{
    Agent,
    http::{HeaderName, HeaderValue, Request, Uri, header},
};

use crate::client::is_loopback;

/// The media type of a message and of its answer.
const PROTOBUF: HeaderValue = HeaderValue::from_static("application/x-protobuf");
/// The longest answer that is read.
const ANSWER_BYTES_MAX: u64 = 64 << 10;

/// The way to the collector.
pub(super) struct Post {
    agent: Agent,
    url: String,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// Why a message was not taken.
pub(super) struct Trouble {
    pub(super) why: String,
    /// Whether the same message may be taken later.
    pub(super) is_passing: bool,
    /// How long the collector wants to be left alone.
    pub(super) retry_after: Option<Duration>,
}

impl Post {
    /// Opens nothing yet.
    pub(super) fn new(url: &str, headers: &[(HeaderName, HeaderValue)]) -> Self {
        // A redirect could carry spans and headers to somebody else.
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("inos/", env!("CARGO_PKG_VERSION")));
        if url.parse::<Uri>().is_ok_and(|uri| uri.host().is_some_and(is_loopback)) {
            config = config.proxy(None);
        }
        Self { agent: config.build().new_agent(), url: url.to_owned(), headers: headers.to_vec() }
    }

    /// Sends a message and gives how many of its spans the collector refused.
    pub(super) fn send(&self, message: &[u8], within: Duration) -> Result<u64, Trouble> {
        let mut request = Request::builder().method("POST").uri(&self.url).header(header::CONTENT_TYPE, PROTOBUF);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(message).map_err(|error| Trouble::lasting(error.to_string()))?;
        let request = self.agent.configure_request(request).timeout_global(Some(within)).build();
        let mut response = self.agent.run(request).map_err(|error| Trouble::passing(error.to_string(), None))?;
        let status = response.status().as_u16();
        let wait = response.headers().get(header::RETRY_AFTER).and_then(seconds);
        // Read to its end, so that the connection can be used again.
        let answer = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
        match status {
            200..=299 => Ok(answer.map_or(0, |answer| refused(&answer))),
            429 | 502..=504 => Err(Trouble::passing(format!("it answers with {status}"), wait)),
            _ => Err(Trouble::lasting(format!("it answers with {status}"))),
        }
    }
}

impl Trouble {
    fn passing(why: String, retry_after: Option<Duration>) -> Self {
        Self { why, is_passing: true, retry_after }
    }

    fn lasting(why: String) -> Self {
        Self { why, is_passing: false, retry_after: None }
    }
}

fn seconds(value: &HeaderValue) -> Option<Duration> {
    value.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// How many spans an answer says were refused; one that is no protobuf says nothing.
fn refused(answer: &[u8]) -> u64 {
    let answer = ExportTraceServiceResponse::decode(answer).unwrap_or_default();
    answer.partial_success.map_or(0, |partial| u64::try_from(partial.rejected_spans).unwrap_or(0))
}
