//! `/v1/ws`: many jobs over one connection, in both subprotocols.

use std::{collections::BTreeSet, net::SocketAddr, time::Duration};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use inos_protocols::{
    Hash,
    frame::{ClientFrame, Resume, ServerBody, ServerFrame, Submission},
    job::{Capsule, Input, State},
    wire,
};
use inos_tests::TestNode;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest, protocol::frame::coding::CloseCode},
};

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(crate) async fn connect(node: &TestNode, key: &str, protocol: &str) -> Socket {
    try_connect(node, key, protocol, &[]).await.unwrap()
}

/// The same without the node, for a thread of its own.
pub(crate) async fn connect_to(address: SocketAddr, key: &str, protocol: &str) -> Socket {
    try_connect_to(address, key, protocol, &[]).await.unwrap()
}

pub(crate) async fn try_connect(
    node: &TestNode,
    key: &str,
    protocol: &str,
    headers: &[(&'static str, &str)],
) -> Result<Socket, Error> {
    try_connect_to(node.address(), key, protocol, headers).await
}

async fn try_connect_to(
    address: SocketAddr,
    key: &str,
    protocol: &str,
    headers: &[(&'static str, &str)],
) -> Result<Socket, Error> {
    let mut request = format!("ws://{address}/v1/ws").into_client_request().unwrap();
    let all = request.headers_mut();
    all.insert("sec-websocket-protocol", protocol.parse().unwrap());
    if !key.is_empty() {
        all.insert("authorization", format!("Bearer {key}").parse().unwrap());
    }
    for (name, value) in headers {
        all.insert(*name, value.parse().unwrap());
    }
    Ok(connect_async(request).await?.0)
}

pub(crate) fn capsule(bytes: impl Into<Bytes>) -> Capsule {
    Capsule::new("compute", "blake3", vec![Input::Bytes(bytes.into())])
}

pub(crate) async fn send(socket: &mut Socket, frame: &ClientFrame) {
    socket.send(Message::Binary(wire::write_client_frame(frame).into())).await.unwrap();
}

pub(crate) async fn receive(socket: &mut Socket) -> ServerFrame {
    loop {
        let message = tokio::time::timeout(Duration::from_secs(20), socket.next()).await.expect("an answer in time");
        match message.expect("an open socket").expect("a frame") {
            Message::Binary(bytes) => return wire::read_server_frame(&bytes).unwrap(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn every_job_of_many_frames_is_answered_once_with_its_receipt() {
    let node = TestNode::start();
    let (key, before) = (node.admin_key(), node.admin().balance());
    let cost = runtime().block_on(async {
        let mut socket = connect(&node, &key, "inos.capsule.v1").await;
        let ServerBody::Welcome(welcome) = receive(&mut socket).await.body else { panic!("no welcome") };
        assert!(welcome.window >= 64 && !welcome.resumed);
        let (frames, each) = (20, 50u64);
        for frame in 0..frames {
            let submissions = (0..each).map(|n| {
                let correlation = frame * each + n;
                Submission { correlation, capsule: capsule(correlation.to_le_bytes().to_vec()) }
            });
            send(&mut socket, &ClientFrame::Submit(submissions.collect())).await;
        }
        let (mut open, mut cost, mut last) = ((0..frames * each).collect::<BTreeSet<u64>>(), 0, 0);
        while !open.is_empty() {
            let frame = receive(&mut socket).await;
            assert_eq!(frame.seq, last + 1);
            last = frame.seq;
            match frame.body {
                ServerBody::Result(answers) => {
                    for answer in answers {
                        assert!(open.remove(&answer.correlation), "{} was answered twice", answer.correlation);
                        assert_eq!(answer.outcome.state, State::Succeeded);
                        let wanted = Hash::of(&answer.correlation.to_le_bytes());
                        assert_eq!(answer.outcome.outputs[0].bytes, wanted.to_string());
                        let receipt = answer.outcome.receipt.unwrap().verify().unwrap();
                        assert_eq!((receipt.job, receipt.inputs), (answer.outcome.job, vec![wanted]));
                        cost += receipt.cost.get();
                    }
                }
                ServerBody::Accepted(_) => {}
                other => panic!("{other:?}"),
            }
            send(&mut socket, &ClientFrame::Ack(last)).await;
        }
        cost
    });
    assert_eq!(node.admin().balance(), before - cost);
}

#[test]
fn a_person_can_speak_json() {
    let node = TestNode::start();
    let key = node.admin_key();
    runtime().block_on(async {
        let mut socket = connect(&node, &key, "inos.json.v1").await;
        let submit = r#"{"submit":[{"correlation":7,"capsule":{"unit":"compute","method":"sha256","inputs":[{"text":"abc"}]}}]}"#;
        socket.send(Message::text(submit)).await.unwrap();
        loop {
            let text = socket.next().await.unwrap().unwrap().into_text().unwrap();
            let frame: serde_json::Value = serde_json::from_str(&text).unwrap();
            if let Some(answers) = frame["result"].as_array() {
                assert_eq!(answers[0]["correlation"], 7);
                let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
                assert!(text.contains(digest), "{text}");
                break;
            }
        }
        socket.send(Message::text(r#"{"submitt":[]}"#)).await.unwrap();
        let text = socket.next().await.unwrap().unwrap().into_text().unwrap();
        assert!(text.contains("\"problem\"") && text.contains("invalid-json"), "{text}");
    });
}

#[test]
fn refused_capsules_do_not_spoil_their_neighbours() {
    let node = TestNode::start();
    let key = node.admin_key();
    runtime().block_on(async {
        let mut socket = connect(&node, &key, "inos.capsule.v1").await;
        let mut wrong = capsule("b");
        wrong.method = "nonsense".into();
        let submissions = vec![
            Submission { correlation: 1, capsule: capsule("a") },
            Submission { correlation: 2, capsule: wrong },
            Submission { correlation: 3, capsule: capsule("c") },
        ];
        send(&mut socket, &ClientFrame::Submit(submissions)).await;
        let (mut done, mut refused) = (BTreeSet::new(), BTreeSet::new());
        while done.len() + refused.len() < 3 {
            match receive(&mut socket).await.body {
                ServerBody::Result(answers) => done.extend(answers.iter().map(|answer| answer.correlation)),
                ServerBody::Problem(trouble) => {
                    assert_eq!(trouble.problem.code, "unknown-method");
                    refused.extend(trouble.correlation());
                }
                _ => {}
            }
        }
        assert_eq!((done, refused), ([1, 3].into(), [2].into()));
    });
}

#[test]
fn long_jobs_are_accepted_then_answered_and_can_be_cancelled() {
    let node = TestNode::start();
    let key = node.admin_key();
    runtime().block_on(async {
        let mut socket = connect(&node, &key, "inos.capsule.v1").await;
        let wait = |ms: u64| {
            let params = serde_json::json!({ "ms": ms }).as_object().unwrap().clone();
            Capsule { unit: "test".into(), method: "wait".into(), params, inputs: vec![], ..capsule("") }
        };
        let submissions = vec![
            Submission { correlation: 1, capsule: wait(50) },
            Submission { correlation: 2, capsule: wait(60_000) },
            Submission { correlation: 3, capsule: Capsule { idempotency_key: Some("once".into()), ..wait(60_001) } },
        ];
        send(&mut socket, &ClientFrame::Submit(submissions)).await;
        let (mut accepted, mut states) = (0, Vec::new());
        while states.len() < 3 {
            match receive(&mut socket).await.body {
                ServerBody::Accepted(jobs) => {
                    accepted += jobs.len();
                    if accepted == 3 {
                        send(&mut socket, &ClientFrame::Cancel(2)).await;
                        send(&mut socket, &ClientFrame::Cancel(3)).await;
                    }
                }
                ServerBody::Result(answers) => {
                    states.extend(answers.into_iter().map(|answer| (answer.correlation, answer.outcome.state)))
                }
                _ => {}
            }
        }
        states.sort_by_key(|(correlation, _)| *correlation);
        assert_eq!(states, [(1, State::Succeeded), (2, State::Cancelled), (3, State::Cancelled)]);
    });
}

#[test]
fn a_cut_session_goes_on_without_a_lost_or_doubled_result() {
    let node = TestNode::start();
    let key = node.admin_key();
    let cuts: u64 = if std::env::var_os("INOS_TEST_LONG").is_some() { 200 } else { 20 };
    runtime().block_on(async {
        let mut socket = connect(&node, &key, "inos.capsule.v1").await;
        let ServerBody::Welcome(welcome) = receive(&mut socket).await.body else { panic!("no welcome") };
        let (mut open, mut last, mut seen) = (BTreeSet::new(), 0, BTreeSet::new());
        for cut in 0..cuts {
            let submissions: Vec<_> = (0..10)
                .map(|n| Submission {
                    correlation: cut * 10 + n,
                    capsule: capsule((cut * 10 + n).to_le_bytes().to_vec()),
                })
                .collect();
            open.extend(submissions.iter().map(|one| one.correlation));
            send(&mut socket, &ClientFrame::Submit(submissions)).await;
            if cut % 2 == 0 {
                let frame = receive(&mut socket).await;
                note(frame, &mut open, &mut last, &mut seen);
            }
            drop(socket);
            socket = connect(&node, &key, "inos.capsule.v1").await;
            let ServerBody::Welcome(_) = receive(&mut socket).await.body else { panic!("no welcome") };
            send(&mut socket, &ClientFrame::Resume(Resume { session: welcome.session, last_seq: last })).await;
            let ServerBody::Welcome(again) = receive(&mut socket).await.body else { panic!("not resumed") };
            assert!(again.resumed && again.session == welcome.session);
        }
        // What had not left the client when its connection was cut was never sent: ask for the rest to settle.
        send(&mut socket, &ClientFrame::Ping(1)).await;
        let mut ponged = false;
        while !(ponged
            && tokio::time::timeout(Duration::from_millis(300), async {
                let frame = receive(&mut socket).await;
                note(frame, &mut open, &mut last, &mut seen);
            })
            .await
            .is_err())
        {
            ponged = true;
        }
        let jobs = node.admin().get("/v1/stats").json();
        assert_eq!(seen.len() as u64, cuts * 10 - open.len() as u64, "{jobs}");
    });
}

fn note(frame: ServerFrame, open: &mut BTreeSet<u64>, last: &mut u64, seen: &mut BTreeSet<u64>) {
    match frame.body {
        ServerBody::Result(answers) => {
            assert_eq!(frame.seq, *last + 1, "a frame was lost or came twice");
            *last = frame.seq;
            for answer in answers {
                assert!(open.remove(&answer.correlation) && seen.insert(answer.correlation));
            }
        }
        // These two bear the number of the frame before them.
        ServerBody::Welcome(_) | ServerBody::Pong(_) => {}
        _ => {
            assert_eq!(frame.seq, *last + 1, "a frame was lost or came twice");
            *last = frame.seq;
        }
    }
}

#[test]
fn frames_that_are_none_are_refused() {
    let node = TestNode::start();
    let key = node.admin_key();
    runtime().block_on(async {
        let mut socket = connect(&node, &key, "inos.capsule.v1").await;
        receive(&mut socket).await;
        socket.send(Message::Binary(Bytes::from_static(b"\0\0\0\x3d"))).await.unwrap();
        let ServerBody::Problem(trouble) = receive(&mut socket).await.body else { panic!("no problem") };
        assert_eq!(trouble.problem.code, "malformed-capsule");
        // A message over the limit closes the connection and names the reason.
        let large = vec![0; 80 << 20];
        let _ = socket.send(Message::Binary(large.into())).await;
        let closed = loop {
            match socket.next().await {
                Some(Ok(Message::Close(frame))) => break frame.map(|frame| frame.code),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break None,
            }
        };
        assert!(closed.is_none() || closed == Some(CloseCode::Size), "{closed:?}");
    });
    assert_eq!(node.admin().run("compute.blake3", "", b"abc").status, 200);
}

#[test]
fn a_socket_needs_a_key_a_ticket_or_a_friendly_origin() {
    let node = TestNode::start();
    let (key, admin) = (node.admin_key(), node.admin());
    let refused = |error: Error| match error {
        Error::Http(response) => response.status().as_u16(),
        other => panic!("{other}"),
    };
    runtime().block_on(async {
        assert_eq!(refused(try_connect(&node, "", "inos.json.v1", &[]).await.err().unwrap()), 401);
        let evil = [("origin", "https://evil.example")];
        assert_eq!(refused(try_connect(&node, &key, "inos.json.v1", &evil).await.err().unwrap()), 403);
        let ticket = admin.post_json("/v1/ws-tickets", &serde_json::json!({}));
        assert_eq!(ticket.status, 201, "{}", ticket.text());
        let ticket = ticket.json()["ticket"].as_str().unwrap().to_owned();
        for wanted in [true, false] {
            let mut request = format!("ws://{}/v1/ws?ticket={ticket}", node.address()).into_client_request().unwrap();
            request.headers_mut().insert("sec-websocket-protocol", "inos.json.v1".parse().unwrap());
            assert_eq!(connect_async(request).await.is_ok(), wanted, "a ticket is good once");
        }
    });
}

#[test]
fn a_revoked_key_closes_its_sockets() {
    let node = TestNode::start();
    let admin = node.admin();
    let made = admin.post_json("/v1/keys", &serde_json::json!({ "name": "k", "scopes": ["jobs"] })).json();
    runtime().block_on(async {
        let mut socket = connect(&node, made["secret"].as_str().unwrap(), "inos.capsule.v1").await;
        receive(&mut socket).await;
        admin.send("DELETE", &format!("/v1/keys/{}", made["key"]["id"].as_str().unwrap()), &[], b"");
        let closed = tokio::time::timeout(Duration::from_secs(10), async {
            loop {
                match socket.next().await {
                    Some(Ok(Message::Close(frame))) => return frame.map(|frame| u16::from(frame.code)),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return None,
                }
            }
        });
        assert_eq!(closed.await.expect("the socket is closed"), Some(4401));
    });
}
