//! `inos.capsule.v1`: one submit frame is built once and sent again with new correlation numbers.

use std::{io::Read, net::TcpStream};

use bytes::{Bytes, BytesMut};
use inos_protocols::{
    frame::{ClientFrame, ServerBody, Submission},
    job::{Capsule, State},
    refusal::Kind,
    wire::{self, Ends},
};

use super::{
    Error,
    talk::{Heard, Line, Talk, Verdict},
    websocket::{self, Message},
};

const PROTOCOL: &str = "inos.capsule.v1";
/// The first correlation number of the template: a word that stands nowhere else in a frame.
const MARK: u64 = 0x9e37_79b9_7f4a_7c15;
/// How many bytes of results may wait for their ack.
const UNACKED_BYTES_MAX: usize = 256 << 10;

/// A conversation in capsules.
pub(super) struct Capsules {
    frame: Vec<u8>,
    /// Where the correlation numbers stand in it.
    numbers: Vec<usize>,
    ack: Vec<u8>,
    ack_at: usize,
    unacked: usize,
    window: u64,
}

impl Capsules {
    pub(super) fn open(
        mut stream: TcpStream,
        host: &str,
        authorization: Option<&str>,
        capsule: &Capsule,
        batch: usize,
    ) -> Result<Line, Error> {
        let authorization = authorization.map(|value| format!("Authorization: {value}\r\n")).unwrap_or_default();
        let headers = format!("{authorization}Sec-WebSocket-Protocol: {PROTOCOL}\r\n");
        let mut early = websocket::open(&mut stream, host, "/v1/ws", &headers)?;
        let window = welcome(&mut stream, &mut early)?;
        if batch as u64 > window {
            return Err(Error::Load(format!("the server takes {window} jobs at once, a frame of {batch} is too many")));
        }
        let mut line = Line::new(stream, Self::new(capsule, batch, window)?);
        line.early = early;
        Ok(line)
    }

    fn new(capsule: &Capsule, batch: usize, window: u64) -> Result<Self, Error> {
        let marks = || (0..batch as u64).map(|index| MARK.wrapping_add(index));
        let submit = marks().map(|correlation| Submission { correlation, capsule: capsule.clone() }).collect();
        let (frame, numbers) = template(&ClientFrame::Submit(submit), marks())?;
        let (ack, at) = template(&ClientFrame::Ack(MARK), std::iter::once(MARK))?;
        Ok(Self { frame, numbers, ack, ack_at: at[0], unacked: 0, window })
    }
}

/// A frame as it goes over the wire, and where each marked word stands in it.
fn template(frame: &ClientFrame, marks: impl Iterator<Item = u64>) -> Result<(Vec<u8>, Vec<usize>), Error> {
    let message = wire::write_client_frame(frame);
    let mut out = Vec::new();
    let begin = websocket::write(websocket::BINARY, &message, &mut out);
    let words: Vec<u64> =
        message.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().expect("8 bytes"))).collect();
    let mut at = 0;
    let mut find = |mark: u64| {
        // Numbers stand in the order of their capsules, so each search goes on where the last one ended.
        let found = words[at..].iter().position(|word| *word == mark)?;
        at += found + 1;
        Some(begin + (at - 1) * 8)
    };
    let places: Option<Vec<usize>> = marks.map(&mut find).collect();
    places.map(|places| (out, places)).ok_or_else(|| Error::Load("the capsule cannot be made a template".into()))
}

/// Waits for the first frame and reads the window in it.
fn welcome(stream: &mut TcpStream, bytes: &mut BytesMut) -> Result<u64, Error> {
    let refused = |why: String| Error::Refused(why);
    let mut buffer = [0; 4096];
    loop {
        match websocket::take(bytes).map_err(refused)? {
            Some(Message { opcode: websocket::BINARY, payload }) => return window(&payload),
            Some(Message { opcode: websocket::CLOSE, .. }) => return Err(refused("the WebSocket was closed".into())),
            Some(_) => {}
            None => match stream.read(&mut buffer) {
                Ok(0) => return Err(refused("the server closed the connection".into())),
                Ok(len) => bytes.extend_from_slice(&buffer[..len]),
                Err(error) => return Err(refused(format!("no welcome came: {error}"))),
            },
        }
    }
}

fn window(payload: &Bytes) -> Result<u64, Error> {
    match wire::read_server_frame(payload).map(|frame| frame.body) {
        Ok(ServerBody::Welcome(welcome)) => Ok(welcome.window.into()),
        Ok(ServerBody::Problem(trouble)) => Err(Error::Refused(trouble.problem.detail)),
        Ok(_) => Err(Error::Refused("the first frame is no welcome".into())),
        Err(refusal) => Err(Error::Refused(refusal.to_string())),
    }
}

impl Talk for Capsules {
    fn jobs(&self) -> u64 {
        self.numbers.len() as u64
    }

    fn ask(&mut self, first: u64, out: &mut Vec<u8>) {
        let begin = out.len();
        out.extend_from_slice(&self.frame);
        for (number, at) in (first..).zip(&self.numbers) {
            websocket::patch(&mut out[begin + at..begin + at + 8], number);
        }
    }

