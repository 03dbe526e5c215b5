//! Finds room in the arena and takes it back. Never reads or writes what is leased.

use std::ops::{Deref, Range};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::accounts::Accounts;
use crate::epoch::{self, Line};
use crate::layout::{self, Layout, SLAB_LEN};
use crate::lease::{Block, Home};
use crate::mapping::Mapping;
use crate::pages::Pages;
use crate::runs::Runs;
use crate::shard::{self, Shard, Taken};
use crate::spin::{SpinGuard, SpinLock};
use crate::stats::{Copies, EpochFigures, Part};
use crate::sync::{AtomicBool, AtomicU64, AtomicUsize, Ordering, thread_number};
use crate::{Full, Options, Owner, Stats, Tag};

const SHARD_COUNT_MAX: usize = 8;
/// Free memory that stays resident for the next lease; the rest goes back to the system when it is freed.
const IDLE_RESIDENT_MAX: usize = 32 << 20;

/// What keeps the arena alive for the leases of one shard: threads would slow each other by counting in one place.
#[derive(Clone)]
#[repr(align(128))]
pub(crate) struct Keeper(Arc<Inner>);

impl Keeper {
    pub(crate) fn of(inner: Inner) -> Arc<[Arc<Keeper>]> {
        let shard_count = inner.shards.len();
        let keeper = Keeper(Arc::new(inner));
        (0..shard_count).map(|_| Arc::new(keeper.clone())).collect()
    }

    /// Finds a block of at least `len` bytes, charged to its owner. Its bytes may be those of an earlier lease.
    #[inline]
    pub(crate) fn allocate(self: &Arc<Self>, owner: Owner, len: usize) -> Result<Block, Full> {
        let (home, range, generation) = self.find(owner, len)?;
        Ok(Block::new(self.clone(), owner, range, home, generation))
    }
}

impl Deref for Keeper {
    type Target = Inner;

    #[inline]
    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// What all handles of one arena share.
pub(crate) struct Inner {
    layout: Layout,
    mapping: Mapping,
    spool_dir: PathBuf,
    pub(crate) accounts: Accounts,
    shards: Box<[Cell]>,
    runs: Mutex<Runs>,
    run_bytes: AtomicUsize,
    pages: Pages,
    under_pressure: AtomicBool,
    pub(crate) copies: Copies,
    pub(crate) spooled: AtomicU64,
}

/// One shard, with what it leased readable without its lock.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Cell {
    shard: SpinLock<Shard>,
    leased: AtomicUsize,
}

impl Inner {
    pub(crate) fn new(options: Options, layout: Layout, mapping: Mapping) -> Inner {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let shard_count = (cores * 2).next_power_of_two().min(SHARD_COUNT_MAX);
        Inner {
            layout,
            mapping,
            spool_dir: options.spool_dir,
            accounts: Accounts::new(options.account_bytes_max),
            shards: (0..shard_count).map(|_| Cell::default()).collect(),
            runs: Mutex::new(Runs::new(layout.slab_count())),
            run_bytes: AtomicUsize::new(0),
            pages: Pages::new(layout.slab_count()),
            under_pressure: AtomicBool::new(false),
            copies: Copies::default(),
            spooled: AtomicU64::new(0),
        }
    }

    #[inline]
    pub(crate) fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    #[inline]
    pub(crate) fn pages(&self) -> &Pages {
        &self.pages
    }

    pub(crate) fn spool_dir(&self) -> &Path {
        &self.spool_dir
    }

    pub(crate) fn lease_len_max(&self) -> usize {
        self.layout.lease_len_max()
    }

    pub(crate) fn full(&self) -> Full {
        Full::Arena { capacity: self.layout.leases_len() }
    }

    #[inline]
    fn find(&self, owner: Owner, len: usize) -> Result<(Home, Range<usize>, u64), Full> {
        let max = self.layout.lease_len_max();
        if len > max {
            return Err(Full::TooLarge { max });
        }
        let class = shard::class_of(len);
        let block_len = class.map_or_else(|| len.next_multiple_of(SLAB_LEN), shard::class_len);
        if !self.accounts.charge(owner.0, block_len) {
            return Err(Full::Account { cap: self.accounts.bytes_max() });
        }
        let found = match class {
            Some(class) => self.take_block(class),
            None => self.take_run(block_len / SLAB_LEN),
        };
        let Some((home, offset, generation)) = found else {
            self.accounts.release(owner.0, block_len);
            return Err(self.full());
        };
        Ok((home, offset..offset + block_len, generation))
    }

