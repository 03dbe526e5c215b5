//! What is left of a row of samples once each is foretold by those before it: differences of a fixed order, or a linear
//! prediction whose factors are found by the autocorrelation (Norman Levinson, 1947; James Durbin, 1960).

/// The highest order of a linear prediction here.
pub(super) const ORDER_MAX: usize = 12;
/// How many numbers are worked on side by side.
const LANES: usize = 16;

/// A linear prediction: each sample is about the sum of those before it times whole factors, shifted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Predictor {
    pub(super) factors: Vec<i32>,
    pub(super) precision: u32,
    pub(super) shift: u32,
}

/// A window that is flat in its middle half: each end is a quarter of a cosine's rise (Tukey).
pub(super) fn tukey(len: usize) -> Vec<f64> {
    let rise = len / 4;
    let factor = |at: usize| {
        let from_end = at.min(len - 1 - at);
        if from_end >= rise {
            return 1.0;
        }
        0.5 - 0.5 * (std::f64::consts::PI * (from_end as f64 + 0.5) / rise as f64).cos()
    };
    (0..len).map(factor).collect()
}

/// How a windowed row resembles itself some samples later, from 0 to `order` later.
#[inline(always)]
pub(super) fn autocorrelation(windowed: &[f64], order: usize, sums: &mut [f64; ORDER_MAX + 1]) {
    for (lag, sum) in sums.iter_mut().enumerate().take(order + 1) {
        let (one, other) = (&windowed[..windowed.len().saturating_sub(lag)], windowed.get(lag..).unwrap_or(&[]));
        let ((ones, one), (others, other)) = (one.as_chunks::<LANES>(), other.as_chunks::<LANES>());
        let mut lanes = [0.0; LANES];
        for (one, other) in ones.iter().zip(others) {
            for lane in 0..LANES {
                lanes[lane] += one[lane] * other[lane];
            }
        }
        *sum = lanes.iter().sum::<f64>() + one.iter().zip(other).map(|(one, other)| one * other).sum::<f64>();
    }
}

/// The factors of every order up to `order`, and the power that each leaves.
pub(super) fn levinson(sums: &[f64; ORDER_MAX + 1], order: usize) -> Vec<(Vec<f64>, f64)> {
    let (mut factors, mut left, mut found) = (Vec::with_capacity(order), sums[0], Vec::with_capacity(order));
    for at in 0..order {
        if left <= 0.0 || !left.is_finite() {
            break;
        }
        let told: f64 = factors.iter().enumerate().map(|(back, factor)| factor * sums[at - back]).sum();
        let reflection = (sums[at + 1] - told) / left;
        let before: Vec<f64> = factors.clone();
        for (factor, mirrored) in factors.iter_mut().zip(before.iter().rev()) {
            *factor -= reflection * mirrored;
        }
        factors.push(reflection);
        left *= 1.0 - reflection * reflection;
        found.push((factors.clone(), left));
    }
    found
}

/// Factors as whole numbers of `precision` bits, what is lost by rounding one carried to the next; none where they are too
/// large or no numbers.
pub(super) fn quantised(factors: &[f64], precision: u32) -> Option<Predictor> {
    let largest = factors.iter().fold(0.0_f64, |largest, factor| largest.max(factor.abs()));
    if largest == 0.0 || !largest.is_finite() {
        return None;
    }
    // A bit is the sign's.
    let shift = (precision as i32 - 2 - largest.log2().floor() as i32).min(15);
    if shift < 0 {
        return None;
    }
    let (most, scale) = (f64::from((1 << (precision - 1)) - 1), f64::from(1 << shift));
    let mut lost = 0.0;
    let rounded = factors.iter().map(|factor| {
        let wanted = factor * scale + lost;
        let whole = wanted.round().clamp(-most - 1.0, most);
        lost = wanted - whole;
        whole as i32
    });
    Some(Predictor { factors: rounded.collect(), precision, shift: shift as u32 })
}

