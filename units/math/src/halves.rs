//! The spectrum of an even number of real samples, from that of half as many complex ones, which they are by turns the real and
//! the imaginary parts of.

use std::sync::Arc;

use pulp::Arch;
use realfft::FftNum;
use realfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

/// The tables of one length.
pub(crate) struct Halves<T> {
    fft: Arc<dyn Fft<T>>,
    /// Half of the turn by which odd samples come behind even ones, for each frequency of the lower half but zero: the real parts,
    /// and the imaginary ones.
    turns: [Vec<T>; 2],
}

impl<T: FftNum> Halves<T> {
    /// Those of an even number of samples.
    pub(crate) fn new(length: usize) -> Self {
        let half = length / 2;
        let turns = |part: fn(f64) -> f64| {
            let angles = (1..half.div_ceil(2)).map(|k| -std::f64::consts::TAU * k as f64 / length as f64);
            angles.map(|angle| T::from_f64(part(angle) / 2.0).unwrap_or_else(T::zero)).collect()
        };
        Self { fft: FftPlanner::new().plan_fft_forward(half), turns: [turns(libm::cos), turns(libm::sin)] }
    }

    /// How many numbers `run` needs aside.
    pub(crate) fn scratch_len(&self) -> usize {
        self.fft.get_immutable_scratch_len()
    }

    /// The lower half of the spectrum of samples, and one more.
    pub(crate) fn run(&self, samples: &[Complex<T>], spectrum: &mut [Complex<T>], scratch: &mut [Complex<T>]) {
        let half = samples.len();
        self.fft.process_immutable_with_scratch(samples, &mut spectrum[..half], scratch);
        let Complex { re, im } = spectrum[0];
        spectrum[0] = Complex::new(re + im, T::zero());
        spectrum[half] = Complex::new(re - im, T::zero());
        if half.is_multiple_of(2) {
            spectrum[half / 2] = spectrum[half / 2].conj();
        }
        let (low, high) = spectrum[1..half].split_at_mut((half - 1) / 2);
        let middle = high.len() - low.len();
        let [re, im] = &self.turns;
        Arch::new().dispatch(
            #[inline(always)]
            || part(low, &mut high[middle..], re, im),
        );
    }
}

/// Takes the spectra of even and of odd samples apart, at each frequency and at the one as far from the other end, and puts together
/// what these make: plain loops, which the compiler turns into the processor's widest vectors.
#[inline(always)]
fn part<T: FftNum>(low: &mut [Complex<T>], high: &mut [Complex<T>], re: &[T], im: &[T]) {
    let half = T::one() / (T::one() + T::one());
    for (((low, high), re), im) in low.iter_mut().zip(high.iter_mut().rev()).zip(re).zip(im) {
        let even = Complex::new((low.re + high.re) * half, (low.im - high.im) * half);
        let odd = Complex::new(low.im + high.im, high.re - low.re);
        let turned = Complex::new(*re * odd.re - *im * odd.im, *re * odd.im + *im * odd.re);
        *low = Complex::new(even.re + turned.re, even.im + turned.im);
        *high = Complex::new(even.re - turned.re, turned.im - even.im);
    }
}
