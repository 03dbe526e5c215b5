//! WebSocket clients without manners: each is told by its close code what it did, and others go on.

use std::time::Duration;

use futures_util::StreamExt;
use inos_protocols::frame::{ClientFrame, Resume, ServerBody, Submission};
use inos_tests::{Raw, TestNode, until};

use crate::socket::{capsule, connect, receive, runtime, send};

/// The mask of every masked frame here.
const MASK: [u8; 4] = [1, 2, 3, 4];

/// A connection that has shaken hands and can send anything.
pub(crate) fn shake(node: &TestNode) -> Raw {
    shake_on(Raw::connect(node.address()), &node.admin_key())
}

/// The same on a connection that is there already.
pub(crate) fn shake_on(mut raw: Raw, key: &str) -> Raw {
    raw.send(format!(
        "GET /v1/ws HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: inos.json.v1\r\n\r\n"
    ));
    let answer = raw.read_until("welcome");
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    raw
}

/// The head of a masked frame.
fn head(first: u8, len: u64) -> Vec<u8> {
    let mut head = vec![first];
    match len {
        0..=125 => head.push(0x80 | len as u8),
        126..=0xffff => {
            head.push(0x80 | 126);
            head.extend((len as u16).to_be_bytes());
        }
        _ => {
            head.push(0x80 | 127);
            head.extend(len.to_be_bytes());
        }
    }
    head.extend(MASK);
    head
}

/// A masked frame.
pub(crate) fn frame(first: u8, bytes: &[u8]) -> Vec<u8> {
    let mut frame = head(first, bytes.len() as u64);
    frame.extend(bytes.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// The code of the close frame that ends what the server sends.
fn close_code(raw: &mut Raw) -> Option<u16> {
    let all = raw.read_bytes();
    let mut rest = all.as_slice();
    while let [first, second, more @ ..] = rest {
        let (len, more) = match second & 0x7f {
            126 => (usize::from(u16::from_be_bytes(more.first_chunk().copied()?)), &more[2..]),
            127 => (u64::from_be_bytes(more.first_chunk().copied()?) as usize, &more[8..]),
            len => (usize::from(len), more),
        };
        if *first == 0x88 {
            return more.first_chunk().copied().map(u16::from_be_bytes);
        }
        rest = more.get(len..)?;
    }
    None
}

#[test]
fn a_client_that_breaks_the_protocol_is_told_how() {
    let node = TestNode::start();
    let oversize = head(0x81, 17 << 20);
    let fragment = vec![b' '; 1 << 20];
    let mut endless = frame(0x01, &fragment);
    for _ in 0..17 {
        endless.extend(frame(0x00, &fragment));
    }
    let pings = frame(0x89, b"ping").repeat(1_000);
    let asked = frame(0x81, br#"{"ping":1}"#).repeat(1_000);
    let nonsense = frame(0x81, b"{}").repeat(1_000);
    let table: &[(&str, Vec<u8>, u16)] = &[
        ("text that is not UTF-8", frame(0x81, &[b'{', 0xc3, 0x28]), 1007),
        ("a frame without a mask", vec![0x81, 2, b'{', b'}'], 1002),
        ("a reserved opcode", frame(0x83, b""), 1002),
        ("a reserved bit", frame(0xc1, b"{}"), 1002),
        ("a continuation of nothing", frame(0x80, b"{}"), 1002),
        ("a ping in fragments", frame(0x09, b""), 1002),
        ("a ping that is too long", frame(0x89, &[0; 126]), 1002),
        ("a message of the other kind", frame(0x82, b"{}"), 1003),
        ("a frame over the negotiated size", oversize, 1009),
        ("fragments without end", endless, 1009),
        ("a flood of pings", pings, 1008),
        ("a flood of questions", asked, 1008),
        ("a flood of nonsense", nonsense, 1008),
    ];
    for (what, bytes, wanted) in table {
        let mut raw = shake(&node);
        raw.send(bytes);
        assert_eq!(close_code(&mut raw), Some(*wanted), "{what}");
    }
    assert_eq!(node.admin().run("compute.blake3", "", b"abc").status, 200);
}

#[test]
fn a_client_that_never_reads_is_cut_off_and_others_are_not() {
    let node = TestNode::start();
    let (key, admin) = (node.admin_key(), node.admin());
    let before = admin.balance();
    let slow_readers = || admin.get("/metrics").text().contains("\ninos_ws_slow_readers_total 1\n");
    runtime().block_on(async {
        let mut slow = connect(&node, &key, "inos.capsule.v1").await;
        let mut quick = connect(&node, &key, "inos.capsule.v1").await;
        receive(&mut quick).await;
        let emit = |correlation| {
            let params = serde_json::json!({ "bytes": 1 << 20 }).as_object().unwrap().clone();
            let capsule = inos_protocols::job::Capsule {
                unit: "test".into(),
                method: "emit".into(),
                params,
                inputs: vec![],
                ..capsule("")
            };
            Submission { correlation, capsule }
        };
        send(&mut slow, &ClientFrame::Submit((0..64).map(emit).collect())).await;
        until(Duration::from_secs(30), slow_readers);
        send(&mut quick, &ClientFrame::Submit(vec![Submission { correlation: 1, capsule: capsule("a") }])).await;
        loop {
            if let ServerBody::Result(answers) = receive(&mut quick).await.body {
                assert_eq!(answers[0].correlation, 1);
                break;
            }
        }
        // Whoever reads after all finds what was sent, and then the end.
        let rest = async { while let Some(Ok(_)) = slow.next().await {} };
        tokio::time::timeout(Duration::from_secs(20), rest).await.expect("the connection ends");
    });
    until(Duration::from_secs(20), || admin.get("/v1/account").json()["held"] == 0);
    let jobs = admin.get("/v1/jobs?limit=100").json()["items"].as_array().unwrap().clone();
    assert_eq!(jobs.len(), 65, "what was taken in is run and recorded all the same");
    assert_eq!(before - admin.balance(), jobs.iter().map(|job| job["cost"].as_u64().unwrap()).sum::<u64>());
}

#[test]
fn a_session_is_resumed_by_its_own_account_alone() {
    let node = TestNode::start();
    let (alice, bob) = (node.account("alice", 1_000_000), node.account("bob", 1_000_000));
    runtime().block_on(async {
        let mut socket = connect(&node, &alice.key, "inos.capsule.v1").await;
        let ServerBody::Welcome(welcome) = receive(&mut socket).await.body else { panic!("no welcome") };
        send(&mut socket, &ClientFrame::Submit(vec![Submission { correlation: 1, capsule: capsule("a") }])).await;
        while !matches!(receive(&mut socket).await.body, ServerBody::Result(_)) {}
        drop(socket);
        let resume = ClientFrame::Resume(Resume { session: welcome.session, last_seq: 0 });
        let mut thief = connect(&node, &bob.key, "inos.capsule.v1").await;
        receive(&mut thief).await;
        send(&mut thief, &resume).await;
        let ServerBody::Problem(trouble) = receive(&mut thief).await.body else { panic!("no problem") };
        assert_eq!(trouble.problem.code, "not-found");
        let mut socket = connect(&node, &alice.key, "inos.capsule.v1").await;
        receive(&mut socket).await;
        send(&mut socket, &resume).await;
        let ServerBody::Welcome(again) = receive(&mut socket).await.body else { panic!("not resumed") };
        assert!(again.resumed && again.session == welcome.session);
        while !matches!(receive(&mut socket).await.body, ServerBody::Result(_)) {}
    });
}
