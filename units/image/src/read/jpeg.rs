//! Whether a JPEG is all there: ITU-T T.81, B.1 and B.2, without a look at what its parts say.

/// The marker that ends a picture.
const END: u8 = 0xd9;
/// The marker after which pixels follow.
const SCAN: u8 = 0xda;

/// How many bytes of pixels there are in the parts of a file up to its end marker, where it has one; what comes after that is no
/// part of it.
pub(super) fn pixel_bytes(bytes: &[u8]) -> Option<u64> {
    // The first marker has been looked at: without it the file would be no JPEG.
    let (mut at, mut sum) = (2, 0);
    loop {
        let marker = next_marker(bytes, &mut at)?;
        match marker {
            END => return Some(sum),
            // These stand alone: restarts, and what has no length.
            0x01 | 0xd0..=0xd8 => {}
            marker => {
                let len = bytes.get(at..at + 2)?.as_array::<2>()?;
                at += usize::from(u16::from_be_bytes(*len));
                if marker == SCAN {
                    let begin = at;
                    skip_pixels(bytes, &mut at);
                    sum += at.saturating_sub(begin) as u64;
                }
            }
        }
    }
}

/// Any number of 0xff and what follows them; before these may lie what a careless program left there.
fn next_marker(bytes: &[u8], at: &mut usize) -> Option<u8> {
    let rest = bytes.get(*at..)?;
    let begin = rest.iter().position(|byte| *byte == 0xff)?;
    let len = rest[begin..].iter().position(|byte| *byte != 0xff)?;
    *at += begin + len + 1;
    Some(rest[begin + len])
}

/// Up to a marker that is none of pixels: 0xff before 0 is a byte of theirs, and restarts lie among them.
fn skip_pixels(bytes: &[u8], at: &mut usize) {
    while let Some(place) = bytes.get(*at..).and_then(|rest| rest.iter().position(|byte| *byte == 0xff)) {
        *at += place;
        match bytes.get(*at + 1) {
            Some(0 | 0xd0..=0xd7) => *at += 2,
            _ => return,
        }
    }
    *at = bytes.len();
}

/// Whether so many bytes can hold a picture of this size: each block of 8 x 8 pixels takes a bit at least, its mean.
pub(super) fn can_hold(pixel_bytes: u64, width: u32, height: u32) -> bool {
    8 * pixel_bytes >= u64::from(width.div_ceil(8)) * u64::from(height.div_ceil(8))
}
