//! Fourier transforms of any length, one or many side by side, in the precision that the numbers come in.

use std::sync::{Arc, Mutex, PoisonError};

use inos_unit::{Call, Determinism, Fault, Host, Method, Params};
use pulp::bytemuck;
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, FftNum, RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftPlanner};
use serde_json::json;

use crate::halves::Halves;
use crate::lanes::{self, Lanes};
use crate::number::{Packed, Type};
use crate::plot::Plot;
use crate::values;

/// The longest transform in samples. One cannot be stopped in its middle, and with its tables this takes up to half a second.
const LENGTH_MAX: usize = 1 << 20;
/// The longest one that is done on the job's own thread: with its tables it takes about 5 ms.
const SHORT_LENGTH_MAX: usize = 1 << 16;
/// The same for lengths with a prime factor that the library knows no short way for.
const SHORT_HARD_LENGTH_MAX: usize = 1 << 12;
/// The greatest prime factor that it knows one for.
const EASY_FACTOR_MAX: usize = 31;

/// How many numbers go to the threads at once, for each thread.
const STRETCH_COUNT: usize = 1 << 23;
/// The longest transform whose tables are kept for the next job, and how many are: a few megabytes in all.
const KEPT_LENGTH_MAX: usize = 1 << 16;
const KEPT_MAX: usize = 4;
/// How far down a picture goes at most, and by which steps.
const DYNAMIC_DB: f64 = 120.0;
const FLOOR_STEP_DB: f64 = 20.0;
/// The most threads of one job.
const THREADS_MAX: usize = 16;
/// A thread more is not worth waking for fewer numbers than this.
const THREAD_COUNT_MIN: usize = 1 << 16;

pub(crate) fn method() -> Method {
    let params = json!({
        "values": values::schema(
            "The numbers, complex ones as real and imaginary part by turns; left out, read from the input.",
            1, &[1.0, 0.0, -1.0, 0.0],
        ),
        "type": crate::number::schema(),
        "kind": {
            "type": "string", "enum": ["real", "inverse_real", "complex", "inverse_complex"], "default": "real",
            "examples": ["real"],
            "description": "Real gives the lower half of the spectrum and one more, inverse_real takes it back; complex \
                            gives as many as it takes. What an inverse gives is divided by the length.",
        },
        "length": {
            "type": "integer", "minimum": 1, "maximum": LENGTH_MAX, "examples": [1024],
            "description": "Samples of one transform; the numbers are as many transforms side by side as they are long. \
                            Left out, they are one. For inverse_real it says whether the length is even or odd.",
        },
        "output": values::output_schema("The spectrum, or a picture of its power; of several transforms, of their mean."),
    });
    Method {
        // Faster instructions round elsewhere.
        determinism: Determinism::Tolerance,
        output_media: &["application/json", "application/octet-stream", "image/png"],
        ..values::method("fft", "The Fourier transform of numbers and back.", values::object(params, &[]), (0, 1))
    }
}

/// Which transform, and of how many samples.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plan {
    real: bool,
    inverse: bool,
    length: usize,
}

pub(crate) fn run(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    if values::is_picture(call.params) {
        return picture(call, host);
    }
    if let Some(values) = call.params.get("values").and_then(values::numbers) {
        values::all_read(call, 0)?;
        let plan = Plan::new(call.params, values.len(), "/params/values")?;
        let (takes, gives) = plan.counts();
        let mut lanes = Lanes::<f64>::new(plan, 1, host)?;
        let mut result = vec![0.0; values.len() / takes * gives];
        for (numbers, result) in values.chunks_exact(takes).zip(result.chunks_exact_mut(gives)) {
            host.check()?;
            lanes.run(bytemuck::cast_slice(numbers), bytemuck::cast_slice_mut(result), host)?;
        }
        return values::write(&result, false, call, host);
    }
    if call.inputs.count() == 0 {
        return Err(Fault::invalid("/params/values", "is neither a parameter nor an input"));
    }
    match Type::of(call.params) {
        Type::F32 => run_packed::<f32>(call, host),
        Type::F64 => run_packed::<f64>(call, host),
    }
}

