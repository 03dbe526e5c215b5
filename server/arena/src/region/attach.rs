//! Giving a region to another process: its memory to read, and a page to say what it reads. Never decides to whom.
#![allow(unsafe_code)]

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};

use super::control::Control;
use super::memory::Memory;
use super::{Region, RegionError};

/// A region as it was given to another process; dropped, the process holds up no buffer any more and is told so.
pub struct Attachment {
    region: Region,
    control: Arc<Control>,
    memory: Arc<Memory>,
}

impl Region {
    /// Makes it readable by another process, to which [`send`] then gives it.
    pub fn attach(&self) -> Result<Attachment, RegionError> {
        let control = Arc::new(Control::create().map_err(|source| RegionError::Memory { source })?);
        self.0.controls.add(control.clone());
        // Looked at in this order, a region that moves or goes meanwhile says so in the memory that is given.
        let memory = self.0.memory.load_full();
        let attachment = Attachment { region: self.clone(), control, memory };
        if self.is_gone() { Err(RegionError::Gone) } else { Ok(attachment) }
    }
}

impl Attachment {
    fn fds(&self) -> [BorrowedFd<'_>; 2] {
        [self.memory.fd(), self.control.fd()]
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        self.region.0.controls.remove(&self.control);
        self.control.end();
        let line = &self.memory.head().line;
        // Another number, for a process that has looked and does not sleep yet; it is counted nowhere.
        line.advance();
        line.wake();
    }
}

/// Sends one line of text and the descriptors of an attachment over a socket.
///
/// The receiver can map the region for reading only: it is sealed against every other writer.
pub fn send(to: &UnixStream, line: &[u8], attachment: &Attachment) -> io::Result<()> {
    let fds = attachment.fds();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !ancillary.push(SendAncillaryMessage::ScmRights(&fds)) {
        return Err(io::Error::other("two descriptors do not fit their message"));
    }
    let sent = rustix::net::sendmsg(to, &[IoSlice::new(line)], &mut ancillary, SendFlags::NOSIGNAL)?;
    // A line is far shorter than any socket's buffer; a part of one would leave the descriptors without their words.
    if sent == line.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}
