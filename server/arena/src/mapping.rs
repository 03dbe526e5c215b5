//! Mapped memory: the arena's own sealed memory and ranges of files. Never looks at what lies in it.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr::{self, NonNull};

use rustix::fs::{MemfdFlags, SealFlags};
use rustix::mm::{Advice, MapFlags, ProtFlags};

/// One mapping, unmapped when dropped.
#[derive(Debug)]
pub(crate) struct Mapping {
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: a mapping is plain memory that belongs to no thread; who may read or write which part of it is decided by the
// types that hand out references into it.
unsafe impl Send for Mapping {}
// SAFETY: as above; `&Mapping` by itself gives out addresses and no references.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps shared memory for reading and writing; nothing of it is resident before it is touched.
    pub(crate) fn of_memory(memory: &OwnedFd, len: usize) -> io::Result<Mapping> {
        let (protection, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED | MapFlags::NORESERVE);
        let mapping = Mapping::new(memory, 0, len, protection, flags)?;
        // What tenants sent has no place in a core dump; a kernel that dumps it nevertheless is no reason to stop.
        let _ = mapping.advise(0..len, Advice::LinuxDontDump);
        Ok(mapping)
    }

    /// Maps a range of a file; `offset` is a multiple of the page size.
    pub(crate) fn of_file(file: impl AsFd, offset: u64, len: usize, writable: bool) -> io::Result<Mapping> {
        let protection = if writable { ProtFlags::READ | ProtFlags::WRITE } else { ProtFlags::READ };
        Mapping::new(file, offset, len, protection, MapFlags::SHARED)
    }

    /// Maps memory that is sealed against writing. Privately, because kernels before 6.7 share such memory with nobody;
    /// nothing is copied by it, since nothing is written.
    pub(crate) fn of_sealed(memory: impl AsFd, len: usize) -> io::Result<Mapping> {
        Mapping::new(memory, 0, len, ProtFlags::READ, MapFlags::PRIVATE)
    }

    fn new(fd: impl AsFd, offset: u64, len: usize, protection: ProtFlags, flags: MapFlags) -> io::Result<Mapping> {
        // SAFETY: without MAP_FIXED the kernel picks addresses that nobody uses.
        let base = unsafe { rustix::mm::mmap(ptr::null_mut(), len, protection, flags, fd, offset)? };
        let base = NonNull::new(base.cast()).ok_or_else(|| io::Error::other("mapped at address zero"))?;
        Ok(Mapping { base, len })
    }

    /// Its length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The address of a byte of it.
    #[inline]
    pub(crate) fn at(&self, offset: usize) -> NonNull<u8> {
        assert!(offset < self.len, "an offset lies in its mapping");
        // SAFETY: `offset` lies in the mapping, which is one allocation.
        unsafe { self.base.add(offset) }
    }

    /// Eight bytes of the first page that never change; the mapping has at least a page.
    pub(crate) fn first_word(&self, offset: usize) -> [u8; 8] {
        assert!(offset + 8 <= self.len.min(4096), "the word lies in the first page");
        let mut bytes = [0; 8];
        // SAFETY: the word lies in the mapping; nobody writes it once others have the memory.
        unsafe { self.at(offset).as_ptr().copy_to_nonoverlapping(bytes.as_mut_ptr(), 8) };
        bytes
    }

    /// Whether an address lies in it.
    pub(crate) fn holds(&self, address: *const u8) -> bool {
        let base = self.base.as_ptr() as usize;
        (base..base + self.len).contains(&(address as usize))
    }

    /// Makes a range resident now, so that lack of memory is an error here and not a signal later.
    pub(crate) fn populate(&self, range: Range<usize>) -> io::Result<()> {
        match self.advise(range, Advice::LinuxPopulateWrite) {
            // A kernel before 5.14 does not know the advice; the pages come when they are touched.
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::INVAL.raw_os_error()) => Ok(()),
            other => other,
        }
    }

    /// Gives a range's pages back to the system; it reads as zeros afterwards.
    ///
    /// The caller holds no reference into the range, and nobody else does.
    pub(crate) fn discard(&self, range: Range<usize>) -> io::Result<()> {
        self.advise(range, Advice::LinuxRemove)
    }

    fn advise(&self, range: Range<usize>, advice: Advice) -> io::Result<()> {
        assert!(range.start < range.end && range.end <= self.len, "a range lies in its mapping");
        let base = self.at(range.start).as_ptr().cast::<c_void>();
        // SAFETY: the range lies in this mapping, which is alive as long as `self`; populating changes no contents, and
        // callers of `discard` promise that nobody refers to the range.
        unsafe { rustix::mm::madvise(base, range.len(), advice)? };
        Ok(())
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the range was mapped by `new`, and references into it do not outlive the mapping. The only error of
        // munmap is a wrong range.
        let unmapped = unsafe { rustix::mm::munmap(self.base.as_ptr().cast(), self.len) };
        debug_assert!(unmapped.is_ok(), "a mapping's own range can be unmapped");
    }
}

/// Anonymous shared memory of a fixed length: it can neither shrink under a reader nor grow.
pub(crate) fn sealed_memory(len: usize) -> io::Result<OwnedFd> {
    let memory = rustix::fs::memfd_create("inos-arena", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    rustix::fs::ftruncate(&memory, len as u64)?;
    rustix::fs::fcntl_add_seals(&memory, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
    Ok(memory)
}

/// Shared memory that this mapping alone can write: whoever gets the descriptor can map it for reading.
pub(crate) fn for_readers(name: &str, len: usize) -> io::Result<(OwnedFd, Mapping)> {
    let memory = rustix::fs::memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    rustix::fs::ftruncate(&memory, len as u64)?;
    let mapping = Mapping::of_memory(&memory, len)?;
    let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::FUTURE_WRITE | SealFlags::SEAL;
    rustix::fs::fcntl_add_seals(&memory, seals)?;
    Ok((memory, mapping))
}

/// Maps for reading what another process gave, and tells its length.
pub(crate) fn given(memory: &OwnedFd) -> io::Result<(Mapping, usize)> {
    let len = given_len(memory)?;
    Ok((Mapping::of_file(memory, 0, len, false)?, len))
}

/// The length of what another process gave; memory that could be cut off under its reader is refused.
pub(crate) fn given_len(memory: &OwnedFd) -> io::Result<usize> {
    if !rustix::fs::fcntl_get_seals(memory)?.contains(SealFlags::SHRINK) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the memory could be cut off"));
    }
    Ok(usize::try_from(rustix::fs::fstat(memory)?.st_size).unwrap_or(0))
}
