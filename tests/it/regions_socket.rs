//! Regions over a WebSocket: a snapshot, then what changed, the newest only, and on from where a client was.

use std::time::Duration;

use bytes::Bytes;
use inos_protocols::frame::{About, ClientFrame, Publish, RegionState, RegionTopic, ServerBody, Topic};
use inos_tests::{Client, TestNode};

use crate::socket::{Socket, connect, receive, send};

const PAGE: usize = 4096;

/// A region as a client has it.
#[derive(Default)]
struct Copy {
    epoch: u64,
    bytes: Vec<u8>,
}

impl Copy {
    fn take(&mut self, state: RegionState) {
        assert!(state.epoch > self.epoch, "only newer ones come");
        if state.base == 0 {
            self.bytes = state.bytes.to_vec();
        } else {
            assert!(state.base <= self.epoch, "a delta lies on what the client has");
            self.bytes.resize(state.len as usize, 0);
            let mut rest = state.bytes.clone();
            for page in state.pages {
                let start = page as usize * PAGE;
                let len = PAGE.min(state.len as usize - start);
                self.bytes[start..start + len].copy_from_slice(&rest.split_to(len));
            }
            assert!(rest.is_empty());
        }
        assert_eq!(self.bytes.len() as u64, state.len);
        self.epoch = state.epoch;
    }
}

async fn subscribe(socket: &mut Socket, name: &str, max_rate_hz: u32, after: u64) {
    let region = RegionTopic { name: name.into(), max_rate_hz, after, deflate: false, confirms: false };
    send(socket, &ClientFrame::Subscribe(Topic::Region(region))).await;
}

