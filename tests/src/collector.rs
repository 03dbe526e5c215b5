//! A collector of traces: takes OTLP over HTTP and shows what came, or behaves badly on purpose.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse},
    common::v1::{KeyValue, any_value},
    trace::v1 as otlp,
};
use prost::Message;

use crate::until;

/// How a collector answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manners {
    /// It takes everything.
    Takes,
    /// It takes everything but so many spans of each message.
    Refuses(i64),
    /// It answers with this status.
    Says(u16),
    /// It takes connections and never says a word.
    Silent,
}

/// A running collector; its threads end with the test.
pub struct Collector {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    manners: Manners,
    connections: usize,
    heads: Vec<String>,
    bodies: Vec<Vec<u8>>,
}

/// A span as it came, in the words of its reader.
#[derive(Debug, Clone)]
pub struct Span {
    /// Its trace, in hexadecimal.
    pub trace: String,
    /// Its id, in hexadecimal.
    pub id: String,
    /// Its parent's id, empty where it has none.
    pub parent: String,
    /// Its name.
    pub name: String,
    /// Whether it answers a request.
    pub is_server: bool,
    /// Whether it failed.
    pub failed: bool,
    /// When it began and ended, in nanoseconds since 1970.
    pub times: (u64, u64),
    /// Its attributes, numbers as text.
    pub attributes: BTreeMap<String, String>,
    /// Traces of the spans that it links to.
    pub links: Vec<String>,
}

impl Collector {
    /// A collector that takes everything.
    pub fn start() -> Self {
        Self::with(Manners::Takes)
    }

    /// A collector with these manners.
    pub fn with(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let state = State { manners, connections: 0, heads: Vec::new(), bodies: Vec::new() };
        let state = Arc::new(Mutex::new(state));
        let kept = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                kept.lock().expect("the collector's lock").connections += 1;
                let state = Arc::clone(&kept);
                std::thread::spawn(move || serve(&stream, &state));
            }
        });
        Self { address, state }
    }

    /// Its URL, without a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes its manners from the next message on.
    pub fn behave(&self, manners: Manners) {
        self.state.lock().expect("the collector's lock").manners = manners;
    }

    /// How many connections it ever took.
    pub fn connections(&self) -> usize {
        self.state.lock().expect("the collector's lock").connections
    }

    /// The header sections of the messages that came.
    pub fn heads(&self) -> Vec<String> {
        self.state.lock().expect("the collector's lock").heads.clone()
    }

    /// Whether these bytes stand anywhere in what came.
    pub fn holds(&self, bytes: &[u8]) -> bool {
        let state = self.state.lock().expect("the collector's lock");
        state.bodies.iter().any(|body| body.windows(bytes.len()).any(|window| window == bytes))
    }

    /// Who the spans came from.
    pub fn resource(&self) -> BTreeMap<String, String> {
        let messages = self.messages();
        let resource = messages.first().and_then(|message| message.resource_spans.first()?.resource.clone());
        attributes(&resource.expect("spans have come").attributes)
    }

    /// Every span that it took.
    pub fn spans(&self) -> Vec<Span> {
        let messages = self.messages();
        let resources = messages.iter().flat_map(|message| &message.resource_spans);
        resources.flat_map(|resource| &resource.scope_spans).flat_map(|scope| &scope.spans).map(read).collect()
    }

    /// The first span for which this holds, once it has come.
    pub fn span(&self, wanted: impl Fn(&Span) -> bool) -> Span {
        let mut found = None;
        until(Duration::from_secs(20), || {
            found = self.spans().into_iter().find(&wanted);
            found.is_some()
        });
        found.expect("it was waited for")
    }

    fn messages(&self) -> Vec<ExportTraceServiceRequest> {
        let state = self.state.lock().expect("the collector's lock");
        let read = |body: &Vec<u8>| ExportTraceServiceRequest::decode(body.as_slice()).expect("an OTLP message");
        state.bodies.iter().map(read).collect()
    }
}

impl Span {
    /// An attribute's text; empty where it is absent.
    pub fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

fn serve(stream: &TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    while let Some((head, body)) = request(&mut reader) {
        let mut state = state.lock().expect("the collector's lock");
        let manners = state.manners;
        state.heads.push(head);
        if matches!(manners, Manners::Takes | Manners::Refuses(_)) {
            state.bodies.push(body);
        }
        drop(state);
        let (status, refused) = match manners {
            Manners::Takes => (200, 0),
            Manners::Refuses(spans) => (200, spans),
            Manners::Says(status) => (status, 0),
            Manners::Silent => continue,
        };
        let partial_success = Some(ExportTracePartialSuccess { rejected_spans: refused, ..Default::default() });
        let answer = ExportTraceServiceResponse { partial_success }.encode_to_vec();
        let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n\r\n", answer.len());
        let mut writer = stream;
        if writer.write_all(&[head.as_bytes(), &answer].concat()).is_err() {
            return;
        }
    }
}

/// The next request's head and body; `None` once the connection is closed.
fn request(reader: &mut BufReader<&TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let lower = head.to_ascii_lowercase();
    let len = lower.lines().find_map(|line| line.strip_prefix("content-length:")).expect("a length");
    let mut body = vec![0; len.trim().parse().expect("a number")];
    reader.read_exact(&mut body).ok()?;
    Some((head, body))
}

fn read(span: &otlp::Span) -> Span {
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    let status = span.status.clone().unwrap_or_default();
    assert_eq!(status.message, "", "a status says no more than its code");
    Span {
        trace: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        name: span.name.clone(),
        is_server: span.kind() == otlp::span::SpanKind::Server,
        failed: status.code() == otlp::status::StatusCode::Error,
        times: (span.start_time_unix_nano, span.end_time_unix_nano),
        attributes: attributes(&span.attributes),
        links: span.links.iter().map(|link| hex(&link.trace_id)).collect(),
    }
}

fn attributes(pairs: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |pair: &KeyValue| match pair.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(any_value::Value::StringValue(text)) => text.clone(),
        Some(any_value::Value::IntValue(number)) => number.to_string(),
        other => panic!("{}: {other:?}", pair.key),
    };
    pairs.iter().map(|pair| (pair.key.clone(), text(pair))).collect()
}
