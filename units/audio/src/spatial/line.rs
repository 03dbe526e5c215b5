//! A line of delay that is read between its samples: a windowed sinc of sixteen samples, its phases in a table.

/// How many samples one is made of.
const TAPS: usize = 16;
/// How many places between two samples the table has; between two of these, a straight line.
const PHASES: usize = 256;
/// How many samples later everything is heard than is asked: what comes after a place is a part of it.
pub(super) const LATE: usize = TAPS / 2;

/// What a sample between two others is made of.
pub(super) struct Between {
    table: Vec<[f64; TAPS]>,
}

impl Between {
    pub(super) fn new() -> Self {
        let row = |phase: usize| {
            let fraction = phase as f64 / PHASES as f64;
            let mut row: [f64; TAPS] = std::array::from_fn(|tap| {
                let from_middle = tap as f64 - (LATE as f64 - 1.0) - fraction;
                let sinc = if from_middle.abs() < 1e-12 {
                    1.0
                } else {
                    (std::f64::consts::PI * from_middle).sin() / (std::f64::consts::PI * from_middle)
                };
                // Blackman's window over all taps.
                let turn = std::f64::consts::PI * from_middle / LATE as f64;
                sinc * (0.42 + 0.5 * turn.cos() + 0.08 * (2.0 * turn).cos()).max(0.0)
            });
            // A constant stays what it is.
            let sum: f64 = row.iter().sum();
            row.iter_mut().for_each(|factor| *factor /= sum);
            row
        };
        Self { table: (0..=PHASES).map(row).collect() }
    }
}

/// What was heard lately.
pub(super) struct Line {
    ring: Vec<f64>,
    /// Where the next sample goes.
    at: usize,
}

impl Line {
    /// A line that remembers so many samples, and those around them.
    pub(super) fn new(samples: usize) -> Self {
        Self { ring: vec![0.0; (samples + 2 * TAPS).next_power_of_two()], at: 0 }
    }

    pub(super) fn push(&mut self, sample: f64) {
        self.ring[self.at] = sample;
        self.at = (self.at + 1) & (self.ring.len() - 1);
    }

    /// What was pushed so many samples before the last, and [`LATE`] more.
    pub(super) fn read(&self, delay: f64, between: &Between) -> f64 {
        let whole = delay.floor();
        let place = (delay - whole) * PHASES as f64;
        // Less than there are phases.
        let phase = place as usize;
        let (one, other, part) = (&between.table[phase], &between.table[phase + 1], place - place.floor());
        let mask = self.ring.len() - 1;
        // The tap before the middle one is the sample that is asked for; those after it are older.
        let newest = self.at.wrapping_sub(1 + whole as usize + 1).wrapping_add(self.ring.len());
        let mut sum = 0.0;
        for tap in 0..TAPS {
            let factor = one[tap] + part * (other[tap] - one[tap]);
            sum += factor * self.ring[newest.wrapping_sub(tap) & mask];
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sine_is_read_between_its_samples() {
        let (between, omega) = (Between::new(), 0.5);
        let mut line = Line::new(100);
        (0..500).for_each(|at| line.push((omega * f64::from(at)).sin()));
        for delay in [0.0, 0.25, 0.5, 7.3, 99.9] {
            let wanted = (omega * (499.0 - delay - LATE as f64)).sin();
            let read = line.read(delay, &between);
            assert!((read - wanted).abs() < 1e-3, "{delay}: {read} for {wanted}");
        }
    }
}
