//! Bare WebSocket frames of `u32 length, bytes` for each job: how a peer that only hashes is loaded.

use std::net::TcpStream;

use bytes::BytesMut;

use super::{
    Error,
    talk::{Heard, Line, Talk, Verdict},
    websocket,
};

/// A conversation without capsules; answers come in order, one message for each of ours.
pub(super) struct Raw {
    frame: Vec<u8>,
    batch: u64,
}

impl Raw {
    pub(super) fn open(
        mut stream: TcpStream,
        host: &str,
        path: &str,
        body: &[u8],
        batch: usize,
    ) -> Result<Line, Error> {
        let len = u32::try_from(body.len()).map_err(|_| Error::Load("a job is at most 4 GiB".into()))?;
        let early = websocket::open(&mut stream, host, path, "")?;
        let one = [&len.to_le_bytes()[..], body].concat();
        let mut frame = Vec::new();
        websocket::write(websocket::BINARY, &one.repeat(batch), &mut frame);
        let mut line = Line::new(stream, Self { frame, batch: batch as u64 });
        line.early = early;
        Ok(line)
    }
}

impl Talk for Raw {
    fn jobs(&self) -> u64 {
        self.batch
    }

    fn ask(&mut self, _: u64, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.frame);
    }

    fn hear(&mut self, bytes: &mut BytesMut, heard: &mut Vec<Heard>, out: &mut Vec<u8>) -> Result<(), String> {
        while let Some(message) = websocket::take(bytes)? {
            match message.opcode {
                websocket::CLOSE => return Err("the server closed the WebSocket".into()),
                websocket::PING => {
                    websocket::write(websocket::PONG, &message.payload, out);
                }
                websocket::BINARY => heard.push(Heard { number: None, count: self.batch, verdict: Verdict::Done }),
                _ => {}
            }
        }
        Ok(())
    }
}
