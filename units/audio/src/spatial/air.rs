//! What the air does to a sound: its speed, and how much of each frequency it takes (ISO 9613-1).

/// The air that a sound goes through.
#[derive(Clone, Copy, Debug)]
pub(super) struct Air {
    /// Degrees Celsius.
    pub(super) celsius: f64,
    /// Relative humidity, 0 to 100.
    pub(super) humidity: f64,
    /// Pressure in kilopascals; 101.325 at the sea.
    pub(super) pressure: f64,
}

impl Air {
    /// Metres a second, of dry air as an ideal gas.
    pub(super) fn speed(self) -> f64 {
        331.3 * (1.0 + self.celsius / 273.15).sqrt()
    }

    /// Decibels that a metre of air takes from a pure tone of `hertz`, by the formulas of ISO 9613-1:1993.
    pub(super) fn loss(self, hertz: f64) -> f64 {
        let kelvin = self.celsius + 273.15;
        let warm = kelvin / 293.15;
        let dense = self.pressure / 101.325;
        let vapour = 10_f64.powf(4.6151 - 6.8346 * (273.16 / kelvin).powf(1.261));
        let wet = self.humidity * vapour / dense;
        let oxygen = dense * (24.0 + 4.04e4 * wet * (0.02 + wet) / (0.391 + wet));
        let nitrogen = dense / warm.sqrt() * (9.0 + 280.0 * wet * (-4.17 * (warm.powf(-1.0 / 3.0) - 1.0)).exp());
        let square = hertz * hertz;
        let classical = 1.84e-11 / dense * warm.sqrt();
        let relaxed = 0.01275 * (-2239.1 / kelvin).exp() / (oxygen + square / oxygen)
            + 0.1068 * (-3352.0 / kelvin).exp() / (nitrogen + square / nitrogen);
        8.686 * square * (classical + warm.powf(-2.5) * relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::Air;

    /// Table 2 of ISO 9613-2 in dB a kilometre, at the exact middles of the octaves of 1, 2, 4 and 8 kHz.
    #[test]
    fn the_table_of_the_standard() {
        let rows = [
            (10.0, 70.0, [3.7, 9.7, 32.8, 117.0]),
            (20.0, 70.0, [5.0, 9.0, 22.9, 76.6]),
            (15.0, 20.0, [8.2, 28.2, 88.8, 202.0]),
        ];
        for (celsius, humidity, wanted) in rows {
            let air = Air { celsius, humidity, pressure: 101.325 };
            for (octave, want) in (0..).zip(wanted) {
                let hertz = 1000.0 * 10_f64.powf(0.3 * f64::from(octave));
                let got = 1000.0 * air.loss(hertz);
                assert!((got - want).abs() < 0.01 * want + 0.05, "{celsius} {humidity} {hertz}: {got} for {want}");
            }
        }
    }

    #[test]
    fn sound_goes_faster_in_warm_air() {
        let air = Air { celsius: 20.0, humidity: 50.0, pressure: 101.325 };
        assert!((air.speed() - 343.2).abs() < 0.1);
    }
}
