//! `inos run`: one job, its input streamed up, its output streamed down. Sessions are begun and left to live on.

use std::{
    io::Read,
    path::{Path, PathBuf},
    time::Duration,
};

use inos_protocols::{Microcredits, time::Time};
use serde_json::{Map, Value};
use ureq::{
    Body,
    http::{Method, Response},
};

use super::{files, jobs, session};
use crate::{
    client::{At, Client, Multipart, Part, Upload, path_with, percent},
    exit::{Exit, Failure},
    show,
    terminal::{self, Terminal, is_watched, say},
};

/// The largest output that is put into JSON, in bytes.
const EMBEDDED_BYTES_MAX: u64 = 16 << 20;

/// Run one job and wait for its output; begin a session and leave it to live on
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: inos run compute.blake3 --param encoding=hex Cargo.toml")]
pub(super) struct Run {
    /// What to run: UNIT.METHOD
    #[arg(value_name = "UNIT.METHOD")]
    pub(super) target: String,
    /// What to work on; `-` is standard input
    #[arg(value_name = "INPUT")]
    inputs: Vec<String>,
    /// A parameter, as often as there are any
    #[arg(short, long = "param", value_name = "NAME=VALUE", value_parser = pair)]
    pub(super) params: Vec<(String, String)>,
    /// Parameters as a JSON object
    #[arg(long, value_name = "FILE")]
    pub(super) params_file: Option<PathBuf>,
    /// Where the output goes; standard output otherwise
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// What the inputs are
    #[arg(long = "type", value_name = "MEDIA_TYPE", default_value = "application/octet-stream")]
    media_type: String,
    /// Save the signed receipt: JSON where the name ends with .json, bytes otherwise
    #[arg(long, value_name = "FILE")]
    pub(super) receipt: Option<PathBuf>,
    /// The most that the job may cost, in credits
    #[arg(long, value_name = "CREDITS", value_parser = show::parse_credits)]
    pub(super) budget: Option<Microcredits>,
    /// 0 to 255; higher runs earlier within the account
    #[arg(long)]
    pub(super) priority: Option<u8>,
    /// How long an attempt may run
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(super) timeout: Option<Duration>,
    /// How long the job may wait before it is begun
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    queue_ttl: Option<Duration>,
    /// When the job must have ended, such as 2026-01-31T12:00:00Z
    #[arg(long, value_name = "MOMENT")]
    pub(super) deadline: Option<Time>,
    /// How often it is begun at most where it breaks on the server's side
    #[arg(long, value_name = "COUNT")]
    attempts: Option<u8>,
    /// Whether an earlier job that was asked the same may be the answer: off, use, refresh
    #[arg(long, value_name = "WHETHER", value_parser = ["off", "use", "refresh"])]
    cache: Option<String>,
    /// Keep the output on the server, so that it can be fetched again
    #[arg(long)]
    keep: bool,
    /// The same key with the same request is the same job for 24 hours
    #[arg(long, value_name = "KEY")]
    pub(super) idempotency_key: Option<String>,
    /// Say job, cost and receipt on standard error also where nobody watches
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    pub(super) at: At,
}

/// What came of the job, as the answer's headers say it.
struct Told {
    job: Option<String>,
    cost: Option<u64>,
    receipt: Option<String>,
}

impl Run {
    pub(super) fn run(&self, terminal: Terminal, client: &Client) -> Result<Exit, Failure> {
        let (unit, method) = self.names()?;
        // No session has inputs, so that most runs need not ask.
        if self.inputs.is_empty()
            && let Some(about) = session::session_of(client, unit, method)?
        {
            return self.begin(terminal, client, &about);
        }
        let response = self.send(client)?;
        let told = told(&response);
        let embedded = if terminal.json() && self.output.is_none() {
            embed(response)?
        } else {
            jobs::save(response, self.output.as_deref())?;
            Value::Null
        };
        if let Some(path) = &self.receipt {
            save_receipt(client, &told, path)?;
        }
        self.report(terminal, &told, &embedded)?;
        Ok(Exit::Done)
    }

    /// The unit and the method.
    pub(super) fn names(&self) -> Result<(&str, &str), Failure> {
        self.target.split_once('.').ok_or_else(|| {
            Failure::usage(format!("`{}` is no UNIT.METHOD, such as compute.blake3", show::clean(&self.target)))
        })
    }

