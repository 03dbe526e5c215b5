//! `POST` over a connection that stays: one prebuilt request, answers in order.

use bytes::{Buf, BytesMut};

use super::talk::{Heard, Talk, Verdict};

/// The most headers that an answer may have.
const HEADERS_MAX: usize = 64;

/// A conversation in HTTP/1.1.
pub(super) struct Http {
    request: Vec<u8>,
}

impl Http {
    pub(super) fn new(host: &str, path: &str, authorization: Option<&str>, body: &[u8]) -> Self {
        let authorization = authorization.map(|value| format!("authorization: {value}\r\n")).unwrap_or_default();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\n{authorization}content-type: application/octet-stream\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        Self { request: [head.as_bytes(), body].concat() }
    }
}

impl Talk for Http {
    fn jobs(&self) -> u64 {
        1
    }

    fn ask(&mut self, _: u64, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.request);
    }

    fn hear(&mut self, bytes: &mut BytesMut, heard: &mut Vec<Heard>, _: &mut Vec<u8>) -> Result<(), String> {
        while let Some((status, len)) = answer(bytes)? {
            bytes.advance(len);
            let verdict = match status {
                200..300 => Verdict::Done,
                429 | 503 => Verdict::Rejected,
                _ => Verdict::Error,
            };
            heard.push(Heard { number: None, count: 1, verdict });
        }
        Ok(())
    }
}

/// Status and length of the answer at the front, once it is there as a whole.
fn answer(bytes: &[u8]) -> Result<Option<(u16, usize)>, String> {
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
    Ok((bytes.len() >= len).then_some((status, len)))
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
        }
        let mut chunked = BytesMut::from(&b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"[..]);
        assert!(talk.hear(&mut chunked, &mut Vec::new(), &mut Vec::new()).is_err());
    }
}
