//! What the client makes of a server's answers.

use std::{
    io::{BufRead, BufReader, Read as _, Write as _},
    net::TcpListener,
    thread::JoinHandle,
};

use super::*;
use crate::exit::Exit;

/// A server that gives one answer, and what it was sent.
fn answering(answer: &'static str) -> (At, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let heard = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            reader.read_line(&mut head).unwrap();
        }
        let len =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |len| len.parse().unwrap());
        let mut body = vec![0; len];
        reader.read_exact(&mut body).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
        head + &String::from_utf8_lossy(&body)
    });
    let data_dir = PathBuf::from("/nonexistent");
    (At { url, key: Some("inos_x_y".into()), data_dir, ca_cert: None }, heard)
}

#[test]
fn a_problem_becomes_a_failure_with_a_hint() {
    let (at, _) = answering(
        "HTTP/1.1 401 Unauthorized\r\ncontent-type: application/problem+json\r\nconnection: close\r\n\r\n\
         {\"type\":\"/problems/unauthorized\",\"title\":\"No key\",\"detail\":\"say\\u001b who\",\"code\":\"unauthorized\",\"status\":401}\n",
    );
    let failure = Client::open(&at).unwrap().get("/v1/account").unwrap_err();
    assert_eq!(failure.exit, Exit::Unauthorised);
    assert_eq!(failure.message, "No key: say\u{fffd} who");
    assert!(failure.hint.unwrap().ends_with(&format!("see {}problems/unauthorized", at.url)));
    assert_eq!(failure.problem.unwrap()["code"], "unauthorized");
}

#[test]
fn a_known_length_is_said_and_the_key_is_sent() {
    let (at, heard) = answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
    let client = Client::open(&at).unwrap();
    let mut bytes = &b"abc"[..];
    let upload = Upload { bytes: &mut bytes, len: Some(3), media_type: "text/plain".into() };
    client.upload(Method::POST, "/v1/run/a/b?x=%20", &[], upload).unwrap();
    let heard = heard.join().unwrap();
    assert!(heard.starts_with("POST /v1/run/a/b?x=%20 HTTP/1.1\r\n"), "{heard}");
    assert!(heard.contains("authorization: Bearer inos_x_y\r\n"), "{heard}");
    assert!(!heard.contains("chunked") && heard.ends_with("\r\n\r\nabc"), "{heard}");
}

#[test]
fn nobody_there_is_exit_3() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let at = At { url, key: None, data_dir: "/nonexistent".into(), ca_cert: None };
    let failure = Client::open(&at).unwrap().get("/healthz").unwrap_err();
    assert_eq!(failure.exit, Exit::Unreachable);
    assert!(failure.hint.is_some());
}

#[test]
fn something_else_there_is_exit_3() {
    let (at, _) = answering("HTTP/1.1 404 Not Found\r\ncontent-length: 6\r\n\r\n<html>");
    assert_eq!(Client::open(&at).unwrap().get("/v1/node").unwrap_err().exit, Exit::Unreachable);
    let (at, _) = answering("SSH-2.0-OpenSSH_9.2\r\n");
    assert_eq!(Client::open(&at).unwrap().get("/v1/node").unwrap_err().exit, Exit::Unreachable);
}

#[test]
fn queries_are_escaped() {
    assert_eq!(
        path_with("/a", &[("x", Some("1 &ü".into())), ("y", None), ("z", Some("-".into()))]),
        "/a?x=1%20%26%C3%BC&z=-"
    );
}

#[test]
fn the_key_is_found_beside_the_server() {
    let dir = tempfile::tempdir().unwrap();
    identity::write_secret(&dir.path().join(identity::ADMIN_KEY), "inos_a_b").unwrap();
    let mut at = At { url: "x".into(), key: None, data_dir: dir.path().into(), ca_cert: None };
    assert_eq!(at.key().as_deref(), Some("inos_a_b"));
    at.key = Some(" inos_c_d\n".into());
    assert_eq!(at.key().as_deref(), Some("inos_c_d"));
}
