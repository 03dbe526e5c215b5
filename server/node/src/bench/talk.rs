//! What a driver needs of a conversation, whatever it is spoken in: ask, hear, and how an answer went.

use std::net::TcpStream;

use bytes::BytesMut;

/// How one kind of server is spoken to.
pub(super) trait Talk: Send {
    /// How many jobs one request holds.
    fn jobs(&self) -> u64;

    /// Appends one request whose jobs bear the numbers from `first` on.
    fn ask(&mut self, first: u64, out: &mut Vec<u8>);

    /// Takes whole answers from the front of `bytes`; what must be said at once goes to `out`.
    fn hear(&mut self, bytes: &mut BytesMut, heard: &mut Vec<Heard>, out: &mut Vec<u8>) -> Result<(), String>;

    /// What the server said of a job that did not succeed, if it said something.
    fn trouble(&self) -> Option<String> {
        None
    }

    /// The most jobs that the server lets one connection have under way.
    fn jobs_max(&self) -> u64 {
        u64::MAX
    }
}

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Heard {
    /// The job's number; none means the oldest that waits.
    pub(super) number: Option<u64>,
    /// How many jobs it answers.
    pub(super) count: u64,
    /// How they went.
    pub(super) verdict: Verdict,
}

/// How a job went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// As it should.
    Done,
    /// The server had no room.
    Rejected,
    /// Otherwise.
    Error,
}

/// A connection and how it is spoken.
pub(super) struct Line {
    pub(super) stream: TcpStream,
    pub(super) talk: Box<dyn Talk>,
    /// Bytes that came with the handshake.
    pub(super) early: BytesMut,
}

impl Line {
    pub(super) fn new(stream: TcpStream, talk: impl Talk + 'static) -> Self {
        Self { stream, talk: Box::new(talk), early: BytesMut::new() }
    }
}
