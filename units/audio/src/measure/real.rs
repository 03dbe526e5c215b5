//! Spectra of real samples by complex transforms of half the length. What makes the one of the other is written for several
//! numbers at once; `realfft` takes one pair after the other there, which lasts as long as the transform itself. It serves where a
//! length is odd.

use std::f64::consts::TAU;
use std::sync::Arc;

use inos_unit::Fault;
use pulp::{Arch, Simd, WithSimd, bytemuck};
use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftPlanner};

/// Transforms of one length, each of samples that a window weighs.
pub(super) enum Real {
    Even(Halves),
    Odd { fft: Arc<dyn RealToComplex<f32>>, frame: Vec<f32>, scratch: Vec<Complex<f32>> },
}

/// Two samples as one complex number.
pub(super) struct Halves {
    fft: Arc<dyn Fft<f32>>,
    packed: Vec<Complex<f32>>,
    made: Vec<Complex<f32>>,
    /// The second half of what was made, from its end on.
    mirror: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    turns: Turns,
}

/// Half of `e^(-2 pi i k / length)` for k from 1 on, its parts apart.
struct Turns {
    re: Vec<f32>,
    im: Vec<f32>,
}

impl Real {
    pub(super) fn new(length: usize) -> Self {
        if !length.is_multiple_of(2) {
            let fft = RealFftPlanner::new().plan_fft_forward(length);
            return Self::Odd { frame: fft.make_input_vec(), scratch: fft.make_scratch_vec(), fft };
        }
        let half = length / 2;
        let fft = FftPlanner::new().plan_fft_forward(half);
        let turn = |at: usize| TAU * at as f64 / length as f64;
        let pairs = 1..=half.saturating_sub(1) / 2;
        let turns = Turns {
            re: pairs.clone().map(|at| (0.5 * turn(at).cos()) as f32).collect(),
            im: pairs.map(|at| (-0.5 * turn(at).sin()) as f32).collect(),
        };
        let (packed, made) = (vec![Complex::default(); half], vec![Complex::default(); half]);
        let scratch = vec![Complex::default(); fft.get_outofplace_scratch_len()];
        let mirror = vec![Complex::default(); turns.re.len()];
        Self::Even(Halves { fft, packed, made, mirror, scratch, turns })
    }

    /// The frequencies from 0 to half of the rate: one more than half of the length.
    pub(super) fn spectrum(
        &mut self,
        samples: &[f32],
        window: &[f32],
        spectrum: &mut [Complex<f32>],
    ) -> Result<(), Fault> {
        match self {
            Self::Even(Halves { fft, packed, made, mirror, scratch, turns }) => {
                Arch::new().dispatch(Weigh { samples, window, to: bytemuck::cast_slice_mut(packed) });
                fft.process_outofplace_with_scratch(packed, made, scratch);
                Arch::new().dispatch(Part { made, mirror, turns, spectrum });
                Ok(())
            }
            Self::Odd { fft, frame, scratch } => {
                Arch::new().dispatch(Weigh { samples, window, to: frame });
                let done = fft.process_with_scratch(frame, spectrum, scratch);
                done.map_err(|error| Fault::Broken(format!("a transform failed: {error}")))
            }
        }
    }
}

/// The square of each number times a factor, or the root of that.
pub(super) fn powers(spectrum: &[Complex<f32>], factor: f32, is_root: bool, row: &mut Vec<f32>) {
    row.resize(spectrum.len(), 0.0);
    Arch::new().dispatch(Powers { spectrum, factor, is_root, row });
}

struct Weigh<'a> {
    samples: &'a [f32],
    window: &'a [f32],
    to: &'a mut [f32],
}

impl WithSimd for Weigh<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { samples, window, to } = self;
        for ((to, sample), factor) in to.iter_mut().zip(samples).zip(window) {
            *to = sample * factor;
        }
    }
}

struct Powers<'a> {
    spectrum: &'a [Complex<f32>],
    factor: f32,
    is_root: bool,
    row: &'a mut [f32],
}

impl WithSimd for Powers<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { spectrum, factor, is_root, row } = self;
        for (to, number) in row.iter_mut().zip(spectrum) {
            *to = (number.re * number.re + number.im * number.im) * factor;
        }
        if is_root {
            for value in row {
                *value = value.sqrt();
            }
        }
    }
}

/// What the halves were is put apart: one spectrum is that of the even samples, the other that of the odd ones.
struct Part<'a> {
    made: &'a [Complex<f32>],
    mirror: &'a mut [Complex<f32>],
    turns: &'a Turns,
    spectrum: &'a mut [Complex<f32>],
}

impl WithSimd for Part<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { made, mirror, turns, spectrum } = self;
        let (half, pairs) = (made.len(), turns.re.len());
        let first = made[0];
        spectrum[0] = Complex::new(first.re + first.im, 0.0);
        spectrum[half] = Complex::new(first.re - first.im, 0.0);
        if half.is_multiple_of(2) {
            spectrum[half / 2] = made[half / 2].conj();
        }
        // Three plain loops, each of which is compiled for several numbers at once; one that reads backwards is not.
        for (to, from) in mirror.iter_mut().zip(made[half - pairs..].iter().rev()) {
            *to = *from;
        }
        pair(&made[1..=pairs], mirror, turns, &mut spectrum[1..=pairs]);
        for (to, from) in spectrum[half - pairs..half].iter_mut().zip(mirror.iter().rev()) {
            *to = *from;
        }
    }
}

/// Each number with the one as far from the end, which lies beside it.
#[inline(always)]
fn pair(front: &[Complex<f32>], mirror: &mut [Complex<f32>], turns: &Turns, low: &mut [Complex<f32>]) {
    for ((((one, other), re), im), low) in front.iter().zip(mirror).zip(&turns.re).zip(&turns.im).zip(low) {
        let (sum_re, sum_im) = (0.5 * (one.re + other.re), one.im + other.im);
        let (diff_re, diff_im) = (one.re - other.re, 0.5 * (one.im - other.im));
        let turned_re = sum_im * re + diff_re * im;
        let turned_im = sum_im * im - diff_re * re;
        *low = Complex::new(sum_re + turned_re, diff_im + turned_im);
        *other = Complex::new(sum_re - turned_re, turned_im - diff_im);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_has_the_spectrum_of_its_definition() {
        let mut random = fastrand::Rng::with_seed(5);
        for length in (1..=70).chain([126, 127, 128, 258, 1000]) {
            let samples: Vec<f32> = (0..length).map(|_| random.f32() - 0.5).collect();
            let window: Vec<f32> = (0..length).map(|_| random.f32()).collect();
            let mut spectrum = vec![Complex::default(); length / 2 + 1];
            Real::new(length).spectrum(&samples, &window, &mut spectrum).unwrap();
            for (bin, number) in spectrum.iter().enumerate() {
                let wanted: Complex<f64> = samples
                    .iter()
                    .zip(&window)
                    .enumerate()
                    .map(|(at, (sample, factor))| {
                        let turn = -TAU * ((at * bin) % length) as f64 / length as f64;
                        Complex::from_polar(f64::from(sample * factor), turn)
                    })
                    .sum();
                let off = (Complex::new(f64::from(number.re), f64::from(number.im)) - wanted).norm();
                assert!(off < 1e-5 * (length as f64).sqrt(), "{length} {bin}: {number} for {wanted}");
            }
        }
    }
}
