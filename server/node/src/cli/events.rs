//! `inos events`: what happens to the account's jobs, as server-sent events or from the server's memory.

use std::{io::BufReader, time::Duration};

use inos_arena::{AttachedRing, Heard};
use serde_json::{Value, json};

use super::{
    jobs::watch::{Event, next, print},
    regions::{LOOK, ask, broken, is_closed},
};
use crate::{
    client::{At, Client},
    exit::{Exit, Failure},
    terminal::Terminal,
};

/// How often a broken stream is taken up again without an event in between, and how long to wait before each time.
const ATTEMPTS_MAX: u32 = 5;
const PAUSE: Duration = Duration::from_secs(1);

/// Say what happens to your jobs and your account, as it happens
#[derive(Debug, clap::Args)]
pub(super) struct Events {
    /// Read them from the server's memory, on its own machine, and ask it nothing more; begins with those it remembers
    #[arg(long, conflicts_with = "after")]
    attach: bool,
    /// Go on after the event with this number
    #[arg(long, value_name = "NUMBER")]
    after: Option<u64>,
    /// End after so many
    #[arg(long, value_name = "COUNT")]
    count: Option<u64>,
    #[command(flatten)]
    pub(super) at: At,
}

/// What was said so far.
struct Said {
    terminal: Terminal,
    left: Option<u64>,
}

impl Said {
    /// Says one more; `false` where that was the last one wanted.
    fn say(&mut self, event: &Event, data: &Value) -> Result<bool, Failure> {
        print(self.terminal, event, data)?;
        self.left = self.left.map(|left| left.saturating_sub(1));
        Ok(self.left != Some(0))
    }
}

impl Events {
    pub(super) fn run(&self, terminal: Terminal, client: &Client) -> Result<Exit, Failure> {
        let mut said = Said { terminal, left: self.count };
        if self.count == Some(0) {
            return Ok(Exit::Done);
        }
        if self.attach { self.follow(&mut said) } else { self.stream(&mut said, client) }
    }

    fn stream(&self, said: &mut Said, client: &Client) -> Result<Exit, Failure> {
        let (mut last, mut attempts) = (self.after.map(|after| after.to_string()), 0);
        loop {
            let mut headers = vec![("accept", "text/event-stream")];
            headers.extend(last.as_deref().map(|last| ("last-event-id", last)));
            let response = client.download("/v1/events", &headers)?;
            let mut lines = BufReader::new(response.into_body().into_reader());
            while let Some(event) = next(&mut lines) {
                (last, attempts) = (event.id.clone().or(last), 0);
                let data = serde_json::from_str(&event.data).unwrap_or_default();
                if !said.say(&event, &data)? {
                    return Ok(Exit::Done);
                }
            }
            attempts += 1;
            if attempts > ATTEMPTS_MAX {
                return Err(Failure::new(Exit::Unreachable, "the stream of events keeps breaking off"));
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Reads the ring in which the server writes them; a slow reader is told how many it missed.
    fn follow(&self, said: &mut Said) -> Result<Exit, Failure> {
        let (socket, fds) = ask(&self.at, &json!({ "key": self.at.key().unwrap_or_default(), "ring": "events" }))?;
        let mut ring = AttachedRing::open(fds).map_err(|error| broken(&error))?;
        let mut record = Vec::new();
        loop {
            let (event, data) = match ring.wait(&mut record, LOOK) {
                Heard::Record(_) => of_record(&record),
                Heard::Missed(count) => gap(count),
                Heard::Nothing if ring.has_ended() || is_closed(&socket) => {
                    return Err(Failure::new(Exit::Unreachable, "the server has ended this; ask again"));
                }
                Heard::Nothing => continue,
            };
            if !said.say(&event, &data)? {
                return Ok(Exit::Done);
            }
        }
    }
}

/// A record of the ring as the stream would have said it.
fn of_record(record: &[u8]) -> (Event, Value) {
    let mut data: Value = serde_json::from_slice(record).unwrap_or_default();
    let mut take = |name: &str| data.as_object_mut().and_then(|data| data.remove(name));
    let id = take("seq").map(|seq| seq.to_string());
    let name = take("event").and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
    let text = data.to_string();
    (Event { id, name, data: text }, data)
}

fn gap(count: u64) -> (Event, Value) {
    let data = json!({ "missed": count, "detail": format!("{count} events were written over before they were read") });
    (Event { id: None, name: "gap".into(), data: data.to_string() }, data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_said_as_an_event_of_the_stream() {
        let (event, data) = of_record(br#"{"seq":7,"event":"state","job":"j","state":"queued"}"#);
        assert_eq!((event.id.as_deref(), &*event.name), (Some("7"), "state"));
        assert_eq!(data, json!({ "job": "j", "state": "queued" }));
        assert_eq!(of_record(b"no json").0.name, "");
    }
}
