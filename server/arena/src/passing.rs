//! Descriptors over a Unix socket: what another process is given, and how it takes it. Never decides who gets what.
#![allow(unsafe_code)]

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
};

/// Something that another process is given.
pub trait Give {
    /// Memory to be mapped for reading, and the page that the process and the server share.
    fn fds(&self) -> [BorrowedFd<'_>; 2];
}

/// Sends one line of text and what goes with it.
///
/// The receiver can map the memory for reading only: it is sealed against every other writer.
pub fn send(to: &UnixStream, line: &[u8], what: &dyn Give) -> io::Result<()> {
    let fds = what.fds();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !ancillary.push(SendAncillaryMessage::ScmRights(&fds)) {
        return Err(io::Error::other("two descriptors do not fit their message"));
    }
    let sent = rustix::net::sendmsg(to, &[IoSlice::new(line)], &mut ancillary, SendFlags::NOSIGNAL)?;
    // A line is far shorter than any socket's buffer; a part of one would leave the descriptors without their words.
    if sent == line.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// Receives one message of at most 4 KiB, and the two descriptors that came with it, if they did.
pub fn receive(from: &UnixStream) -> io::Result<(Vec<u8>, Option<[OwnedFd; 2]>)> {
    let mut text = vec![0; 4096];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC;
    let got = rustix::net::recvmsg(from, &mut [IoSliceMut::new(&mut text)], &mut ancillary, flags)?;
    text.truncate(got.bytes);
    let mut fds = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            fds.extend(rights);
        }
    }
    Ok((text, fds.try_into().ok()))
}