    /// Takes a block back; called once, when it is dropped.
    #[inline]
    pub(crate) fn give_back(&self, block: &Block) {
        let bytes = block.range();
        match block.home() {
            Home::Shard { shard, spot } => {
                let cell = &self.shards[usize::from(shard)];
                let mut shard = cell.shard.lock();
                let spare = shard.give(spot, block.generation());
                cell.leased.store(shard.leased_bytes, Ordering::Relaxed);
                drop(shard);
                if let Some(slab) = spare {
                    self.retire(slab as usize..slab as usize + 1);
                }
            }
            Home::Run => {
                let slabs = slabs(&bytes);
                self.runs.lock().end(slabs.start, block.generation());
                self.run_bytes.fetch_sub(bytes.len(), Ordering::Relaxed);
                self.retire(slabs);
            }
        }
        self.accounts.release(block.owner().0, bytes.len());
        if self.under_pressure.load(Ordering::Relaxed) {
            self.weigh();
        }
    }

    /// Takes the tail of a run back, which its block no longer covers.
    pub(crate) fn give_back_tail(&self, owner: Owner, tail: Range<usize>) {
        self.run_bytes.fetch_sub(tail.len(), Ordering::Relaxed);
        self.retire(slabs(&tail));
        self.accounts.release(owner.0, tail.len());
    }

    pub(crate) fn is_live(&self, tag: Tag) -> bool {
        match tag.home {
            Home::Shard { shard, spot } => {
                let cell = self.shards.get(usize::from(shard));
                cell.is_some_and(|cell| cell.shard.lock().is_live(spot, tag.generation))
            }
            Home::Run => self.runs.lock().is_live(tag.offset / SLAB_LEN, tag.generation),
        }
    }

    #[inline]
    fn take_block(&self, class: usize) -> Option<(Home, usize, u64)> {
        let own = thread_number() % self.shards.len();
        self.take_from(own, class).or_else(|| self.take_slowly(own, class))
    }

    #[inline]
    fn take_from(&self, number: usize, class: usize) -> Option<(Home, usize, u64)> {
        self.take_locked(number, self.shards[number].shard.lock(), class)
    }

    #[inline]
    fn take_locked(&self, number: usize, mut shard: SpinGuard<'_, Shard>, class: usize) -> Option<(Home, usize, u64)> {
        let Taken { spot, slab, generation } = shard.take(class)?;
        self.shards[number].leased.store(shard.leased_bytes, Ordering::Relaxed);
        let offset = slab as usize * SLAB_LEN + usize::from(spot.block) * shard::class_len(class);
        Some((Home::Shard { shard: number as u8, spot }, offset, generation))
    }

    /// With another slab, with one that a class kept empty, or from the slabs of other shards.
    #[cold]
    fn take_slowly(&self, own: usize, class: usize) -> Option<(Home, usize, u64)> {
        let mut slab = self.runs.lock().take_one(&self.pages);
        if slab.is_none() {
            self.reclaim();
            slab = self.runs.lock().take_one(&self.pages);
        }
        self.weigh();
        if let Some(slab) = slab {
            let mut shard = self.shards[own].shard.lock();
            shard.adopt(class, slab as u32);
            return self.take_locked(own, shard, class);
        }
        let count = self.shards.len();
        (own..own + count).find_map(|number| self.take_from(number % count, class))
    }

    fn take_run(&self, count: usize) -> Option<(Home, usize, u64)> {
        let mut run = self.runs.lock().take_run(count, &self.pages);
        if run.is_none() {
            self.reclaim();
            run = self.runs.lock().take_run(count, &self.pages);
        }
        let (first, generation) = run?;
        self.run_bytes.fetch_add(count * SLAB_LEN, Ordering::Relaxed);
        self.weigh();
        Some((Home::Run, first * SLAB_LEN, generation))
    }