/// Draws the power of each frequency, as a part of the greatest.
fn picture(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let mut next = 0;
    let mut values = values::read(call, "values", &mut next, host)?;
    values::all_read(call, next)?;
    values.finite(host)?;
    // Powers are told beside their peak, so that numbers may be as large as they like.
    let largest = values.numbers.iter().fold(f64::MIN_POSITIVE, |most, number| most.max(number.abs()));
    values.numbers.iter_mut().for_each(|number| *number /= largest);
    let plan = Plan::new(call.params, values.numbers.len(), &values.pointer)?;
    if plan.inverse {
        return Err(Fault::invalid("/params/output", "a picture is of a spectrum, which this gives back no more"));
    }
    let (takes, gives) = plan.counts();
    let mut lanes = Lanes::<f64>::new(plan, 1, host)?;
    let (mut result, mut power) = (vec![0.0_f64; gives], vec![0.0; gives / 2]);
    for numbers in values.numbers.chunks_exact(takes) {
        host.check()?;
        lanes.run(bytemuck::cast_slice(numbers), bytemuck::cast_slice_mut(&mut result), host)?;
        for (power, [re, im]) in power.iter_mut().zip(result.as_chunks::<2>().0) {
            *power += re * re + im * im;
        }
    }
    if !plan.real {
        // From the most negative frequency to the most positive one.
        power.rotate_right(plan.length / 2);
    }
    let most = power.iter().fold(f64::MIN_POSITIVE, |most: f64, power| most.max(*power));
    power.iter_mut().for_each(|power| *power = (10.0 * libm::log10(*power / most)).max(-DYNAMIC_DB));
    let least = power.iter().fold(0.0_f64, |least, power| least.min(*power));
    let floor = (libm::floor(least / FLOOR_STEP_DB) * FLOOR_STEP_DB).clamp(-DYNAMIC_DB, -FLOOR_STEP_DB);
    let plot = Plot {
        title: &format!("spectrum of {} samples", plan.length),
        names: ("frequency, cycles per sample", "power, dB below its peak"),
        across: if plan.real { (0.0, 0.5) } else { (-0.5, 0.5) },
        up: (floor, 0.0),
        values: &power,
        is_bars: false,
    };
    plot.write(call)
}

/// Transforms straight from the input to the output.
fn run_packed<T: Sample>(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let bytes = call.inputs.get(0)?.slice()?;
    if !bytes.len().is_multiple_of(T::LEN) {
        return Err(Fault::invalid("/inputs/0", format!("{} bytes are no whole number of values", bytes.len())));
    }
    let plan = Plan::new(call.params, bytes.len() / T::LEN, "/inputs/0")?;
    let (takes, gives) = plan.counts();
    let threads = host.threads().min(THREADS_MAX).min(bytes.len() / T::LEN / THREAD_COUNT_MIN).max(1);
    let mut lanes = Lanes::<T>::new(plan, threads, host)?;
    call.output.begin("application/octet-stream")?;
    call.output.expect((bytes.len() / takes * gives) as u64)?;
    // A long one is not stopped in its middle, and others are not begun with it.
    let together = if plan.is_long() { lanes::CHECK_COUNT } else { STRETCH_COUNT };
    let together = (together / takes).max(1) * threads * takes * T::LEN;
    for (index, bytes_here) in bytes.chunks(together).enumerate() {
        host.check()?;
        host.progress((index * together) as u64, bytes.len() as u64);
        lanes.run(bytes_here, call.output.room(bytes_here.len() / takes * gives)?, host)?;
    }
    Ok(())
}

/// Does one transform: numbers in, numbers out.
pub(crate) type One<T> = Box<dyn FnMut(&[T], &mut [T]) -> Result<(), Fault> + Send>;

/// Numbers that are transformed in their own precision.
pub(crate) trait Sample: FftNum + Packed {
    /// The tables that were made last.
    fn kept() -> &'static Mutex<Vec<(Plan, Tables<Self>)>>;
}

impl Sample for f32 {
    fn kept() -> &'static Mutex<Vec<(Plan, Tables<Self>)>> {
        static KEPT: Mutex<Vec<(Plan, Tables<f32>)>> = Mutex::new(Vec::new());
        &KEPT
    }
}

impl Sample for f64 {
    fn kept() -> &'static Mutex<Vec<(Plan, Tables<Self>)>> {
        static KEPT: Mutex<Vec<(Plan, Tables<f64>)>> = Mutex::new(Vec::new());
        &KEPT
    }
}

/// What transforms of one length go by. It knows nothing of a job but that length.
#[derive(Clone)]
pub(crate) enum Tables<T> {
    /// An even number of real samples, which most transforms are of.
    Halves(Arc<Halves<T>>),
    Real(Arc<dyn RealToComplex<T>>),
    InverseReal(Arc<dyn ComplexToReal<T>>),
    Complex(Arc<dyn Fft<T>>),
}

impl<T: Sample> Tables<T> {
    /// Those of a plan. To make them takes several times as long as one transform, so that the last few are kept.
    pub(crate) fn of(plan: Plan) -> Self {
        let kept = || T::kept().lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, tables)) = kept().iter().find(|(known, _)| *known == plan) {
            return tables.clone();
        }
        let made = match (plan.real, plan.inverse) {
            (true, false) if plan.length.is_multiple_of(2) => Self::Halves(Arc::new(Halves::new(plan.length))),
            (true, false) => Self::Real(RealFftPlanner::new().plan_fft_forward(plan.length)),
            (true, true) => Self::InverseReal(RealFftPlanner::new().plan_fft_inverse(plan.length)),
            (false, false) => Self::Complex(FftPlanner::new().plan_fft_forward(plan.length)),
            (false, true) => Self::Complex(FftPlanner::new().plan_fft_inverse(plan.length)),
        };
        if plan.length <= KEPT_LENGTH_MAX {
            let mut kept = kept();
            kept.insert(0, (plan, made.clone()));
            kept.truncate(KEPT_MAX);
        }
        made
    }
}

