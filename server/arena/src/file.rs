//! Ranges of files as bytes in place. Never opens a file and never writes one.
#![allow(unsafe_code)]

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use rustix::fs::OFlags;

use crate::Error;
use crate::mapping::Mapping;

/// Shorter files are not noted, and closed at once: to copy one is as fast as to map it in another process.
const GIVEN_LEN_MIN: usize = 256 << 10;

/// Files that may be given to other processes, by the address at which each is mapped. Bytes are passed on through many
/// hands that need not know where they lie; whoever could spare a copy asks here.
static GIVEABLE: Mutex<BTreeMap<usize, Giveable>> = Mutex::new(BTreeMap::new());

struct Giveable {
    file: Arc<File>,
    len: usize,
}

fn giveable() -> MutexGuard<'static, BTreeMap<usize, Giveable>> {
    GIVEABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The bytes of a range of a file, mapped and not copied; the file may be closed or unlinked afterwards.
///
/// The range must lie in the file. The file must not become shorter while the bytes are in use: reading what was cut off
/// would end the process with SIGBUS. So this is for files that nobody else can write.
pub fn map_file(file: &File, offset: u64, len: u64) -> Result<Bytes, Error> {
    let failed = |source: io::Error| Error::Map { len, source };
    let file_len = file.metadata().map_err(failed)?.len();
    if offset.checked_add(len).is_none_or(|end| end > file_len) {
        return Err(Error::Range { offset, len, file_len });
    }
    if len == 0 {
        return Ok(Bytes::new());
    }
    let skip = offset % rustix::param::page_size() as u64;
    let mapped_len = usize::try_from(skip + len).map_err(|error| failed(io::Error::other(error)))?;
    let mapping = Mapping::of_file(file, offset - skip, mapped_len, false).map_err(failed)?;
    Ok(Bytes::from_owner(MappedFile { mapping, skip: skip as usize }))
}

/// As [`map_file`] does, of the first `len` bytes of a file that other processes may be given as well: [`file_behind`] finds it.
///
/// The file must be open for reading alone; one of 256 KiB or more stays open as long as the bytes are in use.
pub fn map_giveable(file: File, len: u64) -> Result<Bytes, Error> {
    let failed = |source: io::Error| Error::Map { len, source };
    let flags = rustix::fs::fcntl_getfl(&file).map_err(|errno| failed(errno.into()))?;
    if flags.intersects(OFlags::WRONLY | OFlags::RDWR) {
        return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "who is given this file could write it")));
    }
    let bytes = map_file(&file, 0, len)?;
    if bytes.len() < GIVEN_LEN_MIN {
        return Ok(bytes);
    }
    let at = bytes.as_ptr() as usize;
    giveable().insert(at, Giveable { file: Arc::new(file), len: bytes.len() });
    Ok(Bytes::from_owner(Noted { bytes }))
}

/// The file in which these bytes lie, and where, if another process may be given it.
pub fn file_behind(bytes: &[u8]) -> Option<(Arc<File>, Range<u64>)> {
    let at = bytes.as_ptr() as usize;
    let known = giveable();
    let (base, Giveable { file, len }) = known.range(..=at).next_back()?;
    let start = at - base;
    let end = start.checked_add(bytes.len()).filter(|end| *end <= *len)?;
    Some((file.clone(), start as u64..end as u64))
}

/// Bytes that are noted as those of a file.
struct Noted {
    bytes: Bytes,
}

impl AsRef<[u8]> for Noted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        // Before the addresses are free for another mapping.
        giveable().remove(&(self.bytes.as_ptr() as usize));
    }
}

/// A mapped range of a file, from a page boundary on.
struct MappedFile {
    mapping: Mapping,
    /// Bytes before the range, since it need not begin at a page boundary.
    skip: usize,
}

impl AsRef<[u8]> for MappedFile {
    fn as_ref(&self) -> &[u8] {
        let base = self.mapping.at(self.skip);
        // SAFETY: the range lies in the mapping, which lives as long as `self` and is mapped read-only; that nobody
        // else changes the file is the documented condition of `map_file`.
        unsafe { std::slice::from_raw_parts(base.as_ptr(), self.mapping.len() - self.skip) }
    }
}
