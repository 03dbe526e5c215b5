//! The driver's arithmetic.

use std::{
    io::{Read, Write},
    net::TcpListener,
};

use super::*;

/// A server that answers each request of `len` bytes at once.
fn echoing(len: usize, answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            thread::spawn(move || {
                let mut request = vec![0; len];
                while stream.read_exact(&mut request).is_ok() && stream.write_all(answer).is_ok() {}
            });
        }
    });
    host
}

fn load(host: String, rate: Option<f64>) -> Load {
    let door = Door::Http { path: "/hash".into(), authorization: None, body: vec![7; 100] };
    let (warm_up, span) = (Duration::from_millis(20), Duration::from_millis(200));
    Load {
        host,
        door,
        connections: 2,
        window: 4,
        batch: 1,
        rate,
        warm_up,
        span,
        grace: span,
        server_pid: Some(std::process::id()),
    }
}

/// How long a request to this address is.
fn request_len(host: &str) -> usize {
    use talk::Talk;
    let mut out = Vec::new();
    http::Http::new(host, "/hash", None, &[7; 100]).ask(0, &mut out);
    out.len()
}

fn host() -> String {
    // Ports have five digits here, so every request is as long as this one.
    let len = request_len("127.0.0.1:40000");
    loop {
        let host = echoing(len, b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        if request_len(&host) == len {
            return host;
        }
    }
}

#[test]
fn a_closed_loop_counts_every_answer() {
    let report = run(&load(host(), None)).unwrap();
    assert!(report.is_clean(), "{:?}", report.trouble());
    let json = report.to_json();
    assert!(json["jobs"].as_u64().unwrap() > 0);
    assert!(json["p50_us"].as_f64().unwrap() <= json["p999_us"].as_f64().unwrap());
    assert_eq!((&json["loop"], &json["unanswered"], &json["errors"]), (&json!("closed"), &json!(0), &json!(0)));
    assert!(json["server_rss_bytes"].as_u64().unwrap() > 0);
}

#[test]
fn an_open_loop_keeps_its_rate() {
    let report = run(&load(host(), Some(500.0))).unwrap();
    let json = report.to_json();
    assert!(report.is_clean(), "{json}");
    // 500 a second for 0.2 seconds, and not what the server could do.
    assert!(json["jobs"].as_u64().unwrap() <= 102, "{json}");
}

#[test]
fn a_server_that_falls_silent_is_told() {
    let host = echoing(usize::MAX >> 40, b"");
    let mut load = load(host, Some(200.0));
    load.span = Duration::from_millis(100);
    let report = run(&load).unwrap();
    assert!(!report.is_clean());
    let json = report.to_json();
    assert!(json["unanswered"].as_u64().unwrap() > 0, "{json}");
    assert_eq!(json["p50_us"], Value::Null);
}

#[test]
fn nobody_there_is_said() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    drop(listener);
    assert!(matches!(run(&load(host, None)), Err(Error::Connect { .. })));
    let mut none = load("127.0.0.1:1".into(), None);
    none.window = 0;
    assert!(matches!(run(&none), Err(Error::Load(_))));
}
