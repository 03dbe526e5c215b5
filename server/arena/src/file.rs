//! Ranges of files as bytes in place. Never opens a file and never writes one.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;

use bytes::Bytes;

use crate::Error;
use crate::mapping::Mapping;

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
