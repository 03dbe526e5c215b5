//! Giving a region to another process: its memory to read, and a page to say what it reads. Never decides to whom.

use std::os::fd::BorrowedFd;
use std::sync::Arc;

use super::memory::Memory;
use super::{Region, RegionError};
use crate::control::Control;
use crate::passing::Give;

/// A region as it was given to another process; dropped, the process holds up no buffer any more and is told so.
pub struct Attachment {
    region: Region,
    control: Arc<Control>,
    memory: Arc<Memory>,
}

impl Region {
    /// Makes it readable by another process, to which [`send`](crate::send) then gives it.
    pub fn attach(&self) -> Result<Attachment, RegionError> {
        let control = Arc::new(Control::create().map_err(|source| RegionError::Memory { source })?);
        self.0.controls.add(control.clone());
        // Looked at in this order, a region that moves or goes meanwhile says so in the memory that is given.
        let memory = self.0.memory.load_full();
        let attachment = Attachment { region: self.clone(), control, memory };
        if self.is_gone() { Err(RegionError::Gone) } else { Ok(attachment) }
    }
}

impl Give for Attachment {
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
