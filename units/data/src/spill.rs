//! Where an operator puts aside what its memory does not hold: pieces of one file without a name, which the host gives with
//! the job and which is gone with it. No path leads there, neither from a statement nor from this process.

use std::{
    io::{self, Write},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use bytes::Bytes;
use datafusion::{
    common::{DataFusionError, Result as Outcome},
    execution::spill_file::{SpillFile, SpillWriter, TempFileFactory},
};
use futures_util::{Stream, stream};
use inos_unit::Scratch;

/// The most bytes that a job may put aside.
pub(crate) const BYTES_MAX: u64 = 4 << 30;
/// A file is made of pieces of this many bytes.
const PIECE_LEN: u64 = 256 << 10;

/// Pieces of the host's file, some of them free.
pub(crate) struct Space {
    scratch: Arc<dyn Scratch>,
    pieces: Mutex<Pieces>,
}

#[derive(Default)]
struct Pieces {
    free: Vec<u64>,
    /// How many there are, free ones among them.
    count: u64,
}

/// The job's disk is used up.
#[derive(Debug, thiserror::Error)]
#[error("no more may be put aside")]
struct Full;

/// Whether this is the error of a disk that is used up.
pub(crate) fn is_full(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|cause| cause.is::<Full>())
}

impl Space {
    /// All of this file, which is empty.
    pub(crate) fn new(scratch: Arc<dyn Scratch>) -> Arc<Self> {
        Arc::new(Self { scratch, pieces: Mutex::default() })
    }

    fn pieces(&self) -> MutexGuard<'_, Pieces> {
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> io::Result<u64> {
        let mut pieces = self.pieces();
        if let Some(piece) = pieces.free.pop() {
            return Ok(piece);
        }
        if (pieces.count + 1) * PIECE_LEN > BYTES_MAX {
            return Err(io::Error::other(Full));
        }
        pieces.count += 1;
        Ok(pieces.count - 1)
    }
}

/// Makes files in a space.
pub(crate) struct Factory(pub(crate) Arc<Space>);

impl TempFileFactory for Factory {
    fn create_temp_file(&self, _: &str) -> Outcome<Arc<dyn SpillFile>> {
        Ok(Arc::new(Handle(Arc::new(Aside {
            space: self.0.clone(),
            pieces: Mutex::default(),
            len: AtomicU64::new(0),
        }))))
    }
}

/// One file; its pieces are free again when nobody has it any more.
struct Aside {
    space: Arc<Space>,
    pieces: Mutex<Vec<u64>>,
    /// How many bytes can be read.
    len: AtomicU64,
}

impl Aside {
    fn own(&self) -> MutexGuard<'_, Vec<u64>> {
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where byte number `at` of it lies, and how many follow it there.
    fn place(&self, at: u64) -> io::Result<(u64, u64)> {
        let (number, within) = ((at / PIECE_LEN) as usize, at % PIECE_LEN);
        let piece = self.own().get(number).copied().ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        Ok((piece * PIECE_LEN + within, PIECE_LEN - within))
    }

    fn append(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let at = self.len.load(Relaxed);
            if at.is_multiple_of(PIECE_LEN) {
                let piece = self.space.take()?;
                self.own().push(piece);
            }
            let (place, room) = self.place(at)?;
            let (now, later) = bytes.split_at(bytes.len().min(room as usize));
            self.space.scratch.write_at(place, now)?;
            self.len.fetch_add(now.len() as u64, Relaxed);
            bytes = later;
        }
        Ok(())
    }

    fn read(&self, at: u64) -> io::Result<Bytes> {
        let left = self.len.load(Relaxed).saturating_sub(at);
        if left == 0 {
            return Ok(Bytes::new());
        }
        let (place, room) = self.place(at)?;
        let mut bytes = vec![0; left.min(room) as usize];
        self.space.scratch.read_at(place, &mut bytes)?;
        Ok(bytes.into())
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        let own = std::mem::take(&mut *self.own());
        self.space.pieces().free.extend(own);
    }
}

struct Handle(Arc<Aside>);

impl SpillFile for Handle {
    fn size(&self) -> Option<u64> {
        Some(self.0.len.load(Relaxed))
    }

    fn read_stream(&self) -> Outcome<Pin<Box<dyn Stream<Item = Outcome<Bytes>> + Send>>> {
        let parts = stream::try_unfold((self.0.clone(), 0), |(aside, at)| async move {
            let part = aside.read(at).map_err(DataFusionError::IoError)?;
            let next = at + part.len() as u64;
            Ok((!part.is_empty()).then_some((part, (aside, next))))
        });
        Ok(Box::pin(parts))
    }

    fn open_writer(&self) -> Outcome<Box<dyn SpillWriter>> {
        Ok(Box::new(Writer { aside: self.0.clone(), gathered: Vec::new() }))
    }
}

/// Gathers what comes in small parts.
struct Writer {
    aside: Arc<Aside>,
    gathered: Vec<u8>,
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() as u64 >= PIECE_LEN {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.aside.append(&self.gathered)?;
        self.gathered.clear();
        Ok(())
    }
}

impl SpillWriter for Writer {
    fn finish(&mut self) -> Outcome<()> {
        self.flush().map_err(DataFusionError::IoError)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;
    use inos_unit::testing::InMemory;
    use proptest::prelude::*;

    use super::*;

    fn read(file: &Arc<dyn SpillFile>) -> Vec<u8> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let parts: Vec<Bytes> = runtime.block_on(file.read_stream().unwrap().try_collect()).unwrap();
        parts.concat()
    }

    proptest! {
        #[test]
        fn files_beside_each_other_keep_their_bytes(lens in prop::collection::vec(0..700_000_usize, 1..8)) {
            let space = Space::new(Arc::new(InMemory::default()));
            let factory = Factory(space.clone());
            for round in 0..2_usize {
                let files: Vec<_> = lens.iter().map(|_| factory.create_temp_file("").unwrap()).collect();
                let mut writers: Vec<_> = files.iter().map(|file| file.open_writer().unwrap()).collect();
                // In turns, so that their pieces lie among each other.
                for part in 0..3 {
                    for (at, (writer, len)) in writers.iter_mut().zip(&lens).enumerate() {
                        writer.write_all(&vec![(at + part + round) as u8; len / 3]).unwrap();
                    }
                }
                writers.iter_mut().for_each(|writer| writer.finish().unwrap());
                for (at, (file, len)) in files.iter().zip(&lens).enumerate() {
                    let wanted: Vec<u8> = (0..3).flat_map(|part| vec![(at + part + round) as u8; len / 3]).collect();
                    prop_assert_eq!(file.size(), Some(wanted.len() as u64));
                    prop_assert!(read(file) == wanted);
                }
            }
            let pieces = space.pieces();
            prop_assert_eq!(pieces.free.len() as u64, pieces.count, "all pieces are free again");
        }
    }

    #[test]
    fn a_disk_that_is_used_up_says_so() {
        let space = Space::new(Arc::new(InMemory::default()));
        space.pieces().count = BYTES_MAX / PIECE_LEN;
        let file = Factory(space).create_temp_file("").unwrap();
        let mut writer = file.open_writer().unwrap();
        let full = writer.write_all(&vec![0; PIECE_LEN as usize]).unwrap_err();
        assert!(is_full(&full), "{full}");
    }
}
