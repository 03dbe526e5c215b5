//! The words that a region's readers share with its writer: which buffer is current, and what each buffer holds.
//! Never touches what the buffers hold.

use inos_failpoints::{Point, reach};

use crate::epoch::Line;
use crate::layout;
use crate::sync::{AtomicU32, AtomicU64, BEFORE_A_BARRIER, Ordering, fence, full_barrier};

/// The most buffers of a region.
pub(crate) const BUFFERS_MAX: usize = layout::REGION_BUFFER_COUNT_MAX;
const INDEX_BITS: u32 = BUFFERS_MAX.trailing_zeros();
const INDEX_MASK: u64 = BUFFERS_MAX as u64 - 1;

const _: () = assert!(BUFFERS_MAX.is_power_of_two(), "a buffer's number is the low bits of a word");
const _: () = assert!(layout::REGION_EPOCH_MAX == u64::MAX >> INDEX_BITS, "an epoch and a number fit one word");

/// How many readers of this process read each buffer.
pub(crate) type Pins = [AtomicU32; BUFFERS_MAX];

#[repr(C, align(64))]
#[derive(Debug, Default)]
struct Current(AtomicU64);

/// What one buffer holds; an epoch of zero says nothing whole.
#[repr(C, align(64))]
#[derive(Debug, Default)]
struct Mark {
    epoch: AtomicU64,
    len: AtomicU64,
}

/// The shared words of one region; all zeros is a region that was never published.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) line: Line,
    current: Current,
    marks: [Mark; BUFFERS_MAX],
}

#[cfg(not(loom))]
const _: () = {
    assert!(layout::REGION_HEAD_OFFSET.is_multiple_of(align_of::<Head>()));
    let at = layout::REGION_HEAD_OFFSET;
    assert!(at + std::mem::offset_of!(Head, current) == layout::REGION_CURRENT_OFFSET);
    assert!(at + std::mem::offset_of!(Head, marks) == layout::REGION_MARKS_OFFSET);
    assert!(size_of::<Mark>() == layout::REGION_MARK_LEN);
    assert!(at + size_of::<Head>() <= layout::REGION_BUFFERS_OFFSET);
};

/// A buffer that holds one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) index: usize,
    pub(crate) epoch: u64,
    pub(crate) len: u64,
}

impl Head {
    #[cfg(loom)]
    pub(crate) fn new() -> Head {
        Head { line: Line::new(0), current: Current::default(), marks: Default::default() }
    }

    /// The epoch that was published last.
    #[inline]
    pub(crate) fn epoch(&self) -> u64 {
        self.current.0.load(Ordering::Acquire) >> INDEX_BITS
    }

    /// What is current, as whoever publishes sees it.
    pub(crate) fn seen(&self) -> Seen {
        let word = self.current.0.load(Ordering::SeqCst);
        let index = (word & INDEX_MASK) as usize;
        Seen { index, epoch: word >> INDEX_BITS, len: self.marks[index].len.load(Ordering::Relaxed) }
    }

    /// Pins the current buffer for a reader of this process; nobody writes it until [`leave`](Head::leave).
    ///
    /// Either the reader's second look sees that another buffer has become current, or whoever wants to write this one
    /// afterwards sees the pin.
    #[inline]
    pub(crate) fn enter(&self, pins: &Pins) -> Seen {
        loop {
            let word = self.current.0.load(Ordering::Acquire);
            let index = (word & INDEX_MASK) as usize;
            pins[index].fetch_add(1, Ordering::SeqCst);
            // Both are in the one order of such accesses, in which the writer's look at the pins comes after its store.
            full_barrier();
            if self.current.0.load(Ordering::SeqCst) == word {
                let len = self.marks[index].len.load(Ordering::Relaxed);
                return Seen { index, epoch: word >> INDEX_BITS, len };
            }
            pins[index].fetch_sub(1, Ordering::Release);
        }
    }

    /// Gives up a pin.
    #[inline]
    pub(crate) fn leave(&self, pins: &Pins, index: usize) {
        pins[index].fetch_sub(1, Ordering::Release);
    }

    /// What is current, looked at after whatever was said before.
    pub(crate) fn look(&self) -> Seen {
        fence(Ordering::SeqCst);
        self.seen()
    }

    /// Whether a buffer still holds what it held; what was read of it before is whole then.
    pub(crate) fn still(&self, seen: Seen) -> bool {
        fence(Ordering::SeqCst);
        self.marks[seen.index].epoch.load(Ordering::Acquire) == seen.epoch
    }

    /// Takes a buffer that is not current for writing; `false` where somebody of this process reads it.
    ///
    /// Its mark says that it holds nothing whole before the first byte of it changes.
    #[inline]
    pub(crate) fn claim(&self, pins: &Pins, index: usize) -> bool {
        // The store that made another buffer current is before this look in the one order of such accesses: a reader
        // whose pin is not seen here looks at what is current after that store, and goes to the other.
        full_barrier();
        if pins[index].load(Ordering::SeqCst) != 0 {
            return false;
        }
        self.marks[index].epoch.store(0, Ordering::Relaxed);
        // No byte of the buffer changes before its mark.
        fence(Ordering::Release);
        true
    }

    /// Makes a claimed and written buffer the current one, and wakes whoever waits.
    #[inline]
    pub(crate) fn publish(&self, index: usize, epoch: u64, len: u64) {
        self.marks[index].len.store(len, Ordering::Relaxed);
        self.marks[index].epoch.store(epoch, Ordering::Release);
        reach(Point::RegionMarked);
        self.current.0.store(epoch << INDEX_BITS | index as u64, BEFORE_A_BARRIER);
        reach(Point::RegionCurrent);
        // The barrier: whoever publishes looks at pins and at who waits only after it.
        self.line.advance();
    }
}
