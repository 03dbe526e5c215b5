//! A region of another process: mapped read-only, followed without asking its server. Nothing that it holds is believed
//! before it was checked, and what was read is whole only if it was still there afterwards.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use super::head::{BUFFERS_MAX, Head};
use super::memory::PAGE_LEN;
use crate::control::Control;
use crate::layout;
use crate::mapping::{self, Mapping};
use crate::patience::Patience;
use crate::sync::{AtomicU32, Ordering};

/// The buffer was taken for a newer epoch while it was read: what was read is no epoch. Read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the buffer was taken for a newer epoch while it was read")]
pub struct Revoked;

/// A region of another process.
#[derive(Debug)]
pub struct Attached {
    mapping: Mapping,
    control: Control,
    capacity: usize,
    patience: Patience,
}

impl Attached {
    /// Maps a region; memory that could change its length, or says what cannot be, is refused.
    pub fn open([region, control]: [OwnedFd; 2]) -> io::Result<Attached> {
        let wrong = |what: &str| Err(io::Error::new(io::ErrorKind::InvalidData, format!("this is no region: {what}")));
        let (mapping, len) = match (mapping::given(&region)?, mapping::given_len(&control)?) {
            ((mapping, len), layout::CONTROL_LEN) if len >= layout::REGION_BUFFERS_OFFSET => (mapping, len),
            _ => return wrong("it is too short"),
        };
        let word = |offset| mapping.first_word(offset);
        let version = u64::from_ne_bytes(word(layout::REGION_VERSION_OFFSET)) as u32;
        let capacity = u64::from_ne_bytes(word(layout::REGION_CAPACITY_OFFSET));
        let capacity = usize::try_from(capacity).unwrap_or(usize::MAX);
        let buffers = capacity.checked_mul(BUFFERS_MAX).and_then(|all| all.checked_add(layout::REGION_BUFFERS_OFFSET));
        if word(0) != layout::REGION_MAGIC || version != layout::REGION_VERSION {
            return wrong("it is of another kind or version");
        }
        if buffers != Some(len) || !capacity.is_multiple_of(PAGE_LEN) {
            return wrong("its buffers do not fit it");
        }
        Ok(Attached { mapping, control: Control::open(control)?, capacity, patience: Patience::default() })
    }

    /// Its last epoch.
    pub fn epoch(&self) -> u64 {
        self.head().epoch()
    }

    /// Whether it lies elsewhere now, or is no more: attach again.
    pub fn is_retired(&self) -> bool {
        // SAFETY: the word lies in the first page, aligned, and is only ever used through atomics.
        let retired = unsafe { self.mapping.at(layout::REGION_RETIRED_OFFSET).cast::<AtomicU32>().as_ref() };
        retired.load(Ordering::SeqCst) != 0
    }

    /// Whether the server has ended this: what is read is whole still, but nothing more comes. Attach again.
    ///
    /// A server that was killed says nothing: whoever wants to know of that looks at the socket as well.
    pub fn has_ended(&self) -> bool {
        self.control.has_ended()
    }

    /// Copies its last epoch into `to` and answers which it is.
    ///
    /// Never waits. [`Revoked`] where the server took the buffer meanwhile; `to` then holds nothing of use.
    pub fn read(&self, to: &mut Vec<u8>) -> Result<u64, Revoked> {
        let seen = self.pin();
        let len = usize::try_from(seen.len).unwrap_or(usize::MAX).min(self.capacity);
        let from = self.mapping.at(layout::REGION_BUFFERS_OFFSET + seen.index * self.capacity);
        to.clear();
        to.reserve(len);
        // SAFETY: the range lies in the mapping, since number and length were cut to it. The bytes may change while they
        // are copied, which is why they are copied and not referred to, and thrown away unless the buffer still holds
        // the epoch afterwards.
        unsafe {
            from.as_ptr().copy_to_nonoverlapping(to.as_mut_ptr(), len);
            to.set_len(len);
        }
        let is_whole = self.head().still(seen);
        self.control.pin(None);
        if is_whole { Ok(seen.epoch) } else { Err(Revoked) }
    }

    fn pin(&self) -> super::Seen {
        loop {
            let seen = self.head().seen();
            self.control.pin(Some(seen.index));
            let now = self.head().look();
            if (now.index, now.epoch) == (seen.index, seen.epoch) {
                return now;
            }
        }
    }

    /// Sleeps until its epoch differs from `seen`, it is retired or ended, or the time is over; answers its epoch then.
    ///
    /// Looks for at most 20 µs where that helped before, and then sleeps.
    pub fn wait(&self, seen: u64, timeout: Option<Duration>) -> u64 {
        let until = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        // The line moves on for whatever ends a wait.
        let turn = self.head().line.value();
        if self.epoch() == seen && !self.is_retired() {
            self.patience.look(timeout, || self.head().line.value() != turn);
        }
        loop {
            let turn = self.head().line.value();
            self.control.set_waiting(true);
            crate::sync::fence(Ordering::SeqCst);
            let epoch = self.epoch();
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            let is_over = self.is_retired() || self.has_ended();
            if epoch != seen || is_over || left.is_some_and(|left| left.is_zero()) {
                self.control.set_waiting(false);
                return epoch;
            }
            self.head().line.sleep(turn, left);
        }
    }

    fn head(&self) -> &Head {
        // SAFETY: as in `Memory::head`; the page is mapped read-only, and only loads are made here.
        unsafe { self.mapping.at(layout::REGION_HEAD_OFFSET).cast::<Head>().as_ref() }
    }
}

/// What tests do that no honest process would.
#[cfg(all(test, not(loom)))]
impl Attached {
    pub(crate) fn pin_for_test(&self) -> super::Seen {
        self.pin()
    }

    pub(crate) fn still_for_test(&self, seen: super::Seen) -> bool {
        self.head().still(seen)
    }

    pub(crate) fn scribble_for_test(&self, number: u32) {
        self.control.pin(Some(number.wrapping_sub(1) as usize));
        self.control.set_waiting(true);
    }
}
