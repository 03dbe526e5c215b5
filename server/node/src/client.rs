//! The command line's side of HTTP: finds server and key, sends, and turns problem bodies into readable failures.
//! Keeps no state between commands.

mod failure;
mod multipart;

use std::{io::Read, path::PathBuf, time::Duration};

use serde_json::Value;
use ureq::{
    Agent, Body, SendBody,
    http::{Method, Request, Response, Uri},
    tls::{PemItem, RootCerts, TlsConfig, parse_pem},
};

use crate::{
    exit::{Exit, Failure},
    identity,
};

pub(crate) use multipart::{Multipart, Part};

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a short question may take in all.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// The largest JSON answer that is read, in bytes.
const ANSWER_BYTES_MAX: u64 = 64 << 20;
/// Bodies from this size on wait for the server's word that it wants them.
const ASK_FIRST_BYTES_MIN: u64 = 1 << 20;

/// Where the server is and who asks.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct At {
    /// The server
    #[arg(long, env = "INOS_URL", global = true, default_value = "http://127.0.0.1:4667")]
    pub(crate) url: String,
    /// The API key [default: that in FOLDER/admin.key, where it can be read]
    #[arg(long, env = "INOS_KEY", global = true, hide_env_values = true)]
    pub(crate) key: Option<String>,
    /// The server's data directory, if it is on this machine
    #[arg(long, env = "INOS_DATA_DIR", global = true, value_name = "FOLDER", default_value = "./inos-data")]
    pub(crate) data_dir: PathBuf,
    /// Certificates (PEM) to trust for HTTPS instead of the public ones
    #[arg(long, env = "INOS_CA_CERT", global = true, value_name = "FILE")]
    pub(crate) ca_cert: Option<PathBuf>,
}

impl At {
    /// The key that was given, else the one in the data directory.
    pub(crate) fn key(&self) -> Option<String> {
        let given = self.key.as_deref().map(str::trim).filter(|key| !key.is_empty()).map(str::to_owned);
        given.or_else(|| identity::read_secret(&self.data_dir.join(identity::ADMIN_KEY)).ok().flatten())
    }
}

/// A server that can be asked.
pub(crate) struct Client {
    agent: Agent,
    base: String,
    authorization: Option<String>,
}

/// A body on its way up.
pub(crate) struct Upload<'a> {
    /// Its bytes.
    pub(crate) bytes: &'a mut dyn Read,
    /// How many there are, where that is known.
    pub(crate) len: Option<u64>,
    /// What they are.
    pub(crate) media_type: String,
}

impl Client {
    /// A client for the server at this place; nothing is sent yet.
    pub(crate) fn open(at: &At) -> Result<Self, Failure> {
        let wrong = || Failure::usage(format!("`{}` is no URL of a server, such as http://127.0.0.1:4667", at.url));
        let uri: Uri = at.url.parse().map_err(|_| wrong())?;
        let host = uri.host().ok_or_else(wrong)?.to_owned();
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .user_agent(concat!("inos/", env!("CARGO_PKG_VERSION")));
        if is_loopback(&host) {
            config = config.proxy(None);
        }
        if let Some(path) = &at.ca_cert {
            config = config.tls_config(TlsConfig::builder().root_certs(roots(path)?).build());
        }
        let authorization = at.key().map(|key| format!("Bearer {key}"));
        Ok(Self { agent: config.build().new_agent(), base: at.url.trim_end_matches('/').to_owned(), authorization })
    }

    /// The server's own URL for a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Asks for JSON.
    pub(crate) fn get(&self, path: &str) -> Result<Value, Failure> {
        self.ask(Method::GET, path, &[], None)
    }

