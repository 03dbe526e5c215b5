//! Where everything is, as callers say it, and the ways that come of it.

use std::f64::consts::{FRAC_PI_2, TAU};

use inos_unit::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::air::Air;
use super::head::{ECHO_LATEST_S, Shadow, delay, echoes};
use super::hrir::Hrir;
use super::line::LATE;
use super::source::{ECHOES, Path};
use super::track::{Track, Vector, cross, difference, dot, length, unit};
use crate::sound::factor;

/// The frequency at which the air takes exactly what it should, in Hz: one filter of first order follows the rest only roughly.
const AIR_HZ: f64 = 8000.0;

/// How two channels become a place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mode {
    /// For headphones: each ear hears later and duller what is on the other side.
    #[default]
    Binaural,
    /// For loudspeakers: louder on the nearer side, at one power.
    Stereo,
}

/// A place in time.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Place {
    /// When, in seconds.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1e6), example = 0.0)]
    time_s: f64,
    /// To the right, upwards and backwards, in metres, at most 1,000 from the middle.
    #[schemars(example = serde_json::json!([1.0, 0.0, -2.0]))]
    position: Vector,
}

/// A listener in time.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Pose {
    /// When, in seconds.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1e6), example = 0.0)]
    time_s: f64,
    /// Where the middle of the head is, in metres.
    #[serde(default)]
    position: Vector,
    /// Where the nose points.
    #[serde(default = "ahead")]
    forward: Vector,
    /// Where the crown points.
    #[serde(default = "above")]
    up: Vector,
}

fn ahead() -> Vector {
    [0.0, 0.0, -1.0]
}

fn above() -> Vector {
    [0.0, 1.0, 0.0]
}

/// A source: an input and where it is.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceParams {
    /// The number of the input.
    #[serde(default)]
    #[schemars(range(min = 0, max = 63), example = 0)]
    pub(crate) input: u32,
    /// How much louder or softer it is, in decibels.
    #[serde(default)]
    #[schemars(range(min = -120.0, max = 60.0), example = 0.0)]
    gain_db: f64,
    /// Where it is when; from each place to the next it moves evenly.
    #[schemars(length(min = 1, max = 1024))]
    path: Vec<Place>,
}

/// Sources and a listener.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scene {
    /// What is heard, each brought to one channel.
    #[schemars(length(min = 1, max = 32), example = serde_json::json!([{ "path": [{ "position": [2.0, 0.0, 0.0] }] }]))]
    pub(crate) sources: Vec<SourceParams>,
    /// Who hears; in the middle and looking ahead where nothing is given.
    #[serde(default)]
    #[schemars(length(max = 1024))]
    listener: Vec<Pose>,
    /// For headphones or for loudspeakers.
    #[serde(default)]
    mode: Mode,
    /// A measured head for headphones, such as SOFA files have, in place of a sphere with outer ears.
    #[serde(default)]
    pub(crate) hrir: Option<Hrir>,
    /// The radius of the head, in metres.
    #[serde(default = "head_radius")]
    #[schemars(range(min = 0.05, max = 0.2), example = 0.0875)]
    head_radius_m: f64,
    /// The distance at which a source is as loud as its file, in metres; nearer ones are no louder.
    #[serde(default = "one")]
    #[schemars(range(min = 0.01, max = 1000.0), example = 1.0)]
    reference_m: f64,
    /// How fast it becomes softer: 1 is half as loud (-6 dB) at double the distance, 0 is not at all.
    #[serde(default = "one")]
    #[schemars(range(min = 0.0, max = 10.0), example = 1.0)]
    rolloff: f64,
    /// Whether a sound takes its time to come, so that what moves changes its pitch.
    #[serde(default = "yes")]
    doppler: bool,
    /// Whether the air takes high frequencies.
    #[serde(default = "yes")]
    air: bool,
    /// The temperature of the air, in degrees Celsius.
    #[serde(default = "celsius")]
    #[schemars(range(min = -20.0, max = 50.0), example = 20.0)]
    temperature_c: f64,
    /// Its relative humidity, in percent.
    #[serde(default = "humidity")]
    #[schemars(range(min = 5.0, max = 100.0), example = 50.0)]
    humidity_percent: f64,
}

fn head_radius() -> f64 {
    0.0875
}

fn one() -> f64 {
    1.0
}

fn yes() -> bool {
    true
}

fn celsius() -> f64 {
    20.0
}

fn humidity() -> f64 {
    50.0
}

/// Where a source is heard.
pub(super) struct Toward {
    distance: f64,
    /// To the right, upwards and backwards of the head, of length one.
    pub(super) direction: Vector,
}

/// A scene that was looked through.
pub(super) struct Stage {
    scene: Scene,
    rate: f64,
    speed: f64,
    /// Decibels a metre that the air takes at [`AIR_HZ`], or below half of the rate.
    loss: f64,
    sources: Vec<Track>,
    place: Track,
    forward: Track,
    up: Track,
}

