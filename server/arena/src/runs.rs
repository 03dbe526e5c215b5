//! Which slabs are taken: single ones for size classes, runs of them for long leases. Pure bookkeeping, no memory.

use std::ops::Range;

use crate::pages::Pages;

/// The slabs of an arena.
///
/// Single slabs come from the low end and runs from the high end, so that small leases do not cut up the space that
/// long ones need.
#[derive(Debug)]
pub(crate) struct Runs {
    taken: Vec<bool>,
    /// The generation of the long lease that begins at a slab, zero where none does.
    generations: Vec<u64>,
    generation_last: u64,
    taken_count: usize,
    leases: usize,
    /// Bytes of free slabs that are still resident.
    idle_resident: usize,
}

impl Runs {
    pub(crate) fn new(slab_count: usize) -> Runs {
        Runs {
            taken: vec![false; slab_count],
            generations: vec![0; slab_count],
            generation_last: 0,
            taken_count: 0,
            leases: 0,
            idle_resident: 0,
        }
    }

    /// Takes one slab for a size class.
    pub(crate) fn take_one(&mut self, pages: &Pages) -> Option<usize> {
        let slab = self.taken.iter().position(|taken| !taken)?;
        self.take(slab..slab + 1, pages);
        Some(slab)
    }

    /// Takes `count` neighbouring slabs for a long lease and answers the first and the lease's generation.
    pub(crate) fn take_run(&mut self, count: usize, pages: &Pages) -> Option<(usize, u64)> {
        let mut free = 0;
        let first = (0..self.taken.len()).rev().find(|slab| {
            free = if self.taken[*slab] { 0 } else { free + 1 };
            free == count
        })?;
        self.take(first..first + count, pages);
        self.generation_last += 1;
        self.generations[first] = self.generation_last;
        self.leases += 1;
        Some((first, self.generation_last))
    }

    /// Ends the lease of a run; its slabs stay taken until [`give`](Runs::give).
    pub(crate) fn end(&mut self, first: usize, generation: u64) {
        assert_eq!(self.generations[first], generation, "a run is ended once, by its lease");
        self.generations[first] = 0;
        self.leases -= 1;
    }

    /// Gives slabs back.
    pub(crate) fn give(&mut self, slabs: Range<usize>, pages: &Pages) {
        self.idle_resident += pages.resident(slabs.clone());
        self.taken_count -= slabs.len();
        self.taken[slabs].fill(false);
    }

    /// Takes the next free run that is still resident, from `from` on, to be discarded and given back.
    pub(crate) fn take_idle(&mut self, from: usize, pages: &Pages) -> Option<Range<usize>> {
        let is_idle = |slab: usize| !self.taken[slab] && pages.resident(slab..slab + 1) > 0;
        let start = (from..self.taken.len()).find(|slab| is_idle(*slab))?;
        let end = (start..self.taken.len()).find(|slab| !is_idle(*slab)).unwrap_or(self.taken.len());
        self.take(start..end, pages);
        Some(start..end)
    }

    /// Whether the lease of this generation begins at this slab and lives.
    pub(crate) fn is_live(&self, slab: usize, generation: u64) -> bool {
        self.generations.get(slab) == Some(&generation)
    }

    pub(crate) fn idle_resident(&self) -> usize {
        self.idle_resident
    }

    pub(crate) fn taken_count(&self) -> usize {
        self.taken_count
    }

    /// How many slabs the longest stretch of free ones has.
    pub(crate) fn longest_free(&self) -> usize {
        self.taken.split(|taken| *taken).map(<[bool]>::len).max().unwrap_or(0)
    }

    pub(crate) fn leases(&self) -> usize {
        self.leases
    }

    fn take(&mut self, slabs: Range<usize>, pages: &Pages) {
        self.idle_resident -= pages.resident(slabs.clone());
        self.taken_count += slabs.len();
        self.taken[slabs].fill(true);
    }
}
