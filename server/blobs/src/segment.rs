//! The form of a pack segment: a header, then records of length, check and payload, one after another.
//! Never decides which segment is written to, and never makes anything durable.

use std::{
    fs::File,
    io::{self, IoSlice},
    os::unix::fs::FileExt as _,
};

use bytes::Bytes;
use inos_protocols::Hash;

use crate::{
    error::{During as _, Error},
    locator::{Check, Locator},
};

const MAGIC: [u8; 8] = *b"INOSPACK";
const VERSION: u32 = 1;
/// What a segment begins with: magic, version, four bytes of zero and its own number.
pub(crate) const HEADER_LEN: usize = 24;
/// What a record begins with: the payload's length and check.
pub(crate) const RECORD_HEADER_LEN: usize = 4 + Check::LEN;
/// A segment is closed rather than grown beyond this.
pub(crate) const SEGMENT_BYTES_MAX: u64 = 64 << 20;
/// The longest payload that a record may hold.
pub const RECORD_BYTES_MAX: usize = 16 << 20;

/// What a walk over a segment found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Inspection {
    /// Whole records whose check is right.
    pub records: u64,
    /// The payload bytes in them.
    pub bytes: u64,
    /// Where the first record that is not whole begins, if there is one: the tail a crash left behind.
    pub torn_at: Option<u64>,
}

/// The file name of a segment.
pub(crate) fn name(number: u64) -> String {
    format!("{number:020}.pack")
}

/// The number in a segment's file name.
pub(crate) fn number(file_name: &str) -> Option<u64> {
    let number = file_name.strip_suffix(".pack")?.parse().ok()?;
    (name(number) == file_name).then_some(number)
}

/// Writes the header of a new segment.
pub(crate) fn write_header(file: &File, number: u64) -> io::Result<()> {
    file.write_all_at(&header(number), 0)
}

/// Writes a record at `offset`; answers how many bytes it takes.
pub(crate) fn write_record(file: &File, offset: u64, check: Check, payload: &[u8]) -> io::Result<u64> {
    let head = record_header(payload.len() as u32, check);
    let both = [IoSlice::new(&head), IoSlice::new(payload)];
    let written = loop {
        match rustix::io::pwritev(file, &both, offset) {
            Err(rustix::io::Errno::INTR) => {}
            done => break done?,
        }
    };
    if written < head.len() {
        file.write_all_at(&head[written..], offset + written as u64)?;
    }
    let rest = &payload[written.saturating_sub(head.len())..];
    file.write_all_at(rest, offset + (head.len() + payload.len() - rest.len()) as u64)?;
    Ok((head.len() + payload.len()) as u64)
}

/// The payload at `at`, if it is exactly the one that the locator means.
pub(crate) fn read_record(file: &File, at: &Locator) -> Result<Bytes, Error> {
    let damaged = || Error::Damaged { what: format!("the pack record at {at}") };
    let attempted = || format!("read the pack record at {at}");
    let room = file.metadata().during(attempted)?.len().saturating_sub(at.offset);
    let record_len = RECORD_HEADER_LEN + at.len as usize;
    if !has_header(file, at.segment).during(attempted)?
        || at.len as usize > RECORD_BYTES_MAX
        || record_len as u64 > room
    {
        return Err(damaged());
    }
    let mut record = vec![0; record_len];
    file.read_exact_at(&mut record, at.offset).during(attempted)?;
    let (head, payload) = record.split_at(RECORD_HEADER_LEN);
    if head != record_header(at.len, at.check) || Check::of(&Hash::of(payload)) != at.check {
        return Err(damaged());
    }
    Ok(Bytes::from(record).slice(RECORD_HEADER_LEN..))
}

/// Walks over every record of a segment.
pub(crate) fn inspect(file: &File, segment: u64) -> Result<Inspection, Error> {
    let attempted = || format!("inspect pack segment {segment}");
    let len = file.metadata().during(attempted)?.len();
    let mut found = Inspection::default();
    if !has_header(file, segment).during(attempted)? {
        return Ok(Inspection { torn_at: Some(0), ..found });
    }
    let mut offset = HEADER_LEN as u64;
    while offset < len {
        let Some(at) = locate(file, segment, offset, len).during(attempted)? else {
            return Ok(Inspection { torn_at: Some(offset), ..found });
        };
        match read_record(file, &at) {
            Ok(payload) => found.bytes += payload.len() as u64,
            Err(Error::Damaged { .. }) => return Ok(Inspection { torn_at: Some(offset), ..found }),
            Err(error) => return Err(error),
        }
        found.records += 1;
        offset += (RECORD_HEADER_LEN + at.len as usize) as u64;
    }
    Ok(found)
}

/// What the record at `offset` says of itself, if its header is whole.
fn locate(file: &File, segment: u64, offset: u64, len: u64) -> io::Result<Option<Locator>> {
    if len - offset < RECORD_HEADER_LEN as u64 {
        return Ok(None);
    }
    let mut payload_len = [0; 4];
    let mut check = [0; Check::LEN];
    file.read_exact_at(&mut payload_len, offset)?;
    file.read_exact_at(&mut check, offset + 4)?;
    Ok(Some(Locator { segment, offset, len: u32::from_le_bytes(payload_len), check: Check(check) }))
}

/// Whether the file begins as the segment of this number does.
fn has_header(file: &File, segment: u64) -> io::Result<bool> {
    let mut found = [0; HEADER_LEN];
    match file.read_exact_at(&mut found, 0) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        read => read.map(|()| found == header(segment)),
    }
}

fn header(number: u64) -> [u8; HEADER_LEN] {
    let mut header = [0; HEADER_LEN];
    header[..8].copy_from_slice(&MAGIC);
    header[8..12].copy_from_slice(&VERSION.to_le_bytes());
    header[16..].copy_from_slice(&number.to_le_bytes());
    header
}

fn record_header(len: u32, check: Check) -> [u8; RECORD_HEADER_LEN] {
    let mut header = [0; RECORD_HEADER_LEN];
    header[..4].copy_from_slice(&len.to_le_bytes());
    header[4..].copy_from_slice(&check.0);
    header
}
