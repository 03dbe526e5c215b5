//! HTTP/2 clients without manners: each is told to go before it costs anybody else time or the server memory.

use std::{
    cell::RefCell,
    time::{Duration, Instant},
};

use inos_tests::{Raw, TlsNode};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::timeout,
};

use crate::socket::runtime;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Kinds of frames.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
/// Flags of frames.
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// `:status: 431` as the first field of an answer: an indexed name, and a value in Huffman's code.
const STATUS_431: [u8; 5] = [0x48, 0x83, 0x69, 0x90, 0xff];
/// The code of a GOAWAY for whoever overdoes it.
const ENHANCE_YOUR_CALM: u32 = 11;
/// How long an attacker is suffered.
const PATIENCE: Duration = Duration::from_secs(20);
/// How much memory an attack may cost the server meanwhile, in bytes.
const GROWTH_MAX: u64 = 48 << 20;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![len[1], len[2], len[3], kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// A length after a prefix of seven bits (RFC 7541 §5.1).
fn len_of(len: usize) -> Vec<u8> {
    if len < 127 {
        return vec![len as u8];
    }
    let (mut bytes, mut rest) = (vec![127], len - 127);
    while rest >= 128 {
        bytes.push((rest % 128) as u8 | 0x80);
        rest /= 128;
    }
    bytes.push(rest as u8);
    bytes
}

/// A field of a header: with `first` 0x00 it is not remembered, with 0x40 it is.
fn field(first: u8, name: &str, value: &str) -> Vec<u8> {
    [vec![first], len_of(name.len()), name.into(), len_of(value.len()), value.into()].concat()
}

/// What a request's header begins with.
fn request(method: &str, path: &str) -> Vec<u8> {
    [
        field(0, ":method", method),
        field(0, ":scheme", "https"),
        field(0, ":path", path),
        field(0, ":authority", "localhost"),
    ]
    .concat()
}

/// The first words of a client that grants each answer so many bytes.
pub(crate) fn hello(window: u32) -> Vec<u8> {
    let setting = [&[0, 4][..], &window.to_be_bytes()].concat();
    [PREFACE, &frame(SETTINGS, 0, 0, &setting)].concat()
}

/// A whole GET as the first request of a connection.
pub(crate) fn get(path: &str) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | END_STREAM, 1, &request("GET", path))
}

/// The next frame: its kind, its flags and what it carries; `None` once the connection is closed.
async fn next(from: &mut (impl AsyncRead + Unpin)) -> Option<(u8, u8, Vec<u8>)> {
    let mut head = [0; 9];
    from.read_exact(&mut head).await.ok()?;
    let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
    from.read_exact(&mut payload).await.ok()?;
    Some((head[3], head[4], payload))
}

/// Shows that it is there whenever the server asks, and does nothing else, until the connection is closed.
pub(crate) async fn only_live(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    const ACK: u8 = 1;
    while let Some((kind, flags, payload)) = next(stream).await {
        if kind == PING && flags & ACK == 0 && stream.write_all(&frame(PING, ACK, 0, &payload)).await.is_err() {
            return;
        }
    }
}

/// How an attack went.
#[derive(Debug, Default)]
struct Outcome {
    /// The kinds of frames that came back.
    kinds: Vec<u8>,
    /// The code of the last GOAWAY.
    goaway: Option<u32>,
    /// How many requests were refused for their header.
    too_large: usize,
    /// Whether the server closed the connection.
    closed: bool,
}

impl Outcome {
    fn note(&mut self, kind: u8, payload: &[u8]) {
        self.kinds.push(kind);
        match kind {
            GOAWAY => self.goaway = payload.get(4..8).map(|code| u32::from_be_bytes(code.try_into().unwrap())),
            HEADERS if payload.starts_with(&STATUS_431) => self.too_large += 1,
            _ => {}
        }
    }
}

