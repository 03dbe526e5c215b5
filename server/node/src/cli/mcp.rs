//! `inos mcp`: the server's tools for a language model that speaks over standard input and output. Each line that comes
//! is a message for `/mcp`, each message that comes back is a line. Knows no tool.

use std::{
    io::{BufRead, BufReader, Read, Write},
    sync::{
        Mutex, OnceLock,
        mpsc::{Receiver, sync_channel},
    },
    thread,
};

use serde_json::{Value, json};
use ureq::http::{Method, header::CONTENT_TYPE};

use crate::{
    client::{At, Client, Upload},
    exit::{Exit, Failure},
    terminal::{say, unwritten},
};

/// The longest message, in bytes.
const MESSAGE_BYTES_MAX: usize = 64 << 20;
/// How many messages are under way at once.
const MESSAGES_MAX: usize = 8;
/// What JSON-RPC calls an error on the way.
const INTERNAL: i64 = -32_603;
/// Where a message names the version of the protocol.
const VERSION: &str = "io.modelcontextprotocol/protocolVersion";

/// Offer the server's units as tools to a language model, over standard input and output (Model Context Protocol)
#[derive(Debug, clap::Args)]
pub(super) struct Mcp {
    #[command(flatten)]
    pub(super) at: At,
}

/// What the messages of one conversation share.
struct Talk<'a> {
    client: &'a Client,
    /// The version that client and server agreed on.
    version: OnceLock<String>,
    written: Mutex<()>,
}

impl Mcp {
    pub(super) fn run(&self, client: &Client) -> Result<Exit, Failure> {
        let talk = Talk { client, version: OnceLock::new(), written: Mutex::default() };
        // A message is read once there is room for it: whoever writes faster waits.
        let (sender, receiver) = sync_channel(0);
        let receiver = Mutex::new(receiver);
        thread::scope(|scope| {
            let workers: Vec<_> = (0..MESSAGES_MAX).map(|_| scope.spawn(|| talk.answer_all(&receiver))).collect();
            let mut input = BufReader::new(std::io::stdin());
            while let Some(line) = next_line(&mut input)? {
                if sender.send(line).is_err() {
                    break;
                }
            }
            drop(sender);
            for worker in workers {
                worker.join().map_err(|_| Failure::new(Exit::Failed, "a message could not be passed on"))??;
            }
            Ok(Exit::Done)
        })
    }
}

/// The next line that is not empty; none at the end of the input.
fn next_line(input: &mut impl BufRead) -> Result<Option<Vec<u8>>, Failure> {
    loop {
        let mut line = Vec::new();
        let read = input.by_ref().take(MESSAGE_BYTES_MAX as u64 + 1).read_until(b'\n', &mut line);
        read.map_err(|error| Failure::new(Exit::Failed, format!("the input cannot be read: {error}")))?;
        if line.len() > MESSAGE_BYTES_MAX {
            return Err(Failure::usage(format!("a message has at most {MESSAGE_BYTES_MAX} bytes")));
        }
        match line.as_slice() {
            [] => return Ok(None),
            line if line.trim_ascii().is_empty() => {}
            _ => return Ok(Some(line)),
        }
    }
}

impl Talk<'_> {
    fn answer_all(&self, lines: &Mutex<Receiver<Vec<u8>>>) -> Result<(), Failure> {
        loop {
            let line = lines.lock().map_err(|_| Failure::new(Exit::Failed, "a message could not be passed on"))?.recv();
            let Ok(line) = line else { return Ok(()) };
            let message: Value = serde_json::from_slice(&line).unwrap_or(Value::Null);
            if let Err(failure) = self.pass(&message, line) {
                self.failed(&message, &failure)?;
            }
        }
    }

    /// Passes a message on, and what comes back.
    fn pass(&self, message: &Value, line: Vec<u8>) -> Result<(), Failure> {
        let mut headers = vec![("accept", "application/json, text/event-stream")];
        let params = &message["params"];
        let version = params["_meta"][VERSION].as_str().or(self.version.get().map(String::as_str));
        headers.extend(version.map(|version| ("mcp-protocol-version", version)));
        headers.extend(message["method"].as_str().map(|method| ("mcp-method", method)));
        let name = ["name", "uri", "taskId"].iter().find_map(|field| params[field].as_str());
        headers.extend(
            name.filter(|name| name.bytes().all(|byte| byte.is_ascii_graphic())).map(|name| ("mcp-name", name)),
        );
        let len = Some(line.len() as u64);
        let upload = Upload { bytes: &mut line.as_slice(), len, media_type: "application/json".into() };
        let mut response = self.client.upload(Method::POST, "/mcp", &headers, upload)?;
        let is_stream =
            response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event"));
        let mut body = BufReader::new(response.body_mut().as_reader());
        if is_stream {
            return self.stream(&mut body);
        }
        let mut text = String::new();
        body.take(MESSAGE_BYTES_MAX as u64).read_to_string(&mut text).map_err(|error| broken(&error))?;
        self.heard(&text)
    }

    /// Passes on each event of a stream.
    fn stream(&self, body: &mut impl BufRead) -> Result<(), Failure> {
        let mut data = String::new();
        loop {
            let mut line = String::new();
            let read =
                body.by_ref().take(MESSAGE_BYTES_MAX as u64).read_line(&mut line).map_err(|error| broken(&error))?;
            match line.trim_end_matches(['\r', '\n']) {
                "" => self.heard(&std::mem::take(&mut data))?,
                line => data.push_str(line.strip_prefix("data:").map_or("", str::trim_start)),
            }
            if read == 0 {
                return Ok(());
            }
        }
    }

    /// Writes a message of the server's as a line.
    fn heard(&self, text: &str) -> Result<(), Failure> {
        if text.trim().is_empty() {
            return Ok(());
        }
        let message: Value =
            serde_json::from_str(text).map_err(|_| Failure::new(Exit::Failed, "the answer is no JSON"))?;
        if let Some(version) = message["result"]["protocolVersion"].as_str() {
            // A conversation begins once; what a second beginning says is in each of its messages.
            let _ = self.version.set(version.to_owned());
        }
        self.write(&message)
    }

    /// Answers a question that could not be passed on; what is no question is only told to whoever watches.
    fn failed(&self, message: &Value, failure: &Failure) -> Result<(), Failure> {
        match &message["id"] {
            Value::Null => say(&format!("error: {}", crate::show::clean(&failure.message))),
            id => {
                let error = json!({ "code": INTERNAL, "message": failure.message });
                self.write(&json!({ "jsonrpc": "2.0", "id": id, "error": error }))?;
            }
        }
        Ok(())
    }

    fn write(&self, message: &Value) -> Result<(), Failure> {
        let _turn = self.written.lock();
        let mut out = std::io::stdout().lock();
        writeln!(out, "{message}").and_then(|()| out.flush()).map_err(|error| unwritten(&error))
    }
}

fn broken(error: &std::io::Error) -> Failure {
    Failure::new(Exit::Failed, format!("the answer broke off: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_messages_and_empty_ones_are_none() {
        let mut input = std::io::Cursor::new(b"\n{\"a\":1}\n \n{\"b\":2}".to_vec());
        assert_eq!(next_line(&mut input).ok().flatten(), Some(b"{\"a\":1}\n".to_vec()));
        assert_eq!(next_line(&mut input).ok().flatten(), Some(b"{\"b\":2}".to_vec()));
        assert_eq!(next_line(&mut input).ok(), Some(None));
    }
}
