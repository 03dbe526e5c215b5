//! Where something is when: places in time, a straight line from each to the next.

use inos_unit::Fault;

/// A point or a direction: to the right, upwards and backwards of a listener who has not turned, in metres.
pub(super) type Vector = [f64; 3];

/// The most metres from the middle of the world to anything in it.
pub(super) const REACH_M: f64 = 1000.0;

pub(super) fn difference(a: Vector, b: Vector) -> Vector {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

pub(super) fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(super) fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

pub(super) fn length(a: Vector) -> f64 {
    dot(a, a).sqrt()
}

/// A vector of length one, or none of a vector that has no length.
pub(super) fn unit(a: Vector) -> Option<Vector> {
    let len = length(a);
    (len > 1e-9).then(|| a.map(|part| part / len))
}

/// Values in time.
pub(super) struct Track {
    /// Times in seconds, each later than the one before it.
    times: Vec<f64>,
    values: Vec<Vector>,
}

impl Track {
    /// A track of places; times that do not rise, or a place out of reach, are a mistake at `pointer`.
    pub(super) fn new(places: impl Iterator<Item = (f64, Vector)>, pointer: &str) -> Result<Self, Fault> {
        let (times, values): (Vec<f64>, Vec<Vector>) = places.unzip();
        if let Some(at) = times.windows(2).position(|pair| pair[0] >= pair[1]) {
            return Err(Fault::invalid(format!("{pointer}/{}/time_s", at + 1), "is not later than the one before it"));
        }
        if let Some(at) = values.iter().position(|value| length(*value) > REACH_M) {
            return Err(Fault::invalid(
                format!("{pointer}/{at}"),
                format!("is further than {REACH_M} m from the middle"),
            ));
        }
        Ok(Self { times, values })
    }

    /// The value at a time: before the first and after the last it stays.
    pub(super) fn at(&self, time: f64) -> Vector {
        let next = self.times.partition_point(|known| *known <= time);
        match (next.checked_sub(1), self.times.get(next)) {
            (None, _) => self.values[0],
            (Some(last), None) => self.values[last],
            (Some(before), Some(after)) => {
                let part = (time - self.times[before]) / (after - self.times[before]);
                std::array::from_fn(|axis| self.values[before][axis] * (1.0 - part) + self.values[next][axis] * part)
            }
        }
    }

    /// All values that it goes between.
    pub(super) fn values(&self) -> &[Vector] {
        &self.values
    }
}