/// Opens a connection, sends everything and listens until the server closes it or says nothing more of interest.
async fn attack(server: &TlsNode, frames: impl Iterator<Item = Vec<u8>>) -> Outcome {
    let (mut from, mut to) = tokio::io::split(server.connect("h2").await);
    let outcome = RefCell::new(Outcome::default());
    let reading = async {
        while let Some((kind, _, payload)) = next(&mut from).await {
            outcome.borrow_mut().note(kind, &payload);
        }
        outcome.borrow_mut().closed = true;
    };
    let writing = async {
        let first = [PREFACE, &frame(SETTINGS, 0, 0, b"")].concat();
        for frame in std::iter::once(first).chain(frames) {
            if to.write_all(&frame).await.is_err() || to.flush().await.is_err() {
                // The server's last words may still be on their way.
                std::future::pending::<()>().await;
            }
        }
        // An answer that refuses a request leaves the connection open.
        let begun = Instant::now();
        while outcome.borrow().too_large == 0 && begun.elapsed() < PATIENCE {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        if outcome.borrow().too_large == 0 {
            std::future::pending::<()>().await;
        }
    };
    let both = async {
        tokio::select! {
            () = reading => {}
            () = writing => {}
        }
    };
    let _ = timeout(PATIENCE, both).await;
    outcome.into_inner()
}

/// Attacks while somebody else is served, and shows that it cost no memory to speak of.
fn check(server: &TlsNode, what: &str, frames: impl Iterator<Item = Vec<u8>>, is_fine: impl Fn(&Outcome) -> bool) {
    let growth = server.node().growth(|| {
        runtime().block_on(async {
            let others = async {
                for _ in 0..10 {
                    assert!(server.get("/healthz").await.starts_with("HTTP/1.1 200 "), "{what}");
                }
            };
            let (outcome, ()) = tokio::join!(attack(server, frames), others);
            assert!(is_fine(&outcome), "{what}: {outcome:?}");
            assert!(server.get("/healthz").await.starts_with("HTTP/1.1 200 "), "{what}");
        });
    });
    assert!(growth < GROWTH_MAX, "{what}: {} MiB", growth >> 20);
    assert!(!server.node().log().contains("panicked"), "{what}");
}

fn is_told_to_go(outcome: &Outcome) -> bool {
    outcome.goaway.is_some_and(|code| code != 0) || outcome.closed
}

fn is_refused(outcome: &Outcome) -> bool {
    outcome.too_large > 0 || is_told_to_go(outcome)
}

#[test]
fn a_header_that_never_ends_is_cut_off() {
    let begin = || std::iter::once(frame(HEADERS, END_STREAM, 1, &request("GET", "/healthz")));
    let more = frame(CONTINUATION, 0, 1, &field(0, "x", &"a".repeat(16_000)));
    check(&TlsNode::start(), "large pieces", begin().chain(std::iter::repeat_n(more, 20_000)), is_told_to_go);
    let nothing = frame(CONTINUATION, 0, 1, b"").repeat(100);
    check(&TlsNode::start(), "empty pieces", begin().chain(std::iter::repeat_n(nothing, 1_000)), is_told_to_go);
}

#[test]
fn a_header_that_unpacks_to_much_is_refused() {
    // A field that fills the table of remembered ones, and then its number over and over: 48 MB from 16 kB.
    let bomb = [request("GET", "/healthz"), field(0x40, "x", &"a".repeat(4_000)), vec![0xbe; 12_000]].concat();
    let bombs = (0..200).map(move |turn| frame(HEADERS, END_HEADERS | END_STREAM, 2 * turn + 1, &bomb));
    check(&TlsNode::start(), "a bomb", bombs, is_refused);
}

#[test]
fn a_header_of_a_megabyte_is_refused() {
    let large = [request("GET", "/healthz"), field(0, "x", &"a".repeat(1 << 20))].concat();
    let pieces: Vec<_> = large.chunks(16_384).map(<[u8]>::to_vec).collect();
    let last = pieces.len() - 1;
    let frames = pieces.into_iter().enumerate().map(move |(index, piece)| match index {
        0 => frame(HEADERS, END_STREAM, 1, &piece),
        index if index == last => frame(CONTINUATION, END_HEADERS, 1, &piece),
        _ => frame(CONTINUATION, 0, 1, &piece),
    });
    check(&TlsNode::start(), "one field of 1 MiB", frames, is_refused);
}

#[test]
fn a_header_of_a_thousand_fields_is_refused() {
    let fields: Vec<u8> = (0..1_000).flat_map(|number| field(0, &format!("x-{number}"), "1")).collect();
    let many = [request("GET", "/healthz"), fields].concat();
    let frames = std::iter::once(frame(HEADERS, END_HEADERS | END_STREAM, 1, &many));
    check(&TlsNode::start(), "1,000 fields", frames, |outcome| outcome.too_large > 0);
}

#[test]
fn requests_that_are_taken_back_at_once_end_the_connection() {
    let head = request("GET", "/v1/units");
    let pair = |stream: u32| {
        let begun = frame(HEADERS, END_HEADERS | END_STREAM, stream, &head);
        [begun, frame(RST_STREAM, 0, stream, &8u32.to_be_bytes())].concat()
    };
    let frames = (0..200).map(|turn| (0..100).flat_map(|n| pair(2 * (100 * turn + n) + 1)).collect());
    check(&TlsNode::start(), "rapid reset", frames, |outcome| {
        outcome.goaway == Some(ENHANCE_YOUR_CALM) || outcome.closed
    });
}

#[test]
fn requests_that_make_the_server_take_them_back_end_the_connection() {
    let head = request("POST", "/v1/run/compute/blake3");
    // A window that grows by nothing is an error of its stream alone.
    let pair =
        |stream: u32| [frame(HEADERS, END_HEADERS, stream, &head), frame(WINDOW_UPDATE, 0, stream, &[0; 4])].concat();
    let frames = (0..200).map(|turn| (0..100).flat_map(|n| pair(2 * (100 * turn + n) + 1)).collect());
    check(&TlsNode::start(), "made you reset", frames, is_told_to_go);
}

#[test]
fn data_without_end_and_without_bytes_ends_the_connection() {
    let server = TlsNode::start();
    let bearer = field(0, "authorization", &format!("Bearer {}", server.node().admin_key()));
    for (what, bearer) in [("with a key", bearer), ("without a key", Vec::new())] {
        let head = [request("POST", "/v1/run/compute/blake3"), bearer].concat();
        let begin = std::iter::once(frame(HEADERS, END_HEADERS, 1, &head));
        let nothing = frame(DATA, 0, 1, b"").repeat(100);
        check(&server, what, begin.chain(std::iter::repeat_n(nothing, 2_000)), is_told_to_go);
    }
}

#[test]
fn questions_whose_answers_nobody_reads_take_no_memory() {
    let server = TlsNode::start();
    for (what, question) in [("pings", frame(PING, 0, 0, &[7; 8])), ("settings", frame(SETTINGS, 0, 0, b""))] {
        let growth = server.node().growth(|| {
            runtime().block_on(async {
                let mut stream = server.connect("h2").await;
                stream.write_all(PREFACE).await.unwrap();
                stream.write_all(&frame(SETTINGS, 0, 0, b"")).await.unwrap();
                let flood = question.repeat(1_000);
                // Ends once the server takes no more, for nobody takes its answers.
                let sending = async { while stream.write_all(&flood).await.is_ok() {} };
                let _ = timeout(Duration::from_secs(3), sending).await;
                assert!(server.get("/healthz").await.starts_with("HTTP/1.1 200 "), "{what}");
            });
        });
        assert!(growth < GROWTH_MAX, "{what}: {} MiB", growth >> 20);
    }
}

#[test]
fn whoever_shakes_no_hands_or_asks_nothing_is_closed() {
    let server = TlsNode::start();
    // A client's hello that promises 512 bytes and brings 6.
    let half: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    let noise: Vec<u8> = (0..1u32 << 18).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let mut attackers: Vec<(&str, Raw)> = Vec::new();
    for (what, bytes) in [
        ("silence", &b""[..]),
        ("half a handshake", half),
        ("noise", &noise),
        ("plain HTTP", b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"),
    ] {
        let mut raw = Raw::connect(server.node().address());
        raw.send(bytes);
        attackers.push((what, raw));
    }
    let asked_nothing = [
        PREFACE.to_vec(),
        [PREFACE, &frame(SETTINGS, 0, 0, b"")].concat(),
        [PREFACE, &frame(SETTINGS, 0, 0, b""), &frame(HEADERS, 0, 1, &request("GET", "/healthz"))].concat(),
    ];
    runtime().block_on(async {
        let begun = Instant::now();
        let mut streams = Vec::new();
        for first in &asked_nothing {
            let mut stream = server.connect("h2").await;
            stream.write_all(first).await.unwrap();
            streams.push(stream);
        }
        assert!(server.get("/healthz").await.starts_with("HTTP/1.1 200 "));
        for (index, mut stream) in streams.into_iter().enumerate() {
            let mut rest = Vec::new();
            let left = Duration::from_secs(14).saturating_sub(begun.elapsed());
            assert!(timeout(left, stream.read_to_end(&mut rest)).await.is_ok(), "still open: {index}");
        }
    });
    for (what, raw) in &mut attackers {
        assert!(raw.closes_within(Duration::from_secs(2)), "still open: {what}");
    }
}
