//! Events: told once each whatever happens to the connection, from a job's start however late one comes, with what its
//! unit says and gives out on the way; and where something is not remembered, that is told.

use std::{
    collections::HashMap,
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use data_encoding::BASE64;
use inos_tests::{Client, Raw, TestNode, until};
use serde_json::{Value, json};

use crate::hostile_socket::{frame, shake_on};

/// One event of a stream.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    id: Option<u64>,
    pub(crate) name: String,
    pub(crate) data: Value,
}

/// The whole events of a stream that may have been cut anywhere.
fn events(stream: &str) -> Vec<Event> {
    let whole = stream.rfind("\n\n").map_or("", |end| &stream[..end]);
    let read = |block: &str| {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        Some(Event {
            name: field("event: ")?,
            id: field("id: ").map(|id| id.parse().unwrap()),
            data: serde_json::from_str(&field("data: ")?).unwrap(),
        })
    };
    whole.split("\n\n").filter_map(read).collect()
}

/// What a chunked answer holds that may have been cut anywhere.
fn body(answer: &[u8]) -> String {
    let Some(head) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return String::new() };
    assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(answer));
    let (mut rest, mut whole) = (&answer[head + 4..], Vec::new());
    while let Some(line) = rest.windows(2).position(|two| two == b"\r\n") {
        let len = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
        let chunk = &rest[line + 2..];
        whole.extend_from_slice(&chunk[..len.min(chunk.len())]);
        rest = chunk.get(len + 2..).unwrap_or_default();
    }
    String::from_utf8_lossy(&whole).into_owned()
}

/// A proxy that ends each connection after a part of the answer; it counts the connections.
fn cutter(to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut random = 0x2545_f491_4f6c_dd1d_u64;
        for client in listener.incoming().map_while(Result::ok) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            // From within the head to several events.
            let budget = 100 + random % 1_500;
            cut_after(client, TcpStream::connect(to).unwrap(), budget);
        }
    });
    address
}

/// Passes on one request, and so many bytes of its answer.
fn cut_after(mut client: TcpStream, mut server: TcpStream, budget: u64) {
    let (mut request, mut buffer) = (Vec::new(), [0; 1024]);
    while !request.ends_with(b"\r\n\r\n") {
        let Ok(read @ 1..) = client.read(&mut buffer) else { return };
        request.extend_from_slice(&buffer[..read]);
    }
    if server.write_all(&request).is_ok() {
        // Whoever went away meanwhile is cut off as well.
        let _ = std::io::copy(&mut (&mut server).take(budget), &mut client);
    }
    let _ = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
}

/// How often the reader is cut off.
fn drops() -> usize {
    if std::env::var_os("INOS_TEST_LONG").is_some() { 10_000 } else { 500 }
}

/// How many events may be ahead of the reader: fewer than the server remembers.
const AHEAD_MAX: u64 = 1_500;

#[test]
fn a_reader_that_is_cut_off_again_and_again_hears_each_event_once() {
    let node = TestNode::start();
    let busy = node.account("busy", 9_000_000_000);
    let proxy = cutter(node.address());
    let (told, heard, over) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let produce = || {
        let capsule = json!({ "unit": "test", "method": "noop" });
        while !over.load(Relaxed) {
            if told.load(Relaxed) > heard.load(Relaxed) + AHEAD_MAX {
                std::thread::sleep(Duration::from_millis(1));
                continue;
            }
            assert_eq!(busy.post_json("/v1/jobs", &capsule).status, 202);
            // Queued, running, succeeded.
            told.fetch_add(3, Relaxed);
        }
    };
    let mut all: Vec<Event> = Vec::new();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let _ends = Over(&over);
        let producers = [scope.spawn(produce), scope.spawn(produce)];
        for _ in 0..drops() {
            assert!(producers.iter().all(|producer| !producer.is_finished()), "the jobs go on");
            let last = all.last().map_or(String::new(), |event| format!("last-event-id: {}\r\n", event.id.unwrap()));
            let request =
                format!("GET /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n{last}\r\n", busy.key);
            let answer = Raw::connect(proxy).send(request).read_bytes();
            all.extend(events(&body(&answer)));
            heard.store(all.len() as u64, Relaxed);
        }
    });
    println!("{} events over {} connections in {:?}", all.len(), drops(), begun.elapsed());
    assert!(all.len() > drops() / 2, "{}", all.len());
    let mut states: HashMap<&str, Vec<&str>> = HashMap::new();
    for pair in all.windows(2) {
        assert_eq!(pair[1].id.unwrap(), pair[0].id.unwrap() + 1, "{pair:?}");
    }
    for event in &all {
        assert_eq!(event.name, "state");
        states.entry(event.data["job"].as_str().unwrap()).or_default().push(event.data["state"].as_str().unwrap());
    }
    let story = ["queued", "running", "succeeded"];
    let whole = states.values().filter(|states| **states == story).count();
    assert!(states.values().all(|states| story.windows(states.len()).any(|part| part == states)), "{states:?}");
    assert!(whole + 200 > states.len(), "all but those at the ends are told from first to last");
}

