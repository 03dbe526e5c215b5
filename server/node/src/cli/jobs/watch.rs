//! `inos jobs watch`: server-sent events of one job until it ends; taken up again where the connection broke.

use std::{
    io::{BufRead, BufReader, Read},
    time::Duration,
};

use serde_json::Value;

use super::{path, terminal::Terminal};
use crate::{
    client::Client,
    exit::{Exit, Failure},
    show,
};

/// How often a broken connection is taken up again without an event in between.
const ATTEMPTS_MAX: u32 = 5;
/// How long to wait before each of them.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest line of an event, in bytes.
const LINE_LEN_MAX: u64 = 1 << 20;

/// One event of the stream.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Event {
    pub(crate) id: Option<String>,
    pub(crate) name: String,
    pub(crate) data: String,
}

/// Prints a job's events; the exit code says whether it succeeded.
pub(super) fn watch(terminal: Terminal, client: &Client, job: &str) -> Result<Exit, Failure> {
    let mut last = None;
    let mut attempts = 0;
    loop {
        // What ended before anybody watched has no events left to tell.
        let now = client.get(&path(job, ""))?;
        if let Some(exit) = ended(&now["state"]) {
            terminal.facts(&now)?;
            return Ok(exit);
        }
        let seen = last.clone();
        let exit = follow(terminal, client, job, &mut last)?;
        if let Some(exit) = exit {
            return Ok(exit);
        }
        attempts = if last == seen { attempts + 1 } else { 1 };
        if attempts > ATTEMPTS_MAX {
            return Err(Failure::new(Exit::Unreachable, "the stream of events keeps breaking off"));
        }
        std::thread::sleep(PAUSE);
    }
}

fn follow(terminal: Terminal, client: &Client, job: &str, last: &mut Option<String>) -> Result<Option<Exit>, Failure> {
    let mut headers = vec![("accept", "text/event-stream")];
    let resume = last.clone();
    if let Some(id) = &resume {
        headers.push(("last-event-id", id));
    }
    let response = client.download(&path(job, "/events"), &headers)?;
    let mut lines = BufReader::new(response.into_body().into_reader());
    while let Some(event) = next(&mut lines) {
        if event.id.is_some() {
            last.clone_from(&event.id);
        }
        let data: Value = serde_json::from_str(&event.data).unwrap_or(Value::Null);
        print(terminal, &event, &data)?;
        if let Some(exit) = ended(&data["state"]) {
            return Ok(Some(exit));
        }
    }
    Ok(None)
}

/// The exit code of a final state.
fn ended(state: &Value) -> Option<Exit> {
    match state.as_str()? {
        "succeeded" => Some(Exit::Done),
        "failed" | "cancelled" | "expired" => Some(Exit::Failed),
        _ => None,
    }
}

/// Says one event, as a line or as JSON.
pub(crate) fn print(terminal: Terminal, event: &Event, data: &Value) -> Result<(), Failure> {
    if terminal.json() {
        return terminal.value(&serde_json::json!({ "event": event.name, "id": event.id, "data": data }));
    }
    let field = |name: &str| show::field(name, &data[name]);
    let at = data["at"].as_str().map_or_else(String::new, |at| format!("{}  ", show::clean(at)));
    let words = match event.name.as_str() {
        "state" => format!("{}  cost {}", field("state"), field("cost")),
        "progress" => format!("{} of {}", field("done"), field("total")),
        "log" => field("line"),
        "output" => format!("{} bytes, in base64: {}", field("offset"), field("base64")),
        "gap" => field("detail"),
        _ => show::clean(&event.data),
    };
    terminal.line(&format!("{at}{:8}  {words}", show::clean(&event.name)))
}

/// The next event, or none when the stream ends or breaks.
pub(crate) fn next(lines: &mut impl BufRead) -> Option<Event> {
    let mut event = Event::default();
    loop {
        let mut line = Vec::new();
        let read = lines.by_ref().take(LINE_LEN_MAX).read_until(b'\n', &mut line).ok()?;
        if read == 0 || line.last() != Some(&b'\n') {
            return None;
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end_matches(['\r', '\n']);
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" if line.is_empty() && (!event.data.is_empty() || !event.name.is_empty()) => return Some(event),
            "id" => event.id = Some(value.to_owned()),
            "event" => event.name = value.to_owned(),
            "data" => {
                if !event.data.is_empty() {
                    event.data.push('\n');
                }
                event.data.push_str(value);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_as_they_are_written() {
        let mut stream = &b": hello\n\nid: 7\nevent: state\ndata: {\"a\":\ndata: 1}\n\ndata:x\r\n\r\nevent: cut"[..];
        let first = next(&mut stream).unwrap();
        assert_eq!(first, Event { id: Some("7".into()), name: "state".into(), data: "{\"a\":\n1}".into() });
        assert_eq!(next(&mut stream).unwrap().data, "x");
        assert_eq!(next(&mut stream), None);
    }

    #[test]
    fn only_success_is_exit_0() {
        let exits = ["running", "succeeded", "failed", "expired"].map(|state| ended(&Value::from(state)));
        assert_eq!(exits, [None, Some(Exit::Done), Some(Exit::Failed), Some(Exit::Failed)]);
    }
}