/// What is left of each sample after the first ones; in whole numbers of 32 bits, which must be wide enough.
#[inline(always)]
pub(super) fn left_narrow(samples: &[i32], predictor: &Predictor, left: &mut Vec<i32>) {
    let order = predictor.factors.len();
    left.clear();
    left.resize(samples.len() - order, 0);
    let (chunks, rest) = left.as_chunks_mut::<LANES>();
    let whole = chunks.len() * LANES;
    for (chunk, left) in chunks.iter_mut().enumerate() {
        let base = order + chunk * LANES;
        let mut told = [0_i32; LANES];
        for (back, factor) in predictor.factors.iter().enumerate() {
            let before = &samples[base - 1 - back..base - 1 - back + LANES];
            for lane in 0..LANES {
                told[lane] = told[lane].wrapping_add(factor.wrapping_mul(before[lane]));
            }
        }
        for lane in 0..LANES {
            left[lane] = samples[base + lane].wrapping_sub(told[lane] >> predictor.shift);
        }
    }
    for (at, left) in rest.iter_mut().enumerate() {
        let at = order + whole + at;
        let told = predictor.factors.iter().enumerate();
        let told =
            told.fold(0_i32, |told, (back, factor)| told.wrapping_add(factor.wrapping_mul(samples[at - 1 - back])));
        *left = samples[at].wrapping_sub(told >> predictor.shift);
    }
}

/// The same in 64 bits; `false` where something that is left is too large to be coded.
#[inline(always)]
pub(super) fn left_wide(samples: &[i32], predictor: &Predictor, left: &mut Vec<i32>) -> bool {
    let order = predictor.factors.len();
    left.clear();
    left.reserve(samples.len() - order);
    for at in order..samples.len() {
        let told = predictor.factors.iter().enumerate();
        let told: i64 = told.map(|(back, factor)| i64::from(*factor) * i64::from(samples[at - 1 - back])).sum();
        let Ok(rest) = i32::try_from(i64::from(samples[at]) - (told >> predictor.shift)) else { return false };
        left.push(rest);
    }
    true
}

/// How much differences of each order up to 4 leave, summed without signs.
#[inline(always)]
pub(super) fn fixed_sums(samples: &[i32]) -> [u64; 5] {
    let mut sums = [0_u64; 5];
    // All orders are asked about the same samples.
    let mut at = 0;
    while at + LANES + 4 <= samples.len() {
        let chunk = &samples[at..at + LANES + 4];
        at += LANES;
        let mut lanes = [[0_u32; LANES]; 5];
        for lane in 0..LANES {
            let [a, b, c, d, e] = [chunk[lane + 4], chunk[lane + 3], chunk[lane + 2], chunk[lane + 1], chunk[lane]];
            lanes[0][lane] = a.unsigned_abs();
            lanes[1][lane] = (a - b).unsigned_abs();
            lanes[2][lane] = (a - 2 * b + c).unsigned_abs();
            lanes[3][lane] = (a - 3 * b + 3 * c - d).unsigned_abs();
            lanes[4][lane] = (a - 4 * b + 6 * c - 4 * d + e).unsigned_abs();
        }
        for order in 0..5 {
            for lane in lanes[order] {
                sums[order] += u64::from(lane);
            }
        }
    }
    sums
}

/// What differences of an order leave of each sample after the first ones.
#[inline(always)]
pub(super) fn left_fixed(samples: &[i32], order: usize, left: &mut Vec<i32>) {
    left.clear();
    left.resize(samples.len() - order, 0);
    let at = |back: usize| &samples[order - back..samples.len() - back];
    let (a, b, c, d, e) = (at(0), at(1.min(order)), at(2.min(order)), at(3.min(order)), at(4.min(order)));
    for index in 0..left.len() {
        left[index] = match order {
            0 => a[index],
            1 => a[index] - b[index],
            2 => a[index] - 2 * b[index] + c[index],
            3 => a[index] - 3 * b[index] + 3 * c[index] - d[index],
            _ => a[index] - 4 * b[index] + 6 * c[index] - 4 * d[index] + e[index],
        };
    }
}
