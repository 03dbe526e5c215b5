//! Convolution in the frequency domain, answers parted into blocks of one length (uniformly partitioned overlap-save, after Frank
//! Wefers, "Partitioned convolution algorithms for real-time auralization", 2015).

use std::sync::Arc;

use inos_unit::Fault;
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

pub(crate) type Spectrum = Vec<Complex<f64>>;

/// The transforms for blocks of one length.
pub(crate) struct Parted {
    block: usize,
    forward: Arc<dyn RealToComplex<f64>>,
    back: Arc<dyn ComplexToReal<f64>>,
}

/// What was heard lately.
pub(crate) struct Heard {
    /// The spectra of the last blocks, the newest at `at`.
    spectra: Vec<Spectrum>,
    at: usize,
    /// The last two blocks as they came.
    window: Vec<f64>,
}

impl Parted {
    pub(crate) fn new(block: usize) -> Self {
        let mut planner = RealFftPlanner::new();
        Self { block, forward: planner.plan_fft_forward(2 * block), back: planner.plan_fft_inverse(2 * block) }
    }

    /// The spectra of an answer's parts, scaled so that going there and back changes nothing.
    pub(crate) fn answer(&self, answer: &[f64]) -> Result<Vec<Spectrum>, Fault> {
        let scale = 1.0 / (2 * self.block) as f64;
        let spectrum = |part: &[f64]| {
            let mut padded = vec![0.0; 2 * self.block];
            padded.iter_mut().zip(part).for_each(|(padded, sample)| *padded = sample * scale);
            let mut spectrum = self.forward.make_output_vec();
            self.forward.process(&mut padded, &mut spectrum).map_err(broken)?;
            Ok(spectrum)
        };
        answer.chunks(self.block).map(spectrum).collect()
    }

    /// Silence, as long as answers of so many parts look back.
    pub(crate) fn silence(&self, parts: usize) -> Heard {
        Heard { spectra: vec![self.forward.make_output_vec(); parts], at: 0, window: vec![0.0; 2 * self.block] }
    }

    /// Hears the next block.
    pub(crate) fn hear(&self, heard: &mut Heard, block: &[f64]) -> Result<(), Fault> {
        heard.window.copy_within(self.block.., 0);
        heard.window[self.block..].copy_from_slice(block);
        heard.at = if heard.at == 0 { heard.spectra.len() - 1 } else { heard.at - 1 };
        self.forward.process(&mut heard.window.clone(), &mut heard.spectra[heard.at]).map_err(broken)
    }

    /// What an answer makes of what was heard: the last block of what is given back.
    pub(crate) fn answered(&self, heard: &Heard, answer: &[Spectrum]) -> Result<Vec<f64>, Fault> {
        let mut sum = self.forward.make_output_vec();
        for (part, answer) in answer.iter().enumerate() {
            let heard = &heard.spectra[(heard.at + part) % heard.spectra.len()];
            for ((sum, heard), answer) in sum.iter_mut().zip(heard).zip(answer) {
                *sum += heard * answer;
            }
        }
        let mut made = self.back.make_output_vec();
        self.back.process(&mut sum, &mut made).map_err(broken)?;
        Ok(made)
    }
}

fn broken(error: realfft::FftError) -> Fault {
    Fault::Broken(format!("a transform failed: {error}"))
}
