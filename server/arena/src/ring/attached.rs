//! A ring of another process: mapped read-only, followed without asking its server. Nothing that it holds is believed
//! before it was checked.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use super::slots::Heard;
use super::{head, slots};
use crate::control::Control;
use crate::layout;
use crate::mapping::{self, Mapping};
use crate::sync::{Ordering, fence};

/// A ring of another process.
pub struct AttachedRing {
    mapping: Mapping,
    control: Control,
    slot_count: usize,
    at: u64,
}

impl AttachedRing {
    /// Maps a ring, to be read from the oldest record that is there; memory that could change its length, or says what
    /// cannot be, is refused.
    pub fn open([ring, control]: [OwnedFd; 2]) -> io::Result<AttachedRing> {
        let wrong = |what: &str| Err(io::Error::new(io::ErrorKind::InvalidData, format!("this is no ring: {what}")));
        let (mapping, len) = match (mapping::given(&ring)?, mapping::given_len(&control)?) {
            ((mapping, len), layout::CONTROL_LEN) if len >= layout::RING_SLOTS_OFFSET => (mapping, len),
            _ => return wrong("it is too short"),
        };
        let version = u64::from_ne_bytes(mapping.first_word(layout::RING_VERSION_OFFSET)) as u32;
        if mapping.first_word(0) != layout::RING_MAGIC || version != layout::RING_VERSION {
            return wrong("it is of another kind or version");
        }
        let slot_count = u64::from_ne_bytes(mapping.first_word(layout::RING_SLOT_COUNT_OFFSET));
        let slot_count = usize::try_from(slot_count).unwrap_or(usize::MAX);
        let slots_len = slot_count.checked_mul(layout::RING_SLOT_LEN);
        if slots_len != Some(len - layout::RING_SLOTS_OFFSET) || !slot_count.is_power_of_two() {
            return wrong("its slots do not fit it");
        }
        let at = head(&mapping).tail().saturating_sub(slot_count as u64);
        Ok(AttachedRing { mapping, control: Control::open(control)?, slot_count, at })
    }

    /// Reads the next record into `to`, or tells what became of it. Never waits.
    pub fn read(&mut self, to: &mut Vec<u8>) -> Heard {
        slots(&self.mapping, self.slot_count).read(&mut self.at, to)
    }

    /// The same, once there is something, the server has ended this, or the time is over. Blocks the thread.
    pub fn wait(&mut self, to: &mut Vec<u8>, timeout: Duration) -> Heard {
        let turn = head(&self.mapping).line.value();
        self.control.set_waiting(true);
        fence(Ordering::SeqCst);
        let mut heard = self.read(to);
        if heard == Heard::Nothing && !self.has_ended() {
            head(&self.mapping).line.sleep(turn, Some(timeout));
            heard = self.read(to);
        }
        self.control.set_waiting(false);
        heard
    }

    /// How many records its writers could not write.
    pub fn dropped(&self) -> u64 {
        head(&self.mapping).dropped()
    }

    /// Whether the server has ended this: what is there can be read still, but nothing more comes. Attach again.
    ///
    /// A server that was killed says nothing: whoever wants to know of that looks at the socket as well.
    pub fn has_ended(&self) -> bool {
        self.control.has_ended()
    }
}
