//! Whether a JPEG is all there: ITU-T T.81, B.1 and B.2, without a look at what its parts say.

/// The marker that ends a picture.
const END: u8 = 0xd9;
/// The marker after which pixels follow.
const SCAN: u8 = 0xda;

/// Whether the parts of a file follow each other up to its end marker; what comes after that is no part of it.
pub(super) fn has_end(bytes: &[u8]) -> bool {
    // The first marker has been looked at: without it the file would be no JPEG.
    let mut at = 2;
    loop {
        let Some(marker) = next_marker(bytes, &mut at) else { return false };
        match marker {
            END => return true,
            // These stand alone: restarts, and what has no length.
            0x01 | 0xd0..=0xd8 => {}
            marker => {
                let Some([high, low]) = bytes.get(at..at + 2).and_then(|pair| pair.as_array::<2>()) else {
                    return false;
                };
                at += usize::from(u16::from_be_bytes([*high, *low]));
                if marker == SCAN {
                    skip_pixels(bytes, &mut at);
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