impl Stage {
    pub(super) fn new(scene: &Scene, rate: u32) -> Result<Self, Fault> {
        let mut scene = scene.clone();
        if scene.listener.is_empty() {
            scene.listener.push(Pose { time_s: 0.0, position: [0.0; 3], forward: ahead(), up: above() });
        }
        if scene.hrir.is_some() && scene.mode == Mode::Stereo {
            return Err(Fault::invalid("/params/hrir", "is for headphones: `mode` must be `binaural`"));
        }
        let turned = |pose: &Pose| unit(cross(pose.forward, pose.up)).is_none();
        if let Some(at) = scene.listener.iter().position(turned) {
            let message = "`forward` and `up` must have a length, and different directions";
            return Err(Fault::invalid(format!("/params/listener/{at}"), message));
        }
        let air = Air { celsius: scene.temperature_c, humidity: scene.humidity_percent, pressure: 101.325 };
        let rate = f64::from(rate);
        let path = |(at, source): (usize, &SourceParams)| {
            let places = source.path.iter().map(|place| (place.time_s, place.position));
            Track::new(places, &format!("/params/sources/{at}/path"))
        };
        let sources = scene.sources.iter().enumerate().map(path).collect::<Result<_, Fault>>()?;
        let listener = |of: fn(&Pose) -> Vector| {
            Track::new(scene.listener.iter().map(|pose| (pose.time_s, of(pose))), "/params/listener")
        };
        let (place, forward, up) =
            (listener(|pose| pose.position)?, listener(|pose| pose.forward)?, listener(|pose| pose.up)?);
        let loss = if scene.air { air.loss(AIR_HZ.min(rate * 0.4)) } else { 0.0 };
        Ok(Self { rate, speed: air.speed(), loss, sources, place, forward, up, scene })
    }

    /// The most samples that anything can be late.
    pub(super) fn longest_delay(&self) -> usize {
        let all = self.sources.iter().flat_map(Track::values);
        let apart = |source: &Vector| {
            let places = self.place.values().iter();
            places.fold(0.0_f64, |most, place| most.max(length(difference(*source, *place))))
        };
        let furthest = if self.scene.doppler { all.map(apart).fold(0.0, f64::max) } else { 0.0 };
        let seconds = (furthest + 4.0 * self.scene.head_radius_m) / self.speed + ECHO_LATEST_S;
        // At most a few seconds, at the highest rate.
        (seconds * self.rate).ceil() as usize + 2 * LATE
    }

    /// Where a source is heard at a time.
    pub(super) fn toward(&self, index: usize, time: f64) -> Toward {
        let place = self.place.at(time);
        let away = difference(self.sources[index].at(self.sent(index, time, place)), place);
        let (forward, up) = (self.forward.at(time), self.up.at(time));
        // While a head turns over, it keeps looking ahead.
        let right = unit(cross(forward, up)).unwrap_or([1.0, 0.0, 0.0]);
        let ahead = unit(forward).unwrap_or([0.0, 0.0, -1.0]);
        let crown = cross(right, ahead);
        let direction = unit(away).unwrap_or(ahead);
        let direction = [dot(direction, right).clamp(-1.0, 1.0), dot(direction, crown), -dot(direction, ahead)];
        Toward { distance: length(away), direction }
    }

    /// The ways of a source to the left and the right ear at a time; to the middle of a measured head, both the same.
    pub(super) fn paths(&self, index: usize, time: f64) -> [Path; 2] {
        let Toward { distance, direction: [side, height, behind] } = self.toward(index, time);
        // How far up around the axis of the ears, the same before and behind; level where there is no up, at the side.
        let elevation = height.atan2(behind.abs() + 1e-9);
        let gain = factor(self.scene.sources[index].gain_db)
            * (self.scene.reference_m / distance.max(self.scene.reference_m)).powf(self.scene.rolloff);
        [-1.0, 1.0].map(|ear| match self.scene.mode {
            Mode::Binaural if self.scene.hrir.is_some() => self.straight(distance, gain),
            Mode::Binaural => self.to_ear(distance, (ear * side, elevation), gain),
            // A quarter of a circle from one loudspeaker to the other.
            Mode::Stereo => self.straight(distance, gain * ((1.0 + ear * side) / 2.0 * FRAC_PI_2).sin()),
        })
    }

    /// When what is heard at a time and a place was sent: the sound's way is that from where its source was then.
    fn sent(&self, index: usize, time: f64, place: Vector) -> f64 {
        if !self.scene.doppler {
            return time;
        }
        // Each guess is nearer by the source's speed as a part of the sound's.
        (0..8).fold(time, |sent, _| time - length(difference(self.sources[index].at(sent), place)) / self.speed)
    }

    /// How long a sound is under way, in samples, but for the head.
    fn late(&self, distance: f64) -> f64 {
        if self.scene.doppler { distance / self.speed * self.rate } else { 0.0 }
    }

    /// How much of a sample stays, so that so many metres of air take what they should at [`AIR_HZ`].
    fn dullness(&self, distance: f64) -> f64 {
        let power = 10_f64.powf(-self.loss * distance / 10.0).max(1e-6);
        if power >= 1.0 {
            return 0.0;
        }
        // |H|² = (1 - p)² / (1 - 2 p cos w + p²) solved for p.
        let cos = (TAU * AIR_HZ.min(self.rate * 0.4) / self.rate).cos();
        let half = (1.0 - power * cos) / (1.0 - power);
        half - (half * half - 1.0).max(0.0).sqrt()
    }

    fn to_ear(&self, distance: f64, (side, elevation): (f64, f64), gain: f64) -> Path {
        let radius = self.scene.head_radius_m;
        let angle = side.acos();
        // One radius more, so that the nearer ear is not before its time.
        let around = (delay(angle, radius, self.speed) + radius / self.speed) * self.rate;
        Path {
            delay: self.late(distance.max(radius)) + around,
            gain,
            shadow: Shadow::new(angle, radius, self.speed, self.rate),
            air: self.dullness(distance),
            echoes: echoes(FRAC_PI_2 - angle, elevation).map(|(late, loud)| (late * self.rate, loud)),
        }
    }

    /// A way without a head.
    fn straight(&self, distance: f64, gain: f64) -> Path {
        let shadow = Shadow { b0: 1.0, b1: 0.0, a1: 0.0 };
        let (delay, air) = (self.late(distance), self.dullness(distance));
        Path { delay, gain, shadow, air, echoes: [(0.0, 0.0); ECHOES] }
    }
}