/// Ends the producers also where the test fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// Submits a job that tells something, and gives its id.
fn tell(client: &Client, params: &Value) -> String {
    let made = client.post_json("/v1/jobs", &json!({ "unit": "test", "method": "tell", "params": params }));
    assert_eq!(made.status, 202, "{}", made.text());
    made.json()["id"].as_str().unwrap().to_owned()
}

fn ended(client: &Client, job: &str) {
    until(Duration::from_secs(30), || client.get(&format!("/v1/jobs/{job}")).json()["state"] == "succeeded");
}

/// A stream of a job that has ended, from its start or after an event.
pub(crate) fn stream(client: &Client, path: &str, after: Option<u64>) -> Vec<Event> {
    let after = after.map(|id| id.to_string());
    let headers: Vec<(&str, &str)> = after.iter().map(|id| ("last-event-id", id.as_str())).collect();
    events(&client.send("GET", path, &headers, b"").text())
}

#[test]
fn a_late_reader_hears_a_job_from_its_start_with_all_that_its_unit_said() {
    let node = TestNode::start();
    let admin = node.admin();
    let text = "step\u{1b}[31m\r\n\u{202e}\u{9b}x";
    let job = tell(&admin, &json!({ "steps": 3, "text": text, "ms": 30 }));
    ended(&admin, &job);
    // Others' events in between do not hide it.
    ended(&admin, &tell(&admin, &json!({ "steps": 100, "text": "other" })));
    let path = format!("/v1/jobs/{job}/events");
    let all = stream(&admin, &path, None);
    // How it stands now is the last that is told, not the first.
    let numbered = &all[..];
    assert!(numbered.iter().all(|event| event.id.is_some()), "{all:?}");
    assert!(numbered.iter().all(|event| event.data["job"] == job.as_str()), "{all:?}");
    assert!(numbered.windows(2).all(|pair| pair[0].id < pair[1].id), "{all:?}");
    let named = |name: &str| numbered.iter().filter(|event| event.name == name).cloned().collect::<Vec<_>>();
    let states: Vec<Value> = named("state").iter().map(|event| event.data["state"].clone()).collect();
    assert_eq!(states, ["queued", "running", "succeeded"]);
    let lines: Vec<Value> = named("log").iter().map(|event| event.data["line"].clone()).collect();
    assert_eq!(lines, ["step [31m    x", "step [31m    x", "step [31m    x"], "nothing steers a terminal");
    let pieces = named("output");
    let bytes: Vec<u8> =
        pieces.iter().flat_map(|it| BASE64.decode(it.data["base64"].as_str().unwrap().as_bytes()).unwrap()).collect();
    assert_eq!(bytes, text.repeat(3).as_bytes());
    assert_eq!(pieces[2].data["offset"], 2 * text.len());
    assert_eq!(named("progress").last().unwrap().data["done"], 3);
    // Going on after any event gives just the rest.
    for (index, event) in numbered.iter().enumerate() {
        let rest: Vec<_> = stream(&admin, &path, event.id).iter().map(|event| event.id).collect();
        let wanted: Vec<_> = numbered[index + 1..].iter().map(|event| event.id).collect();
        assert_eq!(rest, wanted);
    }
}