    /// Takes the empty slabs of all size classes back.
    fn reclaim(&self) {
        for cell in &self.shards {
            let empty = cell.shard.lock().reclaim();
            empty.into_iter().for_each(|slab| self.retire(slab as usize..slab as usize + 1));
        }
    }

    /// Makes slabs free again, and gives their pages back to the system where enough free ones are resident.
    fn retire(&self, slabs: Range<usize>) {
        let resident = self.pages.resident(slabs.clone());
        if resident > 0 && self.runs.lock().idle_resident() + resident > IDLE_RESIDENT_MAX {
            self.pages.discard(&self.mapping, slabs.clone());
        }
        self.runs.lock().give(slabs, &self.pages);
    }

    /// Gives all free memory back to the system and answers how many bytes that were.
    pub(crate) fn trim(&self) -> usize {
        self.reclaim();
        let (mut freed, mut from) = (0, 0);
        loop {
            let Some(idle) = self.runs.lock().take_idle(from, &self.pages) else { return freed };
            let resident = self.pages.resident(idle.clone());
            self.pages.discard(&self.mapping, idle.clone());
            freed += resident - self.pages.resident(idle.clone());
            from = idle.end;
            self.runs.lock().give(idle, &self.pages);
        }
    }

    fn leased(&self) -> usize {
        let blocks: usize = self.shards.iter().map(|cell| cell.leased.load(Ordering::Relaxed)).sum();
        blocks + self.run_bytes.load(Ordering::Relaxed)
    }

    /// Compares what is leased with high and low water, and says in the epoch of leases when that changed.
    pub(crate) fn weigh(&self) -> bool {
        let (leased, capacity) = (self.leased(), self.layout.leases_len());
        let was = self.under_pressure.load(Ordering::Relaxed);
        let is = if was { leased > capacity / 2 } else { leased >= capacity / 5 * 4 };
        if is != was && self.under_pressure.swap(is, Ordering::Relaxed) != is {
            epoch::line(&self.mapping, layout::EPOCH_LEASES).map(Line::advance);
        }
        is
    }

    /// What lies where.
    pub(crate) fn map(&self) -> [Part; 4] {
        const EPOCHS_END: usize = layout::EPOCHS_OFFSET + layout::EPOCHS_LEN;
        let part = |name, offset, len| Part { name, offset, len };
        [
            part("header", layout::HEADER_OFFSET, layout::HEADER_LEN),
            part("epochs", layout::EPOCHS_OFFSET, layout::EPOCHS_LEN),
            part("spare", EPOCHS_END, layout::LEASES_OFFSET - EPOCHS_END),
            part("leases", layout::LEASES_OFFSET, self.layout.leases_len()),
        ]
    }

    /// The epochs that have moved, or that somebody waits for.
    pub(crate) fn epochs(&self) -> Vec<EpochFigures> {
        let figures = |index| {
            let line = epoch::line(&self.mapping, index)?;
            let (value, waiters) = (line.value(), line.waiters());
            (value != 0 || waiters != 0).then_some(EpochFigures { index, value, waiters })
        };
        (0..layout::EPOCH_COUNT).filter_map(figures).collect()
    }

    /// What is held and what was copied.
    pub(crate) fn stats(&self) -> Stats {
        let mut stats = Stats::new(self.copies.totals());
        stats.capacity = self.layout.leases_len();
        stats.leased = self.leased();
        stats.resident = self.pages.resident(0..self.layout.slab_count());
        stats.spooled = self.spooled.load(Ordering::Relaxed);
        stats.under_pressure = self.weigh();
        stats.leases = self.shards.iter().map(|cell| cell.shard.lock().leases).sum();
        let runs = self.runs.lock();
        stats.leases += runs.leases();
        stats.taken = runs.taken_count() * SLAB_LEN;
        stats.largest_free = runs.longest_free() * SLAB_LEN;
        stats
    }
}

fn slabs(bytes: &Range<usize>) -> Range<usize> {
    bytes.start / SLAB_LEN..bytes.end / SLAB_LEN
}
