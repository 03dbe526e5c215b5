//! What outgrows memory: a file without a name, written from front to back. Never leaves a file behind.
#![allow(unsafe_code)]

use std::fs::{DirBuilder, File};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use rustix::fs::{FallocateFlags, Mode, OFlags};
use rustix::io::Errno;

use crate::inner::Keeper;
use crate::mapping::Mapping;
use crate::sync::Ordering;
use crate::{Error, Place, map_file, map_giveable};

/// Writes shorter than this are gathered first.
const STAGE_LEN: usize = 64 << 10;
/// Room longer than this is mapped from the file instead of staged.
const STAGED_ROOM_LEN_MAX: usize = 1 << 20;

/// A file being written.
///
/// Bytes go to the file by write calls and not through a mapping: so a full disk is an error and never a signal, and
/// nothing of it is anonymous memory.
pub(crate) struct Spool {
    file: File,
    space: Space,
    /// Bytes that the file has.
    flushed: u64,
    /// Bytes that come after those of the file.
    stage: Vec<u8>,
    /// A mapped part of the file that was handed out last.
    window: Option<Mapping>,
}

impl Spool {
    pub(crate) fn create(arena: &Arc<Keeper>) -> Result<Spool, Error> {
        let failed = |source| Error::Spool { attempt: "create", source };
        let file = unnamed_file(arena.spool_dir()).map_err(failed)?;
        let space = Space { arena: arena.clone(), bytes: 0 };
        Ok(Spool { file, space, flushed: 0, stage: Vec::new(), window: None })
    }

    /// Appends bytes; after an error none of them.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.window = None;
        if self.stage.len() + bytes.len() <= STAGE_LEN {
            self.stage.extend_from_slice(bytes);
            return Ok(());
        }
        self.flush()?;
        if bytes.len() < STAGE_LEN / 2 {
            self.stage.extend_from_slice(bytes);
            return Ok(());
        }
        write_at(&self.file, bytes, self.flushed)?;
        self.grow(bytes.len());
        Ok(())
    }

    /// Overwrites bytes that are there.
    pub(crate) fn amend(&mut self, at: u64, bytes: &[u8]) -> Result<(), Error> {
        self.window = None;
        // What is not in the file yet is put there first: nobody amends often.
        self.flush()?;
        write_at(&self.file, bytes, at)
    }

    /// Appends `len` zeros to be filled in place.
    pub(crate) fn room(&mut self, len: usize) -> Result<&mut [u8], Error> {
        self.window = None;
        if self.stage.len() + len > STAGE_LEN {
            self.flush()?;
        }
        if len > STAGED_ROOM_LEN_MAX {
            return self.mapped_room(len);
        }
        let start = self.stage.len();
        self.stage.resize(start + len, 0);
        Ok(&mut self.stage[start..])
    }

    /// All that was written, mapped.
    pub(crate) fn finish(mut self) -> Result<Bytes, Error> {
        self.window = None;
        self.flush()?;
        // What lies there may go on to another process; without a way to open it for reading alone it is copied then.
        let bytes = match reopened(&self.file) {
            Some(file) => map_giveable(file, self.flushed)?,
            None => map_file(&self.file, 0, self.flushed)?,
        };
        Ok(Bytes::from_owner(Spooled { bytes, _space: self.space }))
    }

    fn flush(&mut self) -> Result<(), Error> {
        if self.stage.is_empty() {
            return Ok(());
        }
        write_at(&self.file, &self.stage, self.flushed)?;
        self.space.arena.copies.add(Place::Spool, self.stage.len());
        self.grow(self.stage.len());
        self.stage.clear();
        self.stage.shrink_to(STAGE_LEN);
        Ok(())
    }

    fn mapped_room(&mut self, len: usize) -> Result<&mut [u8], Error> {
        let start = self.flushed;
        allocate(&self.file, start, len as u64)?;
        let skip = start % rustix::param::page_size() as u64;
        let mapped_len = skip as usize + len;
        let window = Mapping::of_file(&self.file, start - skip, mapped_len, true)
            .map_err(|source| Error::Map { len: len as u64, source })?;
        self.grow(len);
        let base = self.window.insert(window).at(skip as usize);
        // SAFETY: the range lies in the window, which lives until the next call with `&mut self`; its blocks were
        // allocated just now, and the file has no name by which others could shorten it.
        Ok(unsafe { std::slice::from_raw_parts_mut(base.as_ptr(), len) })
    }

    fn grow(&mut self, len: usize) {
        self.flushed += len as u64;
        self.space.bytes += len as u64;
        self.space.arena.spooled.fetch_add(len as u64, Ordering::Relaxed);
    }
}

/// The bytes of a finished spool file.
struct Spooled {
    bytes: Bytes,
    _space: Space,
}

impl AsRef<[u8]> for Spooled {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// What a spool file takes of the disk, as counted in the arena's statistics.
struct Space {
    arena: Arc<Keeper>,
    bytes: u64,
}

impl Drop for Space {
    fn drop(&mut self) {
        self.arena.spooled.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Makes the folder for spool files where it is missing, readable by this user alone.
pub(crate) fn make_folder(folder: &Path) -> Result<(), Error> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|source| Error::Spool { attempt: "make the folder of", source })
}

/// A new file in a folder that nobody can find by a name.
pub(crate) fn unnamed_file(folder: &Path) -> io::Result<File> {
    let (flags, mode) = (OFlags::RDWR | OFlags::CLOEXEC, Mode::RUSR | Mode::WUSR);
    match rustix::fs::open(folder, flags | OFlags::TMPFILE, mode) {
        Ok(file) => Ok(file.into()),
        // A file system without nameless files: make one with a name and take the name away.
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => named_then_unlinked(folder, flags, mode),
        Err(error) => Err(error.into()),
    }
}

fn named_then_unlinked(folder: &Path, flags: OFlags, mode: Mode) -> io::Result<File> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!(".spool-{}-{number}", std::process::id()));
        match rustix::fs::open(&path, flags | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW, mode) {
            Ok(file) => {
                rustix::fs::unlink(&path)?;
                return Ok(file.into());
            }
            Err(Errno::EXIST) => continue,
            Err(error) => return Err(error.into()),
        }
    }
}

/// The same file, open for reading alone.
fn reopened(file: &File) -> Option<File> {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    Some(rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?.into())
}

fn write_at(file: &File, bytes: &[u8], offset: u64) -> Result<(), Error> {
    file.write_all_at(bytes, offset).map_err(|source| refused("write", bytes.len() as u64, source))
}

/// Gives a part of the file blocks on the disk, so that writing it through a mapping cannot fail.
fn allocate(file: &File, offset: u64, len: u64) -> Result<(), Error> {
    let refuse = |source| refused("lengthen", len, source);
    match rustix::fs::fallocate(file, FallocateFlags::empty(), offset, len) {
        Ok(()) => Ok(()),
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => write_zeros(file, offset, len).map_err(refuse),
        Err(error) => Err(refuse(error.into())),
    }
}

fn write_zeros(file: &File, offset: u64, len: u64) -> io::Result<()> {
    let zeros = [0; 16 << 10];
    let mut at = 0;
    while at < len {
        let part = (len - at).min(zeros.len() as u64) as usize;
        file.write_all_at(&zeros[..part], offset + at)?;
        at += part as u64;
    }
    Ok(())
}

fn refused(attempt: &'static str, bytes: u64, source: io::Error) -> Error {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    match source.kind() {
        StorageFull | QuotaExceeded | FileTooLarge => Error::SpoolFull { bytes, source },
        _ => Error::Spool { attempt, source },
    }
}