    fn hear(&mut self, bytes: &mut BytesMut, heard: &mut Vec<Heard>, out: &mut Vec<u8>) -> Result<(), String> {
        while let Some(message) = websocket::take(bytes)? {
            match message.opcode {
                websocket::CLOSE => return Err("the server closed the WebSocket".into()),
                websocket::PING => {
                    websocket::write(websocket::PONG, &message.payload, out);
                }
                websocket::BINARY => self.hear_frame(&message.payload, heard, out)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn jobs_max(&self) -> u64 {
        self.window
    }
}

impl Capsules {
    fn hear_frame(&mut self, payload: &Bytes, heard: &mut Vec<Heard>, out: &mut Vec<u8>) -> Result<(), String> {
        if let Some(Ends { seq, ends }) = wire::read_ends(payload).map_err(|refusal| refusal.to_string())? {
            heard.extend(ends.iter().map(|(number, state)| Heard {
                number: Some(*number),
                count: 1,
                verdict: if *state == State::Succeeded { Verdict::Done } else { Verdict::Error },
            }));
            self.ack(seq, payload.len(), out);
            return Ok(());
        }
        let frame = wire::read_server_frame(payload).map_err(|refusal| refusal.to_string())?;
        match frame.body {
            ServerBody::Problem(trouble) => match trouble.correlation() {
                Some(number) => {
                    heard.push(Heard { number: Some(number), count: 1, verdict: verdict(&trouble.problem.code) });
                }
                None => return Err(trouble.problem.detail),
            },
            ServerBody::Goodbye(goodbye) => return Err(format!("the server says goodbye: {}", goodbye.reason)),
            _ => return Ok(()),
        }
        self.ack(frame.seq, payload.len(), out);
        Ok(())
    }

    /// Tells now and then how far the server's frames have come.
    fn ack(&mut self, seq: u64, len: usize, out: &mut Vec<u8>) {
        self.unacked += len;
        if self.unacked >= UNACKED_BYTES_MAX {
            self.unacked = 0;
            let begin = out.len();
            out.extend_from_slice(&self.ack);
            websocket::patch(&mut out[begin + self.ack_at..begin + self.ack_at + 8], seq);
        }
    }
}

fn verdict(code: &str) -> Verdict {
    match Kind::from_slug(code) {
        Some(Kind::QueueFull | Kind::Overloaded | Kind::RateLimited) => Verdict::Rejected,
        _ => Verdict::Error,
    }
}

#[cfg(test)]
mod tests {
    use inos_protocols::{
        JobId, Microcredits,
        frame::{Answer, ServerFrame},
        job::{Input, Outcome},
    };

    use super::*;

    fn capsule() -> Capsule {
        Capsule::new("compute", "blake3", vec![Input::Bytes(vec![9; 1024].into())])
    }

    /// The message in a masked frame.
    fn clear(frame: &[u8]) -> Bytes {
        let mut bytes = BytesMut::from(frame);
        let head = match frame[1] & 0x7f {
            126 => 4,
            127 => 10,
            _ => 2,
        };
        let mask: [u8; 4] = frame[head..head + 4].try_into().unwrap();
        let payload = bytes.split_off(head + 4);
        payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect::<Vec<_>>().into()
    }

    #[test]
    fn a_template_says_new_numbers_and_nothing_else_new() {
        for batch in [1, 2, 64] {
            let mut talk = Capsules::new(&capsule(), batch, 4096).unwrap();
            for first in [0, 1_000_000] {
                let mut out = Vec::new();
                talk.ask(first, &mut out);
                let ClientFrame::Submit(submissions) = wire::read_client_frame(&clear(&out)).unwrap() else { panic!() };
                let numbers: Vec<u64> = submissions.iter().map(|submission| submission.correlation).collect();
                assert_eq!(numbers, (first..first + batch as u64).collect::<Vec<_>>());
                assert!(submissions.iter().all(|submission| submission.capsule == capsule()));
            }
        }
    }

    /// A server's message with `count` results, the first under `first`.
    fn results(seq: u64, first: u64, count: u64) -> BytesMut {
        let outcome = Outcome {
            job: JobId::new(),
            state: State::Succeeded,
            cost: Microcredits::ZERO,
            outputs: vec![],
            error: None,
            metrics: Default::default(),
            receipt: None,
        };
        let answer = |correlation| Answer { correlation, outcome: outcome.clone() };
        let body = ServerBody::Result((first..first + count).map(answer).collect());
        let message = wire::write_server_frame(&ServerFrame { seq, body });
        let mut bytes = BytesMut::from(&[0x82, 127][..]);
        bytes.extend_from_slice(&(message.len() as u64).to_be_bytes());
        bytes.extend_from_slice(&message);
        bytes
    }

    #[test]
    fn results_are_acked_before_they_pile_up() {
        let mut talk = Capsules::new(&capsule(), 1, 4096).unwrap();
        let (mut heard, mut out, mut seq) = (Vec::new(), Vec::new(), 0);
        while out.is_empty() {
            seq += 1;
            talk.hear(&mut results(seq, seq * 100, 100), &mut heard, &mut out).unwrap();
            assert!(talk.unacked < UNACKED_BYTES_MAX);
        }
        assert_eq!(wire::read_client_frame(&clear(&out)).unwrap(), ClientFrame::Ack(seq));
        assert_eq!(heard.len() as u64, seq * 100);
        assert_eq!(heard[1], Heard { number: Some(101), count: 1, verdict: Verdict::Done });
    }

    #[test]
    fn want_of_room_is_no_error() {
        assert_eq!(verdict("overloaded"), Verdict::Rejected);
        assert_eq!(verdict("invalid-params"), Verdict::Error);
    }
}
