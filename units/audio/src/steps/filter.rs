//! Filters of second order, after Robert Bristow-Johnson's "Cookbook formulae for audio EQ biquad filter coefficients".

use std::f64::consts::PI;

use inos_unit::Fault;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::sound::{Effect, Form, Rows};

/// What a filter does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Lets pass what is below the frequency.
    Lowpass,
    /// Lets pass what is above the frequency.
    Highpass,
    /// Lets pass what is around the frequency, at 0 dB there.
    Bandpass,
    /// Takes away what is around the frequency.
    Notch,
    /// Moves the phase alone.
    Allpass,
    /// Lifts or lowers what is around the frequency.
    Peaking,
    /// Lifts or lowers what is below the frequency.
    LowShelf,
    /// Lifts or lowers what is above the frequency.
    HighShelf,
}

/// Lets some frequencies pass more than others: a biquad (RBJ).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    /// What it does.
    #[schemars(example = &"highpass")]
    pub(crate) kind: Kind,
    /// The frequency in Hz: below half of the sound's rate.
    #[schemars(range(min = 0.001, max = 384_000.0), example = 80.0)]
    pub(crate) frequency_hz: f64,
    /// How narrow it is; 0.7071 is a Butterworth's.
    #[serde(default = "butterworth")]
    #[schemars(range(min = 0.01, max = 1000.0), example = 2.0)]
    pub(crate) q: f64,
    /// By how much `peaking`, `low_shelf` and `high_shelf` lift or lower, in decibels.
    #[serde(default)]
    #[schemars(range(min = -60.0, max = 60.0), example = 3.0)]
    pub(crate) gain_db: f64,
}

fn butterworth() -> f64 {
    std::f64::consts::FRAC_1_SQRT_2
}

/// What a filter multiplies by, divided by the first of its denominator.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Biquad {
    b: [f64; 3],
    a: [f64; 2],
}

impl Biquad {
    /// The cookbook's coefficients.
    fn new(filter: &Filter, rate: u32) -> Self {
        let omega = 2.0 * PI * filter.frequency_hz / f64::from(rate);
        let (sin, cos) = omega.sin_cos();
        let alpha = sin / (2.0 * filter.q);
        let lift = 10_f64.powf(filter.gain_db / 40.0);
        let (b, a) = match filter.kind {
            Kind::Lowpass => {
                ([(1.0 - cos) / 2.0, 1.0 - cos, (1.0 - cos) / 2.0], [1.0 + alpha, -2.0 * cos, 1.0 - alpha])
            }
            Kind::Highpass => {
                ([(1.0 + cos) / 2.0, -(1.0 + cos), (1.0 + cos) / 2.0], [1.0 + alpha, -2.0 * cos, 1.0 - alpha])
            }
            Kind::Bandpass => ([alpha, 0.0, -alpha], [1.0 + alpha, -2.0 * cos, 1.0 - alpha]),
            Kind::Notch => ([1.0, -2.0 * cos, 1.0], [1.0 + alpha, -2.0 * cos, 1.0 - alpha]),
            Kind::Allpass => ([1.0 - alpha, -2.0 * cos, 1.0 + alpha], [1.0 + alpha, -2.0 * cos, 1.0 - alpha]),
            Kind::Peaking => (
                [1.0 + alpha * lift, -2.0 * cos, 1.0 - alpha * lift],
                [1.0 + alpha / lift, -2.0 * cos, 1.0 - alpha / lift],
            ),
            Kind::LowShelf => shelf(lift, cos, alpha),
            Kind::HighShelf => {
                // The same with the spectrum turned about: the cosine and the odd terms change sides.
                let ([b0, b1, b2], [a0, a1, a2]) = shelf(lift, -cos, alpha);
                ([b0, -b1, b2], [a0, -a1, a2])
            }
        };
        Self { b: b.map(|b| b / a[0]), a: [a[1] / a[0], a[2] / a[0]] }
    }