impl Plan {
    fn new(params: &Params, count: usize, pointer: &str) -> Result<Self, Fault> {
        let kind = values::text(params, "kind").unwrap_or("real");
        let (real, inverse) = (kind.ends_with("real"), kind.starts_with("inverse"));
        let asked = values::whole(params, "length");
        let whole = match (real, inverse) {
            (true, false) => count,
            (true, true) => (count / 2).saturating_sub(1) * 2,
            (false, _) => count / 2,
        };
        let length = asked.unwrap_or(whole);
        if length > LENGTH_MAX {
            return Err(Fault::limit(LENGTH_MAX as u64, format!("a transform of {length} samples")));
        }
        let plan = Self { real, inverse, length };
        let (takes, _) = plan.counts();
        if length == 0 || count == 0 || !count.is_multiple_of(takes) {
            let message = format!("{count} numbers are no transforms of {length} samples, which have {takes} each");
            return Err(Fault::invalid(pointer, message));
        }
        Ok(plan)
    }

    /// Whether one, or the making of its tables, takes longer than a job may go without asking whether to stop.
    pub(crate) fn is_long(self) -> bool {
        let (mut rest, mut factor) = (self.length, 2);
        while factor <= EASY_FACTOR_MAX {
            if rest.is_multiple_of(factor) {
                rest /= factor;
            } else {
                factor += 1;
            }
        }
        self.length > if rest == 1 { SHORT_LENGTH_MAX } else { SHORT_HARD_LENGTH_MAX }
    }

    /// How many numbers one transform takes and gives.
    pub(crate) const fn counts(self) -> (usize, usize) {
        let half = 2 * (self.length / 2 + 1);
        match (self.real, self.inverse) {
            (true, false) => (self.length, half),
            (true, true) => (half, self.length),
            (false, _) => (2 * self.length, 2 * self.length),
        }
    }

    /// What does one transform, with its room set aside.
    pub(crate) fn one<T: Sample>(self, tables: &Tables<T>) -> One<T> {
        let length = self.length;
        let shrink = T::from_f64(1.0 / length as f64).unwrap_or_else(T::one);
        let broken = |error: realfft::FftError| Fault::Broken(format!("a transform failed: {error}"));
        match tables.clone() {
            Tables::Halves(halves) => {
                let mut scratch = vec![Complex::new(T::zero(), T::zero()); halves.scratch_len()];
                Box::new(move |numbers, result| {
                    halves.run(bytemuck::cast_slice(numbers), bytemuck::cast_slice_mut(result), &mut scratch);
                    Ok(())
                })
            }
            Tables::Real(fft) => {
                let (mut samples, mut scratch) = (fft.make_input_vec(), fft.make_scratch_vec());
                Box::new(move |numbers, result| {
                    samples.copy_from_slice(numbers);
                    let spectrum = bytemuck::cast_slice_mut(result);
                    fft.process_with_scratch(&mut samples, spectrum, &mut scratch).map_err(broken)
                })
            }
            Tables::InverseReal(fft) => {
                let (mut spectrum, mut scratch) = (fft.make_input_vec(), fft.make_scratch_vec());
                Box::new(move |numbers, result| {
                    spectrum.copy_from_slice(bytemuck::cast_slice(numbers));
                    // The spectrum of real samples has no imaginary part there; what is given is not looked at.
                    spectrum[0].im = T::zero();
                    if let Some(last) = spectrum.last_mut().filter(|_| length.is_multiple_of(2)) {
                        last.im = T::zero();
                    }
                    fft.process_with_scratch(&mut spectrum, result, &mut scratch).map_err(broken)?;
                    result.iter_mut().for_each(|sample| *sample = *sample * shrink);
                    Ok(())
                })
            }
            Tables::Complex(fft) => {
                let mut scratch = vec![Complex::new(T::zero(), T::zero()); fft.get_immutable_scratch_len()];
                Box::new(move |numbers, result| {
                    let (samples, into) = (bytemuck::cast_slice(numbers), bytemuck::cast_slice_mut(result));
                    fft.process_immutable_with_scratch(samples, into, &mut scratch);
                    if self.inverse {
                        result.iter_mut().for_each(|number| *number = *number * shrink);
                    }
                    Ok(())
                })
            }
        }
    }
}