#[test]
fn output_comes_before_the_end_and_no_job_says_too_much() {
    let node = TestNode::start();
    let admin = node.admin();
    let job = tell(&admin, &json!({ "steps": 2, "text": "half", "ms": 3_000 }));
    let mut raw = Raw::connect(node.address());
    let path = format!("/v1/jobs/{job}/events");
    raw.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n", admin.key));
    let told = raw.read_until(&BASE64.encode(b"half"));
    assert!(told.contains("event: output") && !told.contains("succeeded"), "{told}");
    assert_eq!(admin.get(&format!("/v1/jobs/{job}")).json()["state"], "running", "its end is not waited for");
    let loud = tell(&admin, &json!({ "steps": 2_000, "text": "x".repeat(2_000) }));
    ended(&admin, &loud);
    let all = stream(&admin, &format!("/v1/jobs/{loud}/events"), None);
    let lines: Vec<&Event> = all.iter().filter(|event| event.name == "log").collect();
    assert!(lines.len() <= 1_001 && lines.iter().all(|it| it.data["line"].as_str().unwrap().len() <= 1_024));
    let pieces: usize = all.iter().filter(|event| event.name == "output").count();
    assert!(pieces * 2_000 <= 256 << 10, "{pieces}");
    assert!(all.iter().any(|event| event.data.to_string().contains("further")), "and what is cut is said to be");
}

#[test]
fn what_is_not_remembered_is_told_as_a_gap() {
    let mut node = TestNode::start();
    let admin = node.admin();
    let job = tell(&admin, &json!({ "steps": 1, "text": "x" }));
    ended(&admin, &job);
    let path = format!("/v1/jobs/{job}/events");
    let before = stream(&admin, &path, None);
    assert!(before.iter().all(|event| event.name != "gap"), "{before:?}");
    let seen = before.last().unwrap().id.unwrap();
    assert_eq!(node.stop(), Some(0));
    node.restart();
    let admin = node.admin();
    for after in [None, Some(seen)] {
        let now = stream(&admin, &path, after);
        let gap = now.iter().find(|event| event.name == "gap").unwrap_or_else(|| panic!("{now:?}"));
        assert!(gap.id > Some(seen) && gap.data["last"] == gap.id.unwrap(), "{gap:?}");
        // Who goes on after the gap has missed nothing since.
        assert!(stream(&admin, &path, gap.id).iter().all(|event| event.name != "gap"));
    }
}

#[test]
fn a_socket_goes_on_after_an_event() {
    let node = TestNode::start();
    let admin = node.admin();
    let job = tell(&admin, &json!({ "steps": 2, "text": "hello" }));
    ended(&admin, &job);
    let all = stream(&admin, &format!("/v1/jobs/{job}/events"), None);
    let at = all.iter().position(|event| event.name == "output").unwrap();
    let (seen, wanted) = (all[at - 1].id.unwrap(), &all[at..]);
    let mut socket = shake_on(Raw::connect(node.address()), &admin.key);
    let topic = json!({ "subscribe": { "after": { "event": seen, "job": job } } });
    let told = socket.send(frame(0x81, topic.to_string().as_bytes())).read_until("succeeded");
    for name in ["log", "output"] {
        let count = wanted.iter().filter(|event| event.name == name).count();
        assert_eq!(told.matches(&format!("\"{name}\":{{")).count(), count, "{name}: {told}");
    }
    assert!(told.contains(&BASE64.encode(b"hello")) && told.contains("\"line\":\"hello\""), "{told}");
    assert!(told.contains(&format!("\"event\":{}", wanted[0].id.unwrap())));
    assert!(!told.contains(&format!("\"event\":{seen}")) && !told.contains("\"state\":\"queued\""), "{told}");
    let mut late = shake_on(Raw::connect(node.address()), &admin.key);
    let told = late.send(frame(0x81, br#"{"subscribe":{"after":{"event":1}}}"#)).read_until("succeeded");
    assert!(told.contains("\"gap\":{\"first\":2,"), "{told}");
}

#[test]
fn whoever_hears_of_an_end_finds_it() {
    const JOBS: usize = 300;
    let node = TestNode::start();
    let (admin, listener) = (node.admin(), node.admin());
    let (sender, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        listener.listen("/v1/events", |line| {
            let data: Option<Value> = line.strip_prefix("data: ").and_then(|data| serde_json::from_str(data).ok());
            let is_end = |data: &Value| data["state"] == "succeeded";
            data.filter(is_end).is_none_or(|data| {
                let id = data["job"].as_str().unwrap().to_owned();
                // Asked from here, so that nothing lies between hearing and asking.
                let found = listener.get(&format!("/v1/jobs/{id}")).json()["state"].clone();
                sender.send((id, found)).is_ok()
            })
        });
    });
    let capsule = json!({ "unit": "test", "method": "wait", "params": { "ms": 0 } });
    for _ in 0..JOBS {
        assert_eq!(admin.post_json("/v1/jobs", &capsule).status, 202);
        if let Ok((id, found)) = heard.recv_timeout(Duration::from_secs(20)) {
            assert_eq!(found, "succeeded", "{id}");
        }
    }
}
