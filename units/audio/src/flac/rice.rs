//! Numbers about zero as few bits: Rice codes, in parts of a block with a parameter for each (RFC 9639, 9.2.7).

use super::bits::Bits;

/// The largest parameter of each way to write one: the next is kept for something else.
const NARROW_MAX: u32 = 14;
const WIDE_MAX: u32 = 30;

/// How a row is parted, and what each part is coded by.
#[derive(Debug, Default)]
pub(super) struct Parting {
    /// How often the block is halved.
    order: u32,
    parameters: Vec<u32>,
    /// What all takes, in bits.
    pub(super) bits: u64,
}

/// A number with its sign in the lowest bit.
#[inline(always)]
fn folded(number: i32) -> u32 {
    (number << 1 ^ number >> 31) as u32
}

/// How many numbers are summed side by side.
const LANES: usize = 16;

#[inline(always)]
fn folded_sum(part: &[i32]) -> u64 {
    let (chunks, rest) = part.as_chunks::<LANES>();
    let mut lanes = [0_u64; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] += u64::from(folded(chunk[lane]));
        }
    }
    let mut sum = 0;
    for lane in lanes {
        sum += lane;
    }
    for number in rest {
        sum += u64::from(folded(*number));
    }
    sum
}

/// The best parting of what is left of a block of `len` samples, halved at most `order_max` times.
///
/// A part's codes are counted by the sum of its numbers: at most half a bit a number more than there are.
#[inline(always)]
pub(super) fn parting(left: &[i32], len: usize, order_max: u32) -> Parting {
    let before = len - left.len();
    let order_max = (0..=order_max).rev().find(|order| {
        let parts = 1 << order;
        len.is_multiple_of(parts) && len / parts > before
    });
    let order_max = order_max.unwrap_or(0);
    let part_len = len >> order_max;
    let mut sums = Vec::with_capacity(1 << order_max);
    // The first part lacks what the prediction begins by.
    let (first, rest) = left.split_at(part_len - before);
    sums.push(folded_sum(first));
    for part in rest.chunks_exact(part_len) {
        sums.push(folded_sum(part));
    }
    let mut best = Parting { bits: u64::MAX, ..Parting::default() };
    for order in (0..=order_max).rev() {
        let coded = coded(&sums, len >> order, before, order);
        if coded.bits < best.bits {
            best = coded;
        }
        sums = sums.chunks(2).map(|pair| pair.iter().sum()).collect();
    }
    best
}

/// The parameters of parts of one length whose numbers have these sums.
fn coded(sums: &[u64], part_len: usize, before: usize, order: u32) -> Parting {
    let mut parting = Parting { order, parameters: Vec::with_capacity(sums.len()), bits: 6 };
    for (at, sum) in sums.iter().enumerate() {
        let count = (part_len - if at == 0 { before } else { 0 }) as u64;
        let (parameter, bits) = parameter(*sum, count);
        parting.parameters.push(parameter);
        parting.bits += bits;
    }
    let is_wide = parting.parameters.iter().any(|parameter| *parameter > NARROW_MAX);
    parting.bits += sums.len() as u64 * if is_wide { 5 } else { 4 };
    parting
}

/// The best parameter for so many numbers of a sum, and how many bits they take by it.
fn parameter(sum: u64, count: u64) -> (u32, u64) {
    if count == 0 {
        return (0, 0);
    }
    let bits = |parameter: u32| count * u64::from(parameter + 1) + (sum >> parameter);
    let about = (sum / count).checked_ilog2().unwrap_or(0).min(WIDE_MAX);
    let near = [about.saturating_sub(1), about, (about + 1).min(WIDE_MAX)];
    near.into_iter().map(|parameter| (parameter, bits(parameter))).min_by_key(|(_, bits)| *bits).unwrap_or((0, 0))
}

impl Parting {
    /// Writes what is left of a block of `len` samples.
    #[inline(always)]
    pub(super) fn write(&self, left: &[i32], len: usize, bits: &mut Bits) {
        let is_wide = self.parameters.iter().any(|parameter| *parameter > NARROW_MAX);
        bits.put(u32::from(is_wide), 2);
        bits.put(self.order, 4);
        let (part_len, before) = (len >> self.order, len - left.len());
        let mut rest = left;
        for (at, parameter) in self.parameters.iter().enumerate() {
            let count = part_len - if at == 0 { before } else { 0 };
            let (part, after) = rest.split_at(count);
            rest = after;
            bits.put(*parameter, if is_wide { 5 } else { 4 });
            for number in part {
                let number = folded(*number);
                let zeros = number >> parameter;
                let low = u64::from(number) & ((1 << parameter) - 1);
                if zeros + 1 + parameter <= 48 {
                    bits.put_long(1 << parameter | low, zeros + 1 + parameter);
                } else {
                    bits.put_unary(zeros);
                    bits.put_long(low, *parameter);
                }
            }
        }
    }
}