    /// How much of a sine passes, as a factor.
    #[cfg(test)]
    fn passes(&self, hz: f64, rate: u32) -> f64 {
        let omega = 2.0 * PI * hz / f64::from(rate);
        let at = |c: [f64; 3]| {
            let re = c[0] + c[1] * omega.cos() + c[2] * (2.0 * omega).cos();
            let im = c[1] * omega.sin() + c[2] * (2.0 * omega).sin();
            re.hypot(im)
        };
        at(self.b) / at([1.0, self.a[0], self.a[1]])
    }
}

fn shelf(lift: f64, cos: f64, alpha: f64) -> ([f64; 3], [f64; 3]) {
    let slope = 2.0 * lift.sqrt() * alpha;
    let (up, down) = (lift + 1.0, lift - 1.0);
    let b = [lift * (up - down * cos + slope), 2.0 * lift * (down - up * cos), lift * (up - down * cos - slope)];
    let a = [up + down * cos + slope, -2.0 * (down + up * cos), up + down * cos - slope];
    (b, a)
}

/// A filter for each channel.
pub(crate) struct FilterEffect {
    biquad: Biquad,
    /// What each channel carries on: two numbers (transposed direct form II).
    states: Vec<[f64; 2]>,
}

impl FilterEffect {
    pub(crate) fn new(filter: &Filter, form: Form, pointer: &str) -> Result<Self, Fault> {
        let half = f64::from(form.rate) / 2.0;
        if filter.frequency_hz >= half {
            let message = format!("must be below half of the sound's rate, {half} Hz");
            return Err(Fault::invalid(format!("{pointer}/frequency_hz"), message));
        }
        Ok(Self { biquad: Biquad::new(filter, form.rate), states: vec![[0.0; 2]; form.channels] })
    }
}

impl Effect for FilterEffect {
    fn apply(&mut self, rows: &mut Rows) -> Result<(), Fault> {
        let Biquad { b, a } = self.biquad;
        for (row, state) in rows.iter_mut().zip(&mut self.states) {
            let [mut first, mut second] = *state;
            for sample in row {
                let given = *sample;
                let made = b[0] * given + first;
                first = b[1] * given - a[0] * made + second;
                second = b[2] * given - a[1] * made;
                *sample = made;
            }
            // What has become too small to be heard is none: such numbers take a processor very long.
            *state = [first, second].map(|carried| if carried.abs() < 1e-200 { 0.0 } else { carried });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn db(kind: Kind, hz: f64) -> f64 {
        let filter = Filter { kind, frequency_hz: 1000.0, q: butterworth(), gain_db: 6.0 };
        20.0 * Biquad::new(&filter, 48_000).passes(hz, 48_000).log10()
    }

    #[test]
    fn filters_pass_what_they_say() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 0.02, "{a} {b}");
        near(db(Kind::Lowpass, 1000.0), -3.0103);
        near(db(Kind::Lowpass, 10.0), 0.0);
        assert!(db(Kind::Lowpass, 10_000.0) < -40.0);
        near(db(Kind::Highpass, 1000.0), -3.0103);
        near(db(Kind::Highpass, 20_000.0), 0.0);
        near(db(Kind::Bandpass, 1000.0), 0.0);
        assert!(db(Kind::Notch, 1000.0) < -200.0);
        near(db(Kind::Allpass, 300.0), 0.0);
        near(db(Kind::Peaking, 1000.0), 6.0);
        near(db(Kind::Peaking, 5.0), 0.0);
        near(db(Kind::LowShelf, 1.0), 6.0);
        near(db(Kind::LowShelf, 1000.0), 3.0);
        near(db(Kind::LowShelf, 23_000.0), 0.0);
        near(db(Kind::HighShelf, 23_990.0), 6.0);
        near(db(Kind::HighShelf, 1000.0), 3.0);
        near(db(Kind::HighShelf, 1.0), 0.0);
    }
}
