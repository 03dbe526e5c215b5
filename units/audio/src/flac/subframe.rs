//! One channel of a frame: the shortest of the ways to say it.

use super::Effort;
use super::bits::Bits;
use super::predict::{
    ORDER_MAX, Predictor, autocorrelation, fixed_sums, left_fixed, left_narrow, left_wide, levinson, quantised,
};
use super::rice::{Parting, parting};

/// What a subframe is.
enum Kind {
    Constant,
    Verbatim,
    Fixed(usize),
    Linear(Predictor),
}

/// A subframe that is ready to be written.
pub(super) struct Subframe {
    kind: Kind,
    samples: Vec<i32>,
    left: Vec<i32>,
    parting: Parting,
    /// Bits of a sample.
    width: u32,
    /// How many of its lowest bits are zero in all samples.
    wasted: u32,
    /// What it takes, in bits.
    pub(super) bits: u64,
}

impl Subframe {
    /// The shortest that is looked for.
    #[inline(always)]
    pub(super) fn of(mut samples: Vec<i32>, width: u32, effort: &Effort, window: &[f64]) -> Self {
        let (mut any, mut differs) = (0, 0);
        for sample in &samples {
            any |= sample;
            differs |= sample ^ samples[0];
        }
        let is_constant = differs == 0;
        let wasted = if any == 0 || is_constant { 0 } else { any.trailing_zeros() };
        if wasted > 0 {
            samples.iter_mut().for_each(|sample| *sample >>= wasted);
        }
        let width = width - wasted;
        let bits = u64::from(if is_constant { width } else { width * samples.len() as u32 });
        let kind = if is_constant { Kind::Constant } else { Kind::Verbatim };
        let (left, parting) = (Vec::new(), Parting::default());
        let mut best = Self { kind, samples, left, parting, width, wasted, bits };
        if !is_constant {
            best.try_fixed(effort);
            best.try_linear(effort, window);
        }
        best
    }

    #[inline(always)]
    fn try_fixed(&mut self, effort: &Effort) {
        let sums = fixed_sums(&self.samples);
        let order = (0..sums.len()).min_by_key(|order| sums[*order]).unwrap_or(0);
        if order >= self.samples.len() {
            return;
        }
        let mut left = Vec::new();
        left_fixed(&self.samples, order, &mut left);
        self.offer(Kind::Fixed(order), left, order as u32 * self.width, effort);
    }

    #[inline(always)]
    fn try_linear(&mut self, effort: &Effort, window: &[f64]) {
        let len = self.samples.len();
        let order_max = effort.order.min(len / 2);
        if order_max == 0 {
            return;
        }
        let mut windowed = vec![0.0; len];
        for at in 0..len {
            windowed[at] = f64::from(self.samples[at]) * window[at];
        }
        let mut sums = [0.0; ORDER_MAX + 1];
        autocorrelation(&windowed, order_max, &mut sums);
        let precision = precision(self.width, len);
        let found = levinson(&sums, order_max);
        let Some((factors, _)) = found.iter().min_by(|one, other| {
            expected(one, len, self.width + precision).total_cmp(&expected(other, len, self.width + precision))
        }) else {
            return;
        };
        let Some(predictor) = quantised(factors, precision) else { return };
        let order = factors.len();
        let mut left = Vec::new();
        if self.width + precision + (order as u32).next_power_of_two().ilog2() <= 32 {
            left_narrow(&self.samples, &predictor, &mut left);
        } else if !left_wide(&self.samples, &predictor, &mut left) {
            return;
        }
        let head = order as u32 * (self.width + precision) + 9;
        self.offer(Kind::Linear(predictor), left, head, effort);
    }

    /// Takes what is left in place of what is best so far, where it is shorter.
    #[inline(always)]
    fn offer(&mut self, kind: Kind, left: Vec<i32>, head: u32, effort: &Effort) {
        let parting = parting(&left, self.samples.len(), effort.parts);
        let bits = u64::from(head) + parting.bits;
        if bits < self.bits {
            (self.kind, self.left, self.parting, self.bits) = (kind, left, parting, bits);
        }
    }

    /// Writes it.
    #[inline(always)]
    pub(super) fn write(&self, bits: &mut Bits) {
        let kind = match &self.kind {
            Kind::Constant => 0,
            Kind::Verbatim => 1,
            Kind::Fixed(order) => 0b1000 | *order as u32,
            Kind::Linear(predictor) => 0b10_0000 | (predictor.factors.len() as u32 - 1),
        };
        bits.put(kind, 7);
        bits.put(u32::from(self.wasted > 0), 1);
        if self.wasted > 0 {
            bits.put_unary(self.wasted - 1);
        }
        let as_they_are = match &self.kind {
            Kind::Constant => 1,
            Kind::Verbatim => self.samples.len(),
            Kind::Fixed(order) => *order,
            Kind::Linear(predictor) => predictor.factors.len(),
        };
        self.samples[..as_they_are].iter().for_each(|sample| bits.put_signed(i64::from(*sample), self.width));
        if let Kind::Linear(Predictor { factors, precision, shift }) = &self.kind {
            bits.put(precision - 1, 4);
            bits.put(*shift, 5);
            factors.iter().for_each(|factor| bits.put_signed(i64::from(*factor), *precision));
        }
        if matches!(self.kind, Kind::Fixed(_) | Kind::Linear(_)) {
            self.parting.write(&self.left, self.samples.len(), bits);
        }
    }
}

/// How many bits a factor has, as the reference encoder chooses them.
fn precision(width: u32, len: usize) -> u32 {
    match (width, len) {
        (17.., ..=384) => 13,
        (17.., ..=1152) => 14,
        (18.., _) => 15,
        (_, ..=192) => 7,
        (_, ..=384) => 8,
        (_, ..=576) => 9,
        (_, ..=1152) => 10,
        (_, ..=2304) => 11,
        _ => 12,
    }
}

/// About how many bits a prediction leads to whose power is what is left over: numbers spread as Laplace's law has it.
fn expected((factors, left): &(Vec<f64>, f64), len: usize, head: u32) -> f64 {
    let scale = 0.5 * std::f64::consts::LN_2 * std::f64::consts::LN_2 / len as f64;
    let each = if *left > 0.0 { (0.5 * (scale * left).log2()).max(0.0) } else { 0.0 };
    each * (len - factors.len()) as f64 + f64::from(head) * factors.len() as f64
}
