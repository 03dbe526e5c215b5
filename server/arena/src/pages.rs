//! Which stretches of lease memory are resident and may hold old bytes. Never hands out memory.

use std::io;
use std::ops::Range;

use crate::layout::{LEASES_OFFSET, SLAB_LEN, STRETCH_LEN};
use crate::mapping::Mapping;
use crate::sync::{AtomicU16, Ordering};

const STRETCHES: usize = SLAB_LEN / STRETCH_LEN;

/// One bit per stretch: set once it is resident, cleared when its pages went back to the system.
///
/// A bit is set before the first byte of its stretch is written, and a block goes from one holder to the next through a
/// lock; so whoever finds a bit clear knows that its block in that stretch still reads as zeros.
#[derive(Debug)]
pub(crate) struct Pages {
    slabs: Box<[AtomicU16]>,
}

impl Pages {
    pub(crate) fn new(slab_count: usize) -> Pages {
        Pages { slabs: (0..slab_count).map(|_| AtomicU16::new(0)).collect() }
    }

    /// Makes a range of lease memory resident and names the parts of it that may hold old bytes.
    #[inline]
    pub(crate) fn prepare(
        &self,
        mapping: &Mapping,
        range: Range<usize>,
        mut on_old: impl FnMut(Range<usize>),
    ) -> io::Result<()> {
        let mut at = range.start;
        while at < range.end {
            let old = self.is_touched(at / STRETCH_LEN);
            let mut end = at;
            while end < range.end && self.is_touched(end / STRETCH_LEN) == old {
                end = ((end / STRETCH_LEN + 1) * STRETCH_LEN).min(range.end);
            }
            if old {
                on_old(at..end);
            } else {
                self.touch(mapping, at / STRETCH_LEN..end.div_ceil(STRETCH_LEN))?;
            }
            at = end;
        }
        Ok(())
    }

    /// Gives whole slabs back to the system; they read as zeros afterwards. Nobody holds a block in them.
    pub(crate) fn discard(&self, mapping: &Mapping, slabs: Range<usize>) {
        let range = LEASES_OFFSET + slabs.start * SLAB_LEN..LEASES_OFFSET + slabs.end * SLAB_LEN;
        // Where the system refuses, the pages stay resident, their bits stay set and their bytes are zeroed before use.
        if mapping.discard(range).is_ok() {
            self.slabs[slabs].iter().for_each(|slab| slab.store(0, Ordering::Relaxed));
        }
    }

    /// How many bytes of these slabs are resident.
    pub(crate) fn resident(&self, slabs: Range<usize>) -> usize {
        let touched = |slab: &AtomicU16| slab.load(Ordering::Relaxed).count_ones() as usize;
        self.slabs[slabs].iter().map(touched).sum::<usize>() * STRETCH_LEN
    }

    #[inline(always)]
    fn is_touched(&self, stretch: usize) -> bool {
        self.slabs[stretch / STRETCHES].load(Ordering::Relaxed) & (1 << (stretch % STRETCHES)) != 0
    }

    #[cold]
    fn touch(&self, mapping: &Mapping, stretches: Range<usize>) -> io::Result<()> {
        let range = LEASES_OFFSET + stretches.start * STRETCH_LEN..LEASES_OFFSET + stretches.end * STRETCH_LEN;
        mapping.populate(range)?;
        for stretch in stretches {
            self.slabs[stretch / STRETCHES].fetch_or(1 << (stretch % STRETCHES), Ordering::Relaxed);
        }
        Ok(())
    }
}
