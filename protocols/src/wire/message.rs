//! The frame around a message: the segment table is checked against the body before anything is believed or
//! allocated, and what is written is one segment. Never copies a message that it reads.

use capnp::message::{Builder, HeapAllocator, Reader, ReaderOptions, ReaderSegments};

use super::{MESSAGE_BYTES_MAX, Malformed, NESTING_MAX, SEGMENTS_MAX, TRAVERSAL_WORDS_MIN};

/// The bytes of a word, the unit of everything in a message.
const WORD: usize = 8;

/// The segments of one message, where they lie.
pub(crate) struct Segments<'a> {
    parts: [&'a [u8]; SEGMENTS_MAX],
    count: usize,
}

impl ReaderSegments for Segments<'_> {
    fn get_segment(&self, index: u32) -> Option<&[u8]> {
        self.parts[..self.count].get(index as usize).copied()
    }

    fn len(&self) -> usize {
        self.count
    }
}

/// The message that these bytes are, from the first to the last.
pub(crate) fn open(bytes: &[u8]) -> Result<Reader<Segments<'_>>, Malformed> {
    if bytes.len() > MESSAGE_BYTES_MAX {
        let len = bytes.len();
        return Err(Malformed::too_large(format!("a message has at most {MESSAGE_BYTES_MAX} bytes, not {len}")));
    }
    let segments = split(bytes)?;
    let words = bytes.len() / WORD;
    let options = ReaderOptions {
        traversal_limit_in_words: Some((4 * words).max(TRAVERSAL_WORDS_MIN)),
        nesting_limit: NESTING_MAX,
    };
    let message = Reader::new(segments, options);
    if message.get_root::<capnp::any_pointer::Reader<'_>>()?.is_null() {
        return Err(Malformed::new("the message has no root"));
    }
    Ok(message)
}

/// Cuts the body by its segment table.
fn split(bytes: &[u8]) -> Result<Segments<'_>, Malformed> {
    let number = |index: usize| {
        let bytes = bytes.get(4 * index..4 * index + 4)?;
        bytes.try_into().ok().map(u32::from_le_bytes).map(|number| number as usize)
    };
    let short = || Malformed::new("the message ends before its segment table does");
    let count = number(0).ok_or_else(short)?.saturating_add(1);
    if count > SEGMENTS_MAX {
        return Err(Malformed::new(format!("a message has at most {SEGMENTS_MAX} segments, not {count}")));
    }
    let mut parts: [&[u8]; SEGMENTS_MAX] = [&[]; SEGMENTS_MAX];
    // The table is padded to whole words.
    let mut rest = bytes.get((4 * (count + 1)).next_multiple_of(WORD)..).ok_or_else(short)?;
    for (index, part) in parts[..count].iter_mut().enumerate() {
        let len = number(index + 1).ok_or_else(short)?.saturating_mul(WORD);
        (*part, rest) = rest.split_at_checked(len).ok_or_else(|| {
            Malformed::new(format!("segment {index} has {len} bytes by the table, but only {} follow", rest.len()))
        })?;
    }
    if rest.is_empty() {
        Ok(Segments { parts, count })
    } else {
        Err(Malformed::new(format!("{} bytes follow after the message", rest.len())))
    }
}

/// A message to be written into one segment, if `words` are enough for all of it.
pub(crate) fn begin(words: usize) -> Builder<HeapAllocator> {
    // A message is far below the 4 GiB at which this would be cut.
    Builder::new(HeapAllocator::new().first_segment_words(u32::try_from(words).unwrap_or(u32::MAX).min(1 << 29)))
}

/// The bytes of the message, its segment table first.
pub(crate) fn end(message: &Builder<HeapAllocator>) -> Vec<u8> {
    let mut bytes = Vec::new();
    append(message, &mut bytes);
    bytes
}

/// Appends the bytes of the message, its segment table first.
pub(crate) fn append(message: &Builder<HeapAllocator>, bytes: &mut Vec<u8>) {
    match *message.get_segments_for_output() {
        [segment] => {
            bytes.reserve(WORD + segment.len());
            bytes.extend_from_slice(&[0; 4]);
            // A segment has at most 2^29 words.
            bytes.extend_from_slice(&u32::try_from(segment.len() / WORD).unwrap_or(u32::MAX).to_le_bytes());
            bytes.extend_from_slice(segment);
        }
        _ => bytes.extend_from_slice(&capnp::serialize::write_message_to_words(message)),
    }
}

/// The words that `bytes` bytes take with their pointer and the zero byte of a text.
pub(crate) const fn words(bytes: usize) -> usize {
    bytes / WORD + 2
}
