//! A plain HTTP client: every status is an answer, never an error.

use std::{
    io::{BufRead, Read, Write},
    time::Duration,
};

use serde_json::Value;

/// A client with a key.
#[derive(Clone)]
pub struct Client {
    agent: ureq::Agent,
    url: String,
    /// The key it sends.
    pub key: String,
}

/// An HTTP answer, read whole.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    headers: ureq::http::HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {:?}", self.text()))
    }

    /// The problem's code; fails unless this is a well-formed problem.
    pub fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text());
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{problem}");
        assert!(problem["request_id"].is_string(), "{problem}");
        let code = problem["code"].as_str().expect("a problem has a code").to_owned();
        assert_eq!(problem["type"], format!("/problems/{code}"), "{problem}");
        code
    }
}

impl Client {
    /// A client of the server at this URL.
    pub fn new(url: &str, key: &str) -> Self {
        let config =
            ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(120)));
        Self { agent: config.build().into(), url: url.into(), key: key.into() }
    }

    /// The server's URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The same server with another key.
    pub fn with_key(&self, key: &str) -> Self {
        Self { key: key.into(), ..self.clone() }
    }

    /// Sends a request with these headers and body.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.send_from(method, path, headers, &mut &*body, Some(body.len() as u64))
    }

    /// The same to a server that may be gone: then there is no answer.
    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, ureq::Error> {
        let mut read = Vec::new();
        let (status, headers) =
            self.try_pass(method, path, headers, (&mut &*body, Some(body.len() as u64)), &mut read)?;
        Ok(Answer { status, headers, body: read })
    }

    /// The same with a body that is read as it goes; chunked where its length is unknown.
    pub fn send_from(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &mut dyn Read,
        len: Option<u64>,
    ) -> Answer {
        let mut read = Vec::new();
        let (status, headers) = self.pass(method, path, headers, (body, len), &mut read);
        Answer { status, headers, body: read }
    }

    /// A POST whose answer is written out as it comes; gives the status.
    pub fn post_through(&self, path: &str, body: &mut dyn Read, len: Option<u64>, to: &mut dyn Write) -> u16 {
        self.pass("POST", path, &[], (body, len), to).0
    }

    fn pass(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: (&mut dyn Read, Option<u64>),
        to: &mut dyn Write,
    ) -> (u16, ureq::http::HeaderMap) {
        let passed = self.try_pass(method, path, headers, body, to);
        passed.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    fn try_pass(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        (body, len): (&mut dyn Read, Option<u64>),
        to: &mut dyn Write,
    ) -> Result<(u16, ureq::http::HeaderMap), ureq::Error> {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        if !self.key.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.key));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(len) = len {
            request = request.header("content-length", len);
        }
        let request = request.body(ureq::SendBody::from_reader(body)).expect("a request");
        let mut response = self.agent.run(request)?;
        std::io::copy(&mut response.body_mut().as_reader(), to)?;
        Ok((response.status().as_u16(), response.headers().clone()))
    }

    /// GET.
    pub fn get(&self, path: &str) -> Answer {
        let mut request = ureq::http::Request::builder().method("GET").uri(format!("{}{path}", self.url));
        if !self.key.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.key));
        }
        let request = request.body(()).expect("a request");
        let mut response = self.agent.run(request).unwrap_or_else(|error| panic!("GET {path}: {error}"));
        let mut body = Vec::new();
        response.body_mut().as_reader().read_to_end(&mut body).expect("the body can be read");
        Answer { status: response.status().as_u16(), headers: response.headers().clone(), body }
    }

    /// Hands on the lines of a stream of events as they come, until it ends or nobody wants more.
    pub fn listen(&self, path: &str, mut take: impl FnMut(&str) -> bool) {
        let request = ureq::http::Request::builder()
            .uri(format!("{}{path}", self.url))
            .header("accept", "text/event-stream")
            .header("authorization", format!("Bearer {}", self.key));
        let Ok(mut response) = self.agent.run(request.body(()).expect("a request")) else { return };
        let lines = std::io::BufReader::new(response.body_mut().as_reader()).lines();
        for line in lines.map_while(Result::ok) {
            if !take(&line) {
                return;
            }
        }
    }

    /// POST with a JSON body.
    pub fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[("content-type", "application/json")], body.to_string().as_bytes())
    }

    /// POST with a JSON body and more headers.
    pub fn post_json_with(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let mut all = vec![("content-type", "application/json")];
        all.extend_from_slice(headers);
        self.send("POST", path, &all, body.to_string().as_bytes())
    }

    /// Runs a method over these bytes by the curl-friendly door; `query` begins with `?` or is empty.
    pub fn run(&self, method: &str, query: &str, body: &[u8]) -> Answer {
        self.send("POST", &format!("/v1/run/{}{query}", method.replace('.', "/")), &[], body)
    }

    /// The account's balance in microcredits.
    pub fn balance(&self) -> u64 {
        self.get("/v1/account").json()["balance"].as_u64().expect("an account has a balance")
    }
}
