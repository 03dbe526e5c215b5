//! The page that an attached process and the server share. The server believes nothing of it: what it reads there only
//! decides which buffer it would rather not write.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::layout;
use crate::mapping::{self, Mapping};
use crate::region::head::BUFFERS_MAX;
use crate::sync::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// One attached process, as the server sees it; the buffers are those of a region, a ring has none.
#[derive(Debug)]
pub(crate) struct Control {
    fd: OwnedFd,
    mapping: Mapping,
}

impl Control {
    pub(crate) fn create() -> io::Result<Control> {
        let fd = mapping::sealed_memory(layout::CONTROL_LEN)?;
        let mapping = Mapping::of_memory(&fd, layout::CONTROL_LEN)?;
        Ok(Control { fd, mapping })
    }

    /// The page of a process that was given its descriptor.
    pub(crate) fn open(fd: OwnedFd) -> io::Result<Control> {
        let mapping = Mapping::of_memory(&fd, layout::CONTROL_LEN)?;
        Ok(Control { fd, mapping })
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// The buffer that the process says it reads, if there is such a one.
    pub(crate) fn pinned(&self) -> Option<usize> {
        let number = self.word(layout::CONTROL_PIN_OFFSET).load(Ordering::SeqCst) as usize;
        number.checked_sub(1).filter(|index| *index < BUFFERS_MAX)
    }

    /// Says which buffer is read.
    pub(crate) fn pin(&self, index: Option<usize>) {
        let number = index.map_or(0, |index| index as u32 + 1);
        self.word(layout::CONTROL_PIN_OFFSET).store(number, Ordering::SeqCst);
    }

    /// Whether the process says that it sleeps.
    pub(crate) fn waits(&self) -> bool {
        self.word(layout::CONTROL_WAITING_OFFSET).load(Ordering::SeqCst) != 0
    }

    /// Says whether this process sleeps.
    pub(crate) fn set_waiting(&self, waits: bool) {
        self.word(layout::CONTROL_WAITING_OFFSET).store(u32::from(waits), Ordering::SeqCst);
    }

    /// Says that the server no longer looks at this page: what the process pins from here on is nobody's concern.
    pub(crate) fn end(&self) {
        self.word(layout::CONTROL_ENDED_OFFSET).store(1, Ordering::SeqCst);
    }

    /// Whether the server has said so.
    pub(crate) fn has_ended(&self) -> bool {
        self.word(layout::CONTROL_ENDED_OFFSET).load(Ordering::SeqCst) != 0
    }

    /// Counts that a buffer was taken from the process.
    pub(crate) fn revoke(&self) {
        // SAFETY: as in `word`.
        let count = unsafe { self.mapping.at(layout::CONTROL_REVOKED_OFFSET).cast::<AtomicU64>().as_ref() };
        count.fetch_add(1, Ordering::SeqCst);
    }

    fn word(&self, offset: usize) -> &AtomicU32 {
        // SAFETY: the word lies in the page, aligned, and both processes use it through atomics alone.
        unsafe { self.mapping.at(offset).cast::<AtomicU32>().as_ref() }
    }
}

/// Every process that is attached to one region or ring. Whoever publishes looks at a count alone where there is none.
#[derive(Debug, Default)]
pub(crate) struct Controls {
    count: AtomicUsize,
    all: Mutex<Vec<Arc<Control>>>,
}

impl Controls {
    #[inline]
    pub(crate) fn count(&self) -> usize {
        // In the one order of such accesses: a process that is not counted yet looks at the epoch after it was.
        self.count.load(Ordering::SeqCst)
    }

    pub(crate) fn add(&self, control: Arc<Control>) {
        let mut all = self.all.lock();
        all.push(control);
        self.count.store(all.len(), Ordering::SeqCst);
    }

    pub(crate) fn remove(&self, control: &Arc<Control>) {
        let mut all = self.all.lock();
        all.retain(|other| !Arc::ptr_eq(other, control));
        self.count.store(all.len(), Ordering::SeqCst);
    }

    /// Whether one of the processes says that it sleeps.
    #[inline]
    pub(crate) fn any_waits(&self) -> bool {
        self.count() > 0 && self.any(|control| control.waits())
    }

    /// Whether one of the processes says that it reads a buffer.
    #[inline]
    pub(crate) fn is_read(&self, index: usize) -> bool {
        self.count() > 0 && self.any(|control| control.pinned() == Some(index))
    }

    #[cold]
    fn any(&self, is_it: impl Fn(&Control) -> bool) -> bool {
        self.all.lock().iter().any(|control| is_it(control))
    }

    /// Counts that a buffer was taken, for each process that reads it; answers how many those are.
    pub(crate) fn revoke(&self, index: usize) -> u64 {
        let all = self.all.lock();
        let readers = all.iter().filter(|control| control.pinned() == Some(index));
        readers.map(|control| control.revoke()).count() as u64
    }
}