    /// Sends JSON and reads JSON.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.post_with(path, &[], body)
    }

    /// The same with more headers.
    pub(crate) fn post_with(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Result<Value, Failure> {
        self.ask(Method::POST, path, headers, Some(body))
    }

    /// Puts JSON at the path and reads JSON.
    pub(crate) fn put(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.ask(Method::PUT, path, &[], Some(body))
    }

    /// Changes what is at the path and reads JSON.
    pub(crate) fn patch(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.ask(Method::PATCH, path, &[], Some(body))
    }

    /// Deletes what is at the path.
    pub(crate) fn delete(&self, path: &str) -> Result<Value, Failure> {
        self.ask(Method::DELETE, path, &[], None)
    }

    fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let body = body.map(Value::to_string);
        let mut headers = headers.to_vec();
        headers.extend(body.is_some().then_some(("content-type", "application/json")));
        let headers = headers.as_slice();
        let sent = match &body {
            Some(text) => self.send(method, path, headers, text.as_str(), Some(ANSWER_TIMEOUT)),
            None => self.send(method, path, headers, SendBody::none(), Some(ANSWER_TIMEOUT)),
        };
        let mut response = self.accepted(sent?)?;
        let text = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string();
        let text = text.map_err(|error| self.failed(error))?;
        if text.trim().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).map_err(|_| self.not_a_server("the answer is no JSON"))
    }

    /// Asks whether the server does well, within `timeout`: the status and the body's text.
    pub(crate) fn probe(&self, path: &str, timeout: Duration) -> Result<(u16, String), Failure> {
        let mut response = self.send(Method::GET, path, &[], SendBody::none(), Some(timeout))?;
        let text = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string();
        Ok((response.status().as_u16(), text.map_err(|error| self.failed(error))?))
    }

    /// Asks for bytes; they are read from the response's body without a limit and without a time-out.
    pub(crate) fn download(&self, path: &str, headers: &[(&str, &str)]) -> Result<Response<Body>, Failure> {
        self.accepted(self.send(Method::GET, path, headers, SendBody::none(), None)?)
    }

    /// Asks for the header section alone.
    pub(crate) fn head(&self, path: &str) -> Result<Response<Body>, Failure> {
        let response = self.send(Method::HEAD, path, &[], SendBody::none(), Some(ANSWER_TIMEOUT))?;
        match response.status().as_u16() {
            404 => Err(Failure::new(Exit::Failed, "there is nothing here")),
            401 | 403 => Err(Failure::new(Exit::Unauthorised, "the key may not see this")),
            _ => self.accepted(response),
        }
    }

    /// Sends bytes as they are read; waits as long as it takes.
    pub(crate) fn upload(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        upload: Upload<'_>,
    ) -> Result<Response<Body>, Failure> {
        let Upload { bytes, len, media_type } = upload;
        let len = len.map(|len| (len, len.to_string()));
        let mut all = vec![("content-type", media_type.as_str())];
        all.extend_from_slice(headers);
        if let Some((_, len)) = &len {
            all.push(("content-length", len));
        }
        if len.as_ref().is_none_or(|(len, _)| *len >= ASK_FIRST_BYTES_MIN) {
            all.push(("expect", "100-continue"));
        }
        self.accepted(self.send(method, path, &all, SendBody::from_reader(bytes), None)?)
    }

    fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl ureq::AsSendBody,
        timeout: Option<Duration>,
    ) -> Result<Response<Body>, Failure> {
        let mut request = Request::builder().method(method).uri(self.url(path));
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body).map_err(|error| Failure::usage(format!("this cannot be sent: {error}")))?;
        let request = self.agent.configure_request(request).timeout_global(timeout).build();
        self.agent.run(request).map_err(|error| self.failed(error))
    }
}

/// The text as it may stand in a path's segment or a query's value.
pub(crate) fn percent(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

/// A path with a query; pairs without a value are left out.
pub(crate) fn path_with(path: &str, query: &[(&str, Option<String>)]) -> String {
    let given = query.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    given.fold(path.to_owned(), |path, (name, value)| {
        let mark = if path.contains('?') { '&' } else { '?' };
        format!("{path}{mark}{}={}", percent(name), percent(value))
    })
}

/// Whether a host is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn roots(path: &std::path::Path) -> Result<RootCerts, Failure> {
    let pem = std::fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
    let certificates: Vec<_> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(Failure::usage(format!("there is no certificate in {}", path.display())));
    }
    Ok(RootCerts::new_with_certs(&certificates))
}

#[cfg(test)]
mod tests;
