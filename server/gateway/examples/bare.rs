//! The bare peer that figures are held against: the same libraries and the same hash, with nothing stored, nothing
//! charged and nobody asked for a key.
//!
//!     cargo run --release -p inos-gateway --example bare -- 127.0.0.1:8080
//!
//! `POST /hash` answers the digest of its body. `GET /ws` takes frames of `u32 length, bytes` in a row and answers
//! each with its digests in a row. `POST /sink` reads its body and drops it.

use std::net::SocketAddr;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{
        DefaultBodyLimit,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    routing::{get, post},
    serve::ListenerExt,
};
use futures_util::{FutureExt, SinkExt, StreamExt};
use http::StatusCode;
use inos_protocols::Hash;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address: SocketAddr = std::env::args().nth(1).ok_or("usage: bare ADDRESS")?.parse()?;
    let router = Router::new()
        .route("/hash", post(|body: Bytes| async move { Hash::of(&body).0.to_vec() }))
        .route("/sink", post(sink))
        .route("/ws", get(|upgrade: WebSocketUpgrade| async { upgrade.on_upgrade(converse) }))
        .layer(DefaultBodyLimit::disable());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    // A socket that cannot be told not to wait is only slower.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    Ok(axum::serve(listener, router).await?)
}

async fn sink(body: Body) -> Result<String, StatusCode> {
    let (mut parts, mut len) = (body.into_data_stream(), 0);
    while let Some(part) = parts.next().await {
        len += part.map_err(|_| StatusCode::BAD_REQUEST)?.len();
    }
    Ok(len.to_string())
}

/// Answers everything that is ready, then flushes once.
async fn converse(mut socket: WebSocket) {
    while let Some(Ok(first)) = socket.next().await {
        let mut message = Some(first);
        while let Some(taken) = message {
            let fed = match taken {
                Message::Binary(frame) => socket.feed(Message::Binary(digests(&frame).into())).await,
                Message::Close(_) => return,
                _ => Ok(()),
            };
            message = match (fed, socket.next().now_or_never()) {
                (Ok(()), Some(Some(Ok(next)))) => Some(next),
                (Ok(()), None) => None,
                _ => return,
            };
        }
        if socket.flush().await.is_err() {
            return;
        }
    }
}

fn digests(mut frame: &[u8]) -> Vec<u8> {
    let mut digests = Vec::new();
    while let Some((len, rest)) = frame.split_first_chunk() {
        let Some((job, rest)) = rest.split_at_checked(u32::from_le_bytes(*len) as usize) else { break };
        digests.extend_from_slice(&Hash::of(job).0);
        frame = rest;
    }
    digests
}
