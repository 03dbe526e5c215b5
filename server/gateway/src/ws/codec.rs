//! The two subprotocols: the same frames as Cap'n Proto messages or as JSON text.

use axum::extract::ws::Message;
use inos_protocols::{
    Refusal,
    frame::{ClientFrame, ServerFrame},
    json,
    refusal::Kind,
    wire,
};

/// How frames are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    /// `inos.capsule.v1`: binary messages.
    Capsule,
    /// `inos.json.v1`: text messages.
    Json,
}

impl Codec {
    /// Both, the faster one first.
    pub(crate) const ALL: [Self; 2] = [Self::Capsule, Self::Json];

    /// The subprotocol's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Capsule => "inos.capsule.v1",
            Self::Json => "inos.json.v1",
        }
    }

    /// Writes a server's frame as one message.
    pub(crate) fn write(self, frame: &ServerFrame) -> Message {
        match self {
            Self::Capsule => Message::Binary(wire::write_server_frame(frame).into()),
            Self::Json => {
                let text = serde_json::to_string(frame).expect("wire structs have text keys only");
                Message::Text(text.into())
            }
        }
    }

    /// Reads a client's message; `None` is a message of the other kind.
    pub(crate) fn read(self, message: &Message) -> Option<Result<ClientFrame, Refusal>> {
        match (self, message) {
            (Self::Capsule, Message::Binary(bytes)) => Some(wire::read_client_frame(bytes)),
            (Self::Json, Message::Text(text)) => Some(json::read(text.as_bytes())),
            _ => None,
        }
    }
}

/// How many bytes a frame about a region has at least, before any of it is written.
pub(crate) fn region_len(codec: Codec, name: &str, pages: usize, bytes: usize) -> usize {
    match codec {
        Codec::Capsule => bytes.next_multiple_of(8) + pages * 4 + name.len(),
        // Four letters for three bytes; a page's number is a digit and a comma.
        Codec::Json => bytes.div_ceil(3) * 4 + pages * 2 + name.len(),
    }
}

/// How many bytes a message has.
pub(crate) fn len(message: &Message) -> usize {
    match message {
        Message::Text(text) => text.len(),
        Message::Binary(bytes) | Message::Ping(bytes) | Message::Pong(bytes) => bytes.len(),
        Message::Close(_) => 0,
    }
}

/// A frame that cannot be read, as its sender may hear of it.
pub(crate) fn wrong_kind(codec: Codec) -> Refusal {
    let wanted = match codec {
        Codec::Capsule => "binary",
        Codec::Json => "text",
    };
    Refusal::new(Kind::UnsupportedMediaType, format!("{} has {wanted} messages only.", codec.name()))
}
