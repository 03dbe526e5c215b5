//! A head as a rigid sphere: when a sound comes to an ear and how the head's shadow dulls it (Brown and Duda, 1998).

use std::f64::consts::FRAC_PI_2;

/// Seconds that an ear hears a far sound after the middle of the head would, less than 0 for the near ear.
/// `angle` lies between the ear's axis and the source, 0 to pi; the far side goes around the sphere (Woodworth).
pub(super) fn delay(angle: f64, radius: f64, speed: f64) -> f64 {
    let path = if angle < FRAC_PI_2 { -angle.cos() } else { angle - FRAC_PI_2 };
    radius / speed * path
}

/// The shadow of the head as a filter of one pole and one zero: `y = b0 x + b1 x' - a1 y'`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shadow {
    pub(super) b0: f64,
    pub(super) b1: f64,
    pub(super) a1: f64,
}

impl Shadow {
    /// The filter for a source at `angle` from the ear's axis; bass passes as it is, treble by 2 near the ear and by
    /// 0.1 at 150 degrees, where the shadow is deepest.
    pub(super) fn new(angle: f64, radius: f64, speed: f64, rate: f64) -> Self {
        const LEAST: f64 = 0.1;
        let alpha = 1.0 + LEAST / 2.0 + (1.0 - LEAST / 2.0) * (angle * 180.0 / 150.0).cos();
        let (corner, twice) = (2.0 * speed / radius, 2.0 * rate);
        let whole = corner + twice;
        Self {
            b0: (corner + alpha * twice) / whole,
            b1: (corner - alpha * twice) / whole,
            a1: (corner - twice) / whole,
        }
    }

    /// How much of `hertz` passes, as a factor.
    #[cfg(test)]
    fn gain(self, hertz: f64, rate: f64) -> f64 {
        let (sin, cos) = (std::f64::consts::TAU * hertz / rate).sin_cos();
        let above = (self.b0 + self.b1 * cos).hypot(self.b1 * sin);
        above / (1.0 + self.a1 * cos).hypot(self.a1 * sin)
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::{FRAC_PI_2, Shadow, delay};

    const RADIUS: f64 = 0.0875;
    const SPEED: f64 = 343.2;
    const RATE: f64 = 48_000.0;

    #[test]
    fn a_source_at_the_side_comes_later_to_the_far_ear() {
        let between = delay(PI, RADIUS, SPEED) - delay(0.0, RADIUS, SPEED);
        assert!((between - RADIUS / SPEED * (FRAC_PI_2 + 1.0)).abs() < 1e-12);
        assert!(delay(FRAC_PI_2, RADIUS, SPEED).abs() < 1e-12, "nothing between the ears in front");
    }

    #[test]
    fn the_shadow_leaves_bass_and_grows_with_frequency() {
        let near = Shadow::new(0.0, RADIUS, SPEED, RATE);
        let far = Shadow::new(PI, RADIUS, SPEED, RATE);
        assert!((near.gain(0.0, RATE) - 1.0).abs() < 1e-12 && (far.gain(0.0, RATE) - 1.0).abs() < 1e-12);
        let level = |hertz| 20.0 * (near.gain(hertz, RATE) / far.gain(hertz, RATE)).log10();
        let levels: Vec<f64> = [100.0, 500.0, 2000.0, 8000.0].map(level).to_vec();
        assert!(levels.windows(2).all(|two| two[0] < two[1]), "{levels:?}");
        assert!(levels[3] > 10.0 && levels[0] < 1.0, "{levels:?}");
    }

    #[test]
    fn treble_by_the_alpha_of_the_paper() {
        let deepest = Shadow::new(150f64.to_radians(), RADIUS, SPEED, RATE);
        assert!((deepest.gain(RATE / 2.0, RATE) - 0.1).abs() < 1e-9);
        assert!((Shadow::new(0.0, RADIUS, SPEED, RATE).gain(RATE / 2.0, RATE) - 2.0).abs() < 1e-9);
    }
}
