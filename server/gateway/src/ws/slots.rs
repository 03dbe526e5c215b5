//! Regions that a session follows: for each the newest epoch that waits to be written. Never a queue.

use std::collections::HashMap;

use axum::extract::ws::Message;

use super::{codec, outbox::Written};
use crate::cellar::Share;

/// The regions of one session, by name.
#[derive(Default)]
pub(crate) struct Slots {
    slots: HashMap<String, Slot>,
    /// How often a region was begun to be followed.
    follows: u64,
}

/// A region that is followed: its newest epoch that waits to be written, and the last one that was.
struct Slot {
    /// Which following it is: what an earlier one of the same name still has to say is of no use.
    number: u64,
    waits: Option<(u64, Message)>,
    written: u64,
    /// The last epoch that the client said it has, where it says so.
    had: Option<u64>,
}

/// What whoever tells of a region does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nothing: the region is not followed any more, or anew by somebody else.
    Over,
    /// It waits: what was shown was not written yet, or the client has not said that it has it.
    Wait,
    /// It shows what is newer than this epoch.
    From(u64),
}

impl Slots {
    /// Begins to tell of a region from an epoch that the client has; answers which following this is.
    pub(crate) fn follow(&mut self, region: &str, from: u64, confirms: bool) -> u64 {
        self.follows += 1;
        let slot = Slot { number: self.follows, waits: None, written: from, had: confirms.then_some(from) };
        self.slots.insert(region.to_owned(), slot);
        self.follows
    }

    /// Ends telling of a region.
    pub(crate) fn unfollow(&mut self, region: &str) {
        self.slots.remove(region);
    }

    /// Ends telling of all: whoever comes back says anew which it follows, and which epochs it has.
    pub(super) fn clear(&mut self) {
        self.slots.clear();
    }

    /// What whoever tells of a region does next.
    pub(crate) fn turn(&self, region: &str, number: u64) -> Turn {
        match self.slots.get(region).filter(|slot| slot.number == number) {
            None => Turn::Over,
            Some(slot) if slot.waits.is_some() || slot.had.is_some_and(|had| had != slot.written) => Turn::Wait,
            Some(slot) => Turn::From(slot.written),
        }
    }

    /// Has the newest epoch of a region written, in place of one that still waits.
    pub(crate) fn show(&mut self, region: &str, number: u64, epoch: u64, message: Message) {
        if let Some(slot) = self.slots.get_mut(region).filter(|slot| slot.number == number) {
            slot.waits = Some((epoch, message));
        }
    }

    /// The client says which epoch of a region it has; whether that is news.
    pub(crate) fn have(&mut self, region: &str, epoch: u64) -> bool {
        let Some(had) = self.slots.get_mut(region).and_then(|slot| slot.had.as_mut()) else { return false };
        std::mem::replace(had, epoch) != epoch
    }

    /// Whether an epoch waits to be written.
    pub(super) fn any_waits(&self) -> bool {
        self.slots.values().any(|slot| slot.waits.is_some())
    }

    /// Takes every epoch that waits and for which there is room: the connection's own copy is counted until it is written.
    pub(super) fn take(&mut self, written: &mut Written, share: Share<'_>) {
        for slot in self.slots.values_mut() {
            let Some((epoch, message)) = slot.waits.take() else { continue };
            let Ok(stored) = share.store(codec::len(&message)) else {
                slot.waits = Some((epoch, message));
                written.is_short = true;
                continue;
            };
            slot.written = epoch;
            written.stored.push(stored);
            written.copied += codec::len(&message);
            written.messages.push(message);
        }
    }
}

#[cfg(test)]
mod tests {
    use inos_protocols::AccountId;

    use super::*;
    use crate::cellar::Cellar;

    fn message(fill: u8) -> Message {
        Message::Binary(vec![fill; 2000].into())
    }

    fn taken(slots: &mut Slots, share: Share<'_>) -> Written {
        let mut written = Written::default();
        slots.take(&mut written, share);
        written
    }

    #[test]
    fn what_an_earlier_following_still_has_to_say_is_not_said() {
        let (mut slots, cellar) = (Slots::default(), Cellar::new(1 << 20));
        let share = cellar.of(AccountId::new());
        let old = slots.follow("r", 7, false);
        // The connection is cut, and its successor follows from where the client is.
        slots.clear();
        assert_eq!(slots.turn("r", old), Turn::Over);
        let new = slots.follow("r", 5, false);
        slots.show("r", old, 9, message(7));
        assert!(!slots.any_waits());
        assert_eq!((slots.turn("r", old), slots.turn("r", new)), (Turn::Over, Turn::From(5)));
        slots.show("r", new, 9, message(5));
        assert_eq!(slots.turn("r", new), Turn::Wait);
        assert_eq!(taken(&mut slots, share).messages, [message(5)]);
        assert_eq!(slots.turn("r", new), Turn::From(9));
    }

    #[test]
    fn an_epoch_waits_for_room_and_a_newer_one_takes_its_place() {
        let (mut slots, cellar) = (Slots::default(), Cellar::new(16 << 10));
        let share = cellar.of(AccountId::new());
        let held = share.store(4 << 10).unwrap();
        let number = slots.follow("r", 1, false);
        slots.show("r", number, 2, message(2));
        let written = taken(&mut slots, share);
        assert!(written.messages.is_empty() && written.is_short && slots.any_waits());
        slots.show("r", number, 3, message(3));
        drop(held);
        let written = taken(&mut slots, share);
        assert_eq!((&written.messages[..], written.is_short), (&[message(3)][..], false));
        assert!(share.store(4 << 10).is_err(), "the room is taken until the copy is written");
        drop(written);
        assert!(share.store(4 << 10).is_ok());
    }

    #[test]
    fn whoever_confirms_is_told_of_nothing_before_it_has_what_was_written() {
        let (mut slots, cellar) = (Slots::default(), Cellar::new(1 << 20));
        let share = cellar.of(AccountId::new());
        let number = slots.follow("r", 1, true);
        assert_eq!(slots.turn("r", number), Turn::From(1));
        slots.show("r", number, 4, message(4));
        taken(&mut slots, share);
        for other in [0, 1, 3, 5, u64::MAX] {
            slots.have("r", other);
            assert_eq!(slots.turn("r", number), Turn::Wait, "{other}");
        }
        slots.have("r", 4);
        assert_eq!(slots.turn("r", number), Turn::From(4));
    }
}
