//! Regions over a WebSocket, frame by frame: what is too large is not copied, what repeats is deflated for those who
//! asked, and whoever confirms has no more than one frame on its way.

use std::io::Read as _;

use futures_util::{SinkExt as _, StreamExt as _};
use inos_protocols::frame::{ClientFrame, RegionHave, RegionState, RegionTopic, ServerBody, Topic};
use inos_tests::{Client, TestNode};
use tokio_tungstenite::tungstenite::Message;

use crate::socket::{Socket, connect, receive, send};

const PAGE: usize = 4096;

async fn follow(socket: &mut Socket, topic: RegionTopic) {
    send(socket, &ClientFrame::Subscribe(Topic::Region(topic))).await;
}

fn topic(name: &str, after: u64) -> RegionTopic {
    RegionTopic { name: name.into(), max_rate_hz: 0, after, deflate: false, confirms: false }
}

async fn next(socket: &mut Socket) -> ServerBody {
    loop {
        let body = receive(socket).await.body;
        if !matches!(body, ServerBody::Welcome(_)) {
            return body;
        }
    }
}

async fn region(socket: &mut Socket) -> RegionState {
    match next(socket).await {
        ServerBody::Region(state) => state,
        _ => panic!("another word came"),
    }
}

async fn problem(socket: &mut Socket) -> String {
    match next(socket).await {
        ServerBody::Problem(trouble) => trouble.problem.code.to_string(),
        _ => panic!("another word came"),
    }
}

async fn put(client: &Client, name: &'static str, bytes: Vec<u8>) -> u64 {
    let client = client.clone();
    let put = move || client.send("PUT", &format!("/v1/regions/{name}"), &[], &bytes);
    let put = tokio::task::spawn_blocking(put).await.unwrap();
    assert!([200, 201].contains(&put.status), "{}", put.text());
    put.header("inos-epoch").unwrap().parse().unwrap()
}

async fn copied(client: &Client) -> u64 {
    let client = client.clone();
    let stats = tokio::task::spawn_blocking(move || client.get("/v1/stats").json()).await.unwrap();
    stats["arena"]["copied_bytes"]["region_out"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fits_no_frame_is_refused_without_a_copy() {
    let node = TestNode::start();
    let (admin, key) = (node.admin(), node.admin_key());
    // A frame holds 16 MiB; as text three bytes take four letters.
    put(&admin, "large", vec![7; 17 << 20]).await;
    let first = put(&admin, "text", vec![7; 13 << 20]).await;
    let mut socket = connect(&node, &key, "inos.capsule.v1").await;
    follow(&mut socket, topic("large", 0)).await;
    assert_eq!(problem(&mut socket).await, "payload-too-large");
    follow(&mut socket, RegionTopic { deflate: true, ..topic("large", 0) }).await;
    assert_eq!(problem(&mut socket).await, "payload-too-large");
    let mut text = connect(&node, &key, "inos.json.v1").await;
    let ask = r#"{"subscribe":{"region":{"name":"text"}}}"#;
    text.send(Message::Text(ask.into())).await.unwrap();
    let said = loop {
        let Message::Text(said) = text.next().await.unwrap().unwrap() else { continue };
        if !said.contains("welcome") {
            break said;
        }
    };
    assert!(said.contains("payload-too-large"), "{said}");
    assert_eq!(copied(&admin).await, 0);
    follow(&mut socket, topic("text", 0)).await;
    let state = region(&mut socket).await;
    assert_eq!((state.epoch, state.bytes.len()), (first, 13 << 20));
    assert_eq!(copied(&admin).await, 13 << 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_repeats_is_deflated_for_those_who_asked() {
    let node = TestNode::start();
    let (admin, key) = (node.admin(), node.admin_key());
    let bytes: Vec<u8> = (0..40 * PAGE).map(|at| (at / 100) as u8).collect();
    let first = put(&admin, "r", bytes.clone()).await;
    let mut plain = connect(&node, &key, "inos.capsule.v1").await;
    let mut deflated = connect(&node, &key, "inos.capsule.v1").await;
    follow(&mut plain, topic("r", 0)).await;
    follow(&mut deflated, RegionTopic { deflate: true, ..topic("r", 0) }).await;
    let state = region(&mut plain).await;
    assert_eq!((state.deflated, &*state.bytes), (false, &bytes[..]));
    let state = region(&mut deflated).await;
    assert!(state.deflated && state.bytes.len() < bytes.len() / 4, "{}", state.bytes.len());
    let inflate = |bytes: &[u8]| {
        let mut all = Vec::new();
        flate2::read::DeflateDecoder::new(bytes).read_to_end(&mut all).unwrap();
        all
    };
    assert_eq!((state.epoch, state.base, inflate(&state.bytes)), (first, 0, bytes.clone()));
    let mut changed = bytes.clone();
    changed[3 * PAGE..5 * PAGE].fill(1);
    put(&admin, "r", changed.clone()).await;
    for socket in [&mut plain, &mut deflated] {
        let state = region(socket).await;
        let bytes = if state.deflated { inflate(&state.bytes) } else { state.bytes.to_vec() };
        assert_eq!((state.base, &*state.pages, state.len), (first, &[3, 4][..], bytes.len() as u64 * 20));
        assert!(bytes == changed[3 * PAGE..5 * PAGE]);
    }
    // What is short, or gets no shorter, is left as it is.
    let mut word = 1_u32;
    let noise = std::iter::repeat_with(|| {
        word ^= word << 13;
        word ^= word >> 17;
        word ^= word << 5;
        word.to_le_bytes()
    });
    let noise: Vec<u8> = noise.take(10 * PAGE).flatten().collect();
    put(&admin, "r", noise.clone()).await;
    let state = region(&mut deflated).await;
    assert_eq!((state.deflated, &*state.bytes), (false, &noise[..]));
    put(&admin, "r", vec![0; 10]).await;
    let state = region(&mut deflated).await;
    assert_eq!((state.deflated, state.len), (false, 10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_confirms_has_one_frame_on_its_way_and_then_the_newest() {
    let node = TestNode::start();
    let (admin, key) = (node.admin(), node.admin_key());
    let first = put(&admin, "r", vec![0; 3 * PAGE]).await;
    let mut socket = connect(&node, &key, "inos.capsule.v1").await;
    follow(&mut socket, RegionTopic { confirms: true, ..topic("r", 0) }).await;
    assert_eq!(region(&mut socket).await.epoch, first);
    let mut last = first;
    for value in 1..=20_u8 {
        last = put(&admin, "r", vec![value; 3 * PAGE]).await;
    }
    // Nothing comes before the client says what it has; what it does not have counts for nothing.
    let have = |name: &str, epoch| ClientFrame::Have(RegionHave { name: name.into(), epoch });
    for strange in [have("r", first + 1), have("r", 0), have("none", first), ClientFrame::Ping(1)] {
        send(&mut socket, &strange).await;
    }
    assert!(matches!(next(&mut socket).await, ServerBody::Pong(1)));
    send(&mut socket, &have("r", first)).await;
    let state = region(&mut socket).await;
    assert_eq!((state.epoch, state.base, &*state.pages), (last, first, &[0, 1, 2][..]));
    send(&mut socket, &have("r", last)).await;
    let next_epoch = put(&admin, "r", vec![20; 2 * PAGE]).await;
    let state = region(&mut socket).await;
    assert_eq!((state.epoch, state.base, state.len, state.pages.len()), (next_epoch, last, 2 * PAGE as u64, 0));
}
