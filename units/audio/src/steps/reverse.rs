//! A sound backwards. Its end must be known before it can begin: it is put aside as it comes, in memory or on the job's disk.

use std::sync::Arc;

use inos_unit::{Fault, Host, Scratch};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::sound::{Form, Rows, Sound, frames};

/// How many frames are put aside, and read again, at a time.
const FRAMES: usize = 8192;
/// What is shorter is kept in memory, in bytes.
const MEMORY_BYTES_MAX: u64 = 32 << 20;
/// Bytes of a sample that was put aside.
const SAMPLE_LEN: usize = size_of::<f64>();

/// Plays a sound backwards.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reverse {}

/// A sound that was put aside as a whole, read from its end.
pub(crate) struct Reversed {
    form: Form,
    kept: Kept,
    /// How many frames are still to come.
    left: u64,
}

enum Kept {
    Memory(Vec<u8>),
    Disk(Arc<dyn Scratch>, u64),
}

impl Reversed {
    /// Puts aside all of a sound; `place` is where on the disk it may begin, and becomes where it ends.
    pub(crate) fn of(mut sound: impl Sound, host: &dyn Host, place: &mut u64) -> Result<Self, Fault> {
        let form = sound.form();
        let (mut kept, mut rows, mut bytes) = (Kept::Memory(Vec::new()), Rows::new(), Vec::new());
        let mut count = 0;
        while sound.next(&mut rows)? {
            host.check()?;
            bytes.clear();
            for frame in 0..frames(&rows) {
                rows.iter().for_each(|row| bytes.extend_from_slice(&row[frame].to_le_bytes()));
            }
            kept.append(&bytes, host, place)?;
            count += frames(&rows) as u64;
        }
        Ok(Self { form, kept, left: count })
    }
}

impl Kept {
    fn append(&mut self, bytes: &[u8], host: &dyn Host, place: &mut u64) -> Result<(), Fault> {
        if let Self::Memory(kept) = self {
            if (kept.len() + bytes.len()) as u64 <= MEMORY_BYTES_MAX {
                kept.extend_from_slice(bytes);
                return Ok(());
            }
            let message = "bytes of a sound to be put aside: there is no disk for it here";
            let disk = host.scratch().ok_or_else(|| Fault::limit(MEMORY_BYTES_MAX, message))?;
            write(&*disk, *place, kept)?;
            let begin = *place;
            *place += kept.len() as u64;
            *self = Self::Disk(disk, begin);
        }
        if let Self::Disk(disk, _) = self {
            write(&**disk, *place, bytes)?;
            *place += bytes.len() as u64;
        }
        Ok(())
    }

    fn read(&self, at: u64, into: &mut [u8]) -> Result<(), Fault> {
        match self {
            Self::Memory(kept) => {
                // It lies in memory, so that its place is a length.
                let at = at as usize;
                into.copy_from_slice(&kept[at..at + into.len()]);
                Ok(())
            }
            Self::Disk(disk, begin) => disk
                .read_at(begin + at, into)
                .map_err(|error| Fault::NoRoom(format!("what was put aside cannot be read: {error}"))),
        }
    }
}

fn write(disk: &dyn Scratch, at: u64, bytes: &[u8]) -> Result<(), Fault> {
    let full = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::FileTooLarge | std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            Fault::limit(at, "bytes on the disk of a job: the sound is too long to be put aside")
        }
        _ => Fault::NoRoom(format!("a sound could not be put aside: {error}")),
    };
    disk.write_at(at, bytes).map_err(full)
}

impl Sound for Reversed {
    fn form(&self) -> Form {
        self.form
    }

    fn next(&mut self, rows: &mut Rows) -> Result<bool, Fault> {
        let channels = self.form.channels;
        // At most the length of a block.
        let count = self.left.min(FRAMES as u64) as usize;
        self.left -= count as u64;
        let frame_len = channels * SAMPLE_LEN;
        let mut bytes = vec![0; count * frame_len];
        self.kept.read(self.left * frame_len as u64, &mut bytes)?;
        rows.resize_with(channels, Vec::new);
        rows.iter_mut().for_each(Vec::clear);
        for frame in bytes.rchunks_exact(frame_len) {
            for (row, sample) in rows.iter_mut().zip(frame.as_chunks::<SAMPLE_LEN>().0) {
                row.push(f64::from_le_bytes(*sample));
            }
        }
        Ok(count > 0)
    }
}
