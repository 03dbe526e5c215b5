//! `POST` over a connection that stays: one prebuilt request, answers in order.

use bytes::{Bytes, BytesMut};
use inos_protocols::{
    job::{Capsule, State},
    wire::{self, Ends},
};

use super::talk::{Heard, Talk, Verdict};

const CAPNP: &str = "application/capnp";
/// The most headers that an answer may have.
const HEADERS_MAX: usize = 64;

/// A conversation in HTTP/1.1.
pub(super) struct Http {
    request: Vec<u8>,
    /// How many capsules a request has, where it is a batch whose results are read.
    batch: Option<u64>,
    /// What was said of the first request that was refused.
    trouble: Option<String>,
}

impl Http {
    /// A request of these bytes is a job.
    pub(super) fn new(host: &str, path: &str, authorization: Option<&str>, body: &[u8]) -> Self {
        Self {
            request: request(host, path, authorization, "application/octet-stream", body),
            batch: None,
            trouble: None,
        }
    }

    /// A request is one asynchronous job; it is answered once it is durable.
    pub(super) fn of_job(host: &str, authorization: Option<&str>, capsule: &Capsule) -> Self {
        let body = wire::write_capsule(capsule);
        Self { request: request(host, "/v1/jobs", authorization, CAPNP, &body), batch: None, trouble: None }
    }

    /// A request is a batch of so many of this capsule.
    pub(super) fn of_batch(host: &str, authorization: Option<&str>, capsule: &Capsule, batch: usize) -> Self {
        let body = wire::write_capsules(&vec![capsule.clone(); batch]);
        let request = request(host, "/v1/batches", authorization, CAPNP, &body);
        Self { request, batch: Some(batch as u64), trouble: None }
    }
}

fn request(host: &str, path: &str, authorization: Option<&str>, media: &str, body: &[u8]) -> Vec<u8> {
    let authorization = authorization.map(|value| format!("authorization: {value}\r\n")).unwrap_or_default();
    let accept = if media == CAPNP { format!("accept: {CAPNP}\r\n") } else { String::new() };
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\n{authorization}{accept}content-type: {media}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

impl Talk for Http {
    fn jobs(&self) -> u64 {
        self.batch.unwrap_or(1)
    }

    fn ask(&mut self, _: u64, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.request);
    }

    fn trouble(&self) -> Option<String> {
        self.trouble.clone()
    }

    fn hear(&mut self, bytes: &mut BytesMut, heard: &mut Vec<Heard>, _: &mut Vec<u8>) -> Result<(), String> {
        while let Some(Answer { status, head, len }) = answer(bytes)? {
            let body = bytes.split_to(len).split_off(head).freeze();
            let verdict = match status {
                200..300 => Verdict::Done,
                429 | 503 => Verdict::Rejected,
                _ => Verdict::Error,
            };
            if verdict == Verdict::Error && self.trouble.is_none() {
                self.trouble = Some(refusal(status, &body));
            }
            match (self.batch, verdict) {
                (Some(batch), Verdict::Done) => heard.extend(results(&body, batch)),
                (batch, verdict) => heard.push(Heard { number: None, count: batch.unwrap_or(1), verdict }),
            }
        }
        Ok(())
    }
}

/// How the jobs of a batch went: a batch of which all were run is answered by one message with all results.
fn results(body: &Bytes, batch: u64) -> [Heard; 2] {
    let done = match wire::read_ends(body) {
        Ok(Some(Ends { ends, .. })) => ends.iter().filter(|(_, state)| *state == State::Succeeded).count() as u64,
        Ok(None) | Err(_) => 0,
    };
    let heard = |count, verdict| Heard { number: None, count, verdict };
    [heard(done, Verdict::Done), heard(batch.saturating_sub(done), Verdict::Error)]
}

/// What an answer that is no success says, as a problem or not.
fn refusal(status: u16, body: &[u8]) -> String {
    let problem: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let detail = problem.as_ref().and_then(|problem| problem["detail"].as_str());
    detail.map_or_else(|| format!("the server answered {status}"), |detail| format!("{status}: {detail}"))
}

/// An answer at the front of what came.
struct Answer {
    status: u16,
    /// Bytes until its body begins.
    head: usize,
    /// Bytes of it all.
    len: usize,
}

/// The answer at the front, once it is there as a whole.
fn answer(bytes: &[u8]) -> Result<Option<Answer>, String> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let head = match response.parse(bytes).map_err(|error| format!("the answer is no HTTP: {error}"))? {
        httparse::Status::Complete(len) => len,
        httparse::Status::Partial => return Ok(None),
    };
    let status = response.code.unwrap_or(0);
    if (100..200).contains(&status) {
        return Err(format!("the server answered {status} to a request that did not ask for it"));
    }
    let find = |name: &str| response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
    if find("transfer-encoding").is_some() {
        return Err("the answer comes in chunks: choose a method with a small output".into());
    }
    let body = match find("content-length").map(|header| std::str::from_utf8(header.value).map(str::parse::<usize>)) {
        None => 0,
        Some(Ok(Ok(len))) => len,
        Some(_) => return Err("the answer's length is no number".into()),
    };
    let len = head.saturating_add(body);
    Ok((bytes.len() >= len).then_some(Answer { status, head, len }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_taken_whole_and_in_order() {
        let mut talk = Http::new("h:1", "/x", Some("Bearer k"), b"abc");
        let mut out = Vec::new();
        talk.ask(0, &mut out);
        let wanted = "POST /x HTTP/1.1\r\nhost: h:1\r\nauthorization: Bearer k\r\ncontent-type: application/octet-stream\r\ncontent-length: 3\r\n\r\nabc";
        assert_eq!(String::from_utf8(out).unwrap(), wanted);
        let stream = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\nHTTP/1.1 422 X\r\ncontent-length: 1\r\n\r\n!";
        // However the bytes are cut, the same is heard.
        for step in 1..stream.len() {
            let (mut bytes, mut heard) = (BytesMut::new(), Vec::new());
            for part in stream.chunks(step) {
                bytes.extend_from_slice(part);
                talk.hear(&mut bytes, &mut heard, &mut Vec::new()).unwrap();
            }
            let verdicts: Vec<_> = heard.iter().map(|heard| heard.verdict).collect();
            assert_eq!(verdicts, [Verdict::Done, Verdict::Rejected, Verdict::Error]);
            assert_eq!(talk.trouble().as_deref(), Some("the server answered 422"));
        }
        assert_eq!(refusal(400, br#"{"title":"Bad","detail":"Too many."}"#), "400: Too many.");
        let mut chunked = BytesMut::from(&b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"[..]);
        assert!(talk.hear(&mut chunked, &mut Vec::new(), &mut Vec::new()).is_err());
    }
}