/// The next frame about a region.
async fn region(socket: &mut Socket) -> RegionState {
    loop {
        let frame = receive(socket).await;
        match frame.body {
            ServerBody::Region(state) => {
                assert_eq!(frame.seq, 0);
                return state;
            }
            ServerBody::Welcome(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn put(client: &Client, name: &str, bytes: &[u8]) -> u64 {
    let put = client.send("PUT", &format!("/v1/regions/{name}"), &[], bytes);
    assert!([200, 201].contains(&put.status), "{}", put.text());
    put.header("inos-epoch").unwrap().parse().unwrap()
}

/// Asks the server without holding up the sockets of this test.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscriber_gets_a_snapshot_and_then_what_changed() {
    let node = TestNode::start();
    let (admin, key) = (node.admin(), node.admin_key());
    let client = admin.clone();
    let first = aside(move || put(&client, "world", &[1; 5 * PAGE + 3])).await;
    let mut socket = connect(&node, &key, "inos.capsule.v1").await;
    subscribe(&mut socket, "world", 0, 0).await;
    let mut copy = Copy::default();
    let state = region(&mut socket).await;
    assert_eq!((state.base, state.epoch, state.bytes.len()), (0, first, 5 * PAGE + 3));
    copy.take(state);
    let patch = move |range: &str, bytes: &[u8]| {
        assert_eq!(admin.send("PATCH", "/v1/regions/world", &[("content-range", range)], bytes).status, 200);
    };
    let again = patch.clone();
    aside(move || again(&format!("bytes {}-{}/*", 2 * PAGE, 2 * PAGE + 1), b"ab")).await;
    let state = region(&mut socket).await;
    assert_eq!((state.base, state.epoch, &*state.pages, state.bytes.len()), (first, first + 1, &[2][..], PAGE));
    copy.take(state);
    aside(move || patch(&format!("bytes {}-{}/*", 5 * PAGE, 5 * PAGE + 2), b"xyz")).await;
    let state = region(&mut socket).await;
    assert_eq!((state.base, &*state.pages, &*state.bytes), (first + 1, &[5][..], &b"xyz"[..]));
    copy.take(state);
    let mut wanted = vec![1; 5 * PAGE + 3];
    wanted[2 * PAGE..2 * PAGE + 2].copy_from_slice(b"ab");
    wanted[5 * PAGE..].copy_from_slice(b"xyz");
    assert_eq!(copy.bytes, wanted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_back_goes_on_from_where_it_was() {
    let node = TestNode::start();
    let (admin, key) = (node.admin(), node.admin_key());
    let client = admin.clone();
    let first = aside(move || put(&client, "r", &[0; 4 * PAGE])).await;
    let mut copy = Copy::default();
    let mut socket = connect(&node, &key, "inos.capsule.v1").await;
    subscribe(&mut socket, "r", 0, 0).await;
    copy.take(region(&mut socket).await);
    drop(socket);
    let client = admin.clone();
    aside(move || {
        for value in 1..=9_u8 {
            let mut bytes = [0; 4 * PAGE];
            bytes[PAGE] = value;
            bytes[4 * PAGE - 1] = value;
            put(&client, "r", &bytes);
        }
    })
    .await;
    let mut socket = connect(&node, &key, "inos.capsule.v1").await;
    subscribe(&mut socket, "r", 0, copy.epoch).await;
    let state = region(&mut socket).await;
    assert_eq!((state.base, state.epoch, &*state.pages), (first, first + 9, &[1, 3][..]));
    copy.take(state);
    assert_eq!((copy.bytes[PAGE], copy.bytes[4 * PAGE - 1]), (9, 9));
    // An epoch that there never was gets everything.
    for strange in [1, first + 1000, u64::MAX] {
        subscribe(&mut socket, "r", 0, strange).await;
        let state = region(&mut socket).await;
        assert_eq!((state.base, state.epoch, state.bytes.len()), (0, first + 9, 4 * PAGE), "{strange}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_subscriber_gets_the_newest_and_not_a_queue() {
    let node = TestNode::start();
    let (admin, key) = (node.admin(), node.admin_key());
    let client = admin.clone();
    aside(move || put(&client, "r", &[0; 8 * PAGE])).await;
    let (mut slow, mut fast) =
        (connect(&node, &key, "inos.capsule.v1").await, connect(&node, &key, "inos.capsule.v1").await);
    subscribe(&mut slow, "r", 2, 0).await;
    subscribe(&mut fast, "r", 0, 0).await;
    let (mut of_slow, mut of_fast) = (Copy::default(), Copy::default());
    of_slow.take(region(&mut slow).await);
    of_fast.take(region(&mut fast).await);
    let last = aside(move || (1..=200_u8).fold(0, |_, value| put(&admin, "r", &[value; 8 * PAGE]))).await;
    let mut frames = [0, 0];
    for (index, (socket, copy)) in [(&mut slow, &mut of_slow), (&mut fast, &mut of_fast)].into_iter().enumerate() {
        while copy.epoch < last {
            copy.take(region(socket).await);
            frames[index] += 1;
        }
        assert!(copy.bytes.iter().all(|byte| *byte == 200), "the last state is never lost");
    }
    assert!(frames[0] < 100 && frames[0] < frames[1], "{frames:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_region_is_published_over_the_socket_and_seen_to_go() {
    let node = TestNode::start();
    let (admin, key) = (node.admin(), node.admin_key());
    let mut socket = connect(&node, &key, "inos.capsule.v1").await;
    assert!(matches!(receive(&mut socket).await.body, ServerBody::Welcome(_)));
    let publish = |correlation, offset, bytes: &'static [u8]| {
        ClientFrame::Publish(Publish { correlation, name: "r".into(), offset, bytes: Bytes::from_static(bytes) })
    };
    send(&mut socket, &publish(7, None, b"0123")).await;
    let ServerBody::Published(first) = receive(&mut socket).await.body else { panic!("not published") };
    assert_eq!(first.correlation, 7);
    send(&mut socket, &publish(8, Some(1), b"ab")).await;
    let ServerBody::Published(second) = receive(&mut socket).await.body else { panic!("not published") };
    assert_eq!((second.correlation, second.epoch), (8, first.epoch + 1));
    send(&mut socket, &publish(9, Some(3), b"ab")).await;
    let ServerBody::Problem(trouble) = receive(&mut socket).await.body else { panic!("no problem") };
    assert_eq!((trouble.about, trouble.problem.code.as_str()), (About::Publish(9), "range-not-satisfiable"));
    subscribe(&mut socket, "r", 0, 0).await;
    assert_eq!(&*region(&mut socket).await.bytes, b"0ab3");
    aside(move || admin.send("DELETE", "/v1/regions/r", &[], b"").status).await;
    assert_eq!(region(&mut socket).await.epoch, 0);
    subscribe(&mut socket, "r", 0, 0).await;
    let ServerBody::Problem(trouble) = receive(&mut socket).await.body else { panic!("no problem") };
    assert_eq!((trouble.about, trouble.problem.code.as_str()), (About::Region("r".into()), "not-found"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn regions_are_told_as_text_too_and_to_their_scope_alone() {
    use futures_util::{SinkExt, StreamExt};
    use tokio_tungstenite::tungstenite::Message;
    let node = TestNode::start();
    let (admin, key) = (node.admin(), node.admin_key());
    let client = admin.clone();
    let (first, poor) = aside(move || {
        let made = client.post_json("/v1/keys", &serde_json::json!({ "name": "jobs only", "scopes": ["jobs"] }));
        (put(&client, "r", b"hello"), made.json()["secret"].as_str().unwrap().to_owned())
    })
    .await;
    for (key, wanted) in [(&key, "region"), (&poor, "problem")] {
        let mut socket = connect(&node, key, "inos.json.v1").await;
        socket.send(Message::Text(r#"{"subscribe":{"region":{"name":"r"}}}"#.into())).await.unwrap();
        let frame = loop {
            let message = tokio::time::timeout(Duration::from_secs(20), socket.next()).await.unwrap().unwrap().unwrap();
            let Message::Text(text) = message else { continue };
            let frame: serde_json::Value = serde_json::from_str(&text).unwrap();
            if frame.get("welcome").is_none() {
                break frame;
            }
        };
        assert!(frame.get(wanted).is_some(), "{frame}");
        if wanted == "region" {
            assert_eq!(
                (&frame["region"]["epoch"], &frame["region"]["base64"]),
                (&first.to_string().into(), &"aGVsbG8=".into())
            );
        } else {
            assert_eq!(frame["problem"]["problem"]["code"], "forbidden");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_subscribers_share_each_frame_and_end_at_the_last_state() {
    const PAGES: usize = 64;
    const EPOCHS: u64 = 20;
    let count = std::env::var("INOS_SUBSCRIBERS").ok().and_then(|text| text.parse().ok()).unwrap_or(100_usize);
    let node = TestNode::start();
    let (admin, key) = (node.admin(), node.admin_key());
    let client = admin.clone();
    let first = aside(move || put(&client, "world", &[0; PAGES * PAGE])).await;
    let begun = std::time::Instant::now();
    let copied =
        |client: &Client| client.get("/v1/stats").json()["arena"]["copied_bytes"]["region_out"].as_u64().unwrap();
    let mut followers = Vec::new();
    for _ in 0..count {
        let mut socket = connect(&node, &key, "inos.capsule.v1").await;
        subscribe(&mut socket, "world", 10, 0).await;
        let mut copy = Copy::default();
        copy.take(region(&mut socket).await);
        followers.push(tokio::spawn(async move {
            let mut ages_ms = Vec::new();
            while copy.epoch < first + EPOCHS {
                copy.take(region(&mut socket).await);
                let said_ms = u64::from_le_bytes(copy.bytes[..8].try_into().unwrap());
                ages_ms.push(begun.elapsed().as_millis() as u64 - said_ms);
            }
            (copy.bytes, ages_ms, socket)
        }));
    }
    let client = admin.clone();
    let (last, of_snapshots, of_all) = aside(move || {
        let of_snapshots = copied(&client);
        let mut bytes = vec![0; PAGES * PAGE];
        for epoch in 1..=EPOCHS {
            // One page of sixteen, the first among them.
            bytes.chunks_mut(16 * PAGE).for_each(|part| part[8..PAGE].fill(epoch as u8));
            bytes[..8].copy_from_slice(&(begun.elapsed().as_millis() as u64).to_le_bytes());
            put(&client, "world", &bytes);
            std::thread::sleep(Duration::from_millis(100));
        }
        (bytes, of_snapshots, copied(&client))
    })
    .await;
    let (mut ages_ms, mut sockets) = (Vec::new(), Vec::new());
    for follower in followers {
        let (bytes, ages, socket) = follower.await.unwrap();
        assert!(bytes == last, "the last state is everybody's");
        ages_ms.extend(ages);
        sockets.push(socket);
    }
    ages_ms.sort_unstable();
    let part = |share: usize| ages_ms[(ages_ms.len() * share / 100).min(ages_ms.len() - 1)];
    eprintln!("{count} subscribers: age of the newest epoch p50 {} ms, p95 {} ms", part(50), part(95));
    let most = usize::try_from(node.memory_peak()).unwrap();
    eprintln!("the server's memory: {} MiB at most", most >> 20);
    // What every connection may have of its own, beside one snapshot that it has not read yet.
    assert!(most <= (200 << 20) + count * (PAGES * PAGE + (128 << 10)), "{most}");
    drop(sockets);
    let client = node.admin();
    aside(move || {
        let waiters = || client.get("/v1/stats").json()["regions"]["waiters"].as_u64().unwrap();
        inos_tests::until(Duration::from_secs(20), || waiters() == 0);
    })
    .await;
    let (before, _) = node.exertion();
    tokio::time::sleep(Duration::from_secs(2)).await;
    eprintln!("of a core in the 2 s after they left: {:?}", node.exertion().0 - before);
    let each = ((of_all - of_snapshots) / EPOCHS) as usize;
    assert!(each < count * PAGE, "a frame is written once for all who have the same epoch, not {each} bytes an epoch");
}
