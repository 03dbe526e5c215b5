//! Blocks of the size classes, carved from slabs: one shard for some of the threads. Pure bookkeeping, no memory.

use crate::layout::{CLASS_COUNT, CLASS_LEN_MIN, SLAB_LEN};

const LIVE: u64 = 1 << 63;
const NONE: u64 = LIVE - 1;
/// Slabs without any block in use that a class keeps for the next.
const EMPTY_COUNT_MAX: usize = 1;

/// The size class for `len` bytes; `None` where whole slabs are taken instead.
#[inline]
pub(crate) fn class_of(len: usize) -> Option<usize> {
    let blocks = len.div_ceil(CLASS_LEN_MIN).max(1);
    let class = blocks.next_power_of_two().trailing_zeros() as usize;
    (class < CLASS_COUNT).then_some(class)
}

/// How long the blocks of a class are.
#[inline]
pub(crate) fn class_len(class: usize) -> usize {
    CLASS_LEN_MIN << class
}

/// Where a block's entry is: its class, the place of its slab among those of the class, and its number in the slab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) class: u8,
    pub(crate) block: u16,
    pub(crate) place: u32,
}

/// A block that was just taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taken {
    pub(crate) spot: Spot,
    pub(crate) slab: u32,
    pub(crate) generation: u64,
}

/// The pools of all classes, used under one lock.
#[derive(Debug, Default)]
pub(crate) struct Shard {
    pools: [Pool; CLASS_COUNT],
    generation_last: u64,
    pub(crate) leases: usize,
    pub(crate) leased_bytes: usize,
}

impl Shard {
    /// Takes a block of the class; `None` when the pool needs another slab.
    #[inline]
    pub(crate) fn take(&mut self, class: usize) -> Option<Taken> {
        let generation = self.generation_last + 1;
        let (place, slab, block) = self.pools[class].take(generation)?;
        self.generation_last = generation;
        self.leases += 1;
        self.leased_bytes += class_len(class);
        Some(Taken { spot: Spot { class: class as u8, block, place }, slab, generation })
    }

    /// Adds a slab to the pool of a class.
    pub(crate) fn adopt(&mut self, class: usize, slab: u32) {
        self.pools[class].adopt(slab, SLAB_LEN / class_len(class));
    }

    /// Gives a block back, and answers a slab that the pool no longer needs.
    #[inline]
    pub(crate) fn give(&mut self, spot: Spot, generation: u64) -> Option<u32> {
        self.leases -= 1;
        self.leased_bytes -= class_len(spot.class.into());
        self.pools[usize::from(spot.class)].give(spot.place, spot.block, generation)
    }

    /// Whether the block's lease of this generation lives.
    pub(crate) fn is_live(&self, spot: Spot, generation: u64) -> bool {
        let slab = self.pools[usize::from(spot.class)].slabs.get(spot.place as usize);
        slab.and_then(|slab| slab.entries.get(usize::from(spot.block))) == Some(&(generation | LIVE))
    }

    /// Takes out every slab without a block in use.
    pub(crate) fn reclaim(&mut self) -> Vec<u32> {
        self.pools.iter_mut().flat_map(Pool::reclaim).collect()
    }
}

/// The slabs of one class.
#[derive(Debug, Default)]
struct Pool {
    /// Never reordered, since blocks remember their slab's place here.
    slabs: Vec<Slab>,
    /// Places with room.
    roomy: Vec<u32>,
    /// Places without a slab.
    vacant: Vec<u32>,
    empty_count: usize,
}

/// One slab cut into blocks of one length.
#[derive(Debug)]
struct Slab {
    number: u32,
    live: u32,
    block_count: u32,
    /// The first of the free blocks that were in use before.
    free: u64,
    /// Per block that was ever in use: its generation if live, else the next free block.
    entries: Vec<u64>,
}

impl Slab {
    fn has_room(&self) -> bool {
        self.live < self.block_count
    }
}

impl Pool {
    #[inline]
    fn take(&mut self, generation: u64) -> Option<(u32, u32, u16)> {
        let place = *self.roomy.last()?;
        let slab = &mut self.slabs[place as usize];
        if slab.live == 0 {
            self.empty_count -= 1;
        }
        let block = if slab.free == NONE {
            slab.entries.push(generation | LIVE);
            slab.entries.len() - 1
        } else {
            let block = slab.free as usize;
            slab.free = slab.entries[block];
            slab.entries[block] = generation | LIVE;
            block
        };
        slab.live += 1;
        if !slab.has_room() {
            self.roomy.pop();
        }
        Some((place, slab.number, block as u16))
    }

    fn adopt(&mut self, number: u32, block_count: usize) {
        let slab = Slab { number, live: 0, block_count: block_count as u32, free: NONE, entries: Vec::new() };
        let place = match self.vacant.pop() {
            Some(place) => {
                self.slabs[place as usize] = slab;
                place
            }
            None => {
                self.slabs.push(slab);
                (self.slabs.len() - 1) as u32
            }
        };
        self.roomy.push(place);
        self.empty_count += 1;
    }

    #[inline]
    fn give(&mut self, place: u32, block: u16, generation: u64) -> Option<u32> {
        let slab = &mut self.slabs[place as usize];
        let entry = &mut slab.entries[usize::from(block)];
        assert_eq!(*entry, generation | LIVE, "a block is given back once, by its lease");
        *entry = slab.free;
        slab.free = block.into();
        if !slab.has_room() {
            self.roomy.push(place);
        }
        slab.live -= 1;
        if slab.live > 0 {
            return None;
        }
        self.empty_count += 1;
        (self.empty_count > EMPTY_COUNT_MAX).then(|| self.vacate(place))
    }

    #[cold]
    fn vacate(&mut self, place: u32) -> u32 {
        let slab = &mut self.slabs[place as usize];
        slab.entries = Vec::new();
        self.roomy.retain(|roomy| *roomy != place);
        self.vacant.push(place);
        self.empty_count -= 1;
        slab.number
    }

    fn reclaim(&mut self) -> Vec<u32> {
        let is_empty = |place: &u32| self.slabs[*place as usize].live == 0;
        let empty: Vec<u32> = self.roomy.iter().copied().filter(is_empty).collect();
        empty.into_iter().map(|place| self.vacate(place)).collect()
    }
}