    fn send(&self, client: &Client) -> Result<Response<Body>, Failure> {
        let (unit, method) = self.names()?;
        if self.inputs.iter().filter(|input| *input == files::STDIN).count() > 1 {
            return Err(Failure::usage("standard input can be one input, not several"));
        }
        let path = format!("/v1/run/{}/{}", percent(unit), percent(method));
        let file = self.params_file.as_deref().map(read_params).transpose()?.unwrap_or_default();
        match (query(&file, &self.params), self.inputs.as_slice()) {
            (Some(query), []) => self.upload(client, &path_with(&path, &query), &mut std::io::empty(), Some(0)),
            (Some(query), [input]) => {
                let files::Input { mut bytes, len, .. } = files::open(input)?;
                self.upload(client, &path_with(&path, &query), &mut bytes, len)
            }
            (Some(query), _) => self.send_parts(client, &path_with(&path, &query), None),
            (None, _) => {
                let given: Vec<_> =
                    self.params.iter().map(|(name, value)| (name.as_str(), Some(value.clone()))).collect();
                let rest = file.into_iter().filter(|(name, _)| !self.params.iter().any(|(given, _)| given == name));
                self.send_parts(client, &path_with(&path, &given), Some(rest.collect()))
            }
        }
    }

    fn upload(
        &self,
        client: &Client,
        path: &str,
        bytes: &mut dyn Read,
        len: Option<u64>,
    ) -> Result<Response<Body>, Failure> {
        self.post(client, path, bytes, len, self.media_type.clone())
    }

    fn send_parts(
        &self,
        client: &Client,
        path: &str,
        params: Option<Map<String, Value>>,
    ) -> Result<Response<Body>, Failure> {
        let mut parts = Vec::new();
        if let Some(params) = params {
            let text = Value::Object(params).to_string();
            let len = Some(text.len() as u64);
            let bytes = Box::new(std::io::Cursor::new(text));
            parts.push(Part { name: "params", file: None, media_type: "application/json".into(), bytes, len });
        }
        for input in &self.inputs {
            let files::Input { bytes, len, name } = files::open(input)?;
            parts.push(Part { name: "input", file: name, media_type: self.media_type.clone(), bytes, len });
        }
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| Failure::new(Exit::Failed, format!("no randomness: {error}")))?;
        let mut body = Multipart::new(parts, random);
        let (len, media_type) = (body.len(), body.media_type());
        self.post(client, path, &mut body, len, media_type)
    }

    fn post(
        &self,
        client: &Client,
        path: &str,
        bytes: &mut dyn Read,
        len: Option<u64>,
        media_type: String,
    ) -> Result<Response<Body>, Failure> {
        let bar = terminal::progress(len, "sending");
        let mut bytes = bar.wrap_read(bytes);
        let headers = self.headers();
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let sent = client.upload(Method::POST, path, &headers, Upload { bytes: &mut bytes, len, media_type });
        bar.finish_and_clear();
        sent
    }

    fn headers(&self) -> Vec<(&'static str, String)> {
        let all = [
            ("inos-budget", self.budget.map(|budget| budget.get().to_string())),
            ("inos-priority", self.priority.map(|priority| priority.to_string())),
            ("inos-timeout-ms", self.timeout.map(|span| span.as_millis().to_string())),
            ("inos-queue-ttl-ms", self.queue_ttl.map(|span| span.as_millis().to_string())),
            ("inos-deadline", self.deadline.map(|deadline| deadline.to_string())),
            ("inos-attempts", self.attempts.map(|attempts| attempts.to_string())),
            ("inos-cache", self.cache.clone()),
            ("inos-keep", self.keep.then(|| "true".to_owned())),
            ("idempotency-key", self.idempotency_key.clone()),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    fn report(&self, terminal: Terminal, told: &Told, output: &Value) -> Result<(), Failure> {
        let Told { job, cost, receipt } = told;
        if terminal.json() {
            return terminal
                .value(&serde_json::json!({ "job": job, "cost": cost, "receipt": receipt, "output": output }));
        }
        if self.verbose || is_watched() {
            let cost = cost.map_or("–".into(), |cost| show::credits(cost.try_into().unwrap_or(i64::MAX)));
            say(&format!("job      {}\ncost     {cost} credits", job.as_deref().unwrap_or("–")));
            if let Some(path) = &self.receipt {
                say(&format!("receipt  {}", path.display()));
            } else if let Some(job) = job {
                say(&format!("receipt  inos jobs receipt {job}"));
            }
        }
        Ok(())
    }
}

/// The output as a value: text where it is text, base64 otherwise.
fn embed(response: Response<Body>) -> Result<Value, Failure> {
    let media = response.headers().get("content-type").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut bytes = Vec::new();
    let body = response.into_body().into_reader().take(EMBEDDED_BYTES_MAX + 1);
    files::copy(&mut { body }, &mut bytes)?;
    if bytes.len() as u64 > EMBEDDED_BYTES_MAX {
        return Err(Failure::new(Exit::Failed, "the output is too large for JSON").hint("say with -o where it goes"));
    }
    Ok(match String::from_utf8(bytes) {
        Ok(text) => serde_json::json!({ "media_type": media, "text": text }),
        Err(bytes) => {
            serde_json::json!({ "media_type": media, "base64": data_encoding::BASE64.encode(bytes.as_bytes()) })
        }
    })
}

fn told(response: &Response<Body>) -> Told {
    let header = |name: &str| {
        let value = response.headers().get(name)?.to_str().ok()?;
        Some(show::clean(value))
    };
    let cost = header("inos-cost").and_then(|cost| cost.parse().ok());
    Told { job: header("inos-job-id"), cost, receipt: header("inos-receipt") }
}

/// Long answers bear no receipt in their header section: it is asked for then.
fn save_receipt(client: &Client, told: &Told, path: &Path) -> Result<(), Failure> {
    let json = path.extension().is_some_and(|extension| extension == "json");
    if let (false, Some(receipt)) = (json, &told.receipt) {
        let bytes = data_encoding::BASE64URL_NOPAD.decode(receipt.trim_end_matches('=').as_bytes());
        let bytes = bytes.map_err(|_| Failure::new(Exit::Failed, "the server's receipt is no base64url"))?;
        return files::write(path, &bytes);
    }
    let job = told.job.as_ref().ok_or_else(|| Failure::new(Exit::Failed, "the server named no job"))?;
    let accept = if json { "application/json" } else { "application/capnp" };
    let response = client.download(&format!("/v1/jobs/{}/receipt", percent(job)), &[("accept", accept)])?;
    jobs::save(response, Some(path))
}

pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    if name.is_empty() { Err("the name is missing".into()) } else { Ok((name.into(), value.into())) }
}

