//! A head as a rigid sphere with outer ears: when a sound comes to an ear, how the head's shadow dulls it, and which echoes the
//! outer ear adds (C. Phillip Brown and Richard Duda, "A structural model for binaural sound synthesis", IEEE Transactions on
//! Speech and Audio Processing 6(5), 1998). The table was held against eight programs of others that have it from the paper, the
//! formulas against four: all agree, but that some have D of the subject RD.

use std::f64::consts::FRAC_PI_2;

use super::source::ECHOES;

/// The echoes of an outer ear, table I with D of the subjects PB and NH: how loud, and A, B and D of how late.
const PINNA: [(f64, f64, f64, f64); ECHOES] = [
    (0.5, 1.0, 2.0, 1.0),
    (-1.0, 5.0, 4.0, 0.5),
    (0.5, 5.0, 7.0, 0.5),
    (-0.25, 5.0, 11.0, 0.5),
    (0.25, 5.0, 13.0, 0.5),
];
/// The rate that their delays are counted in, in Hz.
const PINNA_RATE: f64 = 44_100.0;
/// The longest delay of an echo, in seconds.
pub(super) const ECHO_LATEST_S: f64 = 18.0 / PINNA_RATE;

/// How late each echo is, in seconds, and how loud, for a source so far from the middle towards the ear (`azimuth`) and so far up
/// around the axis of the ears (`elevation`), each from -pi/2 to pi/2: the paper has a head's own angles, and none behind it.
pub(super) fn echoes(azimuth: f64, elevation: f64) -> [(f64, f64); ECHOES] {
    PINNA.map(|(loud, swing, base, turn)| {
        let samples = swing * (azimuth / 2.0).cos() * (turn * (FRAC_PI_2 - elevation)).sin() + base;
        (samples / PINNA_RATE, loud)
    })
}

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

    use super::*;

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
    fn echoes_come_earlier_from_above_and_none_is_later_than_the_latest() {
        let late = |azimuth, elevation| echoes(azimuth, elevation).map(|(late, _)| late * PINNA_RATE);
        // Of the second echo: 5 sin(45 degrees) + 4 from ahead, 5 sin(22.5 degrees) + 4 from above it, 4 from above the head.
        for (elevation, wanted) in [(0.0, 7.535_533_905_932_738), (PI / 4.0, 5.913_417_161_825_449), (FRAC_PI_2, 4.0)] {
            assert!((late(0.0, elevation)[1] - wanted).abs() < 1e-12, "{elevation}");
        }
        assert!((late(0.0, 0.0)[0] - 3.0).abs() < 1e-12);
        // At the side, of what depends on the direction the cosine of 45 degrees is left.
        assert!((late(FRAC_PI_2, 0.0)[1] - 6.5).abs() < 1e-12);
        let all = (-90..=90).flat_map(|up| (-90..=90).map(move |side| (f64::from(side), f64::from(up))));
        for (side, up) in all {
            let delays = late(side.to_radians(), up.to_radians());
            assert!(delays.iter().all(|late| (2.0 - 1e-9..=ECHO_LATEST_S * PINNA_RATE).contains(late)), "{side} {up}");
        }
        // Together they leave bass as it is.
        assert!(echoes(0.0, 0.0).iter().map(|(_, loud)| loud).sum::<f64>().abs() < 1e-12);
    }

    #[test]
    fn treble_by_the_alpha_of_the_paper() {
        let deepest = Shadow::new(150f64.to_radians(), RADIUS, SPEED, RATE);
        assert!((deepest.gain(RATE / 2.0, RATE) - 0.1).abs() < 1e-9);
        assert!((Shadow::new(0.0, RADIUS, SPEED, RATE).gain(RATE / 2.0, RATE) - 2.0).abs() < 1e-9);
    }
}
