//! One frame: a head, a subframe for each channel, and two sums that show what was damaged.

use pulp::{Arch, WithSimd};

use super::bits::{Bits, crc8, crc16};
use super::predict::{fixed_sums, tukey};
use super::subframe::Subframe;
use super::{Effort, Settings, Stereo};

/// How two channels are written: as left and right, or one of them and what lies between.
const APART: u32 = 1;
const LEFT_SIDE: u32 = 8;
const SIDE_RIGHT: u32 = 9;
const MIDDLE_SIDE: u32 = 10;

/// Samples that become a frame.
pub(super) struct Frame<'f> {
    pub(super) rows: Vec<&'f [i32]>,
    pub(super) number: u64,
    pub(super) settings: &'f Settings,
    pub(super) effort: &'f Effort,
    pub(super) window: &'f [f64],
}

/// A way to write two channels: rows, each with whether it is what lies between, where these are not the channels.
struct Way {
    assignment: u32,
    rows: Vec<(Vec<i32>, bool)>,
}

impl WithSimd for &Frame<'_> {
    type Output = Vec<u8>;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> Vec<u8> {
        self.made()
    }
}

impl Frame<'_> {
    /// The frame as it lies in a file, made by the widest instructions that the processor has.
    pub(super) fn bytes(&self) -> Vec<u8> {
        Arch::new().dispatch(self)
    }

    // Nothing on this way is a closure: a closure is compiled by itself, and not for the processor that is there.
    #[inline(always)]
    fn made(&self) -> Vec<u8> {
        let len = self.rows[0].len();
        // The last frame is shorter than the others.
        let own = if len == self.window.len() { Vec::new() } else { tukey(len) };
        let window = if own.is_empty() { self.window } else { &own };
        let (assignment, subframes) = self.subframes(window);
        let mut bits = Bits::with_capacity(len * self.rows.len() * 2);
        self.write_head(assignment, &mut bits);
        for subframe in &subframes {
            subframe.write(&mut bits);
        }
        let sum = crc16(bits.align());
        bits.put(u32::from(sum), 16);
        bits.into_bytes()
    }

    #[inline(always)]
    fn subframes(&self, window: &[f64]) -> (u32, Vec<Subframe>) {
        let (width, effort) = (self.settings.bits, self.effort);
        // What two channels have in common is said once; nothing is known of three.
        let way = match self.rows[..] {
            [left, right] => self.way(left, right, window),
            _ => Way { assignment: self.rows.len() as u32 - 1, rows: Vec::new() },
        };
        let mut subframes = Vec::with_capacity(self.rows.len());
        match way.assignment {
            LEFT_SIDE | SIDE_RIGHT | MIDDLE_SIDE => {
                for (row, is_side) in way.rows {
                    subframes.push(Subframe::of(row, width + u32::from(is_side), effort, window));
                }
            }
            _ => {
                for row in &self.rows {
                    subframes.push(Subframe::of(row.to_vec(), width, effort, window));
                }
            }
        }
        (way.assignment, subframes)
    }

    /// The shortest way to write two channels.
    #[inline(always)]
    fn way(&self, left: &[i32], right: &[i32], window: &[f64]) -> Way {
        if self.effort.stereo == Stereo::Apart {
            return Way { assignment: APART, rows: Vec::new() };
        }
        let (mut side, mut middle) = (vec![0; left.len()], vec![0; left.len()]);
        for at in 0..left.len() {
            side[at] = left[at] - right[at];
            middle[at] = (left[at] + right[at]) >> 1;
        }
        let mut costs = [0; 4];
        for (cost, (row, is_side)) in costs.iter_mut().zip([(left, 0), (right, 0), (&side, 1), (&middle, 0)]) {
            *cost = match self.effort.stereo {
                Stereo::Tried => Subframe::of(row.to_vec(), self.settings.bits + is_side, self.effort, window).bits,
                _ => about_bits(fixed_sums(row), row.len()),
            };
        }
        let assignment = best(costs);
        let rows = match assignment {
            LEFT_SIDE => vec![(left.to_vec(), false), (side, true)],
            SIDE_RIGHT => vec![(side, true), (right.to_vec(), false)],
            MIDDLE_SIDE => vec![(middle, false), (side, true)],
            _ => Vec::new(),
        };
        Way { assignment, rows }
    }

    /// The frame's head (RFC 9639, 9.1).
    fn write_head(&self, assignment: u32, bits: &mut Bits) {
        let len = self.rows[0].len() as u32;
        let block = match len {
            1152 => 0b0011,
            4096 => 0b1100,
            _ => 0b0111,
        };
        let (rate, rate_bits) = rate_code(self.settings.rate);
        bits.put(0b11_1111_1111_1110, 14);
        bits.put(0, 2);
        bits.put(block, 4);
        bits.put(rate, 4);
        bits.put(assignment, 4);
        bits.put(if self.settings.bits == 16 { 0b100 } else { 0b110 }, 3);
        bits.put(0, 1);
        put_number(self.number, bits);
        if block == 0b0111 {
            bits.put(len - 1, 16);
        }
        if let Some((number, count)) = rate_bits {
            bits.put(number, count);
        }
        let sum = crc8(bits.align());
        bits.put(u32::from(sum), 8);
    }
}

