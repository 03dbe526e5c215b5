//! The append-only segments: which one is open, when a new one begins, what is durable.
//! Never knows which payloads are still wanted, and never appends to a segment of an earlier start.

use std::{fs::File, io, sync::Arc, time::SystemTime};

use bytes::Bytes;
use inos_failpoints::{Point, reach};
use inos_protocols::Hash;
use parking_lot::Mutex;

use crate::{
    error::{During as _, Error},
    folder::Folder,
    locator::{Check, Locator},
    segment::{self, Inspection, RECORD_BYTES_MAX, RECORD_HEADER_LEN},
};

/// All segments of a payload folder.
pub(crate) struct Packs {
    folder: Folder,
    segment_bytes_max: u64,
    state: Mutex<State>,
    /// Held while the disk is waited for, so that appends go on meanwhile; `true` once a flush has failed.
    failed: Mutex<bool>,
}

struct State {
    next: u64,
    open: Option<Open>,
    /// Closed segments with bytes that no flush has covered.
    closed: Vec<Arc<File>>,
    /// Whether a segment was made whose name no flush has covered.
    named: bool,
}

struct Open {
    number: u64,
    file: Arc<File>,
    len: u64,
    dirty: bool,
}

impl Packs {
    /// The segments in `folder`; the next append begins a new one.
    pub(crate) fn open(folder: Folder, segment_bytes_max: u64) -> Result<Self, Error> {
        let last = numbers(&folder)?.last().copied().unwrap_or(0);
        let state = State { next: last + 1, open: None, closed: Vec::new(), named: false };
        Ok(Self { folder, segment_bytes_max, state: Mutex::new(state), failed: Mutex::new(false) })
    }

    /// Appends a payload that hashes to `hash`.
    pub(crate) fn append(&self, payload: &[u8], hash: &Hash) -> Result<Locator, Error> {
        if payload.len() > RECORD_BYTES_MAX {
            return Err(Error::TooLarge { len: payload.len(), max: RECORD_BYTES_MAX });
        }
        let mut state = self.state.lock();
        let record_len = (RECORD_HEADER_LEN + payload.len()) as u64;
        if state.open.as_ref().is_some_and(|open| open.len + record_len > self.segment_bytes_max) {
            state.close();
        }
        let at = state.begin(&self.folder)?.append(payload, Check::of(hash))?;
        reach(Point::PayloadPacked);
        Ok(at)
    }

    /// Makes durable everything appended before this call.
    pub(crate) fn flush(&self) -> io::Result<()> {
        let mut failed = self.failed.lock();
        if *failed {
            // The kernel may have dropped the pages that it could not write, so a later success would prove nothing.
            return Err(io::Error::other("payloads of an earlier flush may be lost; a restart is needed"));
        }
        let (files, named) = self.state.lock().take_undurable();
        let done = sync(&files, named.then_some(&self.folder));
        *failed = done.is_err();
        done
    }

    /// The payload at `at`, checked.
    pub(crate) fn read(&self, at: &Locator) -> Result<Bytes, Error> {
        segment::read_record(&self.file(at.segment)?, at)
    }

    /// The numbers of all segments, rising.
    pub(crate) fn numbers(&self) -> Result<Vec<u64>, Error> {
        numbers(&self.folder)
    }

    /// When a segment was last appended to.
    pub(crate) fn modified(&self, number: u64) -> Result<SystemTime, Error> {
        let examined = self.file(number)?.metadata().and_then(|metadata| metadata.modified());
        examined.during(|| format!("examine pack segment {number}"))
    }

    /// Walks over every record of a segment.
    pub(crate) fn inspect(&self, number: u64) -> Result<Inspection, Error> {
        segment::inspect(&self.file(number)?, number)
    }

