//! How a ring is written and read: slots that bear the number of what they hold. Touches no memory but by atomics, so
//! that a reader may look at a slot that is just being written and find out.

use crate::epoch::Line;
use crate::layout;
use crate::sync::{AtomicU64, Ordering, fence};

/// Words of one slot; few enough, in a model, to go through every order of them.
pub(crate) const SLOT_WORDS: usize = if cfg!(loom) { RECORD + 2 } else { layout::RING_SLOT_LEN / 8 };
const MARK: usize = 0;
const LEN: usize = 1;
const RECORD: usize = 2;

/// A counter that lies alone in its cache line.
#[repr(C, align(64))]
#[derive(Debug, Default)]
struct Alone(AtomicU64);

/// The shared words of a ring; all zeros is a ring in which nothing was written.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) line: Line,
    tail: Alone,
    dropped: Alone,
}

#[cfg(not(loom))]
const _: () = {
    let at = layout::RING_HEAD_OFFSET;
    assert!(at.is_multiple_of(align_of::<Head>()));
    assert!(at + std::mem::offset_of!(Head, tail) == layout::RING_TAIL_OFFSET);
    assert!(at + std::mem::offset_of!(Head, dropped) == layout::RING_DROPPED_OFFSET);
    assert!(at + size_of::<Head>() <= layout::RING_SLOTS_OFFSET);
    assert!(layout::RING_SLOT_LEN.is_multiple_of(64), "a slot shares no cache line with another");
};

impl Head {
    #[cfg(loom)]
    pub(crate) fn new() -> Head {
        Head { line: Line::new(0), tail: Alone::default(), dropped: Alone::default() }
    }

    /// The number of the next record.
    pub(crate) fn tail(&self) -> u64 {
        self.tail.0.load(Ordering::Acquire)
    }

    /// How many records were not written.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.0.load(Ordering::Relaxed)
    }

    pub(super) fn drop_one(&self) {
        self.dropped.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// What a look at the next record found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// The record with this number.
    Record(u64),
    /// So many records were written over before they were read.
    Missed(u64),
    /// Nothing new.
    Nothing,
}

/// The words of a ring, wherever they lie.
#[derive(Clone, Copy)]
pub(crate) struct Slots<'a> {
    head: &'a Head,
    words: &'a [AtomicU64],
}

impl<'a> Slots<'a> {
    /// `words` are those of a power of two of slots.
    pub(crate) fn new(head: &'a Head, words: &'a [AtomicU64]) -> Self {
        debug_assert!((words.len() / SLOT_WORDS).is_power_of_two(), "a record's slot is the low bits of its number");
        Self { head, words }
    }

    fn count(&self) -> u64 {
        (self.words.len() / SLOT_WORDS) as u64
    }

    fn slot(&self, number: u64) -> &'a [AtomicU64] {
        let begin = (number & (self.count() - 1)) as usize * SLOT_WORDS;
        &self.words[begin..begin + SLOT_WORDS]
    }

    /// The mark of a slot that is free for this record: that of the record a round before, whole.
    fn mark_before(&self, number: u64) -> u64 {
        number.checked_sub(self.count()).map_or(0, whole)
    }

    /// Writes a record that fits its slot and answers its number; `None` where the slot's last record is still being
    /// written, which is counted. Never waits.
    pub(crate) fn push(&self, record: &[u8]) -> Option<u64> {
        let number = self.claim()?;
        let slot = self.slot(number);
        // Whoever sees this mark also sees the number taken, and so that the record before is gone.
        slot[MARK].store(whole(number) - 1, Ordering::Release);
        // Nobody sees a word of this record under the mark of the one before.
        fence(Ordering::Release);
        slot[LEN].store(record.len() as u64, Ordering::Relaxed);
        for (word, bytes) in slot[RECORD..].iter().zip(record.chunks(8)) {
            let mut whole = [0; 8];
            whole[..bytes.len()].copy_from_slice(bytes);
            word.store(u64::from_ne_bytes(whole), Ordering::Relaxed);
        }
        slot[MARK].store(whole(number), Ordering::Release);
        self.head.line.advance();
        Some(number)
    }

    /// Takes the next number, with which its slot belongs to the caller.
    fn claim(&self) -> Option<u64> {
        let mut tail = self.head.tail();
        loop {
            let mark = self.slot(tail)[MARK].load(Ordering::Acquire);
            if mark == self.mark_before(tail) {
                let next = tail + 1;
                match self.head.tail.0.compare_exchange_weak(tail, next, Ordering::AcqRel, Ordering::Acquire) {
                    Ok(number) => return Some(number),
                    Err(now) => tail = now,
                }
                continue;
            }
            let now = self.head.tail();
            if now == tail {
                self.head.drop_one();
                return None;
            }
            tail = now;
        }
    }

    /// Reads the record with the number `at`, or what became of it, and moves `at` past that.
    pub(crate) fn read(&self, at: &mut u64, to: &mut Vec<u8>) -> Heard {
        loop {
            let tail = self.head.tail();
            if *at >= tail {
                return Heard::Nothing;
            }
            let oldest = tail.saturating_sub(self.count());
            if *at < oldest {
                let missed = oldest - std::mem::replace(at, oldest);
                return Heard::Missed(missed);
            }
            let slot = self.slot(*at);
            let mark = slot[MARK].load(Ordering::Acquire);
            if mark < whole(*at) {
                // It is being written: its writer moves the epoch on when it is whole.
                return Heard::Nothing;
            }
            if mark == whole(*at) {
                copy(slot, to);
                fence(Ordering::Acquire);
                if slot[MARK].load(Ordering::Relaxed) == mark {
                    *at += 1;
                    return Heard::Record(*at - 1);
                }
            }
            // By now it was written over, and the next number says so.
        }
    }
}

/// The mark of a slot that holds a record.
fn whole(number: u64) -> u64 {
    2 * number + 2
}

fn copy(slot: &[AtomicU64], to: &mut Vec<u8>) {
    // The length may be that of another record by now, and is believed no further than the slot goes.
    let len = slot[LEN].load(Ordering::Relaxed).min(8 * (slot.len() - RECORD) as u64) as usize;
    to.clear();
    for word in &slot[RECORD..][..len.div_ceil(8)] {
        to.extend_from_slice(&word.load(Ordering::Relaxed).to_ne_bytes());
    }
    to.truncate(len);
}
