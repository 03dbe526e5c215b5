//! `/v1/ws` over real sockets, in both subprotocols.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use inos_protocols::{
    Hash,
    frame::{ClientFrame, Resume, ServerBody, ServerFrame, Submission, Welcome},
    job::{Capsule, Input, State},
    json, wire,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest, http::HeaderValue},
};

use super::house::{House, house, house_with, options};

type Client = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

async fn open(house: &House, protocol: &str, query: &str, headers: &[(&'static str, &str)]) -> Result<Client, Error> {
    let mut request = format!("ws://{}/v1/ws{query}", house.address).into_client_request().unwrap();
    if !protocol.is_empty() {
        request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_str(protocol).unwrap());
    }
    for (name, value) in headers {
        request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
    }
    connect_async(request).await.map(|(client, _)| client)
}

async fn connect(house: &House) -> (Client, Welcome) {
    let bearer = format!("Bearer {}", house.key);
    let mut client = open(house, "inos.capsule.v1", "", &[("authorization", &bearer)]).await.unwrap();
    let ServerBody::Welcome(welcome) = next(&mut client).await.body else { panic!("no welcome") };
    (client, welcome)
}

async fn next(client: &mut Client) -> ServerFrame {
    loop {
        let message = tokio::time::timeout(Duration::from_secs(10), client.next()).await.expect("nothing came");
        match message.expect("the connection ended").expect("the connection broke") {
            Message::Binary(bytes) => return wire::read_server_frame(&bytes).unwrap(),
            Message::Text(text) => return json::read(text.as_bytes()).unwrap(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn send(client: &mut Client, frame: ClientFrame) {
    client.send(Message::Binary(wire::write_client_frame(&frame).into())).await.unwrap();
}

fn submission(correlation: u64, text: &str) -> Submission {
    let capsule = Capsule {
        inputs: vec![Input::Bytes(text.to_owned().into())],
        ..json::read(br#"{"unit":"compute","method":"blake3"}"#).unwrap()
    };
    Submission { correlation, capsule }
}

/// Collects the answers to `count` submissions, with the number of the last frame.
async fn answers(client: &mut Client, count: usize) -> (Vec<(u64, String)>, u64) {
    let (mut all, mut last) = (Vec::new(), 0);
    while all.len() < count {
        let frame = next(client).await;
        last = frame.seq;
        match frame.body {
            ServerBody::Result(results) => all.extend(results.into_iter().map(|answer| {
                assert_eq!(answer.outcome.state, State::Succeeded);
                assert!(answer.outcome.receipt.unwrap().verify().is_ok());
                (answer.correlation, String::from_utf8(answer.outcome.outputs[0].bytes.to_vec()).unwrap())
            })),
            ServerBody::Accepted(_) => {}
            other => panic!("{other:?}"),
        }
    }
    (all, last)
}

async fn closed(client: &mut Client) -> Option<u16> {
    loop {
        match tokio::time::timeout(Duration::from_secs(10), client.next()).await.expect("never closed") {
            Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return None,
        }
    }
}

fn refused(answer: Result<Client, Error>) -> u16 {
    match answer {
        Err(Error::Http(response)) => response.status().as_u16(),
        other => panic!("{:?}", other.map(drop)),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_capsules_is_answered_by_number() {
    let house = house().await;
    let (mut client, welcome) = connect(&house).await;
    assert_eq!((welcome.protocol.as_str(), welcome.resumed), ("inos.capsule.v1", false));
    let texts: Vec<String> = (0..200).map(|i| format!("input {i}")).collect();
    for chunk in 0..4 {
        let submissions = (chunk * 50..(chunk + 1) * 50).map(|i| submission(i as u64, &texts[i])).collect();
        send(&mut client, ClientFrame::Submit(submissions)).await;
    }
    let (mut all, _) = answers(&mut client, 200).await;
    all.sort_unstable();
    for (index, (correlation, hash)) in all.iter().enumerate() {
        assert_eq!((*correlation as usize, hash), (index, &Hash::of(texts[index].as_bytes()).to_string()));
    }
    send(&mut client, ClientFrame::Ping(7)).await;
    assert_eq!(next(&mut client).await.body, ServerBody::Pong(7));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_may_type_json() {
    let house = house().await;
    let bearer = format!("Bearer {}", house.key);
    let mut client = open(&house, "", "", &[("authorization", &bearer)]).await.unwrap();
    assert!(matches!(next(&mut client).await.body, ServerBody::Welcome(_)));
    let submit =
        r#"{"submit":[{"correlation":1,"capsule":{"unit":"compute","method":"blake3","inputs":[{"text":"abc"}]}}]}"#;
    client.send(Message::text(submit)).await.unwrap();
    let (all, _) = answers(&mut client, 1).await;
    assert_eq!(all, [(1, Hash::of(b"abc").to_string())]);
    client.send(Message::text("nonsense")).await.unwrap();
    let ServerBody::Problem(trouble) = next(&mut client).await.body else { panic!("no problem") };
    assert_eq!((trouble.correlation(), trouble.problem.code.as_str()), (None, "invalid-json"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_one_capsule_is_told_of_that_one() {
    let house = house().await;
    let (mut client, _) = connect(&house).await;
    let mut wrong = submission(2, "b");
    wrong.capsule.method = "no_such".into();
    send(&mut client, ClientFrame::Submit(vec![submission(1, "a"), wrong])).await;
    let (mut results, mut problems) = (0, 0);
    while results + problems < 2 {
        match next(&mut client).await.body {
            ServerBody::Result(answers) => results += answers.len(),
            ServerBody::Problem(trouble) => {
                assert_eq!((trouble.correlation(), trouble.problem.code.as_str()), (Some(2), "unknown-method"));
                problems += 1;
            }
            ServerBody::Accepted(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((results, problems), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_door_is_opened_by_a_key_or_once_by_a_ticket() {
    let house = house().await;
    let bearer = format!("Bearer {}", house.key);
    assert_eq!(refused(open(&house, "inos.json.v1", "", &[]).await), 401);
    assert_eq!(refused(open(&house, "inos.json.v1", "?ticket=nonsense", &[]).await), 401);
    assert_eq!(refused(open(&house, "chat", "", &[("authorization", &bearer)]).await), 400);
    let evil = [("authorization", bearer.as_str()), ("origin", "https://evil.test")];
    assert_eq!(refused(open(&house, "inos.json.v1", "", &evil).await), 403);
    let made = house.post_json("/v1/ws-tickets", &[], serde_json::json!({})).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let query = format!("?ticket={}", made.json()["ticket"].as_str().unwrap());
    let mut client = open(&house, "inos.json.v1", &query, &[("origin", "https://app.test")]).await.unwrap();
    assert!(matches!(next(&mut client).await.body, ServerBody::Welcome(_)));
    assert_eq!(refused(open(&house, "inos.json.v1", &query, &[]).await), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_session_is_gone_on_with() {
    let house = house().await;
    let (mut client, welcome) = connect(&house).await;
    send(&mut client, ClientFrame::Submit(vec![submission(1, "a")])).await;
    let (_, first) = answers(&mut client, 1).await;
    send(&mut client, ClientFrame::Submit(vec![submission(2, "b"), submission(3, "c")])).await;
    let (unacked, last) = answers(&mut client, 2).await;
    drop(client);

    let (mut client, second) = connect(&house).await;
    assert_ne!(second.session, welcome.session);
    send(&mut client, ClientFrame::Resume(Resume { session: welcome.session, last_seq: first })).await;
    let ServerBody::Welcome(resumed) = next(&mut client).await.body else { panic!("no welcome") };
    assert_eq!((resumed.session, resumed.resumed), (welcome.session, true));
    assert_eq!(answers(&mut client, 2).await, (unacked, last));
    send(&mut client, ClientFrame::Submit(vec![submission(4, "d")])).await;
    let (all, later) = answers(&mut client, 1).await;
    assert_eq!(all, [(4, Hash::of(b"d").to_string())]);
    assert!(later > last);

    let (mut stranger, _) = connect(&house).await;
    send(&mut stranger, ClientFrame::Resume(Resume { session: inos_protocols::ids::SessionId::new(), last_seq: 0 }))
        .await;
    let ServerBody::Problem(trouble) = next(&mut stranger).await.body else { panic!("no problem") };
    assert_eq!(trouble.problem.code, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_is_watched_and_cancelled() {
    let house = house().await;
    let (mut client, _) = connect(&house).await;
    let mut slow = submission(9, "");
    slow.capsule = json::read(br#"{"unit":"test","method":"wait","params":{"ms":60000}}"#).unwrap();
    send(&mut client, ClientFrame::Submit(vec![slow])).await;
    let frame = next(&mut client).await;
    assert!(matches!(&frame.body, ServerBody::Accepted(accepted) if accepted[0].correlation == 9), "{frame:?}");
    send(&mut client, ClientFrame::Cancel(9)).await;
    let ServerBody::Result(answers) = next(&mut client).await.body else { panic!("no result") };
    assert_eq!(answers[0].outcome.state, State::Cancelled);
    send(&mut client, ClientFrame::Cancel(9)).await;
    assert!(matches!(next(&mut client).await.body, ServerBody::Problem(trouble) if trouble.correlation().is_none()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_the_rules_is_closed_with_its_code() {
    let house = house_with(crate::Options { frame_bytes_max: 100_000, ..options() }).await;
    let (mut client, _) = connect(&house).await;
    client.send(Message::binary(vec![0; 200_000])).await.unwrap();
    assert_eq!(closed(&mut client).await, Some(1009));

    let (mut client, _) = connect(&house).await;
    client.send(Message::text("text on a binary line")).await.unwrap();
    assert_eq!(closed(&mut client).await, Some(1003));

    let (mut client, _) = connect(&house).await;
    for _ in 0..500 {
        if client.feed(Message::Ping(Default::default())).await.is_err() {
            break;
        }
    }
    let _ = client.flush().await;
    assert_eq!(closed(&mut client).await, Some(1008));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_ends_its_sockets() {
    let house = house().await;
    let made =
        house.post_json("/v1/keys", &[], serde_json::json!({ "name": "short", "scopes": ["jobs"] })).await.json();
    let bearer = format!("Bearer {}", made["secret"].as_str().unwrap());
    let mut client = open(&house, "inos.capsule.v1", "", &[("authorization", &bearer)]).await.unwrap();
    assert!(matches!(next(&mut client).await.body, ServerBody::Welcome(_)));
    let id = made["key"]["id"].as_str().unwrap();
    assert_eq!(house.ask("DELETE", &format!("/v1/keys/{id}"), &[], b"").await.status, 204);
    assert_eq!(closed(&mut client).await, Some(4401));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_never_reads_is_let_go_and_others_are_unharmed() {
    let house =
        house_with(crate::Options { resume_bytes_max: 100_000, header_timeout: Duration::from_secs(30), ..options() })
            .await;
    let (mut deaf, _) = connect(&house).await;
    let (mut other, _) = connect(&house).await;
    // Far more answers than the kernel's buffers and the session's own hold.
    let mut number = 0;
    let flood = async {
        loop {
            let submissions = (0..500).map(|i| submission(number + i, "x")).collect();
            number += 500;
            let frame = wire::write_client_frame(&ClientFrame::Submit(submissions));
            if deaf.send(Message::Binary(frame.into())).await.is_err() {
                return;
            }
        }
    };
    let slow = async {
        while !house.ask_openly("GET", "/metrics", &[], b"").await.text().contains("inos_ws_slow_readers_total 1") {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        () = flood => {}
        () = slow => {}
        () = tokio::time::sleep(Duration::from_secs(60)) => panic!("nobody let go"),
    }
    send(&mut other, ClientFrame::Submit(vec![submission(1, "a")])).await;
    assert_eq!(answers(&mut other, 1).await.0, [(1, Hash::of(b"a").to_string())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn cuts_at_any_moment_lose_and_double_no_frame() {
    let house = house().await;
    let (mut client, welcome) = connect(&house).await;
    let (mut last, mut seen) = (0, std::collections::BTreeSet::new());
    for cut in 0..30 {
        let submissions = (0..20).map(|n| submission(cut * 20 + n, "x")).collect();
        send(&mut client, ClientFrame::Submit(submissions)).await;
        send(&mut client, ClientFrame::Ping(cut)).await;
        for _ in 0..cut % 3 {
            take_note(next(&mut client).await, &mut last, &mut seen);
        }
        drop(client);
        client = connect(&house).await.0;
        send(&mut client, ClientFrame::Resume(Resume { session: welcome.session, last_seq: last })).await;
        let ServerBody::Welcome(again) = next(&mut client).await.body else { panic!("not resumed") };
        assert!(again.resumed);
    }
    // Another job is the last word: whatever came before it was said before.
    send(&mut client, ClientFrame::Submit(vec![submission(u64::MAX, "last")])).await;
    while !seen.contains(&u64::MAX) {
        take_note(next(&mut client).await, &mut last, &mut seen);
    }
}

fn take_note(frame: ServerFrame, last: &mut u64, seen: &mut std::collections::BTreeSet<u64>) {
    if matches!(frame.body, ServerBody::Pong(_)) {
        assert!(frame.seq >= *last);
        return;
    }
    assert_eq!(frame.seq, *last + 1, "a frame was lost or came twice");
    *last = frame.seq;
    if let ServerBody::Result(answers) = frame.body {
        for answer in answers {
            assert!(seen.insert(answer.correlation), "{} was answered twice", answer.correlation);
        }
    }
}