/// About how many bits so many samples take of which differences leave these sums.
fn about_bits(sums: [u64; 5], len: usize) -> u64 {
    let least = sums.into_iter().min().unwrap_or(0);
    let mean = least as f64 / len as f64;
    ((mean + 1.0).log2() * len as f64) as u64
}

/// The shortest way to write two channels, of the costs of left, right, side and middle.
fn best([left, right, side, middle]: [u64; 4]) -> u32 {
    let ways =
        [(APART, left + right), (LEFT_SIDE, left + side), (SIDE_RIGHT, side + right), (MIDDLE_SIDE, middle + side)];
    ways.into_iter().min_by_key(|(_, cost)| *cost).map_or(APART, |(way, _)| way)
}

/// The code of a rate, and what follows the head where that does not say it.
fn rate_code(rate: u32) -> (u32, Option<(u32, u32)>) {
    match rate {
        88_200 => (1, None),
        176_400 => (2, None),
        192_000 => (3, None),
        8_000 => (4, None),
        16_000 => (5, None),
        22_050 => (6, None),
        24_000 => (7, None),
        32_000 => (8, None),
        44_100 => (9, None),
        48_000 => (10, None),
        96_000 => (11, None),
        rate if rate % 1000 == 0 && rate <= 255_000 => (12, Some((rate / 1000, 8))),
        rate if rate <= 65_535 => (13, Some((rate, 16))),
        rate if rate % 10 == 0 => (14, Some((rate / 10, 16))),
        // The file's figures say it.
        _ => (0, None),
    }
}

/// A frame's number, coded as UTF-8 would a letter of up to 36 bits.
fn put_number(number: u64, bits: &mut Bits) {
    if number < 0x80 {
        return bits.put(number as u32, 8);
    }
    // A byte that follows has 6 bits, the first one less for each that follows.
    let following = (1..=6).find(|following| number < 1 << (6 * following + 6 - following)).unwrap_or(6);
    let mark = 0xff_u32 << (7 - following) & 0xff;
    bits.put(mark | (number >> (6 * following)) as u32, 8);
    for at in (0..following).rev() {
        bits.put(0x80 | (number >> (6 * at) & 0x3f) as u32, 8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_coded_as_letters_are() {
        for letter in ['a', '\u{7f}', '\u{80}', '\u{7ff}', '\u{800}', '\u{ffff}', '\u{10000}', '\u{10ffff}'] {
            let mut bits = Bits::default();
            put_number(u64::from(u32::from(letter)), &mut bits);
            assert_eq!(bits.into_bytes(), letter.to_string().as_bytes(), "{letter:?}");
        }
        let mut bits = Bits::default();
        put_number((1 << 36) - 1, &mut bits);
        assert_eq!(bits.into_bytes(), [0xfe, 0xbf, 0xbf, 0xbf, 0xbf, 0xbf, 0xbf]);
    }
}
