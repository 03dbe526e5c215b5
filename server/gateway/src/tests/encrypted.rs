//! TLS: HTTP/1.1 inside it, HTTP/2 where ALPN chose it, and nothing for whoever cannot shake hands.

use std::{sync::Arc, time::Duration};

use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::house::{Answer, House, house_with, options, parse};
use crate::Tls;

/// A house with a certificate of its own, and what trusts it.
async fn encrypted() -> (House, rustls::RootCertStore, tempfile::TempDir) {
    encrypted_with(options()).await
}

async fn encrypted_with(options: crate::Options) -> (House, rustls::RootCertStore, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&cert).unwrap()).unwrap();
    let house = house_with(crate::Options { tls: Some(Tls { cert, key }), ..options }).await;
    (house, roots, folder)
}

impl House {
    /// Asks over HTTP/1.1 inside TLS with the admin's key.
    async fn ask_over(&self, roots: &rustls::RootCertStore, method: &str, path: &str, body: &[u8]) -> Answer {
        let mut stream = connect(self, roots, b"http/1.1").await;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n",
            self.key,
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.unwrap();
        parse(&all)
    }
}

async fn connect(house: &House, roots: &rustls::RootCertStore, alpn: &[u8]) -> TlsStream<TcpStream> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots.clone())
        .with_no_client_auth();
    config.alpn_protocols = vec![alpn.to_vec()];
    let connector = TlsConnector::from(Arc::new(config));
    connector.connect(ServerName::try_from("localhost").unwrap(), house.connect().await).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn http1_is_spoken_inside_tls() {
    let (house, roots, _folder) = encrypted().await;
    let mut stream = connect(&house, &roots, b"http/1.1").await;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut all = Vec::new();
    stream.read_to_end(&mut all).await.unwrap();
    assert_eq!(parse(&all).status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn http2_is_spoken_where_alpn_chose_it() {
    let (house, roots, _folder) = encrypted().await;
    let mut stream = connect(&house, &roots, b"h2").await;
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    stream.write_all(&frame(4, 0, 0, b"")).await.unwrap();
    // :method GET, :scheme https, :path /healthz, :authority localhost
    let mut head = vec![0x82, 0x87, 0x04, 8];
    head.extend_from_slice(b"/healthz");
    head.extend_from_slice(&[0x01, 9]);
    head.extend_from_slice(b"localhost");
    stream.write_all(&frame(1, 0x5, 1, &head)).await.unwrap();
    loop {
        let (kind, stream_id, payload) = next(&mut stream).await;
        if kind == 1 {
            // The first field of an answer's header is `:status 200`, the eighth of HPACK's table.
            assert_eq!((stream_id, payload[0]), (1, 0x88));
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_says_nothing_is_closed() {
    let (house, roots, _folder) = encrypted().await;
    let mut preface_only = connect(&house, &roots, b"h2").await;
    preface_only.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    until_closed(&mut preface_only).await;
    let mut silent = house.connect().await;
    until_closed(&mut silent).await;
    let mut garbage = house.connect().await;
    garbage.write_all(&[0x42; 4096]).await.unwrap();
    until_closed(&mut garbage).await;
}

/// The header of a GET, the key's owner asking.
fn get(house: &House, path: &str) -> Vec<u8> {
    let mut head = vec![0x82, 0x87];
    for (field, text) in
        [(&[0x04][..], path), (&[0x01], "localhost"), (&[0x0f, 0x08], &format!("Bearer {}", house.key))]
    {
        head.extend_from_slice(field);
        // A length from 127 on takes a second byte.
        head.extend(if text.len() < 127 { vec![text.len() as u8] } else { vec![127, (text.len() - 127) as u8] });
        head.extend_from_slice(text.as_bytes());
    }
    frame(1, 0x5, 1, &head)
}

/// The first words of a client that grants each answer this many bytes.
fn hello(window: u32) -> Vec<u8> {
    let setting = [&[0, 4][..], &window.to_be_bytes()].concat();
    [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), frame(4, 0, 0, &setting)].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_never_read_ends_its_connection() {
    let (house, roots, _folder) =
        encrypted_with(crate::Options { stall_timeout: Duration::from_millis(500), ..options() }).await;
    let stored = house.ask_over(&roots, "PUT", "/v1/blobs", &vec![7; 400_000]).await;
    let hash = stored.json()["hash"].as_str().unwrap().to_owned();
    for (path, window) in [("/healthz".to_owned(), 0), (format!("/v1/blobs/{hash}"), 1_000), ("/v1/events".into(), 0)] {
        let mut stream = connect(&house, &roots, b"h2").await;
        stream.write_all(&hello(window)).await.unwrap();
        stream.write_all(&get(&house, &path)).await.unwrap();
        if path == "/v1/events" {
            // Nothing happened yet, so nothing waits for its reader.
            let mut rest = Vec::new();
            assert!(tokio::time::timeout(Duration::from_millis(1_500), stream.read_to_end(&mut rest)).await.is_err());
            let capsule = br#"{"unit":"test","method":"noop"}"#;
            assert_eq!(house.ask_over(&roots, "POST", "/v1/jobs", capsule).await.status, 202);
        }
        until_closed(&mut stream).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_read_slowly_is_sent_whole() {
    let (house, roots, _folder) =
        encrypted_with(crate::Options { stall_timeout: Duration::from_secs(2), ..options() }).await;
    let data = vec![7; 1_400_000];
    let stored = house.ask_over(&roots, "PUT", "/v1/blobs", &data).await;
    let path = format!("/v1/blobs/{}", stored.json()["hash"].as_str().unwrap());
    let mut stream = connect(&house, &roots, b"h2").await;
    stream.write_all(&hello(16_000)).await.unwrap();
    stream.write_all(&get(&house, &path)).await.unwrap();
    let mut read = 0;
    while read < data.len() {
        let (kind, _, payload) = next(&mut stream).await;
        if kind == 0 && !payload.is_empty() {
            read += payload.len();
            // Slower than one stall time for the whole, faster than one for a piece.
            tokio::time::sleep(Duration::from_millis(40)).await;
            for stream_id in [0, 1] {
                stream.write_all(&frame(8, 0, stream_id, &(payload.len() as u32).to_be_bytes())).await.unwrap();
            }
        }
    }
    assert_eq!(read, data.len());
}

async fn until_closed(stream: &mut (impl tokio::io::AsyncRead + Unpin)) {
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut rest)).await.expect("never closed");
}

fn frame(kind: u8, flags: u8, stream_id: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0, 0, payload.len() as u8, kind, flags, 0, 0, 0, stream_id];
    frame.extend_from_slice(payload);
    frame
}

async fn next(stream: &mut TlsStream<TcpStream>) -> (u8, u8, Vec<u8>) {
    let mut head = [0; 9];
    stream.read_exact(&mut head).await.unwrap();
    let len = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
    let mut payload = vec![0; len];
    stream.read_exact(&mut payload).await.unwrap();
    (head[3], head[8], payload)
}
