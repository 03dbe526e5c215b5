//! Files without a frame. Symphonia reads on until it has seen one, and takes a file that ends before for one that is cut off.

use super::bits::crc8;
use super::{STREAMINFO_AT, STREAMINFO_LEN};

/// The longest head that is looked at: all of an empty file is one.
const HEAD_LEN_MAX: usize = 1 << 24;
/// Where in the figures the longest block is, and where the number of samples.
const BLOCK_AT: usize = 2;
const TOTAL_AT: usize = 13;

/// A file without a frame and the head of one that is never decoded, so that it can be opened; `None` where it has frames, or
/// says so.
pub(crate) fn opened(bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes.len() > HEAD_LEN_MAX || head_len(bytes)? != bytes.len() {
        return None;
    }
    let begin = STREAMINFO_AT as usize;
    let figures = bytes.get(begin..begin + STREAMINFO_LEN)?;
    // The number of samples has 36 bits, those before it are other figures'.
    if figures[TOTAL_AT] & 0x0f != 0 || figures[TOTAL_AT + 1..][..4] != [0; 4] {
        return None;
    }
    let block = u16::from_be_bytes([figures[BLOCK_AT], figures[BLOCK_AT + 1]]).checked_sub(1)?.to_be_bytes();
    let channels = figures[TOTAL_AT - 1] >> 1 & 7;
    // Blocks of one length are counted by frames, others by samples.
    let is_counted = figures[..BLOCK_AT] != figures[BLOCK_AT..][..2];
    // As many samples as the longest block has (RFC 9639, 9.1), all else as the figures say; the first of them is number 0.
    let mut frame = vec![0xff, 0xf8 | u8::from(is_counted), 0x70, channels << 4, 0, block[0], block[1]];
    frame.push(crc8(&frame));
    Some([bytes, &frame].concat())
}

/// How long the blocks before the first frame are together.
fn head_len(bytes: &[u8]) -> Option<usize> {
    if bytes.get(..4)? != b"fLaC" {
        return None;
    }
    let mut at = 4;
    loop {
        let [kind, high, middle, low] = *bytes.get(at..)?.first_chunk()?;
        at += 4 + u32::from_be_bytes([0, high, middle, low]) as usize;
        if kind & 0x80 != 0 {
            return Some(at);
        }
    }
}
