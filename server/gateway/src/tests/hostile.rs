//! Sockets that dawdle, flood, lie or never come back.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::house::{House, house, house_with, options, parse};

/// Reads to the end and says how long that took.
async fn until_closed(stream: &mut TcpStream) -> Duration {
    let begun = Instant::now();
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut rest)).await.expect("never closed");
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_and_slow_headers_are_closed() {
    let house = house().await;
    for first in ["", "P", "POST /v1/jobs HTTP/1.1\r\nhost: a\r\n"] {
        let mut stream = house.connect().await;
        stream.write_all(first.as_bytes()).await.unwrap();
        until_closed(&mut stream).await;
    }
    // One byte now and then does not help.
    let mut stream = house.connect().await;
    let (mut reading, mut writing) = stream.split();
    let mut rest = Vec::new();
    let drip = async {
        while writing.write_all(b"G").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        _ = reading.read_to_end(&mut rest) => {}
        () = drip => {}
        () = tokio::time::sleep(Duration::from_secs(10)) => panic!("never closed"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_may_rest_longer_than_a_header_may_take() {
    let house = house().await;
    let mut stream = house.connect().await;
    for _ in 0..2 {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        let mut answer = vec![0; 4096];
        let len = stream.read(&mut answer).await.unwrap();
        assert_eq!(parse(&answer[..len]).status, 200);
        tokio::time::sleep(options().header_timeout + Duration::from_millis(150)).await;
    }
    until_closed(&mut stream).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_body_is_cut_with_words() {
    let house = house().await;
    for path in ["/v1/jobs", "/v1/run/compute/blake3", "/v1/blobs"] {
        let method = if path == "/v1/blobs" { "PUT" } else { "POST" };
        let mut stream = house.connect().await;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: 200000\r\n\r\n{{",
            house.key
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut all = Vec::new();
        let _ =
            tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut all)).await.expect("never closed");
        let answer = parse(&all);
        assert_eq!((answer.status, answer.json()["code"].as_str()), (408, Some("body-timeout")), "{path}");
        assert_eq!(answer.header("connection"), Some("close"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_limit_is_refused_before_it_is_read() {
    let house = house().await;
    let mut stream = house.connect().await;
    let head = format!(
        "POST /v1/run/compute/blake3 HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\nexpect: 100-continue\r\ncontent-length: 10737418240000\r\n\r\n",
        house.key
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut all = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut all)).await.expect("never closed");
    let answer = parse(&all);
    assert_eq!((answer.status, answer.json()["code"].as_str()), (413, Some("payload-too-large")));
    assert_eq!(answer.header("connection"), Some("close"));
    assert!(!String::from_utf8_lossy(&all).contains("100 Continue"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_without_a_length_is_cut_at_the_limit() {
    let house = house_with(crate::Options { message_bytes_max: 100_000, body_bytes_max: 1 << 20, ..options() }).await;
    for (method, path, media, total) in [
        ("POST", "/v1/jobs", "application/json", 200_000),
        ("PUT", "/v1/blobs", "text/plain", 2 << 20),
        ("POST", "/v1/run/compute/blake3", "text/plain", 2 << 20),
    ] {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\ncontent-type: {media}\r\ntransfer-encoding: chunked\r\n\r\n",
            house.key
        )
        .into_bytes();
        for _ in 0..total / 10_000 {
            request.extend_from_slice(b"2710\r\n");
            request.extend(std::iter::repeat_n(b' ', 10_000));
            request.extend_from_slice(b"\r\n");
        }
        let answer = parse(&house.raw(&request).await);
        assert_eq!((answer.status, answer.json()["code"].as_str()), (413, Some("payload-too-large")), "{path}");
    }
}

/// Each of these gets one answer, and then the connection is closed.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_proper_http_is_refused_and_closed() {
    let house = house().await;
    let chunk = "0\r\n\r\nGET /healthz HTTP/1.1\r\nhost: a\r\n\r\n";
    let table: &[(&str, &[u16])] = &[
        ("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n", &[400]),
        ("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n", &[400]),
        ("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\n", &[400]),
        ("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: +5\r\n\r\n", &[400]),
        ("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5, 5\r\n\r\n", &[400]),
        ("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0x5\r\n\r\n", &[400]),
        ("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n", &[400]),
        ("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: xchunked\r\n\r\n", &[400]),
        ("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked, identity\r\n\r\n", &[400]),
        ("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding : chunked\r\n\r\n", &[400]),
        ("GET / HTTP/1.1\r\nhost: a\r\nx: 1\r\n folded\r\n\r\n", &[400]),
        ("GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", &[400]),
        ("GET / HTTP/1.1\r\n\r\n", &[400]),
        ("GET / HTTP/1.1\r\nhost: a b\r\n\r\n", &[400]),
        ("GET / HTTP/1.1\r\nhost: a/b\r\n\r\n", &[400]),
        ("GET / HTTP/1.1\r\nhost : a\r\n\r\n", &[400]),
        ("GET / HTTP/1.1\r\nhost: a\r\nx\0y: 1\r\n\r\n", &[400]),
        ("GET / HTTP/1.1\r\nhost: a\r\nx: 1\0\r\n\r\n", &[400]),
        ("GET / HTTP/3.0\r\nhost: a\r\n\r\n", &[400]),
        ("GET / HTTP/1.1\r\nhost: a\r\n: 1\r\n\r\n", &[400]),
        ("GET /a b HTTP/1.1\r\nhost: a\r\n\r\n", &[400]),
        ("GET\r\n\r\n", &[400]),
        ("\u{16}\u{3}\u{1}\u{2}\u{0}", &[400]),
        ("TRACE / HTTP/1.1\r\nhost: a\r\n\r\n", &[405]),
        ("CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n", &[405]),
    ];
    for (request, wanted) in table {
        let all = house.raw(format!("{request}{chunk}").as_bytes()).await;
        let text = String::from_utf8_lossy(&all);
        let answers: Vec<u16> = text.split("HTTP/1.1 ").skip(1).map(|rest| rest[..3].parse().unwrap()).collect();
        assert_eq!(answers, *wanted, "{request:?}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_long_or_points_elsewhere_is_refused() {
    let house = house().await;
    let status = |path: String| {
        let house = &house;
        async move { house.ask_openly("GET", &path, &[], b"").await.status }
    };
    assert_eq!(status(format!("/{}", "a".repeat(9_000))).await, 414);
    for path in ["/%00", "/v1/units/%2e%2e", "/v1/units/..%2fjobs", "/%zz", "/%ff"] {
        assert_eq!(status(path.into()).await, 400, "{path}");
    }
    assert_eq!(status("/no/such/path".into()).await, 404);
    let big = "x".repeat(80_000);
    let all = house.raw(format!("GET / HTTP/1.1\r\nhost: a\r\nx: {big}\r\n\r\n").as_bytes()).await;
    assert_eq!(parse(&all).status, 431);
    let many: String = (0..1000).map(|i| format!("x-{i}: 1\r\n")).collect();
    let all = house.raw(format!("GET / HTTP/1.1\r\nhost: a\r\n{many}\r\n").as_bytes()).await;
    assert_eq!(parse(&all).status, 431);
    let packed = house.ask("POST", "/v1/run/compute/blake3", &[("content-encoding", "br")], b"abc").await;
    assert_eq!((packed.status, packed.header("accept-encoding")), (415, Some("identity")));
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelined_requests_are_answered_in_order() {
    let house = house().await;
    let mut requests = String::new();
    for i in 0..500 {
        requests.push_str(&format!("GET /healthz HTTP/1.1\r\nhost: a\r\nx-request-id: r{i}\r\n\r\n"));
    }
    requests.push_str("GET /healthz HTTP/1.1\r\nhost: a\r\nx-request-id: last\r\nconnection: close\r\n\r\n");
    let text = String::from_utf8(house.raw(requests.as_bytes()).await).unwrap();
    let ids: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("x-request-id: ")).collect();
    assert_eq!(ids.len(), 501);
    assert!(ids[..500].iter().enumerate().all(|(i, id)| *id == format!("r{i}")));
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_over_the_cap_are_closed_and_the_rest_unharmed() {
    let house =
        house_with(crate::Options { connections_max: 3, header_timeout: Duration::from_secs(30), ..options() }).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(house.connect().await);
    }
    // The fourth may have to wait until the acceptor has seen the third.
    let mut fourth = house.connect().await;
    until_closed(&mut fourth).await;
    let first = &mut held[0];
    first.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let mut answer = vec![0; 4096];
    let len = first.read(&mut answer).await.unwrap();
    assert_eq!(parse(&answer[..len]).status, 200);
}

/// Stores this many bytes and asks for them on a connection of its own.
async fn ask_for(house: &House, len: usize) -> TcpStream {
    let stored = house.ask("PUT", "/v1/blobs", &[], &vec![7; len]).await;
    let mut stream = house.connect().await;
    let request = format!(
        "GET /v1/blobs/{} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\n\r\n",
        stored.json()["hash"].as_str().unwrap(),
        house.key
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_reads_is_cut_off() {
    let house = house_with(crate::Options { stall_timeout: Duration::from_millis(500), ..options() }).await;
    let len = 32 << 20;
    let mut stream = ask_for(&house, len).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let mut all = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut all)).await.expect("never closed");
    assert!(all.len() < len, "{} of {len}", all.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_read_slowly_is_sent_whole() {
    let house = house_with(crate::Options { stall_timeout: Duration::from_secs(2), ..options() }).await;
    let (len, mut read) = (32 << 20, 0);
    let mut stream = ask_for(&house, len).await;
    let mut buffer = vec![0; 256 << 10];
    // Slower than any limit for the whole, faster than each for a part.
    while read < len {
        let more = stream.read(&mut buffer).await.unwrap();
        assert!(more > 0, "closed after {read} of {len}");
        read += more;
        tokio::time::sleep(Duration::from_micros(more as u64 / 8)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_vanishes_leaves_a_settled_job() {
    let house = house().await;
    let mut stream = house.connect().await;
    let head = format!(
        "POST /v1/run/compute/brotli_compress HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\ncontent-length: 2000000\r\n\r\n",
        house.key
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&vec![b'x'; 1_000_000]).await.unwrap();
    drop(stream);
    let settled = async {
        loop {
            let account = house.get("/v1/account").await.json();
            if account["held"] == 0 && account["balance"] == account["available"] {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), settled).await.expect("the hold stayed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_answers_what_is_under_way_and_closes_the_rest() {
    let mut house: House = house().await;
    let gateway = house.gateway.take().unwrap();
    let mut resting = house.connect().await;
    resting.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let mut answer = vec![0; 4096];
    assert!(resting.read(&mut answer).await.unwrap() > 0);
    let mut busy = house.connect().await;
    let job = format!(
        "POST /v1/run/compute/blake3 HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\ncontent-length: 100000\r\n\r\n",
        house.key
    );
    busy.write_all(job.as_bytes()).await.unwrap();
    busy.write_all(&[1; 50_000]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let stopping = tokio::task::spawn_blocking(move || gateway.stop(Duration::from_secs(10)));
    until_closed(&mut resting).await;
    busy.write_all(&[1; 50_000]).await.unwrap();
    let mut all = Vec::new();
    busy.read_to_end(&mut all).await.unwrap();
    let answer = parse(&all);
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    assert!(stopping.await.unwrap());
    assert!(TcpStream::connect(house.address).await.is_err());
}