    /// Removes a segment that is not being written to; one that is not there is no error.
    pub(crate) fn remove(&self, number: u64) -> Result<(), Error> {
        let mut state = self.state.lock();
        if state.open.as_ref().is_some_and(|open| open.number == number) {
            return Err(Error::SegmentOpen { segment: number });
        }
        if number + 1 == state.next {
            // A later start counts on from the highest name it finds; this keeps it from giving out the number again.
            state.begin(&self.folder)?;
            self.folder.sync()?;
        }
        self.folder.remove(&segment::name(number)).map(|_| ())
    }

    fn file(&self, number: u64) -> Result<File, Error> {
        self.folder.open(&segment::name(number))?.ok_or(Error::NoSegment { segment: number })
    }
}

impl State {
    /// The open segment, begun if there is none.
    fn begin(&mut self, folder: &Folder) -> Result<&mut Open, Error> {
        if self.open.is_none() {
            let number = self.next;
            let attempted = || format!("begin pack segment {number}");
            let file = folder.create(&segment::name(number)).during(attempted)?;
            self.next += 1;
            if let Err(error) = segment::write_header(&file, number) {
                folder.remove(&segment::name(number))?;
                return Err(Error::new(attempted(), error));
            }
            self.named = true;
            self.open = Some(Open { number, file: Arc::new(file), len: segment::HEADER_LEN as u64, dirty: true });
        }
        Ok(self.open.as_mut().expect("it was begun above"))
    }

    fn close(&mut self) {
        if let Some(Open { file, dirty: true, .. }) = self.open.take() {
            self.closed.push(file);
        }
    }

    /// What the next flush has to sync; from here on it counts as covered.
    fn take_undurable(&mut self) -> (Vec<Arc<File>>, bool) {
        let mut files = std::mem::take(&mut self.closed);
        if let Some(open) = self.open.as_mut().filter(|open| open.dirty) {
            open.dirty = false;
            files.push(Arc::clone(&open.file));
        }
        (files, std::mem::take(&mut self.named))
    }
}

impl Open {
    /// Appends a record; when that fails, the next one takes its place.
    fn append(&mut self, payload: &[u8], check: Check) -> Result<Locator, Error> {
        let Self { number, file, len, dirty } = self;
        *dirty = true;
        let at = Locator { segment: *number, offset: *len, len: payload.len() as u32, check };
        *len += segment::write_record(file, *len, check, payload)
            .during(|| format!("append {} bytes to pack segment {number}", payload.len()))?;
        Ok(at)
    }
}

fn sync(files: &[Arc<File>], folder: Option<&Folder>) -> io::Result<()> {
    for file in files {
        file.sync_data()?;
    }
    folder.map_or(Ok(()), |folder| folder.sync().map_err(io::Error::other))
}

fn numbers(folder: &Folder) -> Result<Vec<u64>, Error> {
    let mut numbers: Vec<u64> = folder.names()?.iter().filter_map(|name| segment::number(name)).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(device: &str) -> (tempfile::TempDir, Packs) {
        let dir = tempfile::tempdir().unwrap();
        let packs = Packs::open(Folder::root(dir.path()).unwrap(), segment::SEGMENT_BYTES_MAX).unwrap();
        let file = File::options().write(true).open(device).unwrap();
        packs.state.lock().open = Some(Open { number: 1, file: Arc::new(file), len: 24, dirty: false });
        (dir, packs)
    }

    #[test]
    fn a_full_disk_is_told_apart_and_takes_no_room() {
        let (_dir, packs) = over("/dev/full");
        let refused = packs.append(b"payload", &Hash::of(b"payload"));
        assert!(matches!(refused, Err(Error::StorageFull { .. })), "{refused:?}");
        assert_eq!(packs.state.lock().open.as_ref().unwrap().len, 24);
    }

    #[test]
    fn after_a_failed_flush_no_flush_succeeds() {
        // Bytes go into this device, and it cannot be synced.
        let (_dir, packs) = over("/dev/null");
        packs.append(b"payload", &Hash::of(b"payload")).unwrap();
        packs.flush().unwrap_err();
        packs.state.lock().close();
        packs.append(b"payload", &Hash::of(b"payload")).unwrap();
        packs.flush().unwrap_err();
    }
}
