//! The arena as its users hold it: makes the mapping and hands out what lies in it.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::inner::{Inner, Keeper};
use crate::layout::Layout;
use crate::mapping::{self, Mapping};
use crate::stats::{EpochFigures, Part};
use crate::sync::thread_number;
use crate::{Epoch, Error, Full, Lease, Owner, Place, Stats, Tag, Writer, header, spool};

/// How large an arena is and what one account may take of it.
#[derive(Debug, Clone)]
pub struct Options {
    /// Bytes that can be leased, rounded up to whole MiB.
    pub bytes: usize,
    /// The most that one account may hold, in bytes.
    pub account_bytes_max: usize,
    /// The folder for what outgrows memory; its files have no name and vanish with their last user.
    pub spool_dir: PathBuf,
}

/// Shared memory for what jobs carry, and epochs that say that something changed. Clones are the same arena.
#[derive(Clone)]
pub struct Arena(Arc<[Arc<Keeper>]>);

impl Arena {
    /// Makes an arena; nothing of it is resident but its header.
    pub fn create(options: Options) -> Result<Arena, Error> {
        let layout = Layout::with_leases(options.bytes)?;
        let failed = |source: io::Error| Error::Create { bytes: layout.total_len(), source };
        let memory = mapping::sealed_memory(layout.total_len()).map_err(failed)?;
        // The mapping keeps the memory; its descriptor is closed here.
        let mapping = Mapping::of_memory(&memory, layout.total_len()).map_err(failed)?;
        spool::make_folder(&options.spool_dir)?;
        header::write(&mapping, &layout);
        let arena = Arena(Keeper::of(Inner::new(options, layout, mapping)));
        arena.check()?;
        Ok(arena)
    }

    /// Leases `len` zeroed bytes for an owner; they are given back when the lease, or all that it became, is dropped.
    ///
    /// Never waits for room. Whoever writes all of it anyway spares the zeroing with a [`writer`](Arena::writer).
    pub fn lease(&self, owner: Owner, len: usize) -> Result<Lease, Full> {
        Lease::new(self.keeper().allocate(owner, len)?, len)
    }

    /// A writer for bytes of which `expected` are announced; it spools to a file what memory cannot hold.
    pub fn writer(&self, owner: Owner, expected: Option<u64>) -> Writer {
        Writer::new(self.keeper().clone(), owner, expected)
    }

    /// The epoch of that number.
    ///
    /// # Panics
    ///
    /// When `index` is not below [`EPOCH_COUNT`](crate::layout::EPOCH_COUNT).
    pub fn epoch(&self, index: usize) -> Epoch {
        Epoch::new(self.keeper(), index).expect("an epoch's number is below layout::EPOCH_COUNT")
    }

    /// An empty file on the disk that nobody finds by a name and that is gone with its last descriptor.
    pub fn scratch(&self) -> std::io::Result<std::fs::File> {
        spool::unnamed_file(self.keeper().spool_dir())
    }

    /// Whether doors should take nothing in: true from 80 % leased until it is down to 50 %.
    ///
    /// The epoch [`EPOCH_LEASES`](crate::layout::EPOCH_LEASES) advances when that changes. Changes of several threads at
    /// once may be told late, so that a wait for it needs a timeout.
    pub fn under_pressure(&self) -> bool {
        self.inner().weigh()
    }

    /// What is held and what was copied.
    pub fn stats(&self) -> Stats {
        self.inner().stats()
    }

    /// What lies where in the mapping, in order.
    pub fn map(&self) -> [Part; 4] {
        self.inner().map()
    }

    /// The epochs that have moved, or that somebody waits for.
    pub fn epochs(&self) -> Vec<EpochFigures> {
        self.inner().epochs()
    }

    /// How many bytes of leases an owner holds, as whole blocks.
    pub fn held(&self, owner: Owner) -> usize {
        self.inner().accounts.held(owner.0)
    }

    /// Counts bytes that were copied.
    #[inline]
    pub fn count_copy(&self, place: Place, bytes: usize) {
        self.inner().copies.add(place, bytes);
    }

    /// Whether an address lies in the mapping.
    pub fn holds(&self, address: *const u8) -> bool {
        self.inner().mapping().holds(address)
    }

    /// The longest lease: a quarter of the arena, or what one account may hold.
    pub fn lease_len_max(&self) -> usize {
        self.inner().lease_len_max().min(self.inner().accounts.bytes_max())
    }

    /// Whether the lease that a tag was taken from still lives.
    pub fn is_live(&self, tag: Tag) -> bool {
        self.inner().is_live(tag)
    }

    /// Gives all free memory back to the system and answers how many bytes that were; for a quiet moment.
    pub fn trim(&self) -> usize {
        self.inner().trim()
    }

    /// Reads the header in the mapping and refuses what [`Arena::create`] did not write.
    pub fn check(&self) -> Result<(), Error> {
        header::read(self.inner().mapping())?;
        Ok(())
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0[0]
    }

    #[inline]
    fn keeper(&self) -> &Arc<Keeper> {
        &self.0[thread_number() % self.0.len()]
    }
}

impl fmt::Debug for Arena {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Arena").field(&self.stats()).finish()
    }
}
