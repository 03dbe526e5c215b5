//! As much of RFC 6455 as a load driver needs: the handshake, masked frames up, whole messages down.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use bytes::{Bytes, BytesMut};

use super::Error;

/// Every frame bears this key: what is measured is the server's unmasking, not the driver's masking.
const MASK: [u8; 4] = [1, 2, 3, 4];
/// The longest handshake answer, in bytes.
const HANDSHAKE_LEN_MAX: usize = 64 << 10;
/// The longest message that is taken, in bytes.
const MESSAGE_LEN_MAX: u64 = 256 << 20;

pub(super) const BINARY: u8 = 2;
pub(super) const CLOSE: u8 = 8;
pub(super) const PING: u8 = 9;
pub(super) const PONG: u8 = 10;

/// A message that came down.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) opcode: u8,
    pub(super) payload: Bytes,
}

/// Opens a WebSocket; answers the bytes that came behind the handshake.
pub(super) fn open(stream: &mut TcpStream, host: &str, path: &str, headers: &str) -> Result<BytesMut, Error> {
    let failed = |source| Error::Connect { host: host.into(), source };
    stream.set_read_timeout(Some(super::CONNECT_TIMEOUT)).map_err(failed)?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
    );
    stream.write_all(request.as_bytes()).map_err(failed)?;
    let mut bytes = BytesMut::new();
    let mut buffer = [0; 4096];
    loop {
        let mut parsed = [httparse::EMPTY_HEADER; 64];
        let mut response = httparse::Response::new(&mut parsed);
        match response.parse(&bytes) {
            Ok(httparse::Status::Complete(len)) if response.code == Some(101) => return Ok(bytes.split_off(len)),
            Ok(httparse::Status::Complete(_)) => {
                let status = response.code.unwrap_or(0);
                return Err(Error::Refused(format!("status {status} {}", response.reason.unwrap_or_default())));
            }
            Ok(httparse::Status::Partial) if bytes.len() < HANDSHAKE_LEN_MAX => {}
            _ => return Err(Error::Refused("the answer is no handshake".into())),
        }
        match stream.read(&mut buffer).map_err(failed)? {
            0 => return Err(Error::Refused("the server closed the connection".into())),
            len => bytes.extend_from_slice(&buffer[..len]),
        }
    }
}

/// Appends a final frame of this kind, masked; answers where its payload begins.
pub(super) fn write(opcode: u8, payload: &[u8], out: &mut Vec<u8>) -> usize {
    out.push(0x80 | opcode);
    match payload.len() {
        len @ 0..126 => out.push(0x80 | len as u8),
        len @ 126..0x1_0000 => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(len as u16).to_be_bytes());
        }
        len => {
            out.push(0x80 | 127);
            out.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&MASK);
    let at = out.len();
    out.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    at
}

/// Writes an integer over eight masked bytes that begin at a multiple of four of their payload.
pub(super) fn patch(masked: &mut [u8], value: u64) {
    let mask = u64::from_le_bytes([MASK[0], MASK[1], MASK[2], MASK[3], MASK[0], MASK[1], MASK[2], MASK[3]]);
    masked.copy_from_slice(&(value ^ mask).to_le_bytes());
}

/// Takes the message at the front, once it is there as a whole.
pub(super) fn take(bytes: &mut BytesMut) -> Result<Option<Message>, String> {
    let Some(&[first, second]) = bytes.first_chunk() else { return Ok(None) };
    if first & 0x80 == 0 || second & 0x80 != 0 {
        return Err("the server sent a fragment or a masked frame".into());
    }
    let (head, len) = match second {
        126 => match bytes.get(2..4) {
            Some(&[high, low]) => (4, u64::from(u16::from_be_bytes([high, low]))),
            _ => return Ok(None),
        },
        127 => match bytes.get(2..10).map(<[u8; 8]>::try_from) {
            Some(Ok(len)) => (10, u64::from_be_bytes(len)),
            _ => return Ok(None),
        },
        len => (2, u64::from(len)),
    };
    if len > MESSAGE_LEN_MAX {
        return Err(format!("the server sent a message of {len} bytes"));
    }
    if (bytes.len() as u64) < head as u64 + len {
        return Ok(None);
    }
    let mut frame = bytes.split_to(head + len as usize);
    let payload = frame.split_off(head).freeze();
    Ok(Some(Message { opcode: first & 0x0f, payload }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_masked_and_measured() {
        for len in [0, 125, 126, 65_535, 65_536] {
            let payload: Vec<u8> = (0..len).map(|i| i as u8).collect();
            let mut out = Vec::new();
            let at = write(BINARY, &payload, &mut out);
            assert_eq!(out.len(), at + len);
            let clear: Vec<u8> = out[at..].iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
            assert_eq!(clear, payload);
        }
    }

    #[test]
    fn a_patched_number_is_what_the_server_reads() {
        let mut out = Vec::new();
        let at = write(BINARY, &[0; 24], &mut out);
        patch(&mut out[at + 8..at + 16], 0x0123_4567_89ab_cdef);
        let clear: Vec<u8> = out[at..].iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        assert_eq!(clear[8..16], 0x0123_4567_89ab_cdef_u64.to_le_bytes());
        assert_eq!(clear[16..], [0; 8]);
    }

    #[test]
    fn messages_are_taken_whole() {
        let mut stream = vec![0x82, 3, b'a', b'b', b'c', 0x89, 0, 0x82, 126, 1, 0];
        stream.extend([7; 256]);
        for step in 1..stream.len() {
            let (mut bytes, mut messages) = (BytesMut::new(), Vec::new());
            for part in stream.chunks(step) {
                bytes.extend_from_slice(part);
                while let Some(message) = take(&mut bytes).unwrap() {
                    messages.push((message.opcode, message.payload.len()));
                }
            }
            assert_eq!(messages, [(BINARY, 3), (PING, 0), (BINARY, 256)]);
        }
        assert!(take(&mut BytesMut::from(&[0x02, 0][..])).is_err());
        assert!(take(&mut BytesMut::from(&[0x82, 127, 255, 0, 0, 0, 0, 0, 0, 0][..])).is_err());
    }
}