pub(super) fn read_params(path: &Path) -> Result<Map<String, Value>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error))?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::usage(format!("{} is no JSON object: {error}", path.display())))
}

/// All parameters as a query, which the server reads by the method's schema; none if one of them is a list or an object.
fn query<'a>(file: &'a Map<String, Value>, params: &'a [(String, String)]) -> Option<Vec<(&'a str, Option<String>)>> {
    let given = |name: &str| params.iter().any(|(given, _)| given == name);
    let mut all = Vec::new();
    for (name, value) in file.iter().filter(|(name, _)| !given(name)) {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => return None,
        };
        all.push((name.as_str(), Some(text)));
    }
    all.extend(params.iter().map(|(name, value)| (name.as_str(), Some(value.clone()))));
    Some(all)
}

/// The file's parameters with those of the command line over them, read as JSON where they are JSON.
pub(super) fn merged(mut file: Map<String, Value>, params: &[(String, String)]) -> Map<String, Value> {
    for (name, text) in params {
        let value = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()));
        file.insert(name.clone(), value);
    }
    file
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_command_line_beats_the_file() {
        let file = json!({ "quality": 5, "mode": "text" }).as_object().unwrap().clone();
        let given = [("quality".to_owned(), "9".to_owned())];
        let all = query(&file, &given).unwrap();
        assert_eq!(all, [("mode", Some("text".into())), ("quality", Some("9".into()))]);
        let list = json!({ "keys": [1, 2] }).as_object().unwrap().clone();
        assert_eq!(query(&list, &given), None);
        assert_eq!(Value::Object(merged(list, &given)), json!({ "keys": [1, 2], "quality": 9 }));
    }

    #[test]
    fn a_parameter_has_a_name() {
        assert_eq!(pair("a=b=c"), Ok(("a".into(), "b=c".into())));
        assert!(pair("=x").is_err() && pair("x").is_err());
    }
}
